//! Fluent Bit's chunks: concatenated `[[time, metadata], record]` in msgpack, or `[time, record]` as old versions wrote them,
//! become one JSON object each.
//!
//! Source: Fluent Bit's `flb_log_event_decoder.c` (the time is extension 0, seconds and nanoseconds, big-endian; -1 and -2 seconds mark the ends of a group and no event).

use super::msgpack::{Cut, Msgpack};

/// One event of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// Seconds since 1970.
    pub(crate) seconds: u32,
    /// Nanoseconds within the second.
    pub(crate) nanoseconds: u32,
}

/// Reads a chunk from the front.
pub(crate) struct Chunk<'a> {
    values: Msgpack<'a>,
    /// The time of all records of a chunk that is lines of JSON.
    lines: Option<Event>,
}

impl<'a> Chunk<'a> {
    pub(crate) fn new(bytes: &'a [u8], lines: Option<(u32, u32)>) -> Self {
        let lines = lines.map(|(seconds, nanoseconds)| Event { seconds, nanoseconds });
        Self { values: Msgpack::new(bytes), lines }
    }

    /// Appends the next record to `out` as JSON. What cannot be read as an event is given as it stands, once, to its end: it
    /// is no JSON, so it leaves as a placeholder and is counted.
    pub(crate) fn next(&mut self, out: &mut Vec<u8>) -> Option<Event> {
        loop {
            if self.values.rest.is_empty() {
                return None;
            }
            if let Some(event) = self.lines {
                let end = self.values.rest.iter().position(|byte| *byte == b'\n').unwrap_or(self.values.rest.len());
                let (line, rest) = self.values.rest.split_at_checked(end)?;
                out.extend_from_slice(line);
                self.values.rest = rest.get(1..).unwrap_or_default();
                return Some(event);
            }
            let (from, start) = (self.values.rest, out.len());
            match self.event(out) {
                Ok(Some(event)) => return Some(event),
                Ok(None) => out.truncate(start),
                Err(Cut) => {
                    out.truncate(start);
                    out.extend_from_slice(from);
                    self.values.rest = &[];
                    return Some(Event { seconds: 0, nanoseconds: 0 });
                }
            }
        }
    }

    /// `None` for a mark that is no event.
    fn event(&mut self, out: &mut Vec<u8>) -> Result<Option<Event>, Cut> {
        let 2 = self.values.array()? else { return Err(Cut) };
        let has_metadata = matches!(self.values.rest.first(), Some(0x90..=0x9f | 0xdc | 0xdd));
        if has_metadata {
            let 2 = self.values.array()? else { return Err(Cut) };
        }
        let (seconds, nanoseconds) = self.time()?;
        if has_metadata {
            let start = out.len();
            self.values.value(out)?;
            out.truncate(start);
        }
        if let Some((line, rest)) = audit_line(self.values.rest) {
            out.extend_from_slice(line);
            self.values.rest = rest;
        } else {
            self.values.value(out)?;
        }
        Ok(u32::try_from(seconds).ok().map(|seconds| Event { seconds, nanoseconds }))
    }

    fn time(&mut self) -> Result<(i64, u32), Cut> {
        Ok(match self.values.byte()? {
            // fixext 8, or ext 8 of length 8.
            0xd7 => self.extension()?,
            0xc7 if self.values.byte()? == 8 => self.extension()?,
            small @ 0..=0x7f => (i64::from(small), 0),
            0xce => (i64::from(u32::from_be_bytes(self.values.take()?)), 0),
            0xcf => (u64::from_be_bytes(self.values.take()?).cast_signed(), 0),
            0xcb => {
                let time = f64::from_be_bytes(self.values.take()?);
                (time as i64, (time.fract() * 1e9) as u32)
            }
            _ => return Err(Cut),
        })
    }

    fn extension(&mut self) -> Result<(i64, u32), Cut> {
        let 0 = self.values.byte()? else { return Err(Cut) };
        let seconds = i32::from_be_bytes(self.values.take()?);
        let nanoseconds = u32::from_be_bytes(self.values.take()?);
        // Marks are small negative numbers; times after 2038 are large ones.
        let seconds = if seconds < -16 { i64::from(seconds.cast_unsigned()) } else { i64::from(seconds) };
        Ok((seconds, nanoseconds))
    }
}

