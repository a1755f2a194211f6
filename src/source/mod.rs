//! Where events come from: what was recognised, taken out of its envelopes, and read into facts that formats ask for.
//!
//! One file a source; each says in a table where its facts stand.

mod auditd;
mod facts;
mod kubernetes;
mod linux;
mod login;

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use facts::FACTS;
pub(crate) use facts::{Fact, Facts, Shape};
pub(crate) use linux::TEXT;

use crate::format::{Item, time};
use crate::json;

/// Members of the stamp.
const STAMP: &[(Fact, &str)] = &[
    (Fact::Id, "auditgate>id"),
    (Fact::Source, "auditgate>source"),
    (Fact::Rule, "auditgate>rule"),
    (Fact::Redactions, "auditgate>redactions"),
    (Fact::Policy, "auditgate>policy"),
    (Fact::Error, "auditgate>error"),
];

/// What other filters and inputs add to a record.
const ADDED: &[(Fact, &str)] = &[
    (Fact::Cluster, "cluster"),
    (Fact::Host, "host"),
    (Fact::Host, "hostname"),
    (Fact::Host, "kubernetes>host"),
    (Fact::Namespace, "kubernetes>namespace_name"),
    (Fact::Pod, "kubernetes>pod_name"),
    (Fact::Container, "kubernetes>container_name"),
];

/// Every table, for the documentation.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) const TABLES: &[(&str, &[(Fact, &str)])] = &[
    ("Kubernetes", kubernetes::EVENT),
    ("Kubernetes in Azure's envelope, besides", kubernetes::AKS),
    ("Google Cloud", kubernetes::GKE),
    ("The journal, syslog, containers", linux::RECORD),
    ("auditd", auditd::FIELDS),
    ("The stamp", STAMP),
    ("What inputs and filters add", ADDED),
];

/// Messages that are read, what was done and how it ended.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn messages() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    login::messages()
}

/// Reads one record. `unpacked` holds an event that stood in a string.
pub(crate) fn read<'a>(item: &Item<'a>, unpacked: &'a mut Vec<u8>) -> Facts<'a> {
    let mut facts = match kubernetes::read(item.event, unpacked) {
        Some(facts) => facts,
        None => linux::read(item),
    };
    for &(fact, path) in STAMP.iter().chain(ADDED) {
        let is_object = facts.shape.is_kubernetes() && matches!(fact, Fact::Namespace | Fact::Host);
        if let Some(value) = facts.around(path).filter(|value| !is_object || value.starts_with(b"\"")) {
            facts.set(fact, value);
        }
    }
    if facts.json(Fact::Time).is_none() {
        let mut now = Vec::new();
        time::push_rfc3339(item.seconds, item.nanoseconds, &mut now);
        facts.set_text(Fact::Time, &now);
    }
    facts
}

/// Notes what a table finds in the event.
fn fill(facts: &mut Facts<'_>, table: &[(Fact, &str)]) {
    for &(fact, path) in table {
        if let Some(value) = facts.at(path) {
            facts.set(fact, value);
        }
    }
}

/// The text of a member that is a string.
fn text_at(facts: &Facts<'_>, path: &str) -> Option<Vec<u8>> {
    let value = facts.at(path).filter(|value| value.starts_with(b"\""))?;
    let mut out = Vec::new();
    json::text(value, &mut out);
    Some(out)
}
