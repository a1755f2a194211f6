//! The engine from outside: what leaves for what comes in.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "../support/answer.rs"]
mod answer;
mod commands;
mod pairs;
mod remembered;

use answer::answer;
use auditgate::Engine;
use serde_json::{Value, json};

fn process(engine: &mut Engine, record: &[u8]) -> Vec<u8> {
    answer(engine, "audit.k8s", record).unwrap()
}

/// What leaves for a record, as it is and as a raw line; both must say the same.
fn leaves(record: &str) -> Value {
    let mut engine = Engine::new();
    let parsed: Value = serde_json::from_slice(&process(&mut engine, record.as_bytes())).unwrap();
    let line = json!({"cluster": "c", "log": record}).to_string();
    let text = process(&mut engine, line.as_bytes());
    let mut lifted: Value =
        serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&text)));
    if parsed["auditgate"]["error"].is_null() {
        assert_eq!(lifted.as_object_mut().unwrap().remove("cluster"), Some(json!("c")));
        // A subtree that is folded into a string has the white space that quotes of raw lines turn into.
        assert_eq!(lifted.to_string().replace(' ', ""), parsed.to_string().replace(' ', ""));
    }
    parsed
}

fn event(resource: &str, rest: &str) -> String {
    format!(
        r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"a1","stage":"ResponseComplete","verb":"create","objectRef":{{"resource":"{resource}","namespace":"default","name":"n"}},{rest}}}"#
    )
}

#[test]
fn the_corpus_leaves_as_it_came_but_for_secrets() {
    let corpus = std::fs::read_to_string("tests/corpus/kubernetes/falco-traces.jsonl").unwrap();
    for line in corpus.lines() {
        let before: Value = serde_json::from_str(line).unwrap();
        let after = leaves(line);
        for key in ["auditID", "level", "stage", "verb", "user", "objectRef", "sourceIPs", "requestURI", "annotations"]
        {
            assert_eq!(before[key], after[key]);
        }
        assert_eq!(after["auditgate"]["source"], "kubernetes");
        assert_eq!(
            after["auditgate"]["id"],
            format!("{}/{}", before["auditID"].as_str().unwrap(), before["stage"].as_str().unwrap())
        );
    }
}