/// The line of a record that is nothing but a raw audit event, `{"log": "{\"kind\":\"Event\",…}"}`, and what follows the record. The
/// engine would lift the event out of its text; the line is the event already.
fn audit_line(record: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = record.strip_prefix(b"\x81\xa3log")?;
    let (len, text) = match text.split_first()? {
        (0xd9, text) => (usize::from(*text.first()?), text.get(1..)?),
        (0xda, text) => {
            text.split_first_chunk::<2>().map(|(len, text)| (usize::from(u16::from_be_bytes(*len)), text))?
        }
        (0xdb, text) => text.split_first_chunk::<4>().map(|(len, text)| (u32::from_be_bytes(*len) as usize, text))?,
        _ => return None,
    };
    let (line, rest) = text.split_at_checked(len)?;
    (line.starts_with(b"{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/") && line.ends_with(b"}"))
        .then_some((line, rest))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
    use super::*;

    const TIME: &[u8] = &[0xd7, 0, 0x65, 0x53, 0xf1, 0, 0, 0, 0, 7];

    fn event(record: &[u8]) -> Vec<u8> {
        [&[0x92, 0x92], TIME, &[0x80], record].concat()
    }

    fn read(bytes: &[u8]) -> Vec<(u32, u32, String)> {
        let mut chunk = Chunk::new(bytes, None);
        let mut all = Vec::new();
        loop {
            let mut out = Vec::new();
            let Some(event) = chunk.next(&mut out) else { return all };
            all.push((event.seconds, event.nanoseconds, String::from_utf8_lossy(&out).into_owned()));
        }
    }

    #[test]
    fn values_become_json() {
        let cases: [(&[u8], &str); 12] = [
            (&[0x80], "{}"),
            (&[0x81, 0xa1, b'a', 0x90], r#"{"a":[]}"#),
            (&[0x82, 0xa1, b'a', 0x92, 1, 0xff, 0xa1, b'b', 0x81, 0xa1, b'c', 0xc0], r#"{"a":[1,-1],"b":{"c":null}}"#),
            (&[0x81, 0xd9, 2, b'"', b'\n', 0xc3], r#"{"\"\n":true}"#),
            (&[0xde, 0, 1, 0xa1, b'a', 0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], r#"{"a":1.5}"#),
            (&[0xdf, 0, 0, 0, 1, 7, 0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], r#"{"7":-9223372036854775808}"#),
            (
                &[0x81, 0xa1, b'a', 0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                r#"{"a":18446744073709551615}"#,
            ),
            (&[0x81, 0xa1, b'a', 0xca, 0x7f, 0xc0, 0, 0], r#"{"a":"NaN"}"#),
            (&[0x81, 0xa1, b'a', 0xd5, 9, 0xab, 0x01], r#"{"a":"ab01"}"#),
            (&[0x81, 0xa1, b'a', 0xc4, 2, b'h', b'i'], r#"{"a":"hi"}"#),
            (&[0x81, 0xa1, b'a', 0xdc, 0, 1, 0x91, 0x91, 0x80], r#"{"a":[[[{}]]]}"#),
            (&[0x81, 0xa1, b'a', 0xd1, 0xff, 0x00], r#"{"a":-256}"#),
        ];
        for (record, json) in cases {
            assert_eq!(read(&event(record)), [(0x6553_f100, 7, json.to_string())]);
        }
    }

    #[test]
    fn frames_of_all_versions_are_read_and_marks_are_no_events() {
        let metadata = [&[0xdd, 0, 0, 0, 2, 0x92], TIME, &[0x81, 0xa1, b'm', 1, 0x80]].concat();
        let old = [&[0x92], TIME, &[0x80]].concat();
        let integer = [0x92, 0xce, 0, 0, 0, 9, 0x80];
        let mark = [0x92, 0x92, 0xd7, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0x80, 0x80];
        let found = read(&[metadata.as_slice(), &mark, &old, &integer].concat());
        assert_eq!(found.iter().map(|event| event.0).collect::<Vec<_>>(), [0x6553_f100, 0x6553_f100, 9]);
        assert!(found.iter().all(|event| event.2 == "{}"), "{found:?}");
    }

    #[test]
    fn a_chunk_that_is_cut_gives_its_rest_once() {
        let whole = event(&[0x81, 0xa1, b'a', 0xa3, b'x', b'y', b'z']);
        for len in 1..whole.len() {
            let found = read(&[whole.as_slice(), &whole[..len]].concat());
            assert_eq!(found.len(), 2);
            assert_eq!(found[0].2, r#"{"a":"xyz"}"#);
        }
    }

    #[test]
    fn a_raw_audit_event_is_taken_out_of_its_text() {
        let line = format!("{{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"a\":\"{}\"}}", "x".repeat(300));
        let len = (line.len() as u16).to_be_bytes();
        let raw = event(&[b"\x81\xa3log\xda".as_slice(), &len, line.as_bytes()].concat());
        let other = event(b"\x81\xa3log\xa2{}");
        let found = read(&[raw, other].concat());
        assert_eq!(found.iter().map(|event| event.2.as_str()).collect::<Vec<_>>(), [&line, r#"{"log":"{}"}"#]);
    }

    #[test]
    fn lines_are_records_of_one_time() {
        let mut chunk = Chunk::new(b"{\"a\":1}\n\n{}", Some((5, 6)));
        for line in ["{\"a\":1}", "", "{}"] {
            let mut out = Vec::new();
            assert_eq!(chunk.next(&mut out), Some(Event { seconds: 5, nanoseconds: 6 }));
            assert_eq!(out, line.as_bytes());
        }
        assert_eq!(chunk.next(&mut Vec::new()), None);
    }

    #[test]
    fn any_bytes_come_to_an_end() {
        let mut state: u32 = 1;
        for _ in 0..2000 {
            let bytes: Vec<u8> = (0..64)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24) as u8
                })
                .collect();
            let count = read(&bytes).len() + read(&event(&bytes)).len();
            assert!(count > 0 && count < 140);
        }
        let deep = event(&[vec![0x91; 100_000], vec![1]].concat());
        assert_eq!(read(&deep).first().unwrap().2.len(), 200_001);
    }
}
