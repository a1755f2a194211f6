//! Values of msgpack become JSON, without recursion: depth costs memory alone.
//!
//! Source: <https://github.com/msgpack/msgpack/blob/master/spec.md>.

use crate::number;
use crate::scan::encode;

/// Reads values from the front.
pub(super) struct Msgpack<'a> {
    pub(super) rest: &'a [u8],
    open: Vec<Open>,
}

/// A map or an array that is being read.
struct Open {
    /// Values to come; of a map keys count too.
    left: u64,
    is_map: bool,
}

/// The bytes end within a value, or are none.
pub(super) struct Cut;

impl<'a> Msgpack<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, open: Vec::new() }
    }

    /// One value, with all that is in it; without recursion, so that depth costs memory alone.
    pub(super) fn value(&mut self, out: &mut Vec<u8>) -> Result<(), Cut> {
        self.open.clear();
        loop {
            let is_key = self.open.last().is_some_and(|open| open.is_map && open.left % 2 == 0);
            let opened = if is_key { self.key(out)? } else { self.item(out)? };
            if let Some(open) = opened {
                out.push(if open.is_map { b'{' } else { b'[' });
                self.open.push(open);
            } else if let Some(open) = self.open.last_mut() {
                open.left -= 1;
                out.push(if is_key { b':' } else { b',' });
            }
            // Closes all that is complete.
            while let Some(open) = self.open.last() {
                if open.left > 0 {
                    break;
                }
                out.pop_if(|last| *last == b',');
                out.push(if open.is_map { b'}' } else { b']' });
                self.open.pop();
                if let Some(outer) = self.open.last_mut() {
                    outer.left -= 1;
                    out.push(b',');
                }
            }
            if self.open.is_empty() {
                return Ok(());
            }
        }
    }

    /// A key: text as it is, a number or a literal in quotes. A map as a key is nothing that Fluent Bit makes.
    fn key(&mut self, out: &mut Vec<u8>) -> Result<Option<Open>, Cut> {
        let is_text = matches!(self.rest.first(), Some(0xa0..=0xbf | 0xc4..=0xc6 | 0xd9..=0xdb));
        if !is_text {
            out.push(b'"');
        }
        if self.item(out)?.is_some() {
            return Err(Cut);
        }
        if !is_text {
            out.push(b'"');
        }
        Ok(None)
    }

    /// A value that holds no other, or the beginning of one that does.
    fn item(&mut self, out: &mut Vec<u8>) -> Result<Option<Open>, Cut> {
        let first = self.byte()?;
        let map = |left: u64| Ok(Some(Open { left: left * 2, is_map: true }));
        let array = |left: u64| Ok(Some(Open { left, is_map: false }));
        match first {
            0..=0x7f => number::push(out, u64::from(first)),
            0xe0..=0xff => push_signed(out, i64::from(first.cast_signed())),
            0x80..=0x8f => return map(u64::from(first & 15)),
            0xde => return map(self.be16()?),
            0xdf => return map(self.be32()?),
            0x90..=0x9f => return array(u64::from(first & 15)),
            0xdc => return array(self.be16()?),
            0xdd => return array(self.be32()?),
            0xa0..=0xbf => self.text(u64::from(first & 31), out)?,
            0xd9 | 0xc4 => {
                let len = u64::from(self.byte()?);
                self.text(len, out)?;
            }
            0xda | 0xc5 => {
                let len = self.be16()?;
                self.text(len, out)?;
            }
            0xdb | 0xc6 => {
                let len = self.be32()?;
                self.text(len, out)?;
            }
            0xc0 => out.extend_from_slice(b"null"),
            0xc2 => out.extend_from_slice(b"false"),
            0xc3 => out.extend_from_slice(b"true"),
            0xcc => number::push(out, u64::from(self.byte()?)),
            0xcd => number::push(out, self.be16()?),
            0xce => number::push(out, self.be32()?),
            0xcf => number::push(out, u64::from_be_bytes(self.take()?)),
            0xd0 => push_signed(out, i64::from(self.byte()?.cast_signed())),
            0xd1 => push_signed(out, i64::from(i16::from_be_bytes(self.take()?))),
            0xd2 => push_signed(out, i64::from(i32::from_be_bytes(self.take()?))),
            0xd3 => push_signed(out, i64::from_be_bytes(self.take()?)),
            0xca => push_float(out, f64::from(f32::from_be_bytes(self.take()?))),
            0xcb => push_float(out, f64::from_be_bytes(self.take()?)),
            0xd4..=0xd8 => self.extension_text(1 << (first - 0xd4), out)?,
            0xc7 => {
                let len = u64::from(self.byte()?);
                self.extension_text(len, out)?;
            }
            0xc8 => {
                let len = self.be16()?;
                self.extension_text(len, out)?;
            }
            0xc9 => {
                let len = self.be32()?;
                self.extension_text(len, out)?;
            }
            0xc1 => return Err(Cut),
        }
        Ok(None)
    }

    fn text(&mut self, len: u64, out: &mut Vec<u8>) -> Result<(), Cut> {
        let text = self.bytes(len)?;
        out.push(b'"');
        encode(text, out);
        out.push(b'"');
        Ok(())
    }

    /// An extension within a record has no meaning in JSON: its bytes leave as text of hexadecimal digits.
    fn extension_text(&mut self, len: u64, out: &mut Vec<u8>) -> Result<(), Cut> {
        self.byte()?;
        out.push(b'"');
        for byte in self.bytes(len)? {
            out.extend(
                [byte >> 4, byte & 15].map(|nibble| if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble }),
            );
        }
        out.push(b'"');
        Ok(())
    }

    pub(super) fn array(&mut self) -> Result<u64, Cut> {
        match self.byte()? {
            first @ 0x90..=0x9f => Ok(u64::from(first & 15)),
            0xdc => self.be16(),
            0xdd => self.be32(),
            _ => Err(Cut),
        }
    }

    pub(super) fn byte(&mut self) -> Result<u8, Cut> {
        Ok(u8::from_be_bytes(self.take()?))
    }

    fn be16(&mut self) -> Result<u64, Cut> {
        Ok(u64::from(u16::from_be_bytes(self.take()?)))
    }

    fn be32(&mut self) -> Result<u64, Cut> {
        Ok(u64::from(u32::from_be_bytes(self.take()?)))
    }

    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N], Cut> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>().ok_or(Cut)?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn bytes(&mut self, len: u64) -> Result<&'a [u8], Cut> {
        let len = usize::try_from(len).map_err(|_| Cut)?;
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or(Cut)?;
        self.rest = rest;
        Ok(bytes)
    }
}

