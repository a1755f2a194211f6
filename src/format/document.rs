//! The documentation of formats, made from the tables.

use super::severity::{self, LINES};
use super::table::{From, Row};
use super::{Format, ecs, line, ocsf, wrap};
use crate::source::{self, FACTS, Fact};

const MADE: &str = "Made from the tables in `src/format` and `src/source`; change them there and run `BLESS=1 cargo test --test documents`.\n";

/// The pages of `docs/formats`: name and text.
pub fn document() -> Vec<(&'static str, String)> {
    vec![
        ("README.md", overview()),
        ("ecs.md", ecs()),
        ("ocsf.md", ocsf()),
        ("cef.md", lines("Common Event Format", CEF, line::CEF_ROWS)),
        ("leef.md", lines("Log Event Extended Format 2.0", LEEF, line::LEEF_ROWS)),
        ("sentinel.md", lines("Microsoft Sentinel", SENTINEL, wrap::SENTINEL)),
        ("wrappers.md", wrappers()),
        ("sources.md", sources()),
    ]
}

const CEF: &str = "`CEF:0|Kubernetes|audit|v1|create pods/exec|create pods/exec|8|…`; for other sources `Linux`, the program, and what was done. In the header `|`, `\\` and `=` \
are written `_`; in the extension `=` and `\\` are escaped with `\\`, line breaks are written `\\n` and `\\r`, other control characters as a space. A part of the header longer than 512 bytes and a value longer than 8,192 \
are cut at a character and end in `...`. Severities: 1, 3, 6, 8.\n";
const LEEF: &str = "`LEEF:2.0|Kubernetes|audit|v1|create pods/exec|x09|…`, attributes separated by tabs. LEEF has no escapes of its own: `\\` and line breaks are \
written with a backslash as in CEF, other control characters, tabs among them, as a space; in the header `|`, `\\` and `=` are written `_`. A part of the header longer than 512 bytes and a value longer than 8,192 are cut and end in `...`. `devTime` is in \
milliseconds since 1970. An rsyslog on the way has to leave tabs alone: `global(parser.escapeControlCharacterTab=\"off\")`. QRadar's own rules for Kubernetes read JSON behind a syslog header: that is the format `syslog_3164`.\n";
const SENTINEL: &str = "The columns of Azure's tables `AKSAudit` and `AKSAuditAdmin`, so that queries written for them work on a custom table (`…_CL`) with the same columns; four columns more for other sources \
and for recognising repeats. One item of the JSON array that the Logs Ingestion API takes.\n";

const FILTER_ROLE: &str = "
## In the filter role

A destination's `format` in the policy shapes the record that the filter gives back, if the module is `auditgate-formats.wasm`; `auditgate.wasm` leaves every record in its own \
shape. An event leaves in one form, so destinations of one rule need the same `format`. A body that is a line stands under `log`. The `auditgate` map stays beside it, because \
routing reads it. What was seen to arrive, whole, from Fluent Bit 3.1.9 and 5.1.1 ([what was compared](validation.md)):

| Format | Output | Settings |
|---|---|---|
| `es_bulk` | `es`, `opensearch` | `time_key sent` (the event has its own `@timestamp`), `write_operation create`, `id_key $event['hash']` |
| `splunk_hec` | `splunk` | `splunk_send_raw on` |
| `ocsf` and other objects | `http` | `format json`, `json_date_key false` |
| `cef`, `leef` | `syslog` | `syslog_message_key log` |
| `loki` | `loki` | `label_keys $source,$outcome,$level,$cluster`, `remove_keys auditgate`, `drop_single_key raw` |
| `otlp` | `opentelemetry` | `logs_body_key $log`, `logs_body_key_attributes on` |
| `gelf` | `gelf` | `gelf_short_message_key short_message`, `gelf_full_message_key full_message`, `gelf_host_key host`, `gelf_level_key level`, `gelf_timestamp_key timestamp`; 3.1 writes characters above U+FFFF wrongly |
| `ecs`, `ocsf` and other objects | `kafka` | `format json`, `timestamp_key sent` (`ecs` has its own `@timestamp`) |
| `cef`, `leef` | `kafka` of 5.1 | `format raw`, `raw_log_key log` |
| `ocsf` and other objects | `s3` | `json_date_key false` |
| `ecs` and other objects | `cloudwatch_logs` | |
| `cef`, `leef` | `s3`, `cloudwatch_logs` | `log_key log` |
| `sentinel` | `azure_logs_ingestion` | `time_key sent`, `time_generated on`: the columns have their own `TimeGenerated` |
";

