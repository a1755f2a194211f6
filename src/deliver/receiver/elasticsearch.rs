//! Elasticsearch, OpenSearch, and what speaks their `_bulk`.
//!
//! Every event is created under a name of its own, so that one that comes again is answered with 409 and stays single. Items fail one
//! by one: 429 and 5xx come again alone, other refusals are final.
//! Source: <https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk>.

use super::super::batch::Frame;
use super::super::event::Event;
use super::super::settings::Settings;
use super::{Fate, Judgement, Receiver, judge_status, push_string, push_value};
use serde_json::Value;

pub(super) struct Elasticsearch {
    frame: Frame,
    /// Up to the name of the event.
    action: Vec<u8>,
}

impl Elasticsearch {
    pub(super) fn new(settings: &Settings) -> Self {
        let mut action = b"{\"create\":{".to_vec();
        if let Some(index) = settings.text("index") {
            action.extend_from_slice(b"\"_index\":");
            push_string(&mut action, index.as_bytes());
            action.push(b',');
        }
        action.extend_from_slice(b"\"_id\":\"");
        Self { frame: Frame { head: Vec::new(), between: b"\n", tail: b"\n" }, action }
    }
}

impl Receiver for Elasticsearch {
    fn limits(&self) -> (usize, usize) {
        (5000, 8 << 20)
    }

    fn write(&self, event: &Event<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.action);
        event.push_unique_id(out);
        out.extend_from_slice(b"\"}}\n");
        if event.body.starts_with(b"{") {
            // Data streams refuse a document without it.
            event.push_with_time("@timestamp", out);
        } else {
            out.extend_from_slice(b"{\"message\":");
            push_value(out, event);
            out.push(b'}');
        }
    }

    fn frame(&self) -> &Frame {
        &self.frame
    }

    fn path(&self) -> &str {
        "/_bulk?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason"
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        vec![("Content-Type", "application/x-ndjson")]
    }

    fn judge(&self, status: u16, body: &[u8], events: usize) -> Judgement {
        if status != 200 {
            return judge_status(status);
        }
        let Ok(answer) = serde_json::from_slice::<Value>(body) else {
            return Judgement::Later("an answer to _bulk that is no JSON, or was cut".into());
        };
        if answer.get("errors") == Some(&Value::Bool(false)) {
            return Judgement::Accepted;
        }
        let items = answer.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if items.len() != events {
            return Judgement::Later(format!("an answer to _bulk with {} items for {events} events", items.len()));
        }
        Judgement::Each(items.iter().map(fate).collect())
    }
}

fn fate(item: &Value) -> Fate {
    let result = item.as_object().and_then(|item| item.values().next());
    let status = result.and_then(|result| result.get("status")).and_then(Value::as_u64);
    match status {
        // 409: it is there already, from a request whose answer was lost.
        Some(200..=299 | 409) => Fate::Accepted,
        Some(status @ (400 | 413 | 422)) => {
            let text = |name: &str| {
                result
                    .and_then(|result| result.get("error"))
                    .and_then(|error| error.get(name))
                    .and_then(Value::as_str)
                    .unwrap_or("unknown")
            };
            Fate::Refused(format!("status {status}: {}: {}", text("type"), text("reason")))
        }
        _ => Fate::Later,
    }
}
