//! Which formats there are, and what stands around their bodies in a request.

/// What a body holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// The event in its own shape, with the stamp.
    Native,
    /// The event in its own shape, on one line, without the stamp.
    Raw,
    /// Elastic Common Schema.
    Ecs,
    /// Open Cybersecurity Schema Framework.
    Ocsf,
    /// Common Event Format.
    Cef,
    /// Log Event Extended Format.
    Leef,
    /// The columns of Azure's `AKSAudit`.
    Sentinel,
}

/// What stands around a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrap {
    None,
    SplunkHec,
    EsBulk,
    Loki,
    Otlp,
    Gelf,
    Syslog,
    Syslog3164,
    Datadog,
}

/// A format by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    pub(super) wrap: Wrap,
    pub(super) body: Body,
}

/// What stands around the bodies of one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// In front of the first body.
    pub head: &'static str,
    /// Between two.
    pub between: &'static str,
    /// Behind the last.
    pub tail: &'static str,
    /// The batch's `Content-Type`.
    pub content_type: &'static str,
}

const JSON: &str = "application/json";
const LINES: Frame = Frame { head: "", between: "\n", tail: "\n", content_type: "application/x-ndjson" };
const TEXT: Frame = Frame { content_type: "text/plain; charset=utf-8", ..LINES };
const ARRAY: Frame = Frame { head: "[", between: ",", tail: "]", content_type: JSON };

/// Bodies by name; the first five can stand in any wrapper.
const BODIES: [(&str, Body); 7] = [
    ("native", Body::Native),
    ("raw", Body::Raw),
    ("ecs", Body::Ecs),
    ("ocsf", Body::Ocsf),
    ("cef", Body::Cef),
    ("leef", Body::Leef),
    ("sentinel", Body::Sentinel),
];

/// Wrappers by name, the body that they have if none is named, and what stands around a batch.
const WRAPS: [(&str, Wrap, Body, Frame); 8] = [
    ("splunk_hec", Wrap::SplunkHec, Body::Raw, Frame { content_type: JSON, ..LINES }),
    ("es_bulk", Wrap::EsBulk, Body::Ecs, LINES),
    ("loki", Wrap::Loki, Body::Raw, Frame { head: "{\"streams\":[", between: ",", tail: "]}", content_type: JSON }),
    (
        "otlp",
        Wrap::Otlp,
        Body::Raw,
        Frame {
            head: "{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"auditgate\"}}]},\
                   \"scopeLogs\":[{\"scope\":{\"name\":\"auditgate\"},\"logRecords\":[",
            between: ",",
            tail: "]}]}]}",
            content_type: JSON,
        },
    ),
    ("gelf", Wrap::Gelf, Body::Raw, Frame { content_type: JSON, ..LINES }),
    ("syslog", Wrap::Syslog, Body::Raw, TEXT),
    ("syslog_3164", Wrap::Syslog3164, Body::Raw, TEXT),
    ("datadog", Wrap::Datadog, Body::Raw, ARRAY),
];

impl Format {
    /// The event in its own shape.
    pub const NATIVE: Self = Self { wrap: Wrap::None, body: Body::Native };

    /// The format of this name: a body, a wrapper, or both with a `+` between them.
    pub fn from_name(name: &str) -> Option<Self> {
        let body_of = |name: &str| BODIES.iter().find(|(known, _)| *known == name).map(|(_, body)| *body);
        let (wrap, body) = name.split_once('+').unwrap_or((name, ""));
        let wrapped = WRAPS.iter().find(|(known, ..)| *known == wrap);
        match wrapped {
            Some(&(_, wrap, own, _)) if body.is_empty() && !name.ends_with('+') => Some(Self { wrap, body: own }),
            Some(&(_, wrap, ..)) => Some(Self { wrap, body: body_of(body)? }),
            None => body_of(name).map(|body| Self { wrap: Wrap::None, body }),
        }
    }

    /// The names of all bodies and wrappers; a wrapper with another body than its own has both names, as in `syslog+cef`.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BODIES.iter().map(|(name, _)| *name).chain(WRAPS.iter().map(|(name, ..)| *name))
    }

    /// The whole name.
    pub fn name(self) -> String {
        let body = BODIES.iter().find(|(_, body)| *body == self.body).map_or("", |(name, _)| name);
        match WRAPS.iter().find(|(_, wrap, ..)| *wrap == self.wrap) {
            Some((name, ..)) => [name, "+", body].concat(),
            None => body.to_owned(),
        }
    }

    /// What stands around the bodies of one batch, where the receiver takes several at once.
    pub fn frame(self) -> Frame {
        if let Some((.., frame)) = WRAPS.iter().find(|(_, wrap, ..)| *wrap == self.wrap) {
            return *frame;
        }
        match self.body {
            Body::Sentinel => ARRAY,
            Body::Cef | Body::Leef => TEXT,
            _ => LINES,
        }
    }
}
