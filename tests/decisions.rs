//! What rules do to whole records: levels, conditions, limits, presets, counts of what was dropped.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use auditgate::policy::{Level, PRESETS, compile};
use auditgate::scan::{PADDING, Padded};
use auditgate::{Context, Engine, Outcome};
use serde_json::{Value, json};

const HEAD: &str = "apiVersion: auditgate/v1\nkind: Policy\n";

fn engine(policy: &str) -> Engine {
    let policy = compile("auditgate.yaml", [HEAD, policy].concat().as_bytes());
    Engine::with_policy(policy.map_err(|found| found.render()).unwrap())
}

/// What leaves of a record at a time; nothing if it is dropped.
fn at(engine: &mut Engine, seconds: u32, event: &Value) -> Option<Value> {
    line_at(engine, seconds, &event.to_string())
}

fn line_at(engine: &mut Engine, seconds: u32, event: &str) -> Option<Value> {
    let mut bytes = event.as_bytes().to_vec();
    bytes.extend([0; PADDING]);
    let mut record = Padded::new(&mut bytes).unwrap();
    match engine.process(Context { tag: b"audit.k8s", seconds, nanoseconds: 0 }, &mut record) {
        Outcome::Record(answer) => Some(serde_json::from_slice(answer).unwrap()),
        Outcome::Dropped { .. } => None,
    }
}

fn event() -> Value {
    json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse",
        "auditID": "9d3f2a51-0c4e-4b7a-8f6d-1e2c3b4a5d6f", "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/shop/pods", "verb": "create",
        "user": {"username": "alice", "groups": ["dev", "system:authenticated"]},
        "sourceIPs": ["203.0.113.7", "10.1.2.3"], "userAgent": "kubectl/v1.31.0",
        "objectRef": {"resource": "pods", "namespace": "shop", "name": "web", "apiVersion": "v1"},
        "responseStatus": {"metadata": {}, "code": 201},
        "requestObject": {"kind": "Pod", "spec": {"hostNetwork": true}},
        "responseObject": {"kind": "Pod", "status": {"phase": "Pending"}},
        "annotations": {"authorization.k8s.io/decision": "allow"}
    })
}

#[test]
fn a_level_takes_bodies_away_and_never_adds_any() {
    for (own, wanted, left, bodies) in [
        ("RequestResponse", "RequestResponse", "RequestResponse", (true, true)),
        ("RequestResponse", "Request", "Request", (true, false)),
        ("RequestResponse", "Metadata", "Metadata", (false, false)),
        ("Request", "RequestResponse", "Request", (true, false)),
        ("Request", "Metadata", "Metadata", (false, false)),
        ("Metadata", "RequestResponse", "Metadata", (false, false)),
        ("Metadata", "Metadata", "Metadata", (false, false)),
    ] {
        let mut event = event();
        event["level"] = own.into();
        let own = Level::from_name(own.as_bytes()).unwrap();
        if own < Level::RequestResponse {
            event.as_object_mut().unwrap().remove("responseObject");
        }
        if own < Level::Request {
            event.as_object_mut().unwrap().remove("requestObject");
        }
        let mut engine = engine(&format!("rules: [{{name: lowered, level: {wanted}}}]\n"));
        let mut record = at(&mut engine, 1, &event).unwrap();
        assert_eq!(record["level"], left, "{own:?} {wanted}");
        assert_eq!((record.get("requestObject").is_some(), record.get("responseObject").is_some()), bodies);
        // All the rest stays as it was.
        for key in ["level", "requestObject", "responseObject", "auditgate"] {
            record.as_object_mut().unwrap().remove(key);
            event.as_object_mut().unwrap().remove(key);
        }
        assert_eq!(record, event);
    }
}

