//! Open Cybersecurity Schema Framework, https://schema.ocsf.io: API Activity for Kubernetes, Authentication for logins, Process Activity for
//! auditd's processes, Base Event for the rest. Written for 1.5.0, valid up to 1.8.0. The schema knows no other members than its own, so what
//! has no place in it stands under `unmapped`.

use super::ecs;
use super::severity::{OCSF, OCSF_NAMES};
use super::table::{self, From, Mapping, Row, row};
use super::unmapped;
use crate::json;
use crate::source::{Fact, Facts, Shape};

const API_ACTIVITY: From = From::Choice(
    Fact::Action,
    &[
        ("create", "1"),
        ("get", "2"),
        ("list", "2"),
        ("watch", "2"),
        ("update", "3"),
        ("patch", "3"),
        ("delete", "4"),
        ("deletecollection", "4"),
        ("*", "99"),
    ],
);
const LOGIN_ACTIVITY: From = From::Choice(
    Fact::Action,
    &[
        ("session_closed", "2"),
        ("ssh_disconnect", "2"),
        ("user_end", "2"),
        ("user_logout", "2"),
        ("sudo_command", "99"),
        ("user_cmd", "99"),
        ("*", "1"),
    ],
);

/// How bad it is, and when it was.
const SEVERITY: &[Row] = &[
    row("severity_id", From::Severity(&OCSF)),
    row("severity", From::Severity(&OCSF_NAMES)),
    row("time", From::Millis(Fact::Time)),
];

/// How it ended.
const STATUS: &[Row] = &[
    row("status_id", From::Choice(Fact::Outcome, &[("success", "1"), ("failure", "2"), ("*", "0")])),
    row(
        "status",
        From::Choice(Fact::Outcome, &[("success", "\"Success\""), ("failure", "\"Failure\""), ("*", "\"Unknown\"")]),
    ),
];

/// What every event says of itself.
const MESSAGE: &[Row] = &[row("message", From::Text(Fact::Message)), row("metadata.version", From::Const("\"1.5.0\""))];

/// Where logs of Linux come from.
const LINUX: &[Row] = &[
    row("metadata.product.name", From::Text(Fact::Program)),
    row("metadata.product.name", From::Const("\"Linux\"")),
    row("metadata.product.vendor_name", From::Const("\"Linux\"")),
    row("metadata.log_name", From::Text(Fact::Source)),
    row("metadata.uid", From::Text(Fact::Id)),
    row("metadata.original_time", From::Text(Fact::Time)),
];

const REST: &[Row] = &[row("unmapped", From::Made("what has no place above, and the stamp", unmapped::of_record))];

/// API Activity, 6003.
pub(crate) const API: Mapping = &[
    &[
        row("activity_id", API_ACTIVITY),
        row("activity_name", From::Text(Fact::Action)),
        row("category_uid", From::Const("6")),
        row("category_name", From::Const("\"Application Activity\"")),
        row("class_uid", From::Const("6003")),
        row("class_name", From::Const("\"API Activity\"")),
        row("type_uid", From::Made(TYPE, |facts, out| type_uid(b"6003", &API_ACTIVITY, facts, out))),
    ],
    SEVERITY,
    &[row("start_time", From::Millis(Fact::Started))],
    STATUS,
    &[row("status_code", From::Text(Fact::Code)), row("status_detail", From::Text(Fact::Reason))],
    MESSAGE,
    &[
        row("metadata.product.name", From::Const("\"Kubernetes\"")),
        row("metadata.product.vendor_name", From::Const("\"Kubernetes\"")),
        row("metadata.product.feature.name", From::Const("\"audit\"")),
        row("metadata.log_name", From::Const("\"audit\"")),
        row("metadata.log_version", From::Text(Fact::ApiVersion)),
        row("metadata.log_level", From::Text(Fact::Level)),
        row("metadata.uid", From::Text(Fact::Id)),
        row("metadata.correlation_uid", From::Text(Fact::AuditId)),
        row("metadata.original_time", From::Text(Fact::Time)),
        row("actor.user.name", From::Text(Fact::User)),
        row("actor.user.uid", From::Text(Fact::UserId)),
        row("actor.user.groups", From::Each(Fact::Groups, "name")),
        row("actor.app_name", From::Text(Fact::UserAgent)),
        row("actor.app_name", From::Const("\"unknown\"")),
        row("api.operation", From::Text(Fact::Action)),
        row("api.operation", From::Const("\"unknown\"")),
        row("api.service.name", From::Const("\"kube-apiserver\"")),
        row("api.version", From::Text(Fact::ObjectVersion)),
        row("api.group.name", From::Text(Fact::ApiGroup)),
        row("api.request.uid", From::Text(Fact::AuditId)),
        row("api.request.uid", From::Text(Fact::Id)),
        row(
            "api.request.data",
            From::Made("the request's body, if it is an object", |facts, out| body(facts, Fact::Request, out)),
        ),
        row("api.response.code", From::Number(Fact::Code)),
        row("api.response.message", From::Text(Fact::Message)),
        row(
            "api.response.error",
            From::Made("the status' `reason`", |facts, out| {
                out.extend_from_slice(
                    facts.at("responseStatus>reason").filter(|value| value.starts_with(b"\"")).unwrap_or_default(),
                );
            }),
        ),
        row(
            "api.response.data",
            From::Made("the response's body, if it is an object", |facts, out| body(facts, Fact::Response, out)),
        ),
        row("http_request.url", From::Made("`path` and `query_string` of the request's URI", url)),
        row("http_request.user_agent", From::Text(Fact::UserAgent)),
        row(
            "resources",
            From::Made(
                "the object: `name` (the resource if the request names none), `namespace`, `type` as `resource/subresource`, `uid`, `group`, `version`",
                resources,
            ),
        ),
        row("src_endpoint.ip", From::Made("the last of `sourceIPs`", ecs::address)),
        row("src_endpoint.name", From::Text(Fact::Address)),
        row("src_endpoint.name", From::Const("\"unknown\"")),
        row(
            "src_endpoint.intermediate_ips",
            From::Made("the addresses in front of it, which a client can make up", earlier),
        ),
        row(
            "unmapped",
            From::Made(
                "what has no place above: `stage`, annotations, `impersonatedUser`, members of other filters, the stamp",
                unmapped::of_kubernetes,
            ),
        ),
    ],
];

