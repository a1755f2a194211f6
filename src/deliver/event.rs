//! One event on its way out, and what receivers need to know of it.

use super::time;
use crate::format::unique;
use memchr::memmem;

/// A redacted event, with what its stamp says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event<'a> {
    /// The event in its destination's format.
    pub(super) body: &'a [u8],
    /// The redacted record itself, stamp included.
    pub(super) record: &'a [u8],
    /// `auditID/stage`, or a hash: the inside of a JSON string.
    pub(super) id: &'a [u8],
    /// When it happened, if the event says so; otherwise the record's time.
    pub(super) time: (i64, u32),
}

/// What a record's stamp says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp<'a> {
    pub(super) id: &'a [u8],
    pub(super) routes: &'a [u8],
}

impl<'a> Stamp<'a> {
    /// Reads the stamp at the record's end.
    pub(super) fn of(record: &'a [u8]) -> Self {
        let stamp = record.get(unique::stamp_start(record)..).unwrap_or_default();
        Self { id: text_behind(stamp, b"\"id\":\""), routes: text_behind(stamp, b"\"routes\":\"") }
    }

    /// Whether the event goes to a destination.
    pub(super) fn goes_to(&self, destination: &str) -> bool {
        self.routes.split(|byte| *byte == b'+').any(|route| route == destination.as_bytes())
    }
}

/// The string behind a key, up to its quote.
fn text_behind<'a>(text: &'a [u8], key: &[u8]) -> &'a [u8] {
    let Some(at) = crate::bytes::find(text, key) else { return &[] };
    let rest = text.get(at + key.len()..).unwrap_or_default();
    let mut escaped = false;
    let end = rest.iter().position(|&byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    rest.get(..end.unwrap_or(0)).unwrap_or_default()
}

impl Event<'_> {
    /// Appends the body with a time as its first member, unless it has a member of that name or is no object.
    pub(super) fn push_with_time(&self, name: &str, out: &mut Vec<u8>) {
        let key = format!("\"{name}\":");
        match self.body.strip_prefix(b"{") {
            Some(rest) if memmem::find(self.body, key.as_bytes()).is_none() => {
                out.push(b'{');
                out.extend_from_slice(key.as_bytes());
                out.push(b'"');
                time::push(out, self.time);
                out.extend_from_slice(if rest.trim_ascii() == b"}" { b"\"" } else { b"\"," });
                out.extend_from_slice(rest);
            }
            _ => out.extend_from_slice(self.body),
        }
    }

    /// Appends a name of the event that is the same whenever it comes again, and never that of another event.
    pub(super) fn push_unique_id(&self, out: &mut Vec<u8>) {
        unique::push_readable(self.id, out);
        unique::push_hash(self.record, self.time, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &[u8] =
        br#"{"a":"\"auditgate\":{\"id\":\"x","auditgate":{"id":"a\"b/S","source":"kubernetes","routes":"+siem+archive+"}}"#;

    #[test]
    fn the_last_stamp_counts() {
        let stamp = Stamp::of(RECORD);
        assert_eq!(stamp.id, br#"a\"b/S"#);
        assert!(
            stamp.goes_to("siem")
                && stamp.goes_to("archive")
                && !stamp.goes_to("sie")
                && !stamp.goes_to("siem+archive")
        );
        assert_eq!(Stamp::of(b"{}"), Stamp::default());
    }

    #[test]
    fn a_time_is_added_once() {
        let with_time = |body: &[u8]| {
            let mut out = Vec::new();
            Event { body, record: body, id: b"", time: (0, 0) }.push_with_time("@timestamp", &mut out);
            String::from_utf8_lossy(&out).into_owned()
        };
        assert_eq!(with_time(br#"{"a":1}"#), r#"{"@timestamp":"1970-01-01T00:00:00.000000000Z","a":1}"#);
        assert_eq!(with_time(b"{}"), r#"{"@timestamp":"1970-01-01T00:00:00.000000000Z"}"#);
        assert_eq!(with_time(br#"{"@timestamp":"x"}"#), r#"{"@timestamp":"x"}"#);
        assert_eq!(with_time(b"CEF:0"), "CEF:0");
    }
}
