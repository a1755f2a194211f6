//! Counters of what an engine did, so that nothing is dropped or replaced unseen.

use crate::number;
use crate::scan::encode;

/// Counters since the engine was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Records that left, placeholders included.
    pub records: u64,
    /// Values masked, removed or shortened.
    pub redactions: u64,
    /// Bytes of records that came.
    pub bytes_in: u64,
    /// Bytes of records that left.
    pub bytes_out: u64,
    /// Records dropped, by rule.
    pub dropped: Vec<(String, u64)>,
    /// Placeholders, by error code.
    pub placeholders: Vec<(String, u64)>,
}

/// Whether anything is counted by name. The module's host counts what leaves, and every kilobyte of the module costs.
const BY_NAME: bool = !cfg!(feature = "module");

impl Report {
    pub(crate) fn count_record(&mut self, redactions: u32, bytes: usize) {
        self.records += 1;
        self.redactions += u64::from(redactions);
        self.bytes_out += bytes as u64;
    }

    pub(crate) fn count_dropped(&mut self, rule: &str) {
        if BY_NAME {
            count(&mut self.dropped, rule);
        }
    }

    pub(crate) fn count_placeholder(&mut self, code: &str, bytes: usize) {
        self.count_record(0, bytes);
        if BY_NAME {
            count(&mut self.placeholders, code);
        }
    }

    /// The counters as a JSON object.
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, value) in [
            (&b"{\"records\":"[..], self.records),
            (b",\"redactions\":", self.redactions),
            (b",\"bytes_in\":", self.bytes_in),
            (b",\"bytes_out\":", self.bytes_out),
        ] {
            out.extend_from_slice(name);
            number::push(&mut out, value);
        }
        for (name, counts) in [(&b",\"dropped\":{"[..], &self.dropped), (b",\"placeholders\":{", &self.placeholders)] {
            out.extend_from_slice(name);
            for (index, (key, value)) in counts.iter().enumerate() {
                out.extend_from_slice(if index == 0 { b"\"" } else { b",\"" });
                encode(key.as_bytes(), &mut out);
                out.extend_from_slice(b"\":");
                number::push(&mut out, *value);
            }
            out.push(b'}');
        }
        out.push(b'}');
        out
    }
}

fn count(counts: &mut Vec<(String, u64)>, key: &str) {
    match counts.iter_mut().find(|(known, _)| known == key) {
        Some((_, value)) => *value += 1,
        None => counts.push((key.to_owned(), 1)),
    }
}
