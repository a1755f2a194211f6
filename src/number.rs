//! Numbers: the JSON grammar, and writing whole ones without the formatting machinery.

use crate::scan::View;

/// A number of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    /// Position behind it.
    pub(crate) end: usize,
    /// Certainly within the range of a double.
    pub(crate) finite: bool,
}

/// Digits before the point, exponent included, up to which a number is certainly a finite double (the largest is 1.8e308).
const SAFE_DIGITS: usize = 308;

/// Reads the number at `at` by RFC 8259; `None` where there is none.
pub(crate) fn read(text: View<'_>, at: usize) -> Option<Number> {
    let whole = at + usize::from(text.byte(at) == b'-');
    let mut end = digits(text, whole)?;
    if text.byte(whole) == b'0' && end > whole + 1 {
        return None;
    }
    let end_of_whole = end;
    let mut finite = end - whole <= SAFE_DIGITS;
    if text.byte(end) == b'.' {
        end = digits(text, end + 1)?;
    }
    if text.byte(end) | 0x20 == b'e' {
        let sign = text.byte(end + 1);
        let first = end + 1 + usize::from(sign == b'-' || sign == b'+');
        end = digits(text, first)?;
        let exponent =
            (first..end).fold(0, |value: usize, at| (value * 10 + usize::from(text.byte(at) & 15)).min(100_000));
        finite &= sign == b'-' || end_of_whole - whole + exponent <= SAFE_DIGITS;
    }
    Some(Number { end, finite })
}

/// Position behind at least one digit.
fn digits(text: View<'_>, start: usize) -> Option<usize> {
    let mut at = start;
    while text.byte(at).is_ascii_digit() {
        at += 1;
    }
    (at > start).then_some(at)
}

/// Appends `value` in decimal.
pub(crate) fn push(out: &mut Vec<u8>, mut value: u64) {
    if value < 10 {
        return out.push(b'0' + value as u8);
    }
    let mut digits = [0; 20];
    let mut used = 0;
    for place in digits.iter_mut().rev() {
        *place = b'0' + (value % 10) as u8;
        value /= 10;
        used += 1;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
}

/// Appends `value` as 8 hexadecimal digits.
pub(crate) fn push_hex(out: &mut Vec<u8>, value: u32) {
    for shift in (0..8).rev() {
        let digit = value >> (shift * 4) & 15;
        out.push(char::from_digit(digit, 16).map_or(b'0', |digit| digit as u8));
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::scan::PADDING;

    fn read_all(number: &str) -> Option<bool> {
        let mut text = number.as_bytes().to_vec();
        text.extend_from_slice(&[0; PADDING]);
        let read = read(View::new(&text).unwrap(), 0)?;
        (read.end == number.len()).then_some(read.finite)
    }

    #[test]
    fn the_grammar_of_numbers() {
        for number in
            ["0", "-0", "1", "-12.5", "1e5", "1E+5", "1.25e-300", "18446744073709551616", "0.1", "1e-999", "1e300"]
        {
            assert_eq!(read_all(number), Some(true), "{number}");
        }
        for number in ["1e400", "-1e309", "1e99999999999999999999"] {
            assert_eq!(read_all(number), Some(false), "{number}");
        }
        assert_eq!(read_all(&"9".repeat(400)), Some(false));
        for number in ["", "-", "01", "1.", ".5", "1e", "1e+", "NaN", "+1", "0x1"] {
            assert_eq!(read_all(number), None, "{number}");
        }
    }

    #[test]
    fn numbers_are_written() {
        let mut out = Vec::new();
        for value in [0, 7, 1234, u64::MAX] {
            push(&mut out, value);
            out.push(b' ');
        }
        push_hex(&mut out, 0x00c0_ffee);
        assert_eq!(out, b"0 7 1234 18446744073709551615 00c0ffee");
    }
}
