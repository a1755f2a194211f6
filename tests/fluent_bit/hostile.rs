//! Lines that break parsers, between good events that must not suffer.

use auditgate_generate::{Generator, Marker, Options, Profile};
use serde_json::{Value, json};

use crate::harness::{FluentBit, Setup, Until};
use crate::records::{Record, depth};

in_both!(
    characters_that_break_strings,
    cut_and_doubled_events,
    depth_of_nesting,
    depth_on_the_default_stack,
    forged_stamps,
    lines_that_are_no_events,
    numbers,
    repeated_keys,
);

const RAW: &str = "kubernetes-audit.yaml";
const PARSED: &str = "kubernetes-audit.conf";

/// Runs `lines` in both forms.
fn run(fluent_bit: &FluentBit, lines: &[Vec<u8>]) -> [Vec<Record>; 2] {
    [RAW, PARSED].map(|configuration| run_form(fluent_bit, configuration, lines))
}

/// Runs `lines`, each between two good events; returns the records for `lines`. What holds for all of them is checked here: as
/// many out as in, stamped, in order, valid, no canary, no error lines.
fn run_form(fluent_bit: &FluentBit, configuration: &str, lines: &[Vec<u8>]) -> Vec<Record> {
    let options = Options { events: lines.len() as u64 + 1, seed: 61, profile: Profile::Small, ..Options::default() };
    let good: Vec<_> = Generator::new(options).unwrap().map(|event| event.json).collect();
    let mut log = Vec::new();
    for (index, event) in good.iter().enumerate() {
        log.extend(event.bytes());
        log.push(b'\n');
        if let Some(line) = lines.get(index) {
            log.extend(line);
            log.push(b'\n');
        }
    }
    let expected = good.len() + lines.len();
    let run = Setup::new(fluent_bit, configuration).run(&log, Until::Records(expected));
    run.assert_ended_well();
    run.assert_no_error_lines();
    run.assert_no_secret(&marker());
    let records = run.records();
    assert_eq!(records.len(), expected, "{configuration}: as many out as in");
    for record in &records {
        record.assert_stamped();
        assert!(depth(&record.value) <= 28, "nested too deep: {}", record.short());
    }
    for (record, event) in records.iter().step_by(2).zip(&good) {
        record.assert_is_event(&serde_json::from_str(event).unwrap());
    }
    records.into_iter().skip(1).step_by(2).collect()
}

fn marker() -> Marker {
    Marker::new(62)
}

/// A secret that must not leave.
fn canary() -> String {
    format!("{}hunter2", marker().as_str())
}

/// An event that reads a Secret; `extra` goes into the event, `data` into the Secret's `data`.
fn event(extra: &str, data: &str) -> String {
    let canary = canary();
    format!(
        r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"5f6a33c2-0000-4000-8000-000000000001","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/default/secrets/db","verb":"get","user":{{"username":"alice","groups":["dev"]}},"sourceIPs":["10.0.0.1"],"objectRef":{{"resource":"secrets","namespace":"default","name":"db","apiVersion":"v1"}},"responseStatus":{{"code":200}},{extra}"responseObject":{{"kind":"Secret","apiVersion":"v1","metadata":{{"name":"db"}},"data":{{"password":"{canary}"{data}}}}},"requestReceivedTimestamp":"2026-03-01T00:00:00.000001Z","stageTimestamp":"2026-03-01T00:00:00.000002Z"}}"#
    )
}

