//! `auditgate check`, `explain`, `test` and `stats` as a shell sees them: the folders of `tests/commands` hold what they are run on,
//! and what they print, for people and as JSON.
//!
//! `BLESS=1 cargo test --profile dist -p auditgate-cli --test policy_commands` writes what is printed now; look at the difference before
//! it is committed.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking, and shows the difference")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/commands").canonicalize().unwrap()
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_auditgate")).args(arguments).current_dir(folder()).output().unwrap()
}

/// What a shell would show, exit code included.
fn shown(arguments: &[&str]) -> String {
    let output = run(arguments);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let mut shown = format!("$ auditgate {}\n{}", arguments.join(" "), text(output.stdout));
    let errors = text(output.stderr);
    if !errors.is_empty() {
        shown.push_str(&format!("--- standard error\n{errors}"));
    }
    shown + &format!("--- exit {}\n", output.status.code().unwrap())
}

#[test]
fn they_print_what_the_folder_holds() {
    let mut differ = Vec::new();
    for (name, arguments) in [
        ("check-clean", "check good.yaml"),
        ("check-warnings", "check --deny-warnings doubtful.yaml"),
        ("check-invalid", "check invalid.yaml"),
        ("check-undeliverable", "check undeliverable.yaml"),
        ("explain-routed", "explain good.yaml events.jsonl --line 1"),
        ("explain-lowered", "explain good.yaml events.jsonl --line 2"),
        ("explain-dropped", "explain good.yaml events.jsonl --line 3"),
        ("explain-broken", "explain good.yaml events.jsonl --line 4"),
        ("explain-missing", "explain good.yaml events.jsonl --line 9"),
        ("test-passes", "test good.yaml"),
        ("test-fails", "test good.yaml --cases failing.test.yaml"),
        ("test-mistake", "test good.yaml --cases mistake.test.yaml"),
        ("stats", "stats --policy good.yaml events.jsonl ../corpus/kubernetes/falco-traces.jsonl"),
    ] {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let json = [&arguments[..], &["--format", "json"]].concat();
        for (file, found) in [(format!("{name}.txt"), shown(&arguments)), (format!("{name}.json.txt"), shown(&json))] {
            assert!(!found.contains('\x1b'), "{file}: colours where there is no terminal");
            let path = folder().join("expected").join(&file);
            if env::var_os("BLESS").is_some() {
                fs::write(&path, &found).unwrap();
            }
            let expected = fs::read_to_string(&path).unwrap_or_default();
            if expected != found {
                eprintln!("--- {file}\nexpected:\n{expected}\nfound:\n{found}");
                differ.push(file);
            }
        }
    }
    assert!(differ.is_empty(), "{differ:?} differ; BLESS=1 takes the new text over");
}

/// What is taken out must not be shown by the commands that explain it.
#[test]
fn no_secret_is_repeated() {
    for arguments in ["explain good.yaml events.jsonl", "test good.yaml --cases failing.test.yaml"] {
        for format in ["human", "json"] {
            let arguments: Vec<&str> = arguments.split(' ').chain(["--format", format]).collect();
            assert!(!shown(&arguments).contains("bm90LXRvLWJlLXNob3du"), "{arguments:?}");
        }
    }
}

#[test]
fn the_page_of_stats_is_written_and_whole() {
    let page = env::temp_dir().join(format!("auditgate-stats-{}.html", std::process::id()));
    let output = run(&["stats", "--policy", "good.yaml", "--html", page.to_str().unwrap(), "events.jsonl"]);
    assert_eq!(output.status.code(), Some(0));
    let html = fs::read_to_string(&page).unwrap();
    fs::remove_file(&page).unwrap();
    assert!(html.starts_with("<!doctype html>") && html.ends_with("</html>\n") || html.ends_with("</html>"));
    assert_eq!(html.matches("<section class=\"chart").count(), 6);
    assert!(html.contains("<th title=\"secrets\">secrets</th>"));
}
