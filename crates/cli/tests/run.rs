//! `auditgate run` as a shell sees it: streams and exit codes.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpus/kubernetes/falco-traces.jsonl");

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_auditgate"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run_with(input: &[u8], arguments: &[&str]) -> Output {
    let mut child = command(arguments).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // A command that stops early closes its end.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// A file that is gone after the test.
struct TempFile(PathBuf);

impl TempFile {
    fn new(name: &str, content: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("auditgate-cli-{}-{name}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn events_leave_redacted_one_a_line_and_a_summary_follows() {
    let output = run_with(b"", &["run", CORPUS]);
    assert_eq!(output.status.code(), Some(0));
    let lines: Vec<&str> = text(&output.stdout).lines().collect();
    assert_eq!(lines.len(), 51);
    for line in &lines {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(record["auditgate"]["source"], "kubernetes", "{line}");
    }
    assert!(!text(&output.stdout).contains("MY-KEY"));
    let summary = text(&output.stderr);
    assert!(summary.starts_with("51 events in, 51 out, ") && summary.contains(" redactions\n"), "{summary}");
    assert!(summary.contains("MB/s (wasm)"), "{summary}");
    assert!(!summary.contains('\x1b'), "colours in a file");
}

#[test]
fn standard_input_is_read_where_no_file_is_named_and_for_a_dash() {
    let events = std::fs::read(CORPUS).unwrap();
    let expected = run_with(b"", &["run", "--time", "1", CORPUS]).stdout;
    assert_eq!(text(&run_with(&events, &["run", "--time", "1"]).stdout), text(&expected));
    let twice = run_with(&events, &["run", "--time", "1", "-", CORPUS]).stdout;
    assert_eq!(text(&twice), text(&[expected.clone(), expected].concat()));
}

#[test]
fn lines_become_records_as_the_tail_input_makes_them() {
    let output = run_with(b"plain \"text\"\n\n{\"kind\":\"x\"}\n", &["run", "--time", "1", "--quiet"]);
    let lines: Vec<&str> = text(&output.stdout).lines().collect();
    assert!(lines[0].starts_with(r#"{"log":"plain \"text\"","#), "{}", lines[0]);
    assert!(lines[1].starts_with(r#"{"log":"","#), "{}", lines[1]);
    assert!(lines[2].starts_with(r#"{"kind":"x","#), "{}", lines[2]);
    assert_eq!((lines.len(), text(&output.stderr)), (3, ""));
}

#[test]
fn a_raw_line_leaves_as_its_event_would() {
    let stamped = |arguments: &[&str]| {
        let output = run_with(b"", arguments);
        let lines: Vec<serde_json::Value> =
            text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 51);
        lines
    };
    assert_eq!(stamped(&["run", "-q", "--raw-lines", CORPUS]), stamped(&["run", "-q", CORPUS]));
}

#[test]
fn the_native_engine_gives_the_same_bytes() {
    let run = |engine: &str| run_with(b"", &["run", "--quiet", "--time", "7", "--engine", engine, CORPUS]).stdout;
    assert_eq!(text(&run("native")), text(&run("wasm")));
}

#[test]
fn a_policy_drops_by_name_and_the_summary_says_so() {
    let policy = TempFile::new(
        "drop.yaml",
        b"apiVersion: auditgate/v1\nkind: Policy\nrules:\n- {name: no-pods, resources: [{group: '', resources: [pods, pods/*]}], level: None}\n",
    );
    for engine in ["wasm", "native"] {
        let output =
            run_with(b"", &["run", "--engine", engine, "--policy", policy.path(), "--summary", "json", CORPUS]);
        let summary: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
        let dropped = summary["dropped"]["no-pods"].as_u64().unwrap();
        assert!(dropped >= 13, "{summary}");
        assert_eq!(text(&output.stdout).lines().count() as u64, 51 - dropped);
        assert_eq!(summary["events"], 51);
    }
}

#[test]
fn an_invalid_policy_ends_with_3_and_a_position_before_anything_leaves() {
    let policy = TempFile::new("invalid.yaml", b"apiVersion: auditgate/v1\nkind: Policy\nrulez: []\n");
    let output = run_with(b"", &["run", "--policy", policy.path(), CORPUS]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(3), ""));
    let expected = format!("{}:3:1: error P", policy.path());
    assert!(text(&output.stderr).contains(&expected), "{}", text(&output.stderr));
}

#[test]
fn what_cannot_be_read_ends_with_1_and_a_wrong_option_with_2() {
    let output = run_with(b"", &["run", CORPUS, "/nowhere/events.jsonl"]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), ""));
    assert!(
        text(&output.stderr).starts_with("error: cannot open `/nowhere/events.jsonl`: "),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(run_with(b"", &["run", "--polizy", "x"]).status.code(), Some(2));
    let no_module = TempFile::new("no-module.wasm", b"text");
    let output = run_with(b"", &["run", "--module", no_module.path(), CORPUS]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("error: H001: "), "{}", text(&output.stderr));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let events = TempFile::new("many.jsonl", &std::fs::read(CORPUS).unwrap().repeat(40));
    let mut child = command(&["run", events.path()]).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 100]).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
}

/// Somebody watches a log: each answer comes when its event came, not when a buffer is full.
#[test]
fn answers_to_a_live_stream_do_not_wait_for_more() {
    let mut child = command(&["run", "--quiet"]).spawn().unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    for _ in 0..3 {
        stdin.write_all(b"{\"kind\":\"x\"}\n").unwrap();
        let mut answer = [0; 13];
        stdout.read_exact(&mut answer).unwrap();
        assert_eq!(text(&answer), r#"{"kind":"x","#.to_owned() + "\"");
        let mut rest = [0];
        while rest != *b"\n" {
            stdout.read_exact(&mut rest).unwrap();
        }
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_demonstration_shows_real_events_before_and_after() {
    let output = run_with(b"", &["demo", "--embedded"]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(shown.contains("- …aws_secret_access_key = MY-KEY") || shown.contains("= MY-KEY"), "{shown}");
    assert!(shown.contains("aws_secret_access_key = [redacted:"), "{shown}");
    assert!(shown.contains("251 events in, 251 out, "), "{shown}");
}

#[test]
fn the_demonstration_does_not_pass_over_a_fluent_bit_that_is_none() {
    let output = command(&["demo"]).env("FLUENT_BIT", "/bin/false").output().unwrap();
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), ""));
    assert_eq!(text(&output.stderr), "error: FLUENT_BIT: expected a Fluent Bit, found `/bin/false`\n");
}

#[test]
fn a_list_becomes_its_events_and_records_of_one_event_become_one() {
    let list = r#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[{"auditID":"a","stage":"s","verb":"get"},{"auditID":"b","stage":"s","verb":"get"}]}"#;
    let record = |kind: &str, rest: &str| format!("type={kind} msg=audit(1700000000.123:7): {rest}");
    let secret = ["hunter", "2hunter2"].concat();
    let execve = record("EXECVE", &format!("argc=3 a0=\"mysql\" a1=\"-uroot\" a2=\"-p{secret}\""));
    let auditd = [
        record("SYSCALL", "success=yes exit=0 ppid=1 pid=42 uid=0 comm=\"mysql\" exe=\"/usr/bin/mysql\""),
        execve,
        record("CWD", "cwd=\"/root\""),
        record("PROCTITLE", "proctitle=\"mysql\""),
    ];
    let input = format!("{list}\n{}\n", auditd.join("\n"));
    let policy = TempFile::new("join.yaml", b"apiVersion: auditgate/v1\nkind: Policy\njoin: {auditd: true}\n");
    let output = run_with(
        input.as_bytes(),
        &["run", "--engine", "native", "--policy", policy.path(), "--format", "ecs", "--summary", "json"],
    );
    let events: Vec<serde_json::Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: Vec<&str> = events.iter().filter_map(|event| event["event"]["id"].as_str()).take(2).collect();
    assert_eq!((events.len(), ids), (3, vec!["a/s", "b/s"]));
    let process = &events[2]["process"];
    assert_eq!(process["args"].as_array().unwrap().len(), 3);
    assert_eq!(
        (&process["pid"], &process["executable"], &process["working_directory"]),
        (&42.into(), &"/usr/bin/mysql".into(), &"/root".into())
    );
    assert!(!text(&output.stdout).contains(&secret));
    let summary: serde_json::Value = serde_json::from_str(text(&output.stderr)).unwrap();
    assert_eq!(
        (&summary["lists"], &summary["listed"], &summary["joined"], &summary["apart"]),
        (&1.into(), &2.into(), &3.into(), &0.into())
    );
    // Without being asked for, records stay apart.
    let output = run_with(input.as_bytes(), &["run", "--engine", "native"]);
    assert_eq!(text(&output.stdout).lines().count(), 6);
    assert!(text(&output.stderr).contains("1 list taken apart into 2 events"), "{}", text(&output.stderr));
}
