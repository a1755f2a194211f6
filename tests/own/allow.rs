//! The allow-list: only what it names leaves.

use super::{event, leaves};
use serde_json::{Value, json};

fn record() -> Value {
    event(
        "pods",
        json!({"requestObject": {"spec": {"a": "1", "b": {"c": 2, "d": [true]}, "e": null}, "kind": "Pod"},
            "annotations": {"x": "y"}, "extra": ["z", {"w": 1}], "password": "hunter22"}),
    )
}

#[test]
fn only_what_is_named_leaves() {
    for (allow, expected) in [
        ("[auditID, verb]", json!({"auditID": "a1", "verb": "create"})),
        ("[user.username]", json!({"user": {"username": "alice@example.com"}})),
        ("['requestObject.spec.b']", json!({"requestObject": {"spec": {"b": {"c": 2, "d": [true]}}}})),
        (
            "['requestObject.spec.*']",
            json!({"requestObject": {"spec": {"a": "1", "b": {"c": 2, "d": [true]}, "e": null}}}),
        ),
        ("['extra[1]', password]", json!({"extra": [{"w": 1}], "password": "[redacted:N01]"})),
        (
            "['**.c', 'user.groups[*]']",
            json!({"user": {"groups": ["dev", "ops"]}, "objectRef": {}, "requestObject": {"spec": {"b": {"c": 2, "d": []}}}, "annotations": {}, "sourceIPs": [], "extra": [{}]}),
        ),
        ("[nothing.at.all]", json!({})),
    ] {
        let out = super::process(
            &mut auditgate::Engine::with_policy(super::policy(&format!("allow: {allow}"))),
            &record().to_string(),
        );
        assert_eq!(super::without_map(out.clone()), expected, "{allow}");
        assert_eq!(out["auditgate"]["id"], "a1/ResponseComplete");
        assert_eq!(out["auditgate"]["source"], "kubernetes");
    }
}

/// Every way to have members in front of and behind what leaves, in both forms.
#[test]
fn commas_are_right_whatever_goes() {
    let keys = ["a", "b", "c", "d"];
    for allowed in 1..15_u32 {
        let names: Vec<&str> = (0..4).filter(|bit| allowed >> bit & 1 != 0).map(|bit| keys[bit]).collect();
        let allow = format!(
            "allow: [time, {}]",
            names.iter().map(|name| format!("{name}, extra.{name}")).collect::<Vec<_>>().join(", ")
        );
        let inner = json!({"a": 1, "b": {"x": [1]}, "c": "s", "d": [2]});
        let mut outer = event("pods", inner.clone());
        outer["extra"] = inner;
        let out = leaves(&allow, &outer);
        for key in keys {
            assert_eq!(out.get(key).is_some(), names.contains(&key), "{key} with {allow}");
            assert_eq!(out["extra"].get(key).is_some(), names.contains(&key), "extra.{key} with {allow}");
        }
        assert_eq!(out.as_object().unwrap().len(), names.len() + 1, "{out}");
    }
}

/// What decides about a value counts although it does not leave itself.
#[test]
fn what_does_not_leave_still_decides() {
    let allow = "allow: [requestObject.items, 'requestObject[*].value']";
    let list = json!({"items": [{"kind": "Secret", "data": {"a": "b"}}, {"data": {"a": "b"}, "kind": "Secret"}]});
    let out = leaves(allow, &event("lists", json!({"requestObject": list})));
    assert!(!out.to_string().contains("\"b\""), "{out}");
    let only =
        leaves("allow: ['requestObject.items[*].data', '**.value']", &event("lists", json!({"requestObject": list})));
    assert!(!only.to_string().contains("\"b\""), "{only}");
    assert_eq!(only["requestObject"]["items"][0].get("kind"), None);
    for env in
        [json!({"name": "DB_PASSWORD", "value": "hunter22"}), json!({"value": "hunter22", "name": "DB_PASSWORD"})]
    {
        let out = leaves("allow: ['**.value']", &event("pods", json!({"requestObject": {"env": [env]}})));
        assert_eq!(out["requestObject"]["env"], json!([{"value": "[redacted:N01]"}]));
    }
    // The resource says what the body is, although it does not leave.
    let out = leaves("allow: [requestObject]", &event("secrets", json!({"requestObject": {"data": {"a": "b"}}})));
    assert!(out["requestObject"]["data"]["a"].as_str().unwrap().starts_with("[redacted:K01"), "{out}");
}

