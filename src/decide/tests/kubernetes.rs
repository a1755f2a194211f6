//! Kubernetes' own rules, as `tests/kubernetes_policy/cases.jsonl` tells them: a policy, an event, what becomes of it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use super::{Attributes, Verdict, policy};
use serde_json::Value;

const CASES: &str = include_str!("../../../tests/kubernetes_policy/cases.jsonl");

#[test]
fn decides_as_kubernetes_does() {
    let mut cases = 0;
    for line in CASES.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let mut text = case["policy"].clone();
        text["apiVersion"] = "audit.k8s.io/v1".into();
        text["kind"] = "Policy".into();
        let policy = policy(&text.to_string());

        let event = &case["event"];
        let bytes = |value: &'static str| event.pointer(value).and_then(Value::as_str).map(str::as_bytes);
        let groups: Vec<&[u8]> = event["user"]["groups"]
            .as_array()
            .map_or(Vec::new(), |groups| groups.iter().filter_map(|group| group.as_str().map(str::as_bytes)).collect());
        let decision = policy.decide(&Attributes {
            source: "kubernetes",
            user: bytes("/user/username"),
            groups: &groups,
            verb: bytes("/verb"),
            stage: bytes("/stage"),
            resource: bytes("/objectRef/resource"),
            subresource: bytes("/objectRef/subresource"),
            api_group: bytes("/objectRef/apiGroup"),
            namespace: bytes("/objectRef/namespace"),
            name: bytes("/objectRef/name"),
            request_uri: bytes("/requestURI"),
            ..Attributes::default()
        });

        let (name, expected) = (&case["name"], &case["expect"]);
        assert_eq!(decision.rule_index.map(|index| index as u64), expected["rule"].as_u64(), "{name}");
        assert_eq!(decision.level.as_str(), expected["level"], "{name}");
        assert_eq!(decision.verdict == Verdict::Keep, expected["kept"], "{name}");
        if let Some(omitted) = expected["omitManagedFields"].as_bool() {
            assert_eq!(decision.omit_managed_fields, omitted, "{name}");
        }
        cases += 1;
    }
    assert!(cases >= 60, "expected at least 60 cases, found {cases}");
}

#[test]
fn says_nothing_of_other_sources() {
    let policy = policy("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: None}]\n");
    let sshd = Attributes { source: "sshd", ..Attributes::default() };
    assert_eq!(policy.decide(&sshd).verdict, Verdict::Keep);
    assert_eq!(policy.decide(&super::pod()).verdict, Verdict::DropLevel);
}
