//! Patterns, where texts stand and what texts hold.

use super::{event, leaves};
use serde_json::{Value, json};

const RULES: &str = "rules:\n- {name: emp, patterns: ['EMP-\\d{6}']}";

fn at(value: Value) -> Value {
    leaves(RULES, &event("pods", json!({"requestObject": {"x": value}})))["requestObject"]["x"].clone()
}

#[test]
fn parts_of_texts_go() {
    for (text, expected) in [
        ("EMP-123456", "[redacted:emp]"),
        ("of EMP-123456, and EMP-654321.", "of [redacted:emp], and [redacted:emp]."),
        ("\u{e4}\"\nEMP-123456\\", "\u{e4}\"\n[redacted:emp]\\"),
        ("EMP-12345", "EMP-12345"),
        ("{\"a\":\"EMP-123456\"}", "{\"a\":\"[redacted:emp]\"}"),
        ("login password=EMP-123456 x", "login password=[redacted:N01] x"),
        ("EMP-123456 password=hunter22", "[redacted:emp] password=[redacted:N01]"),
    ] {
        assert_eq!(at(json!(text)), expected);
    }
    assert_eq!(at(json!({"EMP-123456": 1})), json!({"[redacted:emp]": 1}));
    assert_eq!(
        at(json!({"command": ["run", "EMP-123456"], "args": ["--token", "EMP-123456"]})),
        json!({"command": ["run", "[redacted:emp]"], "args": ["--token", "[redacted:N01]"]})
    );
}

#[test]
fn encodings_are_looked_into() {
    let text = "employee EMP-123456 of the sales department";
    let once = base64(text);
    let twice = base64(&once);
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    for encoded in [once, twice, hex, percent] {
        assert_eq!(at(json!(encoded)), "[redacted:D01]", "{encoded}");
    }
    // What is too short for the catalogue is looked into where it is a text of its own.
    let hex: String = "EMP-0".bytes().map(|byte| format!("{byte:02x}")).collect();
    for (encoded, stays) in [
        ("RU1QLTEyMzQ1Ng==", false),
        ("RU1QLTEyMzQ1Ng", false),
        (hex.as_str(), true),
        ("deployment", true),
        ("AUVNUC0xMjM0NTYC", true),
        ("of RU1QLTEyMzQ1Ng==", true),
    ] {
        let expected = if stays { encoded } else { "[redacted:D01]" };
        assert_eq!(at(json!(encoded)), expected, "{encoded}");
    }
    let short = "rules:\n- {name: emp, patterns: ['EMP-\\d']}";
    assert_eq!(
        leaves(short, &event("pods", json!({"requestObject": {"x": hex}})))["requestObject"]["x"],
        "[redacted:D01]"
    );
    let escaped: String = "EMP-123456".bytes().map(|byte| format!("\\u00{byte:02x}")).collect();
    let record = event("pods", json!({"requestObject": {"x": "@"}})).to_string().replace('@', &escaped);
    let out = super::process(&mut auditgate::Engine::with_policy(super::policy(RULES)), &record);
    assert_eq!(out["requestObject"]["x"], "[redacted:emp]");
}

#[test]
fn every_text_of_an_event_is_looked_at() {
    let record = event(
        "configmaps",
        json!({"requestURI": "/x/EMP-123456?a=EMP-123456&b=EMP%2D123456&command=sh&command=EMP-123456", "userAgent": "EMP-123456/1", "stage": "ResponseComplete",
            "objectRef": {"resource": "configmaps", "uid": "EMP-123456", "name": "EMP-123456"},
            "responseStatus": {"message": "no EMP-123456 here", "code": 404}, "annotations": {"a": "EMP-123456"},
            "requestObject": {"data": {"f": "a=EMP-123456\nb=2"}, "caBundle": "EMP-123456 and a long text behind it, very long indeed"}}),
    );
    let out = leaves(RULES, &record).to_string();
    assert!(!out.contains("123456"), "{out}");
    assert!(out.contains("/x/%5Bredacted:emp%5D?a=%5Bredacted:emp%5D&b=%5Bredacted:D01%5D"), "{out}");
    for line in [
        "type=EXECVE msg=audit(1700000000.1:1): argc=2 a0=\"id\" a1=\"EMP-123456\"",
        "type=EXECVE msg=audit(1700000000.1:1): argc=2 a0=\"id\" a1=6120454D502D313233343536",
        "Invalid user EMP-123456 from 10.0.0.1 port 22",
    ] {
        let out = leaves(RULES, &json!({"log": line})).to_string();
        let mask: String = "[redacted:emp]".bytes().map(|byte| format!("{byte:02X}")).collect();
        let masked = out.contains("[redacted:") || out.contains(&mask);
        assert!(!out.contains("123456") && !out.contains("313233343536") && masked, "{out}");
    }
    let bytes: Vec<u8> = b"a \xff EMP-123456".to_vec();
    let out = leaves(RULES, &json!({"MESSAGE": bytes}));
    assert_eq!(out["MESSAGE"], "a \u{fffd} [redacted:emp]");
}