fn overview() -> String {
    let mut page = format!(
        "# Formats\n\n{MADE}\nA destination's `format`, and `auditgate run --format`:\n\n| Name | What | In a batch |\n|---|---|---|\n"
    );
    for name in Format::names() {
        let Some(format) = Format::from_name(name) else { continue };
        let frame = format.frame();
        let batch = if frame.head.is_empty() {
            "one a line".to_owned()
        } else {
            format!("`{}…{}`", short(frame.head), frame.tail)
        };
        page.push_str(&format!("| `{name}` | {} | {batch} |\n", what(name)));
    }
    page.push_str(
        "\nWhat wraps a body takes another one behind a `+`: `syslog+cef`, `splunk_hec+ocsf`, `loki+native`. Without one, the body is that of the full name: \
         \n\n",
    );
    for name in Format::names().filter(|name| Format::from_name(name).is_some_and(|format| format.name() != *name)) {
        let full = Format::from_name(name).map(Format::name).unwrap_or_default();
        page.push_str(&format!("- `{name}` is `{full}`\n"));
    }
    page.push_str(
        "\nA format reads the redacted event alone, so nothing that was taken out comes back. Times keep every digit that the source wrote. `event.id` and its \
         like hold `auditID/stage`, or a hash of the record: an event that is sent twice has the same one twice. A client of an API server can choose its `auditID`, so no database should keep events under \
         that id alone; `es_bulk` adds a hash.\n\n## Severity\n\nThe first line that fits counts; what fits \
         none is informational.\n\n| What | When | Severity | CEF, LEEF | Syslog, GELF | OCSF | OTLP |\n|---|---|---|---|---|---|---|\n",
    );
    for line in LINES {
        let when: Vec<String> =
            line.when.iter().map(|(fact, texts)| format!("{} is `{}`", name(*fact), texts.join("`, `"))).collect();
        let severity = line.severity;
        page.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} | {} |\n",
            line.why,
            when.join(" and ").replace('*', "\\*"),
            severity.on(&severity::OCSF_NAMES).trim_matches('"'),
            severity.on(&severity::CEF),
            severity.on(&severity::SYSLOG),
            severity.on(&severity::OCSF),
            severity.on(&severity::OTLP)
        ));
    }
    page.push_str(FILTER_ROLE);
    page.push_str("\n## Pages\n\n");
    page.push_str("[ecs](ecs.md), [ocsf](ocsf.md), [cef](cef.md), [leef](leef.md), [sentinel](sentinel.md), [wrappers](wrappers.md), and where facts stand in each source: [sources](sources.md). What read each \
        format back, and what it found: [validation](validation.md).\n");
    page
}

fn short(text: &str) -> String {
    if text.len() > 20 { format!("{}…", text.get(..18).unwrap_or_default()) } else { text.to_owned() }
}

fn what(name: &str) -> &'static str {
    match name {
        "native" => "the event in its own shape, with the `auditgate` map",
        "raw" => "the event in its own shape, on one line, without the map",
        "ecs" => "Elastic Common Schema",
        "ocsf" => "Open Cybersecurity Schema Framework 1.5.0",
        "cef" => "Common Event Format (ArcSight)",
        "leef" => "Log Event Extended Format 2.0 (QRadar)",
        "sentinel" => "the columns of Azure's `AKSAudit`",
        "splunk_hec" => "Splunk's HTTP Event Collector, `/services/collector/event`",
        "es_bulk" => {
            "Elasticsearch and OpenSearch, `/_bulk`: `create` under a name of the event's own, so that sending again is harmless"
        }
        "loki" => "Grafana Loki, `/loki/api/v1/push`: few labels, the rest structured metadata",
        "otlp" => "OpenTelemetry, `/v1/logs` in JSON",
        "gelf" => "Graylog Extended Log Format 1.1",
        "syslog" => "RFC 5424",
        "syslog_3164" => "RFC 3164, for old receivers, and for QRadar",
        "datadog" => "Datadog, `/api/v2/logs`",
        _ => "",
    }
}

