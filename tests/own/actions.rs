//! What each action makes of values.

use super::{event, leaves};
use serde_json::{Value, json};

/// What leaves for `value` at `requestObject.x` under this action.
fn acted(action: &str, value: Value) -> Value {
    let redact = format!(
        "hmac: {{id: k1, key: {{file: key}}}}\nrules:\n- {{name: r, paths: [requestObject.x], action: {action}}}"
    );
    leaves(&redact, &event("pods", json!({"requestObject": {"x": value, "y": 1}})))["requestObject"]["x"].clone()
}

#[test]
fn mask_takes_texts_numbers_and_everything_below() {
    for value in
        [json!("abc"), json!(17), json!(true), json!("[redacted:other]"), json!("{\"a\":1}"), json!("\u{e4}\n\"")]
    {
        assert_eq!(acted("mask", value), "[redacted:r]");
    }
    assert_eq!(
        acted("mask", json!({"a": "s", "b": [1, "t", null, ""]})),
        json!({"a": "[redacted:r]", "b": ["[redacted:r]", "[redacted:r]", null, ""]})
    );
}

#[test]
fn remove_takes_the_key_too() {
    for value in [json!("abc"), json!(17), json!(null), json!({"a": {"b": 1}}), json!([1])] {
        assert_eq!(acted("remove", value), Value::Null);
    }
}

/// The expected pseudonym is Python's `hmac.new(b"0123456789abcdef", b"r\0alice", "sha256").hexdigest()[:32]`.
#[test]
fn hmac_is_the_same_for_the_same_value() {
    let alice = "hmac:k1:f9154b34def27c6fc5a571f41179401d";
    assert_eq!(acted("hmac", json!("alice")), alice);
    assert_eq!(acted("hmac", json!(["alice", "bob", {"x": "alice"}]))[2]["x"], alice);
    assert_ne!(acted("hmac", json!("bob")), alice);
    assert_eq!(acted("hmac", json!(17)), acted("hmac", json!("17")));
    assert_eq!(acted("hmac", json!("")), "");
    // A pseudonym of another key is a value like any other.
    let other = alice.replace("k1", "k2");
    assert_ne!(acted("hmac", json!(other)), other.as_str());
}

#[test]
fn truncate_counts_characters() {
    for (value, expected) in [
        (json!("abcd"), json!("abcd")),
        (json!("abcde"), json!("abcd...")),
        (json!("\u{e4}\u{f6}\u{fc}\u{df}x"), json!("\u{e4}\u{f6}\u{fc}\u{df}...")),
        (json!("a\"\n\\b"), json!("a\"\n\\...")),
        (json!("abcd..."), json!("abcd...")),
        (json!(1234), json!(1234)),
        (json!(12345), json!("1234...")),
        (json!("{\"token\":\"hunter22\"}"), json!("[redacted:r]")),
    ] {
        assert_eq!(acted("truncate, max_chars: 4", value), expected);
    }
}

#[test]
fn last4_of_a_short_value_is_nothing() {
    for (value, expected) in [
        ("4111 1111 1111 1234", "[redacted:r]"),
        ("4111 1111 1111 1111 1234", "[redacted:r]1234"),
        ("\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}", "[redacted:r]"),
        ("0123456789012345678\u{e4}\u{f6}\u{fc}\u{df}", "[redacted:r]\u{e4}\u{f6}\u{fc}\u{df}"),
        ("1234", "[redacted:r]"),
    ] {
        assert_eq!(acted("last4", json!(value)), expected);
    }
}

#[test]
fn ip_prefix_takes_valid_addresses_only() {
    for (value, expected) in [
        ("10.1.2.3", "10.1.2.0"),
        ("2001:db8:1:2::3", "2001:db8:1::"),
        ("::ffff:10.1.2.3", "::ffff:10.1.2.0"),
        ("10.1.2.3:443", "[redacted:r]"),
        ("10.1.2.256", "[redacted:r]"),
        ("host.example.com", "[redacted:r]"),
    ] {
        assert_eq!(acted("ip_prefix", json!(value)), expected);
    }
    assert_eq!(
        acted("ip_prefix, ipv4_bits: 16, ipv6_bits: 32", json!(["10.1.2.3", "2001:db8:1::"])),
        json!(["10.1.0.0", "2001:db8::"])
    );
    assert_eq!(acted("ip_prefix", json!(10)), "[redacted:r]");
}

#[test]
fn keep_opens_what_the_catalogue_closes() {
    let secret = ["gh", "p_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].concat();
    let body =
        json!({"data": {"a": secret, "b": "x"}, "password": secret, "metadata": {"managedFields": [{"manager": "m"}]}});
    let record = event("secrets", json!({"requestObject": body}));
    let closed = leaves("catalogue: true", &record);
    assert!(
        !closed.to_string().contains(&secret) && closed["requestObject"]["metadata"].get("managedFields").is_none()
    );
    let kept = "rules:\n- {name: k, paths: [requestObject.data.a, requestObject.metadata.managedFields], action: keep}";
    let open = leaves(kept, &record);
    assert_eq!(open["requestObject"]["data"]["a"], secret.as_str());
    assert_eq!(open["requestObject"]["metadata"]["managedFields"][0]["manager"], "m");
    assert_eq!(open["requestObject"]["data"]["b"], closed["requestObject"]["data"]["b"]);
    assert_eq!(open["requestObject"]["password"], closed["requestObject"]["password"]);
}

/// An action that leaves a part of a value leaves nothing of a secret.
#[test]
fn partial_actions_give_way_to_the_catalogue() {
    let token = ["gh", "p_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].concat();
    for action in ["truncate", "last4"] {
        let rule = format!("rules:\n- {{name: r, paths: [requestObject.**], action: {action}}}");
        let body = json!({"data": {"a": "0123456789012345678901234567890123456789"}, "kind": "Secret"});
        let secret = leaves(&rule, &event("secrets", json!({"requestObject": body})));
        assert!(secret["requestObject"]["data"]["a"].as_str().unwrap().starts_with("[redacted:K01"), "{secret}");
        let body = json!({"note": format!("the token {token} is new and long enough"), "password": "correct horse battery staple",
            "env": [{"name": "DB_PASSWORD", "value": "correct horse battery staple"}, {"value": "correct horse battery staple", "name": "DB_PASSWORD"}]});
        let out = leaves(&rule, &event("pods", json!({"requestObject": body}))).to_string();
        for part in [token.as_str(), "correct", "aple"] {
            assert!(!out.contains(part), "{action}: {part} in {out}");
        }
    }
}

#[test]
fn an_address_that_is_a_password_is_one() {
    let rule = "rules:\n- {name: r, paths: ['requestObject.*'], action: ip_prefix}";
    let out = leaves(rule, &event("pods", json!({"requestObject": {"password": "10.1.2.3", "client": "10.1.2.3"}})));
    assert_eq!(out["requestObject"], json!({"password": "[redacted:N01]", "client": "10.1.2.0"}));
}

#[test]
fn the_first_rule_that_fits_decides() {
    let rules = "rules:\n- {name: one, paths: [requestObject.a.b]}\n- {name: open, paths: [requestObject.a], action: keep}\n- {name: two, paths: ['requestObject.**']}";
    let out = leaves(rules, &event("pods", json!({"requestObject": {"a": {"b": "1", "c": "2"}, "d": "3"}})));
    assert_eq!(out["requestObject"], json!({"a": {"b": "[redacted:one]", "c": "2"}, "d": "[redacted:two]"}));
}
