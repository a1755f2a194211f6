//! Counters, taken from what leaves: every record carries a stamp with its number of redactions and, if something went
//! wrong, an error code. So the module and the native engine are counted alike, and the module needs no counters.

use std::collections::BTreeMap;

/// What a runner has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Records that came in.
    pub events: u64,
    /// Their bytes.
    pub bytes_in: u64,
    /// Bytes that may leave.
    pub bytes_out: u64,
    /// Values that were redacted.
    pub redactions: u64,
    /// Records that a rule dropped, by the rule's name.
    pub dropped: BTreeMap<String, u64>,
    /// Records that left as a placeholder or with an error on their stamp, by error code.
    pub errors: BTreeMap<String, u64>,
    /// Calls into the module that did not come to their end.
    pub traps: u64,
}

impl Report {
    /// Counts a record that left: what came in, in bytes, and what may leave.
    pub fn count_record(&mut self, bytes_in: usize, answer: &[u8]) {
        self.count(bytes_in);
        self.bytes_out += answer.len() as u64;
        let stamp = stamp(answer);
        self.redactions += number(stamp, b"\"redactions\":");
        if let Some(code) = find(stamp, b"\"error\":\"").and_then(|rest| rest.split(|&byte| byte == b'"').next()) {
            *self.errors.entry(String::from_utf8_lossy(code).into_owned()).or_default() += 1;
        }
    }

    pub(crate) fn count_dropped(&mut self, bytes_in: usize, rule: &str) {
        self.count(bytes_in);
        match self.dropped.get_mut(rule) {
            Some(count) => *count += 1,
            None => drop(self.dropped.insert(rule.into(), 1)),
        }
    }

    fn count(&mut self, bytes_in: usize) {
        self.events += 1;
        self.bytes_in += bytes_in as u64;
    }
}

/// The `auditgate` map at the end of a record. Quotes inside of strings are escaped, so the last place where the key stands
/// is the key.
fn stamp(record: &[u8]) -> &[u8] {
    const KEY: &[u8] = b"\"auditgate\":{";
    let start = record.windows(KEY.len()).rposition(|window| window == KEY);
    start.and_then(|start| record.get(start + KEY.len()..)).unwrap_or_default()
}

/// What follows the first `needle`.
fn find<'a>(text: &'a [u8], needle: &[u8]) -> Option<&'a [u8]> {
    let start = text.windows(needle.len()).position(|window| window == needle)?;
    text.get(start + needle.len()..)
}

/// The number behind a key; zero if there is none.
fn number(text: &[u8], key: &[u8]) -> u64 {
    let digits = find(text, key).unwrap_or_default().iter().map_while(|byte| (*byte as char).to_digit(10));
    digits.fold(0, |sum: u64, digit| sum.saturating_mul(10).saturating_add(u64::from(digit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_come_from_the_last_stamp_of_a_record() {
        let mut report = Report::default();
        report.count_record(
            100,
            br#"{"a":"\"auditgate\":{\"redactions\":7","auditgate":{"id":"x","redactions":12,"policy":"0a"}}"#,
        );
        report.count_record(10, br#"{"bytes":10,"auditgate":{"redactions":0,"error":"E002"}}"#);
        report.count_dropped(5, "noise");
        report.count_dropped(5, "noise");
        assert_eq!((report.events, report.bytes_in, report.redactions), (4, 120, 12));
        assert_eq!(report.errors, BTreeMap::from([("E002".into(), 1)]));
        assert_eq!(report.dropped, BTreeMap::from([("noise".into(), 2)]));
    }
}
