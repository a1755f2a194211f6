//! Elastic Common Schema: what Elastic's integrations make of the same events. Kubernetes: the ingest pipeline of the data stream
//! `kubernetes.audit_logs`; sshd and sudo: `system.auth`; auditd: `auditd.log`.

use super::prune;
use super::table::{From, Mapping, Row, row};
use crate::json;
use crate::source::{Fact, Facts, Shape, TEXT};

/// What every event begins with.
const HEAD: &[Row] = &[
    row("@timestamp", From::Fact(Fact::Time)),
    row("ecs.version", From::Const("\"8.17.0\"")),
    row("event.kind", From::Const("\"event\"")),
    row("event.id", From::Fact(Fact::Id)),
    row("event.hash", From::Fact(Fact::Hash)),
];

/// What Kubernetes' events go on with.
const KUBERNETES_HEAD: &[Row] = &[
    row("event.dataset", From::Const("\"kubernetes.audit_logs\"")),
    row("event.action", From::Fact(Fact::Action)),
    row("event.outcome", From::Choice(Fact::Decision, &[("allow", "\"success\""), ("forbid", "\"failure\"")])),
    row("user.name", From::Fact(Fact::User)),
];

/// What logs of Linux end in.
const TAIL: &[Row] = &[
    row("orchestrator.cluster.name", From::Fact(Fact::Cluster)),
    row("message", From::Fact(Fact::Message)),
    row("auditgate_record", From::Made("the record, without its text and the stamp", rest)),
];

/// Kubernetes, also in Azure's envelope.
pub(crate) const KUBERNETES: Mapping = &[
    HEAD,
    KUBERNETES_HEAD,
    &[
        row("user.id", From::Fact(Fact::UserId)),
        row("user_agent.original", From::Fact(Fact::UserAgent)),
        row("source.ip", From::Made("`sourceIPs`, if all are addresses", addresses)),
        row("client.ip", From::Made("`sourceIPs`, if all are addresses", addresses)),
        row("related.user", From::List(&[Fact::UserId, Fact::User])),
        row("related.ip", From::Made("`sourceIPs`, each once, if all are addresses", each_address)),
        row("orchestrator.type", From::Const("\"kubernetes\"")),
        row("orchestrator.api_version", From::Fact(Fact::ApiVersion)),
        row("orchestrator.namespace", From::Fact(Fact::Namespace)),
        row("orchestrator.resource.name", From::Fact(Fact::Name)),
        row("orchestrator.resource.type", From::Fact(Fact::Resource)),
        row("orchestrator.cluster.name", From::Fact(Fact::Cluster)),
        row("host.hostname", From::Fact(Fact::Host)),
        row(
            "kubernetes.audit",
            From::Made(
                "the whole event: empty values, `requestObject.metadata` and `responseObject.metadata` left out, dots in the names of annotations written `_`; \
         Azure's envelope under `aks_metadata`",
                event,
            ),
        ),
    ],
];

/// Google Cloud's entries for Kubernetes.
pub(crate) const GKE: Mapping = &[
    HEAD,
    KUBERNETES_HEAD,
    &[
        row("user_agent.original", From::Fact(Fact::UserAgent)),
        row("source.ip", From::Made("`callerIp`, if it is an address", addresses)),
        row("client.ip", From::Made("`callerIp`, if it is an address", addresses)),
        row("related.user", From::List(&[Fact::User])),
        row("related.ip", From::Made("`callerIp`, if it is an address", addresses)),
        row("orchestrator.type", From::Const("\"kubernetes\"")),
        row("orchestrator.namespace", From::Fact(Fact::Namespace)),
        row("orchestrator.resource.name", From::Fact(Fact::Uri)),
        row(
            "orchestrator.resource.type",
            From::Made("`resource.type`", |facts, out| {
                out.extend_from_slice(facts.at("resource>type").unwrap_or_default());
            }),
        ),
        row("orchestrator.cluster.name", From::Fact(Fact::Cluster)),
        row("orchestrator.cluster.id", From::Fact(Fact::ClusterId)),
        row(
            "kubernetes.audit",
            From::Made(
                "the whole entry; `insertId` is `auditID`, `timestamp` is `stageTimestamp`, `receiveTimestamp` is `requestReceivedTimestamp`, `labels` are `annotations`, \
         `protoPayload.status.code` is `responseStatus.code`",
                event,
            ),
        ),
    ],
];

