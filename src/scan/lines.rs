//! Raw lines: what in_tail hands over without a parser, an audit event as the text of one member.

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
        const ID: &[u8] = br#"\"auditID\":"#;
        // The line's own end is a quote without a backslash; what is behind it belongs to other members.
        let is_event = head.starts_with(EVENT)
            || head.starts_with(b"{") && {
                let found = head.windows(ID.len()).position(|window| window == ID);
                found.is_some_and(|found| !ends_before(head, found)) && !is_list(head)
            };
        is_event.then(|| self.enter_line(member, brace))
    }
}

/// Whether the escaped text ends, by a quote without a backslash, before `at`.
fn ends_before(text: &[u8], at: usize) -> bool {
    let mut escaped = false;
    text.iter().take(at).any(|&byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

/// Whether an escaped text is a list of events or an envelope around one, which cannot take the record's place.
fn is_list(text: &[u8]) -> bool {
    let head = text.get(..text.len().min(256)).unwrap_or_default();
    let has = |part: &[u8]| crate::bytes::find(head, part).is_some();
    has(br#"EventList\""#) || has(br#"\"items\":["#) || has(br#"\"category\":\"kube-audit"#)
}