/// Authentication, 3002.
pub(crate) const LOGIN: Mapping = &[
    &[
        row("activity_id", LOGIN_ACTIVITY),
        row("activity_name", From::Text(Fact::Action)),
        row("category_uid", From::Const("3")),
        row("category_name", From::Const("\"Identity & Access Management\"")),
        row("class_uid", From::Const("3002")),
        row("class_name", From::Const("\"Authentication\"")),
        row("type_uid", From::Made(TYPE, |facts, out| type_uid(b"3002", &LOGIN_ACTIVITY, facts, out))),
    ],
    SEVERITY,
    STATUS,
    &[row("status_detail", From::Text(Fact::Reason))],
    MESSAGE,
    LINUX,
    &[
        row("auth_protocol", From::Text(Fact::Method)),
        row("auth_protocol_id", From::Choice(Fact::Method, &[("", ""), ("*", "99")])),
        row("user.name", From::Text(Fact::User)),
        row("user.name", From::Const("\"unknown\"")),
        row("user.uid", From::Text(Fact::UserId)),
        row("service.name", From::Text(Fact::Program)),
        row("service.name", From::Const("\"unknown\"")),
        row("session.uid", From::Text(Fact::Session)),
        row("session.terminal", From::Text(Fact::Terminal)),
        row("dst_endpoint.hostname", From::Text(Fact::Host)),
        row("src_endpoint.ip", From::Made("the client's address", ecs::address)),
        row("src_endpoint.name", From::Text(Fact::Address)),
        row("src_endpoint.port", From::Number(Fact::Port)),
    ],
    REST,
];

/// Process Activity, 1007.
pub(crate) const PROCESS: Mapping = &[
    &[
        row("activity_id", From::Const("1")),
        row("activity_name", From::Const("\"Launch\"")),
        row("category_uid", From::Const("1")),
        row("category_name", From::Const("\"System Activity\"")),
        row("class_uid", From::Const("1007")),
        row("class_name", From::Const("\"Process Activity\"")),
        row("type_uid", From::Const("100701")),
    ],
    SEVERITY,
    STATUS,
    MESSAGE,
    &[
        row("metadata.product.name", From::Const("\"auditd\"")),
        row("metadata.product.vendor_name", From::Const("\"Linux\"")),
        row("metadata.log_name", From::Text(Fact::Action)),
        row("metadata.uid", From::Text(Fact::Id)),
        row("metadata.correlation_uid", From::Text(Fact::AuditId)),
        row("metadata.original_time", From::Text(Fact::Time)),
        row("actor.user.name", From::Text(Fact::User)),
        row("actor.user.uid", From::Text(Fact::UserId)),
        row("actor.app_name", From::Const("\"auditd\"")),
        row("device.hostname", From::Text(Fact::Host)),
        row("device.hostname", From::Const("\"unknown\"")),
        row("device.type_id", From::Const("0")),
        row("process.pid", From::Number(Fact::Pid)),
        row("process.uid", From::Text(Fact::AuditId)),
        row("process.uid", From::Text(Fact::Id)),
        row("process.name", From::Text(Fact::Process)),
        row("process.cmd_line", From::Text(Fact::Command)),
        row("process.working_directory", From::Text(Fact::Directory)),
        row("process.file.path", From::Text(Fact::Executable)),
        row(
            "process.file.name",
            From::Made("the last part of the executable's path", |facts, out| {
                let path = facts.text(Fact::Executable);
                let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
                if !path.is_empty() {
                    out.extend_from_slice(&json::quoted(name));
                }
            }),
        ),
        row(
            "process.file.type_id",
            From::Made("1, a regular file, if there is an executable", |facts, out| {
                out.extend_from_slice(if facts.json(Fact::Executable).is_some() { b"1" } else { b"" });
            }),
        ),
        row("process.parent_process.pid", From::Number(Fact::ParentPid)),
        row("process.session.terminal", From::Text(Fact::Terminal)),
    ],
    REST,
];

