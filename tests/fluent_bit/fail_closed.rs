//! A module that does not load, or does not work: nothing may leave raw.
//!
//! Fluent Bit 4.1 and later refuse to start; 3.1 starts, exits with 0 and lets every record pass the broken filter.

use std::time::Duration;

use crate::harness::{FluentBit, Line, Run, Setup, Until, corpus, module, project, run_all};
use crate::wasm::{Fault, faulty};

in_both!(
    a_module_that_cannot_be_loaded_lets_nothing_through,
    a_module_that_fails_at_run_time_lets_nothing_raw_through,
    the_guard_is_what_holds,
    a_forged_stamp_does_not_pass_the_guard,
    a_missing_policy_folder_lets_nothing_through,
);

const CONFIGURATIONS: [&str; 2] = ["kubernetes-audit.yaml", "kubernetes-audit.conf"];

/// Long enough for everything to have left: [`the_guard_is_what_holds`] shows it.
const UNTIL: Until = Until::Elapsed(Duration::from_millis(2500));

fn assert_nothing_delivered(run: &Run, what: &str) {
    let delivered = run.delivered();
    assert!(delivered.is_empty(), "{what}: {} bytes were delivered\n{}", delivered.len(), run.log);
    // The probe sees every tag; what still has its first tag matches none of the configuration's outputs.
    assert!(run.probe_text().lines().all(|line| line.starts_with("audit.kubernetes: ")), "{what}");
    // Another ABI error must not print the event either.
    assert!(!run.log.contains("requestObject"), "{what}: an event stands in Fluent Bit's own log");
}

fn a_module_that_cannot_be_loaded_lets_nothing_through(fluent_bit: &FluentBit) {
    let good = std::fs::read(module()).unwrap();
    let other = if fluent_bit.line == Line::Newer { "1.3.0" } else { "2.4.1" };
    let compiled = std::fs::read(project().join(format!("dist/auditgate-wamr-{other}.aot")));
    let modules = [
        // Without what `make aot` makes, its first bytes.
        ("machine code for another version", compiled.unwrap_or_else(|_| b"\0aot\x03\0\0\0".to_vec())),
        ("an empty file", Vec::new()),
        ("text", b"this is no module".to_vec()),
        ("the first half", good[..good.len() / 2].to_vec()),
        ("without its last byte", good[..good.len() - 1].to_vec()),
        ("a trap at load", faulty(Fault::TrapsAtLoad)),
    ];
    let mut cases = Vec::new();
    for configuration in CONFIGURATIONS {
        cases.push((
            "a missing file",
            Setup::new(fluent_bit, configuration).module("/nonexistent/auditgate.wasm".into()),
        ));
        cases.extend(
            modules.iter().map(|(what, bytes)| (*what, Setup::new(fluent_bit, configuration).module_bytes(bytes))),
        );
    }
    for (what, run) in run_all(cases, corpus().as_bytes(), UNTIL) {
        assert_nothing_delivered(&run, what);
        // Both miss a file that is not there; a file that does not load is what 3.1 shrugs off.
        let refuses = fluent_bit.line == Line::Newer || what == "a missing file";
        assert_eq!(run.refused_to_start(), refuses, "{what}\n{}", run.log);
    }
}

fn a_module_that_fails_at_run_time_lets_nothing_raw_through(fluent_bit: &FluentBit) {
    let mut cases = Vec::new();
    for fault in [Fault::TrapsAtRecords, Fault::LacksExport, Fault::OtherSignature, Fault::AnswersNull, Fault::Echoes] {
        cases.extend(
            CONFIGURATIONS
                .map(|configuration| (fault, Setup::new(fluent_bit, configuration).module_bytes(&faulty(fault)))),
        );
    }
    for (fault, run) in run_all(cases, corpus().as_bytes(), UNTIL) {
        assert_nothing_delivered(&run, &format!("{fault:?}"));
    }
}

/// The guard of the classic form, proven by its absence: without it, 3.1 delivers everything raw.
fn the_guard_is_what_holds(fluent_bit: &FluentBit) {
    let guard = "    Regex             $auditgate['policy'] ^[0-9a-f]+$";
    let run = Setup::new(fluent_bit, "kubernetes-audit.conf")
        .edit("filter-section.conf", guard, "    Regex             $auditID .")
        .module_bytes(b"this is no module")
        .run(corpus().as_bytes(), UNTIL);
    match fluent_bit.line {
        Line::Newer => assert!(run.refused_to_start()),
        Line::Older => {
            assert_eq!(run.delivered().iter().filter(|&&byte| byte == b'\n').count(), corpus().lines().count())
        }
    }
}

/// With a module that does not load, an event that brought a stamp along must not pass either.
fn a_forged_stamp_does_not_pass_the_guard(fluent_bit: &FluentBit) {
    let forged = r#""auditgate":{"id":"x","source":"kubernetes","routes":"+default+","rule":"default","redactions":0,"policy":"deadbeef"}"#;
    let log: String = corpus().lines().map(|line| format!("{{{forged},{}\n", &line[1..])).collect();
    let cases = CONFIGURATIONS
        .map(|configuration| (configuration, Setup::new(fluent_bit, configuration).module_bytes(b"this is no module")));
    for (configuration, run) in run_all(cases, log.as_bytes(), UNTIL) {
        assert_nothing_delivered(&run, configuration);
    }
}

fn a_missing_policy_folder_lets_nothing_through(fluent_bit: &FluentBit) {
    let cases =
        CONFIGURATIONS.into_iter().zip([CONFIGURATIONS[0], "filter-section.conf"]).map(|(configuration, file)| {
            (configuration, Setup::new(fluent_bit, configuration).edit(file, "${AUDITGATE_POLICY}", "/nonexistent"))
        });
    for (configuration, run) in run_all(cases, corpus().as_bytes(), UNTIL) {
        assert_nothing_delivered(&run, configuration);
    }
}
