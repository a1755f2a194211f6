//! `auditgate run --policy` with redaction rules of the policy's own: the module and the native engine give the same bytes, and a key
//! that cannot be used ends the command.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};

const HEAD: &str = "apiVersion: auditgate/v1\nkind: Policy\n";
const RULES: &str = "redact:
  hmac: {id: k1, key: {file: keys/hmac.key}}
  rules:
  - {name: who, paths: [user.username, objectRef.name], action: hmac}
  - {name: where, paths: ['sourceIPs[*]'], action: ip_prefix}
  - {name: card, keys: [card_number], action: last4}
  - {name: emp, patterns: ['\\bEMP-\\d{6}\\b'], when: {verbs: [create]}}
  - {name: open, paths: ['requestObject.data.public'], action: keep}
";

/// A folder that is gone after the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("auditgate-cli-own-{}-{name}", std::process::id()));
        fs::create_dir_all(path.join("keys")).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, content: &str, mode: u32) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }

    fn run(&self, engine: &str, variable: Option<&str>) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_auditgate"));
        command.args(["run", "--quiet", "--time", "1", "--engine", engine, "--policy"]);
        command.arg(self.0.join("auditgate.yaml")).arg(self.0.join("events.jsonl"));
        variable.into_iter().for_each(|value| {
            command.env("AUDITGATE_TEST_KEY", value);
        });
        command.output().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn event() -> Value {
    json!({"auditID": "a1", "stage": "ResponseComplete", "verb": "create", "user": {"username": "alice"}, "sourceIPs": ["10.1.2.3"],
        "objectRef": {"resource": "secrets", "name": "alice"}, "requestObject": {"data": {"public": "cHVibGlj", "other": "b3RoZXI="}},
        "note": "by EMP-123456", "cardNumber": "4111 1111 1111 1111 1234"})
}

#[test]
fn the_module_and_the_engine_follow_the_rules_alike() {
    let folder = Folder::new("alike");
    folder.write("auditgate.yaml", &format!("{HEAD}{RULES}"), 0o644);
    folder.write("keys/hmac.key", "0123456789abcdef\n", 0o640);
    let line = json!({"log": event().to_string()});
    folder.write("events.jsonl", &format!("{}\n{line}\n", event()), 0o644);
    let [wasm, native] = ["wasm", "native"].map(|engine| {
        let output = folder.run(engine, None);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    });
    assert_eq!(wasm, native);
    for line in wasm.lines() {
        let left: Value = serde_json::from_str(line).unwrap();
        // hmac.new(b"0123456789abcdef", b"who\0alice", "sha256").hexdigest()[:32]
        assert_eq!(left["user"]["username"], "hmac:k1:2903bb6089a40d34e603750375b7b3b1");
        assert_eq!(left["objectRef"]["name"], left["user"]["username"]);
        assert_eq!(left["sourceIPs"], json!(["10.1.2.0"]));
        assert_eq!(left["cardNumber"], "[redacted:card]1234");
        assert_eq!(left["note"], "by [redacted:emp]");
        assert_eq!(left["requestObject"]["data"], json!({"public": "cHVibGlj", "other": "[redacted:K01:8]"}));
    }
    assert_eq!(wasm.lines().count(), 2);
}

#[test]
fn a_key_that_cannot_be_used_ends_the_command() {
    let folder = Folder::new("keys");
    folder.write("auditgate.yaml", &format!("{HEAD}{RULES}"), 0o644);
    folder.write("events.jsonl", &format!("{}\n", event()), 0o644);
    let said = |variable: Option<&str>| {
        let output = folder.run("native", variable);
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty(), "an event left");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("H006: ") && !said.contains("short key"), "{said}");
        said
    };
    assert!(said(None).contains("No such file"));
    folder.write("keys/hmac.key", "0123456789abcdef\n", 0o644);
    assert!(said(None).contains("everybody can read it (mode 644)"));
    folder.write("keys/hmac.key", "short key\n", 0o600);
    assert!(said(None).contains("fewer than 16 bytes"));
    folder.write("keys/hmac.key", &"x".repeat(5000), 0o600);
    assert!(said(None).contains("more than 4096"));
    let policy = format!("{HEAD}{}", RULES.replace("{file: keys/hmac.key}", "{env: AUDITGATE_TEST_KEY}"));
    folder.write("auditgate.yaml", &policy, 0o644);
    assert!(said(None).contains("not set"));
    assert!(said(Some("short key")).contains("fewer than 16 bytes"));
    let [file, variable] = ["native", "wasm"].map(|engine| folder.run(engine, Some("0123456789abcdef")));
    assert_eq!((file.status.code(), variable.status.code()), (Some(0), Some(0)));
    assert_eq!(file.stdout, variable.stdout);
    assert!(String::from_utf8(file.stdout).unwrap().contains("hmac:k1:2903bb6089a40d34e603750375b7b3b1"));
}

#[test]
fn a_key_is_not_baked_in() {
    let folder = Folder::new("bake");
    let policy = folder.write("auditgate.yaml", &format!("{HEAD}{RULES}"), 0o644);
    folder.write("keys/hmac.key", "0123456789abcdef\n", 0o640);
    let module = folder.0.join("out.wasm");
    let output =
        Command::new(env!("CARGO_BIN_EXE_auditgate")).arg("bake").arg(policy).arg("-o").arg(&module).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("H007") && !module.exists());
}
