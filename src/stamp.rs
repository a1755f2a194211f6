//! The `auditgate` map that every record carries, and the placeholder for a record that cannot be understood.

use crate::engine::Context;
use crate::envelope::{Envelope, Field, Source};
use crate::number;
use crate::redact::class::Class;
use crate::scan::{Padded, Text, decode, encode, push_mended};

/// Why a record leaves as a placeholder. Codes are stable and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Not JSON, or cut.
    Malformed,
    /// JSON, but no object.
    NoObject,
    /// Nested deeper than the limit `max_depth`.
    TooDeep,
    /// Longer than the limit `max_event_bytes`.
    TooLarge,
    /// The policy does not check.
    Policy,
    /// The event names its resource twice, so nobody knows what its bodies are.
    Ambiguous,
}

impl Fault {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Malformed => "E001",
            Self::NoObject => "E002",
            Self::TooDeep => "E003",
            Self::TooLarge => "E004",
            Self::Policy => "E005",
            Self::Ambiguous => "E006",
        }
    }
}

/// What is known when a record leaves.
pub(crate) struct Stamp<'a, 'r> {
    pub(crate) envelope: &'a Envelope,
    pub(crate) record: &'a Padded<'r>,
    /// See [`of_rule`].
    pub(crate) of_rule: &'a [u8],
    pub(crate) redactions: u32,
    pub(crate) policy: [u8; 8],
    pub(crate) fault: Option<Fault>,
    /// Fields that a rule of the policy takes out, a bit each.
    pub(crate) hidden: u32,
    /// Rules and how many events they have dropped since a record has told so.
    pub(crate) dropped: &'a [(&'a str, u64)],
    /// The limit of the rule that this event is the first in its second to be over: more may be dropped behind it.
    pub(crate) limited: Option<u32>,
}

/// The middle of the map, which says where a record comes from and goes to: the same for all records of a source that one rule decides about.
pub(crate) fn of_rule(source: Source, routes: &str, rule: &str) -> Vec<u8> {
    let mut out = b"\",\"source\":\"".to_vec();
    out.extend_from_slice(source.name().as_bytes());
    out.extend_from_slice(b"\",\"routes\":\"");
    encode(routes.as_bytes(), &mut out);
    out.extend_from_slice(b"\",\"rule\":\"");
    encode(rule.as_bytes(), &mut out);
    out.extend_from_slice(b"\",\"redactions\":");
    out
}

impl Stamp<'_, '_> {
    /// Appends the map, and the record's closing bracket, to a record whose last member has been written.
    pub(crate) fn append(&self, out: &mut Vec<u8>) {
        let last = out.iter().rev().find(|byte| !byte.is_ascii_whitespace());
        out.extend_from_slice(if last == Some(&b'{') {
            b"\"auditgate\":{\"id\":\""
        } else {
            b",\"auditgate\":{\"id\":\""
        });
        self.push_id(out);
        out.extend_from_slice(self.of_rule);
        number::push(out, u64::from(self.redactions));
        if self.fault.is_none() && self.limited.is_none() && self.dropped.is_empty() {
            // Nearly always; in one piece, because an interpreter takes as long for a short piece as for a long one.
            let mut rest = *b",\"policy\":\"00000000\"}}";
            rest[11..19].copy_from_slice(&self.policy);
            out.extend_from_slice(&rest);
            return;
        }
        out.extend_from_slice(b",\"policy\":\"");
        out.extend_from_slice(&self.policy);
        if let Some(fault) = self.fault {
            out.extend_from_slice(b"\",\"error\":\"");
            out.extend_from_slice(fault.code().as_bytes());
        }
        out.push(b'"');
        if let Some(limit) = self.limited {
            out.extend_from_slice(b",\"limited\":");
            number::push(out, u64::from(limit));
        }
        for (index, (rule, count)) in self.dropped.iter().enumerate() {
            out.extend_from_slice(if index == 0 { b",\"dropped\":{\"" } else { b",\"" });
            encode(rule.as_bytes(), out);
            out.extend_from_slice(b"\":");
            number::push(out, *count);
        }
        out.extend_from_slice(if self.dropped.is_empty() { b"}}" } else { b"}}}" });
    }

    /// `auditID/stage`, or the hash.
    fn push_id(&self, out: &mut Vec<u8>) {
        match (self.envelope.field(Field::AuditId), self.envelope.field(Field::Stage)) {
            (Some(id), Some(stage)) if self.hidden & Field::AuditId.bit() == 0 => {
                self.push_text(id, out);
                out.push(b'/');
                self.push_text(stage, out);
            }
            _ => self.push_hash(out),
        }
    }

    fn push_hash(&self, out: &mut Vec<u8>) {
        let hash = content_hash(self.record.text());
        number::push_hex(out, (hash >> 32) as u32);
        number::push_hex(out, hash as u32);
    }

