//! The name under which a database keeps an event: the same whenever the event comes again, and never that of another event.
//!
//! The stamp's id is not enough. A client of an API server chooses it (the header `Audit-ID`), and could give its event the id of another
//! one, so that the database takes the second for a repeat of the first.

use memchr::memrchr_iter;

/// Longer ids would not fit into the 512 bytes that Elasticsearch takes.
const MAX_ID_BYTES: usize = 256;

/// Where a record's stamp begins. Quotes inside strings are escaped, so the last place where the key stands is the key.
pub(crate) fn stamp_start(record: &[u8]) -> usize {
    const KEY: &[u8] = b"\"auditgate\":{";
    let behind = memrchr_iter(b'{', record).map(|brace| record.get(..=brace).unwrap_or_default());
    behind.filter_map(|text| text.strip_suffix(KEY)).next().map_or(record.len(), <[u8]>::len)
}

/// Appends a hash of a record and of its event's time, as 32 hexadecimal digits. The stamp has no part in it: it may tell of other events.
pub(crate) fn push_hash(record: &[u8], time: (i64, u32), out: &mut Vec<u8>) {
    let mut hasher = blake3::Hasher::new();
    hasher.update(record.get(..stamp_start(record)).unwrap_or_default());
    hasher.update(&time.0.to_le_bytes());
    hasher.update(&time.1.to_le_bytes());
    let hash = hasher.finalize();
    for chunk in hash.as_bytes().chunks_exact(4).take(4) {
        crate::number::push_hex(out, chunk.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)));
    }
}

/// Appends what of the stamp's id can stand in front of the hash, for people who search for it: all or nothing.
pub(crate) fn push_readable(id: &[u8], out: &mut Vec<u8>) {
    if id.len() <= MAX_ID_BYTES && !id.iter().any(|byte| matches!(byte, b'\\' | b'"' | 0..0x20)) {
        out.extend_from_slice(id);
        out.push(b'-');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(id: &[u8], record: &[u8], time: (i64, u32)) -> Vec<u8> {
        let mut out = Vec::new();
        push_readable(id, &mut out);
        push_hash(record, time, &mut out);
        out
    }

    #[test]
    fn events_that_share_an_audit_id_have_names_of_their_own() {
        let one = id(b"a/S", b"{}", (1, 0));
        assert_eq!(one, id(b"a/S", b"{}", (1, 0)));
        assert!(one.starts_with(b"a/S-") && one.len() == 36);
        assert_ne!(one, id(b"a/S", b"{ }", (1, 0)));
        assert_ne!(one, id(b"a/S", b"{}", (2, 0)));
    }

    #[test]
    fn what_the_stamp_tells_of_other_events_changes_no_name() {
        let records = [r#"{"a":1,"auditgate":{"id":"i"}}"#, r#"{"a":1,"auditgate":{"id":"i","dropped":{"rule-1":7}}}"#];
        let [one, other] = records.map(|record| id(b"i", record.as_bytes(), (1, 0)));
        assert_eq!(one, other);
    }

    #[test]
    fn ids_that_do_not_fit_are_left_out() {
        for long in [&[b'x'; 257][..], b"a\\n", b"a\"", b"a\n"] {
            assert_eq!(id(long, b"{}", (1, 0)).len(), 32);
        }
    }
}
