//! Kubernetes API audit: `audit.k8s.io/v1` and `v1beta1`, bare or in the envelopes of Azure (`properties.log`) and Google
//! Cloud (`protoPayload`).
//!
//! Sources: k8s.io/apiserver `pkg/apis/audit`; Azure's `kube-audit` diagnostic logs; Google Cloud's AuditLog.

use super::facts::{Fact, Facts, Shape};
use super::fill;
use crate::json;

/// Where an audit event has its facts.
pub(crate) const EVENT: &[(Fact, &str)] = &[
    (Fact::Time, "stageTimestamp"),
    (Fact::Time, "timestamp"),
    (Fact::Time, "requestReceivedTimestamp"),
    (Fact::Started, "requestReceivedTimestamp"),
    (Fact::Action, "verb"),
    (Fact::Code, "responseStatus>code"),
    (Fact::Message, "responseStatus>message"),
    (Fact::Reason, "annotations>authorization.k8s.io/reason"),
    (Fact::Reason, "responseStatus>reason"),
    (Fact::Decision, "annotations>authorization.k8s.io/decision"),
    (Fact::AuditId, "auditID"),
    (Fact::Stage, "stage"),
    (Fact::Level, "level"),
    (Fact::User, "user>username"),
    (Fact::UserId, "user>uid"),
    (Fact::Groups, "user>groups"),
    (Fact::Impersonated, "impersonatedUser>username"),
    (Fact::UserAgent, "userAgent"),
    (Fact::Addresses, "sourceIPs"),
    (Fact::Uri, "requestURI"),
    (Fact::ApiVersion, "apiVersion"),
    (Fact::ApiGroup, "objectRef>apiGroup"),
    (Fact::ObjectVersion, "objectRef>apiVersion"),
    (Fact::Resource, "objectRef>resource"),
    (Fact::Subresource, "objectRef>subresource"),
    (Fact::Namespace, "objectRef>namespace"),
    (Fact::Name, "objectRef>name"),
    (Fact::ObjectUid, "objectRef>uid"),
    (Fact::Request, "requestObject"),
    (Fact::Response, "responseObject"),
];

/// Where Google Cloud has them.
pub(crate) const GKE: &[(Fact, &str)] = &[
    (Fact::Time, "timestamp"),
    (Fact::Started, "receiveTimestamp"),
    (Fact::Code, "protoPayload>status>code"),
    (Fact::Message, "protoPayload>status>message"),
    (Fact::Reason, "labels>authorization.k8s.io/reason"),
    (Fact::Decision, "labels>authorization.k8s.io/decision"),
    (Fact::AuditId, "insertId"),
    (Fact::User, "protoPayload>authenticationInfo>principalEmail"),
    (Fact::UserAgent, "protoPayload>requestMetadata>callerSuppliedUserAgent"),
    (Fact::Address, "protoPayload>requestMetadata>callerIp"),
    (Fact::Request, "protoPayload>request"),
    (Fact::Response, "protoPayload>response"),
    (Fact::Cluster, "resource>labels>cluster_name"),
    (Fact::ClusterId, "resource>labels>project_id"),
];

/// Where Azure's envelope has more.
pub(crate) const AKS: &[(Fact, &str)] = &[
    (Fact::Pod, "properties>pod"),
    (Fact::Container, "properties>containerID"),
    (Fact::ClusterId, "resourceId"),
    (Fact::Time, "time"),
];

