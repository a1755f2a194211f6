//! What leaves in place of a record that never reached the engine, because the host could not hand it over or handed over
//! something else than JSON. Built without the engine, so that it works when there is no memory for one.

use crate::engine::Context;
use alloc::vec::Vec;

/// Why a record never reached the engine. The codes are stable and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The record's pointer is null or outside of memory: there was no room for it.
    NoRoom,
    /// The record is msgpack: Fluent Bit's `event_format` is not `json`.
    Msgpack,
}

impl Refusal {
    fn code(self) -> &'static str {
        match self {
            Self::NoRoom => "E090",
            Self::Msgpack => "E091",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::NoRoom => "the record is too large for the module's memory",
            Self::Msgpack => "set event_format json: a msgpack answer would be cut at its first zero byte",
        }
    }

    /// Writes the placeholder and a zero byte behind it. `len` is the record's length in bytes.
    pub(crate) fn write(self, context: Context<'_>, len: usize, output: &mut Vec<u8>) {
        output.clear();
        output.extend_from_slice(b"{\"tag\":\"");
        for &byte in context.tag {
            output.push(if matches!(byte, b'"' | b'\\') || !(0x20..0x7f).contains(&byte) { b'?' } else { byte });
        }
        output.extend_from_slice(b"\",\"time\":");
        push_number(output, u64::from(context.seconds), 1);
        output.push(b'.');
        push_number(output, u64::from(context.nanoseconds), 9);
        output.extend_from_slice(b",\"bytes\":");
        push_number(output, len as u64, 1);
        output.extend_from_slice(
            b",\"auditgate\":{\"source\":\"unknown\",\"routes\":\"+default+\",\"rule\":\"default\",\"redactions\":0,\"policy\":\"00000000\",\"error\":\"",
        );
        output.extend_from_slice(self.code().as_bytes());
        output.extend_from_slice(b"\",\"help\":\"");
        output.extend_from_slice(self.help().as_bytes());
        output.extend_from_slice(b"\"}}\0");
    }
}

/// A decimal number of at least `digits` digits.
fn push_number(output: &mut Vec<u8>, mut number: u64, digits: usize) {
    let start = output.len();
    while number > 0 || output.len() - start < digits {
        output.push(b'0' + (number % 10) as u8);
        number /= 10;
    }
    if let Some(written) = output.get_mut(start..) {
        written.reverse();
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_placeholder_is_ascii_json_with_one_zero_byte_at_its_end() {
        let mut output = Vec::new();
        let context = Context { tag: b"a\"b\\c\0\xff", seconds: 12, nanoseconds: 5_000 };
        Refusal::Msgpack.write(context, 0, &mut output);
        let text = String::from_utf8(output).unwrap();
        assert!(text.starts_with("{\"tag\":\"a?b?c??\",\"time\":12.000005000,\"bytes\":0,\"auditgate\":{"), "{text}");
        assert!(text.ends_with("}}\0"), "{text}");
        assert_eq!(text.bytes().filter(|&byte| byte == 0).count(), 1);
        assert!(text.contains("\"error\":\"E091\"") && text.contains("event_format json"), "{text}");
    }
}
