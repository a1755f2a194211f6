//! The filter role: the module in stock Fluent Bit, and Fluent Bit's own outputs behind it.

use super::scene::{Destination, Kind, assert_all_arrive, assert_nothing_arrives};
use crate::harness::{FluentBit, Line, module};

in_both!(every_destination_gets_redacted_events, no_destination_gets_anything_when_the_module_is_broken);

const LARGE: &[&str] = &["Buffer_Max_Size 20M"];

const DESTINATIONS: [Destination; 13] = [
    Destination::new("elasticsearch", Kind::FluentBit("elasticsearch", LARGE), &["audit-kubernetes-"]),
    Destination::new("opensearch", Kind::FluentBit("elasticsearch", LARGE), &["audit-kubernetes-"]),
    Destination::new(
        "splunk",
        Kind::FluentBit("splunk", &["Buffer_Max_Size 20M", "Splunk_Token token"]),
        &["kube:apiserver:audit"],
    ),
    Destination::new("loki", Kind::FluentBit("http", LARGE), &["kubernetes-audit"]),
    Destination::new("from-promtail", Kind::FluentBit("http", LARGE), &["kubernetes-audit", "cluster-1", "filename"]),
    Destination::new("http", Kind::FluentBit("http", LARGE), &[]),
    Destination::new("opentelemetry", Kind::FluentBit("opentelemetry", LARGE), &[]),
    Destination::new("datadog", Kind::FluentBit("http", LARGE), &["kubernetes.audit"]),
    Destination::new(
        "forward",
        Kind::FluentBit("forward", &["Shared_Key token", "Self_Hostname localhost", "Buffer_Max_Size 20M"]),
        &[],
    ),
    Destination::new("syslog", Kind::Rsyslog, &[" node-1 kube-apiserver ", "CEF:0|Kubernetes|audit|"])
        .policy("syslog-cef-policy.yaml"),
    Destination::new("syslog", Kind::Rsyslog, &[" node-1 kube-apiserver ", "LEEF:2.0|Kubernetes|audit|"])
        .policy("syslog-leef-policy.yaml"),
    Destination::new(
        "sentinel",
        Kind::SentinelBehindProxy,
        &["/dataCollectionRules/dcr-0/streams/Custom-KubernetesAudit_CL"],
    ),
    // The broker speaks no TLS.
    Destination::new("kafka", Kind::Kafka, &["kubernetes-audit"])
        .edit(("sasl_ssl", "plaintext"), ("sasl_ssl", "plaintext")),
];

fn every_destination_gets_redacted_events(fluent_bit: &FluentBit) {
    assert_all_arrive(fluent_bit, &DESTINATIONS, |setup| setup);
}

/// Half a module: 4.1 and later do not start, 3.1 lets everything pass it. The receivers would take all.
fn no_destination_gets_anything_when_the_module_is_broken(fluent_bit: &FluentBit) {
    let good = std::fs::read(module()).unwrap();
    let half = &good[..good.len() / 2];
    assert_nothing_arrives(
        fluent_bit,
        &DESTINATIONS,
        |setup, _| setup.module_bytes(half),
        |file, run| assert_eq!(run.refused_to_start(), fluent_bit.line == Line::Newer, "{file}: {}", run.log),
    );
}
