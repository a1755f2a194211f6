//! Command lines of containers.

use crate::{event, leaves, process};
use auditgate::Engine;
use serde_json::{Value, json};

/// A container's `command` and `args` are one command line, whichever comes first, and whatever events were like before.
#[test]
fn a_command_and_its_arguments_are_read_together() {
    let body = |inside: &str| {
        event("pods", &format!(r#""requestObject":{{"spec":{{"containers":[{{"name":"web",{inside}}}]}}}}"#))
    };
    let mut engine = Engine::new();
    for (harmless, inside, expected, redactions) in [
        (
            r#""command":["redis-cli"],"args":["-h","web","ping"]"#,
            r#""command":["redis-cli"],"args":["-a","hunter2hunter2","ping"]"#,
            r#""command":["redis-cli"],"args":["-a","[redacted:N01]","ping"]"#,
            1,
        ),
        (
            r#""command":["app","--password"],"args":["true"]"#,
            r#""command":["app","--password"],"args":["x"]"#,
            r#""command":["app","--password"],"args":["[redacted:N01]"]"#,
            1,
        ),
        (
            r#""args":["-h","web"],"command":["mysqladmin"]"#,
            r#""args":["-h","-phunter2"],"command":["mysqladmin"]"#,
            r#""args":["-h","-p[redacted:N01]"],"command":["mysqladmin"]"#,
            1,
        ),
        (
            r#""args":["web"],"command":["app","--token"]"#,
            r#""args":["x","--password=y","-v"],"command":["app","--password=z","--token"]"#,
            r#""args":["[redacted:N01]","--password=[redacted:N01]","-v"],"command":["app","--password=[redacted:N01]","--token"]"#,
            3,
        ),
        // What both readings mask counts once; the longer part stays.
        (
            r#""args":["-uroot"],"command":["mysql"]"#,
            r#""args":["-password=x"],"command":["mysql"]"#,
            r#""args":["-p[redacted:N01]"],"command":["mysql"]"#,
            1,
        ),
        (
            r#""command":["redis-cli"],"lifecycle":{"preStop":{"exec":{"command":["ls"]}}},"args":["-h","web"]"#,
            r#""command":["redis-cli"],"lifecycle":{"preStop":{"exec":{"command":["ls"]}}},"args":["-a","x"]"#,
            r#""command":["redis-cli"],"lifecycle":{"preStop":{"exec":{"command":["ls"]}}},"args":["-a","[redacted:N01]"]"#,
            1,
        ),
        // Another container's command says nothing.
        (
            r#""command":["redis-cli"]},{"args":["-h","x"]"#,
            r#""command":["redis-cli"]},{"args":["-a","x"]"#,
            r#""command":["redis-cli"]},{"args":["-a","x"]"#,
            0,
        ),
    ] {
        let left = leaves(&body(inside));
        let whole: Value = serde_json::from_str(&body(expected)).unwrap();
        assert_eq!(
            (&left["requestObject"], &left["auditgate"]["redactions"]),
            (&whole["requestObject"], &json!(redactions))
        );
        let line = |inside: &str| json!({"log": body(inside)}).to_string();
        for (harmless, record) in [(body(harmless), body(inside)), (line(harmless), line(inside))] {
            for _ in 0..20 {
                process(&mut engine, harmless.as_bytes());
            }
            let fresh = process(&mut Engine::new(), record.as_bytes());
            for _ in 0..5 {
                let answer = process(&mut engine, record.as_bytes());
                assert_eq!(String::from_utf8_lossy(&answer), String::from_utf8_lossy(&fresh));
            }
        }
    }
}

/// Arguments that are all another secret than they seemed to be go as a whole.
#[test]
fn many_arguments_in_front_of_their_command_go_as_a_whole() {
    for (count, expected) in [(3, vec!["-p[redacted:N01]"; 3]), (300, vec!["[redacted:N01]"])] {
        let args = json!(vec!["-password=hunter2"; count]);
        let left = leaves(&event(
            "pods",
            &format!(r#""requestObject":{{"spec":{{"args":{args},"command":["mysql"],"note":"x"}}}}"#),
        ));
        assert_eq!(left["requestObject"]["spec"], json!({"args": expected, "command": ["mysql"], "note": "x"}));
    }
}