#[test]
fn conditions_read_what_the_record_has() {
    for (rule, fits) in [
        ("{responseCodes: ['2xx']}", true),
        ("{responseCodes: [403]}", false),
        ("{sourceIPs: [10.1.0.0/16]}", true),
        ("{sourceIPs: [203.0.113.0/24]}", false),
        ("{userAgents: ['kubectl/*']}", true),
        ("{userAgents: ['*curl*']}", false),
        ("{annotations: {authorization.k8s.io/decision: [allow]}}", true),
        ("{annotations: {authorization.k8s.io/decision: [forbid]}}", false),
        ("{tags: ['audit.*']}", true),
        ("{tags: ['*.sshd']}", false),
        ("{messages: ['*']}", false),
        ("{sources: [kubernetes]}", true),
        ("{sources: [sshd]}", false),
        ("{stages: [ResponseComplete]}", true),
        ("{stages: [Panic]}", false),
        ("{users: ['al*'], userGroups: ['*authenticated'], verbs: ['c*'], namespaces: ['*ho*']}", true),
        ("{users: ['*b']}", false),
    ] {
        let mut engine = engine(&format!("rules: [{rule}]\n"));
        let record = at(&mut engine, 1, &event()).unwrap();
        assert_eq!(record["auditgate"]["rule"], if fits { "rule-1" } else { "default" }, "{rule}");
    }
}

#[test]
fn conditions_read_lines_as_they_were_written() {
    let line = "type=EOE msg=audit(1764000000.123:4711): \u{e9}";
    for key in ["log", "message", "MESSAGE", "exec"] {
        for (rule, fits) in [
            ("{messages: ['type=EOE *']}", true),
            ("{messages: ['*:4711): \u{e9}']}", true),
            ("{messages: ['*audit(*']}", true),
            ("{messages: ['type=EOE']}", false),
            ("{messages: ['EOE *', '*audit(']}", false),
        ] {
            let mut engine = engine(&format!("rules: [{rule}]\n"));
            let record = at(&mut engine, 1, &json!({ key: line })).unwrap();
            assert_eq!(record["auditgate"]["rule"], if fits { "rule-1" } else { "default" }, "{key} {rule}");
        }
    }
}

#[test]
fn rules_decide_about_managed_fields_that_the_catalogue_leaves_in() {
    let body = || json!({"kind": "Pod", "metadata": {"name": "web", "managedFields": [{"manager": "kubectl"}]}, "items": [{"metadata": {"managedFields": []}}]});
    for (policy, verb, leaves) in [
        ("{}", "create", false),
        ("redact: {keep: [K05]}", "create", true),
        ("redact: {keep: [K05]}\nomitManagedFields: true", "create", false),
        ("redact: {catalogue: false}\nomitManagedFields: true", "create", false),
        ("redact: {keep: [K05]}\nrules: [{verbs: [create], omitManagedFields: true}]", "create", false),
        ("redact: {keep: [K05]}\nrules: [{verbs: [create], omitManagedFields: true}]", "update", true),
        (
            "redact: {keep: [K05]}\nomitManagedFields: true\nrules: [{verbs: [create], omitManagedFields: false}]",
            "create",
            true,
        ),
        (
            "redact: {keep: [K05]}\nomitManagedFields: true\nrules: [{verbs: [create], omitManagedFields: false}]",
            "update",
            false,
        ),
    ] {
        let policy = if policy == "{}" { "" } else { policy };
        let mut engine = engine(&format!("{policy}\n"));
        let mut event = event();
        event["verb"] = verb.into();
        event["requestObject"] = body();
        let late = event.to_string();
        event.as_object_mut().unwrap().remove("requestObject");
        let early = event.to_string().replacen('{', &format!("{{\"requestObject\":{},", body()), 1);
        // The second is read with what the first has taught; the body stands on either side of the fields that decide.
        for event in [&early, &late, &early] {
            let record = line_at(&mut engine, 1, event).unwrap();
            let body = &record["requestObject"];
            assert_eq!(body["metadata"].get("managedFields").is_some(), leaves, "{policy} {verb} {record}");
            assert_eq!(body["items"][0]["metadata"].get("managedFields").is_some(), leaves, "{policy} {verb} {record}");
            assert_eq!(body["metadata"]["name"], "web");
        }
    }
}

