//! What the documents tell people to type works: every block of commands is run, or its grammar checked where it needs a cluster.
//!
//! A block's first line says which: `sh` runs, all of a document in one folder that has the project's files; `sh fluent-bit` runs where
//! `FLUENT_BIT` or the `PATH` has one; `sh unrun` is only read by the shell. Other blocks show files and answers, and say in what language.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking, and says what it skipped")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every page of the project, by its path in it.
fn pages() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(project().join(&folder)).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            let path = folder.join(&name);
            if entry.file_type().unwrap().is_dir() {
                if !name.starts_with('.')
                    && !["target", "dist", "tests", "node_modules", "shared"].contains(&name.as_str())
                {
                    folders.push(path);
                }
            } else if name.ends_with(".md") {
                found.push(path);
            }
        }
    }
    assert!(found.len() > 12, "{found:?}");
    found
}

/// The fenced blocks: what stands behind the fence, and the text.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => open = Some((info.trim().to_owned(), String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block does not end");
    blocks
}

fn bash(arguments: &[&str], text: &str, folder: &Path, fluent_bit: Option<&Path>) {
    let programs = Path::new(env!("CARGO_BIN_EXE_auditgate")).parent().unwrap();
    let mut path = programs.as_os_str().to_owned();
    for folder in fluent_bit.into_iter() {
        path.push(":");
        path.push(folder);
    }
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    let mut command = Command::new("bash");
    command.args(arguments).arg(text).current_dir(folder).env("PATH", path).stdin(Stdio::null());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}\n{text}", output.status);
}

/// A folder with the project's own in it, for commands that read and write.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("auditgate-documents-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        for name in ["tests", "dist", "fluent-bit-conf", "deploy", "docs", "examples"] {
            if project().join(name).exists() {
                std::os::unix::fs::symlink(project().join(name), path.join(name)).unwrap();
            }
        }
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The folder of a program called `fluent-bit`.
fn fluent_bit() -> Option<PathBuf> {
    let named = std::env::var_os("FLUENT_BIT").map(PathBuf::from);
    let in_path = || {
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
            .map(|folder| folder.join("fluent-bit"))
            .find(|path| path.is_file())
    };
    named.filter(|path| path.ends_with("fluent-bit")).or_else(in_path)?.parent().map(Path::to_owned)
}

#[test]
fn commands_work() {
    let mut ran = 0;
    for (number, page) in pages().iter().enumerate() {
        let text = fs::read_to_string(project().join(page)).unwrap();
        let folder = Folder::new(&number.to_string());
        for (info, text) in blocks(&text) {
            match info.as_str() {
                "sh" => {
                    bash(&["-euo", "pipefail", "-c"], &text, &folder.0, None);
                    ran += 1;
                }
                "sh fluent-bit" => match fluent_bit() {
                    Some(program) => bash(&["-euo", "pipefail", "-c"], &text, &folder.0, Some(&program)),
                    None => eprintln!("SKIPPED a block of {}: no Fluent Bit", page.display()),
                },
                "sh unrun" => bash(&["-n", "-c"], &text, &folder.0, None),
                _ => {}
            }
        }
    }
    assert!(ran >= 7, "only {ran} blocks ran");
}

/// Policies check, and sections for Fluent Bit have no trap. Those of the policy guide have a test of their own.
#[test]
fn policies_and_sections_are_right() {
    let mut checked = 0;
    for (number, page) in pages().iter().enumerate() {
        let folder = Folder::new(&format!("yaml-{number}"));
        for (info, text) in blocks(&fs::read_to_string(project().join(page)).unwrap()) {
            if info != "yaml" || page == Path::new("docs/policy.md") {
                continue;
            }
            let (name, text, option) = if text.contains("kind: Policy") {
                ("auditgate.yaml", text, None)
            } else {
                ("fluent-bit.yaml", format!("{AROUND}{}", text.replace("\n", "\n  ")), Some("--fluent-bit"))
            };
            fs::write(folder.0.join(name), &text).unwrap();
            let command = format!("auditgate check --deny-warnings {} {name}", option.unwrap_or_default());
            bash(&["-euo", "pipefail", "-c"], &command, &folder.0, None);
            checked += 1;
        }
    }
    assert!(checked >= 4, "only {checked} blocks");
}

/// What a page leaves out around the outputs that it shows.
const AROUND: &str = "service: {storage.path: /var/lib/fluent-bit}
pipeline:
  inputs:
    - {name: tail, tag: audit.kubernetes, path: a.log, buffer_max_size: 64M, skip_long_lines: on, storage.type: filesystem}
  ";

/// Commands that need a cluster or an editor name files and targets that are there.
#[test]
fn commands_that_are_not_run_name_what_is_there() {
    let makefile = fs::read_to_string(project().join("Makefile")).unwrap();
    let mut seen = 0;
    for page in pages() {
        for (info, text) in blocks(&fs::read_to_string(project().join(&page)).unwrap()) {
            if info != "sh unrun" {
                continue;
            }
            for word in text.split([' ', '\n', '=', '\'', '"']) {
                let folders = ["fluent-bit-conf/", "deploy/", "examples/", "tests/", "docs/", "scripts/"];
                if folders.iter().any(|folder| word.starts_with(folder)) {
                    assert!(project().join(word).exists(), "{}: `{word}` is not there", page.display());
                    seen += 1;
                }
            }
            for target in text.lines().filter_map(|line| line.strip_prefix("make ")) {
                let target = target.split_whitespace().next().unwrap();
                assert!(makefile.contains(&format!("\n{target}: ")), "{}: no target `{target}`", page.display());
                seen += 1;
            }
        }
    }
    assert!(seen >= 8, "only {seen}");
}

/// A block that says nothing of itself is one that nobody checks.
#[test]
fn every_block_says_what_it_is() {
    for page in pages() {
        let text = fs::read_to_string(project().join(&page)).unwrap();
        // Made of the catalogue, whose own test runs its examples.
        if page == Path::new("docs/redaction.md") {
            continue;
        }
        for (info, text) in blocks(&text) {
            let known =
                ["sh", "sh fluent-bit", "sh unrun", "yaml", "json", "text", "toml", "ini"].contains(&info.as_str());
            assert!(known, "{}: a block begins with `{info}`:\n{text}", page.display());
        }
    }
}

/// Links to files of the project lead somewhere, and to headings that are there.
#[test]
fn links_lead_somewhere() {
    for page in pages() {
        let text = fs::read_to_string(project().join(&page)).unwrap();
        let prose: String = text.split("```").step_by(2).collect();
        for target in prose.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.contains("://") || target.contains(' ') || target.is_empty() {
                continue;
            }
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let folder = project().join(page.parent().unwrap());
            let linked = if file.is_empty() { project().join(&page) } else { folder.join(file) };
            assert!(linked.exists(), "{}: `{target}` is not there", page.display());
            if !heading.is_empty() && linked.extension().is_some_and(|end| end == "md") {
                let headings = fs::read_to_string(&linked).unwrap();
                let has = headings.lines().filter(|line| line.starts_with('#')).any(|line| anchor(line) == heading);
                assert!(has, "{}: `{target}` has no such heading", page.display());
            }
        }
    }
}

/// As GitHub makes it of a heading.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    words
        .chars()
        .filter(|letter| letter.is_alphanumeric() || [' ', '-', '_'].contains(letter))
        .map(|letter| if letter == ' ' { '-' } else { letter })
        .collect()
}