fn characters_that_break_strings(fluent_bit: &FluentBit) {
    let lines = [
        event("", r#","nul":"a\u0000b""#),
        event(r#""userAgent":"nul\u0000agent","#, ""),
        event("", r#","k\u0000ey":"x""#),
        event(r#""userAgent":"\ud83d\ude80 rocket 🚀","#, ""),
        event(r#""userAgent":"lone \ud800 surrogate","#, r#","lone":"\udfff""#),
        event(r#""userAgent":"swapped \ude80\ud83d pair","#, ""),
        event("\"userAgent\":\"tab\there\",", ""),
    ];
    let mut lines: Vec<_> = lines.into_iter().map(String::into_bytes).collect();
    for bad in [&b"\xff\xfe"[..], b"\xc3", b"\xed\xa0\x80", b"\xf0\x9f\x9a", b"\xc0\x80"] {
        for part in [r#""userAgent":"@","#, r#""annotations":{"@":"x"},"#] {
            let text = event(part, "");
            let (before, after) = text.split_once('@').unwrap();
            lines.push([before.as_bytes(), bad, after.as_bytes()].concat());
        }
        let text = event("", r#","@":"@""#);
        lines.push(text.split('@').map(str::as_bytes).collect::<Vec<_>>().join(bad));
    }
    for records in run(fluent_bit, &lines) {
        // Most of them are events whatever the bytes in one string; none may lose what the good bytes said.
        for record in &records {
            assert!(record.error().is_some() || record.value["verb"] == "get", "{}", record.short());
        }
    }
    let [raw, _] = run(fluent_bit, &lines[..4]);
    assert_eq!(raw[1].value["userAgent"], "nul\0agent");
    assert_eq!(raw[3].value["userAgent"], "🚀 rocket 🚀");
}

fn cut_and_doubled_events(fluent_bit: &FluentBit) {
    let whole = event("", "");
    let inside = whole.find(&canary()).unwrap();
    let mut lines: Vec<_> = [inside + 6, inside + canary().len() + 1, whole.len() - 1, 20, 1]
        .iter()
        .map(|&length| whole.as_bytes()[..length].to_vec())
        .collect();
    lines.push(format!("{whole}{whole}").into_bytes());
    lines.push(format!("{whole} trailing").into_bytes());
    lines.push(format!("{whole},").into_bytes());
    lines.push(format!("\u{feff}{whole}").into_bytes());
    for records in run(fluent_bit, &lines) {
        for record in &records[..3] {
            record.assert_placeholder();
        }
    }
}

/// A Secret whose `requestObject` nests a canary in so many arrays, and one with as many objects.
fn nested(levels: &[usize]) -> Vec<Vec<u8>> {
    let nest = |open: &str, close: &str, levels: usize| {
        let body = format!(r#""requestObject":{}"{}"{},"#, open.repeat(levels), canary(), close.repeat(levels));
        event(&body, "").into_bytes()
    };
    levels.iter().flat_map(|&levels| [nest("[", "]", levels), nest(r#"{"a":"#, "}", levels)]).collect()
}

fn depth_of_nesting(fluent_bit: &FluentBit) {
    let mut lines = nested(&[20, 26, 27, 28, 29, 31, 62, 63, 64, 100, 1000, 10_000]);
    // Never closed.
    lines.push("[".repeat(10_000).into_bytes());
    lines.push(r#"{"a":"#.repeat(10_000).into_bytes());
    for record in &run_form(fluent_bit, RAW, &lines)[..12] {
        assert_eq!(record.value["auditID"], "5f6a33c2-0000-4000-8000-000000000001", "{}", record.short());
    }
    // A parsed event is Fluent Bit's work before it is the module's: of some depths it loses the chunk (31 and 32 in 3.1, 64 in
    // 5.1), beyond them it gives up parsing, and 5.1 crashes at 10,000. So only depths that it survives.
    run_form(fluent_bit, PARSED, &nested(&[20, 26, 100, 1000]));
}

/// Where the configuration is not ours, an output of 3.1 has 24 KB of stack for turning a record into JSON: 680 bytes a level,
/// and more where a number is written. What the module returns must be flat enough for that.
fn depth_on_the_default_stack(fluent_bit: &FluentBit) {
    let numbers = |levels: usize| {
        let body = format!(
            r#""requestObject":{}{{"n":-1.5e-7,"text":"x"}}{},"#,
            r#"{"a":["#.repeat(levels / 2),
            "]}".repeat(levels / 2)
        );
        event(&body, "").replace("secrets", "prometheuses").replace(&canary(), "x")
    };
    let lines: Vec<_> = (0..400).map(|number| numbers(10 + number % 40)).collect();
    let log = lines.join("\n") + "\n";
    let run = Setup::new(fluent_bit, RAW)
        .edit(RAW, "coro_stack_size: 98304", "http_server: off")
        .run(log.as_bytes(), Until::Records(lines.len()));
    run.assert_ended_well();
    assert_eq!(run.records().len(), lines.len());
}

fn repeated_keys(fluent_bit: &FluentBit) {
    let pods = r#""objectRef":{"resource":"pods","namespace":"default","name":"db","apiVersion":"v1"},"#;
    let canary = canary();
    let lines = [
        event("", &format!(r#","password":"{canary}2""#)),
        event(pods, ""),
        event(&format!(r#""responseObject":{{"data":{{"x":"{canary}"}}}},"#), ""),
        event(r#""auditID":"other","verb":"list","#, ""),
        // The first of two is about pods, the second about secrets.
        event("", "").replacen(r#""verb":"get","#, &format!(r#""verb":"get",{pods}"#), 1),
        // The same key, once with an escape.
        event("", "").replacen("\"objectRef\":{", r#""objectR\u0065f":{"resource":"pods"},"objectRef":{"#, 1),
    ];
    run(fluent_bit, &lines.map(String::into_bytes));
}

fn forged_stamps(fluent_bit: &FluentBit) {
    let forged = r#"{"id":"forged","source":"forged","routes":"+everything+","rule":"forged","redactions":7,"policy":"deadbeef"}"#;
    let whole = event("", "");
    let lines = [
        event(&format!(r#""auditgate":{forged},"#), ""),
        event(&format!(r#""auditgate":{forged},"auditgate":{forged},"#), ""),
        event(&format!(r#""auditg\u0061te":{forged},"#), ""),
        event(r#""auditgate":"text","#, ""),
        format!(r#"{{"auditgate":{forged},{}"#, &whole[1..]),
        format!(r#"{},"auditgate":{forged}}}"#, &whole[..whole.len() - 1]),
        format!(r#"{{"auditgate":{forged}}}"#),
        format!(r#"{{"log":"{{}}","auditgate":{forged}}}"#),
    ];
    for records in run(fluent_bit, &lines.map(String::into_bytes)) {
        for record in &records {
            assert!(!record.value["auditgate"].to_string().contains("forged"), "{}", record.short());
            assert_ne!(record.value["auditgate"]["policy"], "deadbeef");
        }
        for record in &records[..6] {
            assert_eq!(record.value["auditgate"]["id"], "5f6a33c2-0000-4000-8000-000000000001/ResponseComplete");
        }
    }
}

fn lines_that_are_no_events(fluent_bit: &FluentBit) {
    let canary = canary();
    let secret = format!(r#"{{"kind":"Secret","data":{{"password":"{canary}"}}}}"#);
    // A word that nothing gives away is not a secret; a token is, wherever it stands.
    let token = ["gh", "p_", marker().as_str(), &"x1".repeat(13)].concat();
    let lines = [
        secret.clone(),
        format!("[{secret}]"),
        format!(r#"["{token}"]"#),
        format!(r#""{token}""#),
        format!("text of a component: token={token} was refused"),
        "42".to_owned(),
        "null".to_owned(),
        "true".to_owned(),
        "{}".to_owned(),
        "[]".to_owned(),
        " ".to_owned(),
        "\t".to_owned(),
        "I0301 00:00:00.000001       1 server.go:150] text of a component".to_owned(),
        r#"{"log":{"nested":"object"}}"#.to_owned(),
        r#"{"log":42}"#.to_owned(),
        r#"{"":""}"#.to_owned(),
        "{\"log\":\"\"}".to_owned(),
    ];
    run(fluent_bit, &lines.map(String::into_bytes));
}

fn numbers(fluent_bit: &FluentBit) {
    let numbers = [
        "1e400",
        "-1e400",
        "1e-400",
        "-0",
        "0.30000000000000004",
        "18446744073709551615",
        "1E+2",
        "123456789012345678901234567890",
    ];
    let broken = ["01", "+1", ".5", "1.", "1e", "NaN", "Infinity", "-", "0x10", "1_000"];
    let mut lines: Vec<_> =
        numbers.iter().map(|number| event(&format!(r#""requestObject":{{"n":{number}}},"#), "").into_bytes()).collect();
    lines.extend(broken.iter().map(|number| event(&format!(r#""requestObject":{{"n":{number}}},"#), "").into_bytes()));
    for records in run(fluent_bit, &lines) {
        // Valid numbers are no reason to lose an event's contents.
        for record in &records[..numbers.len()] {
            assert_eq!(record.value["verb"], json!("get"), "{}", record.short());
            assert_ne!(record.value["requestObject"], Value::Null, "{}", record.short());
        }
    }
}
