//! What auditgate adds to Kubernetes' rules.

use super::{Attributes, Verdict, pod, policy};
use crate::policy::{Level, Policy};

/// Whether an event fits the one rule of a policy.
fn fits(rule: &str, event: &Attributes<'_>) -> bool {
    let text = ["apiVersion: auditgate/v1\nkind: Policy\nrules: [", rule, "]\n"].concat();
    policy(&text).decide(event).rule_index == Some(0)
}

#[test]
fn the_builtin_policy_keeps_everything() {
    let policy = Policy::builtin();
    let decision = policy.decide(&pod());
    assert_eq!((decision.rule, decision.rule_index, decision.routes), ("default", None, "+default+"));
    assert_eq!((decision.verdict, decision.level), (Verdict::Keep, Level::RequestResponse));
}

#[test]
fn the_first_rule_that_fits_decides() {
    let policy = policy(
        "apiVersion: auditgate/v1
kind: Policy
destinations: [{name: splunk}, {name: archive}]
default: {to: [archive]}
rules:
- name: no-secrets-here
  resources: [{resources: [secrets]}]
  level: None
- name: reads
  verbs: [get, list]
  level: Metadata
  to: [archive, splunk]
",
    );
    let decision = policy.decide(&pod());
    assert_eq!((decision.rule, decision.rule_index, decision.routes), ("reads", Some(1), "+splunk+archive+"));
    assert_eq!(decision.level, Level::Metadata);
    let secret = Attributes { resource: Some(b"secrets"), ..pod() };
    assert_eq!(policy.decide(&secret).verdict, Verdict::DropLevel);
    let other = Attributes { verb: Some(b"create"), ..pod() };
    assert_eq!((policy.decide(&other).rule, policy.decide(&other).routes), ("default", "+archive+"));
}

#[test]
fn the_default_can_drop() {
    let policy = policy("apiVersion: auditgate/v1\nkind: Policy\ndefault: {level: None}\n");
    assert_eq!(policy.decide(&pod()).verdict, Verdict::DropLevel);
}

#[test]
fn wildcards_stand_at_either_end() {
    let event = pod();
    for rule in [
        "{users: ['tim@*']}",
        "{users: ['*@example.com']}",
        "{users: ['*@example*']}",
        "{users: ['*']}",
        "{userGroups: ['system:*']}",
        "{namespaces: ['def*']}",
        "{resources: [{group: '*', resources: ['po*']}]}",
        "{resources: [{resources: ['*ds'], resourceNames: ['busy*']}]}",
    ] {
        assert!(fits(rule, &event), "{rule}");
    }
    for rule in [
        "{users: ['im@*']}",
        "{users: ['*example']}",
        "{users: ['*foo*']}",
        "{namespaces: ['ef*']}",
        "{resources: [{group: 'apps*', resources: ['po*']}]}",
        "{resources: [{resources: ['po*/*x']}]}",
    ] {
        assert!(!fits(rule, &event), "{rule}");
    }
    let log = Attributes { subresource: Some(b"log"), ..pod() };
    assert!(fits("{resources: [{resources: ['po*/l*']}]}", &log));
    assert!(fits("{resources: [{resources: ['po*/*']}]}", &log));
    assert!(fits("{resources: [{resources: ['*/l*']}]}", &log));
    assert!(!fits("{resources: [{resources: ['po*']}]}", &log));
}

#[test]
fn response_codes_are_ranges() {
    let forbidden = Attributes { response_code: Some(403), ..pod() };
    for (rule, fitting) in
        [("[403]", true), ("['4xx']", true), ("[400-403]", true), ("[404]", false), ("['5xx']", false)]
    {
        assert_eq!(fits(&["{responseCodes: ", rule, "}"].concat(), &forbidden), fitting, "{rule}");
    }
    assert!(!fits("{responseCodes: ['2xx']}", &pod()));
}

#[test]
fn networks_are_those_of_the_last_address() {
    // A client can put any address in front of its own.
    let forged = Attributes { source_ips: &[b"10.0.0.1", b"192.168.7.9"], ..pod() };
    assert!(fits("{sourceIPs: [192.168.0.0/16]}", &forged));
    assert!(fits("{sourceIPs: ['::/0']}", &forged));
    assert!(fits("{sourceIPs: [192.168.7.9]}", &forged));
    assert!(!fits("{sourceIPs: [10.0.0.0/8]}", &forged));
    assert!(!fits("{sourceIPs: [192.168.7.8/32]}", &forged));
    let v6 = Attributes { source_ips: &[b"2001:db8:0:1::9"], ..pod() };
    assert!(fits("{sourceIPs: ['2001:db8::/47']}", &v6));
    assert!(!fits("{sourceIPs: ['2001:db8:0:2::/64', 0.0.0.0/0]}", &v6));
    assert!(!fits("{sourceIPs: ['::/0']}", &Attributes { source_ips: &[b"somewhere"], ..pod() }));
    assert!(!fits("{sourceIPs: ['::/0']}", &pod()));
}

#[test]
fn annotations_tags_agents_sources_and_stages() {
    let event = Attributes {
        annotations: &[(b"authorization.k8s.io/decision", b"forbid")],
        tag: b"audit.k8s",
        user_agent: Some(b"kube-probe/1.33"),
        message: Some(b"type=EOE msg=audit"),
        stage: Some(b"ResponseComplete"),
        ..pod()
    };
    for rule in [
        "{annotations: {authorization.k8s.io/decision: [forbid]}}",
        "{annotations: {authorization.k8s.io/decision: []}}",
        "{tags: ['audit.*']}",
        "{userAgents: ['kube-probe/*']}",
        "{messages: ['*=EOE *']}",
        "{sources: [kubernetes]}",
        "{stages: [Panic, ResponseComplete]}",
    ] {
        assert!(fits(rule, &event), "{rule}");
    }
    for rule in [
        "{annotations: {authorization.k8s.io/decision: [allow]}}",
        "{annotations: {authorization.k8s.io/reason: []}}",
        "{tags: ['syslog.*']}",
        "{userAgents: ['curl/*']}",
        "{messages: ['EOE*']}",
        "{sources: [sshd, auditd]}",
        "{stages: [RequestReceived]}",
    ] {
        assert!(!fits(rule, &event), "{rule}");
    }
}

#[test]
fn a_sample_keeps_whole_requests_and_its_share() {
    let policy = policy("apiVersion: auditgate/v1\nkind: Policy\nrules: [{name: a-tenth, sample: 10%}]\n");
    let mut kept = 0;
    for number in 0..10_000 {
        let id = format!("6f1bd2f4-77d5-4d14-8f36-{number:012x}");
        let event = |stage| Attributes { audit_id: Some(id.as_bytes()), stage: Some(stage), ..pod() };
        let verdict = policy.decide(&event(b"RequestReceived")).verdict;
        assert_eq!(verdict, policy.decide(&event(b"ResponseComplete")).verdict);
        kept += u32::from(verdict == Verdict::Keep);
    }
    assert!((900..1100).contains(&kept), "kept {kept} of 10000");
    assert_eq!(policy.decide(&pod()).verdict, Verdict::Keep, "without an id nothing is dropped by chance");
}
