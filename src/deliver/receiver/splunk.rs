//! Splunk's HTTP Event Collector, with acknowledgement by the indexer.
//!
//! An event counts when the indexer has acknowledged it: 200 alone says that the collector has it in memory.
//! Sources: <https://help.splunk.com/en/splunk-enterprise/get-started/get-data-in> (HTTP Event Collector: format of events,
//! indexer acknowledgement, status codes).

use super::super::batch::Frame;
use super::super::event::Event;
use super::super::settings::Settings;
use super::{Judgement, Receiver, judge_status, later, push_object, push_value};
use crate::number;
use serde_json::Value;

pub(super) struct Splunk {
    frame: Frame,
    path: String,
    channel: String,
    is_raw: bool,
    wants_ack: bool,
    /// Members of every event, in front of its time.
    envelope: Vec<u8>,
}

impl Splunk {
    pub(super) fn new(settings: &Settings, hostname: &str, channel: &str) -> Self {
        let is_raw = settings.text("mode") == Some("raw");
        let pairs = || {
            [
                ("host", Some(hostname).filter(|name| !name.is_empty())),
                ("source", Some(settings.text("source").unwrap_or("auditgate"))),
                ("sourcetype", Some(settings.text("sourcetype").unwrap_or("_json"))),
                ("index", settings.text("index")),
            ]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
        };
        let path = if is_raw {
            let query: Vec<String> = pairs().map(|(name, value)| format!("{name}={}", query_text(value))).collect();
            format!("/services/collector/raw?{}", query.join("&"))
        } else {
            "/services/collector/event".into()
        };
        let mut envelope = Vec::new();
        push_object(&mut envelope, pairs());
        envelope.pop();
        Self {
            frame: Frame { head: Vec::new(), between: b"\n", tail: b"" },
            path,
            channel: channel.to_owned(),
            is_raw,
            wants_ack: settings.flag("ack") != Some(false),
            envelope,
        }
    }
}

/// Text in a query: everything but letters, digits and a few marks as `%XX`.
fn query_text(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b':' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

impl Receiver for Splunk {
    fn limits(&self) -> (usize, usize) {
        (5000, 1 << 20)
    }

    fn write(&self, event: &Event<'_>, out: &mut Vec<u8>) {
        if self.is_raw {
            out.extend_from_slice(event.body);
            return;
        }
        out.extend_from_slice(&self.envelope);
        out.extend_from_slice(b",\"time\":");
        number::push(out, event.time.0.max(0).cast_unsigned());
        out.push(b'.');
        super::super::time::push_digits(out, i64::from(event.time.1 / 1000), 6);
        out.extend_from_slice(b",\"event\":");
        push_value(out, event);
        out.push(b'}');
    }

    fn frame(&self) -> &Frame {
        &self.frame
    }

    fn path(&self) -> &str {
        &self.path
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        vec![("Content-Type", "application/json"), ("X-Splunk-Request-Channel", &self.channel)]
    }

    fn judge(&self, status: u16, body: &[u8], _events: usize) -> Judgement {
        if status != 200 {
            let code = serde_json::from_slice::<Value>(body).ok().and_then(|answer| answer.get("code")?.as_u64());
            // Of the 400s only 5 (no data), 6 (invalid format), 12 and 13 (the event field), 15 (fields) are about data;
            // the others name a token, a channel or an index, which an operator mends.
            return match (status, code) {
                (400, Some(5 | 6 | 12 | 13 | 15)) => {
                    Judgement::Split(format!("{}, code {}", later(status), code.unwrap_or(0)))
                }
                (400, code) => Judgement::Later(format!("{}, code {}", later(status), code.unwrap_or(0))),
                _ => judge_status(status),
            };
        }
        if !self.wants_ack {
            return Judgement::Accepted;
        }
        let id = serde_json::from_slice::<Value>(body).ok().and_then(|answer| answer.get("ackId")?.as_u64());
        match id {
            Some(id) => Judgement::Acknowledge(id),
            None => Judgement::Later("no acknowledgement id: switch it on for the token, or set `ack off`".into()),
        }
    }

    fn question_path(&self) -> &str {
        "/services/collector/ack"
    }

    fn question(&self, ids: &[u64]) -> Vec<u8> {
        let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
        format!("{{\"acks\":[{}]}}", ids.join(",")).into_bytes()
    }

    fn acknowledged(&self, status: u16, body: &[u8]) -> Result<Vec<u64>, String> {
        if status != 200 {
            return Err(later(status));
        }
        let answer: Value = serde_json::from_slice(body).map_err(|_| "an answer to acks that is no JSON".to_owned())?;
        let acks = answer.get("acks").and_then(Value::as_object).ok_or("an answer to acks without any")?;
        let granted = acks.iter().filter(|(_, granted)| **granted == Value::Bool(true));
        Ok(granted.filter_map(|(id, _)| id.parse().ok()).collect())
    }
}
