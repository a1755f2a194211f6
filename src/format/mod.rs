//! The forms in which events leave: what a SIEM wants to read, made of what redaction left.
//!
//! A format has a name of up to two parts: a body, or what wraps it and the body, as in `syslog+cef`. It reads the redacted record
//! alone, so nothing that was taken out can come back.

mod json;
mod kinds;

pub use kinds::{Format, Frame};

/// One event that leaves.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// The redacted record: one JSON object, the stamp included.
    pub event: &'a [u8],
    /// Fluent Bit's tag.
    pub tag: &'a [u8],
    /// The record's time, seconds since 1970.
    pub seconds: i64,
    /// The record's time, nanoseconds within the second.
    pub nanoseconds: u32,
}

/// What a destination says of its format, besides the name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The machine that is named as the sender where the event names none.
    pub host: String,
    /// Index or data stream (`es_bulk`, `splunk_hec`); none is written if it is empty.
    pub index: String,
    /// `sourcetype` (`splunk_hec`), `ddsource` (`datadog`); empty: the format's own.
    pub source_type: String,
    /// Labels, attributes or tags that every event gets besides its own (`loki`, `otlp`, `datadog`, `splunk_hec`).
    pub labels: Vec<(String, String)>,
}

/// Appends one event's body; [`Format::frame`] says what stands around and between bodies.
pub fn write(format: Format, item: &Item<'_>, options: &Options, out: &mut Vec<u8>) {
    let _ = options;
    match format.body() {
        kinds::Body::Native => out.extend_from_slice(item.event),
        kinds::Body::Raw => raw(item.event, out),
    }
}

/// The event without the stamp, on one line.
fn raw(event: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(event);
    if let Some(stamp) = json::members(event).find(|member| member.key == b"auditgate") {
        out.truncate(start + stamp.start);
        // The stamp is the last member.
        while out.len() > start + 1 && out.last().is_some_and(|byte| *byte == b',' || byte.is_ascii_whitespace()) {
            out.pop();
        }
        out.push(b'}');
    }
    // Between JSON's tokens a line break is a blank; in a string there is none.
    out.iter_mut().skip(start).filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
}

#[cfg(test)]
mod tests;
