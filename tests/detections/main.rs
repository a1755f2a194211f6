//! Detections survive: conditions of Falco's and of Elastic's rules say the same of events before and after.
//!
//! For every rule an event is made that has what the rule asks for, as it is and with secrets in it besides. All rules are evaluated on all of these, and on real
//! and generated events, as they came and as they left the engine. The rules are those of `falco.yml` and `elastic.yml`, and the
//! public ones of checkouts: FALCO_RULES of github.com/falcosecurity/plugins (Apache-2.0), ELASTIC_RULES of github.com/elastic/detection-rules (Elastic
//! License 2.0). The evaluator is this test's own and understands conditions on one event: what counts or joins events is listed and left.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, reason = "a test fails by panicking")]

#[path = "../support/answer.rs"]
mod answer;
#[path = "../sigma/auditd.rs"]
mod auditd;
mod condition;
mod elastic;
mod falco;
mod fields;
mod lexer;
mod rules;

use answer::answer;
use auditgate::Engine;
use auditgate_generate::{Generator, Options, Profile};
use serde_json::{Value, json};

use rules::{Kind, Rule, Rules};

/// How many combinations of alternatives are tried for an event on which a rule fires.
const TRIES: usize = 4096;

#[test]
fn rules_say_the_same_before_and_after() {
    let mut rules = Rules::own();
    let own = rules.read.len();
    rules.add_public();
    let mut silent = Vec::new();
    let mut made = Vec::new();
    for rule in &rules.read {
        match example(rule) {
            Some(record) => made.push((rule, record)),
            None => silent.push(rule.name.as_str()),
        }
    }
    assert!(silent.iter().all(|name| rules.read[..own].iter().all(|rule| rule.name != **name)), "{silent:?}");
    let mut engine = Engine::new();
    let (mut fired, mut redacted) = (0, 0);
    for (rule, record) in &made {
        assert!(fires(rule, record));
        for record in [record.clone(), with_secrets(rule.kind, record)] {
            let after = compare(&rules.read, &mut engine, &record, &mut fired);
            redacted += usize::from(after["auditgate"]["redactions"] != 0);
            assert!(!after.to_string().contains("hunter22hunter22"), "{}: a secret stays: {after}", rule.name);
        }
    }
    assert!(redacted >= made.len(), "secrets were put into each event, and taken out of {redacted} of {}", made.len());
    let logged = logged();
    for record in &logged {
        compare(&rules.read, &mut engine, record, &mut fired);
    }
    say(&format!(
        "{} rules on {} events, {fired} times one fired, the same before and after; no event made for {} rules: {silent:?}; not evaluated, {}: {:?}",
        rules.read.len(),
        2 * made.len() + logged.len(),
        silent.len(),
        rules.left.len(),
        rules.left
    ));
    // Some are switched off by macros that never hold, and some read other records of auditd than that of a started process.
    assert!(silent.len() * 6 <= rules.read.len(), "too many rules without an event that they fire on");
}

/// What leaves, after a look that every rule says the same of it.
fn compare(rules: &[Rule], engine: &mut Engine, record: &Value, fired: &mut usize) -> Value {
    let after = process(engine, record);
    for rule in rules {
        let before = fires(rule, record);
        assert_eq!(before, fires(rule, &after), "{}\nbefore {record}\nafter  {after}", rule.name);
        *fired += usize::from(before);
    }
    after
}

fn fires(rule: &Rule, record: &Value) -> bool {
    let line = record.get("log").and_then(Value::as_str);
    let read = |field: &str| match (rule.kind, line) {
        (Kind::Process, Some(line)) => fields::process(field, line),
        (Kind::Falco, None) => fields::falco(field).read(record),
        (Kind::Kubernetes, None) => fields::elastic(field).read(record),
        _ => Vec::new(),
    };
    let is_its_log = line.is_some() == (rule.kind == Kind::Process);
    is_its_log && rule.condition.holds(&read)
}

