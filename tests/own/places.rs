//! Which places paths, key names and conditions choose.

use super::{event, leaves, policy, process};
use auditgate::Engine;
use serde_json::json;

const MASK: &str = "[redacted:r]";

#[test]
fn a_path_means_its_place_alone() {
    let body = json!({"spec": {"x": "1", "y": {"x": "2"}}, "x": "3"});
    let record = event("pods", json!({"requestObject": body, "responseObject": body}));
    let out = leaves("rules:\n- {name: r, paths: [requestObject.spec.x]}", &record);
    assert_eq!(out["requestObject"], json!({"spec": {"x": MASK, "y": {"x": "2"}}, "x": "3"}));
    assert_eq!(out["responseObject"], body);
}

#[test]
fn stars_and_indexes() {
    let body = json!({"list": ["a", "b", {"v": "c"}, ["d", "e"]], "map": {"k": {"v": "f"}, "l": {"v": "g"}}});
    for (path, expected) in [
        ("list[1]", json!({"list": ["a", MASK, {"v": "c"}, ["d", "e"]], "map": {"k": {"v": "f"}, "l": {"v": "g"}}})),
        ("list[2].v", json!({"list": ["a", "b", {"v": MASK}, ["d", "e"]], "map": {"k": {"v": "f"}, "l": {"v": "g"}}})),
        ("list[3][0]", json!({"list": ["a", "b", {"v": "c"}, [MASK, "e"]], "map": {"k": {"v": "f"}, "l": {"v": "g"}}})),
        (
            "list[*]",
            json!({"list": [MASK, MASK, {"v": MASK}, [MASK, MASK]], "map": {"k": {"v": "f"}, "l": {"v": "g"}}}),
        ),
        ("list.*", json!({"list": ["a", "b", {"v": "c"}, ["d", "e"]], "map": {"k": {"v": "f"}, "l": {"v": "g"}}})),
        ("map.*.v", json!({"list": ["a", "b", {"v": "c"}, ["d", "e"]], "map": {"k": {"v": MASK}, "l": {"v": MASK}}})),
        ("**.v", json!({"list": ["a", "b", {"v": MASK}, ["d", "e"]], "map": {"k": {"v": MASK}, "l": {"v": MASK}}})),
        ("**[1]", json!({"list": ["a", MASK, {"v": "c"}, ["d", MASK]], "map": {"k": {"v": "f"}, "l": {"v": "g"}}})),
    ] {
        let rule = format!("rules:\n- {{name: r, paths: ['requestObject.{path}']}}");
        assert_eq!(leaves(&rule, &event("pods", json!({"requestObject": body})))["requestObject"], expected, "{path}");
    }
}

/// The first, the last and the only item, of every kind, by index.
#[test]
fn items_are_counted_whatever_they_are() {
    let items = [json!("s"), json!(1), json!(true), json!({"a": 1}), json!([1]), json!({}), json!([]), json!("t")];
    for index in 0..items.len() {
        let rule = format!("rules:\n- {{name: r, paths: ['requestObject.l[{index}]'], action: remove}}");
        let mut expected = items.to_vec();
        expected.remove(index);
        let out = leaves_once(&rule, &event("pods", json!({"requestObject": {"l": items}})));
        assert_eq!(out["requestObject"]["l"], json!(expected), "{index}");
    }
}

/// Removing an item by its index a second time removes another: only here is once enough.
fn leaves_once(redact: &str, record: &serde_json::Value) -> serde_json::Value {
    process(&mut Engine::with_policy(policy(redact)), &record.to_string())
}

#[test]
fn paths_lead_into_nested_texts_bodies_and_patches() {
    let rule = "rules:\n- {name: r, paths: ['requestObject.**.internal', 'requestObject.spec.list[1]']}";
    let nested = json!({"spec": {"internal": "deep", "open": "x"}}).to_string();
    let body =
        json!({"metadata": {"annotations": {"a/b": nested}}, "spec": {"internal": {"a": "b"}, "list": ["p", "q"]}});
    let out = leaves(rule, &event("widgets", json!({"requestObject": body})));
    let text = out["requestObject"]["metadata"]["annotations"]["a/b"].as_str().unwrap();
    assert_eq!(text, json!({"spec": {"internal": MASK, "open": "x"}}).to_string());
    assert_eq!(out["requestObject"]["spec"], json!({"internal": {"a": MASK}, "list": ["p", MASK]}));
    // As a JSON patch, and with the body in front of what says what it is.
    let patch = json!([{"op": "add", "path": "/spec/internal", "value": "v"}, {"op": "add", "path": "/spec/list/1", "value": "w"},
        {"op": "add", "path": "/spec", "value": {"internal": {"a": "b"}, "list": ["p", "q"]}}, {"op": "add", "path": "/open", "value": "x"}]);
    let record = event("widgets", json!({"requestObject": patch}));
    let expected = json!([{"op": "add", "path": "/spec/internal", "value": MASK}, {"op": "add", "path": "/spec/list/1", "value": MASK},
        {"op": "add", "path": "/spec", "value": {"internal": {"a": MASK}, "list": ["p", MASK]}}, {"op": "add", "path": "/open", "value": "x"}]);
    assert_eq!(leaves(rule, &record)["requestObject"], expected);
    let text = record.to_string();
    let (body, rest) = (
        format!("\"requestObject\":{}", record["requestObject"]),
        text.replace(&format!(",\"requestObject\":{}", record["requestObject"]), ""),
    );
    let first = format!("{{{body},{}", rest.trim_start_matches('{'));
    assert_eq!(process(&mut Engine::with_policy(policy(rule)), &first)["requestObject"], expected);
}

