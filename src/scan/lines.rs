//! Raw lines: what in_tail hands over without a parser, an audit event as the text of one member, or Azure's envelope around one. And the event as a
//! string in such an envelope.

use super::buffer::View;
use super::edits::Edits;
use super::frame::Frame;
use super::keys::Member;
use super::members::Reached;
use super::paths::effect;
use super::string;
use super::walk::Walk;
use crate::redact::start;

/// How far into a line is looked for the id of an audit event.
const LINE_PEEK_BYTES: usize = 16 * 1024;

impl Walk<'_, '_> {
    /// A raw line in the string at `at`, if it holds an audit event: the pass goes on inside it, as if its members were the record's own.
    #[cold]
    #[inline(never)]
    pub(super) fn try_line(&mut self, frame: Frame, of: Member, member: usize, at: usize) -> Option<Reached> {
        self.frame = Frame { learn: 0, ..frame };
        if of.effects() & effect::EVENT != 0 {
            return self.try_string(of, at);
        }
        if !self.work.frames.is_empty() {
            // Only the record itself has room for the members of a line.
            return None;
        }
        let view = self.text.view();
        let mut brace = at + 1;
        while view.byte(brace) == b' ' {
            brace += 1;
        }
        let head = view.span(brace, (brace + LINE_PEEK_BYTES).min(self.text.len()));
        const EVENT: &[u8] = br#"{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/"#;
        if head.starts_with(EVENT) {
            return Some(Reached::Line(self.enter_line(member, brace)));
        }
        if !head.starts_with(b"{") {
            return None;
        }
        match holds(view, brace, brace + head.len()) {
            Held::Event => Some(Reached::Line(self.enter_line(member, brace))),
            Held::Envelope => self.try_envelope(member, at),
            Held::Other => None,
        }
    }

    /// Azure's envelope in a raw line: the event in it is a string again, with escapes of its own, so the line is decoded where it stands before
    /// the envelope's members become the record's.
    fn try_envelope(&mut self, member: usize, at: usize) -> Option<Reached> {
        let (last, _) = self.decode_in_place(at)?;
        self.text.blank(member, at + 1);
        self.text.blank(last, last + 1);
        Some(Reached::Line(at + 1))
    }

    /// An audit event as a string: its text takes the string's place, and the pass goes on in it. It leaves as a string again, see
    /// `render_unpacked` of the engine. Not where the policy says something of that string itself.
    fn try_string(&mut self, of: Member, at: usize) -> Option<Reached> {
        const DECIDED: u32 = effect::POLICY | effect::REMOVE | effect::MASK | effect::KEEP;
        let is_own = self.level == 0 && self.frame.item.is_none() && self.envelope.is_blank();
        if !is_own || of.effects() & DECIDED != 0 {
            return None;
        }
        let (_, after) = self.decode_in_place(at)?;
        self.envelope.unpacked = Some((at, after));
        self.work.frames.push(self.frame);
        self.frame = self.open(at, start::RECORD, 0, 0, 0);
        Some(Reached::Event(at + 1))
    }

    /// Puts the object that is the text of the string at `at` in the string's place, with blanks behind it. The position of its last bracket, and that
    /// behind the string.
    fn decode_in_place(&mut self, at: usize) -> Option<(usize, usize)> {
        let special = self.text.view().find_special(at + 1);
        // What is mended here, decoding mends again.
        let text = string::finish(self.text, &mut Edits::default(), at + 1, special, false).ok()?;
        let mut json = Vec::new();
        string::decode(self.text.view(), text, &mut json);
        let last = end_of_object(&json)?;
        if json.len() > text.end - at {
            return None;
        }
        self.text.overwrite(at, &json);
        self.text.blank(at + json.len(), text.end + 1);
        Some((at + last, text.end + 1))
    }
}

/// Where an object with members ends that a text is, with nothing behind it: nobody can break out of it into what is around the string.
fn end_of_object(json: &[u8]) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0u32, false, false);
    for (at, &byte) in json.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 1 => {
                let inside = json.get(1..at).unwrap_or_default();
                let behind = json.get(at + 1..).unwrap_or_default();
                let is_object = json.starts_with(b"{") && byte == b'}';
                return (is_object && !inside.trim_ascii().is_empty() && behind.trim_ascii().is_empty()).then_some(at);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// How far into a line is looked for what only lists have.
const HEAD_BYTES: usize = 256;

/// What a line is.
enum Held {
    Event,
    /// Azure's, around an event.
    Envelope,
    Other,
}

/// What the escaped text from `start` on is, as far as it says so before `end` and before its own end, which is a quote without a backslash: what is
/// behind that belongs to other members. An event has an id. A list of events cannot take the record's place.
fn holds(text: View<'_>, start: usize, end: usize) -> Held {
    let mut at = start;
    let mut found = Held::Other;
    while at < end && (matches!(found, Held::Other) || at < start + HEAD_BYTES) {
        match text.byte(at) {
            b'\\' => {
                let is = |name: &[u8]| text.span(at, at + name.len()) == name;
                // Nearly all names are told by their first eight bytes.
                match text.word(at) {
                    AUDIT_ID if is(br#"\"auditID\":"#) => found = Held::Event,
                    ITEMS if is(br#"\"items\":["#) && at < start + HEAD_BYTES => return Held::Other,
                    CATEGORY if is_azures(text, at) => return Held::Envelope,
                    _ if at >= start + LIST.len()
                        && at < start + HEAD_BYTES
                        && text.word(at - 8) == LIST_END
                        && is(br#"\""#)
                        && text.span(at - LIST.len(), at) == LIST =>
                    {
                        return Held::Other;
                    }
                    _ => {}
                }
                at += 2;
            }
            b'"' | 0 => break,
            _ => at += 1,
        }
        at = text.find_special(at);
    }
    found
}

/// Whether the member at `at` says that this is one of Azure's categories of audit events, `kube-audit` or `kube-audit-admin`.
fn is_azures(text: View<'_>, at: usize) -> bool {
    const NAME: &[u8] = br#"\"category\":"#;
    const VALUE: &[u8] = br#"\"kube-audit"#;
    let value = at + NAME.len() + usize::from(text.byte(at + NAME.len()) == b' ');
    text.span(at, at + NAME.len()) == NAME && text.span(value, value + VALUE.len()) == VALUE
}

/// How the kind of a list of events ends.
const LIST: &[u8] = b"EventList";

const LIST_END: u64 = u64::from_le_bytes(*b"ventList");
const AUDIT_ID: u64 = u64::from_le_bytes(*br#"\"auditI"#);
const ITEMS: u64 = u64::from_le_bytes(*br#"\"items\"#);
const CATEGORY: u64 = u64::from_le_bytes(*br#"\"catego"#);