#[test]
fn patterns_take_every_action() {
    let text = "from 10.1.2.3 by 0123456789-0123456789-0123456789 end";
    for (action, pattern, expected) in [
        ("ip_prefix", "\\b\\d{1,3}(\\.\\d{1,3}){3}\\b", "from 10.1.2.0 by 0123456789-0123456789-0123456789 end"),
        ("last4", "\\d{10}(-\\d{10})+", "from 10.1.2.3 by [redacted:r]6789 end"),
        ("truncate, max_chars: 3", "\\d{10}(-\\d{10})+", "from 10.1.2.3 by 012... end"),
        ("remove", " by [0-9-]+", "from 10.1.2.3 end"),
        ("hmac", "from", "hmac:k1:46bd70aa562b1971e9e3efef053bc910 10.1.2.3 by 0123456789-0123456789-0123456789 end"),
    ] {
        let redact = format!(
            "hmac: {{id: k1, key: {{file: key}}}}\nrules:\n- {{name: r, patterns: ['{pattern}'], action: {action}}}"
        );
        let out = leaves(&redact, &event("pods", json!({"requestObject": {"x": text}})));
        assert_eq!(out["requestObject"]["x"], expected, "{action}");
    }
}

/// A pattern that the whole text fits, and one that fits masks: nothing changes a second time (which `leaves` checks).
#[test]
fn what_the_rules_wrote_themselves_stays() {
    for pattern in ["redacted| x", "[a-z]* x", "redacted:m", " x", " and [a-z]+", "[^ ]+ x", "an.*x"] {
        let redact = format!(
            "hmac: {{id: k1, key: {{file: key}}}}\nrules:\n- {{name: h, patterns: ['{pattern}'], action: hmac, when: {{verbs: [create]}}}}\n- {{name: m, patterns: ['{pattern}']}}"
        );
        leaves(&redact, &event("pods", json!({"requestObject": {"x": "an x and more x", "password": "p"}})));
    }
}

#[test]
fn caps_on_decoding_mask() {
    let limits = |depth: u32, bytes: u32, text: &str| {
        let policy = format!(
            "apiVersion: auditgate/v1\nkind: Policy\nlimits: {{max_decode_depth: {depth}, max_decoded_bytes: {bytes}}}\n"
        );
        let policy = auditgate::policy::compile("p", policy.as_bytes()).unwrap();
        let record = event("pods", json!({"requestObject": {"x": text}})).to_string();
        super::process(&mut auditgate::Engine::with_policy(policy), &record)["requestObject"]["x"].clone()
    };
    let harmless = "a harmless text of 37 Words and more";
    let (once, twice) = (base64(harmless), base64(&base64(harmless)));
    let json = json!({"a": harmless}).to_string();
    let json_twice = json!({"a": json}).to_string();
    let long = base64(&harmless.repeat(40));
    for (depth, bytes, text, stays) in [
        (3, 1024, &once, true),
        (3, 1024, &twice, true),
        (3, 1024, &json_twice, true),
        (1, 1024, &once, true),
        (1, 1024, &twice, false),
        (1, 1024, &json, true),
        (1, 1024, &json_twice, false),
        (0, 1024, &once, false),
        (0, 1024, &json, false),
        (3, 4096, &long, true),
        (3, 1024, &long, false),
    ] {
        let out = limits(depth, bytes, text);
        assert_eq!(out == text.as_str(), stays, "{depth} {bytes}: {text} left as {out}");
        assert!(stays || out.to_string().contains("[redacted:"), "{out}");
    }
}

/// RFC 4648, section 4.
pub(crate) fn base64(text: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for part in text.as_bytes().chunks(3) {
        let bits = part.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - part.len()));
        for digit in 0..4 {
            let known = digit <= part.len();
            out.push(if known { DIGITS[(bits >> (18 - 6 * digit)) as usize & 63] as char } else { '=' });
        }
    }
    out
}
