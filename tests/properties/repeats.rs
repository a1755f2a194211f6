//! An engine remembers the shapes of what it has seen. Whatever that was, it answers as one that has seen nothing.

use crate::cases;
use crate::check::answer;
use crate::random::Random;
use auditgate::Engine;
use auditgate::policy::compile;
use auditgate_generate::{Generator, Options, Profile};
use serde_json::Value;

/// What is put in the place of a part of an event: what ends strings and values, what is secret, and what only looks like something.
fn spoiler(random: &mut Random) -> String {
    let token = ["gh", "p_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].concat();
    let plain = [
        "\"",
        "\\\"",
        "\\\\\"",
        "\\",
        "\\u0041",
        "\u{e9}",
        "{",
        "[",
        "}",
        "]",
        ",",
        ":",
        " ",
        "\t",
        "1",
        "-0.5e3",
        "1e999",
        "true",
        "null",
        "\"\"",
        "Secret",
        "SecretList",
        "secrets",
        "password=hunter22",
        "\",\"kind\":\"Secret\",\"data\":{\"a\":\"c2VjcmV0\"},\"x\":\"",
        "\",\"verb\":\"get",
        "\":{\"password\":\"hunter22\"},\"y\":\"",
        "?token=abcdefgh12345678",
        "{\\\"password\\\":\\\"hunter22\\\"}",
        "\u{1}",
        "\u{ff}\u{ff}\u{ff}\u{ff}",
        "",
    ];
    match random.below(8) {
        0 => token,
        1 => "a".repeat(random.below(40)),
        2 => random.below(100_000).to_string(),
        _ => (*random.pick(&plain)).to_owned(),
    }
}

/// The event with some of its characters replaced.
fn spoilt(random: &mut Random, event: &str) -> String {
    let mut text = event.to_owned();
    for _ in 0..=random.below(3) {
        let mut start = random.below(text.len());
        let mut end = (start + random.below(12)).min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        while !text.is_char_boundary(end) {
            end += 1;
        }
        text.replace_range(start..end, &spoiler(random));
    }
    text
}

#[test]
fn what_was_seen_before_changes_no_answer() {
    let corpus = include_str!("../corpus/kubernetes/falco-traces.jsonl").lines().map(str::to_owned);
    let generated = [Profile::Secrets, Profile::Benign].into_iter().flat_map(|profile| {
        let options = Options { events: 60, seed: 3, profile, min_bytes: 0, max_bytes: 4096 };
        Generator::new(options).unwrap().map(|event| event.json)
    });
    let events: Vec<String> = corpus.chain(generated).collect();
    for engine in engines(
        "redact: {rules: [{name: k, keys: [namespace, image, description]}, {name: d, patterns: ['2[0-9]{3}']},
        {name: w, paths: [user.username, '**.uid'], action: truncate, max_chars: 3, when: {verbs: [create, patch]}}]}",
    ) {
        repeat(&events, engine);
    }
}

/// Engines with nothing but the catalogue, and with a policy that holds this, too.
fn engines(policy_text: &str) -> [impl Fn() -> Engine; 2] {
    let policy = |more: &str| {
        let text = format!("apiVersion: auditgate/v1\nkind: Policy\n{more}");
        compile("policy.yaml", text.as_bytes()).unwrap_or_else(|error| panic!("{}", error.render()))
    };
    [policy(""), policy(policy_text)].map(|policy| move || Engine::with_policy(policy.clone()))
}

fn repeat(events: &[String], engine: impl Fn() -> Engine) {
    let mut remembering = engine();
    let random = &mut Random::new(11);
    for event in events.iter().chain(events) {
        for raw in [false, true] {
            let wrap = |event: &str| if raw { format!("{{\"log\":{}}}", Value::from(event)) } else { event.to_owned() };
            answer(&mut remembering, wrap(event).as_bytes());
        }
    }
    for turn in 0..cases() {
        let event = &events[random.below(events.len())];
        let event = if turn % 3 == 0 { event.clone() } else { spoilt(random, event) };
        let record = if random.chance(50) { format!("{{\"log\":{}}}", Value::from(event)) } else { event };
        // Again: what the first ones made the engine learn must change neither the next one nor one that is like it but for a part.
        let like = spoilt(random, &record);
        for record in [&record, &record, &record, &like] {
            let expected = answer(&mut engine(), record.as_bytes());
            assert_eq!(answer(&mut remembering, record.as_bytes()), expected, "case {turn}: {record}");
        }
    }
}

