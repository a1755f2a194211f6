//! Events in the envelopes of clouds: they are redacted, ruled and lowered as if they came bare, and leave in their envelope.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "support/answer.rs"]
mod answer;

use answer::answer;
use auditgate::{Engine, policy};
use serde_json::{Value, json};

fn leaves(engine: &mut Engine, record: &str) -> Value {
    match answer(engine, "audit.cloud", record.as_bytes()) {
        Ok(out) => {
            serde_json::from_slice(&out).unwrap_or_else(|error| panic!("{error} in {}", String::from_utf8_lossy(&out)))
        }
        Err(rule) => json!({ "dropped": rule }),
    }
}

fn engine(policy: &str) -> Engine {
    let text = format!("apiVersion: auditgate/v1\nkind: Policy\n{policy}");
    Engine::with_policy(policy::compile("policy.yaml", text.as_bytes()).unwrap())
}

/// Azure's envelope.
fn azure(log: &Value) -> String {
    json!({"category": "kube-audit", "properties": {"log": log, "pod": "kube-apiserver-1"}, "time": "t"}).to_string()
}

fn corpus() -> Vec<String> {
    let text = std::fs::read_to_string("tests/corpus/kubernetes/falco-traces.jsonl").unwrap();
    text.lines().map(str::to_owned).collect()
}

/// The event of Azure's envelope, which has to be a string if it came as one.
fn unpacked(record: &Value) -> Value {
    let text = record["properties"]["log"].as_str().unwrap_or_else(|| panic!("no string in {record}"));
    serde_json::from_str(text).unwrap()
}

#[test]
fn an_event_in_a_string_is_treated_like_one_in_an_object_and_like_a_bare_one() {
    for policy in [
        "",
        "rules:\n- {level: Metadata}\n",
        "rules:\n- {resources: [{resources: [secrets]}], level: None}\n- {level: Request}\n",
    ] {
        let mut engine = engine(policy);
        for line in corpus() {
            let mut bare = leaves(&mut engine, &line);
            let as_object = leaves(&mut engine, &azure(&serde_json::from_str(&line).unwrap()));
            let as_string = leaves(&mut engine, &azure(&Value::from(line.as_str())));
            assert_eq!(as_string["auditgate"], as_object["auditgate"]);
            assert_eq!(as_string["dropped"], bare["dropped"]);
            if bare["dropped"].is_null() {
                assert_eq!(as_string["auditgate"]["id"], bare["auditgate"]["id"]);
                assert_eq!(as_string["auditgate"]["redactions"], bare["auditgate"]["redactions"]);
                bare.as_object_mut().unwrap().remove("auditgate");
                assert_eq!(unpacked(&as_string), bare);
                assert_eq!(as_string["properties"]["pod"], "kube-apiserver-1");
            }
        }
    }
}

/// The envelope as a line that nothing has parsed, between other members of its record.
fn raw(envelope: &str) -> String {
    json!({"file": "f", "log": envelope, "stream": "s"}).to_string()
}