fn name(fact: Fact) -> &'static str {
    FACTS.iter().find(|(known, ..)| *known == fact).map_or("", |(_, name, _)| name)
}

fn ecs() -> String {
    let mut page = format!("# Elastic Common Schema\n\n{MADE}\n");
    page.push_str(
        "Kubernetes events are what Elastic's ingest pipeline of the data stream `kubernetes.audit_logs` makes of them, field by field, also in Azure's and Google Cloud's envelopes. \
         Known differences:\n\n\
         - added: `@timestamp` of every event, `ecs.version`, `event.dataset`, `event.id`, `orchestrator.cluster.name` where a filter has added `cluster`, `auditgate`;\n\
         - `@timestamp` is the event's own `stageTimestamp` with all its digits; Elastic's is the time of Azure's envelope in milliseconds, or the agent's;\n\
         - left out: `event.original` and `tags`, which hold the event before redaction and what the agent was told;\n\
         - Google Cloud: `event.action`, `user.name`, `source.ip` and their like are filled, which Elastic's pipeline leaves empty;\n\
         - of two annotations whose names differ in a dot and a `_` only, the first stays.\n\n",
    );
    for (title, mapping) in [
        ("Kubernetes", ecs::KUBERNETES),
        ("Google Cloud", ecs::GKE),
        ("Logins: sshd, sudo, PAM, auditd", ecs::LOGIN),
        ("Processes: auditd", ecs::PROCESS),
        ("Anything else", ecs::OTHER),
    ] {
        table(title, mapping.iter().copied().flatten(), &mut page);
    }
    page.push_str("## Renamed\n\nIn the event, where the new name is free, and in Azure's envelope:\n\n| From | To |\n|---|---|\n");
    for (from, to) in ecs::RENAMED.iter().chain(ecs::RENAMED_AKS).filter(|(from, to)| from != to) {
        page.push_str(&format!("| `{from}` | `{to}` |\n"));
    }
    page
}

fn ocsf() -> String {
    let mut page = format!("# Open Cybersecurity Schema Framework\n\n{MADE}\n");
    page.push_str(
        "Written for schema 1.5.0, valid up to 1.8.0. The address in `src_endpoint` is the last of `sourceIPs`, the only one that a client cannot make up; the others are \
         `intermediate_ips`. In the filter role the record has the `auditgate` map besides, which routing needs; take it off in front of the output.\n\n",
    );
    for (title, mapping) in [
        ("API Activity, class 6003: Kubernetes", ocsf::API),
        ("Authentication, class 3002: sshd, sudo, PAM, auditd's logins", ocsf::LOGIN),
        ("Process Activity, class 1007: auditd's processes", ocsf::PROCESS),
        ("Base Event, class 0: anything else", ocsf::OTHER),
    ] {
        table(title, mapping.iter().copied().flatten(), &mut page);
    }
    page
}

fn lines(title: &str, text: &str, rows: &[Row]) -> String {
    let mut page = format!("# {title}\n\n{MADE}\n{text}\n");
    table("Fields", rows, &mut page);
    page
}

