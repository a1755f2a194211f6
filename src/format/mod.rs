//! The forms in which events leave: what a SIEM wants to read, made of what redaction left.
//!
//! A format has a name of up to two parts: a body, or what wraps it and the body, as in `syslog+cef`. It reads the redacted record
//! alone, so nothing that was taken out can come back.

#[cfg(not(target_arch = "wasm32"))]
mod document;
mod ecs;
mod kinds;
mod line;
mod ocsf;
mod prune;
#[cfg(any(test, all(feature = "module", not(feature = "output"), target_arch = "wasm32")))]
mod record;
mod severity;
mod table;
pub(crate) mod time;
pub(crate) mod unique;
mod unmapped;
mod wrap;

#[cfg(not(target_arch = "wasm32"))]
pub use document::document;
pub use kinds::{Format, Frame};
#[cfg(all(feature = "module", not(feature = "output"), target_arch = "wasm32"))]
pub(crate) use record::reshape;

use crate::json;
use crate::source::{self, Fact, Facts};
use kinds::{Body, Wrap};

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
    if format == Format::NATIVE {
        return out.extend_from_slice(item.event);
    }
    let start = out.len();
    put(format, item, options, out);
    make_utf8(start, out);
}

/// Replaces what is not UTF-8 behind `start` by U+FFFD. auditd encodes the bytes of arguments and file names, which can be any; decoded,
/// one of them would make a receiver refuse the whole batch.
fn make_utf8(start: usize, out: &mut Vec<u8>) {
    let written = out.get(start..).unwrap_or_default();
    if core::str::from_utf8(written).is_err() {
        let text = String::from_utf8_lossy(written).into_owned();
        out.truncate(start);
        out.extend_from_slice(text.as_bytes());
    }
}

fn put(format: Format, item: &Item<'_>, options: &Options, out: &mut Vec<u8>) {
    // A raw line that was lifted into its record has blanks where its backslashes were.
    let mut event = Vec::with_capacity(item.event.len());
    json::compact(item.event, &mut event);
    let item = &Item { event: &event, ..*item };
    if format.wrap == Wrap::None && format.body == Body::Raw {
        return raw(item.event, out);
    }
    let mut unpacked = Vec::new();
    let facts = facts(format, item, &mut unpacked);
    if format.wrap == Wrap::None {
        return body(format.body, &facts, item, out);
    }
    if let Wrap::Syslog | Wrap::Syslog3164 = format.wrap {
        line::syslog(format.wrap == Wrap::Syslog3164, &facts, item, options, out);
        return body(format.body, &facts, item, out);
    }
    let mut inside = Vec::new();
    body(format.body, &facts, item, &mut inside);
    match format.wrap {
        Wrap::SplunkHec => wrap::splunk_hec(&inside, &facts, item, options, out),
        Wrap::EsBulk => wrap::es_bulk(&inside, &facts, options, out),
        Wrap::Loki => wrap::loki(&inside, &facts, item, options, out),
        Wrap::Otlp => wrap::otlp(&inside, &facts, item, options, out),
        Wrap::Gelf => wrap::gelf(&inside, &facts, item, options, false, out),
        Wrap::Datadog => wrap::datadog(&inside, &facts, item, options, out),
        Wrap::None | Wrap::Syslog | Wrap::Syslog3164 => {}
    }
}

/// What a format asks of an event.
fn facts<'a>(format: Format, item: &Item<'a>, unpacked: &'a mut Vec<u8>) -> Facts<'a> {
    let mut facts = source::read(item, unpacked);
    if format.wrap == Wrap::EsBulk {
        let mut hash = Vec::new();
        unique::push_hash(item.event, wrap::time_of(&facts, item), &mut hash);
        facts.set_text(Fact::Hash, &hash);
    }
    facts
}

fn body(body: Body, facts: &Facts<'_>, item: &Item<'_>, out: &mut Vec<u8>) {
    match body {
        Body::Native => out.extend_from_slice(item.event),
        Body::Raw => raw(item.event, out),
        Body::Ecs => object(ecs::mapping(facts.shape), facts, true, out),
        Body::Ocsf => object(ocsf::mapping(facts.shape), facts, false, out),
        Body::Sentinel => object(&[wrap::SENTINEL], facts, false, out),
        Body::Cef => line::cef(facts, out),
        Body::Leef => line::leef(facts, out),
    }
}

/// An object by a mapping, and the stamp in it where there is room for it.
fn object(mapping: &[&[table::Row]], facts: &Facts<'_>, with_stamp: bool, out: &mut Vec<u8>) {
    let start = out.len();
    out.push(b'{');
    table::members(mapping.iter().copied().flatten(), facts, out);
    if let Some(stamp) = facts.around("auditgate").filter(|_| with_stamp) {
        table::push_key("auditgate", start, out);
        out.extend_from_slice(stamp);
    }
    out.push(b'}');
}

/// The event without the stamp, which is its last member.
fn raw(event: &[u8], out: &mut Vec<u8>) {
    match json::members(event).find(|member| member.key == b"auditgate") {
        Some(stamp) => {
            let before = event.get(..stamp.start).unwrap_or_default();
            out.extend_from_slice(before.strip_suffix(b",").unwrap_or(before));
            out.push(b'}');
        }
        None => out.extend_from_slice(event),
    }
}

#[cfg(test)]
mod tests;
