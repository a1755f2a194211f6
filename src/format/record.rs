//! The filter role: a record in the form of its destination, for the stock output that sends it.
//!
//! Fluent Bit takes back one object, so a body that is a line stands under `log`, and what a stock output wraps around records itself is
//! left to it. The stamp stays: routing reads it.

use super::kinds::{Body, Wrap};
use super::table::push_key;
use super::{Format, Item, Options, body, facts, make_utf8, wrap, write};
use crate::engine::Context;
use crate::json;
use crate::policy::Policy;

/// Writes a record in the form that its destinations want; `false` if that is the one it has. `record` ends in a zero byte, and so does what is
/// written.
pub(crate) fn reshape(policy: &Policy, context: Context<'_>, record: &[u8], out: &mut Vec<u8>) -> bool {
    if policy.destinations().iter().all(|destination| destination.format == "native") {
        return false;
    }
    let event = record.strip_suffix(b"\0").unwrap_or(record);
    let stamp = json::member(event, b"auditgate").unwrap_or_default();
    // A placeholder has its own shape.
    let format = json::member(stamp, b"routes").filter(|_| json::member(stamp, b"error").is_none());
    let Some(format) = format.and_then(|routes| of_routes(policy, routes)) else { return false };
    let (seconds, nanoseconds) = (context.seconds.into(), context.nanoseconds);
    out.clear();
    shape(format, &Item { event, tag: context.tag, seconds, nanoseconds }, out);
    out.push(0);
    true
}

/// The format of the first destination that an event goes to; a checked policy gives all of them the same.
fn of_routes(policy: &Policy, routes: &[u8]) -> Option<Format> {
    let routed = |name: &str| {
        let step = ["+", name, "+"].concat();
        routes.windows(step.len()).any(|window| window == step.as_bytes())
    };
    let destination = policy.destinations().iter().find(|destination| routed(&destination.name))?;
    Format::from_name(&destination.format).filter(|format| *format != Format::NATIVE)
}

/// Appends the record's object.
pub(crate) fn shape(format: Format, item: &Item<'_>, out: &mut Vec<u8>) {
    let mut compact = Vec::with_capacity(item.event.len());
    json::compact(item.event, &mut compact);
    let item = &Item { event: &compact, ..*item };
    let options = Options::default();
    let start = out.len();
    match (format.wrap, format.body) {
        (Wrap::None, Body::Native) => return out.extend_from_slice(item.event),
        // What the stock outputs for Elasticsearch, Loki, OpenTelemetry and GELF put around records.
        (Wrap::None | Wrap::EsBulk | Wrap::Loki | Wrap::Otlp | Wrap::Gelf, inner) => {
            let mut unpacked = Vec::new();
            let facts = facts(format, item, &mut unpacked);
            let mut text = Vec::new();
            body(inner, &facts, item, &mut text);
            let attributes = match format.wrap {
                Wrap::Loki => wrap::LABELS,
                Wrap::Otlp => wrap::ATTRIBUTES,
                _ => &[],
            };
            if format.wrap == Wrap::Gelf {
                wrap::gelf(&text, &facts, item, &options, true, out);
            } else if text.starts_with(b"{") && attributes.is_empty() {
                out.extend_from_slice(&text);
            } else {
                line(&text, out);
                out.pop();
                out.push(b',');
                wrap::push_attributes(attributes, "", &facts, &options, out);
                out.pop_if(|last| *last == b',');
                out.push(b'}');
            }
        }
        (Wrap::Syslog | Wrap::Syslog3164, _) => {
            let mut text = Vec::new();
            write(format, item, &options, &mut text);
            line(&text, out);
        }
        (Wrap::SplunkHec | Wrap::Datadog, _) => write(format, item, &options, out),
    }
    make_utf8(start, out);
    let written = out.get(start..).unwrap_or_default();
    if json::member(written, b"auditgate").is_none()
        && let Some(stamp) = json::member(item.event, b"auditgate")
    {
        out.pop_if(|last| *last == b'}');
        push_key("auditgate", start, out);
        out.extend_from_slice(stamp);
        out.push(b'}');
    }
}

fn line(text: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"log\":");
    out.extend_from_slice(&json::quoted(text));
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    const EVENT: &[u8] = br#"{"auditID":"i","stage":"s","verb":"get","user":{"username":"u"},"auditgate":{"id":"i/s","source":"kubernetes","routes":"+siem+"}}"#;
    const CONTEXT: Context<'_> = Context { tag: b"t", seconds: 0, nanoseconds: 0 };

    #[test]
    fn every_format_leaves_as_one_object_with_the_stamp() {
        for name in Format::names().chain(["syslog+cef", "loki+ecs", "es_bulk+leef", "splunk_hec+ocsf"]) {
            let mut out = Vec::new();
            let item = Item { event: EVENT, tag: b"t", seconds: 0, nanoseconds: 0 };
            shape(Format::from_name(name).unwrap(), &item, &mut out);
            let object: serde_json::Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(object.pointer("/auditgate/routes"), Some(&"+siem+".into()), "{name}");
            let is_line = ["cef", "leef", "syslog", "loki", "otlp"]
                .iter()
                .any(|line| name.ends_with(line) || name.starts_with(line));
            assert_eq!(object.get("log").is_some(), is_line, "{name}: {object}");
        }
    }

    #[test]
    fn every_format_leaves_as_utf_8_whatever_an_argument_holds() {
        let event = br#"{"log":"type=EXECVE msg=audit(1700000000.5:2): argc=2 a0=\"x\" a1=FFC328ED22","auditgate":{"source":"auditd","routes":"+siem+"}}"#;
        for name in Format::names() {
            let mut out = Vec::new();
            let item = Item { event, tag: b"t", seconds: 0, nanoseconds: 0 };
            shape(Format::from_name(name).unwrap(), &item, &mut out);
            serde_json::from_slice::<serde_json::Value>(&out).unwrap();
        }
    }

    #[test]
    fn the_destination_of_the_route_decides() {
        let policy = |format: &str| {
            let text = format!(
                "apiVersion: auditgate/v1\nkind: Policy\ndestinations:\n- {{name: other}}\n- {{name: siem, format: {format}}}\ndefault: {{to: [siem]}}\n"
            );
            crate::policy::compile("policy", text.as_bytes()).unwrap()
        };
        let mut out = Vec::new();
        assert!(reshape(&policy("cef"), CONTEXT, &[EVENT, b"\0"].concat(), &mut out));
        assert!(
            out.starts_with(br#"{"log":"CEF:0|Kubernetes|"#) && out.ends_with(b"}\0"),
            "{}",
            String::from_utf8_lossy(&out)
        );
        assert!(!reshape(&policy("native"), CONTEXT, EVENT, &mut out));
        let placeholder = br#"{"auditgate":{"routes":"+siem+","error":"E001"}}"#;
        assert!(!reshape(&policy("cef"), CONTEXT, placeholder, &mut out));
    }
}
