//! The encoders that the planter needs: base64 (RFC 4648), percent (RFC 3986), hexadecimal, gzip, zip and JSON strings.
//! The judge has decoders of its own, so that no mistake here hides one there.

use std::io::Write;

use crate::rng::Rng;

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Standard base64 with padding.
pub fn base64(bytes: &[u8]) -> String {
    base64_with(bytes, STANDARD, true)
}

/// URL-safe base64 without padding.
pub fn base64_url(bytes: &[u8]) -> String {
    base64_with(bytes, URL_SAFE, false)
}

fn base64_with(bytes: &[u8], alphabet: &[u8; 64], pad: bool) -> String {
    let mut out = String::with_capacity(bytes.len() / 3 * 4 + 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, &byte| word << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        for position in 0..4 {
            if position <= chunk.len() {
                let six = (word >> (18 - 6 * position)) & 63;
                out.push(char::from(alphabet.get(six as usize).copied().unwrap_or_default()));
            } else if pad {
                out.push('=');
            }
        }
    }
    out
}

/// Hexadecimal digits, small or capital.
pub fn hex(bytes: &[u8], capital: bool) -> String {
    bytes.iter().map(|byte| if capital { format!("{byte:02X}") } else { format!("{byte:02x}") }).collect()
}

/// Percent encoding of every byte that is not unreserved, and of others where `extra` says so.
pub fn percent(bytes: &[u8], mut extra: impl FnMut() -> bool) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for &byte in bytes {
        if (byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)) && !extra() {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The inside of a JSON string; `unicode` says which characters are written as `\u` escapes though they need not be.
pub fn json_inside(text: &str, html: bool, mut unicode: impl FnMut() -> bool) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            '<' | '>' | '&' if html => out.push_str(&format!("\\u{:04x}", c as u32)),
            c if c.is_ascii() && unicode() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out
}

/// A JSON string literal without needless escapes.
pub fn json_string(text: &str) -> String {
    format!("\"{}\"", json_inside(text, false, || false))
}

/// A JSON string literal in which about one character in `one_in` is a `\u` escape.
pub fn json_string_escaped(text: &str, one_in: usize, rng: &mut Rng) -> String {
    format!("\"{}\"", json_inside(text, false, || rng.below(one_in) == 0))
}

/// gzip (RFC 1952); empty if the encoder fails, which a memory buffer cannot make it do.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    if encoder.write_all(bytes).is_err() {
        return Vec::new();
    }
    encoder.finish().unwrap_or_default()
}

/// A zip archive with one deflated entry, without its central directory: what a reader of the first entry needs.
pub fn zip(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    if encoder.write_all(bytes).is_err() {
        return Vec::new();
    }
    let deflated = encoder.finish().unwrap_or_default();
    let mut out = b"PK\x03\x04\x14\x00\x00\x00\x08\x00\x00\x00\x00\x00".to_vec();
    out.extend_from_slice(&crc32(bytes).to_le_bytes());
    out.extend_from_slice(&(deflated.len() as u32).to_le_bytes());
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(&(name.len() as u16).to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(&deflated);
    out
}

/// CRC-32 (IEEE), the checksum inside GitHub's and npm's tokens.
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |mut crc, &byte| {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
        crc
    })
}

/// A number in base62 with at least `width` digits.
pub fn base62(mut number: u32, width: usize) -> String {
    let digits: Vec<char> = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".chars().collect();
    let mut out = Vec::new();
    while number > 0 || out.len() < width {
        out.push(digits.get((number % 62) as usize).copied().unwrap_or('0'));
        number /= 62;
    }
    out.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_matches_the_vectors_of_rfc_4648() {
        for (plain, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
        assert_eq!(base64_url(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn crc32_matches_its_check_value() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(base62(61, 2), "0z");
    }
}
