//! Runs tests/delivery: every example as it stands, in every Fluent Bit that this machine has, against receivers that fail and real ones.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use auditgate_generate::{Generator, Options, Profile};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

const EVENTS: u64 = 500;

#[test]
fn every_event_arrives_or_is_kept_aside() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    // The test stands in `deps`, the plugin beside it or one folder up; `make dist` puts it into `dist`.
    let beside = std::env::current_exe().unwrap();
    let places = beside.ancestors().skip(1).take(2).map(|folder| folder.join("libout_auditgate.so"));
    let Some(plugin) = places.chain([project.join("dist/out_auditgate.so")]).find(|path| path.is_file()) else {
        // Not eprintln: the test runner would keep it to itself.
        std::io::stderr().write_all(b"SKIPPED: no out_auditgate.so; `make dist` makes it\n").unwrap();
        return;
    };
    let options = Options { events: EVENTS, profile: Profile::Small, ..Options::default() };
    let lines: String = Generator::new(options).unwrap().map(|event| event.json + "\n").collect();
    let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join("delivery.log");
    std::fs::write(&log, lines).unwrap();
    let run = Command::new("python3")
        .arg(project.join("tests/delivery/run.py"))
        .args(["--jobs", "6", "--plugin"])
        .arg(&plugin)
        .arg("--log")
        .arg(&log)
        .status();
    match run {
        Ok(status) => assert!(status.success(), "{status}; what was lost stands above"),
        Err(error) => std::io::stderr().write_all(format!("SKIPPED: no python3: {error}\n").as_bytes()).unwrap(),
    }
}
