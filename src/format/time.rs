//! Times: RFC 3339 to and from seconds and nanoseconds, without a clock and without losing a digit.

use crate::number;

/// Days from 1970-01-01 to the first day of `month` (March is 0) of a year that begins in March; the Gregorian calendar repeats every
/// 400 years. After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
const DAYS_TO_1970: i64 = 719_468;
const DAYS_OF_ERA: i64 = 146_097;

/// Seconds since 1970 and nanoseconds of an RFC 3339 time; digits beyond nanoseconds do not count.
pub(crate) fn parse(text: &[u8]) -> Option<(i64, u32)> {
    let number = |from: usize, to: usize| -> Option<i64> {
        text.get(from..to)?.iter().try_fold(0, |value, byte| Some(value * 10 + i64::from(digit(*byte)?)))
    };
    let mark = |at: usize| text.get(at).copied();
    if [mark(4), mark(7), mark(13), mark(16)] != [Some(b'-'), Some(b'-'), Some(b':'), Some(b':')] {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    let mut at = 19;
    let mut nanoseconds = 0;
    if mark(at) == Some(b'.') {
        at += 1;
        let mut unit = 100_000_000;
        while let Some(digit) = mark(at).and_then(digit) {
            nanoseconds += u32::from(digit) * unit;
            unit /= 10;
            at += 1;
        }
    }
    let offset = match mark(at) {
        Some(b'Z' | b'z') => 0,
        Some(sign @ (b'+' | b'-')) => {
            let minutes = number(at + 1, at + 3)? * 60 + number(at + 4, at + 6)?;
            if sign == b'+' { minutes * 60 } else { -minutes * 60 }
        }
        _ => return None,
    };
    let seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset;
    Some((seconds, nanoseconds))
}

fn digit(byte: u8) -> Option<u8> {
    byte.is_ascii_digit().then_some(byte & 15)
}

fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * DAYS_OF_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - DAYS_TO_1970
}

/// Year, month and day of a day since 1970.
fn date(day: i64) -> (i64, i64, i64) {
    let day = day + DAYS_TO_1970;
    let era = day.div_euclid(DAYS_OF_ERA);
    let day_of_era = day.rem_euclid(DAYS_OF_ERA);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Appends an RFC 3339 time: nine digits of a second, or none if they are zero.
pub(crate) fn push_rfc3339(seconds: i64, nanoseconds: u32, out: &mut Vec<u8>) {
    push_seconds(seconds, out);
    if nanoseconds > 0 {
        out.push(b'.');
        push_padded(nanoseconds.into(), 9, out);
    }
    out.push(b'Z');
}

/// Appends an RFC 5424 time, which has at most six digits of a second.
pub(crate) fn push_rfc5424(seconds: i64, nanoseconds: u32, out: &mut Vec<u8>) {
    push_seconds(seconds, out);
    out.push(b'.');
    push_padded((nanoseconds / 1_000).into(), 6, out);
    out.push(b'Z');
}

fn push_seconds(seconds: i64, out: &mut Vec<u8>) {
    let (year, month, day) = date(seconds.div_euclid(86_400));
    let second = seconds.rem_euclid(86_400);
    let parts =
        [(year, 4, b'-'), (month, 2, b'-'), (day, 2, b'T'), (second / 3_600, 2, b':'), (second / 60 % 60, 2, b':')];
    for (value, width, behind) in parts {
        push_padded(value.unsigned_abs(), width, out);
        out.push(behind);
    }
    push_padded((second % 60).unsigned_abs(), 2, out);
}

/// Appends an RFC 3164 time: `Nov  2 17:55:40`, in UTC.
pub(crate) fn push_rfc3164(seconds: i64, out: &mut Vec<u8>) {
    const MONTHS: &[u8; 36] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    let (_, month, day) = date(seconds.div_euclid(86_400));
    let (names, _) = MONTHS.as_chunks::<3>();
    out.extend_from_slice(names.get((month - 1).unsigned_abs() as usize).unwrap_or(b"Jan"));
    out.extend_from_slice(if day < 10 { b"  " } else { b" " });
    number::push(out, day.unsigned_abs());
    let second = seconds.rem_euclid(86_400);
    for (value, before) in [(second / 3_600, b' '), (second / 60 % 60, b':'), (second % 60, b':')] {
        out.push(before);
        push_padded(value.unsigned_abs(), 2, out);
    }
}

/// Appends a number with zeros in front of it.
pub(crate) fn push_padded(value: u64, width: usize, out: &mut Vec<u8>) {
    let start = out.len();
    number::push(out, value);
    let missing = width.saturating_sub(out.len() - start);
    out.splice(start..start, core::iter::repeat_n(b'0', missing));
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn written(push: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        push(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn times_are_read_and_written_with_every_digit() {
        for (text, seconds, nanoseconds) in [
            ("1970-01-01T00:00:00Z", 0, 0),
            ("2026-11-22T17:55:40.123456789Z", 1_795_370_140, 123_456_789),
            ("2000-02-29T23:59:59Z", 951_868_799, 0),
            ("1969-12-31T23:59:59.000000001Z", -1, 1),
            ("2400-03-01T00:00:00Z", 13_574_649_600, 0),
        ] {
            assert_eq!(parse(text.as_bytes()), Some((seconds, nanoseconds)), "{text}");
            assert_eq!(written(|out| push_rfc3339(seconds, nanoseconds, out)), text);
        }
        assert_eq!(parse(b"2026-11-22T19:55:40.5+02:00"), Some((1_795_370_140, 500_000_000)));
        assert_eq!(parse(b"2026-11-22T12:25:40-05:30"), Some((1_795_370_140, 0)));
        for wrong in ["", "2026-11-22", "2026-13-22T17:55:40Z", "2026-11-22T17:55:40", "2026-11-22 17:55:4xZ"] {
            assert_eq!(parse(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_comes_back() {
        for day in -200_000..200_000 {
            let (year, month, of_month) = date(day);
            assert_eq!(days(year, month, of_month), day);
        }
    }

    #[test]
    fn the_two_times_of_syslog() {
        assert_eq!(written(|out| push_rfc5424(1_795_370_140, 123_456_789, out)), "2026-11-22T17:55:40.123456Z");
        assert_eq!(written(|out| push_rfc3164(1_795_370_140, out)), "Nov 22 17:55:40");
        assert_eq!(written(|out| push_rfc3164(1_793_600_000, out)), "Nov  2 06:13:20");
    }
}
