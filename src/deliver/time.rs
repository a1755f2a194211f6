//! Times of events: RFC 3339 to seconds and back.

/// Seconds since 1970 and nanoseconds of a time in UTC such as `2026-01-02T03:04:05.678901Z`, as Kubernetes writes it.
pub(super) fn read(text: &[u8]) -> Option<(i64, u32)> {
    let number = |range: core::ops::Range<usize>| {
        text.get(range)?
            .iter()
            .try_fold(0_i64, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
    };
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if marks.iter().any(|(at, mark)| text.get(*at) != Some(mark)) || text.last() != Some(&b'Z') {
        return None;
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let fraction = match text.get(19)? {
        b'Z' if text.len() == 20 => 0,
        b'.' if (22..=30).contains(&text.len()) => number(20..text.len() - 1)? * 10_i64.pow(30 - text.len() as u32),
        _ => return None,
    };
    // Days since 1970 in the calendar that begins in March; Howard Hinnant's "days_from_civil".
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468;
    Some((days * 86_400 + hour * 3600 + minute * 60 + second, fraction as u32))
}

/// Appends a time as RFC 3339 in UTC, with nanoseconds.
pub(super) fn push(out: &mut Vec<u8>, (seconds, nanoseconds): (i64, u32)) {
    let (days, second) = (seconds.div_euclid(86_400) + 719_468, seconds.rem_euclid(86_400));
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let (day, month) =
        (day_of_year - (153 * shifted + 2) / 5 + 1, if shifted < 10 { shifted + 3 } else { shifted - 9 });
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    for (value, digits, mark) in [
        (year, 4, b'-'),
        (month, 2, b'-'),
        (day, 2, b'T'),
        (second / 3600, 2, b':'),
        (second / 60 % 60, 2, b':'),
        (second % 60, 2, b'.'),
        (i64::from(nanoseconds), 9, b'Z'),
    ] {
        push_digits(out, value, digits);
        out.push(mark);
    }
}

/// Appends nanoseconds since 1970.
pub(super) fn push_nanoseconds(out: &mut Vec<u8>, (seconds, nanoseconds): (i64, u32)) {
    crate::number::push(out, seconds.max(0).cast_unsigned());
    push_digits(out, i64::from(nanoseconds), 9);
}

pub(super) fn push_digits(out: &mut Vec<u8>, value: i64, digits: u32) {
    out.extend((0..digits).rev().map(|place| b'0' + (value / 10_i64.pow(place) % 10) as u8));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written() {
        let cases = [
            ("1970-01-01T00:00:00Z", (0, 0), "1970-01-01T00:00:00.000000000Z"),
            ("2000-02-29T23:59:59.5Z", (951_868_799, 500_000_000), "2000-02-29T23:59:59.500000000Z"),
            ("2026-11-22T18:00:00.123456Z", (1_795_370_400, 123_456_000), "2026-11-22T18:00:00.123456000Z"),
            ("2100-03-01T00:00:00.000000001Z", (4_107_542_400, 1), "2100-03-01T00:00:00.000000001Z"),
        ];
        for (text, time, written) in cases {
            assert_eq!(read(text.as_bytes()), Some(time), "{text}");
            let mut out = Vec::new();
            push(&mut out, time);
            assert_eq!(String::from_utf8_lossy(&out), written);
        }
        for text in [
            "",
            "2026-11-22",
            "2026-13-22T18:00:00Z",
            "2026-11-22T18:00:00+01:00",
            "2026-11-22T18:00:00.Z",
            "2026-11-2xT18:00:00Z",
        ] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
        let mut out = Vec::new();
        push_nanoseconds(&mut out, (12, 34));
        assert_eq!(out, b"12000000034");
    }
}
