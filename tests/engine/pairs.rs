//! Pairs of name and value, and operations of patches: what one member says about another one beside it.

use crate::{event, process};
use auditgate::Engine;
use serde_json::{Value, json};

#[test]
fn an_operation_of_a_patch_hides_its_secrets_whatever_their_order() {
    let token = format!("gh{}_{}", "p", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    let members = [
        r#""op":"add""#.to_owned(),
        format!(r#""path":"/metadata/annotations/{token}""#),
        r#""value":{"password":"hunter2hunter2","b":[1,2]}"#.to_owned(),
        format!(r#""more":{{"note":"{token}"}}"#),
    ];
    for rotation in 0..members.len() {
        for (one, other) in [(0, 1), (1, 2), (2, 3), (0, 3)] {
            let mut members = members.clone();
            members.rotate_left(rotation);
            members.swap(one, other);
            let operation = format!("{{{}}}", members.join(","));
            let body = format!(r#""requestObject":[{operation},{operation}]"#);
            let record = event("pods", &body);
            for record in [record.clone(), json!({"log": record}).to_string()] {
                let answer = process(&mut Engine::new(), record.as_bytes());
                let answer = String::from_utf8(answer).unwrap();
                assert!(!answer.contains("hunter2") && !answer.contains("c3D4e5F6"), "{record}\n{answer}");
                assert!(answer.contains(r#""redactions":6"#), "{answer}");
            }
        }
    }
}

/// What leaves for a record, and for a line with it; the numbers of keys that an object has twice differ.
fn parsed_and_raw(record: &str) -> [Value; 2] {
    [record.to_owned(), json!({"log": record}).to_string()].map(|record| {
        let out = process(&mut Engine::new(), record.as_bytes());
        serde_json::from_slice(&out).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&out)))
    })
}

#[test]
fn every_name_decides_about_every_value_of_its_pair() {
    for pair in [
        r#""name":"a","key":"DB_PASSWORD","value":"hunter2x""#,
        r#""name":"a","value":"hunter2x","key":"DB_PASSWORD""#,
        r#""name":"a","name":"DB_PASSWORD","value":"hunter2x""#,
        r#""default":"hunter2x","value":"hunter2y","name":"DB_PASSWORD""#,
        r#""value":"hunter2x","value":"hunter2y","name":"DB_PASSWORD""#,
        r#""n\u0061me":"DB_PASSWORD","value":"hunter2x""#,
        r#""value":"hunter2x","n\u0061me":"DB_PASSWORD""#,
        r#""name":"DB_PASSWORD","v\u0061lue":"hunter2x""#,
        r#""value":4711471147114711,"name":"DB_PASSWORD""#,
        r#""value":"hunter2x","x":{"value":"debug"},"name":"DB_PASSWORD""#,
        r#""value":"hunter2x","x":[{"value":"debug"},{"default":1}],"key":"a","name":"DB_PASSWORD""#,
        r#""name":"DB_PASSWORD","values":["hunter2x",{"a":"debug"}]"#,
        r#""values":["hunter2x",4711471147114711, [ "hunter2y" , {"a":["debug",1]}],true,-1.5e3],"key":"a","name":"DB_PASSWORD""#,
        r#""values":[],"value":["hunter2\n\"x"],"name":"DB_PASSWORD""#,
        r#""value":[{"value":["debug"],"name":"x"},"hunter2x"],"name":"DB_PASSWORD""#,
        r#""key":"DB_PASSWORD","value":{"stringValue":"hunter2x"},"x":"debug""#,
        r#""value":{"arrayValue":{"values":[{"stringValue":"hunter2x"},{"intValue":4711471147114711}]},"x":"debug"},"key":"DB_PASSWORD""#,
        r#""name":"DB_PASSWORD","value":{"a":"debug","b":["debug"],"stringValues":"debug"}"#,
    ] {
        let harmless = pair.replace("DB_PASSWORD", "LOG_LEVEL");
        // What stands in other objects says nothing.
        let body = format!(
            r#""requestObject":{{"env":[{{"value":"debug"}},{{{pair}}},{{"name":"DB_PASSWORD"}},{{"value":"debug","x":{{{harmless}}}}}]}}"#
        );
        for out in parsed_and_raw(&event("pods", &body)) {
            let [first, secret, third, fourth] = &out["requestObject"]["env"].as_array().unwrap()[..] else {
                panic!("{out}")
            };
            let shown = secret.to_string();
            assert!(!shown.contains("hunter2") && !shown.contains("4711"), "{shown}");
            assert_eq!((first, third), (&json!({"value": "debug"}), &json!({"name": "DB_PASSWORD"})));
            let shown = fourth.to_string();
            assert!(!shown.contains("redacted") && shown.contains("debug"), "{shown}");
            assert_eq!(
                out["auditgate"]["redactions"],
                ["hunter2", "4711471147114711", "-1500"]
                    .map(|value| shown.matches(value).count())
                    .iter()
                    .sum::<usize>()
            );
        }
    }
}

/// A body that is an array is read as a patch; what is in it may be pairs.
#[test]
fn a_name_decides_in_a_body_that_is_an_array() {
    for value in [r#""hunter2x""#, "4711471147114711", r#"["hunter2x",4711471147114711]"#, r#"[["hunter2x"]]"#] {
        for pair in
            [format!(r#""name":"DB_PASSWORD","value":{value}"#), format!(r#""value":{value},"name":"DB_PASSWORD""#)]
        {
            for out in
                parsed_and_raw(&event("pods", &format!(r#""requestObject":[{{{pair}}},{{"name":"a","value":"b"}}]"#)))
            {
                let shown = out["requestObject"].to_string();
                assert!(!shown.contains("hunter2") && !shown.contains("4711"), "{shown}");
                assert_eq!(out["requestObject"][1], json!({"name": "a", "value": "b"}));
            }
        }
    }
}

#[test]
fn numbers_in_a_body_of_a_secret_are_masked_wherever_they_stand() {
    for body in [
        "[4711]",
        r#"[[4711],{"a":4711}]"#,
        r#"{"data":{"k":[4711]},"n":4711}"#,
        r#"[{"op":"add","path":"","value":[4711]}]"#,
    ] {
        for out in parsed_and_raw(&event("secrets", &format!(r#""requestObject":{body}"#))) {
            assert!(!out.to_string().contains("4711"), "{out}");
        }
    }
}

#[test]
fn an_operation_of_a_patch_that_says_something_twice_shows_no_value() {
    for operation in [
        r#""path":"/a","value":"hunter2x","value":"y""#,
        r#""path":"/a","value":{"a":"hunter2x"},"value":"y""#,
        r#""path":"/a","value":"hunter2x","Value":"y""#,
        r#""path":"/spec/containers/0/env/0/value","value":"hunter2x","path":"/a""#,
        r#""value":{"a":["hunter2x"]},"path":"/a","path":"/b""#,
    ] {
        for out in parsed_and_raw(&event("pods", &format!(r#""requestObject":[{{"op":"add",{operation}}}]"#))) {
            assert!(!out.to_string().contains("hunter2x"), "{out}");
        }
    }
}
