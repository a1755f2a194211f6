//! What products wrap around a body: Splunk's HTTP Event Collector, Elasticsearch's bulk lines, Loki's streams, OTLP's log records, Datadog's
//! logs, GELF. And Sentinel's table, which is a mapping of its own.

use super::severity::{DATADOG, NAMES, OTLP, SYSLOG};
use super::table::{From, Row, members, push_key, row};
use super::{Item, Options, severity, time, unique};
use crate::json;
use crate::number;
use crate::source::{Fact, Facts};

/// Fields that are indexed with a Splunk event, Loki's structured metadata, OTLP's attributes, GELF's additional fields: the same facts, by
/// names that OpenTelemetry's conventions have.
pub(crate) const ATTRIBUTES: &[(&str, Fact)] = &[
    ("event.id", Fact::Id),
    ("event.action", Fact::Action),
    ("event.outcome", Fact::Outcome),
    ("user.name", Fact::User),
    ("source.address", Fact::Address),
    ("user_agent.original", Fact::UserAgent),
    ("url.original", Fact::Uri),
    ("http.response.status_code", Fact::Code),
    ("k8s.cluster.name", Fact::Cluster),
    ("k8s.namespace.name", Fact::Namespace),
    ("k8s.resource.group", Fact::ApiGroup),
    ("k8s.resource.type", Fact::Resource),
    ("k8s.resource.subresource", Fact::Subresource),
    ("k8s.resource.name", Fact::Name),
    ("k8s.audit.level", Fact::Level),
    ("k8s.audit.stage", Fact::Stage),
    ("k8s.pod.name", Fact::Pod),
    ("process.executable.path", Fact::Executable),
    ("process.command_line", Fact::Command),
    ("host.name", Fact::Host),
    ("auditgate.source", Fact::Source),
    ("auditgate.rule", Fact::Rule),
];

/// Labels of Loki: few values each, or Loki drowns in streams.
pub(crate) const LABELS: &[(&str, Fact)] =
    &[("source", Fact::Source), ("cluster", Fact::Cluster), ("outcome", Fact::Outcome), ("level", Fact::Level)];

/// The columns of Azure's tables `AKSAudit` and `AKSAuditAdmin`; a custom table with the same columns takes them.
pub(crate) const SENTINEL: &[Row] = &[
    row("TimeGenerated", From::Fact(Fact::Time)),
    row("AuditId", From::Text(Fact::AuditId)),
    row("Stage", From::Text(Fact::Stage)),
    row("Level", From::Text(Fact::Level)),
    row("Verb", From::Text(Fact::Action)),
    row("RequestUri", From::Text(Fact::Uri)),
    row("User", From::Made("`user`", |facts, out| out.extend_from_slice(facts.at("user").unwrap_or_default()))),
    row(
        "User",
        From::Made("an object with the `username`", |facts, out| {
            if let Some(user) = facts.json(Fact::User) {
                out.extend_from_slice(&[b"{\"username\":", user, b"}"].concat());
            }
        }),
    ),
    row("SourceIps", From::Fact(Fact::Addresses)),
    row("SourceIps", From::List(&[Fact::Address])),
    row("UserAgent", From::Text(Fact::UserAgent)),
    row(
        "ObjectRef",
        From::Made("`objectRef`", |facts, out| {
            out.extend_from_slice(facts.at("objectRef").unwrap_or_default());
        }),
    ),
    row(
        "ResponseStatus",
        From::Made("`responseStatus`", |facts, out| {
            out.extend_from_slice(facts.at("responseStatus").unwrap_or_default());
        }),
    ),
    row("RequestObject", From::Fact(Fact::Request)),
    row("ResponseObject", From::Fact(Fact::Response)),
    row("RequestReceivedTime", From::Fact(Fact::Started)),
    row("StageReceivedTime", From::Fact(Fact::Time)),
    row(
        "Annotations",
        From::Made("`annotations`", |facts, out| {
            out.extend_from_slice(facts.at("annotations").unwrap_or_default());
        }),
    ),
    row("PodName", From::Text(Fact::Pod)),
    row("Message", From::Text(Fact::Message)),
    row("EventId", From::Text(Fact::Id)),
    row("EventSource", From::Text(Fact::Source)),
    row("Computer", From::Text(Fact::Host)),
];

/// The members of a GELF 1.1 message that are not additional fields.
pub(crate) const GELF: &[Row] = &[
    row("version", From::Const("\"1.1\"")),
    row("host", From::Text(Fact::Host)),
    row(
        "short_message",
        From::Made("action, resource, name and outcome, or the text", |facts, out| {
            out.extend_from_slice(&json::quoted(&summary(facts)));
        }),
    ),
    row("level", From::Severity(&SYSLOG)),
];

