//! `auditgate run --policy` with plain Kubernetes audit policies decides as the API server does.
//!
//! The cases are those of the decision's own tests; here they go the whole way: policy file, event, module, what leaves.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const LEVELS: [&str; 4] = ["None", "Metadata", "Request", "RequestResponse"];

fn run(engine: &str, policy: &Path, event: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_auditgate"));
    let command = command.args(["run", "--engine", engine, "--summary", "json", "--policy"]).arg(policy).arg(event);
    command.output().unwrap()
}

#[test]
fn a_kubernetes_policy_decides_as_in_kubernetes() {
    let folder = std::env::temp_dir().join(format!("auditgate-cli-kubernetes-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (policy_file, event_file) = (folder.join("policy.json"), folder.join("event.jsonl"));
    let cases = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/kubernetes_policy/cases.jsonl");
    let cases = std::fs::read_to_string(cases).unwrap();
    for (number, line) in cases.lines().enumerate() {
        let case: Value = serde_json::from_str(line).unwrap();
        let mut policy = case["policy"].clone();
        policy["apiVersion"] = "audit.k8s.io/v1".into();
        policy["kind"] = "Policy".into();
        std::fs::write(&policy_file, policy.to_string()).unwrap();
        std::fs::write(&event_file, format!("{}\n", case["event"])).unwrap();
        // The decision is the same code in both; the module takes its turn now and then, because it is slow to start.
        let engine = if number % 8 == 0 { "wasm" } else { "native" };
        let output = run(engine, &policy_file, &event_file);

        let (name, expected) = (&case["name"], &case["expect"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{name}: {said}");
        let left = String::from_utf8(output.stdout).unwrap();
        assert_eq!(left.lines().count(), usize::from(expected["kept"] == true), "{name}: {left}");
        let Some(record) = left.lines().next() else { continue };
        let record: Value = serde_json::from_str(record).unwrap();
        let rule = expected["rule"].as_u64().map_or("default".into(), |rule| format!("rule-{}", rule + 1));
        assert_eq!(record["auditgate"]["rule"], rule.as_str(), "{name}");
        let rank = |level: &Value| LEVELS.iter().position(|known| level == known).unwrap();
        let lowered = rank(&expected["level"]).min(rank(&case["event"]["level"]));
        assert_eq!(rank(&record["level"]), lowered, "{name}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