/// Names that decide about values: their own, or those beside them and below.
const TELLING: [&str; 20] = [
    "password",
    "apiKey",
    "token",
    "secret",
    "data",
    "stringData",
    "name",
    "value",
    "key",
    "kind",
    "command",
    "args",
    "env",
    "annotations",
    "message",
    "op",
    "path",
    "metadata",
    "items",
    "note",
];

/// JSON of telling names around `value`, the same for the same seed; `neighbour` stands beside it, or what the seed says.
fn shape(random: &mut Random, depth: usize, value: &str, neighbour: Option<&str>) -> String {
    if depth == 0 {
        return value.to_owned();
    }
    let inner = shape(random, depth - 1, value, neighbour);
    let own = random.pick(&NEIGHBOURS);
    let neighbour = neighbour.unwrap_or(own);
    // Pairs more often than chance would have them: of a pair one says what the other is.
    let (one, other) =
        if random.chance(40) { ("name", "value") } else { (random.pick(&TELLING), random.pick(&TELLING)) };
    let (one, other) = (random.literal(one), random.literal(other));
    match random.below(5) {
        0 => format!("[{inner}]"),
        1 => format!("[{neighbour},{inner}]"),
        2 if one != other => format!("{{{one}:{neighbour},{other}:{inner}}}"),
        3 if one != other => format!("{{{other}:{inner},{one}:{neighbour}}}"),
        _ => format!("{{{other}:{inner}}}"),
    }
}

/// What may decide about a value beside it.
const NEIGHBOURS: [&str; 10] =
    ["\"\"", "\"DB_PASSWORD\"", "\"MODE\"", "\"--password\"", "\"replace\"", "\"/data/k\"", "\"Pod\"", "1", "{}", "[]"];

const RESOURCES: [&str; 5] = ["pods", "widgets", "configmaps", "secrets", "oauthaccesstokens"];

/// A place is met with nothing to hide in it, again and again; then something secret stands there, or what decides about it is another.
#[test]
fn a_place_that_was_harmless_hides_no_secret() {
    for engine in engines(
        "redact: {rules: [{name: k, keys: [mode, annotations]}, {name: p, patterns: [plain]},
        {name: w, paths: ['**.note', '**.path'], action: last4, when: {verbs: [update]}}]}",
    ) {
        visit_again(engine);
    }
}

fn visit_again(engine: impl Fn() -> Engine) {
    let mut remembering = engine();
    for seed in 0..cases() {
        let at = &mut Random::new(seed ^ 0x9000_0000);
        let token = at.token().0;
        let secret = at.secret();
        let (resource, field) =
            (at.pick(&RESOURCES), at.pick(&["requestObject", "responseObject", "annotations", "extra"]));
        let (depth, raw) = (1 + at.below(4), at.chance(50));
        // As JSON in a string, behind a name that is written in one way or another.
        let in_string =
            at.chance(40).then(|| at.pick(&["n", "\u{e9}", r"\u00e9", r"\/", r"\\\/", r"\ud83d\ude00", "\u{1f600}"]));
        let harmless = at.pick(&["\"\"", "\"plain\"", "null", "true", "\"[redacted:N01]\""]);
        let record = |id: usize, resource: &str, value: &str, neighbour: Option<&str>| {
            let mut body = shape(&mut Random::new(seed), depth, value, neighbour);
            if let Some(name) = in_string {
                let inner = Value::from(body).to_string();
                body = format!(r#"{{"x":"{{\"{name}\":1,\"y\":{}}}"}}"#, inner.trim_matches('"'));
            }
            let event = format!(
                r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"5c385647-b035-4660-b4b5-4232bcf6{id:04}","stage":"ResponseComplete","verb":"update","user":{{"username":"jane"}},"objectRef":{{"resource":"{resource}","name":"n"}},"{field}":{body},"stageTimestamp":"2026-01-01T00:00:00.000000Z"}}"#
            );
            if raw { format!("{{\"log\":{}}}", Value::from(event)) } else { event }
        };
        for id in 0..4 {
            answer(&mut remembering, record(id, resource, harmless, None).as_bytes());
        }
        let values = [
            format!("\"{secret}\""),
            format!("\"{token}\""),
            "\"c2VjcmV0IHNlY3JldCBzZWNyZXQ=\"".to_owned(),
            "{\"password\":\"hunter22\"}".to_owned(),
        ];
        let records = values
            .iter()
            .map(|value| record(9, resource, value, None))
            .chain(RESOURCES.iter().map(|other| record(9, other, harmless, None)))
            .chain(NEIGHBOURS.iter().map(|other| record(9, resource, harmless, Some(other))));
        for record in records {
            let expected = answer(&mut engine(), record.as_bytes());
            assert_eq!(answer(&mut remembering, record.as_bytes()), expected, "seed {seed}: {record}");
        }
    }
}

