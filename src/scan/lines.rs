//! Raw lines: what in_tail hands over without a parser, an audit event as the text of one member.

use super::buffer::View;
use super::walk::Walk;

/// How far into a line is looked for the id of an audit event.
const LINE_PEEK_BYTES: usize = 16 * 1024;

impl Walk<'_, '_> {
    /// A raw line in the string at `at`, if it holds an audit event: the pass goes on inside it, as if its members were the record's own.
    #[cold]
    #[inline(never)]
    pub(super) fn try_line(&mut self, member: usize, at: usize) -> Option<usize> {
        let quote = if self.text.byte(at) == b'"' { at } else { return None };
        let view = self.text.view();
        let mut brace = quote + 1;
        while view.byte(brace) == b' ' {
            brace += 1;
        }
        let head = view.span(brace, (brace + LINE_PEEK_BYTES).min(self.text.len()));
        const EVENT: &[u8] = br#"{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/"#;
        let is_event =
            head.starts_with(EVENT) || head.starts_with(b"{") && holds_event(view, brace, brace + head.len());
        is_event.then(|| self.enter_line(member, brace))
    }
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
