//! One event on its way out, and what receivers need to know of it.

use super::time;

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
    /// Reads the stamp at the record's end. Quotes inside strings are escaped, so the last place where the key stands is the key.
    pub(super) fn of(record: &'a [u8]) -> Self {
        const KEY: &[u8] = b"\"auditgate\":{";
        let start = record.windows(KEY.len()).rposition(|window| window == KEY).unwrap_or(record.len());
        let stamp = record.get(start..).unwrap_or_default();
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
            Some(rest) if !crate::bytes::contains(self.body, key.as_bytes()) => {
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

    /// Appends a name of the event that is the same whenever it comes again, and never that of another event: the id that the
    /// stamp gives can be chosen by a client (the header `Audit-ID`), so the content has its part in it.
    pub(super) fn push_unique_id(&self, out: &mut Vec<u8>) {
        const MAX_ID_BYTES: usize = 256;
        if self.id.len() <= MAX_ID_BYTES && !self.id.contains(&b'\\') {
            out.extend_from_slice(self.id);
            out.push(b'-');
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.record);
        hasher.update(&self.time.0.to_le_bytes());
        hasher.update(&self.time.1.to_le_bytes());
        let hash = hasher.finalize();
        for chunk in hash.as_bytes().chunks_exact(4).take(4) {
            crate::number::push_hex(out, chunk.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)));
        }
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

    #[test]
    fn events_that_share_an_audit_id_have_names_of_their_own() {
        let id = |record: &[u8], time| {
            let mut out = Vec::new();
            Event { body: record, record, id: b"a/S", time }.push_unique_id(&mut out);
            out
        };
        assert_eq!(id(b"{}", (1, 0)), id(b"{}", (1, 0)));
        assert!(id(b"{}", (1, 0)).starts_with(b"a/S-") && id(b"{}", (1, 0)).len() == 36);
        assert_ne!(id(b"{}", (1, 0)), id(b"{ }", (1, 0)));
        assert_ne!(id(b"{}", (1, 0)), id(b"{}", (2, 0)));
    }
}
