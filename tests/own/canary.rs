//! A canary behind each action, in random events: nothing of it leaves.

use super::{event, policy, process};
use auditgate::Engine;
use serde_json::{Map, Value, json};

const CANARY: &str = "canary-7Q5zR2xW9vK4";

struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }

    /// Random JSON with the canary under the key `target` somewhere.
    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 5 } else { 8 }) {
            0 => json!("text"),
            1 => json!(self.below(1000)),
            2 => json!(true),
            3 => Value::Null,
            4 => json!("a, \"b\" \u{e4}"),
            5 => Value::Array((0..self.below(4)).map(|_| self.value(depth - 1)).collect()),
            6 => Value::String(self.object(depth - 1).to_string()),
            _ => self.object(depth - 1),
        }
    }

    fn object(&mut self, depth: usize) -> Value {
        let mut map = Map::new();
        for _ in 0..self.below(5) {
            let key = ["a", "b", "spec", "name", "label", "value", "items", "data", "note"][self.below(9)];
            let value = self.value(depth);
            map.insert(key.to_owned(), value);
        }
        if self.below(2) == 0 {
            let target = match self.below(4) {
                0 => json!([CANARY, {"x": CANARY}, 1]),
                1 => json!({"deep": [CANARY]}),
                2 => Value::String(json!({"x": CANARY}).to_string()),
                _ => json!(CANARY),
            };
            map.insert("target".to_owned(), target);
        }
        Value::Object(map)
    }
}

/// No eight bytes of the canary stand in the text.
fn assert_gone(out: &Value, what: &str) {
    let text = out.to_string();
    for piece in CANARY.as_bytes().windows(8) {
        let piece = std::str::from_utf8(piece).unwrap();
        assert!(!text.contains(piece), "`{piece}` left: {what}\n{text}");
    }
}

#[test]
fn nothing_of_a_canary_leaves() {
    let policies = [
        "rules:\n- {name: r, paths: ['**.target']}",
        "rules:\n- {name: r, keys: [target]}",
        "rules:\n- {name: r, keys: [target], action: remove}",
        "rules:\n- {name: r, paths: ['requestObject.**.target', 'other.**.target'], action: hmac}",
        "rules:\n- {name: r, keys: [target], action: truncate, max_chars: 4}",
        "rules:\n- {name: r, keys: [target], action: last4}",
        "rules:\n- {name: r, keys: [target], action: ip_prefix}",
        "rules:\n- {name: r, patterns: ['canary-\\w+']}",
        "rules:\n- {name: r, patterns: ['canary-\\w+'], action: hmac, when: {verbs: [create]}}",
        "rules:\n- {name: r, keys: [target], when: {responseCodes: [200]}}\n- {name: s, patterns: ['canary-\\w+'], when: {responseCodes: [4xx]}}\n- {name: s, patterns: ['canary-\\w+']}",
        "allow: [auditID, '**.a', '**.b', '**.name', '**.kind', '**.value']",
    ];
    let mut random = Random(42);
    let mut seen = 0;
    for redact in policies {
        let with_key = format!("hmac: {{id: k1, key: {{file: key}}}}\n{redact}");
        let mut engine = Engine::with_policy(policy(&with_key));
        for round in 0..150 {
            let allow = redact.starts_with("allow");
            let mut body = random.object(4);
            if allow {
                // What is allowed may hold the canary by right; here it stands beside only.
                body = json!({"target": CANARY, "spec": {"target": [CANARY], "a": 1}, "items": [CANARY, {"b": 2, "target": {"x": CANARY}}]});
            }
            let resource = ["pods", "secrets", "configmaps"][round % 3];
            let mut record = event(
                resource,
                json!({"requestObject": body, "responseStatus": {"code": 200}, "other": if allow { json!(1) } else { random.object(3) }}),
            );
            if round % 4 == 0 {
                // The body in front of what says what it is.
                let mut turned = Map::new();
                let body = record.as_object_mut().unwrap().remove("requestObject").unwrap();
                turned.insert("requestObject".to_owned(), body);
                turned.extend(record.as_object().unwrap().clone());
                record = Value::Object(turned);
            }
            let text = record.to_string();
            seen += usize::from(text.contains(CANARY));
            assert_gone(&process(&mut engine, &text), redact);
            assert_gone(&process(&mut engine, &json!({"log": text}).to_string()), redact);
            // Cut anywhere, as Fluent Bit does with long lines.
            let mut cut = random.below(text.len());
            while !text.is_char_boundary(cut) {
                cut -= 1;
            }
            assert_gone(&process(&mut engine, &text[..cut]), redact);
            assert_gone(&process(&mut engine, &json!({"log": text[..cut]}).to_string()), redact);
        }
    }
    assert!(seen > 1_000, "{seen}");
}
