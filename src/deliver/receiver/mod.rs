//! What each product wants to get, and how it answers: one file a family.

mod elasticsearch;
mod lines;
mod loki;
mod otlp;
mod splunk;
mod syslog;
mod web;

use super::batch::Frame;
use super::event::Event;
use super::settings::{Kind, Settings};
use crate::format::Format;

/// A product's side of the protocol.
pub(super) trait Receiver {
    /// Most events and most bytes before compression in one request, if the settings say nothing else.
    fn limits(&self) -> (usize, usize);

    /// Appends one event as it stands in a body.
    fn write(&self, event: &Event<'_>, out: &mut Vec<u8>);

    /// What stands around events.
    fn frame(&self) -> &Frame;

    /// Appended to the endpoint's path.
    fn path(&self) -> &str {
        ""
    }

    /// Headers besides those of authentication and compression.
    fn headers(&self) -> Vec<(&str, &str)>;

    /// What an answer means for a request with so many events.
    fn judge(&self, status: u16, body: &[u8], events: usize) -> Judgement {
        let (_, _) = (body, events);
        judge_status(status)
    }

    /// Where acknowledgements are asked for.
    fn question_path(&self) -> &str {
        ""
    }

    /// The body that asks for them.
    fn question(&self, ids: &[u64]) -> Vec<u8> {
        let _ = ids;
        Vec::new()
    }

    /// Those that an answer grants.
    fn acknowledged(&self, status: u16, body: &[u8]) -> Result<Vec<u64>, String> {
        let _ = body;
        Err(later(status))
    }
}

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// The receiver has all events of the request.
    Accepted,
    /// It has them when it grants this acknowledgement.
    Acknowledge(u64),
    /// It may have them later.
    Later(String),
    /// It takes no request that holds one of these events; smaller requests find out which.
    Split(String),
    /// It refuses some of them for good and does not say which, and they must not be sent again.
    Doubtful(String),
    /// One by one, in their order.
    Each(Vec<Fate>),
}

/// What becomes of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Accepted,
    Later,
    Refused(String),
}

/// What an HTTP status means if the product says nothing else. Only what is about the data itself is final: everything an operator or
/// time can mend comes again.
pub(super) fn judge_status(status: u16) -> Judgement {
    match status {
        200..=299 => Judgement::Accepted,
        400 | 413 | 422 => Judgement::Split(later(status)),
        _ => Judgement::Later(later(status)),
    }
}

pub(super) fn later(status: u16) -> String {
    let meaning = match status {
        300..=399 => " (a redirection, which is not followed)",
        400 => " (bad request)",
        401 | 403 => " (the credentials are wrong or lack a right)",
        404 => " (the endpoint's path is wrong)",
        408 | 504 => " (time-out)",
        413 => " (too large)",
        429 => " (too many requests)",
        500..=599 => " (the receiver has a fault)",
        _ => "",
    };
    format!("status {status}{meaning}")
}

/// The receiver of these settings.
pub(super) fn receiver(settings: &Settings, format: Format, hostname: &str, channel: &str) -> Box<dyn Receiver> {
    match settings.kind {
        Kind::Http | Kind::Datadog | Kind::Sentinel => Box::new(web::Web::new(settings, format, hostname)),
        Kind::Elasticsearch => Box::new(elasticsearch::Elasticsearch::new(settings)),
        Kind::Splunk => Box::new(splunk::Splunk::new(settings, hostname, channel)),
        Kind::Loki => Box::new(loki::Loki::new(settings)),
        Kind::Otlp => Box::new(otlp::Otlp::new(settings)),
        Kind::Syslog => Box::new(syslog::Syslog::new(settings, hostname)),
        Kind::File | Kind::Stdout => Box::new(lines::Lines::new()),
    }
}

/// Appends `text` as a JSON string.
fn push_string(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    crate::scan::encode(text, out);
    out.push(b'"');
}

/// Appends an event as a JSON value: an object as it is, other formats as a string.
fn push_value(out: &mut Vec<u8>, event: &Event<'_>) {
    if event.body.starts_with(b"{") { out.extend_from_slice(event.body) } else { push_string(out, event.body) }
}

/// Appends pairs as the members of a JSON object.
fn push_object<'a>(out: &mut Vec<u8>, pairs: impl Iterator<Item = (&'a str, &'a str)>) {
    out.push(b'{');
    for (index, (name, value)) in pairs.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        push_string(out, name.as_bytes());
        out.push(b':');
        push_string(out, value.as_bytes());
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests;
