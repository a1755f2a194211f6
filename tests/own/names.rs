//! Key names where texts assign to them: prose, command lines, records of auditd, query strings.

use super::{event, leaves, policy, process};
use auditgate::Engine;
use serde_json::{Value, json};

const RULES: &str = "rules:\n- {name: r, keys: [employee_id, '*_iban']}";

fn at(value: Value) -> Value {
    leaves(RULES, &event("pods", json!({"requestObject": {"x": value}})))["requestObject"]["x"].clone()
}

#[test]
fn texts_and_command_lines() {
    for (text, expected) in [
        ("employee_id=4711", "employee_id=[redacted:r]"),
        ("login of employeeId=4711, from \u{e4}", "login of employeeId=[redacted:r], from \u{e4}"),
        ("a: 1\nemployee-id: \"47\\n11\"\nb: 2", "a: 1\nemployee-id: \"[redacted:r]\"\nb: 2"),
        ("employee_id=4711 password=hunter22", "employee_id=[redacted:r] password=[redacted:N01]"),
        ("employee_id=password=hunter22", "employee_id=[redacted:N01]"),
        ("employee_ids=4711, employee=4711", "employee_ids=4711, employee=4711"),
        ("x --customer-iban DE02 y", "x --customer-iban [redacted:r] y"),
    ] {
        assert_eq!(at(json!(text)), expected, "{text}");
    }
    assert_eq!(
        at(
            json!({"command": ["run", "--employee-id", "4711", "--iban=DE02", "-v"], "args": ["--employee-id", "-v", "4711", "--employee=id", "4711"]})
        ),
        json!({"command": ["run", "--employee-id", "[redacted:r]", "--iban=[redacted:r]", "-v"], "args": ["--employee-id", "-v", "4711", "--employee=id", "4711"]})
    );
    let text = "of employee_id=4711 and others";
    assert_eq!(at(json!(super::texts::base64(text))), "[redacted:D01]");
}

#[test]
fn records_of_auditd() {
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02X}")).collect::<String>();
    let head = "type=EXECVE msg=audit(1700000000.1:1): argc=4 a0=\"run\"";
    for (line, expected) in [
        (
            format!("{head} a1=\"--employee-id\" a2=\"4711\" a3=\"--iban=DE02\""),
            format!("{head} a1=\"--employee-id\" a2=\"[redacted:r]\" a3=\"--iban=[redacted:r]\""),
        ),
        (
            format!("{head} a1=\"-c\" a2={}", hex("run --employee-id 4711 -v")),
            format!("{head} a1=\"-c\" a2={}", hex("run --employee-id [redacted:r] -v")),
        ),
        (
            format!("{head} a1=\"--employee-id\" a2={}", hex("47 11")),
            format!("{head} a1=\"--employee-id\" a2=\"[redacted:r]\""),
        ),
        (
            "type=USER_LOGIN msg=audit(1700000000.1:1): pid=1 employee_id=4711 msg='op=login iban=\"DE02\" res=success'".to_owned(),
            "type=USER_LOGIN msg=audit(1700000000.1:1): pid=1 employee_id=[redacted:r] msg='op=login iban=\"[redacted:r]\" res=success'".to_owned(),
        ),
    ] {
        assert_eq!(leaves(RULES, &json!({"log": line}))["log"], expected, "{line}");
    }
}

#[test]
fn query_strings() {
    for (query, expected) in [
        ("a=1&employeeId=4711&b=2", "a=1&employeeId=%5Bredacted:r%5D&b=2"),
        ("employee%5Fid=a,b%20c&b=2", "employee%5Fid=%5Bredacted:r%5D&b=2"),
        (
            "command=run&command=--employee-id&command=4711&command=--iban%3DDE02&stdin=true",
            "command=run&command=--employee-id&command=%5Bredacted:r%5D&command=%5Bredacted:D01%5D&stdin=true",
        ),
        ("command=app+--employee-id+4711+-v&x=1", "command=%5Bredacted:N01%5D&x=1"),
        (
            "command=app+--token+abc+--employee-id+4711",
            "command=app+--token+%5Bredacted:N01%5D+--employee-id+%5Bredacted:r%5D",
        ),
        ("x=--employee-id&command=4711", "x=--employee-id&command=4711"),
        ("command=--iban=DE02&x=1", "command=--iban=%5Bredacted:r%5D&x=1"),
        ("command=--employee-id&command=-v", "command=--employee-id&command=-v"),
        ("command=--employee-id&x=4711", "command=--employee-id&x=4711"),
        ("employee_id=&employees=1", "employee_id=&employees=1"),
    ] {
        let record = event("pods", json!({"requestURI": format!("/api/v1/x?{query}")}));
        assert_eq!(leaves(RULES, &record)["requestURI"], format!("/api/v1/x?{expected}"), "{query}");
    }
}

