//! `auditgate run --to`: events reach a receiver over HTTP, come again until it takes them, and end in the quarantine where the policy's
//! `retry` ends.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::mpsc::{self, Receiver};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpus/kubernetes/falco-traces.jsonl");

/// A receiver that answers with these statuses one after the other, the last one for ever; the bodies and their `Authorization` come out.
fn receiver(statuses: &'static [u16]) -> (u16, Receiver<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (out, bodies) = mpsc::channel();
    std::thread::spawn(move || {
        let mut statuses = statuses.iter().copied().peekable();
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            loop {
                let (mut length, mut authorization, mut line) = (0, String::new(), String::new());
                while stream.read_line(&mut line).unwrap_or(0) > 2 {
                    let header = line.trim().to_owned();
                    line.clear();
                    if let Some(value) = header.to_lowercase().strip_prefix("content-length: ") {
                        length = value.parse().unwrap();
                    }
                    authorization = header.strip_prefix("authorization: ").map_or(authorization, str::to_owned);
                }
                let mut body = vec![0; length];
                if length == 0 || stream.read_exact(&mut body).is_err() {
                    break;
                }
                let status = statuses.next_if(|_| true).unwrap_or(200);
                let _ = out.send((String::from_utf8(body).unwrap(), authorization));
                let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 2\r\n\r\n{{}}");
                stream.get_mut().write_all(answer.as_bytes()).unwrap();
            }
        }
    });
    (port, bodies)
}

/// A folder that is gone after the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, port: u16) -> Self {
        let path = std::env::temp_dir().join(format!("auditgate-to-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        let policy = format!(
            "apiVersion: auditgate/v1\nkind: Policy\nrules:\n- {{name: reads, verbs: [get, list, watch], to: [archive]}}\ndestinations:\n\
             - name: siem\n  type: http\n  format: ecs\n  endpoint: http://127.0.0.1:{port}/in\n  auth: {{token: {{env: SIEM_TOKEN}}}}\n  \
             batch: {{max_events: 10}}\n  retry: {{max_attempts: 2, max_wait_ms: 50}}\n  \
             options: {{quarantine: {}/quarantine.jsonl, compress: none}}\n- name: archive\n",
            path.display()
        );
        std::fs::write(path.join("policy.yaml"), policy).unwrap();
        Self(path)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_auditgate"));
        command.args(["run", "--policy"]).arg(self.0.join("policy.yaml")).args(arguments).arg(CORPUS);
        command.env("SIEM_TOKEN", "t0ken-of-the-test").output().unwrap()
    }

    fn quarantined(&self) -> usize {
        std::fs::read_to_string(self.0.join("quarantine.jsonl")).unwrap().lines().count()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_the_policy_says_of_a_destination_is_done() {
    let (port, bodies) = receiver(&[200, 503]);
    let folder = Folder::new("delivers", port);
    let output = folder.run(&["--to", "siem", "--summary", "json"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0), "{said}");
    let counters: serde_json::Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    let sent = counters["events_sent_total"].as_u64().unwrap();
    assert_eq!(sent + counters["events_elsewhere_total"].as_u64().unwrap(), 51, "{said}");
    assert!(said.starts_with("warning: D020: ") && said.contains("status 503") && !said.contains("t0ken"), "{said}");

    let bodies: Vec<_> = bodies.try_iter().collect();
    // The second request was refused as a whole, and came again: nothing else did.
    assert_eq!(bodies[1], bodies[2]);
    let accepted = bodies.iter().enumerate().filter(|(index, _)| *index != 1);
    let lines: Vec<&str> = accepted.flat_map(|(_, (body, _))| body.lines()).collect();
    assert_eq!(lines.len() as u64, sent);
    assert!(lines.iter().all(|line| line.starts_with("{\"@timestamp\"") && !line.contains("MY-KEY")));
    assert!(bodies.iter().all(|(body, proof)| body.lines().count() <= 10 && proof == "Bearer t0ken-of-the-test"));
    assert_eq!(folder.quarantined(), 0);
}

#[test]
fn what_is_given_up_ends_in_the_quarantine_and_the_command_with_1() {
    let (port, bodies) = receiver(&[503; 100]);
    let folder = Folder::new("gives-up", port);
    let output = folder.run(&["--to", "siem", "--quiet"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("events were not delivered; they are in `"), "{said}");
    assert_eq!(bodies.try_iter().count(), 2, "attempts");
    assert!(folder.quarantined() > 10);
}

#[test]
fn mistakes_are_told_before_anything_leaves() {
    let folder = Folder::new("mistakes", 9);
    for (arguments, code, said) in [
        (["--to", "archiv", "--set", "type=stdout"], 3, "D005: the policy has no destination `archiv`"),
        (["--to", "archive", "--set", "index=a"], 3, "D003: `type` is missing"),
        (["--to", "siem", "--set", "endpont=a"], 3, "did you mean `endpoint`?"),
        (["--to", "siem", "--set", "token"], 2, "expected NAME=VALUE"),
        (["--to", "siem", "--engine", "native"], 2, "cannot be used with"),
    ] {
        let output = folder.run(&arguments);
        let found = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(code) && found.contains(said), "{:?} {found}", output.status);
    }
}

#[test]
fn a_destination_of_another_type_can_be_named_on_the_command_line() {
    let folder = Folder::new("set", 9);
    let output = folder.run(&["--to", "archive", "--set", "type=stdout", "--quiet"]);
    let lines = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(lines.lines().count() == 51 && lines.lines().all(|line| line.contains("+archive+\"")));
}