/// sshd, sudo, PAM and auditd's logins.
pub(crate) const LOGIN: Mapping = &[
    HEAD,
    &[
        row("event.dataset", From::Choice(Fact::Program, &[("auditd", "\"auditd.log\""), ("*", "\"system.auth\"")])),
        row("event.category", From::Const("[\"authentication\"]")),
        row(
            "event.type",
            From::Choice(
                Fact::Action,
                &[("session_closed", "[\"end\"]"), ("ssh_disconnect", "[\"end\"]"), ("*", "[\"start\"]")],
            ),
        ),
        row("event.action", From::Fact(Fact::Action)),
        row("event.outcome", From::Fact(Fact::Outcome)),
        row("event.reason", From::Fact(Fact::Reason)),
        row("user.name", From::Fact(Fact::User)),
        row("user.id", From::Text(Fact::UserId)),
        row("user.effective.name", From::Fact(Fact::TargetUser)),
        row("source.ip", From::Made("the address, if it is one", address)),
        row("source.address", From::Fact(Fact::Address)),
        row("source.port", From::Number(Fact::Port)),
        row("related.user", From::List(&[Fact::User, Fact::TargetUser])),
        row("related.ip", From::Made("the address, if it is one", |facts, out| list_of(facts, address, out))),
        row("process.name", From::Fact(Fact::Program)),
        row("process.pid", From::Number(Fact::Pid)),
        row("process.executable", From::Fact(Fact::Executable)),
        row("process.command_line", From::Fact(Fact::Command)),
        row("process.working_directory", From::Fact(Fact::Directory)),
        row("system.auth.ssh.method", From::Fact(Fact::Method)),
        row("host.hostname", From::Fact(Fact::Host)),
    ],
    TAIL,
];

/// auditd's processes.
pub(crate) const PROCESS: Mapping = &[
    HEAD,
    &[
        row("event.dataset", From::Const("\"auditd.log\"")),
        row("event.category", From::Const("[\"process\"]")),
        row("event.type", From::Const("[\"start\"]")),
        row("event.action", From::Fact(Fact::Action)),
        row("event.outcome", From::Fact(Fact::Outcome)),
        row("user.name", From::Fact(Fact::User)),
        row("user.id", From::Text(Fact::UserId)),
        row("related.user", From::List(&[Fact::User])),
        row("process.pid", From::Number(Fact::Pid)),
        row("process.parent.pid", From::Number(Fact::ParentPid)),
        row("process.name", From::Fact(Fact::Process)),
        row("process.executable", From::Fact(Fact::Executable)),
        row("process.args", From::Fact(Fact::Arguments)),
        row("process.command_line", From::Fact(Fact::Command)),
        row("process.working_directory", From::Fact(Fact::Directory)),
        row("auditd.log.sequence", From::Number(Fact::AuditId)),
        row(
            "auditd.log.record_type",
            From::Made("the record's type", |facts, out| {
                out.extend_from_slice(&json::quoted(&facts.text(Fact::Action).to_ascii_uppercase()));
            }),
        ),
        row("auditd.log.tty", From::Fact(Fact::Terminal)),
        row("auditd.log.key", From::Fact(Fact::Key)),
        row("host.hostname", From::Fact(Fact::Host)),
    ],
    TAIL,
];

/// Anything else.
pub(crate) const OTHER: Mapping = &[
    HEAD,
    &[
        row(
            "event.dataset",
            From::Choice(
                Fact::Source,
                &[
                    ("container", "\"kubernetes.container_logs\""),
                    ("auditd", "\"auditd.log\""),
                    ("*", "\"system.syslog\""),
                ],
            ),
        ),
        row("process.name", From::Fact(Fact::Program)),
        row("process.pid", From::Number(Fact::Pid)),
        row("host.hostname", From::Fact(Fact::Host)),
        row("kubernetes.namespace", From::Fact(Fact::Namespace)),
        row("kubernetes.pod.name", From::Fact(Fact::Pod)),
        row("kubernetes.container.name", From::Fact(Fact::Container)),
    ],
    TAIL,
];

/// The mapping of a shape.
pub(crate) fn mapping(shape: Shape) -> Mapping {
    match shape {
        Shape::Kubernetes | Shape::Aks => KUBERNETES,
        Shape::Gke => GKE,
        Shape::Login => LOGIN,
        Shape::Process => PROCESS,
        Shape::Other => OTHER,
    }
}

fn is_address(text: &[u8]) -> bool {
    core::str::from_utf8(text).is_ok_and(|text| text.parse::<core::net::IpAddr>().is_ok())
}

pub(crate) fn text_is_address(value: &[u8]) -> bool {
    let inside = value.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\""));
    inside.is_some_and(is_address)
}

/// All addresses; none if one is no address, because Elasticsearch would refuse the whole event.
fn addresses(facts: &Facts<'_>, out: &mut Vec<u8>) {
    let Some(list) = facts.json(Fact::Addresses) else { return };
    if json::items(list).all(text_is_address) {
        out.extend_from_slice(list);
    }
}

fn each_address(facts: &Facts<'_>, out: &mut Vec<u8>) {
    let Some(list) = facts.json(Fact::Addresses) else { return };
    if json::items(list).all(text_is_address) {
        super::table::join(json::items(list), out);
    }
}

/// The address, if it is one.
pub(crate) fn address(facts: &Facts<'_>, out: &mut Vec<u8>) {
    if let Some(address) = facts.json(Fact::Address).filter(|value| text_is_address(value)) {
        out.extend_from_slice(address);
    }
}

fn list_of(facts: &Facts<'_>, make: fn(&Facts<'_>, &mut Vec<u8>), out: &mut Vec<u8>) {
    let mut value = Vec::new();
    make(facts, &mut value);
    if !value.is_empty() {
        out.extend_from_slice(&[b"[", value.as_slice(), b"]"].concat());
    }
}

