//! OpenTelemetry logs over HTTP, in JSON.
//!
//! A partial success must not be sent again and does not say which events were rejected, so the whole request is kept aside with
//! the receiver's reason. Source: <https://opentelemetry.io/docs/specs/otlp/#otlphttp>.

use super::super::batch::Frame;
use super::super::event::Event;
use super::super::settings::Settings;
use super::super::time;
use super::{Judgement, Receiver, judge_status, push_string};
use serde_json::Value;

pub(super) struct Otlp(Frame);

impl Otlp {
    pub(super) fn new(settings: &Settings) -> Self {
        let mut head =
            b"{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":"
                .to_vec();
        push_string(&mut head, settings.text("service").unwrap_or("auditgate").as_bytes());
        head.extend_from_slice(b"}}]},\"scopeLogs\":[{\"scope\":{\"name\":\"auditgate\"},\"logRecords\":[");
        Self(Frame { head, between: b",", tail: b"]}]}]}" })
    }
}

impl Receiver for Otlp {
    fn limits(&self) -> (usize, usize) {
        (5000, 2 << 20)
    }

    fn write(&self, event: &Event<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"timeUnixNano\":\"");
        time::push_nanoseconds(out, event.time);
        out.extend_from_slice(b"\",\"severityNumber\":9,\"severityText\":\"INFO\",\"body\":{\"stringValue\":");
        push_string(out, event.body);
        out.extend_from_slice(b"},\"attributes\":[{\"key\":\"log.record.uid\",\"value\":{\"stringValue\":\"");
        out.extend_from_slice(event.id);
        out.extend_from_slice(b"\"}}]}");
    }

    fn frame(&self) -> &Frame {
        &self.0
    }

    fn path(&self) -> &str {
        "/v1/logs"
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        vec![("Content-Type", "application/json")]
    }

    fn judge(&self, status: u16, body: &[u8], events: usize) -> Judgement {
        if !(200..=299).contains(&status) {
            return judge_status(status);
        }
        let answer: Value = serde_json::from_slice(body).unwrap_or_default();
        let partial = answer.get("partialSuccess").unwrap_or(&Value::Null);
        // 64-bit numbers are strings in OTLP's JSON; some receivers write numbers.
        let rejected = partial
            .get("rejectedLogRecords")
            .map_or(0, |count| count.as_u64().or_else(|| count.as_str()?.parse().ok()).unwrap_or(0));
        if rejected == 0 {
            return Judgement::Accepted;
        }
        let reason = partial.get("errorMessage").and_then(Value::as_str).unwrap_or("no reason given");
        Judgement::Doubtful(format!("{rejected} of {events} rejected: {reason}"))
    }
}
