//! `auditgate check --fluent-bit` as a shell sees it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::process::{Command, Output};

fn check(arguments: &[&str]) -> Output {
    let project = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    Command::new(env!("CARGO_BIN_EXE_auditgate")).arg("check").args(arguments).current_dir(project).output().unwrap()
}

#[test]
fn a_sound_configuration_ends_with_0() {
    for file in ["fluent-bit-conf/splunk.yaml", "fluent-bit-conf/splunk.conf"] {
        let output = check(&["--fluent-bit", file, "--deny-warnings"]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stdout), "sound: 0 errors, 0 warnings\n");
    }
}

#[test]
fn traps_are_told_and_end_with_1() {
    let file = "crates/fluent-bit-check/tests/cases/no-guard.conf";
    let output = check(&["--fluent-bit", file, "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("no-guard.conf:22:5: error F003: "), "{told}");
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["sound"], false);
    assert_eq!(found["findings"][0]["code"], "F003");
    let leaky = check(&["--fluent-bit", "fluent-bit-conf/splunk.yaml", "--fluent-bit-version", "4.1.1"]);
    assert!(String::from_utf8_lossy(&leaky.stderr).contains("error F016"));
}

#[test]
fn it_wants_one_of_the_two() {
    assert_eq!(check(&[]).status.code(), Some(2));
    assert_eq!(check(&["a.yaml", "--fluent-bit", "b.conf"]).status.code(), Some(2));
}
