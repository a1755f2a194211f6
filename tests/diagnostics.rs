//! What people read when a policy is wrong: each folder of `tests/diagnostics` holds a policy and the expected text.
//!
//! `BLESS=1 cargo test --test diagnostics` writes what is said now; look at the difference before it is committed.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::print_stderr, reason = "the difference is what a person needs")]

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

use auditgate::policy::{Code, Policy, compile, json_schema};

/// Whether the file holds the text; written instead if that was asked for.
fn holds(path: &Path, text: &str) -> bool {
    if env::var_os("BLESS").is_some() {
        fs::write(path, text).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    if expected != text {
        eprintln!("--- {}\nexpected:\n{expected}\nfound:\n{text}", path.display());
    }
    expected == text
}

#[test]
fn say_what_the_folders_expect() {
    let mut codes = BTreeSet::new();
    let mut differ = 0;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics");
    for entry in fs::read_dir(folder).unwrap() {
        let case = entry.unwrap().path();
        let bytes = fs::read(case.join("policy.yaml")).unwrap();
        let Err(found) = compile("policy.yaml", &bytes) else { panic!("{} is a correct policy", case.display()) };
        codes.extend(found.items().iter().map(|item| item.code.id()));
        differ += u32::from(!holds(&case.join("expected.txt"), &found.render()));

        let json: serde_json::Value = serde_json::from_str(&found.to_json()).unwrap();
        let told: Vec<_> =
            json.as_array().unwrap().iter().map(|item| item.get("code").unwrap().as_str().unwrap()).collect();
        let meant: Vec<_> = found.items().iter().map(|item| item.code.id()).collect();
        assert_eq!(told, meant, "the JSON of {}", case.display());
    }
    assert_eq!(differ, 0, "cases that differ; `BLESS=1 cargo test --test diagnostics` takes the new text over");
    // Those are told by `auditgate check`, which has tests of its own.
    let by_check = [Code::Undeliverable, Code::Shadowed, Code::Unrouted, Code::Opened, Code::HidesDetection];
    let told = Code::ALL.iter().filter(|code| !by_check.contains(code)).map(|code| code.id());
    let without_case: Vec<_> = told.filter(|id| !codes.contains(id)).collect();
    assert!(without_case.is_empty(), "codes that no case shows: {without_case:?}");
}

#[test]
fn secrets_are_never_repeated() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics/literal_secrets");
    let bytes = fs::read(folder.join("policy.yaml")).unwrap();
    let found = compile("policy.yaml", &bytes).unwrap_err();
    assert!(!found.render().contains("not-to-be-shown"));
    assert!(!found.to_json().contains("not-to-be-shown"));
}

#[test]
fn sizes_have_limits() {
    let head = "apiVersion: auditgate/v1\nkind: Policy\n";
    let long = [head, &"#".repeat(1 << 20)].concat();
    let rules = [head, "rules:\n", &"- {level: None}\n".repeat(4097)].concat();
    let keys: String = (0..1025).map(|number| format!("  key{number}: 1\n")).collect();
    let keys = [head, "metadata:\n", &keys].concat();
    for text in [long, rules, keys] {
        let found = compile("policy.yaml", text.as_bytes()).unwrap_err();
        assert!(found.render().contains("error P002"), "{}", found.render());
    }
    let rules = [head, "rules:\n", &"- {level: None}\n".repeat(4096)].concat();
    assert_eq!(compile("policy.yaml", rules.as_bytes()).unwrap().rules().len(), 4096);
}

#[test]
fn kubernetes_ignores_keys_that_it_does_not_know() {
    let text = "apiVersion: audit.k8s.io/v1\nkind: Policy\nlimits: {}\nrules:\n- {level: None, verb: [get]}\n";
    let policy = compile("policy.yaml", text.as_bytes()).unwrap();
    let warned: Vec<_> =
        policy.warnings().items().iter().map(|warning| (warning.code.id(), warning.position.line)).collect();
    assert_eq!(warned, [("P101", 3), ("P101", 5)]);
}

#[test]
fn the_builtin_policy_is_its_text() {
    let builtin = Policy::builtin();
    let compiled = compile("builtin", auditgate::policy::BUILTIN.as_bytes()).unwrap();
    assert_eq!(builtin.hash(), compiled.hash());
    assert_eq!(builtin.redact(), compiled.redact());
    assert_eq!(builtin.limits(), compiled.limits());
    assert_eq!(builtin.destinations(), compiled.destinations());
    assert_eq!(builtin.default_rule(), compiled.default_rule());
}

#[test]
fn the_schema_for_editors_is_the_shipped_one() {
    let schema = json_schema();
    let parsed: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let pretty = serde_json::to_string_pretty(&parsed).unwrap() + "\n";
    assert!(parsed.pointer("/properties/rules/items/properties/resources/items/properties/resourceNames").is_some());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/policy.schema.json");
    assert!(holds(&path, &pretty), "`BLESS=1 cargo test --test diagnostics` writes the schema anew");
}
