//! Properties that hold for any input: what leaves is one valid object, and no canary is in it, however it was wrapped,
//! doubled, cut or buried. Seeded: a failure comes again.
//!
//! `PROPERTY_CASES` sets the cases for each property (default 1500).
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

#[path = "../support/answer.rs"]
mod answer;
mod check;
mod names;
mod random;
mod repeats;
mod texts;

use auditgate::Engine;
use check::{answer, base64, leaks};
use random::Random;
use serde_json::Value;

fn cases() -> u64 {
    std::env::var("PROPERTY_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(1500)
}

/// An event about `resource` with its body in `field`; the order of the keys is random.
fn event(random: &mut Random, resource: &str, field: &str, body: &str) -> String {
    let mut members = vec![
        r#""kind":"Event""#.to_owned(),
        r#""apiVersion":"audit.k8s.io/v1""#.to_owned(),
        r#""level":"RequestResponse""#.to_owned(),
        r#""auditID":"5c385647-b035-4660-b4b5-4232bcf64503""#.to_owned(),
        r#""stage":"ResponseComplete""#.to_owned(),
        r#""verb":"update""#.to_owned(),
        r#""user":{"username":"jane","groups":["system:authenticated"]}"#.to_owned(),
        format!(r#""objectRef":{{"resource":{},"namespace":"team-a","name":"n"}}"#, random.literal(resource)),
        format!("{}:{body}", random.literal(field)),
    ];
    for at in (1..members.len()).rev() {
        members.swap(at, random.below(at + 1));
    }
    format!("{{{}}}", members.join(","))
}

/// A JSON patch with `json` in one of an operation's members, whose order is random.
fn patch(random: &mut Random, json: &str) -> String {
    let (path, value) = (random.pick(&["/metadata/labels/a", "/data/k", "", "/spec"]), random.json(2, None));
    let own = random.pick(&["note", "from", "value"]);
    let mut members = vec![r#""op":"add""#.to_owned(), format!(r#""path":"{path}""#), format!(r#""{own}":{json}"#)];
    if own != "value" {
        members.push(format!(r#""value":{value}"#));
    }
    for at in (1..members.len()).rev() {
        members.swap(at, random.below(at + 1));
    }
    format!("[{{{}}}]", members.join(","))
}

/// The event as it is, as a raw line as shippers write it, or in a list of events as webhooks send them.
fn wrapped(random: &mut Random, event: String) -> String {
    match random.below(4) {
        0 => format!("{{\"stream\":\"stdout\",\"log\":{}}}", Value::from(event)),
        1 => format!("{{\"log\":{},\"tail\":[1,{{}}]}}", Value::from(event + "\n")),
        2 => format!(r#"{{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[{event},{{"kind":"Event"}}]}}"#),
        _ => event,
    }
}

fn body_field(random: &mut Random) -> &'static str {
    random.pick(&["requestObject", "responseObject"])
}

#[test]
fn a_token_leaves_from_nowhere() {
    let mut engine = Engine::new();
    for seed in 0..cases() {
        let random = &mut Random::new(seed);
        let (token, body) = random.token();
        let mut text = format!(
            "{}{token}{}",
            random.pick(&["", "see ", "x=", "(", "a: "]),
            random.pick(&["", " then", "&b=1", ")", ",", "%26"])
        );
        // JSON in strings, base64 around it, both in turn.
        for _ in 0..random.below(3) {
            text = match random.below(3) {
                0 => base64(text.as_bytes()),
                _ => format!("{{{}:{}}}", random.literal("inner"), random.literal(&text)),
            };
        }
        let plant = random.literal(&text);
        let depth = 1 + random.below(6);
        let plant = if random.chance(20) { format!("{{{plant}:1}}") } else { plant };
        let mut json = random.json(depth, Some(&plant));
        if random.chance(20) {
            json = patch(random, &json);
        }
        let (resource, field) = (random.pick(&["pods", "widgets", "configmaps", "secrets"]), body_field(random));
        let event = event(random, resource, field, &json);
        let record = wrapped(random, event);
        let out = answer(&mut engine, record.as_bytes());
        assert!(!leaks(&out, &body), "seed {seed}\n{record}\n{out}");
    }
}

#[test]
fn a_body_of_a_secret_never_leaves() {
    let mut engine = Engine::new();
    for seed in 0..cases() {
        let random = &mut Random::new(seed ^ 0x1000_0000);
        let secret = random.secret();
        let shown = if random.chance(50) { base64(secret.as_bytes()) } else { secret.clone() };
        let value = random.literal(&shown);
        let depth = random.below(3);
        let odd = random.json(depth, Some(&value));
        let body = match random.below(7) {
            0 => format!(r#"{{"kind":"Secret","data":{{"k":{value}}}}}"#),
            1 => format!(r#"{{"stringData":{{"k":{value}}},"type":"Opaque"}}"#),
            2 => format!(r#"[{{"op":"replace","path":"/data/k","value":{value}}}]"#),
            3 => format!(r#"[{{"value":{odd},"path":"","op":"add"}}]"#),
            4 => format!(r#"{{"kind":"SecretList","items":[{{"data":{{"k":{value}}}}}]}}"#),
            5 => format!(r#"{{"data":{odd}}}"#),
            _ => value,
        };
        let field = body_field(random);
        let event = event(random, "secrets", field, &body);
        let record = wrapped(random, event);
        let out = answer(&mut engine, record.as_bytes());
        assert!(!leaks(&out, &secret), "seed {seed}\n{record}\n{out}");
    }
}

/// Readers differ in which of two members with one name they take: whichever it is, it must not show the secret.
#[test]
fn doubled_keys_hide_nothing() {
    let mut engine = Engine::new();
    for seed in 0..cases() {
        let random = &mut Random::new(seed ^ 0x2000_0000);
        let secret = random.secret();
        let value = random.literal(&base64(secret.as_bytes()));
        let (data, harmless) = (random.literal("data"), random.literal("data"));
        let pair = [format!("{data}:{{\"k\":{value}}}"), format!("{harmless}:{{\"k\":\"eA==\"}}")];
        let mut operation = vec![format!("\"path\":{}", random.literal("/data/k")), format!("\"value\":{value}")];
        operation.push(
            random.pick(&[r#""value":"x""#, r#""Value":"x""#, r#""path":"/metadata/name""#, r#""path":"""#]).to_owned(),
        );
        for at in (1..operation.len()).rev() {
            operation.swap(at, random.below(at + 1));
        }
        let body = match random.below(5) {
            4 => format!("{{\"items\":[{{{},{},\"kind\":\"Secret\"}}]}}", pair[0], pair[1]),
            0 => format!("{{\"kind\":\"Secret\",{},{}}}", pair[0], pair[1]),
            3 => format!("[{{\"op\":\"add\",{}}}]", operation.join(",")),
            1 => format!("{{{},\"kind\":\"Secret\",{}}}", pair[1], pair[0]),
            _ => format!("{{\"data\":{{\"k\":{value},{}:{value}}}}}", random.literal("k")),
        };
        let field = body_field(random);
        let event = event(random, "secrets", field, &body);
        let doubled = match random.below(4) {
            0 => format!("{{{}:{{\"kind\":\"Pod\"}},{}", random.literal(field), &event[1..]),
            1 => format!("{},{}:{{\"kind\":\"Pod\"}}}}", &event[..event.len() - 1], random.literal(field)),
            2 => format!("{{{}:{{\"resource\":\"pods\"}},{}", random.literal("objectRef"), &event[1..]),
            _ => format!("{},{}:{{\"resource\":\"pods\"}}}}", &event[..event.len() - 1], random.literal("objectRef")),
        };
        let record = wrapped(random, doubled);
        let out = answer(&mut engine, record.as_bytes());
        assert!(!leaks(&out, &secret), "seed {seed}\n{record}\n{out}");
    }
}

/// A shipper cuts lines that are too long; what is left of the body of a Secret is no text to be searched for tokens.
#[test]
fn a_cut_event_shows_nothing() {
    let mut engine = Engine::new();
    for seed in 0..10 {
        let random = &mut Random::new(seed ^ 0x3000_0000);
        let secret = random.secret();
        let (shown, bare) = (random.literal(&base64(secret.as_bytes())), random.literal(&secret));
        let data = format!(r#"{{"kind":"Secret","data":{{"k":{shown}}},"stringData":{{"k":{bare}}}}}"#);
        let line = event(random, "secrets", "requestObject", &data);
        for end in (1..line.len()).step_by(3).filter(|&end| line.is_char_boundary(end)) {
            let cut = &line[..end];
            for record in [cut.to_owned(), format!("{{\"log\":{}}}", Value::from(cut))] {
                let out = answer(&mut engine, record.as_bytes());
                assert!(!leaks(&out, &secret), "seed {seed}, cut at {end}\n{record}\n{out}");
            }
        }
    }
}

#[test]
fn damaged_bytes_break_nothing() {
    let mut engine = Engine::new();
    for seed in 0..cases() * 2 {
        let random = &mut Random::new(seed ^ 0x4000_0000);
        let (token, body) = random.token();
        let plant = random.literal(&token);
        let json = random.json(3, Some(&plant));
        let (resource, field) = (random.pick(&["pods", "secrets"]), body_field(random));
        let event = event(random, resource, field, &json);
        let mut record = wrapped(random, event).into_bytes();
        // Where the token stands in plain sight nothing beside it is touched: it has to go whatever else is broken.
        let stands = record.windows(token.len()).position(|window| window == token.as_bytes());
        for _ in 0..1 + random.below(4) {
            let at = random.below(record.len());
            if stands.is_some_and(|start| at + 12 > start && at < start + token.len() + 12) {
                continue;
            }
            record[at] = match random.below(4) {
                0 => random.below(256) as u8,
                1 => 0,
                2 => b'"',
                _ => b'\\',
            };
        }
        let out = answer(&mut engine, &record);
        if stands.is_some() {
            assert!(!leaks(&out, &body), "seed {seed}\n{}\n{out}", String::from_utf8_lossy(&record));
        }
    }
}

#[test]
fn noise_is_answered() {
    let mut engine = Engine::new();
    for seed in 0..cases() {
        let random = &mut Random::new(seed ^ 0x5000_0000);
        let len = random.below(300);
        let noise: Vec<u8> = match random.below(3) {
            0 => (0..len).map(|_| random.below(256) as u8).collect(),
            1 => random.text("{}[]\",:\\u0n1e-. ", len).into_bytes(),
            _ => format!("{{\"log\":\"{}\"}}", random.text("{}[]:\\u0d8 ", len)).into_bytes(),
        };
        answer(&mut engine, &noise);
    }
}

/// Limits cut, cap and fold; what is beyond them must not leave unread.
#[test]
fn nothing_hides_behind_a_limit() {
    let mut engine = Engine::new();
    for (at, size) in [1_000, 40_000, 70_000, 300_000, 1_100_000].into_iter().enumerate() {
        let random = &mut Random::new(0x6000_0000 + at as u64);
        let (token, body) = random.token();
        let filler = "harmless words ".repeat(size / 15);
        let buried = format!("{filler}{token} {filler}");
        let deep = format!("{}\"{token}\"{}", "[".repeat(200), "]".repeat(200));
        let folded = format!("{}\"{token}\"{}", "{\"a\":".repeat(60), "}".repeat(60));
        let values = [
            random.literal(&buried),
            format!("\"{}\"", base64(buried.as_bytes())),
            format!("\"{}\"", base64(base64(token.as_bytes()).as_bytes())),
            format!("{{{}:1}}", random.literal(&buried)),
            deep,
            folded,
            random.literal(&format!("{{\"a\":\"{buried}\"}}")),
        ];
        for value in values {
            for (resource, field) in [("pods", "requestObject"), ("secrets", "responseObject")] {
                let record = event(random, resource, field, &format!("{{\"x\":{value}}}"));
                let out = answer(&mut engine, record.as_bytes());
                assert!(!leaks(&out, &body), "{size} bytes: {}", &record[..record.len().min(400)]);
            }
        }
    }
}

/// An engine keeps its buffers, never anything of a record.
#[test]
fn one_record_says_nothing_about_another() {
    let mut used = Engine::new();
    for seed in 0..cases() / 3 {
        let random = &mut Random::new(seed ^ 0x7000_0000);
        let (token, _) = random.token();
        let plant = random.literal(&token);
        let json = random.json(3, Some(&plant));
        let (resource, field) = (random.pick(&["pods", "secrets", "configmaps"]), body_field(random));
        let event = event(random, resource, field, &json);
        let record = wrapped(random, event);
        let out = answer(&mut used, record.as_bytes());
        assert_eq!(out, answer(&mut Engine::new(), record.as_bytes()), "seed {seed}: {record}");
    }
}

#[test]
fn redacting_twice_changes_nothing() {
    let mut engine = Engine::new();
    for seed in 0..cases() / 3 {
        let random = &mut Random::new(seed ^ 0x7800_0000);
        let (token, _) = random.token();
        let plant = random.literal(&token);
        let json = random.json(3, Some(&plant));
        let (resource, field) = (random.pick(&["pods", "secrets", "configmaps"]), body_field(random));
        let event = event(random, resource, field, &json);
        let record = wrapped(random, event);
        let once = answer(&mut engine, record.as_bytes());
        let twice = answer(&mut engine, once.as_bytes());
        let body = |text: &str| text.rsplit_once("\"auditgate\":").map(|(body, _)| body.to_owned());
        assert_eq!(body(&twice), body(&once), "seed {seed}: {record}");
    }
}
