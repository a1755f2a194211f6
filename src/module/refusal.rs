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

    /// Writes the placeholder and a zero byte behind it, in the host's format. `len` is the record's length in bytes.
    pub(crate) fn write(self, context: Context<'_>, len: usize, output: &mut Vec<u8>) {
        output.clear();
        match self {
            Self::NoRoom => self.write_json(context, len, output),
            Self::Msgpack => self.write_msgpack(context, len, output),
        }
        output.push(0);
    }

    /// A map of texts (<https://github.com/msgpack/msgpack/blob/master/spec.md>): numbers could hold the zero byte at which the
    /// host ends the answer.
    fn write_msgpack(self, context: Context<'_>, len: usize, output: &mut Vec<u8>) {
        let mut number = Vec::new();
        output.push(0x84);
        push_text(output, b"tag");
        push_text(output, context.tag);
        push_text(output, b"time");
        push_time(&mut number, context);
        push_text(output, &number);
        push_text(output, b"bytes");
        number.clear();
        push_number(&mut number, len as u64, 1);
        push_text(output, &number);
        push_text(output, b"auditgate");
        output.push(0x86);
        for (key, value) in [
            ("source", "unknown"),
            ("routes", "+default+"),
            ("rule", "default"),
            ("policy", "00000000"),
            ("error", self.code()),
            ("help", self.help()),
        ] {
            push_text(output, key.as_bytes());
            push_text(output, value.as_bytes());
        }
    }

    fn write_json(self, context: Context<'_>, len: usize, output: &mut Vec<u8>) {
        output.extend_from_slice(b"{\"tag\":\"");
        output.extend(context.tag.iter().map(|&byte| harmless(byte)));
        output.extend_from_slice(b"\",\"time\":");
        push_time(output, context);
        output.extend_from_slice(b",\"bytes\":");
        push_number(output, len as u64, 1);
        output.extend_from_slice(
            b",\"auditgate\":{\"source\":\"unknown\",\"routes\":\"+default+\",\"rule\":\"default\",\"redactions\":0,\"policy\":\"00000000\",\"error\":\"",
        );
        output.extend_from_slice(self.code().as_bytes());
        output.extend_from_slice(b"\",\"help\":\"");
        output.extend_from_slice(self.help().as_bytes());
        output.extend_from_slice(b"\"}}");
    }
}

/// A tag's byte, or `?` for one that would have to be escaped.
fn harmless(byte: u8) -> u8 {
    if matches!(byte, b'"' | b'\\') || !(0x20..0x7f).contains(&byte) { b'?' } else { byte }
}

/// Seconds and nanoseconds.
fn push_time(output: &mut Vec<u8>, context: Context<'_>) {
    push_number(output, u64::from(context.seconds), 1);
    output.push(b'.');
    push_number(output, u64::from(context.nanoseconds), 9);
}

/// A msgpack string of at most 255 bytes.
fn push_text(output: &mut Vec<u8>, text: &[u8]) {
    let len = text.len().min(255);
    if len > 31 {
        output.push(0xd9);
    }
    output.push(if len > 31 { len as u8 } else { 0xa0 | len as u8 });
    output.extend(text.iter().take(len).map(|&byte| harmless(byte)));
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

    const CONTEXT: Context<'_> = Context { tag: b"a\"b\\c\0\xff", seconds: 12, nanoseconds: 5_000 };

    #[test]
    fn a_placeholder_is_ascii_json_with_one_zero_byte_at_its_end() {
        let mut output = Vec::new();
        Refusal::NoRoom.write(CONTEXT, 7, &mut output);
        let text = String::from_utf8(output).unwrap();
        assert!(text.starts_with("{\"tag\":\"a?b?c??\",\"time\":12.000005000,\"bytes\":7,\"auditgate\":{"), "{text}");
        assert!(text.ends_with("}}\0"), "{text}");
        assert_eq!(text.bytes().filter(|&byte| byte == 0).count(), 1);
        assert!(text.contains("\"error\":\"E090\"") && text.contains("too large"), "{text}");
    }

    #[test]
    fn msgpack_is_answered_in_msgpack_with_one_zero_byte_at_its_end() {
        for tag in [CONTEXT.tag, b"", &[b'x'; 31], &[b'x'; 32], &[b'x'; 300]] {
            let mut output = Vec::new();
            Refusal::Msgpack.write(Context { tag, ..CONTEXT }, 0, &mut output);
            assert_eq!(output.iter().position(|&byte| byte == 0), Some(output.len() - 1));
            let holds = |text: &str| output.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(output.starts_with(b"\x84\xa3tag") && holds("E091") && holds("event_format json"));
        }
        let mut output = Vec::new();
        Refusal::Msgpack.write(CONTEXT, 42, &mut output);
        assert!(output.starts_with(
            b"\x84\xa3tag\xa7a?b?c??\xa4time\xac12.000005000\xa5bytes\xa242\xa9auditgate\x86\xa6source\xa7unknown"
        ));
    }
}
