//! What earlier events say of later ones: nothing but what reading them would have said.

use crate::{event, process};
use auditgate::Engine;
use serde_json::{Value, json};

#[test]
fn what_is_known_of_one_resource_says_nothing_of_another() {
    let rest = [
        // What an error about a Secret shows in braces is the Secret.
        r#""responseStatus":{"code":400,"message":"cannot apply {hunter22} to it"}"#,
        r#""responseStatus":{"code":400,"message":"cannot apply \"{hunter22}\" to it"}"#,
        r#""extra":{"x":"{\"data\":{\"a\":\"hunter22\"}}"}"#,
        r#""responseObject":{"spec":{"note":"hunter22"}}"#,
    ];
    for rest in rest {
        let mut engine = Engine::new();
        for turn in 0..120 {
            let resource = if turn / 20 % 2 == 0 { "pods" } else { "secrets" };
            for record in [event(resource, rest), json!({"log": event(resource, rest)}).to_string()] {
                let expected = process(&mut Engine::new(), record.as_bytes());
                let answer = process(&mut engine, record.as_bytes());
                assert_eq!(
                    String::from_utf8_lossy(&answer),
                    String::from_utf8_lossy(&expected),
                    "turn {turn}: {record}"
                );
            }
        }
    }
}

#[test]
fn a_string_may_go_on_with_an_escape_where_a_known_one_ended() {
    let mut engine = Engine::new();
    let body = |note: &str| event("pods", &format!(r#""requestObject":{{"spec":{{"note":"{note}","more":1}}}}"#));
    for note in ["plain words", r"plain words\nof two lines", r#"plain words\""#, r"plain words\u0026 more"] {
        for record in [body("plain words"), body("plain words"), body("plain words"), body(note)] {
            let line = json!({"log": record}).to_string();
            let expected = process(&mut Engine::new(), line.as_bytes());
            let answer = process(&mut engine, line.as_bytes());
            assert_eq!(String::from_utf8_lossy(&answer), String::from_utf8_lossy(&expected), "{line}");
        }
    }
}

/// Fields that nobody asks for are not noted of records like earlier ones; a placeholder asks for all.
#[test]
fn a_placeholder_names_what_events_like_earlier_ones_say() {
    let record = event("pods", r#""user":{"username":"alice"},"responseStatus":{"code":201}"#);
    let mut engine = Engine::new();
    for _ in 0..40 {
        process(&mut engine, record.as_bytes());
    }
    engine.lock_down();
    for _ in 0..40 {
        let placeholder: Value = serde_json::from_slice(&process(&mut engine, record.as_bytes())).unwrap();
        let fields =
            json!([placeholder["level"], placeholder["user"]["username"], placeholder["responseStatus"]["code"]]);
        assert_eq!(fields, json!(["RequestResponse", "alice", 201]));
    }
}

#[test]
fn what_rules_see_is_asked_for() {
    let record = event("pods", r#""user":{"username":"alice"}"#);
    let mut engine = Engine::new();
    engine.ask_for_all_fields();
    for _ in 0..40 {
        let mut padded = record.as_bytes().to_vec();
        padded.extend_from_slice(&[0; auditgate::scan::PADDING]);
        let mut padded = auditgate::scan::Padded::new(&mut padded).unwrap();
        let context = auditgate::Context { tag: b"audit.k8s", seconds: 0, nanoseconds: 0 };
        engine.process(context, &mut padded);
        let user = engine.attributes(context, &padded, |attributes| attributes.user.map(<[u8]>::to_vec));
        assert_eq!(user.as_deref(), Some(b"alice".as_slice()));
    }
}

/// Elsewhere strings of fewer than 16 bytes are not looked into.
#[test]
fn short_values_of_a_config_map_are_looked_into() {
    let mut engine = Engine::new();
    let body = |value: &str| event("configmaps", &format!(r#""requestObject":{{"data":{{"f":"{value}"}}}}"#));
    for value in ["a", "b", "c", "d", "a: b", "c: d", "token: hunter2", "pwd=hunter2", "a: b", "token: hunter2"] {
        for _ in 0..3 {
            let answer = String::from_utf8(process(&mut engine, body(value).as_bytes())).unwrap();
            assert!(!answer.contains("hunter2"), "{answer}");
            assert_eq!(answer.as_bytes(), process(&mut Engine::new(), body(value).as_bytes()), "{value}");
        }
    }
}

/// What its bodies are, nobody knows then; also where events like it but for the second resource are known.
#[test]
fn an_event_that_names_two_resources_leaves_as_a_placeholder() {
    let body = |reference: &str| {
        format!(
            r#"{{"auditID":"a1","stage":"ResponseComplete","verb":"get","objectRef":{{{reference}}},"requestObject":{{"data":{{"k":"aHVudGVyMg=="}}}}}}"#
        )
    };
    let mut engine = Engine::new();
    for _ in 0..20 {
        process(&mut engine, body(r#""resource":"pods","name":"n""#).as_bytes());
    }
    for reference in [r#""resource":"pods","resource":"secrets""#, r#""resource":"secrets","resource":"pods""#] {
        for _ in 0..20 {
            let answer: Value = serde_json::from_slice(&process(&mut engine, body(reference).as_bytes())).unwrap();
            assert_eq!(answer["auditgate"]["error"], "E006", "{answer}");
            assert!(answer["requestObject"].is_null(), "{answer}");
        }
    }
}
