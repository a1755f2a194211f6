//! Cases with every trap, and the configurations of this project, which have none. `BLESS=1` writes what is found.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use auditgate_fluent_bit_check::{CODES, Included, check, document};
use std::fs;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| extensions.contains(&end.to_str().unwrap())));
    files.sort();
    files
}

/// Files beside the configuration.
fn included(beside: &Path, name: &str) -> Vec<Included> {
    fs::read_to_string(beside.join(name)).map(|text| (name.to_owned(), text)).into_iter().collect()
}

#[test]
fn cases_are_found_and_shown_as_they_are_written_down() {
    let cases = folder("tests/cases");
    let mut codes = Vec::new();
    for path in files(&cases, &["conf", "yaml"]) {
        let name = path.file_name().unwrap().to_str().unwrap();
        let version = if name.starts_with("in-3.1") { (3, 1, 9) } else { (4, 1, 1) };
        let text = fs::read_to_string(&path).unwrap();
        let report = check(name, &text, Some(version), &mut |name| included(&cases, name));
        codes.extend(report.findings.iter().map(|finding| finding.code));
        for (end, found) in [("txt", report.render()), ("json", format!("{:#}\n", report.to_json()))] {
            let golden = cases.join(format!("{name}.{end}"));
            if std::env::var_os("BLESS").is_some() {
                fs::write(&golden, &found).unwrap();
            }
            assert_eq!(fs::read_to_string(&golden).unwrap_or_default(), found, "{name}: `BLESS=1` writes it");
        }
    }
    for (code, ..) in CODES {
        assert!(codes.contains(&code), "no case has {code}");
    }
}

#[test]
fn the_configurations_of_this_project_have_no_trap() {
    let parts = ["input.conf", "input.yaml", "filter-section.conf", "parsers.conf"];
    let mut checked = 0;
    for shipped in [folder("../../fluent-bit-conf"), folder("../../fluent-bit-conf/output")] {
        for path in files(&shipped, &["conf", "yaml"]) {
            let name = path.file_name().unwrap().to_str().unwrap();
            // Those about routing show what routing costs; the parts are no whole configurations, and policies are none.
            if parts.contains(&name) || name.starts_with("routing") || name.ends_with("-policy.yaml") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let report = check(name, &text, Some((3, 1, 9)), &mut |name| included(&shipped, name));
            assert!(report.findings.is_empty(), "{}", report.render());
            checked += 1;
        }
    }
    assert!(checked >= 46, "only {checked}");
}

/// Each trap by itself: what is taken out of a configuration without traps, and the code that has to appear.
#[test]
fn taking_out_what_protects_is_noticed() {
    let shipped = folder("../../fluent-bit-conf");
    for (name, from, to, code) in [
        ("splunk.yaml", "match: routed.*+default+*", "match: '*'", "F003"),
        ("splunk.yaml", "retry_limit: no_limits", "retry_limit: 3", "F014"),
        ("input.yaml", "storage.type: filesystem", "storage.type: memory", "F010"),
        ("input.yaml", "skip_long_lines: on", "skip_long_lines: off", "F009"),
        ("input.yaml", "inotify_watcher: false", "inotify_watcher: true", "F018"),
        ("input.yaml", "emitter_mem_buf_limit: 0", "emitter_mem_buf_limit: 10M", "F013"),
        ("input.yaml", "event_format: json", "event_format: msgpack", "F006"),
        ("input.yaml", "wasm_stack_size: 256K", "", "F007"),
        ("filter-section.conf", "    Regex             $auditgate['policy'] ^[0-9a-f]+$", "    Regex  log .", "F003"),
        ("filter-section.conf", "    Name              wasm", "    Name              lua", "F002"),
        ("filter-section.conf", "auditgate_forged", "", "F015"),
    ] {
        let file = if name.ends_with("yaml") { "splunk.yaml" } else { "splunk.conf" };
        let mut changed = false;
        let mut read = |wanted: &str| -> String {
            let text = fs::read_to_string(shipped.join(wanted)).unwrap();
            if wanted != name {
                return text;
            }
            changed = true;
            assert!(text.contains(from), "{name} has no `{from}`");
            if code == "F015" {
                text.replace("Hard_rename       auditgate auditgate_forged", "Hard_rename  a b")
            } else {
                text.replace(from, to)
            }
        };
        let text = read(file);
        let report = check(file, &text, None, &mut |wanted| vec![(wanted.to_owned(), read(wanted))]);
        assert!(changed, "{name} was not read");
        assert!(
            report.findings.iter().any(|finding| finding.code == code),
            "{name} without `{from}`: no {code}\n{}",
            report.render()
        );
    }
}

#[test]
fn the_page_about_traps_is_up_to_date() {
    let path = folder("../../docs/traps.md");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, document()).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap_or_default(), document(), "`BLESS=1` writes it");
}
