//! A thousand rules cost an event hardly more than ten: WebAssembly instructions, which are the same on every machine.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stderr, reason = "a skipped test has to say so")]

use auditgate_bench::{FILTER, Subject};
use auditgate_generate::{Generator, Options, Profile};
use std::fmt::Write;
use std::path::Path;

/// What a thousand rules may cost, ten being 1.
const MOST: f64 = 1.3;

/// Rules of five kinds that fit nothing in the log, so that every event asks all of them.
fn policy(rules: usize) -> String {
    let mut text = String::from("apiVersion: auditgate/v1\nkind: Policy\nrules:\n");
    for number in 0..rules {
        let conditions = match number % 5 {
            0 => format!("users: ['system:serviceaccount:team-{number}:*'], verbs: [delete]"),
            1 => format!("resources: [{{group: apps, resources: [deployments], resourceNames: [web-{number}]}}]"),
            2 => format!("namespaces: [team-{number}], verbs: [create, update]"),
            3 => format!("nonResourceURLs: ['/internal/{number}/*']"),
            _ => format!("userGroups: [group-{number}], resources: [{{resources: [secrets]}}]"),
        };
        writeln!(text, "- {{name: rule-number-{number}, {conditions}, level: Metadata}}").unwrap();
    }
    text
}

#[test]
fn a_thousand_rules_cost_hardly_more_than_ten() {
    let linked = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dist/auditgate-linked.wasm");
    let Ok(linked) = std::fs::read(&linked) else {
        eprintln!("SKIPPED: no dist/auditgate-linked.wasm; `make module` makes it");
        return;
    };
    let options = Options { events: 500, seed: 30, profile: Profile::Cluster, ..Options::default() };
    let events: Vec<String> = Generator::new(options).unwrap().map(|event| event.json).collect();
    let instructions = |rules: usize| {
        let (module, _) = auditgate_pack::bake(&linked, "scaling", policy(rules).as_bytes(), false).unwrap();
        let mut subject = Subject::module(&module, FILTER, true).unwrap();
        // The first record pays for buffers that all later ones use.
        subject.process(events.first().unwrap().as_bytes(), |_| {}).unwrap();
        let before = subject.fuel();
        for event in &events {
            subject.process(event.as_bytes(), |_| {}).unwrap();
        }
        (subject.fuel() - before) as f64
    };
    let ratio = instructions(1000) / instructions(10);
    assert!(ratio <= MOST, "a thousand rules cost {ratio:.2} times what ten cost");
}