    /// A captured span as the inside of a JSON string.
    fn push_text(&self, text: Text, out: &mut Vec<u8>) {
        if !text.escapes {
            let span = self.record.span(text.start, text.end);
            if span.is_ascii() {
                out.extend_from_slice(span);
                return;
            }
        }
        let mut decoded = Vec::new();
        decode(self.record.view(), text, &mut decoded);
        encode(&decoded, out);
    }

    /// Writes a whole placeholder: where the record came from, what it weighed, and the fields of an audit event that were read.
    pub(crate) fn placeholder(&self, context: Context<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"tag\":\"");
        let mut tag = Vec::new();
        push_mended(context.tag, &mut tag);
        encode(&tag, out);
        out.extend_from_slice(b"\",\"time\":");
        number::push(out, u64::from(context.seconds));
        out.push(b'.');
        let mut nanoseconds = Vec::new();
        number::push(&mut nanoseconds, u64::from(context.nanoseconds % 1_000_000_000) + 1_000_000_000);
        out.extend_from_slice(nanoseconds.get(1..).unwrap_or_default());
        out.extend_from_slice(b",\"bytes\":");
        number::push(out, self.record.len() as u64);
        out.extend_from_slice(b",\"hash\":\"");
        self.push_hash(out);
        out.push(b'"');
        for (field, name) in [
            (Field::AuditId, "auditID"),
            (Field::Stage, "stage"),
            (Field::Level, "level"),
            (Field::Verb, "verb"),
            (Field::RequestReceived, "requestReceivedTimestamp"),
            (Field::StageTimestamp, "stageTimestamp"),
        ] {
            self.push_member(field, name, b',', out);
        }
        self.push_object("user", &[(Field::Username, "username")], out);
        // The names of these objects are tokens.
        let name: &[(Field, &str)] = if self.envelope.class(self.record.view()) == Some(Class::OauthToken) {
            &[]
        } else {
            &[(Field::Name, "name")]
        };
        let object = [
            (Field::Resource, "resource"),
            (Field::Subresource, "subresource"),
            (Field::ApiGroup, "apiGroup"),
            (Field::Namespace, "namespace"),
        ];
        self.push_object("objectRef", &[&object, name].concat(), out);
        self.push_object("responseStatus", &[(Field::Code, "code")], out);
        self.append(out);
    }

    fn push_object(&self, name: &str, fields: &[(Field, &str)], out: &mut Vec<u8>) {
        let leaves = |field: Field| self.hidden & field.bit() == 0 && self.envelope.field(field).is_some();
        if !fields.iter().any(|&(field, _)| leaves(field)) {
            return;
        }
        out.extend_from_slice(b",\"");
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":{");
        let mut comma = b' ';
        for &(field, name) in fields {
            if self.push_member(field, name, comma, out) {
                comma = b',';
            }
        }
        out.push(b'}');
    }

    fn push_member(&self, field: Field, name: &str, comma: u8, out: &mut Vec<u8>) -> bool {
        let Some(text) = self.envelope.field(field).filter(|_| self.hidden & field.bit() == 0) else { return false };
        if comma == b',' {
            out.push(b',');
        }
        out.push(b'"');
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":\"");
        self.push_text(text, out);
        out.push(b'"');
        if field == Field::Code {
            // A number stays one, if it is one.
            let quoted = text.end - text.start + 2;
            let digits = self.record.span(text.start, text.end);
            if digits.len() < 10
                && !digits.is_empty()
                && digits.iter().all(u8::is_ascii_digit)
                && !digits.starts_with(b"0")
            {
                out.truncate(out.len() - quoted);
                out.extend_from_slice(digits);
            }
        }
        true
    }
}

/// A number that depends on the content alone, as the pass leaves it: the same record gets the same one everywhere. Not
/// cryptographic.
pub(crate) fn content_hash(text: &[u8]) -> u64 {
    const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = MULTIPLIER ^ text.len() as u64;
    let mut mix = |word: u64| {
        hash = (hash.rotate_left(27) ^ word).wrapping_mul(MULTIPLIER);
        hash ^= hash >> 29;
    };
    let (words, rest) = text.as_chunks::<8>();
    words.iter().for_each(|word| mix(u64::from_le_bytes(*word)));
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    mix(u64::from_le_bytes(last));
    mix(0);
    hash
}

#[cfg(test)]
mod tests {
    use super::content_hash;

    #[test]
    fn contents_have_their_own_hashes() {
        let texts: [&[u8]; 7] = [b"", b"\0", b"a", b"a\0", b"12345678", b"123456789", b"12345679"];
        for (index, text) in texts.iter().enumerate() {
            assert_eq!(content_hash(text), content_hash(text));
            assert!(texts.iter().skip(index + 1).all(|other| content_hash(other) != content_hash(text)));
        }
    }
}
