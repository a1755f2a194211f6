//! OpenTelemetry logs over HTTP, in protobuf or JSON.
//!
//! A partial success must not be sent again and does not say which events were rejected, so the whole request is kept aside with
//! the receiver's reason. Sources: <https://opentelemetry.io/docs/specs/otlp/#otlphttp>, `logs.proto` and `logs_service.proto` of
//! opentelemetry-proto.

use super::super::batch::Frame;
use super::super::event::Event;
use super::super::settings::Settings;
use super::super::time;
use super::{Judgement, Receiver, judge_status, push_string};
use serde_json::Value;

pub(super) struct Otlp {
    frame: Frame,
    /// The resource in protobuf; nothing in JSON, where it stands in front of all records.
    resource: Option<Vec<u8>>,
}

/// INFO
const SEVERITY: u8 = 9;

impl Otlp {
    pub(super) fn new(settings: &Settings) -> Self {
        let service = settings.text("service").unwrap_or("auditgate");
        if settings.text("encoding") != Some("json") {
            let mut resource = Vec::new();
            push_attribute(1, "service.name", service.as_bytes(), &mut resource);
            return Self { frame: Frame::default(), resource: Some(resource) };
        }
        let mut head =
            b"{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":"
                .to_vec();
        push_string(&mut head, service.as_bytes());
        head.extend_from_slice(b"}}]},\"scopeLogs\":[{\"scope\":{\"name\":\"auditgate\"},\"logRecords\":[");
        Self { frame: Frame { head, between: b",", tail: b"]}]}]}" }, resource: None }
    }
}

/// A number of protobuf: seven bits a byte, the lowest first.
fn push_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A field of protobuf that is text or a message.
fn push_field(number: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(number << 3 | 2);
    push_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// A `KeyValue` with a text.
fn push_attribute(number: u8, key: &str, text: &[u8], out: &mut Vec<u8>) {
    let (mut value, mut pair) = (Vec::new(), Vec::new());
    push_field(1, text, &mut value);
    push_field(1, key.as_bytes(), &mut pair);
    push_field(2, &value, &mut pair);
    push_field(number, &pair, out);
}

/// One `ResourceLogs` with one record. They can stand one behind the other, so that a request needs no length of all of them.
fn push_protobuf(resource: &[u8], event: &Event<'_>, out: &mut Vec<u8>) {
    let (mut record, mut body, mut scope, mut logs) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let nanoseconds = event.time.0.max(0).cast_unsigned() * 1_000_000_000 + u64::from(event.time.1);
    record.push(1 << 3 | 1);
    record.extend_from_slice(&nanoseconds.to_le_bytes());
    record.extend_from_slice(&[2 << 3, SEVERITY]);
    push_field(1, event.body, &mut body);
    push_field(5, &body, &mut record);
    push_attribute(6, "log.record.uid", event.id, &mut record);
    push_field(1, b"auditgate", &mut scope);
    let mut scope_logs = Vec::new();
    push_field(1, &scope, &mut scope_logs);
    push_field(2, &record, &mut scope_logs);
    push_field(1, resource, &mut logs);
    push_field(2, &scope_logs, &mut logs);
    push_field(1, &logs, out);
}

impl Receiver for Otlp {
    fn limits(&self) -> (usize, usize) {
        (5000, 2 << 20)
    }

    fn write(&self, event: &Event<'_>, out: &mut Vec<u8>) {
        if let Some(resource) = &self.resource {
            return push_protobuf(resource, event, out);
        }
        out.extend_from_slice(b"{\"timeUnixNano\":\"");
        time::push_nanoseconds(out, event.time);
        out.extend_from_slice(b"\",\"severityNumber\":9,\"body\":{\"stringValue\":");
        push_string(out, event.body);
        out.extend_from_slice(b"},\"attributes\":[{\"key\":\"log.record.uid\",\"value\":{\"stringValue\":\"");
        out.extend_from_slice(event.id);
        out.extend_from_slice(b"\"}}]}");
    }

    fn frame(&self) -> &Frame {
        &self.frame
    }

    fn path(&self) -> &str {
        "/v1/logs"
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        vec![("Content-Type", if self.resource.is_some() { "application/x-protobuf" } else { "application/json" })]
    }

    fn judge(&self, status: u16, body: &[u8], events: usize) -> Judgement {
        if !(200..=299).contains(&status) {
            return judge_status(status);
        }
        let (rejected, reason) = if self.resource.is_some() { rejected_protobuf(body) } else { rejected_json(body) };
        if rejected == 0 {
            return Judgement::Accepted;
        }
        Judgement::Doubtful(format!("{rejected} of {events} rejected: {reason}"))
    }
}

/// How many records a receiver rejected, and why.
fn rejected_json(body: &[u8]) -> (u64, String) {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let partial = answer.get("partialSuccess").unwrap_or(&Value::Null);
    let count = partial.get("rejectedLogRecords");
    // 64-bit numbers are strings in OTLP's JSON; some receivers write numbers.
    let rejected = count.and_then(|count| count.as_u64().or_else(|| count.as_str()?.parse().ok()));
    let reason = partial.get("errorMessage").and_then(Value::as_str).unwrap_or("no reason given");
    (rejected.unwrap_or(0), reason.to_owned())
}

/// The same from protobuf: field 1 holds a message with the count in field 1 and the reason in field 2.
fn rejected_protobuf(body: &[u8]) -> (u64, String) {
    let (mut rejected, mut reason) = (0, "no reason given".to_owned());
    let partial = fields(body).into_iter().find(|(number, ..)| *number == 1);
    for (number, value, text) in partial.map(|(_, _, message)| fields(message)).unwrap_or_default() {
        match number {
            1 => rejected = value,
            2 => reason = String::from_utf8_lossy(text).into_owned(),
            _ => {}
        }
    }
    (rejected, reason)
}

/// Number, value and bytes of the fields of a message, up to the first that is neither a number nor bytes.
fn fields(mut message: &[u8]) -> Vec<(u64, u64, &[u8])> {
    let varint = |message: &mut &[u8]| {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = message.split_first()?;
            *message = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    };
    let mut all = Vec::new();
    while let (Some(key), Some(value)) = (varint(&mut message), varint(&mut message)) {
        let len = match key & 7 {
            0 => 0,
            2 => usize::try_from(value).unwrap_or(usize::MAX),
            _ => break,
        };
        let Some((bytes, rest)) = message.split_at_checked(len) else { break };
        message = rest;
        all.push((key >> 3, value, bytes));
    }
    all
}
