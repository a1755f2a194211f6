//! Detections survive: rules in Sigma's form, evaluated by a public evaluator, say the same of events before and after.
//!
//! For every rule an event is made on which it fires (`example.rs`). All rules are then evaluated on all these events, and on real and
//! generated ones, as they came and as they left the engine. The rules are those of `rules.yml`, and with `SIGMA_RULES` set to
//! a checkout of github.com/SigmaHQ/sigma (Detection Rule License 1.1) all of its rules for Kubernetes and Linux logs.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it evaluated"
)]

#[path = "../support/answer.rs"]
mod answer;
mod auditd;
mod example;
mod rules;

use answer::answer;
use auditgate::Engine;
use auditgate_generate::{Generator, Options, Profile};
use serde_json::{Value, json};

use rules::{Rule, Source};

/// An event as it was logged, and what the evaluator sees of it.
struct Case {
    name: String,
    source: Source,
    record: Value,
}

#[test]
fn rules_say_the_same_before_and_after() {
    let rules = rules::all();
    let mut cases = Vec::new();
    let mut silent = Vec::new();
    for rule in &rules {
        match example::of(rule) {
            Some(record) => cases.push(Case { name: rule.title.clone(), source: rule.source, record }),
            None => silent.push(rule.title.as_str()),
        }
    }
    eprintln!(
        "{} rules, {} of them fire on an event made for them; no event made for {silent:?}",
        rules.len(),
        cases.len()
    );
    assert!(silent.len() * 10 <= rules.len(), "too many rules without an event that they fire on: {silent:?}");
    let made = cases.len();
    cases.extend(logged());
    let mut engine = Engine::new();
    let mut fired = 0;
    for (at, case) in cases.iter().enumerate() {
        let before = hits(&rules, case.source, &case.record);
        let left = process(&mut engine, &case.record);
        let after = hits(&rules, case.source, &left);
        assert_eq!(before, after, "{}\nbefore {}\nafter  {left}", case.name, case.record);
        assert!(at >= made || before.contains(&case.name.as_str()), "{} does not fire on its own event", case.name);
        fired += before.len();
    }
    eprintln!("{} events, {fired} times a rule fired, the same before and after", cases.len());
}

/// Real events, and generated ones with secrets in them.
fn logged() -> Vec<Case> {
    let corpus = std::fs::read_to_string("tests/corpus/kubernetes/falco-traces.jsonl").unwrap();
    let options =
        Options { events: 1000, seed: 12, profile: Profile::Mixed, max_bytes: 64 * 1024, ..Options::default() };
    let generated = Generator::new(options).unwrap().map(|event| event.json);
    let lines = corpus.lines().map(str::to_owned).chain(generated);
    lines
        .enumerate()
        .map(|(at, line)| Case {
            name: format!("logged event {at}"),
            source: Source::Kubernetes,
            record: serde_json::from_str(&line).unwrap(),
        })
        .collect()
}

/// The titles of the rules that fire.
fn hits<'r>(rules: &'r [Rule], source: Source, record: &Value) -> Vec<&'r str> {
    let events = rules::events(source, record);
    let fires = |rule: &&Rule| rule.source == source && rule.fires(&events);
    rules.iter().filter(fires).map(|rule| rule.title.as_str()).collect()
}

fn process(engine: &mut Engine, record: &Value) -> Value {
    serde_json::from_slice(&answer(engine, "audit", record.to_string().as_bytes()).unwrap()).unwrap()
}

#[test]
fn a_changed_value_is_noticed() {
    let rules = rules::own();
    let record = json!({"log": "type=EXECVE msg=audit(1700000000.1:7): argc=3 a0=\"grep\" a1=\"-r\" a2=\"password\""});
    let changed =
        json!({"log": "type=EXECVE msg=audit(1700000000.1:7): argc=3 a0=\"grep\" a1=\"-r\" a2=\"[redacted:X]\""});
    assert_eq!(hits(&rules, Source::Auditd, &record), ["Search for passwords in files"]);
    assert!(hits(&rules, Source::Auditd, &changed).is_empty());
}
