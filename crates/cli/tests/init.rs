//! `auditgate init`: what it writes is whole, right, and written once.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("auditgate-init-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn auditgate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_auditgate")).args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn init(folder: &Path, source: &str, destination: &str, platform: &str) -> Output {
    let folder = folder.to_str().unwrap();
    auditgate(&["init", "--source", source, "--destination", destination, "--platform", platform, "--output", folder])
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn each_destination_on_each_platform_is_written_and_sound() {
    let all = auditgate(&["init", "--help"]);
    let help = String::from_utf8(all.stdout).unwrap();
    let list = help
        .split("--destination")
        .nth(1)
        .unwrap()
        .split("possible values: ")
        .nth(1)
        .unwrap()
        .split(']')
        .next()
        .unwrap();
    let destinations: Vec<&str> = list.split(',').map(str::trim).collect();
    assert!(destinations.len() >= 13, "{destinations:?}");
    for destination in destinations {
        for (platform, expected) in [
            (
                "fluent-bit",
                vec![
                    "policy/auditgate.yaml",
                    "policy/auditgate.test.yaml",
                    "auditgate.wasm",
                    "input.yaml",
                    "environment",
                ],
            ),
            ("fluent-bit-classic", vec!["policy/auditgate.yaml", "input.conf", "filter-section.conf", "parsers.conf"]),
            (
                "fluent-logshipping-app",
                vec!["values-auditgate.yaml", "kustomize/auditgate.wasm", "kustomize/post-render.sh"],
            ),
            ("helm", vec!["values.yaml", "auditgate.yaml", "auditgate.wasm"]),
        ] {
            for source in ["kubernetes", "auditd"] {
                let folder = Folder::new("all");
                let output = init(&folder.0, source, destination, platform);
                assert_eq!(output.status.code(), Some(0), "{source} {destination} {platform}: {}", stderr(&output));
                for name in &expected {
                    assert!(folder.0.join(name).is_file(), "{destination} {platform}: no {name}");
                }
            }
        }
    }
}

/// Every variable that a configuration names is in the file to fill in.
#[test]
fn the_environment_has_every_variable() {
    let folder = Folder::new("environment");
    assert_eq!(init(&folder.0, "kubernetes", "splunk", "fluent-bit").status.code(), Some(0));
    let environment = std::fs::read_to_string(folder.0.join("environment")).unwrap();
    for file in ["input.yaml", "splunk.yaml"] {
        let text = std::fs::read_to_string(folder.0.join(file)).unwrap();
        for name in text.split("${").skip(1).map(|rest| rest.split('}').next().unwrap()) {
            assert!(
                environment.contains(&format!("\n{name}=")),
                "{file} names {name}, the environment does not:\n{environment}"
            );
        }
    }
}

#[test]
fn nothing_is_written_over() {
    let folder = Folder::new("twice");
    assert_eq!(init(&folder.0, "kubernetes", "http", "fluent-bit").status.code(), Some(0));
    let policy = folder.0.join("policy/auditgate.yaml");
    std::fs::write(&policy, "mine").unwrap();
    let output = init(&folder.0, "kubernetes", "http", "fluent-bit");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("expected an empty place, found"), "{}", stderr(&output));
    assert_eq!(std::fs::read_to_string(policy).unwrap(), "mine");
}

#[test]
fn without_a_person_it_names_the_option_that_is_missing() {
    let folder = Folder::new("nobody");
    let output = auditgate(&["init", "--source", "kubernetes", "--output", folder.0.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("expected --platform, one of fluent-bit, "), "{}", stderr(&output));
    assert!(!folder.0.exists());
}

#[test]
fn the_policy_runs() {
    let folder = Folder::new("runs");
    assert_eq!(init(&folder.0, "kubernetes", "http", "fluent-bit").status.code(), Some(0));
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpus/kubernetes/falco-traces.jsonl");
    let output = auditgate(&["run", "--policy", folder.0.join("policy/auditgate.yaml").to_str().unwrap(), corpus]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(String::from_utf8_lossy(&output.stdout).lines().count() > 40);
}
