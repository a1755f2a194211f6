//! The fields that detection rules read (48 Falco, 51 Elastic and 16 Sigma rules for Kubernetes audit events): they have to
//! leave as they came, byte for byte, except where a secret was planted in them.

use std::collections::BTreeMap;

use crate::json::{Raw, SEPARATOR};
use crate::judge::Judge;

/// Paths by segments; `*` is any one segment, and what lies below a path belongs to it.
const ENVELOPE: &[&str] = &[
    "auditID",
    "level",
    "stage",
    "verb",
    "requestURI",
    "user username",
    "user groups",
    "user extra authentication.kubernetes.io/pod-name",
    "impersonatedUser username",
    "impersonatedUser groups",
    "sourceIPs",
    "userAgent",
    "objectRef resource",
    "objectRef subresource",
    "objectRef namespace",
    "objectRef name",
    "objectRef apiGroup",
    "responseStatus code",
    "responseStatus reason",
    "annotations authorization.k8s.io/decision",
    "annotations authorization.k8s.io/reason",
    "annotations pod-security.kubernetes.io/*",
    "annotations validation.policy.admission.k8s.io/validation_failure",
    "annotations authentication.openshift.io/*",
    "annotations audit.k8s.io/truncated",
    "requestObject subjects",
    "requestObject roleRef name",
    "requestObject rules * verbs",
    "requestObject rules * resources",
    "requestObject rules * apiGroups",
    "requestObject rules * nonResourceURLs",
    "requestObject data",
    "responseObject metadata name",
    "responseObject rules * verbs",
    "responseObject rules * resources",
];

/// Where a pod's specification stands.
const SPECS: &[&str] =
    &["requestObject spec", "requestObject spec template spec", "requestObject spec jobTemplate spec template spec"];

/// What is read of it.
const SPEC_FIELDS: &[&str] = &[
    "type",
    "ports",
    "tls",
    "hostPID",
    "hostIPC",
    "hostNetwork",
    "serviceAccountName",
    "securityContext",
    "volumes * hostPath path",
    "containers * name",
    "containers * image",
    "containers * command",
    "containers * args",
    "containers * ports",
    "containers * securityContext",
    "initContainers * name",
    "initContainers * image",
    "ephemeralContainers * name",
    "ephemeralContainers * image",
];

/// The compiled list.
pub struct KeepList {
    patterns: Vec<Vec<String>>,
}

impl Default for KeepList {
    fn default() -> Self {
        let split = |pattern: String| pattern.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let specs = SPECS.iter().flat_map(|spec| SPEC_FIELDS.iter().map(move |field| format!("{spec} {field}")));
        Self { patterns: ENVELOPE.iter().map(|path| (*path).to_owned()).chain(specs).map(split).collect() }
    }
}

impl KeepList {
    fn holds(&self, path: &str) -> bool {
        let segments: Vec<&str> = path.split(SEPARATOR).skip(1).collect();
        self.patterns.iter().any(|pattern| {
            pattern.len() <= segments.len()
                && pattern.iter().zip(&segments).all(|(want, have)| match want.strip_suffix('*') {
                    Some(prefix) => have.starts_with(prefix),
                    None => want == have,
                })
        })
    }

    /// Paths on the list that changed between an event and its answer, those with a piece of a secret left out.
    /// The `data` of a Secret is not on the list.
    pub fn damaged(&self, event: &str, answer: &[u8], judge: Option<&Judge>) -> Vec<String> {
        let (Some(before), Some(after)) = (Raw::parse(event), std::str::from_utf8(answer).ok().and_then(Raw::parse))
        else {
            return vec!["(unreadable)".into()];
        };
        let resource = before.member("objectRef").and_then(|object| object.member("resource"));
        let is_config = resource == Some(&Raw::Scalar("\"configmaps\""));
        let mut left = BTreeMap::new();
        after.leaves("", &mut |path, text| {
            left.insert(path.to_owned(), text.to_owned());
        });
        let data = format!("{SEPARATOR}requestObject{SEPARATOR}data");
        let mut damaged = Vec::new();
        before.leaves("", &mut |path, text| {
            if !self.holds(path)
                || path.starts_with(&data) && !is_config
                || left.get(path).is_some_and(|now| now == text)
            {
                return;
            }
            let planted = judge
                .is_some_and(|judge| judge.find(text.as_bytes()).is_some() || judge.find(path.as_bytes()).is_some());
            if !planted {
                damaged.push(readable(path));
            }
        });
        damaged
    }
}

/// Every path whose value differs between an event and its answer, array positions as `*`; the `auditgate` map apart.
pub fn changed(event: &str, answer: &[u8]) -> Vec<String> {
    let (Some(before), Some(after)) = (Raw::parse(event), std::str::from_utf8(answer).ok().and_then(Raw::parse)) else {
        return vec!["(unreadable)".into()];
    };
    let mut left = BTreeMap::new();
    after.leaves("", &mut |path, text| {
        left.insert(path.to_owned(), text.to_owned());
    });
    let mut changed = Vec::new();
    before.leaves("", &mut |path, text| match left.remove(path) {
        Some(now) if now == text => {}
        _ => changed.push(readable(path)),
    });
    let stamp = format!("{SEPARATOR}auditgate");
    changed
        .extend(left.keys().filter(|path| !path.starts_with(&stamp)).map(|path| format!("{} (added)", readable(path))));
    changed
}

fn readable(path: &str) -> String {
    let segments = path.split(SEPARATOR).skip(1);
    segments.map(|segment| if segment.parse::<u32>().is_ok() { "*" } else { segment }).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_damage_and_lets_a_planted_field_change() {
        let event = r#"{"verb":"get","sourceIPs":["10.0.0.1"],"requestURI":"/x?token=kZ7mQ2xV9bL4tR8w","note":"a"}"#;
        let answer = r#"{"verb":"get","sourceIPs":["10.0.0.0"],"requestURI":"/x?token=[redacted]","note":"b"}"#;
        let judge = Judge::new([(0, "kZ7mQ2xV9bL4tR8w")]);
        let keep = KeepList::default();
        assert_eq!(keep.damaged(event, answer.as_bytes(), Some(&judge)), ["sourceIPs.*"]);
        assert_eq!(keep.damaged(event, answer.as_bytes(), None), ["sourceIPs.*", "requestURI"]);
        assert_eq!(changed(event, answer.as_bytes()), ["sourceIPs.*", "requestURI", "note"]);
        assert!(changed(event, event.as_bytes()).is_empty());
    }
}