/// Base Event, 0.
pub(crate) const OTHER: Mapping = &[
    &[
        row("activity_id", From::Const("0")),
        row("category_uid", From::Const("0")),
        row("class_uid", From::Const("0")),
        row("class_name", From::Const("\"Base Event\"")),
        row("type_uid", From::Const("0")),
    ],
    SEVERITY,
    STATUS,
    MESSAGE,
    LINUX,
    REST,
];

/// The mapping of a shape.
pub(crate) fn mapping(shape: Shape) -> Mapping {
    match shape {
        Shape::Kubernetes | Shape::Aks | Shape::Gke => API,
        Shape::Login => LOGIN,
        Shape::Process => PROCESS,
        Shape::Other => OTHER,
    }
}

const TYPE: &str = "`class_uid` and `activity_id` in two digits";

fn type_uid(class: &[u8], activity: &From, facts: &Facts<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(class);
    let start = out.len();
    table::value(activity, facts, out);
    if out.len() < start + 2 {
        out.insert(start, b'0');
    }
}

fn body(facts: &Facts<'_>, fact: Fact, out: &mut Vec<u8>) {
    out.extend_from_slice(facts.json(fact).filter(|body| body.starts_with(b"{")).unwrap_or_default());
}

fn url(facts: &Facts<'_>, out: &mut Vec<u8>) {
    let uri = facts.text(Fact::Uri);
    if uri.is_empty() {
        return;
    }
    let mut halves = uri.splitn(2, |&byte| byte == b'?');
    out.extend_from_slice(b"{\"path\":");
    out.extend_from_slice(&json::quoted(halves.next().unwrap_or_default()));
    if let Some(query) = halves.next() {
        out.extend_from_slice(b",\"query_string\":");
        out.extend_from_slice(&json::quoted(query));
    }
    out.push(b'}');
}

fn resources(facts: &Facts<'_>, out: &mut Vec<u8>) {
    let kind = [facts.text(Fact::Resource), facts.text(Fact::Subresource)].join(&b'/');
    let kind = kind.strip_suffix(b"/").unwrap_or(&kind);
    let resource = facts.json(Fact::Resource);
    let Some(name) = facts.json(Fact::Name).or(resource).filter(|name| name.starts_with(b"\"")) else { return };
    out.extend_from_slice(b"[{\"name\":");
    out.extend_from_slice(name);
    let group = facts.text(Fact::ApiGroup);
    let texts = [
        (&b"type"[..], kind.to_vec()),
        (b"namespace", facts.text(Fact::Namespace)),
        (b"uid", facts.text(Fact::ObjectUid)),
        (b"version", facts.text(Fact::ObjectVersion)),
    ];
    for (key, text) in texts.iter().filter(|(_, text)| !text.is_empty()) {
        out.extend_from_slice(&[b",\"", *key, b"\":", &json::quoted(text)].concat());
    }
    if !group.is_empty() {
        out.extend_from_slice(&[b",\"group\":{\"name\":", json::quoted(&group).as_slice(), b"}"].concat());
    }
    out.extend_from_slice(b"}]");
}

fn earlier(facts: &Facts<'_>, out: &mut Vec<u8>) {
    let items: Vec<_> = facts.json(Fact::Addresses).map(|list| json::items(list).collect()).unwrap_or_default();
    let front = items.iter().take(items.len().saturating_sub(1));
    super::table::join(front.copied().filter(|item| ecs::text_is_address(item)), out);
}
