//! Raw lines: what in_tail hands over without a parser, an audit event as the text of one member. And the event as a string in Azure's envelopes.

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
        let is_event =
            head.starts_with(EVENT) || head.starts_with(b"{") && holds_event(view, brace, brace + head.len());
        is_event.then(|| Reached::Line(self.enter_line(member, brace)))
    }

    /// An audit event as a string: its text takes the string's place, and the pass goes on in it. It leaves as a string again, see
    /// `Engine::render`. Not where the policy says something of that string itself.
    fn try_string(&mut self, of: Member, at: usize) -> Option<Reached> {
        const DECIDED: u32 = effect::POLICY | effect::REMOVE | effect::MASK | effect::KEEP;
        let is_own = self.level == 0 && self.frame.item.is_none() && self.envelope.is_blank();
        if !is_own || of.effects() & DECIDED != 0 {
            return None;
        }
        let special = self.text.view().find_special(at + 1);
        // What is mended here, decoding mends again.
        let text = string::finish(self.text, &mut Edits::default(), at + 1, special, false).ok()?;
        let mut json = Vec::new();
        string::decode(self.text.view(), text, &mut json);
        if !is_one_object(&json) || json.len() > text.end - at {
            return None;
        }
        self.text.overwrite(at, &json);
        self.text.blank(at + json.len(), text.end + 1);
        self.envelope.unpacked = Some((at, text.end + 1));
        self.work.frames.push(self.frame);
        self.frame = self.open(at, start::RECORD, 0, 0, 0);
        Some(Reached::Event(at + 1))
    }
}

/// Whether a text is an object with members, and nothing behind it: nobody can break out of it into what is around the string.
fn is_one_object(json: &[u8]) -> bool {
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
                return json.starts_with(b"{") && !inside.trim_ascii().is_empty() && behind.trim_ascii().is_empty();
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// How far into a line is looked for what only lists and envelopes have.
const HEAD_BYTES: usize = 256;

/// Whether the escaped text from `start` on has an audit event's id before `end` and before its own end, which is a quote without a backslash: what
/// is behind that belongs to other members. A list of events, or an envelope around one, cannot take the record's place.
fn holds_event(text: View<'_>, start: usize, end: usize) -> bool {
    let mut at = start;
    let mut found = false;
    while at < end && (!found || at < start + HEAD_BYTES) {
        match text.byte(at) {
            b'\\' => {
                let is = |name: &[u8]| text.span(at, at + name.len()) == name;
                // Nearly all names are told by their first eight bytes.
                match text.word(at) {
                    AUDIT_ID => found |= is(br#"\"auditID\":"#),
                    ITEMS if is(br#"\"items\":["#) && at < start + HEAD_BYTES => return false,
                    CATEGORY if is(br#"\"category\":\"kube-audit"#) && at < start + HEAD_BYTES => return false,
                    _ if at >= start + LIST.len()
                        && at < start + HEAD_BYTES
                        && text.word(at - 8) == LIST_END
                        && is(br#"\""#)
                        && text.span(at - LIST.len(), at) == LIST =>
                    {
                        return false;
                    }
                    _ => {}
                }
                at += 2;
            }
            b'"' | 0 => return found,
            _ => at += 1,
        }
        at = text.find_special(at);
    }
    found
}

/// How the kind of a list of events ends.
const LIST: &[u8] = b"EventList";

const LIST_END: u64 = u64::from_le_bytes(*b"ventList");
const AUDIT_ID: u64 = u64::from_le_bytes(*br#"\"auditI"#);
const ITEMS: u64 = u64::from_le_bytes(*br#"\"items\"#);
const CATEGORY: u64 = u64::from_le_bytes(*br#"\"catego"#);