/// An event on which a rule fires, made from what it asks for.
fn example(rule: &Rule) -> Option<Value> {
    (0..TRIES).find_map(|choice| {
        let mut wanted = Vec::new();
        rule.condition.wants(&mut choice.clone(), &mut wanted);
        let record = match rule.kind {
            Kind::Process => json!({"log": fields::execve(&wanted)}),
            kind => {
                let mut event = json!({
                    "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse", "auditID": "0a1b",
                    "stage": "ResponseComplete", "requestURI": "/api/v1/namespaces/shop/things", "verb": "create",
                    "user": {"username": "mallory", "groups": ["dev"]}, "sourceIPs": ["198.51.100.7"], "userAgent": "kubectl/v1.31.0",
                    "objectRef": {"resource": "things", "namespace": "shop", "name": "web-0", "apiVersion": "v1"},
                    "responseStatus": {"code": 200}, "annotations": {"authorization.k8s.io/decision": "allow"}
                });
                for (field, value) in &wanted {
                    let place = if kind == Kind::Falco { fields::falco(field) } else { fields::elastic(field) };
                    place.write(&mut event, value);
                }
                event
            }
        };
        fires(rule, &record).then_some(record)
    })
}

/// The same event with secrets where people put them.
fn with_secrets(kind: Kind, record: &Value) -> Value {
    let secret = "hunter22hunter22";
    let mut record = record.clone();
    if kind == Kind::Process {
        let line = record["log"].as_str().unwrap();
        record["log"] = json!(format!("{line} a98=\"--db-password\" a99=\"{secret}\""));
        return record;
    }
    let uri = record["requestURI"].as_str().unwrap_or_default().to_owned();
    if !uri.is_empty() && !uri.contains("cilium") && uri.contains('?') {
        record["requestURI"] = json!(format!("{uri}&access_token={secret}"));
    }
    record["annotations"]["example.com/note"] = json!(format!("login with password={secret} failed"));
    if record["requestObject"].is_object() {
        record["requestObject"]["metadata"]["annotations"]["example.com/api-token"] = json!(secret);
        record["requestObject"]["password"] = json!(secret);
    }
    record
}

/// Real events, and generated ones with secrets in them.
fn logged() -> Vec<Value> {
    let corpus = std::fs::read_to_string("tests/corpus/kubernetes/falco-traces.jsonl").unwrap();
    let options =
        Options { events: 1000, seed: 21, profile: Profile::Mixed, max_bytes: 64 * 1024, ..Options::default() };
    let generated = Generator::new(options).unwrap().map(|event| event.json);
    corpus.lines().map(str::to_owned).chain(generated).map(|line| serde_json::from_str(&line).unwrap()).collect()
}

fn process(engine: &mut Engine, record: &Value) -> Value {
    serde_json::from_slice(&answer(engine, "audit", record.to_string().as_bytes()).unwrap()).unwrap()
}

/// Not eprintln: the test runner would keep it to itself.
pub fn say(text: &str) {
    std::io::Write::write_all(&mut std::io::stderr(), format!("{text}\n").as_bytes()).unwrap();
}

#[test]
fn a_changed_value_is_noticed() {
    let rules = Rules::own();
    for (name, record, path, changed) in [
        (
            "Falco: Service on every node",
            json!({"stage": "ResponseComplete", "objectRef": {"resource": "services"}, "requestObject": {"spec": {"type": "NodePort"}}}),
            "/requestObject/spec/type",
            "[redacted:X]",
        ),
        ("Falco: Unknown user", json!({"stage": "ResponseComplete", "user": {"username": "mallory"}}), "/stage", "x"),
        (
            "Kubernetes: Metadata of the cloud from a pod",
            json!({"requestURI": "/x/exec?command=curl&command=169.254.169.254%2Fa&stdin=true"}),
            "/requestURI",
            "/x/exec?command=curl&command=[redacted:X]",
        ),
        (
            "Process: Passwords looked for",
            json!({"log": "type=EXECVE msg=audit(1.2:3): argc=2 a0=\"grep\" a1=\"password\""}),
            "/log",
            "type=EXECVE msg=audit(1.2:3): argc=2 a0=\"grep\" a1=\"[redacted:X]\"",
        ),
    ] {
        let rule = rules.read.iter().find(|rule| rule.name == name).unwrap();
        assert!(fires(rule, &record), "{name}");
        let mut after = record.clone();
        *after.pointer_mut(path).unwrap() = json!(changed);
        assert!(!fires(rule, &after), "{name}");
    }
}