/// The same value gets the same pseudonym wherever it stands, and what a rule keeps as a member is no exception in texts.
#[test]
fn every_action() {
    let hmac = "hmac: {id: k1, key: {file: key}}\nrules:\n- {name: r, keys: [mail], action: hmac}";
    let record = event(
        "pods",
        json!({"mail": "a@b.example", "requestURI": "/x?mail=a%40b.example&y=1",
            "requestObject": {"x": "of mail=a@b.example;", "args": ["--mail", "a@b.example"]}}),
    );
    let out = leaves(hmac, &record);
    let token = out["mail"].as_str().unwrap();
    assert!(token.starts_with("hmac:k1:") && token.len() == 40, "{token}");
    assert_eq!(out["requestURI"], format!("/x?mail={token}&y=1"));
    assert_eq!(out["requestObject"], json!({"x": format!("of mail={token};"), "args": ["--mail", token]}));
    for (action, expected) in [
        ("truncate, max_chars: 3", "note=012... client=10.1.2.3"),
        ("remove", "note=[redacted:r] client=10.1.2.3"),
        ("last4", "note=[redacted:r]6789 client=10.1.2.3"),
        ("keep", "note=0123456789-0123456789 client=10.1.2.3"),
    ] {
        let redact = format!("rules:\n- {{name: r, keys: [note], action: {action}}}");
        let body =
            json!({"x": "note=0123456789-0123456789 client=10.1.2.3", "args": ["--note", "0123456789-0123456789"]});
        let out = leaves(&redact, &event("pods", json!({"requestObject": body})));
        assert_eq!(out["requestObject"]["x"], expected, "{action}");
        let value = expected.strip_prefix("note=").and_then(|rest| rest.split_once(' ')).unwrap().0;
        assert_eq!(out["requestObject"]["args"], json!(["--note", value]), "{action}");
    }
    let out = leaves(
        "rules:\n- {name: r, keys: [client], action: ip_prefix}",
        &event("pods", json!({"requestObject": {"x": "client=10.1.2.3"}, "requestURI": "/x?client=10.1.2.3"})),
    );
    assert_eq!(
        (&out["requestObject"]["x"], &out["requestURI"]),
        (&json!("client=10.1.2.0"), &json!("/x?client=10.1.2.0"))
    );
    // A part of a secret never stays, and of two rules the first decides.
    let overlap =
        "rules:\n- {name: s, patterns: ['EMP-\\d+ and']}\n- {name: t, keys: [emp]}\n- {name: u, keys: ['*emp']}";
    let out = leaves(
        overlap,
        &event("pods", json!({"requestObject": {"x": "emp=EMP-12 and emp=EMP-13", "args": ["--emp", "x"]}})),
    );
    assert_eq!(
        out["requestObject"],
        json!({"x": "emp=[redacted:s] emp=[redacted:t]", "args": ["--emp", "[redacted:t]"]})
    );
    let both = "rules:\n- {name: r, keys: [token], action: truncate, max_chars: 3}\n- {name: s, patterns: ['EMP-\\d+']}\n- {name: t, keys: [emp]}";
    let out = leaves(
        both,
        &event(
            "pods",
            json!({"requestObject": {"x": "a token=abcdefgh emp=EMP-12 x", "args": ["--token", "abcdefgh"]}}),
        ),
    );
    assert_eq!(out["requestObject"]["x"], "a token=[redacted:N01] emp=[redacted:s] x");
    assert_eq!(out["requestObject"]["args"], json!(["--token", "[redacted:r]"]));
}

/// What is inside of a pair's value is the value, in front of the name and behind it; what the name does not speak of stays.
#[test]
fn values_of_pairs() {
    let redact = "rules:\n- {name: r, keys: [employee_id]}\n- {name: k, keys: [db_password], action: keep}";
    for (name, shown) in [("employee_id", "[redacted:r]"), ("db_password", "4711"), ("level", "4711")] {
        for (value, expected) in [
            (json!("4711"), json!(shown)),
            (json!(["4711", true]), json!([shown, true])),
            (json!({"4712": "4711", "b": [{"c": "4711"}]}), json!({"4712": shown, "b": [{"c": shown}]})),
        ] {
            let members = [format!("\"name\":\"{name}\""), format!("\"value\":{value}")];
            for pair in [members.join(" , "), format!("{},{}", members[1], members[0])] {
                let expected = json!([{"name": name, "value": expected}, {"value": "4711"}]);
                for out in in_order(redact, &format!("{{\"x\":[{{{pair}}},{{\"value\":\"4711\"}}]}}")) {
                    assert_eq!(out["x"], expected, "{pair}");
                }
            }
        }
    }
    // One value too many waits for no name.
    let pair = format!("{{{}\"name\":\"level\"}}", "\"value\":[\"4711\"],".repeat(9));
    for out in in_order(redact, &pair) {
        let out = out.to_string();
        assert_eq!((out.matches("[\"4711\"]").count(), out.matches("[\"[redacted:N02]\"]").count()), (8, 1), "{out}");
    }
}

/// What leaves of a body with its members in this order, parsed and as a raw line.
fn in_order(redact: &str, body: &str) -> [Value; 2] {
    let record = event("pods", json!({"requestObject": "BODY"})).to_string().replace("\"BODY\"", body);
    [record.clone(), json!({"log": record}).to_string()]
        .map(|record| process(&mut Engine::with_policy(policy(redact)), &record)["requestObject"].clone())
}