/// Seconds since 1970 with nine digits behind the point.
fn push_seconds(facts: &Facts<'_>, item: &Item<'_>, separator: &[u8], out: &mut Vec<u8>) {
    let (seconds, nanoseconds) = time_of(facts, item);
    if seconds < 0 {
        out.push(b'-');
    }
    number::push(out, seconds.unsigned_abs());
    out.extend_from_slice(separator);
    time::push_padded(nanoseconds.into(), 9, out);
}

pub(super) fn time_of(facts: &Facts<'_>, item: &Item<'_>) -> (i64, u32) {
    time::parse(&facts.text(Fact::Time)).unwrap_or((item.seconds, item.nanoseconds))
}

/// What happened, in one line.
fn summary(facts: &Facts<'_>) -> Vec<u8> {
    if !facts.shape.is_kubernetes() {
        let message = facts.text(Fact::Message);
        return if message.is_empty() { b"-".to_vec() } else { message };
    }
    let words = [Fact::Action, Fact::Resource, Fact::Subresource, Fact::Namespace, Fact::Name, Fact::Outcome];
    let words: Vec<Vec<u8>> = words.iter().map(|fact| facts.text(*fact)).filter(|text| !text.is_empty()).collect();
    if words.is_empty() { b"-".to_vec() } else { words.join(&b' ') }
}

/// A member with a text, if there is one.
fn push_text(key: &str, text: &[u8], start: usize, out: &mut Vec<u8>) {
    if !text.is_empty() {
        push_key(key, start, out);
        out.extend_from_slice(&json::quoted(text));
    }
}

fn host<'o>(facts: &Facts<'_>, options: &'o Options) -> alloc::borrow::Cow<'o, [u8]> {
    let own = facts.text(Fact::Host);
    if own.is_empty() { options.host.as_bytes().into() } else { own.into() }
}

/// Members of an object: facts as texts, and the labels of the destination.
pub(crate) fn push_attributes(
    table: &[(&str, Fact)],
    prefix: &str,
    facts: &Facts<'_>,
    options: &Options,
    out: &mut Vec<u8>,
) {
    let start = out.len();
    for (name, fact) in table {
        push_text(&[prefix, name].concat(), &facts.text(*fact), start, out);
    }
    for (name, value) in &options.labels {
        let mut key = Vec::new();
        crate::scan::encode(name.as_bytes(), &mut key);
        push_text(&[prefix, &String::from_utf8_lossy(&key)].concat(), value.as_bytes(), start, out);
    }
}

/// `{"time":…,"event":…}` for `/services/collector/event`.
pub(crate) fn splunk_hec(body: &[u8], facts: &Facts<'_>, item: &Item<'_>, options: &Options, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"time\":");
    push_seconds(facts, item, b".", out);
    let start = out.len() - 1;
    push_text("host", &host(facts, options), start, out);
    let own = if facts.shape.is_kubernetes() { "kube:apiserver:audit" } else { "linux:audit" };
    let source_type = if options.source_type.is_empty() { own } else { &options.source_type };
    push_text("source", &facts.text(Fact::Source), start, out);
    push_text("sourcetype", source_type.as_bytes(), start, out);
    push_text("index", options.index.as_bytes(), start, out);
    out.extend_from_slice(b",\"event\":");
    push_body(body, out);
    out.extend_from_slice(b",\"fields\":{");
    push_attributes(&[("event_id", Fact::Id)], "", facts, options, out);
    out.extend_from_slice(b"}}");
}

/// A body that is JSON as it stands, a line as a string.
fn push_body(body: &[u8], out: &mut Vec<u8>) {
    if body.starts_with(b"{") {
        out.extend_from_slice(body);
    } else {
        out.extend_from_slice(&json::quoted(body));
    }
}

/// The two lines of `_bulk`: `create` with a name of the event's own, so that sending it again is harmless.
pub(crate) fn es_bulk(body: &[u8], facts: &Facts<'_>, options: &Options, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"create\":{");
    let start = out.len();
    push_text("_index", options.index.as_bytes(), start, out);
    let mut id = Vec::new();
    unique::push_readable(&facts.text(Fact::Id), &mut id);
    id.extend_from_slice(&facts.text(Fact::Hash));
    push_text("_id", &id, start, out);
    out.extend_from_slice(b"}}\n");
    if body.starts_with(b"{") {
        out.extend_from_slice(body);
    } else {
        out.extend_from_slice(&[b"{\"message\":", json::quoted(body).as_slice(), b"}"].concat());
    }
}

/// One stream of `/loki/api/v1/push` with one line.
pub(crate) fn loki(body: &[u8], facts: &Facts<'_>, item: &Item<'_>, options: &Options, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"stream\":{");
    push_attributes(LABELS, "", facts, options, out);
    out.extend_from_slice(b"},\"values\":[[\"");
    push_seconds(facts, item, b"", out);
    out.extend_from_slice(b"\",");
    out.extend_from_slice(&json::quoted(body));
    out.extend_from_slice(b",{");
    let plain = Options::default();
    let metadata: Vec<(String, Fact)> = ATTRIBUTES.iter().map(|(name, fact)| (name.replace('.', "_"), *fact)).collect();
    let metadata: Vec<(&str, Fact)> = metadata.iter().map(|(name, fact)| (name.as_str(), *fact)).collect();
    push_attributes(&metadata, "", facts, &plain, out);
    out.extend_from_slice(b"}]]}");
}

