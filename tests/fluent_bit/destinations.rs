//! The configurations of the destinations, as they stand: each is taken by Fluent Bit, sends to a receiver where one can be had, and sends
//! nothing there that did not pass the module.

use std::path::Path;
use std::time::Duration;

use crate::harness::{FluentBit, Line, Setup, Until, module, project, run_all};
use crate::receivers::skipped;
use scene::{log, with_environment};

mod filter;
mod loki;
mod output;
mod scene;
mod services;

in_both!(every_configuration_is_taken, no_output_takes_a_tag_that_raw_events_have);

/// Every file of a destination, without what others include; those about routing have tests of their own.
fn configurations() -> Vec<String> {
    let files = std::fs::read_dir(project().join("fluent-bit-conf")).unwrap();
    let names = files.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let parts = ["README.md", "aggregator.yaml", "input.yaml", "input.conf", "filter-section.conf", "parsers.conf"];
    names
        .filter(|name| name.contains('.') && !parts.contains(&name.as_str()))
        .filter(|name| !name.starts_with("routing") && !name.ends_with("-policy.yaml"))
        .collect()
}

fn every_configuration_is_taken(fluent_bit: &FluentBit) {
    let configurations = configurations();
    assert!(configurations.len() >= 28, "{configurations:?}");
    for name in configurations {
        let (status, log) = with_environment(Setup::new(fluent_bit, &name), 9).dry_run();
        if log.contains("plugin name that doesn't exist") || log.contains("invalid output plugin") {
            skipped(&name, "this Fluent Bit was built without the output");
            continue;
        }
        assert!(log.contains("configuration test is successful"), "{name}: {status} {log}");
        assert!(!log.contains("[ warn]") && !log.contains("[error]"), "{name}: {log}");
    }
}

/// Half a module, which 3.1 shrugs off: what the probe sees of raw events has a tag that no output takes, or is nothing. This holds for
/// destinations without a receiver here too.
fn no_output_takes_a_tag_that_raw_events_have(fluent_bit: &FluentBit) {
    let good = std::fs::read(module()).unwrap();
    let half = &good[..good.len() / 2];
    let runs = configurations().into_iter().map(|name| {
        let setup = with_environment(Setup::new(fluent_bit, &name), 9).module_bytes(half);
        (name, setup)
    });
    let mut passed = 0;
    for (name, run) in run_all(runs, log().as_bytes(), Until::Elapsed(Duration::from_secs(4))) {
        let cannot =
            ["plugin name that doesn't exist", "invalid output plugin", "failed to create producer: No provider"];
        if cannot.iter().any(|reason| run.log.contains(reason)) {
            skipped(&name, "this Fluent Bit was built without what the output needs");
            continue;
        }
        assert_eq!(run.refused_to_start(), fluent_bit.line == Line::Newer, "{name}: {}", run.log);
        let seen = run.probe_text();
        if name.ends_with("yaml") {
            assert!(seen.lines().all(|line| line.starts_with("audit.kubernetes: ")), "{name}: {seen:.300}");
            passed += seen.lines().count();
        } else {
            assert_eq!(seen, "", "{name}");
        }
    }
    assert_eq!(passed > 0, fluent_bit.line == Line::Older, "the probe saw {passed} raw events");
}

/// An output that could get records by their first tag would be open: none in any of the files.
#[test]
fn outputs_match_what_passed_the_module_alone() {
    for name in configurations() {
        let text = std::fs::read_to_string(project().join("fluent-bit-conf").join(&name)).unwrap();
        let matches: Vec<_> =
            text.lines().filter(|line| line.trim().to_lowercase().starts_with("match")).map(str::trim).collect();
        assert!(!matches.is_empty(), "{name}");
        if Path::new(&name).extension().is_some_and(|extension| extension == "yaml") {
            assert!(text.contains("- input.yaml"), "{name} lacks the input");
            assert!(matches.iter().all(|line| line.starts_with("match: routed.*+")), "{name}: {matches:?}");
        } else {
            assert!(text.contains("@INCLUDE input.conf"), "{name} lacks the input with its guard");
        }
    }
}
