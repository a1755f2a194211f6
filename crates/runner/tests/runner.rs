//! The runner around the module and around the engine.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use auditgate_generate::{Generator, Profile};
use auditgate_runner::{Context, Options, RunError, Runner};

fn module() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../dist/auditgate.wasm");
    std::fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}\nhelp: run `make module`"))
}

fn corpus() -> Vec<Vec<u8>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpus/kubernetes/falco-traces.jsonl");
    let text = std::fs::read(path).unwrap();
    text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
}

const CONTEXT: Context<'static> = Context { tag: b"audit.k8s", seconds: 1_700_000_000, nanoseconds: 42 };

/// Runs everything through both, and returns how many records left.
fn assert_same_bytes<'a>(records: impl IntoIterator<Item = &'a [u8]>) -> usize {
    let options = Options::default();
    let (mut wasm, mut native) = (Runner::wasm(&module(), &options).unwrap(), Runner::native(&options).unwrap());
    let mut left = 0;
    for record in records {
        let expected = native.process(CONTEXT, record).unwrap().map(<[u8]>::to_vec);
        let found = wasm.process(CONTEXT, record).unwrap();
        let shown = || String::from_utf8_lossy(record).chars().take(300).collect::<String>();
        assert_eq!(found.map(String::from_utf8_lossy), expected.as_deref().map(String::from_utf8_lossy), "{}", shown());
        left += usize::from(found.is_some());
    }
    assert_eq!(wasm.report(), native.report());
    assert_eq!(wasm.take_messages(), "");
    left
}

#[test]
fn the_module_and_the_engine_give_the_same_bytes_for_real_events() {
    let corpus = corpus();
    let raw_lines = corpus.iter().map(|line| {
        let escaped: String = String::from_utf8_lossy(line).replace('\\', "\\\\").replace('"', "\\\"");
        format!(r#"{{"log":"{escaped}","stream":"stdout"}}"#).into_bytes()
    });
    let records: Vec<_> = corpus.iter().cloned().chain(raw_lines).collect();
    assert_eq!(assert_same_bytes(records.iter().map(Vec::as_slice)), 102);
}

#[test]
fn the_module_and_the_engine_give_the_same_bytes_for_made_up_events() {
    for (profile, events) in [(Profile::Mixed, 1500), (Profile::Secrets, 1000), (Profile::Large, 4)] {
        let options = auditgate_generate::Options { events, seed: 11, profile, ..Default::default() };
        let records: Vec<String> = Generator::new(options).unwrap().map(|event| event.json).collect();
        assert_eq!(assert_same_bytes(records.iter().map(String::as_bytes)), records.len());
    }
}

#[test]
fn the_module_and_the_engine_give_the_same_bytes_for_broken_records() {
    let mut records: Vec<Vec<u8>> =
        [b"".as_slice(), b"{}", b"[]", b"1", b"null", b"{", b"{\"a\":", b"not json", b"{\"a\":1}{\"b\":2}"]
            .map(<[u8]>::to_vec)
            .to_vec();
    for line in corpus() {
        // Cut somewhere, and with one byte replaced by one that cannot stand there.
        for part in [3, 5, 7] {
            let cut = line.len() / part;
            records.push(line.iter().copied().take(cut).collect());
            records.push(line.iter().enumerate().map(|(at, &byte)| if at == cut { b'\x01' } else { byte }).collect());
        }
    }
    assert!(assert_same_bytes(records.iter().map(Vec::as_slice)) > 300);
}

#[test]
fn a_record_that_does_not_fit_leaves_as_a_placeholder() {
    let options = Options { max_memory_bytes: 4 << 20, ..Options::default() };
    let mut runner = Runner::wasm(&module(), &options).unwrap();
    let long = format!(r#"{{"log":"{}"}}"#, "secret ".repeat(600_000));
    let answer = String::from_utf8(runner.process(CONTEXT, long.as_bytes()).unwrap().unwrap().to_vec()).unwrap();
    assert!(answer.contains(r#""tag":"audit.k8s""#) && answer.contains(r#""error":"E090""#), "{answer}");
    assert!(!answer.contains("secret"));
    assert_eq!(runner.report().errors.get("E090"), Some(&1));
    assert_eq!(runner.report().traps, 0);
    assert!(runner.process(CONTEXT, br#"{"kind":"Event"}"#).unwrap().is_some());
}

#[test]
fn a_file_that_is_no_module_is_refused_with_its_reason() {
    let refused = |bytes: &[u8]| match Runner::wasm(bytes, &Options::default()) {
        Err(RunError::Module(reason)) => reason,
        Err(other) => panic!("unexpected: {other}"),
        Ok(_) => panic!("loaded"),
    };
    assert!(!refused(b"no module").is_empty());
    // A valid module with nothing in it.
    assert!(refused(b"\0asm\x01\0\0\0").contains("_initialize"));
}