/// The event of a record, if it is one of Kubernetes'.
pub(super) fn read<'a>(record: &'a [u8], unpacked: &'a mut Vec<u8>) -> Option<Facts<'a>> {
    let members: Vec<_> = json::members(record).collect();
    let has = |key: &[u8]| members.iter().any(|member| member.key == key);
    if has(b"auditID") && has(b"stage") && has(b"verb") {
        return Some(event(record, members, Shape::Kubernetes));
    }
    if let Some(payload) = members.iter().find(|member| member.key == b"protoPayload") {
        let service = json::member(payload.value, b"serviceName");
        let method = json::member(payload.value, b"methodName").unwrap_or_default();
        if service == Some(b"\"k8s.io\"") || method.starts_with(b"\"io.k8s.") {
            return Some(google(record, members));
        }
    }
    let properties = members.iter().find(|member| member.key == b"properties")?;
    let log = json::member(properties.value, b"log")?;
    let inner: &'a [u8] = if log.starts_with(b"\"") {
        json::text(log, unpacked);
        unpacked
    } else {
        log
    };
    let inner: Vec<_> = json::members(inner).collect();
    inner.iter().any(|member| member.key == b"auditID").then(|| {
        let mut facts = event(record, inner, Shape::Aks);
        for &(fact, path) in AKS {
            if let Some(value) = facts.around(path) {
                facts.set(fact, value);
            }
        }
        facts
    })
}

fn event<'a>(record: &'a [u8], members: Vec<json::Member<'a>>, shape: Shape) -> Facts<'a> {
    let mut facts = Facts::new(record, members, shape);
    fill(&mut facts, EVENT);
    if let Some(address) = facts.at("sourceIPs").and_then(|list| json::items(list).last()) {
        facts.set(Fact::Address, address);
    }
    let failed = facts.json(Fact::Code).map(|code| code.len() == 3 && code.first() > Some(&b'3'));
    set_outcome(&mut facts, failed);
    facts
}

fn google<'a>(record: &'a [u8], members: Vec<json::Member<'a>>) -> Facts<'a> {
    let mut facts = Facts::new(record, members, Shape::Gke);
    fill(&mut facts, GKE);
    // `io.k8s.core.v1.pods.exec.create`: group, version, resource, perhaps a subresource, verb.
    let method = super::text_at(&facts, "protoPayload>methodName").unwrap_or_default();
    let mut parts: Vec<&[u8]> =
        method.strip_prefix(b"io.k8s.").unwrap_or(&method).split(|&byte| byte == b'.').collect();
    facts.set_text(Fact::Action, parts.pop().unwrap_or_default());
    let is_version = |part: &&[u8]| part.starts_with(b"v") && part.get(1).is_some_and(u8::is_ascii_digit);
    if let Some(version) = parts.iter().position(is_version) {
        facts.set_text(Fact::ObjectVersion, parts.get(version).copied().unwrap_or_default());
        facts.set_text(Fact::Resource, parts.get(version + 1).copied().unwrap_or_default());
        facts.set_text(Fact::Subresource, parts.get(version + 2).copied().unwrap_or_default());
    }
    // `core/v1/namespaces/default/pods/web/exec`: the object.
    let resource = super::text_at(&facts, "protoPayload>resourceName").unwrap_or_default();
    let path: Vec<&[u8]> = resource.split(|&byte| byte == b'/').collect();
    let object = match path.as_slice() {
        [group, _, b"namespaces", namespace, _, rest @ ..] => {
            facts.set_text(Fact::Namespace, namespace);
            Some((group, rest))
        }
        [group, _, _, rest @ ..] => Some((group, rest)),
        _ => None,
    };
    if let Some((group, rest)) = object {
        facts.set_text(Fact::ApiGroup, if *group == b"core" { b"" } else { group });
        facts.set_text(Fact::Name, rest.first().copied().unwrap_or_default());
    }
    facts.set_text(Fact::Uri, &resource);
    if let Some(address) = facts.json(Fact::Address) {
        let list = [b"[", address, b"]"].concat();
        facts.set(Fact::Addresses, list);
    }
    // A code of gRPC: zero is success.
    let failed = facts.json(Fact::Code).map(|code| code != b"0");
    set_outcome(&mut facts, failed);
    facts
}

/// The decision says it; without one, the response's code.
fn set_outcome(facts: &mut Facts<'_>, failed: Option<bool>) {
    let failed = match facts.json(Fact::Decision) {
        Some(b"\"allow\"") => Some(false),
        Some(b"\"forbid\"") => Some(true),
        _ => failed,
    };
    if let Some(failed) = failed {
        facts.set_text(Fact::Outcome, if failed { b"failure" } else { b"success" });
    }
}
