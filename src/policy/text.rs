//! Small things with text. Those of the standard library serve every kind of pattern and every alphabet, at kilobytes each.

/// Whether text has such a byte in it.
#[inline(never)]
pub(super) fn has(text: &str, byte: u8) -> bool {
    text.bytes().any(|other| other == byte)
}

/// The two sides of the first such byte, which is one of ASCII.
#[inline(never)]
pub(super) fn split(text: &str, byte: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|other| other == byte)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// A whole number in digits.
#[inline(never)]
pub(super) fn number(text: &str) -> Option<u32> {
    let mut number: u32 = 0;
    for byte in text.bytes() {
        let digit = char::from(byte).to_digit(10)?;
        number = number.checked_mul(10)?.checked_add(digit)?;
    }
    (!text.is_empty()).then_some(number)
}

/// A line, from 1, without its end.
pub(super) fn line(text: &str, number: u32) -> &str {
    let mut rest = text;
    for _ in 1..number {
        rest = split(rest, b'\n').map_or("", |(_, rest)| rest);
    }
    split(rest, b'\n').map_or(rest, |(line, _)| line)
}

/// Adds at most so many characters of text, with control characters as spaces: a terminal obeys nothing that stands in a
/// file. Tells how many were added.
#[inline(never)]
pub(super) fn push_clean(out: &mut String, text: &str, most: usize) -> usize {
    let mut count = 0;
    for character in text.chars().take(most) {
        out.push(if character.is_control() { ' ' } else { character });
        count += 1;
    }
    count
}