/// A reader that lost its place, as Fluent Bit 3.1 does when it is killed, hands over the second half of a line.
#[test]
fn the_second_half_of_a_line_shows_nothing() {
    let canary = ["Zm9v", "YmFy", "UXV4"].concat();
    let body = format!(r#""responseObject":{{"kind":"Secret","data":{{"a":["{canary}"],"b":{{"c":"{canary}"}}}}}}"#);
    let tail = r#""requestReceivedTimestamp":"2026-03-01T00:01:34.1Z","stageTimestamp":"2026-03-01T00:01:34.2Z""#;
    let line = event("secrets", &format!("{body},{tail}"));
    let enveloped = json!({"category": "kube-audit", "properties": {"log": line}}).to_string();
    let mut engine = Engine::new();
    for line in [line, enveloped] {
        for cut in 1..line.len() - 40 {
            let record = json!({"log": line.get(cut..).unwrap()}).to_string();
            let left = String::from_utf8(process(&mut engine, record.as_bytes())).unwrap();
            let shown = ["Zm9vYmFy", "YmFyUXV4"].into_iter().any(|piece| left.contains(piece));
            assert!(!shown, "cut at {cut}: {left}");
        }
    }
    let prose = json!({"log": "the audit.k8s.io API says \"no\""}).to_string();
    let left: Value = serde_json::from_slice(&process(&mut engine, prose.as_bytes())).unwrap();
    assert_eq!(left["log"], "the audit.k8s.io API says \"no\"");
}

/// Nothing of `managedFields` is read but where they end.
#[test]
fn managed_fields_go_whatever_is_in_them() {
    let around = |inside: &str, gap: &str| {
        event(
            "pods",
            &format!(
                r#""responseObject":{{"metadata":{{"managedFields"{gap}:{gap}{inside}{gap},{gap}"name":"web"}}}}"#
            ),
        )
    };
    let nested = format!("{}{}", "[{\"f:a\":".repeat(700), "0}]".repeat(700));
    for inside in [
        r"[]",
        r"{}",
        r#"[{"manager":"kubectl","fieldsV1":{"f:spec":{"k:{\"name\":\"web\"}":{".":{}}}}}]"#,
        r#"["]}","\"]}","\\","\\\"}","\u005d","\n]","\/","ä]","🚀"]"#,
        "[\n\t{ \"a\" : [ 1 , null ] } ]",
        nested.as_str(),
    ] {
        for gap in ["", " ", "\n "] {
            let left = leaves(&around(inside, gap));
            assert_eq!(left["responseObject"], json!({"metadata": {"name": "web"}}), "{inside}");
            assert_eq!(left["auditgate"]["redactions"], 1, "{inside}");
        }
    }
    for open in ["[", "[{", r#"["a]"#, r#"["a\"]"#, "[[]"] {
        let cut = around(open, "").split(r#","name":"web"#).next().unwrap().to_owned();
        assert_eq!(leaves(&cut)["auditgate"]["error"], "E001", "{open}");
    }
}

#[test]
fn what_the_api_server_says_of_old_tokens_stays() {
    let annotations = json!({
        "authentication.k8s.io/stale-token": "subject: system:serviceaccount:shop:web, seconds after warning threshold: 4185802",
        "authentication.k8s.io/legacy-token": "system:serviceaccount:openshift-kube-storage-version-migrator:migrator",
        "authentication.k8s.io/legacy-token-autogenerated-secret": "migrator-token-x7kqz",
        "authentication.k8s.io/legacy-token-manual-secret": "migrator-by-hand-9f27",
        "authentication.k8s.io/legacy-token-invalidated": "migrator-token-x7kqz/shop",
    });
    let after = leaves(&event("pods", &format!(r#""annotations":{annotations}"#)));
    assert_eq!((&after["annotations"], &after["auditgate"]["redactions"]), (&annotations, &json!(0)));
}

#[test]
fn text_that_looks_like_an_escape_is_none() {
    for text in ["\\ud83d\\ude00", "\\uda37", "a\\\\ud83d", "\"\\ud83d\\\"", "\\u00e9 \u{1f600} \\udc00"] {
        let pairs = json!({ text: text, "reason": [text, {text: 1}] });
        let after = leaves(&event("pods", &format!(r#""requestObject":{pairs}"#)));
        assert_eq!(after["requestObject"], pairs);
        // Beside a value that is masked, in a text that is written anew.
        let note = format!("{text} password=hunter22hunter22");
        let after = leaves(&event("pods", &format!(r#""requestObject":{}"#, json!({ "note": note }))));
        assert_eq!(after["requestObject"]["note"], format!("{text} password=[redacted:N01]"));
    }
}

#[test]
fn an_event_without_secrets_is_untouched() {
    let event = event(
        "pods",
        r#""n":[1,-0.10,1E5,{"a":null,"b":[]},{}],"s":"\u00e9\/\n","requestObject":{"kind":"Pod","x":{}}"#,
    );
    let out = process(&mut Engine::new(), event.as_bytes());
    let stamp = out.windows(13).position(|window| window == b",\"auditgate\":").unwrap();
    assert_eq!(&out[..stamp], event.strip_suffix('}').unwrap().as_bytes());
}

#[test]
fn secrets_are_masked_in_every_shape() {
    let masked = |value: &str| value.starts_with("[redacted:");
    let create = leaves(&event(
        "secrets",
        r#""requestObject":{"kind":"Secret","apiVersion":"v1","metadata":{"name":"n","managedFields":[{"a":1}],"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\"data\":{\"a\":\"aHVudGVyMg==\"}}","x":"y"}},"data":{"a":"aHVudGVyMg==","b":"eA=="},"stringData":{"c":"hunter2"},"type":"Opaque"}"#,
    ));
    let body = &create["requestObject"];
    assert!(masked(body["data"]["a"].as_str().unwrap()) && masked(body["stringData"]["c"].as_str().unwrap()), "{body}");
    assert_eq!(body["data"]["a"], "[redacted:K01:12]");
    assert_eq!(body["metadata"], json!({"name": "n", "annotations": {"x": "y"}}));
    assert_eq!(body["type"], "Opaque");
    let list = leaves(&event(
        "secrets",
        r#""responseObject":{"kind":"SecretList","items":[{"metadata":{"name":"n"},"data":{"a":"aHVudGVyMg=="}}]}"#,
    ));
    assert_eq!(list["responseObject"]["items"][0]["data"]["a"], "[redacted:K01:12]");
    let table = leaves(&event(
        "secrets",
        r#""responseObject":{"kind":"Table","rows":[{"cells":["n","Opaque",1],"object":{"metadata":{"name":"n"},"data":{"a":"aHVudGVyMg=="}}}]}"#,
    ));
    assert_eq!(table["responseObject"]["rows"][0]["object"]["data"]["a"], "[redacted:K01:12]");
    let patch = leaves(&event(
        "secrets",
        r#""requestObject":[{"op":"replace","path":"/data/a","value":"aHVudGVyMg=="},{"op":"test","path":"","value":{"data":{"a":"x"}}},{"value":"hunter2","op":"add","path":"/stringData/b"},{"op":"add","path":"/metadata/labels/x","value":"kept"}]"#,
    ));
    assert_eq!(patch["requestObject"][0]["value"], "[redacted:K01:12]");
    assert_eq!(patch["requestObject"][1]["value"]["data"]["a"], "[redacted:K01:1]");
    assert_eq!(patch["requestObject"][2]["value"], "[redacted:K01:7]");
    assert_eq!(patch["requestObject"][3]["value"], "kept");
    let unknown = leaves(&event("secrets", r#""requestObject":{"oops":{"deep":["hunter2",5]}}"#));
    assert_eq!(unknown["requestObject"]["oops"], json!({"deep": ["[redacted:K00]", "[redacted:K00]"]}));
    let string = leaves(&event("secrets", r#""requestObject":"hunter2""#));
    assert_eq!(string["requestObject"], "[redacted:K00]");
}

#[test]
fn a_body_before_its_resource_is_redacted_as_well() {
    let event = r#"{"auditID":"a1","requestObject":{"kind":"Secret","data":{"a":"aHVudGVyMg=="}},"objectRef":{"resource":"secrets"},"stage":"ResponseComplete","verb":"create"}"#;
    assert_eq!(leaves(event)["requestObject"]["data"]["a"], "[redacted:K01:12]");
    let unknown =
        r#"{"auditID":"a1","requestObject":{"data":{"a":"aHVudGVyMg=="}},"stage":"ResponseComplete","verb":"create"}"#;
    assert_eq!(leaves(unknown)["requestObject"]["data"]["a"], "[redacted:K01:12]");
}

#[test]
fn copies_in_annotations_are_redacted() {
    let inner = r#"{\"kind\":\"Deployment\",\"spec\":{\"containers\":[{\"env\":[{\"name\":\"DB_PASSWORD\",\"value\":\"hunter2\"},{\"name\":\"A\",\"value\":\"b\"}]}]}}"#;
    let out = leaves(&event(
        "deployments",
        &format!(
            r#""requestObject":{{"metadata":{{"annotations":{{"kubectl.kubernetes.io/last-applied-configuration":"{inner}"}}}}}}"#
        ),
    ));
    let text = out["requestObject"]["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"]
        .as_str()
        .unwrap();
    let copy: Value = serde_json::from_str(text).unwrap();
    assert_eq!(
        copy["spec"]["containers"][0]["env"],
        json!([{"name": "DB_PASSWORD", "value": "[redacted:N01]"}, {"name": "A", "value": "b"}])
    );
    let secret = r#"{\"apiVersion\":\"v1\",\"data\":{\"a\":\"aHVudGVyMg==\"},\"kind\":\"Secret\"}"#;
    let out = leaves(&event(
        "things",
        &format!(
            r#""requestObject":{{"spec":{{"manifest":"{secret}","object":{{"data":{{"a":"hunter2"}},"kind":"Secret"}}}}}}"#
        ),
    ));
    assert!(!out.to_string().contains("aHVudGVyMg") && !out.to_string().contains("hunter2"), "{out}");
}

#[test]
fn an_object_that_turns_out_to_be_a_secret_still_knows_its_keys() {
    let event = event("things", r#""responseObject":{"kind":"Secret","data":{"a":"aHVudGVyMg=="},"kind":"Pod"}"#);
    let out = String::from_utf8(process(&mut Engine::new(), event.as_bytes())).unwrap();
    assert!(out.contains(r#""kind":"Secret""#) && out.contains(r#""kind#"#), "{out}");
}

/// An API server writes no such kind, but takes one that a client wrote.
#[test]
fn a_kind_with_escapes_may_be_that_of_a_secret() {
    let data = r#""stringData":{"k":"hunter2hunter2"}"#;
    for kind in [
        "Secret",
        r"S\u0065cret",
        r"\u0053ecret",
        r"Secret\u004cist",
        r"Secre\u0074",
        r"\u0053\u0065\u0063\u0072\u0065\u0074",
    ] {
        let data = if kind.contains("ist") { format!(r#""items":[{{{data}}}]"#) } else { data.to_owned() };
        let kind = format!(r#""kind":"{kind}""#);
        for object in
            [format!("{{{kind},{data}}}"), format!("{{{data},{kind}}}"), format!(r#"{{"a":1,{kind},"b":{{}},{data}}}"#)]
        {
            let copy = Value::from(object.as_str());
            let annotations = format!(r#"{{"kubectl.kubernetes.io/last-applied-configuration":{copy}}}"#);
            for body in [
                object.clone(),
                format!(r#"{{"spec":{{"manifest":{object},"more":[{object}]}}}}"#),
                format!(r#"{{"kind":"Widget","metadata":{{"annotations":{annotations}}}}}"#),
                format!(r#"{{"spec":{{"note":{copy}}}}}"#),
            ] {
                let out = leaves(&event("widgets", &format!(r#""requestObject":{body}"#)));
                assert!(!out.to_string().contains("hunter2") && out.to_string().contains("K01"), "{body}: {out}");
            }
        }
    }
    let kept = leaves(&event("widgets", &format!(r#""requestObject":{{"kind":"W\u0069dget",{data}}}"#)));
    assert_eq!(kept["requestObject"]["stringData"]["k"], "hunter2hunter2");
}

/// What is known of events like it must not let a kind through that nobody has read.
#[test]
fn a_kind_with_escapes_is_read_whatever_came_before() {
    let spellings = ["Deployment", r"S\u0065cret", r"\u0053ecret", "Deployment", r"D\u0065ployment", r"S\u0065cret"];
    let data = r#""stringData":{"k":"hunter2hunter2"}"#;
    let empty = r#""stringData":{}"#;
    for order in 0..3 {
        let body = |kind: &str, data: &str| {
            let kind = format!(r#""kind":"{kind}""#);
            let object = match order {
                0 => format!(r#"{{{kind},"apiVersion":"v1",{data}}}"#),
                1 => format!(r#"{{{data},"apiVersion":"v1",{kind}}}"#),
                _ => format!(r#"{{"spec":{{"manifest":{{{kind},{data}}}}},"items":[{{{kind},"a":{{{data}}}}}]}}"#),
            };
            let copy = Value::from(object.as_str());
            [
                format!(r#""requestObject":{object}"#),
                format!(r#""requestObject":{{"spec":{{"manifest":{object}}}}}"#),
                format!(
                    r#""requestObject":{{"metadata":{{"annotations":{{"kubectl.kubernetes.io/last-applied-configuration":{copy}}}}}}}"#
                ),
            ]
        };
        for place in 0..3 {
            let mut engine = Engine::new();
            for (kind, data) in spellings.iter().flat_map(|kind| [(kind, data), (kind, empty), (kind, data)]) {
                let record = event("widgets", &body(kind, data)[place]);
                for record in [json!({"log": record}).to_string(), record] {
                    let expected = process(&mut Engine::new(), record.as_bytes());
                    for _ in 0..20 {
                        let answer = process(&mut engine, record.as_bytes());
                        assert_eq!(String::from_utf8_lossy(&answer), String::from_utf8_lossy(&expected), "{record}");
                    }
                }
            }
        }
    }
}

#[test]
fn tokens_of_requests_and_reviews_are_masked() {
    let request = r#""objectRef":{"resource":"serviceaccounts","subresource":"token"},"responseObject":{"spec":{"audiences":["x"]},"status":{"token":"abc","expirationTimestamp":"2026-01-01T00:00:00Z"}}"#;
    let out = leaves(&format!(r#"{{"auditID":"a1","stage":"ResponseComplete","verb":"create",{request}}}"#));
    assert_eq!(
        out["responseObject"],
        json!({"spec": {"audiences": ["x"]}, "status": {"token": "[redacted:K06]", "expirationTimestamp": "2026-01-01T00:00:00Z"}})
    );
    // A name that is looked at closely asks what the event is about before all of it has been said.
    let named = request.replace(r#","subresource""#, r#","name":"build--password=x","subresource""#);
    let out = leaves(&format!(r#"{{"auditID":"a1","stage":"ResponseComplete","verb":"create",{named}}}"#));
    assert_eq!(out["responseObject"]["status"]["token"], "[redacted:K06]");
    let out = leaves(&event(
        "tokenreviews",
        r#""requestObject":{"spec":{"token":"abc"}},"responseObject":{"spec":{"token":"abc"},"status":{"user":{"username":"u"}}}"#,
    ));
    assert!(out["requestObject"]["spec"]["token"].as_str().unwrap().starts_with("[redacted:"));
    assert_eq!(out["responseObject"]["status"]["user"]["username"], "u");
}

/// The name of an OAuth token is masked wherever its request has it, and takes no other mask away.
#[test]
fn names_of_oauth_tokens_leave_other_masks_in_their_uri() {
    let token = ["gh", "p_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].concat();
    let uri = |rest: &str| {
        let uri = format!("\"requestURI\":\"/apis/oauth.openshift.io/v1{rest}\"");
        leaves(&event("oauthaccesstokens", &uri))["requestURI"]
            .as_str()
            .unwrap()
            .trim_start_matches("/apis/oauth.openshift.io/v1")
            .to_owned()
    };
    let mask = "%5Bredacted:K19%5D";
    for (rest, expected) in [
        ("/oauthaccesstokens/3verySecretName".to_owned(), format!("/oauthaccesstokens/{mask}")),
        (
            format!("/oauthaccesstokens/3verySecretName?token=hunter22&x={token}&y=1"),
            format!("/oauthaccesstokens/{mask}?token=%5Bredacted:N01%5D&x=%5Bredacted:T01%5D&y=1"),
        ),
        (
            "/watch/useroauthaccesstokens/a/status?b=c".to_owned(),
            format!("/watch/useroauthaccesstokens/{mask}/status?b=c"),
        ),
        ("/oauthaccesstokens?watch=true&limit=5".to_owned(), "/oauthaccesstokens?watch=true&limit=5".to_owned()),
        (
            "/oauthaccesstokens?fieldSelector=metadata.name%3D3verySecretName&password=p".to_owned(),
            format!("/oauthaccesstokens?fieldSelector=metadata.name%3D{mask}&password=%5Bredacted:N01%5D"),
        ),
        (
            "/oauthaccesstokens?fieldSelector=metadata.name!=DName,x=y&watch=1".to_owned(),
            format!("/oauthaccesstokens?fieldSelector=metadata.name!={mask},x=y&watch=1"),
        ),
        (format!("/oauthaccesstokens/{mask}?a=b"), format!("/oauthaccesstokens/{mask}?a=b")),
        ("/oauthaccesstokens/%5Bredacted:T44%5D".to_owned(), "/oauthaccesstokens/%5Bredacted:T44%5D".to_owned()),
        // However its characters are written.
        ("\\u002foauthaccess\\u0074okens\\u002f\\u0033verySecretName".to_owned(), format!("/oauthaccesstokens/{mask}")),
        ("/oauthaccesstokens/?a=b".to_owned(), "/oauthaccesstokens/?a=b".to_owned()),
        (format!("/oauthaccesstokens/{mask}secret"), format!("/oauthaccesstokens/{mask}")),
    ] {
        assert_eq!(uri(&rest), expected, "{rest}");
        assert_eq!(uri(&expected), expected, "a second time");
    }
}

#[test]
fn what_is_no_utf8_is_mended_beside_a_mask_as_well() {
    let secret = ["hunter2", "hunter2"].concat();
    for (record, masked) in [
        (
            format!("{{\"a\":\"\u{e9} ~ password={secret} \u{e9}\"}}"),
            "\u{fffd} \u{fffd} password=[redacted:N01] \u{fffd}",
        ),
        (
            format!("{{\"log\":\"\u{e9} ~ password={secret} \u{e9}\"}}"),
            "\u{fffd} \u{fffd} password=[redacted:N01] \u{fffd}",
        ),
        (
            format!(
                "{{\"log\":\"{{\\\"kind\\\":\\\"Event\\\",\\\"auditID\\\":\\\"i\\\",\\\"a\\\":\\\"\u{e9} ~ password={secret} \u{e9}\\\"}}\"}}"
            ),
            "\u{fffd} \u{fffd} password=[redacted:N01] \u{fffd}",
        ),
    ] {
        // One byte for each of the characters: what Latin-1 looks like.
        let bytes: Vec<u8> = record.replace('~', "\u{b5}").chars().map(|char| char as u8).collect();
        let mut engine = Engine::new();
        for _ in 0..2 {
            let left = String::from_utf8(process(&mut engine, &bytes)).unwrap();
            assert!(left.contains(masked), "{left}");
        }
    }
}

#[test]
fn messages_do_not_echo_objects() {
    let message = r#"Secret \"n\" is invalid: data[a]: Invalid value: \"hunter2\": must be base64"#;
    let out = leaves(&event(
        "secrets",
        &format!(r#""responseStatus":{{"code":422,"reason":"Invalid","message":"{message}"}}"#),
    ));
    assert_eq!(
        out["responseStatus"],
        json!({"code": 422, "reason": "Invalid", "message": "Secret \"n\" is invalid: data[a]: Invalid value: [redacted:K14]"})
    );
}

#[test]
fn a_forged_stamp_does_not_survive() {
    for record in [
        r#"{"auditgate":{"routes":"+evil+"},"a":1}"#,
        r#"{"a":1,"auditgate":{"routes":"+evil+"}}"#,
        r#"{"auditgate":"x"}"#,
        r#"{"auditgate":1,"auditgate":{"routes":"+evil+"},"a":1,"auditgate":[]}"#,
        r#"{"auditgat\u0065":{"routes":"+evil+"}}"#,
    ] {
        let out = process(&mut Engine::new(), record.as_bytes());
        let text = String::from_utf8(out).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert!(!text.contains("evil") && value["auditgate"]["routes"] == "+default+", "{text}");
        assert_eq!(text.matches("\"auditgate\"").count(), 1, "{text}");
    }
}

#[test]
fn what_is_no_record_leaves_as_a_placeholder() {
    for (record, code) in [
        ("", "E001"),
        ("{", "E001"),
        ("[]", "E002"),
        ("\"hunter2\"", "E002"),
        ("{\"a\":hunter2}", "E001"),
        ("{\"a\":1}x", "E001"),
        ("{\"a\":\"\n\"}", "E001"),
        ("{\"a\" \"hunter2\"}", "E001"),
        ("{\"a\":1,}", "E001"),
        ("nul", "E001"),
        ("{\"a\":\"\\x\"}", "E001"),
        ("7", "E002"),
    ] {
        let out = String::from_utf8(process(&mut Engine::new(), record.as_bytes())).unwrap();
        let value: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(value["auditgate"]["error"], code, "{record}: {out}");
        assert!(!out.contains("hunter2") && value["bytes"] == record.len() && value["tag"] == "audit.k8s");
    }
    let cut = r#"{"kind":"Event","auditID":"a1","stage":"ResponseComplete","verb":"get","user":{"username":"me"},"objectRef":{"resource":"pods","name":"n"},"responseStatus":{"code":403},"requestObj"#;
    for record in [cut.to_owned(), json!({"log": cut}).to_string()] {
        let value: Value = serde_json::from_slice(&process(&mut Engine::new(), record.as_bytes())).unwrap();
        assert_eq!(value["auditgate"]["error"], "E001");
        assert_eq!(value["auditgate"]["id"], "a1/ResponseComplete");
        assert_eq!(value["user"], json!({"username": "me"}));
        assert_eq!(value["responseStatus"], json!({"code": 403}));
        assert_eq!(value["objectRef"], json!({"resource": "pods", "name": "n"}));
    }
}

#[test]
fn deep_events_are_folded_and_deeper_ones_refused() {
    for depth in [20, 21, 22, 28, 40, 400] {
        let event = event("crds", &format!(r#""x":{}"s"{}"#, "[".repeat(depth), "]".repeat(depth)));
        let out = leaves(&event);
        assert_eq!(out["auditID"], "a1", "{depth}");
        fn nesting(value: &Value) -> usize {
            match value {
                Value::Array(items) => 1 + items.iter().map(nesting).max().unwrap_or(0),
                Value::Object(members) => 1 + members.values().map(nesting).max().unwrap_or(0),
                _ => 0,
            }
        }
        assert_eq!(nesting(&out), 22.min(depth + 1));
    }
    let record = event("crds", &format!(r#""x":{}{}"#, "[".repeat(10_000), "]".repeat(10_000)));
    assert_eq!(leaves(&record)["auditgate"]["error"], "E003");
}

#[test]
fn repeated_keys_stay_apart() {
    let text =
        String::from_utf8(process(&mut Engine::new(), br#"{"a":1,"b":{"c":1,"c":2,"d":3},"a":2,"\u0061":3}"#)).unwrap();
    assert!(text.starts_with(r#"{"a":1,"b":{"c":1,"c#"#), "{text}");
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["b"].as_object().unwrap().len(), 3);
    assert_eq!(value.as_object().unwrap().len(), 5, "{text}");
    // A key of no bytes, whatever follows it.
    let text =
        String::from_utf8(process(&mut Engine::new(), br#"{"":1,"b":2,"":"twelve bytes","":[{}],"":3}"#)).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value.as_object().unwrap().len(), 6, "{text}");
}

#[test]
fn numbers_that_no_double_holds_leave_as_strings() {
    let text = String::from_utf8(process(
        &mut Engine::new(),
        br#"{"a":1e400,"b":18446744073709551616,"c":0.30000000000000004}"#,
    ))
    .unwrap();
    assert!(text.starts_with(r#"{"a":"1e400","b":18446744073709551616,"c":0.30000000000000004,"auditgate""#), "{text}");
}

/// What is written once for a rule is that of the record's own source.
#[test]
fn sources_in_turn_have_their_own_names() {
    let mut engine = Engine::new();
    let audit = event("pods", r#""user":{"username":"jane"}"#);
    for _ in 0..3 {
        for (record, source) in
            [(audit.as_str(), "kubernetes"), (r#"{"a":"b"}"#, "record"), (r#"{"log":"plain"}"#, "text")]
        {
            let left: Value = serde_json::from_slice(&process(&mut engine, record.as_bytes())).unwrap();
            assert_eq!((&left["auditgate"]["source"], &left["auditgate"]["rule"]), (&json!(source), &json!("default")));
        }
    }
}

#[test]
fn ampersands_of_a_uri_may_be_escaped() {
    let uri = |query: &str| {
        let out = leaves(&event("pods", &format!(r#""requestURI":"/api/v1/pods?{query}""#)));
        out["requestURI"].as_str().unwrap().to_owned()
    };
    let query = r"watch=true\u0026resourceVersion=12\u0026timeoutSeconds=300";
    assert_eq!(uri(query), "/api/v1/pods?watch=true&resourceVersion=12&timeoutSeconds=300");
    for (query, secret) in [
        (r"watch=true\u0026token=hunter22", "hunter22"),
        (r"token=hunter22\u0026watch=true", "hunter22"),
        (r"watch=true\u0026to\u006ben=hunter22", "hunter22"),
        (r"watch\u003dtrue\u0026token\u003dhunter22", "hunter22"),
        (r"watch=true\u0026command=mysql\u0026command=-phunter22", "hunter22"),
        (r"watch=true\u0026t%6Fken=hunter22", "hunter22"),
        (r"watch=true\u0026\u0026token=hunter22", "hunter22"),
    ] {
        assert!(!uri(query).contains(secret), "{query}: {}", uri(query));
    }
}

#[test]
fn fields_with_escapes_are_taken_note_of_once() {
    let record = event(r"p\u006fds", r#""user":{"groups":["a=\"b\"","c"]},"verb":"get""#);
    let record = record.replacen(r#""verb":"create","#, "", 1);
    let mut engine = Engine::new();
    let first = process(&mut engine, record.as_bytes());
    assert!(!String::from_utf8_lossy(&first).contains("E006"));
    for _ in 0..40 {
        assert_eq!(String::from_utf8_lossy(&process(&mut engine, record.as_bytes())), String::from_utf8_lossy(&first));
    }
}

/// What a client calls itself, or a program says, does not decide how a line is read.
#[test]
fn a_line_of_json_is_read_as_one_whatever_it_says() {
    for words in ["k COMMAND=", "x CMD (ls)", "invalid user 17 x", "type=login audit(1)"] {
        let record =
            event("secrets", &format!(r#""userAgent":"{words}","requestObject":{{"data":{{"a":"aHVudGVyMg=="}}}}"#));
        let docker = json!({"log": format!("{record}\n"), "stream": "stderr"}).to_string();
        let other = json!({"msg": words, "tokens": ["hunter2"], "env": [{"name": "DB_PASSWORD", "value": "hunter2"}]});
        for line in [record, docker, other.to_string()] {
            let answer = process(&mut Engine::new(), json!({"log": line}).to_string().as_bytes());
            let answer = String::from_utf8(answer).unwrap();
            assert!(!answer.contains("hunter2") && !answer.contains("aHVudGVyMg"), "{answer}");
        }
    }
}
