//! Decoders of what secrets are wrapped in. They are lenient: what is decoded is looked at, never used.

use crate::scan::View;

/// Number of the base64 digit, of either alphabet.
pub(crate) fn sextet(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    }))
}

/// Whether a byte can be part of a text that is looked at.
pub(crate) fn is_printable(byte: u8) -> bool {
    (0x20..0x7f).contains(&byte) || matches!(byte, b'\n' | b'\r' | b'\t')
}

/// Whether bytes are the beginning of a text: UTF-8 without control characters. Its last character may be cut.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    let is_utf8 = core::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true);
    is_utf8 && bytes.iter().all(|&byte| byte >= 0x80 || is_printable(byte))
}

/// Base64 of either alphabet, as far as its digits go. What is behind it, a part of a path perhaps, gives noise at the end.
pub(crate) fn base64(run: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(run.len() / 4 * 3 + 3);
    let (mut bits, mut held) = (0, 0);
    for digit in run.iter().map_while(|&byte| sextet(byte)) {
        bits = bits << 6 | digit;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    out
}

fn hex_digit(byte: u8) -> Option<u32> {
    (byte as char).to_digit(16)
}

/// Pairs of hexadecimal digits; `None` if there is anything else.
pub(crate) fn hex(run: &[u8]) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| Some((hex_digit(*pair.first()?)? << 4 | hex_digit(*pair.last()?)?) as u8);
    run.chunks_exact(2).map(pair).collect()
}

/// The character that an escape at the beginning of `text` stands for, and the escape's length: `%41`, `\u0041` behind any number of
/// backslashes.
pub(crate) fn escape(text: &[u8]) -> Option<(u8, usize)> {
    let marks = text.iter().take_while(|&&byte| byte == b'\\').count();
    let (from, to) = match (text.first()?, text.get(marks)) {
        (b'%', _) => (1, 3),
        (b'\\', Some(b'u')) => (marks + 1, marks + 5),
        (b'\\', Some(b'x')) => (marks + 1, marks + 3),
        _ => return None,
    };
    let value = text.get(from..to)?.iter().try_fold(0, |value, &byte| Some(value << 4 | hex_digit(byte)?))?;
    Some((u8::try_from(value).ok()?, to))
}

/// Resolves escapes of every kind that [`escape`] knows.
pub(crate) fn escapes(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let (byte, length) = text.get(at..).and_then(escape).unwrap_or((byte, 1));
        out.push(byte);
        at += length;
    }
    out
}

/// Resolves `\u0041` and `\x41`, and takes away other backslashes.
pub(crate) fn unicode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        at += 1;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let digits = match text.get(at) {
            Some(b'u') => 4,
            Some(b'x') => 2,
            Some(b'\\') => {
                out.push(b'\\');
                at += 1;
                continue;
            }
            _ => continue,
        };
        let hex = text
            .get(at + 1..at + 1 + digits)
            .and_then(|hex| hex.iter().try_fold(0, |value, &byte| Some(value << 4 | hex_digit(byte)?)));
        if let Some(char) = hex.and_then(char::from_u32) {
            out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
            at += 1 + digits;
        }
    }
    out
}

/// Resolves `%41`.
pub(crate) fn percent(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        let value = (*first == b'%').then(|| hex(rest.get(1..3)?)?.first().copied()).flatten();
        out.push(value.unwrap_or(*first));
        rest = if value.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    out
}

/// Whether the first nine bytes that `start..end` stands for in base64 are those of a text, or the beginning of gzip.
pub(crate) fn begins_like_text(text: View<'_>, start: usize, end: usize) -> bool {
    if end - start < 16 {
        return false;
    }
    let mut group = start;
    let mut is_ascii = true;
    while group < start + 12 {
        let [Some(first), Some(second), Some(third), Some(fourth)] =
            [0, 1, 2, 3].map(|offset| sextet(text.byte(group + offset)))
        else {
            return false;
        };
        let bits = first << 18 | second << 12 | third << 6 | fourth;
        let bytes = [bits >> 16 & 0xff, bits >> 8 & 0xff, bits & 0xff];
        if group == start && bytes[0] == 0x1f && bytes[1] == 0x8b {
            return true;
        }
        if !bytes.iter().all(|&byte| byte >= 0x80 || is_printable(byte as u8)) {
            return false;
        }
        is_ascii &= bytes.iter().all(|&byte| byte < 0x80);
        group += 4;
    }
    is_ascii || is_text(&base64(text.span(start, start + 12)))
}

/// The same of the first eight bytes that the digits `start..end` stand for; those of a digest hardly are.
pub(crate) fn begins_like_text_in_hex(text: View<'_>, start: usize, end: usize) -> bool {
    // `0x`
    let start = if text.byte(start + 1) == b'x' { start + 2 } else { start };
    if start + 16 > end {
        return false;
    }
    let mut pair = start;
    while pair < start + 16 {
        let [Some(high), Some(low)] = [0, 1].map(|offset| hex_digit(text.byte(pair + offset))) else {
            return false;
        };
        let byte = (high << 4 | low) as u8;
        if pair == start && byte == 0x1f {
            return true;
        }
        if !is_printable(byte) {
            return false;
        }
        pair += 2;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_alphabets_and_any_end() {
        assert_eq!(base64(b"aGVsbG8="), b"hello");
        assert_eq!(base64(b"aGVsbG8"), b"hello");
        assert_eq!(base64(b"Pz8_-g.."), base64(b"Pz8/+g"));
        assert_eq!(base64(b""), b"");
        assert_eq!((hex(b"4a4B"), hex(b"4x")), (Some(b"JK".to_vec()), None));
    }

    #[test]
    fn escapes() {
        assert_eq!(percent(b"a%41%4%zz%"), b"aA%4%zz%");
        assert_eq!(unicode(br"a\u0041\x42\\\n\u00e9"), "aAB\\n\u{e9}".as_bytes());
        assert_eq!(escape(b"%41b"), Some((b'A', 3)));
        assert_eq!(escape(br"\\\u0041b"), Some((b'A', 8)));
        assert_eq!((escape(br"\n"), escape(b"%4"), escape(br"\u0141"), escape(b"")), (None, None, None, None));
    }
}
