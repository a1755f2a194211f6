//! Receivers that take a list of events and answer with a status alone: any HTTP endpoint, Datadog, Microsoft Sentinel.
//!
//! Sources: <https://docs.datadoghq.com/api/latest/logs/#send-logs> (1,000 events and 5 MB a request, 413 beyond);
//! <https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview> (1 MB a call, a JSON array, 204).

use super::super::batch::Frame;
use super::super::event::Event;
use super::super::settings::{Kind, Settings};
use super::{Receiver, push_object, push_string, push_value};
use crate::format::Format;

pub(super) struct Web {
    kind: Kind,
    frame: Frame,
    path: String,
    content_type: &'static str,
    limits: (usize, usize),
    /// What Datadog's events carry, in front of the message.
    envelope: Vec<u8>,
}

const ARRAY: (&[u8], &[u8], &[u8]) = (b"[", b",", b"]");
const LINES: (&[u8], &[u8], &[u8]) = (b"", b"\n", b"\n");

impl Web {
    pub(super) fn new(settings: &Settings, format: Format, hostname: &str) -> Self {
        let single = settings.text("body") == Some("single");
        let is_array = settings.kind != Kind::Http || settings.text("body") == Some("array");
        let (head, between, tail) = if is_array { ARRAY } else { LINES };
        let (path, limits) = match settings.kind {
            Kind::Datadog => ("/api/v2/logs".into(), (1000, 4 << 20)),
            Kind::Sentinel => (
                format!(
                    "/dataCollectionRules/{}/streams/{}?api-version=2023-01-01",
                    settings.text("rule").unwrap_or_default(),
                    settings.text("stream").unwrap_or_default()
                ),
                (10_000, 1_000_000),
            ),
            _ if single => (String::new(), (1, 4 << 20)),
            _ => (String::new(), (10_000, 4 << 20)),
        };
        let json = is_array || (single && format.name() == "native");
        let content_type = if json { "application/json" } else { format.frame().content_type };
        let frame = Frame { head: head.to_vec(), between, tail: if single { b"" } else { tail } };
        let mut envelope = Vec::new();
        if settings.kind == Kind::Datadog {
            let pairs = [
                ("ddsource", settings.text("source").unwrap_or("auditgate")),
                ("service", settings.text("service").unwrap_or("auditgate")),
                ("hostname", hostname),
                ("ddtags", settings.text("tags").unwrap_or_default()),
            ];
            push_object(&mut envelope, pairs.into_iter().filter(|(_, value)| !value.is_empty()));
            envelope.pop();
        }
        Self { kind: settings.kind, frame, path, content_type, limits, envelope }
    }
}

impl Receiver for Web {
    fn limits(&self) -> (usize, usize) {
        self.limits
    }

    fn write(&self, event: &Event<'_>, out: &mut Vec<u8>) {
        match self.kind {
            Kind::Datadog => {
                out.extend_from_slice(&self.envelope);
                out.extend_from_slice(b",\"message\":");
                push_string(out, event.body);
                out.push(b'}');
            }
            Kind::Sentinel => event.push_with_time("TimeGenerated", out),
            _ if self.frame.head.is_empty() => out.extend_from_slice(event.body),
            _ => push_value(out, event),
        }
    }

    fn frame(&self) -> &Frame {
        &self.frame
    }

    fn path(&self) -> &str {
        &self.path
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        vec![("Content-Type", self.content_type)]
    }
}
