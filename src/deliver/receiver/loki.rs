//! Loki's push API in JSON: one stream with few labels; what tells events apart stands in structured metadata.
//!
//! Loki answers 400 when it took some entries and refuses others for good, so the request is split until they are found; an entry
//! that comes again with the same time and text is stored once. Source: <https://grafana.com/docs/loki/latest/reference/loki-http-api/>.

use super::super::batch::Frame;
use super::super::event::Event;
use super::super::settings::Settings;
use super::super::time;
use super::{Receiver, push_object, push_string};

pub(super) struct Loki {
    frame: Frame,
    tenant: Option<String>,
}

impl Loki {
    pub(super) fn new(settings: &Settings) -> Self {
        let mut head = b"{\"streams\":[{\"stream\":".to_vec();
        if settings.text("labels").is_some() {
            push_object(&mut head, settings.pairs("labels"));
        } else {
            push_object(&mut head, [("job", "auditgate")].into_iter());
        }
        head.extend_from_slice(b",\"values\":[");
        Self { frame: Frame { head, between: b",", tail: b"]}]}" }, tenant: settings.text("tenant").map(str::to_owned) }
    }
}

impl Receiver for Loki {
    fn limits(&self) -> (usize, usize) {
        (5000, 2 << 20)
    }

    fn write(&self, event: &Event<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"[\"");
        time::push_nanoseconds(out, event.time);
        out.extend_from_slice(b"\",");
        push_string(out, event.body);
        out.extend_from_slice(b",{\"audit_id\":\"");
        out.extend_from_slice(event.id);
        out.extend_from_slice(b"\"}]");
    }

    fn frame(&self) -> &Frame {
        &self.frame
    }

    fn path(&self) -> &str {
        "/loki/api/v1/push"
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        let tenant = self.tenant.as_deref().map(|tenant| ("X-Scope-OrgID", tenant));
        [("Content-Type", "application/json")].into_iter().chain(tenant).collect()
    }
}