#[test]
fn lists_of_objects_are_reached() {
    let rule = "rules:\n- {name: r, paths: ['responseObject.items[*].spec.note']}";
    let body = json!({"kind": "WidgetList", "items": [{"spec": {"note": "a", "open": "b"}}, {"spec": {"note": "c"}}]});
    let out = leaves(rule, &event("widgets", json!({"responseObject": body})));
    assert_eq!(
        out["responseObject"]["items"],
        json!([{"spec": {"note": MASK, "open": "b"}}, {"spec": {"note": MASK}}])
    );
}

#[test]
fn key_names_are_compared_word_by_word() {
    let rule = "rules:\n- {name: r, keys: [employee_id, '*_iban']}";
    let body = json!({"employeeId": "1", "EMPLOYEE-ID": {"a": 2}, "employee": "3", "customerIban": "4", "iban": "5", "ibanHint": "6",
        "env": [{"name": "EMPLOYEE_ID", "value": "7"}, {"value": 8, "name": "EMPLOYEE_ID"}, {"name": "OTHER", "value": "9"}]});
    let out = leaves(rule, &event("widgets", json!({"requestObject": body, "employee.id": "10"})));
    assert_eq!(
        out["requestObject"],
        json!({"employeeId": MASK, "EMPLOYEE-ID": {"a": MASK}, "employee": "3", "customerIban": MASK, "iban": MASK, "ibanHint": "6",
        "env": [{"name": "EMPLOYEE_ID", "value": MASK}, {"value": MASK, "name": "EMPLOYEE_ID"}, {"name": "OTHER", "value": "9"}]})
    );
    assert_eq!(out["employee.id"], MASK);
}

#[test]
fn conditions_are_those_of_the_event() {
    let rule = "rules:\n- {name: r, paths: [requestObject.x], when: {users: ['ci-*'], responseCodes: [4xx], annotations: {a: [b]}}}\n- {name: s, paths: [requestObject.x], when: {resources: [{group: '', resources: [pods]}]}}\n- {name: t, keys: [y]}";
    let mut engine = Engine::with_policy(policy(rule));
    // Forth and back, so that each set of rules that hold follows every other.
    for _ in 0..2 {
        for (user, code, annotation, resource, expected) in [
            ("ci-1", 404, "b", "widgets", MASK),
            ("ci-1", 404, "b", "pods", MASK),
            ("ci-1", 404, "c", "widgets", "v"),
            ("ci-1", 200, "b", "pods", "[redacted:s]"),
            ("alice", 404, "b", "widgets", "v"),
        ] {
            let rest = json!({"user": {"username": user}, "responseStatus": {"code": code}, "requestObject": {"x": "v", "y": "w"}, "annotations": {"a": annotation}});
            for record in [
                event(resource, rest.clone()).to_string(),
                json!({"log": event(resource, rest).to_string()}).to_string(),
            ] {
                let out = process(&mut engine, &record);
                assert_eq!(
                    out["requestObject"],
                    json!({"x": expected, "y": "[redacted:t]"}),
                    "{user} {code} {annotation} {resource}"
                );
            }
        }
    }
}

#[test]
fn the_catalogue_and_its_entries_can_be_switched_off() {
    let token = ["gh", "p_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].concat();
    let body = json!({"note": token, "password": "hunter22", "metadata": {"managedFields": [1]}, "args": ["--token", "hunter22"]});
    let record = event("secrets", json!({"requestObject": body, "requestURI": format!("/x?token={token}")}));
    let pods = event("pods", json!({"requestObject": body}));
    let out = leaves("catalogue: false\nrules:\n- {name: r, keys: [password]}", &record);
    assert_eq!(
        out["requestObject"],
        json!({"note": token, "password": MASK, "metadata": {"managedFields": [1]}, "args": ["--token", "hunter22"]})
    );
    assert_eq!(out["requestURI"], record["requestURI"]);
    let out = leaves("keep: [K05, T01]", &pods);
    assert_eq!(out["requestObject"]["metadata"], body["metadata"]);
    assert_eq!(out["requestObject"]["note"], token.as_str());
    assert_eq!(out["requestObject"]["password"], "[redacted:N01]");
    assert_eq!(out["requestObject"]["args"], json!(["--token", "[redacted:N01]"]));
}

/// The envelope of an event that cannot be read holds nothing that a rule takes out.
#[test]
fn placeholders_keep_to_the_rules() {
    let record = event("pods", json!({"requestObject": {"a": 1}})).to_string();
    let cut = record.get(..record.len() - 3).unwrap();
    let plain = process(&mut Engine::new(), cut);
    assert_eq!(
        (&plain["user"]["username"], &plain["auditgate"]["error"]),
        (&json!("alice@example.com"), &json!("E001"))
    );
    for (redact, name, stays) in [
        ("rules:\n- {name: r, paths: [user.username]}", "user", true),
        ("rules:\n- {name: r, keys: [username], when: {users: [bob]}}", "user", true),
        ("rules:\n- {name: r, patterns: ['[a-z]+@[a-z.]+']}", "user", true),
        ("allow: [verb, stage]", "user", false),
    ] {
        let out = process(&mut Engine::with_policy(policy(redact)), cut);
        assert_eq!(out.get(name), None, "{redact}: {out}");
        assert!(!out.to_string().contains("alice"), "{redact}: {out}");
        assert_eq!(out["stage"], "ResponseComplete");
        assert_eq!(out.get("objectRef").is_some(), stays, "{redact}: {out}");
    }
}