/// One log record of OTLP in JSON.
pub(crate) fn otlp(body: &[u8], facts: &Facts<'_>, item: &Item<'_>, options: &Options, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"timeUnixNano\":\"");
    push_seconds(facts, item, b"", out);
    out.extend_from_slice(b"\",\"observedTimeUnixNano\":\"");
    number::push(out, item.seconds.unsigned_abs());
    time::push_padded(item.nanoseconds.into(), 9, out);
    let severity = severity::of(facts);
    out.extend_from_slice(b"\",\"severityNumber\":");
    out.extend_from_slice(severity.on(&OTLP).as_bytes());
    out.extend_from_slice(b",\"severityText\":");
    out.extend_from_slice(severity.on(&NAMES).as_bytes());
    out.extend_from_slice(b",\"body\":{\"stringValue\":");
    out.extend_from_slice(&json::quoted(body));
    out.extend_from_slice(b"},\"attributes\":[");
    let start = out.len();
    let facts = ATTRIBUTES.iter().map(|(name, fact)| (*name, facts.text(*fact)));
    let labels = options.labels.iter().map(|(name, value)| (name.as_str(), value.clone().into_bytes()));
    for (name, text) in facts.chain(labels).filter(|(_, text)| !text.is_empty()) {
        if out.len() > start {
            out.push(b',');
        }
        out.extend_from_slice(b"{\"key\":");
        out.extend_from_slice(&json::quoted(name.as_bytes()));
        out.extend_from_slice(b",\"value\":{\"stringValue\":");
        out.extend_from_slice(&json::quoted(&text));
        out.extend_from_slice(b"}}");
    }
    out.extend_from_slice(b"]}");
}

/// One GELF 1.1 message: the body is the full message, facts are additional fields. For Fluent Bit's own output, which writes the version and
/// the underscores of additional fields itself, they are left out.
pub(crate) fn gelf(body: &[u8], facts: &Facts<'_>, item: &Item<'_>, options: &Options, stock: bool, out: &mut Vec<u8>) {
    let start = out.len();
    out.push(b'{');
    let rows = if stock { GELF.get(1..).unwrap_or_default() } else { GELF };
    members(rows.iter(), facts, out);
    if facts.json(Fact::Host).is_none() {
        let host = if options.host.is_empty() { "unknown" } else { &options.host };
        push_text("host", host.as_bytes(), start, out);
    }
    push_key("timestamp", start, out);
    push_seconds(facts, item, b".", out);
    push_text("full_message", body, start, out);
    out.push(b',');
    let fields: Vec<(String, Fact)> = ATTRIBUTES.iter().map(|(name, fact)| (name.replace('.', "_"), *fact)).collect();
    let fields: Vec<(&str, Fact)> = fields.iter().map(|(name, fact)| (name.as_str(), *fact)).collect();
    push_attributes(&fields, if stock { "" } else { "_" }, facts, options, out);
    if out.last() == Some(&b',') {
        out.pop();
    }
    out.push(b'}');
}

/// One log of Datadog's.
pub(crate) fn datadog(body: &[u8], facts: &Facts<'_>, item: &Item<'_>, options: &Options, out: &mut Vec<u8>) {
    let is_kubernetes = facts.shape.is_kubernetes();
    let own = if is_kubernetes { "kubernetes.audit" } else { "linux.audit" };
    let start = out.len();
    out.push(b'{');
    let source = if options.source_type.is_empty() { own } else { &options.source_type };
    push_text("ddsource", source.as_bytes(), start, out);
    push_text("service", if is_kubernetes { b"kube-apiserver" } else { b"linux" }, start, out);
    push_text("hostname", &host(facts, options), start, out);
    let mut tags: Vec<Vec<u8>> = Vec::new();
    let cluster = facts.text(Fact::Cluster);
    if !cluster.is_empty() {
        tags.push([b"kube_cluster_name:", cluster.as_slice()].concat());
    }
    tags.extend(options.labels.iter().map(|(name, value)| [name.as_bytes(), b":", value.as_bytes()].concat()));
    push_text("ddtags", &tags.join(&b','), start, out);
    push_key("status", start, out);
    out.extend_from_slice(severity::of(facts).on(&DATADOG).as_bytes());
    push_key("timestamp", start, out);
    let (seconds, nanoseconds) = time_of(facts, item);
    super::table::push_millis(seconds, nanoseconds, out);
    push_text("message", body, start, out);
    out.push(b'}');
}
