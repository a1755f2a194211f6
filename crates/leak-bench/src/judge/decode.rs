//! The judge's decoders: lenient where the redactor's may be strict, because a reader of a leaked log can be lenient too.

use std::io::Read;

/// Shortest run of base64 characters that can hold eight bytes.
const MIN_BASE64: usize = 11;
/// Shortest run of hexadecimal digits that can hold eight bytes.
const MIN_HEX: usize = 16;
/// The most that one compressed value may expand to.
const MAX_INFLATED_BYTES: u64 = 4 << 20;

/// Whether the bytes hold a stretch of text that could be worth decoding; keeps the junk of wrong alignments out.
pub fn has_text(bytes: &[u8]) -> bool {
    let mut run = 0;
    for byte in bytes {
        run = if (0x20..0x7f).contains(byte) || b"\t\r\n".contains(byte) { run + 1 } else { 0 };
        if run >= MIN_BASE64 {
            return true;
        }
    }
    false
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

fn pair(bytes: &[u8], at: usize) -> Option<u8> {
    Some(digit(*bytes.get(at)?)? << 4 | digit(*bytes.get(at + 1)?)?)
}

/// `\n`, `\"`, `\uXXXX`, `\xHH` and the like, wherever they stand; `None` if there is no backslash.
pub fn escapes(bytes: &[u8]) -> Option<Vec<u8>> {
    if !bytes.contains(&b'\\') {
        return None;
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let escape = bytes.get(at).copied();
        at += 1;
        match escape {
            Some(b'n') => out.push(b'\n'),
            Some(b't') => out.push(b'\t'),
            Some(b'r') => out.push(b'\r'),
            Some(b'b') => out.push(8),
            Some(b'f') => out.push(12),
            Some(b'x' | b'X') if pair(bytes, at).is_some() => {
                out.extend(pair(bytes, at));
                at += 2;
            }
            Some(b'u' | b'U') => match (pair(bytes, at), pair(bytes, at + 2)) {
                (Some(high), Some(low)) => {
                    let unit = u32::from(high) << 8 | u32::from(low);
                    let mut buffer = [0; 4];
                    let c = char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER);
                    out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
                    at += 4;
                }
                _ => out.push(b'u'),
            },
            Some(other) => out.push(other),
            None => {}
        }
    }
    Some(out)
}

/// `\NNN` in octal, as syslog daemons write what they do not print; `None` if there is none.
pub fn octal(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    let (mut at, mut any) = (0, false);
    while let Some(&byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 4).filter(|digits| digits.iter().all(|d| (b'0'..=b'7').contains(d)));
        match digits {
            Some(digits) if byte == b'\\' => {
                out.push(digits.iter().fold(0u32, |sum, d| sum << 3 | u32::from(d - b'0')) as u8);
                at += 4;
                any = true;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    any.then_some(out)
}

/// `%HH` anywhere; `None` if there is none.
pub fn percent(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    let (mut at, mut any) = (0, false);
    while let Some(&byte) = bytes.get(at) {
        match pair(bytes, at + 1).filter(|_| byte == b'%') {
            Some(decoded) => {
                out.push(decoded);
                at += 3;
                any = true;
            }
            None => {
                out.push(byte);
                at += 1;
            }
        }
    }
    any.then_some(out)
}

/// A URL's query as a form: `+` for a space as well; `None` if it holds no `+` beside a `%`.
pub fn form(bytes: &[u8]) -> Option<Vec<u8>> {
    if !bytes.contains(&b'+') {
        return None;
    }
    let spaced: Vec<u8> = bytes.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    percent(&spaced)
}

/// The text without its white space, so that base64 and hexadecimal in lines is whole; `None` if it has no line end.
pub fn unwrapped(bytes: &[u8]) -> Option<Vec<u8>> {
    bytes.contains(&b'\n').then(|| bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect())
}

/// Calls `each` with what every run of hexadecimal digits stands for, at both alignments.
pub fn hex(bytes: &[u8], each: &mut dyn FnMut(&[u8])) {
    for run in bytes.split(|byte| !byte.is_ascii_hexdigit()).filter(|run| run.len() >= MIN_HEX) {
        for start in 0..2 {
            let digits = run.get(start..).unwrap_or_default();
            let decoded: Vec<u8> = digits.chunks_exact(2).filter_map(|two| pair(two, 0)).collect();
            each(&decoded);
        }
    }
}

fn six(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    }))
}

/// Calls `each` with what every run of base64 characters, of both alphabets, stands for, at all four alignments.
pub fn base64(bytes: &[u8], each: &mut dyn FnMut(&[u8])) {
    for run in bytes.split(|&byte| six(byte).is_none()).filter(|run| run.len() >= MIN_BASE64) {
        for start in 0..4 {
            let mut decoded = Vec::with_capacity(run.len());
            let (mut word, mut bits) = (0, 0);
            for value in run.get(start..).unwrap_or_default().iter().filter_map(|&byte| six(byte)) {
                word = (word << 6 | value) & 0xffff;
                bits += 6;
                if bits >= 8 {
                    bits -= 8;
                    decoded.push((word >> bits) as u8);
                }
            }
            each(&decoded);
        }
    }
}

/// What the gzip, zlib or zip data in the bytes expands to, as far as it can be read; `None` if there is none.
pub fn inflate(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for at in bytes.windows(4).enumerate().filter_map(|(at, four)| matches!(four, [0x1f, 0x8b, 8, _]).then_some(at)) {
        read_into(&mut out, flate2::read::GzDecoder::new(bytes.get(at..)?));
    }
    for at in bytes.windows(4).enumerate().filter_map(|(at, four)| (four == b"PK\x03\x04").then_some(at)) {
        let header = bytes.get(at..)?;
        let short = |from: usize| Some(usize::from(u16::from_le_bytes([*header.get(from)?, *header.get(from + 1)?])));
        let (Some(name), Some(extra)) = (short(26), short(28)) else { continue };
        if let Some(data) = header.get(30 + name + extra..) {
            read_into(&mut out, flate2::read::DeflateDecoder::new(data));
        }
    }
    if matches!(bytes, [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..]) {
        read_into(&mut out, flate2::read::ZlibDecoder::new(bytes));
    }
    (!out.is_empty()).then_some(out)
}

/// Keeps what could be read before an error: a cut stream still shows its beginning.
fn read_into(out: &mut Vec<u8>, reader: impl Read) {
    let mut reader = reader.take(MAX_INFLATED_BYTES);
    let mut buffer = [0; 4096];
    while let Ok(count) = reader.read(&mut buffer) {
        if count == 0 {
            break;
        }
        out.extend_from_slice(buffer.get(..count).unwrap_or_default());
    }
}
