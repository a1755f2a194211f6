//! Golden cases of every format, and what has to hold for all of them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use auditgate::format::{Format, Item, Options, write};
use auditgate::scan::{PADDING, Padded};
use auditgate::{Context, Engine, Outcome};
use serde_json::{Value, json};
use std::path::Path;

const SAMPLES: [&str; 5] = ["kubernetes", "clouds", "linux", "hostile", "corpus"];
const SECONDS: u32 = 1_795_370_140;
const NANOSECONDS: u32 = 5;

/// A record that a real system made: what it is recognised as, itself, and how many places of it leave masked or are left out.
struct Real {
    source: &'static str,
    record: String,
    redactions: u64,
}

/// What real systems wrote, as records: lines as the chart's inputs hand them over, those of sshd as Fluent Bit's parser for syslog makes
/// them. The long lines of containers are for joining.
fn corpus() -> Vec<Real> {
    let lines = |path: &str| -> Vec<String> {
        let text = std::fs::read_to_string(Path::new("tests/corpus").join(path)).unwrap();
        text.lines().filter(|line| !line.is_empty() && line.len() < 8_000).map(str::to_owned).collect()
    };
    let real = |source, record: Value| Real { source, record: record.to_string(), redactions: 0 };
    let auditd = lines("linux/auditd.log").into_iter().map(|line| real("auditd", json!({ "log": line })));
    let sshd = lines("linux/sshd.log").into_iter().map(|line| {
        let mut words = line.splitn(6, ' ').skip(3);
        let (host, tag) = (words.next().unwrap(), words.next().unwrap().trim_end_matches("]:"));
        let (ident, pid) = tag.split_once('[').unwrap();
        real("sshd", json!({"host": host, "ident": ident, "pid": pid, "message": words.next()}))
    });
    let gke = lines("google/gke.jsonl").into_iter();
    let gke = gke.map(|record| Real { source: "kubernetes", record, redactions: 0 });
    let ausearch = lines("linux/ausearch.log").into_iter().map(|line| {
        // What stands between events is text.
        let source = if line == "----" { "text" } else { "auditd" };
        real(source, json!({ "exec": line }))
    });
    let journal = lines("linux/journal.jsonl").into_iter().map(|record| {
        let source = if record.contains(r#""SYSLOG_IDENTIFIER":"sudo""#) { "sudo" } else { "journald" };
        Real { source, record, redactions: 0 }
    });
    let logins = lines("linux/journal-sshd.jsonl").into_iter();
    let logins = logins.map(|record| Real { source: "sshd", record, redactions: 0 });
    let cri = lines("linux/cri.log").into_iter().map(|line| {
        let mut words = line.splitn(4, ' ').map(str::to_owned);
        let mut word = || words.next().unwrap();
        real("container", json!({"time": word(), "stream": word(), "logtag": word(), "message": word()}))
    });
    let docker = lines("linux/docker.jsonl").into_iter();
    let docker = docker.map(|record| Real { source: "container", record, redactions: 0 });
    let aks = lines("azure/aks.jsonl").into_iter().map(|record| {
        let is_audit = record.contains(r#""category":"kube-audit""#);
        // The managed fields go.
        Real { source: if is_audit { "kubernetes" } else { "text" }, record, redactions: is_audit.into() }
    });
    let before = auditd.chain(sshd).chain(gke);
    before.chain(ausearch).chain(journal).chain(logins).chain(cri).chain(docker).chain(aks).collect()
}

#[test]
fn what_real_systems_wrote_is_recognised_and_loses_nothing_but_secrets() {
    for Real { source, record, redactions } in corpus() {
        let mut left: Value = serde_json::from_slice(&redacted(&record)).unwrap();
        let stamp = left.as_object_mut().unwrap().remove("auditgate").unwrap();
        assert_eq!(stamp.get("source"), Some(&source.into()), "{record}");
        assert_eq!(stamp.get("redactions"), Some(&redactions.into()), "{record}: {left}");
        if redactions == 0 {
            assert_eq!(left, serde_json::from_str::<Value>(&record).unwrap());
        }
    }
}

fn sample(name: &str) -> Vec<String> {
    if name == "corpus" {
        return corpus().into_iter().map(|real| real.record).collect();
    }
    let text = std::fs::read_to_string(format!("tests/formats/samples/{name}.jsonl")).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// What may leave of a record.
fn redacted(record: &str) -> Vec<u8> {
    let mut bytes = record.as_bytes().to_vec();
    bytes.resize(record.len() + PADDING, 0);
    let context = Context { tag: b"audit.test", seconds: SECONDS, nanoseconds: NANOSECONDS };
    let mut engine = Engine::new();
    match engine.process(context, &mut Padded::new(&mut bytes).unwrap()) {
        Outcome::Record(record) => without_policy(record),
        Outcome::Dropped { rule } => panic!("the built-in policy drops nothing, but `{rule}` did"),
    }
}

/// The record without the policy's hash, which changes with everything that a policy can say.
fn without_policy(record: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(record).unwrap();
    match text.rsplit_once(r#""policy":""#) {
        Some((before, after)) => format!(r#"{before}"policy":"00000000{}"#, after.get(8..).unwrap()).into_bytes(),
        None => record.to_vec(),
    }
}

fn formatted(format: Format, event: &[u8], options: &Options) -> String {
    let item = Item { event, tag: b"audit.test", seconds: SECONDS.into(), nanoseconds: NANOSECONDS };
    let mut out = Vec::new();
    write(format, &item, options, &mut out);
    String::from_utf8(out).unwrap()
}

fn options() -> Options {
    Options {
        host: "node-9".into(),
        index: "audit".into(),
        source_type: String::new(),
        labels: vec![("env".into(), "test \"1\"".into())],
    }
}

fn all_formats() -> impl Iterator<Item = Format> {
    let mixed =
        ["syslog+cef", "syslog_3164+leef", "splunk_hec+ocsf", "es_bulk+native", "loki+cef", "otlp+ecs", "gelf+cef"];
    Format::names().chain(mixed).map(|name| Format::from_name(name).unwrap())
}

#[test]
fn every_format_of_every_sample_is_as_expected() {
    for name in SAMPLES {
        let events: Vec<Vec<u8>> = sample(name).iter().map(|line| redacted(line)).collect();
        for format in Format::names() {
            let kind = Format::from_name(format).unwrap();
            let lines: String = events.iter().map(|event| formatted(kind, event, &options()) + "\n").collect();
            let path = Path::new("tests/formats/expected").join(format!("{name}.{format}"));
            if std::env::var_os("BLESS").is_some() {
                std::fs::create_dir_all("tests/formats/expected").unwrap();
                std::fs::write(&path, &lines).unwrap();
            }
            let expected = std::fs::read_to_string(&path).unwrap_or_default();
            for (nth, (line, expected)) in lines.lines().zip(expected.lines()).enumerate() {
                assert_eq!(line, expected, "{}:{}", path.display(), nth + 1);
            }
            assert_eq!(lines.lines().count(), expected.lines().count(), "{}: run with BLESS=1", path.display());
        }
    }
}

#[test]
fn json_is_json_with_every_key_once_and_lines_are_lines() {
    for record in SAMPLES.iter().flat_map(|name| sample(name)) {
        let event = redacted(&record);
        for format in all_formats() {
            let text = formatted(format, &event, &options());
            let name = format.name();
            if name.starts_with("es_bulk") {
                let lines: Vec<&str> = text.lines().collect();
                assert_eq!(lines.len(), 2, "{name}");
                lines.iter().for_each(|line| drop(unique(line)));
            } else if ["cef", "leef", "syslog"].iter().any(|line| name.starts_with(line)) {
                let control = |char: char| char.is_control() && char != '\t';
                assert!(!text.contains(control), "{name}: {text:?}");
                // What separates LEEF's attributes is nowhere else.
                let tabs = text.matches('\t').count();
                assert!(tabs == 0 || name.ends_with("leef") && text.matches('=').count() > tabs, "{name}: {text:?}");
            } else if name != "native" {
                unique(&text);
            }
        }
    }
}

/// Parses an object in which no key stands twice.
fn unique(text: &str) -> Value {
    let value: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"));
    let again = serde_json::to_string(&value).unwrap();
    let keys = |text: &str| text.matches("\":").count();
    // A repeated key is lost when the text is parsed and written again.
    assert_eq!(keys(text), keys(&again), "{text}");
    value
}

#[test]
fn every_batch_is_what_its_content_type_says() {
    for format in all_formats() {
        let frame = format.frame();
        let bodies: Vec<String> =
            sample("kubernetes").iter().map(|record| formatted(format, &redacted(record), &options())).collect();
        let batch = format!("{}{}{}", frame.head, bodies.join(frame.between), frame.tail);
        if frame.content_type == "application/json" && !frame.head.is_empty() {
            serde_json::from_str::<Value>(&batch).unwrap();
        } else {
            assert!(batch.ends_with('\n'));
        }
    }
}

#[test]
fn an_event_has_the_same_id_each_time_and_its_time_keeps_its_digits() {
    let records = sample("kubernetes");
    let record = records.iter().find(|record| record.contains("17:55:40.123456Z")).unwrap();
    for format in ["ecs", "ocsf", "otlp", "loki", "gelf", "splunk_hec", "sentinel"] {
        let text = formatted(Format::from_name(format).unwrap(), &redacted(record), &options());
        assert!(text.contains("6f1c2b1e-0000-4000-8000-000000000001/ResponseComplete"), "{format}: {text}");
        assert!(
            text.contains("40.123456Z")
                || text.contains("1795370140123456000")
                || text.contains("1795370140.123456000"),
            "{format}: {text}"
        );
    }
}

#[test]
fn an_event_with_the_id_of_another_is_a_document_of_its_own() {
    let records = sample("kubernetes");
    let one = records.iter().find(|record| record.contains("17:55:40.123456Z")).unwrap();
    let name = |record: &str| {
        let text = formatted(Format::from_name("es_bulk").unwrap(), &redacted(record), &Options::default());
        let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let id = lines.next().unwrap().pointer("/create/_id").unwrap().as_str().unwrap().to_owned();
        let hash = lines.next().unwrap().pointer("/event/hash").unwrap().as_str().unwrap().to_owned();
        assert_eq!(id, format!("6f1c2b1e-0000-4000-8000-000000000001/ResponseComplete-{hash}"));
        id
    };
    assert_eq!(name(one), name(one));
    assert_ne!(name(one), name(&one.replacen("pods/web-1/exec", "pods/web-2/exec", 1)));
}

#[test]
fn a_user_name_cannot_move_the_address_behind_it() {
    let record = r#"{"SYSLOG_IDENTIFIER":"sshd","MESSAGE":"Failed password for invalid user x from 6.6.6.6 port 1 ssh2 from 10.1.2.3 port 22 ssh2"}"#;
    let text = formatted(Format::from_name("ecs").unwrap(), &redacted(record), &Options::default());
    let event: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(event.pointer("/source/ip"), Some(&Value::from("10.1.2.3")));
    assert_eq!(event.pointer("/user/name"), Some(&Value::from("x from 6.6.6.6 port 1 ssh2")));
}

#[test]
fn what_ausearch_prints_is_not_decoded_again() {
    let record = r#"{"exec":"type=EXECVE msg=audit(11/10/20 08:19:44.965:93777) : argc=2 a0=dd a1=BEEF "}"#;
    let text = formatted(Format::from_name("ecs").unwrap(), &redacted(record), &Options::default());
    let event: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(event.pointer("/process/args"), Some(&json!(["dd", "BEEF"])));
}