#[test]
fn a_patch_shows_nothing_of_what_its_paths_do_not_allow() {
    let patch = json!([{"op": "add", "path": "/spec/x", "value": "in"}, {"op": "add", "path": "/spec/y", "value": "out"},
        {"op": "add", "path": "/spec", "value": {"x": "in", "y": "out"}}, {"op": "add", "path": "/z", "value": {"a": "out"}}]);
    let out =
        once("allow: [requestObject.spec.x, 'requestObject[*].op']", &event("pods", json!({"requestObject": patch})));
    assert!(out.to_string().contains("in") && !out.to_string().contains("out"), "{out}");
}

/// A list of events is no event: what is allowed is allowed of each of its events.
#[test]
fn events_in_lists_and_envelopes_keep_to_it() {
    let allow = "allow: [auditID, user.username, requestObject.spec.open]";
    let inner = |id: &str| {
        let mut event =
            event("pods", json!({"requestObject": {"spec": {"open": "o", "secret": "closed"}, "items": ["closed"]}}));
        event["auditID"] = json!(id);
        event
    };
    let left = |id: &str| json!({"auditID": id, "user": {"username": "alice@example.com"}, "requestObject": {"spec": {"open": "o"}}});
    let list = json!({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "metadata": {"closed": "closed"},
        "items": [inner("a1"), inner("a2"), "closed", "{closed", 7, ["closed"], {"closed": {"closed": 1}}]});
    let expected = json!({"items": [left("a1"), left("a2"), "[redacted:K00]", [], {}]});
    assert_eq!(once(allow, &list), expected);
    let text = once(allow, &json!({"log": list.to_string()}))["log"].as_str().unwrap().to_owned();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
    let cut = once(allow, &json!({"log": format!("{list}")[..600]}));
    assert!(!cut.to_string().contains("closed"), "{cut}");
    assert_eq!(once(allow, &json!({"log": "{\"closed\": \"closed\"}"})), json!({}));
    // In an envelope of AKS the event is an object, or a text.
    let aks =
        json!({"category": "kube-audit", "properties": {"log": inner("a1"), "closed": "closed"}, "closed": "closed"});
    assert_eq!(once(allow, &aks), json!({"properties": {"log": left("a1")}}));
    let aks = json!({"category": "kube-audit", "properties": {"log": inner("a1").to_string()}});
    let out = once(allow, &aks);
    let text = out["properties"]["log"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(text).unwrap(), left("a1"));
    assert_eq!(leaves(allow, &json!({"properties": {"log": "closed"}})), json!({"properties": {}}));
    // A rule that takes it out still does.
    let masks = format!("{allow}\nrules:\n- {{name: r, paths: [properties.log]}}");
    assert_eq!(once(&masks, &aks), json!({"properties": {}}));
    let rule = "rules:\n- {name: r, paths: [items], action: remove}";
    assert_eq!(leaves(&format!("{allow}\n{rule}"), &list), json!({}));
}

#[test]
fn other_records_keep_to_it_too() {
    let out = leaves("allow: [msg]", &json!({"log": "password=hunter22", "msg": "the new token=hunter22", "pid": 3}));
    assert_eq!(out, json!({"msg": "the new token=[redacted:N01]"}));
}

/// Where the path of an operation does not leave, a second time nobody knows where its value stands.
fn once(redact: &str, record: &Value) -> Value {
    super::without_map(super::process(&mut auditgate::Engine::with_policy(super::policy(redact)), &record.to_string()))
}