fn wrappers() -> String {
    let mut page = format!("# Wrappers\n\n{MADE}\n");
    page.push_str(
        "- `splunk_hec`: `time` in seconds with nine digits, `host`, `source` (what the event was recognised as), `sourcetype` (`kube:apiserver:audit` or `linux:audit`, unless \
         the destination names one), `index`, `event`, and `fields.event_id`.\n\
         - `es_bulk`: `_index` if the destination names one, `_id`: the event's id and a hash of the event and its time. A resend is answered with 409, which is \
         success; an event with the id of another (a client chooses `Audit-ID`) is a document of its own. A body that is a line stands under `message`. In the filter role, where \
         the stock output writes `_id`, the hash is `event.hash` of the body `ecs`.\n\
         - `loki`: the labels below, and those of the destination; the attributes below as structured metadata, `_` for `.`.\n\
         - `otlp`: the body as a string, the attributes below.\n\
         - `gelf`: the members below, `timestamp` with nine digits, the body as `full_message`, the attributes below as additional fields, `_` for `.`.\n\
         - `syslog`: `<PRI>1 TIME HOST APP PROCID MSGID - BODY`, facility 13 (log audit); APP is `k8s-audit` or the program, MSGID what was done. `syslog_3164`: `<PRI>Mmm dd hh:mm:ss HOST \
         APP[PID]: BODY`, in UTC. Neither holds a line break, so both lines and octet counting can frame them.\n\
         - `datadog`: `ddsource` (`kubernetes.audit` or `linux.audit`), `service`, `hostname`, `ddtags`, `status`, `timestamp`, and the body as `message`.\n\n",
    );
    table("Members of a GELF message", wrap::GELF, &mut page);
    for (title, facts) in [("Labels", wrap::LABELS), ("Attributes", wrap::ATTRIBUTES)] {
        page.push_str(&format!("## {title}\n\n| Name | What |\n|---|---|\n"));
        for (to, fact) in facts {
            page.push_str(&format!("| `{to}` | {} |\n", name(*fact)));
        }
        page.push('\n');
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

fn sources() -> String {
    let mut page = format!("# Sources\n\n{MADE}\nWhat formats ask of an event:\n\n| Fact | What |\n|---|---|\n");
    for (_, name, what) in FACTS {
        page.push_str(&format!("| {name} | {what} |\n"));
    }
    page.push_str("\nWhere each source has them; of several places the first that is filled counts. A text line is `log`, `message`, `MESSAGE` or `exec`; \
        of the records of one auditd event that were joined, `EXECVE` is read first, then the others in their order. What is no UTF-8 \
        when it is decoded, leaves as U+FFFD.\n\n");
    for (title, facts) in source::TABLES {
        page.push_str(&format!("## {title}\n\n| Fact | Place |\n|---|---|\n"));
        for (fact, path) in *facts {
            page.push_str(&format!("| {} | `{}` |\n", name(*fact), path.replace('>', " > ")));
        }
        page.push('\n');
    }
    page.push_str("## Messages of sshd and PAM\n\n| Message | Action | Outcome |\n|---|---|---|\n");
    for (text, action, outcome) in source::messages() {
        page.push_str(&format!("| `{text}` | {action} | {outcome} |\n"));
    }
    page
}

fn table<'r>(title: &str, rows: impl IntoIterator<Item = &'r Row>, page: &mut String) {
    page.push_str(&format!("## {title}\n\n| Field | What |\n|---|---|\n"));
    let mut last = "";
    for row in rows {
        let or = if row.to == last { "otherwise " } else { "" };
        page.push_str(&format!("| `{}` | {or}{} |\n", row.to, from(&row.from)));
        last = row.to;
    }
    page.push('\n');
}

fn from(from: &From) -> String {
    match from {
        From::Const(json) => format!("`{json}`"),
        From::Fact(fact) | From::Text(fact) | From::Number(fact) => name(*fact).to_owned(),
        From::Millis(fact) => format!("{}, milliseconds since 1970", name(*fact)),
        From::Choice(fact, choices) => {
            let each = choices.iter().filter(|(_, json)| !json.is_empty()).map(|(text, json)| match *text {
                "*" => format!("otherwise `{json}`"),
                _ => format!("`{text}`: `{json}`"),
            });
            format!("by {}: {}", name(*fact), each.collect::<Vec<_>>().join(", "))
        }
        From::Each(fact, member) => format!("{}, each as `{{\"{member}\": …}}`", name(*fact)),
        From::List(facts) => facts.iter().map(|fact| name(*fact)).collect::<Vec<_>>().join(", "),
        From::Severity(scale) => format!("severity: {}", scale.join(", ")),
        From::Made(what, _) => (*what).to_owned(),
    }
}