/// Members that other filters and the module added.
fn is_added(key: &[u8]) -> bool {
    matches!(key, b"auditgate" | b"cluster" | b"host" | b"hostname")
}

/// What is renamed in the event if it is there under no other name.
pub(crate) const RENAMED: &[(&str, &str)] = &[
    ("insertId", "auditID"),
    ("receiveTimestamp", "requestReceivedTimestamp"),
    ("timestamp", "stageTimestamp"),
    ("labels", "annotations"),
];

/// What is renamed in Azure's envelope.
pub(crate) const RENAMED_AKS: &[(&str, &str)] = &[
    ("operationName", "operation_name"),
    ("resourceId", "resource_id"),
    ("serviceBuild", "service_build"),
    ("containerID", "container_id"),
    ("pod", "pod"),
    ("stream", "stream"),
];

fn renamed<'k>(table: &'k [(&str, &str)], key: &'k [u8]) -> &'k [u8] {
    table.iter().find(|(from, _)| from.as_bytes() == key).map_or(key, |(_, to)| to.as_bytes())
}

/// `kubernetes.audit`.
fn event(facts: &Facts<'_>, out: &mut Vec<u8>) {
    let has = |key: &[u8]| facts.event.iter().any(|member| member.key == key);
    let status = facts.at("protoPayload>status>code").filter(|_| facts.at("responseStatus>code").is_none());
    out.push(b'{');
    for member in facts.event.iter().filter(|member| !is_added(member.key)) {
        let new = renamed(RENAMED, member.key);
        let key = if has(new) { member.key } else { new };
        match key {
            b"annotations" => prune::made(key, out, |out| annotations(member.value, out)),
            b"requestObject" | b"responseObject" if member.value.starts_with(b"{") => {
                prune::made(key, out, |out| without(member.value, b"metadata", None, out));
            }
            b"protoPayload" if status.is_some() => {
                prune::made(key, out, |out| without(member.value, b"", Some(b"status"), out));
            }
            _ => prune::member(key, member.value, out),
        }
    }
    if let Some(code) = status {
        prune::made(b"responseStatus", out, |out| {
            out.push(b'{');
            prune::member(b"code", code, out);
            out.push(b'}');
        });
    }
    if facts.shape == Shape::Aks {
        prune::made(b"aks_metadata", out, |out| aks(facts.record, out));
    }
    out.push(b'}');
}

/// An object without the member `left_out`, and the member `inside` without its `code`.
fn without(object: &[u8], left_out: &[u8], inside: Option<&[u8]>, out: &mut Vec<u8>) {
    let start = out.len();
    out.push(b'{');
    for member in json::members(object).filter(|member| member.key != left_out) {
        if Some(member.key) == inside {
            prune::made(member.key, out, |out| without(member.value, b"code", None, out));
        } else {
            prune::member(member.key, member.value, out);
        }
    }
    out.push(b'}');
    if out.len() == start + 2 {
        out.truncate(start);
    }
}

/// Annotations with `_` for the dots in their names; a name that is taken already stays away.
fn annotations(object: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    let mut known: Vec<Vec<u8>> = Vec::new();
    out.push(b'{');
    for member in json::members(object) {
        let key: Vec<u8> = member.key.iter().map(|&byte| if byte == b'.' { b'_' } else { byte }).collect();
        if !known.contains(&key) {
            prune::member(&key, member.value, out);
            known.push(key);
        }
    }
    out.push(b'}');
    if out.len() == start + 2 {
        out.truncate(start);
    }
}

/// Azure's envelope without the event; the members of `properties` that are known stand beside the others.
fn aks(record: &[u8], out: &mut Vec<u8>) {
    out.push(b'{');
    for member in json::members(record).filter(|member| !is_added(member.key)) {
        if member.key != b"properties" {
            prune::member(renamed(RENAMED_AKS, member.key), member.value, out);
            continue;
        }
        let known = |key: &[u8]| RENAMED_AKS.iter().any(|(from, _)| from.as_bytes() == key);
        for inner in json::members(member.value).filter(|inner| known(inner.key)) {
            prune::member(renamed(RENAMED_AKS, inner.key), inner.value, out);
        }
        let mut others = vec![b'{'];
        for inner in json::members(member.value).filter(|inner| !known(inner.key) && inner.key != b"log") {
            prune::member(inner.key, inner.value, &mut others);
        }
        others.push(b'}');
        prune::member(b"properties", &others, out);
    }
    out.push(b'}');
}

/// The record without its text, the stamp and what other rows have.
pub(crate) fn rest(facts: &Facts<'_>, out: &mut Vec<u8>) {
    let start = out.len();
    out.push(b'{');
    let is_text = |key: &[u8]| TEXT.iter().any(|text| text.as_bytes() == key);
    for member in facts.event.iter().filter(|member| !is_added(member.key) && !is_text(member.key)) {
        prune::member(member.key, member.value, out);
    }
    out.push(b'}');
    if out.len() == start + 2 {
        out.truncate(start);
    }
}
