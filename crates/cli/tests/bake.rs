//! `auditgate bake` and `auditgate inspect` as a shell sees them: files, streams and exit codes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use auditgate_generate::{Generator, Options, Profile};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PLAIN: &str = "apiVersion: auditgate/v1\nkind: Policy\n";
/// What a lean module lacks: rules, a limit, redaction rules with conditions and patterns, an allow-list.
const EVERYTHING: &str = "\
apiVersion: auditgate/v1
kind: Policy
destinations: [{name: siem}, {name: archive}]
redact:
  rules:
  - {name: names, paths: [user.username], action: last4, when: {verbs: [get]}}
  - {name: ids, patterns: ['[0-9a-f]{8}-[0-9a-f]{4}'], action: mask}
rules:
- {name: reads, verbs: [get, list, watch], to: [archive], limit: {per_second: 3}}
default: {to: [siem, archive]}
";
/// What is redacted depends on more than places.
const MANAGED_FIELDS: &str = "\
apiVersion: auditgate/v1
kind: Policy
redact: {keep: [K05]}
omitManagedFields: true
rules:
- {name: reads, verbs: [get], omitManagedFields: false}
";

/// A folder that is gone after the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("auditgate-bake-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.0.join(name), content).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn auditgate(folder: &Folder, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_auditgate")).args(arguments).current_dir(&folder.0).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn bytes_of(path: &Path) -> u64 {
    path.metadata().unwrap().len()
}

#[test]
fn a_baked_module_says_what_is_in_it() {
    let folder = Folder::new("inspect");
    folder.write("auditgate.yaml", PLAIN);
    let output = auditgate(&folder, &["bake", "auditgate.yaml", "-o", "my.wasm"]);
    let bytes = bytes_of(&folder.0.join("my.wasm"));
    assert_eq!(text(&output.stdout), format!("my.wasm: {bytes} bytes, policy 8b77bd9d\n"));
    assert_eq!((text(&output.stderr), output.status.code()), ("", Some(0)));

    let version = env!("CARGO_PKG_VERSION");
    let output = auditgate(&folder, &["inspect", "my.wasm"]);
    let expected = format!(
        "version  {version}\nbytes    {bytes}\npolicy   8b77bd9d\n\
         exports  _initialize ()\n         auditgate_filter (i32 i32 i32 i32 i32 i32) -> i32\n         \
         free (i32)\n         malloc (i32) -> i32\n         memory\nimports  none\n\n{PLAIN}"
    );
    assert_eq!((text(&output.stdout), output.status.code()), (expected.as_str(), Some(0)));

    let output = auditgate(&folder, &["inspect", "--format", "json", "my.wasm"]);
    let facts: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = serde_json::json!({
        "version": version,
        "bytes": bytes,
        "policy": {"hash": "8b77bd9d", "text": PLAIN},
        "exports": [
            "_initialize ()", "auditgate_filter (i32 i32 i32 i32 i32 i32) -> i32", "free (i32)", "malloc (i32) -> i32", "memory",
        ],
        "imports": [],
    });
    assert_eq!(facts, expected);

    let output = auditgate(&folder, &["inspect", "--policy", "my.wasm"]);
    assert_eq!(text(&output.stdout), PLAIN);
    let output = auditgate(&folder, &["bake", "auditgate.yaml", "-o", "my.wasm", "--format", "json"]);
    let facts: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = serde_json::json!({"file": "my.wasm", "bytes": bytes, "policy": "8b77bd9d", "version": version});
    assert_eq!(facts, expected, "baking twice gives the same module");
}

#[test]
fn a_baked_module_does_what_the_policy_file_does() {
    let folder = Folder::new("same");
    let generator = Generator::new(Options { events: 250, seed: 5, profile: Profile::Mixed, ..Options::default() });
    let events: String = generator.unwrap().map(|event| event.json + "\n").collect();
    folder.write("events.jsonl", &events);
    let mut sizes = Vec::new();
    for (policy, options) in
        [(PLAIN, [].as_slice()), (PLAIN, &["--long-lived"]), (MANAGED_FIELDS, &[]), (EVERYTHING, &[])]
    {
        folder.write("auditgate.yaml", policy);
        let output =
            auditgate(&folder, &[["bake", "auditgate.yaml", "--output", "my.wasm"].as_slice(), options].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        sizes.push(bytes_of(&folder.0.join("my.wasm")));
        let common = ["--quiet", "--time", "1700000000", "events.jsonl"];
        let from_file = auditgate(&folder, &[["run", "--policy", "auditgate.yaml"].as_slice(), &common].concat());
        let inside = auditgate(&folder, &[["run", "--module", "my.wasm"].as_slice(), &common].concat());
        assert_eq!((text(&inside.stderr), inside.status.code()), ("", Some(0)));
        assert!(inside.stdout == from_file.stdout, "the answers differ");
        assert!(inside.stdout.len() > 100_000);
    }
    let (plain, everything) = (sizes.remove(0), sizes.pop().unwrap());
    let is_between = |&size: &_| plain < size && size < everything;
    assert!(sizes.iter().all(is_between), "what a policy does not need is left out: {plain} {sizes:?} {everything}");
}

#[test]
fn what_is_wrong_is_said_and_nothing_is_written() {
    let folder = Folder::new("wrong");
    folder.write("wrong.yaml", "apiVersion: auditgate/v1\nkind: Policy\nruels: []\n");
    folder.write("right.yaml", PLAIN);
    let output = auditgate(&folder, &["bake", "wrong.yaml", "-o", "my.wasm"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).starts_with("wrong.yaml:3:1: error P011"), "{}", text(&output.stderr));
    assert!(!folder.0.join("my.wasm").exists());

    let output = auditgate(&folder, &["bake", "right.yaml", "-o", "absent/my.wasm"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("error: cannot write `absent/my.wasm`: "), "{}", text(&output.stderr));
    assert_eq!(auditgate(&folder, &["bake", "right.yaml"]).status.code(), Some(2));

    let output = auditgate(&folder, &["inspect", "right.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    let expected = "error: H001: expected a module of auditgate, found something else: `right.yaml`: ";
    assert!(text(&output.stderr).starts_with(expected), "{}", text(&output.stderr));
    folder.write("other.wasm", "\0asm\x01\0\0\0");
    assert_eq!(auditgate(&folder, &["inspect", "other.wasm"]).status.code(), Some(1));
}