fn push_signed(out: &mut Vec<u8>, number: i64) {
    if number < 0 {
        out.push(b'-');
    }
    number::push(out, number.unsigned_abs());
}

/// The shortest digits that mean the same double; JSON has no others than finite ones.
fn push_float(out: &mut Vec<u8>, number: f64) {
    let quote: &[u8] = if number.is_finite() { b"" } else { b"\"" };
    out.extend_from_slice(quote);
    out.extend_from_slice(format!("{number:?}").as_bytes());
    out.extend_from_slice(quote);
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use auditgate_generate::{Generator, Options, Profile, Random};
    use serde_json::{Map, Value};

    /// A value of any kind and of all lengths that msgpack writes differently.
    fn any(random: &mut Random, depth: u32) -> Value {
        let length = |random: &mut Random| match random.below(20) {
            0 => 256 + random.below(3),
            1 => 31 + random.below(3),
            2 => 15 + random.below(3),
            _ => random.below(4),
        };
        match random.below(if depth < 4 { 9 } else { 7 }) {
            0 => Value::Null,
            1 => Value::Bool(random.chance(50)),
            2 => (random.bits() >> random.below(64)).into(),
            3 => (random.bits() as i64 >> random.below(64)).into(),
            // Eighths have the same digits whoever writes them.
            4 => (f64::from(random.bits() as i32) / 8.0).into(),
            5 | 6 => text(random).into(),
            7 => (0..length(random)).map(|_| any(random, depth + 1)).collect(),
            _ => (0..length(random)).map(|_| (text(random), any(random, depth + 1))).collect::<Map<_, _>>().into(),
        }
    }

    fn text(random: &mut Random) -> String {
        let length = match random.below(4000) {
            0 => 70_000,
            choice => [1, 5, 31, 32, 255, 256].get(choice as usize % 40).copied().unwrap_or(7),
        };
        random.text("abc\"\\\n\u{1}\u{e9}\u{1f512}", length)
    }

    fn read(bytes: &[u8]) -> Option<Value> {
        let mut out = Vec::new();
        let mut msgpack = Msgpack::new(bytes);
        msgpack.value(&mut out).ok()?;
        assert!(msgpack.rest.is_empty());
        Some(serde_json::from_slice(&out).unwrap())
    }

    #[test]
    fn what_another_library_wrote_is_read() {
        let mut random = Random::new(1, 1);
        for _ in 0..1000 {
            let value = any(&mut random, 0);
            assert_eq!(read(&rmp_serde::to_vec(&value).unwrap()).unwrap(), value);
        }
        let options = Options { events: 300, profile: Profile::Mixed, ..Options::default() };
        for event in Generator::new(options).unwrap() {
            let value: Value = serde_json::from_str(&event.json).unwrap();
            let bytes = rmp_serde::to_vec(&value).unwrap();
            assert_eq!(read(&bytes).unwrap(), value);
            assert!(read(bytes.get(..bytes.len() - 1).unwrap()).is_none(), "cut");
        }
    }
}
