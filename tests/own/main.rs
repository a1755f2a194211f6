//! The redaction rules that a policy brings itself, from outside: policy text and event in, what leaves out. Every case runs over the parsed
//! event, over the raw line and a second time over what left: all three must say the same.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod actions;
mod allow;
#[path = "../support/answer.rs"]
mod answer;
mod canary;
mod names;
mod places;
mod texts;

use answer::answer;
use auditgate::Engine;
use auditgate::policy::{Policy, compile};
use serde_json::{Value, json};

pub(crate) const KEY: &[u8] = b"0123456789abcdef";

/// A policy with this under `redact`.
pub(crate) fn policy(redact: &str) -> Policy {
    let indented: String = redact.lines().map(|line| format!("  {line}\n")).collect();
    let text = format!("apiVersion: auditgate/v1\nkind: Policy\nredact:\n{indented}");
    let mut policy = compile("policy.yaml", text.as_bytes()).unwrap_or_else(|error| panic!("{}", error.render()));
    if policy.redact().hmac.is_some() {
        policy.set_hmac_key(KEY).unwrap();
    }
    policy
}

pub(crate) fn process(engine: &mut Engine, record: &str) -> Value {
    let out = answer(engine, "audit.k8s", record.as_bytes()).unwrap();
    serde_json::from_slice(&out).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&out)))
}

fn without_map(mut value: Value) -> Value {
    value.as_object_mut().unwrap().remove("auditgate");
    value
}

/// What leaves for a record under a policy, without the decision map.
pub(crate) fn leaves(redact: &str, record: &Value) -> Value {
    let mut engine = Engine::with_policy(policy(redact));
    let text = record.to_string();
    let out = without_map(process(&mut engine, &text));
    let again = without_map(process(&mut engine, &out.to_string()));
    assert_eq!(again, out, "a second time, with\n{redact}");
    if record.get("auditID").is_some() {
        let line = json!({"log": text, "time": 1}).to_string();
        let mut lifted = without_map(process(&mut engine, &line));
        lifted.as_object_mut().unwrap().remove("time");
        assert_eq!(
            lifted.to_string().replace("\\n", ""),
            out.to_string().replace("\\n", ""),
            "as a raw line, with\n{redact}"
        );
    }
    out
}

/// An audit event about a resource, with these members more.
pub(crate) fn event(resource: &str, rest: Value) -> Value {
    let mut event = json!({
        // So long that lists further back are no reason to take a raw line for a list of events.
        "aaa": "filler ".repeat(40),
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse", "auditID": "a1",
        "stage": "ResponseComplete", "verb": "create", "requestURI": "/apis/x",
        "user": {"username": "alice@example.com", "groups": ["dev", "ops"]}, "sourceIPs": ["10.1.2.3"],
        "objectRef": {"resource": resource, "namespace": "default", "name": "n"}
    });
    event.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    event
}
