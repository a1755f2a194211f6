//! Tests of the data that checking makes, parts that nothing acts on yet included.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::report::Reporter;
use super::{Checked, build, shape};
use crate::policy::{Action, Path, Property, SecretReference, yaml};

fn check(text: &str) -> Checked {
    let root = yaml::read(&["apiVersion: auditgate/v1\nkind: Policy\n", text].concat()).unwrap();
    let mut reporter = Reporter { found: Vec::new(), kubernetes: false };
    assert!(shape::check(&mut reporter, &root));
    let checked = build::policy(&mut reporter, &root);
    assert_eq!(reporter.found, []);
    checked
}

#[test]
fn reads_what_is_taken_out() {
    let redact = check(
        "redact:
  catalogue: false
  keep: [K05]
  allow: [auditID, 'user.**']
  hmac: {id: k1, key: {file: /run/key}}
  rules:
  - name: helm-values
    paths: ['requestObject.spec.values.**', 'items[*].a']
    keys: [apiKey]
    patterns: ['tok-[0-9]{4}']
    when: {resources: [{group: apps, resources: [deployments]}], users: ['ci-*']}
  - {name: who, paths: [user.username], action: hmac}
  - {name: short, paths: [a], action: truncate, max_chars: 8}
  - {name: where, paths: ['sourceIPs[*]'], action: ip_prefix, ipv6_bits: 64}
  - {name: open, paths: [b], action: keep}
",
    )
    .redact;
    assert!(!redact.catalogue);
    assert_eq!(redact.keep.first().unwrap().name, "K05");
    assert_eq!(redact.allow.unwrap(), [Path::parse("auditID").unwrap(), Path::parse("user.**").unwrap()]);
    let key = redact.hmac.unwrap();
    assert_eq!((key.id.as_str(), key.key), ("k1", SecretReference::File("/run/key".into())));
    let actions: Vec<_> = redact.rules.iter().map(|rule| rule.action).collect();
    let ip_prefix = Action::IpPrefix { ipv4: 24, ipv6: 64 };
    assert_eq!(actions, [Action::Mask, Action::Hmac, Action::Truncate { max_chars: 8 }, ip_prefix, Action::Keep]);
    let rule = redact.rules.first().unwrap();
    assert_eq!((rule.paths.len(), rule.keys.as_slice(), rule.patterns.len()), (2, &["apiKey".to_owned()][..], 1));
    assert_eq!(rule.when.resources.len(), 1);
    assert!(rule.when.texts(Property::User).first().unwrap().open_end);
}

#[test]
fn reads_where_events_go() {
    let checked = check(
        "limits: {max_event_bytes: 2048, max_depth: 9}
destinations:
- name: splunk
  type: splunk
  format: splunk_hec
  endpoint: https://siem.example.com:8088
  auth: {token: {env: HEC_TOKEN}, client_key: {file: /run/key}}
  batch: {max_events: 100, max_bytes: 4096}
  retry: {max_attempts: 5, max_wait_ms: 1000}
  options: {ack: off, max_files: 7, tls_verify: true}
- name: archive
",
    );
    assert_eq!(
        (checked.limits.max_event_bytes, checked.limits.max_depth, checked.limits.max_decode_depth),
        (2048, 9, 3)
    );
    let [splunk, archive] = checked.destinations.as_slice() else { panic!("expected two destinations") };
    let properties: Vec<_> = splunk.properties.iter().map(|(name, value)| [name, "=", value].concat()).collect();
    assert_eq!(
        properties.join(" "),
        "type=splunk endpoint=https://siem.example.com:8088 token=env:HEC_TOKEN client_key=file:/run/key \
         batch_max_events=100 batch_max_bytes=4096 retry_max_attempts=5 retry_max_wait_ms=1000 ack=off max_files=7 tls_verify=true"
    );
    assert_eq!(
        (archive.name.as_str(), archive.format.as_str(), archive.properties.is_empty()),
        ("archive", "native", true)
    );
    assert_eq!(checked.default.routes, "+splunk+archive+");
}
