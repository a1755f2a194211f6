//! Keyed pseudonyms: HMAC-SHA256, cut to 128 bits. Sources: RFC 2104; FIPS 180-4; NIST SP 800-107, section 5.1, for the cut.
//!
//! `hmac:<key id>:<32 hexadecimal digits>`. The message is the class of the field, a zero byte and the value, so that the same
//! value has different pseudonyms under different rules, and the same one everywhere under one.

use crate::sha256::{BLOCK_BYTES, hash};
use alloc::vec::Vec;

/// What every pseudonym begins with.
pub const TOKEN_START: &[u8] = b"hmac:";

/// Hexadecimal digits in a pseudonym.
pub const TOKEN_DIGITS: usize = 32;

/// A key, ready for use.
#[derive(Clone)]
pub struct Pseudonyms {
    /// `hmac:<key id>:`
    start: Vec<u8>,
    /// The key, filled up to a block with zeros.
    key: [u8; BLOCK_BYTES],
}

impl Pseudonyms {
    /// Takes a key of any length; its id stands in every pseudonym.
    pub fn new(id: &str, key: &[u8]) -> Self {
        let start = [TOKEN_START, id.as_bytes(), b":"].concat();
        let hashed = hash(&[key]);
        let mut block = [0; BLOCK_BYTES];
        block.iter_mut().zip(if key.len() > BLOCK_BYTES { &hashed } else { key }).for_each(|(to, from)| *to = *from);
        Self { start, key: block }
    }

    /// Appends the pseudonym of a value.
    pub fn push(&self, class: &[u8], value: &[u8], out: &mut Vec<u8>) {
        let inner = hash(&[&self.key.map(|byte| byte ^ 0x36), class, b"\0", value]);
        let outer = hash(&[&self.key.map(|byte| byte ^ 0x5c), &inner]);
        out.extend_from_slice(&self.start);
        for byte in outer.iter().take(TOKEN_DIGITS / 2) {
            for nibble in [byte >> 4, byte & 15] {
                out.push(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 });
            }
        }
    }

    /// The length of the pseudonym of this key that a text begins with.
    pub fn prefix_len(&self, text: &[u8]) -> Option<usize> {
        let digits = text.strip_prefix(self.start.as_slice())?.get(..TOKEN_DIGITS)?;
        let hex = digits.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        hex.then_some(self.start.len() + TOKEN_DIGITS)
    }
}

impl core::fmt::Debug for Pseudonyms {
    /// The key is a secret: only its id is told.
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Pseudonyms(..)")
    }
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::string_slice,
        reason = "a test fails by panicking"
    )]
    use super::*;

    fn token(key: &[u8], class: &[u8], value: &[u8]) -> String {
        let mut out = Vec::new();
        Pseudonyms::new("k1", key).push(class, value, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn is_the_hmac_of_class_zero_and_value() {
        // Python: hmac.new(b"0123456789abcdef", b"user\0alice", "sha256").hexdigest()[:32]
        assert_eq!(token(b"0123456789abcdef", b"user", b"alice"), EXPECTED_SHORT);
        // The same with a key of 131 bytes of 0xaa, longer than a block.
        assert_eq!(token(&[0xaa; 131], b"user", b"alice"), EXPECTED_LONG);
    }

    const EXPECTED_SHORT: &str = "hmac:k1:69667e0df153a0f2b5b56b325c679d7a";
    const EXPECTED_LONG: &str = "hmac:k1:2c7680cc264d0b44328b765586683cc8";

    #[test]
    fn keys_and_values_of_every_length_give_what_others_compute() {
        use hmac::{Hmac, Mac};
        for (key_len, value_len) in (0..200).map(|len| (len, 3 * len)) {
            let (key, value) = (vec![7; key_len], vec![b'v'; value_len]);
            let mut mac = <Hmac<sha2::Sha256> as Mac>::new_from_slice(&key).unwrap();
            mac.update(&[b"class\0".as_slice(), &value].concat());
            let digits: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(token(&key, b"class", &value), format!("hmac:k1:{}", &digits[..TOKEN_DIGITS]), "{key_len}");
        }
    }

    #[test]
    fn class_key_and_value_make_the_pseudonym() {
        let one = token(b"key", b"user", b"alice");
        assert_eq!(one, token(b"key", b"user", b"alice"));
        for other in
            [token(b"yek", b"user", b"alice"), token(b"key", b"name", b"alice"), token(b"key", b"user", b"bob")]
        {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn knows_its_own() {
        let key = Pseudonyms::new("k1", b"key");
        let one = token(b"key", b"user", b"alice");
        assert_eq!(key.prefix_len(one.as_bytes()), Some(one.len()));
        assert_eq!(key.prefix_len(format!("{one} and more").as_bytes()), Some(one.len()));
        assert_eq!(Pseudonyms::new("k2", b"key").prefix_len(one.as_bytes()), None);
        assert_eq!(key.prefix_len(one.to_uppercase().as_bytes()), None);
        assert_eq!(key.prefix_len(&one.as_bytes()[..one.len() - 1]), None);
    }
}