/// An event of which only the id and what is given differ.
fn of_a_pod(id: usize, object: &str, message: &str) -> String {
    format!(
        r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"5c385647-b035-4660-b4b5-4232bcf6{id:04}","stage":"ResponseComplete","verb":"create","user":{{"username":"jane"}},"objectRef":{{"resource":"pods","namespace":"team-a","name":"web"}},"responseStatus":{{"code":422,"message":"{message}"}},"requestObject":{object},"stageTimestamp":"2026-01-01T00:00:00.000000Z"}}"#
    )
}

/// What says of a value that it is a secret, one each; and what is only seen in what a policy makes of an event.
#[test]
fn what_decides_may_not_differ_in_a_known_shape() {
    let pod = |arguments: &str| format!(r#"{{"spec":{{"containers":[{{"name":"c","args":[{arguments}]}}]}}}}"#);
    let manifest =
        |kind: &str| format!(r#"{{"spec":{{"object":{{"kind":"{kind}","data":{{"k":"cGxhaW4gdmFsdWU="}}}}}}}}"#);
    let escaped =
        |end: &str| format!(r#"{{"metadata":{{"annotations":{{"note":"a \"quoted\" word"}}}},"spec":{{"x":{end}}}}}"#);
    let pairs = [
        (of_a_pod(0, &pod(r#""--mode","plain-words""#), ""), of_a_pod(9, &pod(r#""--password","plain-words""#), "")),
        (of_a_pod(0, &pod(r#""-v","plain-words""#), ""), of_a_pod(9, &pod(r#""-v","--token=plain-words""#), "")),
        (of_a_pod(0, "{}", "denied"), of_a_pod(9, "{}", r#"Invalid value: \"hunter2hunter2\": too short"#)),
        (of_a_pod(0, "{}", "nothing to do"), of_a_pod(9, "{}", "unable to parse what stands here")),
        (of_a_pod(0, &manifest("Pod"), ""), of_a_pod(9, &manifest("Secret"), "")),
        (of_a_pod(0, &manifest("Service"), ""), of_a_pod(9, &manifest("Secret"), "")),
        (of_a_pod(0, &escaped("1"), ""), of_a_pod(9, &escaped(r#"{"password":"hunter22"}"#), "")),
        (of_a_pod(0, "{}", ""), of_a_pod(9, "{}", "") + r#","password":"hunter22"}"#),
    ];
    let lowering = "apiVersion: auditgate/v1\nkind: Policy\nrules:\n  - level: Metadata\n    verbs: [create]\n";
    let engines: [fn(&str) -> Engine; 2] =
        [|_| Engine::new(), |text| Engine::with_policy(auditgate::policy::compile("", text.as_bytes()).unwrap())];
    for engine in engines {
        for raw in [false, true] {
            let mut remembering = engine(lowering);
            let mut same = |event: String| {
                let record = if raw { format!("{{\"log\":{}}}", Value::from(event)) } else { event };
                let expected = answer(&mut engine(lowering), record.as_bytes());
                assert_eq!(answer(&mut remembering, record.as_bytes()), expected, "{record}");
            };
            for (harmless, other) in &pairs {
                (1..5).for_each(|id| same(harmless.replacen("bcf60000", &format!("bcf6000{id}"), 1)));
                same(other.clone());
            }
        }
    }
}

/// What a shape holds of changes: values masked whatever they say, containers left out whatever is in them, JSON in a string. What stands there the
/// next time is met by a fresh engine, too.
#[test]
fn what_is_changed_in_a_known_shape_is_changed_the_next_time() {
    let token = ["gh", "p_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].concat();
    let annotated = |text: &str| {
        let text = Value::from(text);
        format!(
            r#"{{"metadata":{{"annotations":{{"kubectl.kubernetes.io/last-applied-configuration":{text}}}}},"spec":{{"x":1}}}}"#
        )
    };
    let applied = |name: &str, more: &str| {
        annotated(&format!(
            r#"{{"kind":"Pod","metadata":{{"name":"{name}","uid":"5c385647-b035-4660-b4b5-4232bcf6","n":17}},"spec":{{"env":[{{"name":"MODE","value":"fast"}}]{more}}}}}"#
        ))
    };
    let named = |value: &str| format!(r#"{{"spec":{{"dbPassword":{value},"note":"n","more":{{"token":"{token}"}}}}}}"#);
    let managed = |value: &str| {
        format!(r#"{{"metadata":{{"name":"web","managedFields":{value},"labels":{{"a":"b"}}}},"spec":{{"x":1}}}}"#)
    };
    let data =
        |value: &str| format!(r#"{{"kind":"Secret","data":{{"k":{value},"tls.key":"c2VjcmV0"}},"type":"Opaque"}}"#);
    let argument = |value: &str| format!(r#"{{"spec":{{"args":["--password","{value}"],"note":"password={value}"}}}}"#);
    let strings = [
        "\"x\"",
        "\"\"",
        "\"another one\"",
        "\"[redacted:N01]\"",
        "\"[redacted:N01] and\"",
        "\"a\\\"b\"",
        "\"\u{e9}\"",
        "7",
        "null",
        "{\"a\":\"b\"}",
    ];
    let mut cases: Vec<(&str, String, Vec<String>)> = Vec::new();
    cases.push(("pods", named("\"hunter22\""), strings.iter().map(|value| named(value)).collect()));
    cases.push(("secrets", data("\"c2VjcmV0\""), strings.iter().map(|value| data(value)).collect()));
    for known in ["null", "true", "\"\"", "\"[redacted:N01]\"", "7"] {
        cases.push(("pods", named(known), strings.iter().map(|value| named(value)).collect()));
        cases.push(("secrets", data(known), strings.iter().map(|value| data(value)).collect()));
    }
    let fields = [
        "[]",
        "{}",
        "[{\"a\":\"]}\\\"\"},[[]]]",
        "null",
        "null,\"labels\":{}",
        "\"text\"",
        "[",
        "[{\"name\":\"x\"}],\"data\":{\"k\":1}",
        "7",
    ];
    cases.push((
        "pods",
        managed(r#"[{"manager":"m","fieldsV1":{"f:a":{}}}]"#),
        fields.iter().map(|value| managed(value)).collect(),
    ));
    let names = [
        "other",
        "",
        "a-much-longer-name-of-a-pod",
        &token,
        "Secret",
        r#"a\"b"#,
        r"a\u0062",
        "{x",
        "password=hunter22",
        "a/b",
    ];
    let mut others: Vec<String> = names.iter().map(|name| applied(name, "")).collect();
    others.push(applied("web", r#","password":"hunter22""#));
    others.push(applied("web", r#","dbPassword":"""#));
    others.push(applied("web", "").replace("fast", "slow").replace("MODE", "DB_PASSWORD"));
    others.push(applied("web", "").replace("\\\"kind\\\":\\\"Pod", "\\\"kind\\\":\\\"Secret"));
    others.push(applied("web", "").replace(":17", ":1e999"));
    others.push(annotated("{"));
    cases.push(("pods", applied("web", ""), others));
    let doubled = |text: &str| format!(r#"{{"spec":{{"text":"{text}","a":1,"a":2}}}}"#);
    cases.push(("pods", doubled("short"), vec![doubled("somewhat longer"), doubled("")]));
    cases.push(("pods", argument("hunter22"), ["hunter23", "", "x"].iter().map(|value| argument(value)).collect()));
    for raw in [false, true] {
        let mut remembering = Engine::new();
        let mut same = |event: String| {
            let record = if raw { format!("{{\"log\":{}}}", Value::from(event)) } else { event };
            let expected = answer(&mut Engine::new(), record.as_bytes());
            assert_eq!(answer(&mut remembering, record.as_bytes()), expected, "{record}");
        };
        for (resource, known, others) in &cases {
            let event = |id: usize, object: &str| {
                of_a_pod(id, object, "").replacen("\"resource\":\"pods\"", &format!("\"resource\":\"{resource}\""), 1)
            };
            (1..6).for_each(|id| same(event(id, known)));
            for other in others {
                same(event(9, other));
                same(event(6, known));
            }
        }
    }
}
