//! The module must not become slower unnoticed: WebAssembly instructions an event, against a stored baseline.
//!
//! Instructions are what Fluent Bit's interpreter pays for, they are the same on every machine, and wasmtime counts them (as
//! fuel). A change for the worse of more than [`TOLERANCE`] fails; a change for the better asks to be stored, so that it is not
//! lost again: `AUDITGATE_BLESS=1 cargo test -p auditgate-bench` writes `tests/instructions.txt`.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::print_stderr, reason = "a skipped test has to say so")]

use auditgate_bench::{FILTER, Subject};
use auditgate_generate::{Generator, Options, Profile};
use std::fmt::Write;
use std::path::Path;

/// What another compiler of the same source may cost, in percent. Growth beyond it is a regression.
const TOLERANCE: f64 = 5.0;

/// Passes over a sample before one is counted that shows what the engine makes of events like those it has met: what a Fluent Bit pays that keeps
/// the module's instance. The others are counted in the first pass, which is what one pays that loads the module for every chunk.
const PASSES_BEFORE: usize = 4;

/// The samples: a name, its events as the module gets them, and how many passes over them come before the one that is counted.
fn samples() -> Vec<(&'static str, Vec<String>, usize)> {
    let make = |profile, events, min_bytes, max_bytes| -> Vec<String> {
        let options = Options { events, seed: 20, profile, min_bytes, max_bytes };
        Generator::new(options).unwrap().map(|event| event.json).collect()
    };
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/kubernetes/falco-traces.jsonl");
    let real: Vec<_> = std::fs::read_to_string(corpus).unwrap().lines().map(str::to_owned).collect();
    let raw = real.iter().map(|event| format!(r#"{{"log":"{}"}}"#, event.replace('\\', r"\\").replace('"', r#"\""#)));
    let raw: Vec<_> = raw.collect();
    vec![
        ("real", real.clone(), 0),
        ("real-raw", raw.clone(), 0),
        ("again", real.clone(), PASSES_BEFORE),
        ("again-raw", raw, PASSES_BEFORE),
        // What a cluster says day in, day out, behind as much of it.
        ("cluster", make(Profile::Cluster, 2_000, 0, 8_192), 1),
        ("secrets", make(Profile::Secrets, 200, 0, 16_384), 0),
        ("benign", make(Profile::Benign, 200, 0, 16_384), 0),
        ("large", make(Profile::Large, 2, 500_000, 600_000), 0),
    ]
}

#[test]
fn the_module_executes_no_more_instructions_than_before() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let module = root.join("../../dist/auditgate.wasm");
    let Ok(bytes) = std::fs::read(&module) else {
        eprintln!("SKIPPED: no dist/auditgate.wasm; `make module` makes it");
        return;
    };
    let mut measured = String::from(
        "# WebAssembly instructions an event, and a byte. Written by AUDITGATE_BLESS=1 cargo test -p auditgate-bench\n",
    );
    let mut counts = Vec::new();
    for (name, events, passes_before) in samples() {
        let mut subject = Subject::module(&bytes, FILTER, true).expect("the module loads");
        // The first record pays for buffers that all later ones use.
        subject.process(events.first().expect("a sample has events").as_bytes(), |_| {}).unwrap();
        for event in std::iter::repeat_n(&events, passes_before).flatten() {
            subject.process(event.as_bytes(), |_| {}).unwrap();
        }
        let before = subject.fuel();
        for event in &events {
            subject.process(event.as_bytes(), |_| {}).unwrap();
        }
        let total = (subject.fuel() - before) as f64;
        let size: usize = events.iter().map(String::len).sum();
        let per_event = (total / events.len() as f64).round();
        writeln!(measured, "{name:<10}{per_event:>10}{:>8.2}", total / size as f64).unwrap();
        counts.push((name, per_event));
    }

    let baseline = root.join("tests/instructions.txt");
    if std::env::var_os("AUDITGATE_BLESS").is_some() {
        std::fs::write(&baseline, &measured).unwrap();
        return;
    }
    let stored = std::fs::read_to_string(&baseline).expect("a baseline; AUDITGATE_BLESS=1 writes it");
    for (name, now) in counts {
        let before: f64 = stored
            .lines()
            .filter_map(|line| {
                line.split_whitespace().collect::<Vec<_>>().split_first().map(|(key, rest)| (*key, rest.to_vec()))
            })
            .find(|(key, _)| *key == name)
            .and_then(|(_, rest)| rest.first()?.parse().ok())
            .unwrap_or_else(|| panic!("expected a line `{name}` in {}", baseline.display()));
        let change = (now / before - 1.0) * 100.0;
        assert!(
            change <= TOLERANCE,
            "{name}: {now} instructions an event, {change:.1} % more than the {before} stored; \
             `AUDITGATE_BLESS=1 cargo test -p auditgate-bench` accepts it. All of them:\n{measured}"
        );
        if change < -TOLERANCE {
            eprintln!(
                "{name}: {change:.1} % instructions; store it with AUDITGATE_BLESS=1 cargo test -p auditgate-bench"
            );
        }
    }
}