#[test]
fn a_limit_drops_what_is_over_it_and_tells_how_much() {
    let mut engine = engine("rules: [{name: chatty, limit: {per_second: 3, by: [user]}}]\n");
    let mut bob = event();
    bob["user"]["username"] = "bob".into();
    let left: Vec<Option<Value>> = (0..10).map(|_| at(&mut engine, 100, &event())).collect();
    assert_eq!(left.iter().flatten().count(), 4);
    // The fourth leaves as its envelope and says why.
    let envelope = left[3].as_ref().unwrap();
    assert_eq!((&envelope["auditgate"]["limited"], &envelope["auditgate"]["rule"]), (&json!(3), &json!("chatty")));
    assert_eq!((&envelope["user"]["username"], envelope.get("requestObject")), (&json!("alice"), None));
    // Somebody else has a count of his own, and his event tells what was dropped, once.
    let other = at(&mut engine, 100, &bob).unwrap();
    assert_eq!(other["auditgate"]["dropped"], json!({"chatty": 6}));
    assert_eq!(at(&mut engine, 100, &bob).unwrap()["auditgate"].get("dropped"), None);
    // The next second begins anew.
    let next = at(&mut engine, 101, &event()).unwrap();
    assert_eq!((next["auditgate"].get("limited"), next["requestObject"].is_object()), (None, true));
    assert_eq!(engine.report().dropped, [("chatty".to_owned(), 6)]);
}

#[test]
fn what_rules_dropped_is_told_within_a_minute() {
    let mut engine = engine(
        "rules: [{name: reads, verbs: [get], level: None}, {name: a-sample, verbs: [list], sample: 0.000001}]\n",
    );
    let with = |verb: &str| {
        let mut event = event();
        event["verb"] = verb.into();
        event
    };
    let mut told = serde_json::Map::new();
    let mut records = 0;
    for second in 0..200 {
        assert_eq!(at(&mut engine, 1000 + second, &with("get")), None);
        if second % 2 == 0 {
            assert_eq!(at(&mut engine, 1000 + second, &with("list")), None);
        }
        let record = at(&mut engine, 1000 + second, &with("create")).unwrap();
        let Some(dropped) = record["auditgate"].get("dropped") else { continue };
        records += 1;
        for (rule, count) in dropped.as_object().unwrap() {
            let sum = told.get(rule).and_then(Value::as_u64).unwrap_or(0) + count.as_u64().unwrap();
            told.insert(rule.clone(), sum.into());
        }
    }
    assert_eq!(records, 3);
    let last = at(&mut engine, 1000 + 300, &with("create")).unwrap();
    let count = |rule: &str| told[rule].as_u64().unwrap() + last["auditgate"]["dropped"][rule].as_u64().unwrap();
    assert_eq!((count("reads"), count("a-sample")), (200, 100));
}

#[test]
fn presets_come_behind_the_policys_own_rules() {
    let lease = |user: &str| {
        let mut event = event();
        event["verb"] = "update".into();
        event["user"]["username"] = user.into();
        event["objectRef"] = json!({"apiGroup": "coordination.k8s.io", "resource": "leases", "namespace": "x"});
        event
    };
    let mut engine = engine("extends: [kubernetes-noise]\nrules: [{name: mine, users: [alice]}]\n");
    assert_eq!(at(&mut engine, 1, &lease("alice")).unwrap()["auditgate"]["rule"], "mine");
    assert_eq!(at(&mut engine, 1, &lease("system:node:one")), None);
    assert_eq!(engine.report().dropped, [("kubernetes-noise-leases".to_owned(), 1)]);
}

#[test]
fn every_preset_checks_and_names_its_rules_after_itself() {
    for preset in &PRESETS {
        let text = format!("{HEAD}extends: [{}]\n", preset.name);
        let policy = compile("auditgate.yaml", text.as_bytes()).map_err(|found| found.render()).unwrap();
        assert_eq!((policy.rules().len(), policy.warnings().items()), (preset.rules.len(), &[][..]));
        // Written out as rules of a policy they are held against the schema, too, and mean the same.
        let written: String = preset.rules.iter().map(|rule| format!("- {}\n", rule.text)).collect();
        let alone = compile("auditgate.yaml", format!("{HEAD}rules:\n{written}").as_bytes());
        let alone = alone.map_err(|found| found.render()).unwrap();
        for (rule, other) in policy.rules().iter().zip(alone.rules()) {
            let prefix = preset.name.trim_end_matches("-default");
            assert!(rule.name.starts_with(&format!("{prefix}-")), "{}", rule.name);
            assert_eq!((&rule.conditions, rule.level, &rule.name), (&other.conditions, other.level, &other.name));
        }
    }
}
