//! Tests of decisions.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use super::{Attributes, Verdict};
use crate::policy::{Level, Policy, compile};

fn policy(text: &str) -> Policy {
    match compile("auditgate.yaml", text.as_bytes()) {
        Ok(policy) => policy,
        Err(found) => panic!("{}", found.render()),
    }
}

fn pod<'a>() -> Attributes<'a> {
    Attributes {
        source: "kubernetes",
        verb: Some(b"get"),
        resource: Some(b"pods"),
        namespace: Some(b"default"),
        ..Attributes::default()
    }
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
rules:
- name: no-secrets-here
  resources: [{resources: [secrets]}]
  level: None
- name: reads
  verbs: [get, list]
  level: Metadata
  to: [archive]
",
    );
    let decision = policy.decide(&pod());
    assert_eq!((decision.rule, decision.rule_index, decision.routes), ("reads", Some(1), "+archive+"));
    assert_eq!(decision.level, Level::Metadata);
    let secret = Attributes { resource: Some(b"secrets"), ..pod() };
    assert_eq!(policy.decide(&secret).verdict, Verdict::DropLevel);
    let other = Attributes { verb: Some(b"create"), ..pod() };
    assert_eq!(policy.decide(&other).routes, "+splunk+archive+");
}
