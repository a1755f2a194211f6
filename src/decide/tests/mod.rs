//! Tests of decisions.

#![expect(clippy::panic, reason = "a test fails by panicking")]

mod kubernetes;
mod own;
mod random;

use super::{Attributes, Verdict};
use crate::policy::{Policy, compile};

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
        name: Some(b"busybox"),
        user: Some(b"tim@example.com"),
        groups: &[b"humans", b"system:authenticated"],
        ..Attributes::default()
    }
}
