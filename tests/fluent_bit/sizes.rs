//! Events that are larger than what Fluent Bit, or the module's memory, is made for.

use auditgate_generate::{Generator, Options, Profile};
use serde_json::Value;

use crate::harness::{FluentBit, Setup, Until, module};
use crate::wasm;

in_both!(five_megabytes, far_larger_than_the_heap_of_the_host, memory_that_cannot_grow, texts_in_texts);

/// A small event, a large one with secrets at its end, a small one.
fn between_small_ones(min_bytes: usize) -> (String, Vec<Value>, Generator) {
    let small = Generator::new(Options { events: 2, seed: 21, profile: Profile::Small, ..Options::default() }).unwrap();
    // A list of pods has secrets in it; which shape an event has depends on its number alone.
    let large =
        Generator::new(Options { seed: 21, min_bytes, max_bytes: min_bytes + 100_000, ..Options::default() }).unwrap();
    let large = (0..100).map(|number| large.event(number)).find(|event| event.planted.len() > 10).unwrap();
    assert!(large.json.len() >= min_bytes);
    let lines = [small.event(0).json, large.json, small.event(1).json];
    let events = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    (lines.join("\n") + "\n", events, small)
}

fn five_megabytes(fluent_bit: &FluentBit) {
    let (log, events, generator) = between_small_ones(5_000_000);
    for configuration in ["kubernetes-audit.yaml", "kubernetes-audit.conf"] {
        let run = Setup::new(fluent_bit, configuration).run(log.as_bytes(), Until::Records(3));
        run.assert_ended_well();
        run.assert_no_error_lines();
        let records = run.records();
        assert_eq!(records.len(), 3, "{configuration}");
        for (record, event) in records.iter().zip(&events) {
            record.assert_is_event(event);
        }
        run.assert_no_secret(generator.marker());
    }
}

/// The heap that Fluent Bit lends is 8 KB by default; said here, so that another default changes nothing.
fn far_larger_than_the_heap_of_the_host(fluent_bit: &FluentBit) {
    let (log, events, generator) = between_small_ones(3_000_000);
    let run = Setup::new(fluent_bit, "kubernetes-audit.yaml")
        .edit("kubernetes-audit.yaml", "wasm_stack_size: 256K", "wasm_stack_size: 256K\n            wasm_heap_size: 8K")
        .run(log.as_bytes(), Until::Records(3));
    run.assert_no_error_lines();
    let records = run.records();
    assert_eq!(records.len(), 3);
    for (record, event) in records.iter().zip(&events) {
        record.assert_is_event(event);
    }
    run.assert_no_secret(generator.marker());
}

/// The module's memory may grow to 4 MB and no further: the 5 MB event leaves as a placeholder, the others as they are.
fn memory_that_cannot_grow(fluent_bit: &FluentBit) {
    let (log, events, generator) = between_small_ones(5_000_000);
    let limited = wasm::with_memory_limit(&std::fs::read(module()).unwrap(), 64);
    let run =
        Setup::new(fluent_bit, "kubernetes-audit.yaml").module_bytes(&limited).run(log.as_bytes(), Until::Records(3));
    run.assert_ended_well();
    let records = run.records();
    assert_eq!(records.len(), 3, "{}", run.log);
    records[0].assert_is_event(&events[0]);
    records[1].assert_refused("E090");
    records[2].assert_is_event(&events[2]);
    run.assert_no_secret(generator.marker());
}

/// JSON in an annotation of an object that is JSON in an annotation: the stack that Fluent Bit lends by default is too small for that, and the
/// record is lost; the one that is configured is not.
fn texts_in_texts(fluent_bit: &FluentBit) {
    let applied = |inner: Value| {
        let annotation = "kubectl.kubernetes.io/last-applied-configuration";
        serde_json::json!({"metadata": {"annotations": {annotation: inner.to_string()}}, "data": {"a": inner.to_string()}})
    };
    let event = |id: &str, body: Value| {
        serde_json::json!({
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Request", "auditID": id, "stage": "ResponseComplete",
            "verb": "update", "objectRef": {"resource": "configmaps"}, "requestObject": body,
        })
    };
    let body = serde_json::json!({"command": ["mysql", "-p4711x"]});
    let events = [event("nested", applied(applied(applied(body)))), event("plain", serde_json::json!({}))];
    let log: String = events.iter().map(|event| format!("{event}\n")).collect();
    let setup = Setup::new(fluent_bit, "kubernetes-audit.yaml");
    let run = setup.run(log.as_bytes(), Until::Records(2));
    run.assert_no_error_lines();
    assert_eq!(run.records().len(), 2, "{}", run.log);
    let setup = Setup::new(fluent_bit, "kubernetes-audit.yaml").edit(
        "kubernetes-audit.yaml",
        "wasm_stack_size: 256K",
        "wasm_heap_size: 8K",
    );
    let run = setup.run(log.as_bytes(), Until::Records(1));
    assert!(run.log.contains("wasm operand stack overflow"), "{}", run.log);
    let records = run.records();
    assert_eq!(records.len(), 1, "{}", run.log);
    assert_eq!(records[0].value["auditID"], "plain", "{}", records[0].short());
}
