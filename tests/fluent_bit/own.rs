//! A policy's own redaction rules in a real Fluent Bit: pseudonyms with a key from a file, and an allow-list.

use auditgate_generate::{Generator, Options, Profile};
use serde_json::Value;

use crate::harness::{FluentBit, Setup, Until};

in_both!(pseudonyms_and_an_allow_list, a_missing_key_locks_down);

const POLICY: &str = "apiVersion: auditgate/v1
kind: Policy
redact:
  allow: [auditID, stage, verb, user.username, objectRef, 'requestObject.metadata.name']
  hmac: {id: k1, key: {file: /etc/auditgate/hmac.key}}
  rules:
  - {name: user, paths: [user.username], action: hmac}
";

const EVENTS: usize = 300;

fn events() -> (Generator, String, Vec<Value>) {
    let options = Options { events: EVENTS as u64, seed: 43, profile: Profile::Secrets, ..Options::default() };
    let generator = Generator::new(options).unwrap();
    let lines: Vec<_> = generator.clone().map(|event| event.json).collect();
    let events = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    (generator, lines.join("\n") + "\n", events)
}

fn pseudonyms_and_an_allow_list(fluent_bit: &FluentBit) {
    let (generator, log, events) = events();
    for configuration in ["kubernetes-audit.yaml", "kubernetes-audit.conf"] {
        let setup = Setup::new(fluent_bit, configuration).policy(POLICY);
        let run = setup.file("policy/hmac.key", b"0123456789abcdef\n").run(log.as_bytes(), Until::Records(EVENTS));
        run.assert_ended_well();
        run.assert_no_secret(generator.marker());
        let records = run.records();
        assert_eq!(records.len(), EVENTS, "as many out as in\n{}", run.log);
        let mut users = std::collections::BTreeMap::new();
        for (record, event) in records.iter().zip(&events) {
            record.assert_stamped();
            let left = &record.value;
            for (key, value) in left.as_object().unwrap() {
                match key.as_str() {
                    "auditgate" => {}
                    "auditID" | "stage" | "verb" | "objectRef" => assert_eq!(value, &event[key]),
                    "user" => assert_eq!(value.as_object().unwrap().len(), 1, "{value}"),
                    "requestObject" => {
                        assert!(
                            value.as_object().is_none_or(|body| body.keys().all(|key| key == "metadata")),
                            "{value}"
                        );
                    }
                    _ => panic!("`{key}` left: {}", record.short()),
                }
            }
            let (name, token) =
                (event["user"]["username"].as_str().unwrap(), left["user"]["username"].as_str().unwrap());
            assert!(token.starts_with("hmac:k1:") && token.len() == 40, "{token}");
            assert_eq!(users.entry(name.to_owned()).or_insert(token.to_owned()), token, "one pseudonym for `{name}`");
        }
        let different: std::collections::BTreeSet<_> = users.values().collect();
        assert!(different.len() == users.len() && users.len() > 3, "{users:?}");
    }
}

fn a_missing_key_locks_down(fluent_bit: &FluentBit) {
    let (generator, log, _) = events();
    let run =
        Setup::new(fluent_bit, "kubernetes-audit.yaml").policy(POLICY).run(log.as_bytes(), Until::Records(EVENTS));
    run.assert_ended_well();
    run.assert_no_secret(generator.marker());
    let records = run.records();
    assert_eq!(records.len(), EVENTS);
    assert!(records.iter().all(|record| record.error() == Some("E005")));
    assert!(
        run.log.contains("the file with the key of its pseudonyms is in none of the accessible_paths"),
        "{}",
        run.log
    );
}