#[test]
fn a_raw_line_with_an_envelope_is_treated_like_the_envelope() {
    for policy in
        ["", "rules:\n- {level: Metadata}\n", "rules:\n- {resources: [{resources: [secrets]}], level: None}\n"]
    {
        let mut engine = engine(policy);
        for line in corpus() {
            let forms = [Value::from(line.as_str()), serde_json::from_str(&line).unwrap()].map(|log| azure(&log));
            for envelope in forms.iter().flat_map(|form| {
                let spaced = form.replace(r#""category":"#, r#""operationName": "diagnosticLogs", "category": "#);
                [form.clone(), spaced.clone(), spaced.replace(r#""kube-audit""#, r#""kube-audit-admin""#)]
            }) {
                let mut parsed = leaves(&mut engine, &envelope);
                if parsed["dropped"].is_null() {
                    parsed["file"] = "f".into();
                    parsed["stream"] = "s".into();
                }
                assert_eq!(leaves(&mut engine, &raw(&envelope)), parsed);
            }
        }
    }
}

#[test]
fn nobody_breaks_out_of_a_raw_envelope() {
    let event = r#"{"auditID":"a","stage":"s","verb":"get","user":{"username":"eve"}}"#;
    let whole = azure(&Value::from(event));
    let inside = whole.strip_suffix('}').unwrap();
    for line in [
        format!("{whole},\"auditgate\":{{\"routes\":\"+x+\"}}"),
        format!("{whole}{whole}"),
        format!("[{whole}]"),
        format!("{inside}]"),
        inside.to_owned(),
        format!("{inside}}}}}"),
        r#"{"category":"kube-audit"}"#.to_owned(),
    ] {
        let record = leaves(&mut Engine::new(), &raw(&line));
        assert_eq!(record["file"], "f", "{line}: {record}");
        assert_eq!(record["stream"], "s", "{line}");
        assert_eq!(record["auditgate"]["routes"], "+default+", "{line}");
    }
    // An object that ends like an array is none, and stays a text.
    let record = leaves(&mut Engine::new(), &raw(&format!("{inside}]")));
    assert!(record["log"].is_string() && record["category"].is_null(), "{record}");
    // The record's own members come first.
    let forged = whole.replace(r#""time":"t""#, r#""auditgate":{"routes":"+x+"},"file":"g","stream":"t""#);
    let record = leaves(&mut Engine::new(), &raw(&forged));
    assert_eq!((&record["file"], &record["auditgate"]["routes"]), (&json!("f"), &json!("+default+")), "{record}");
    // What is no JSON leaves as a placeholder, without its content.
    let record = leaves(&mut Engine::new(), &raw(&format!("{inside},}}")));
    assert_eq!(record["auditgate"]["error"], "E001", "{record}");
    assert!(!record.to_string().contains("kube-apiserver-1"), "{record}");
}

#[test]
fn a_lowered_event_leaves_its_envelope_without_bodies() {
    let event = r#"{"kind":"Event","level":"RequestResponse","auditID":"a","stage":"ResponseComplete","verb":"create","objectRef":{"resource":"pods"},"requestObject":{"spec":1},"responseObject":{"spec":2}}"#;
    for (level, members) in [("Metadata", 0), ("Request", 1), ("RequestResponse", 2)] {
        let record = leaves(&mut engine(&format!("rules:\n- {{level: {level}}}\n")), &azure(&Value::from(event)));
        let left = unpacked(&record);
        assert_eq!(left["level"], level);
        assert_eq!(left.as_object().unwrap().keys().filter(|key| key.ends_with("Object")).count(), members);
    }
}

#[test]
fn nobody_breaks_out_of_the_string() {
    let event = r#"{"auditID":"a","stage":"s","verb":"get","user":{"username":"eve"}}"#;
    for forged in [
        format!(r#"{event},"pod":"forged""#),
        format!("{event}}},\"auditgate\":{{\"routes\":\"+x+\"}}"),
        format!("{event}{event}"),
        format!("[{event}]"),
        "{}".to_owned(),
        "{ }".to_owned(),
        event.replace("}}", "}"),
        event.replace("}}", "}}]"),
    ] {
        let record = leaves(&mut Engine::new(), &azure(&Value::from(forged.as_str())));
        assert!(record["properties"]["log"].is_string(), "{forged}: {record}");
        assert_eq!(record["properties"]["pod"], "kube-apiserver-1", "{forged}");
        assert_eq!(record["auditgate"]["routes"], "+default+", "{forged}");
    }
}

#[test]
fn text_of_all_kinds_comes_out_as_it_went_in() {
    let hunter = ["hunter", "2hunter2"].concat();
    let event = json!({"auditID": "\u{1f600} \"\\\n\u{7f}\u{1}", "stage": "s", "verb": "get", "annotations": {"a\"b": "ü", "password": hunter}});
    let log = event.to_string().replace("\\u0001", "\\u0001 \\ud83d\\ude00 \\/");
    let record = leaves(&mut Engine::new(), &azure(&Value::from(log.as_str())));
    let mut expected: Value = serde_json::from_str(&log).unwrap();
    expected["annotations"]["password"] = "[redacted:N01]".into();
    assert_eq!(unpacked(&record), expected);
    assert_eq!(record["auditgate"]["redactions"], 1);
    // A lone half of a surrogate pair, and bytes that are no UTF-8.
    let broken =
        azure(&Value::from("{\"auditID\":\"LONE\",\"stage\":\"s\",\"verb\":\"v\"}")).replace("LONE", "\\ud800\\\"x");
    let record = leaves(&mut Engine::new(), &broken);
    assert_eq!(record["properties"]["log"], "[redacted:K00]");
    let broken =
        azure(&Value::from("{\"auditID\":\"LONE\",\"stage\":\"s\",\"verb\":\"v\"}")).replace("LONE", "\\ud800x");
    assert_eq!(unpacked(&leaves(&mut Engine::new(), &broken))["auditID"], "\u{fffd}x");
}

#[test]
fn rules_about_the_string_itself_come_first() {
    let event = r#"{"auditID":"a","stage":"s","verb":"get","user":{"username":"eve"}}"#;
    let record = leaves(
        &mut engine("redact: {rules: [{name: gone, paths: [properties.log], action: remove}]}\n"),
        &azure(&Value::from(event)),
    );
    assert_eq!(record["properties"], json!({"pod": "kube-apiserver-1"}));
    let record =
        leaves(&mut engine("redact: {rules: [{name: name, paths: ['**.username']}]}\n"), &azure(&Value::from(event)));
    assert_eq!(unpacked(&record)["user"]["username"], "[redacted:name]");
    // What is written anew as a whole takes the event with it.
    let record = azure(&Value::from(event)).replace(r#""pod":"#, r#""kind":"Secret","data":{"k":"v"},"pod":"#);
    let record = leaves(&mut Engine::new(), &record);
    assert_eq!(record["properties"]["data"]["k"], "[redacted:K01:1]", "{record}");
}

#[test]
fn bodies_of_google_clouds_entries_go_where_a_rule_lowers_them() {
    let entry = json!({
        "protoPayload": {
            "methodName": "io.k8s.core.v1.configmaps.update", "serviceName": "k8s.io",
            "resourceName": "core/v1/namespaces/shop/configmaps/settings",
            "request": {"kind": "ConfigMap", "data": {"a": "b"}}, "response": {"kind": "ConfigMap"}, "status": {"code": 0},
        },
        "insertId": "i",
    });
    for (level, request, response) in
        [("Metadata", false, false), ("Request", true, false), ("RequestResponse", true, true)]
    {
        let policy = format!(
            "rules:\n- {{resources: [{{resources: [configmaps]}}], namespaces: [shop], verbs: [update], level: {level}}}\n- {{level: None}}\n"
        );
        let payload = &leaves(&mut engine(&policy), &entry.to_string())["protoPayload"];
        assert_eq!(
            (payload.get("request").is_some(), payload.get("response").is_some()),
            (request, response),
            "{level}"
        );
        assert_eq!(payload["methodName"], entry["protoPayload"]["methodName"]);
    }
    // An entry of another service of Google Cloud's has no level that could be lowered.
    let other = entry.to_string().replace("io.k8s.core.v1.configmaps.update", "compute.instances.insert");
    let payload = &leaves(&mut engine("rules:\n- {level: Metadata}\n"), &other)["protoPayload"];
    assert_eq!(payload["request"], entry["protoPayload"]["request"]);
}

/// CloudWatch cuts what is longer than it takes, and says so at the end of the line.
#[test]
fn a_line_that_was_cut_leaves_what_could_be_read_of_its_envelope() {
    let hunter = ["hunter", "2hunter2"].concat();
    let event = format!(
        r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"a1","stage":"ResponseComplete","requestURI":"/x","verb":"create","user":{{"username":"alice"}},"objectRef":{{"resource":"configmaps","namespace":"shop","name":"n"}},"requestObject":{{"data":{{"password":"{hunter}"}}}},"requestReceivedTimestamp":"t"}}"#
    );
    for end in 0..event.len() {
        let cut = format!("{}[Truncated...]", event.get(..end).unwrap());
        for record in [json!({ "log": cut }), json!({ "message": cut, "logStream": "kube-apiserver-audit" })] {
            let record = leaves(&mut Engine::new(), &record.to_string());
            assert!(!record.to_string().contains(&hunter), "{end}: {record}");
            if end > event.find("requestObject").unwrap() {
                assert_eq!(record["auditgate"]["error"], "E001", "{end}: {record}");
                assert_eq!(record["auditgate"]["id"], "a1/ResponseComplete");
                assert_eq!(record["verb"], "create");
                assert_eq!(record["user"]["username"], "alice");
                assert_eq!(record["objectRef"], json!({"resource": "configmaps", "namespace": "shop", "name": "n"}));
            }
        }
    }
}
