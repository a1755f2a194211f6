//! The proof of the judge: behind a target that lets everything pass it finds every planted secret, in every place, kind and
//! encoding.

use auditgate_leak_bench::run::{Plan, run};
use auditgate_leak_bench::target::PassThrough;

/// A process title ends after 128 bytes, and with it a long secret before its body begins.
fn may_be_cut(place: &str) -> bool {
    place.starts_with("PROCTITLE")
}

#[test]
fn finds_every_secret_that_was_not_redacted() {
    let plan = Plan { seeds: 1, one_kind_in: 3, formats: false };
    let results = run(&mut PassThrough, plan, |_, _| {});
    assert!(results.records > 30_000, "{} records", results.records);
    let place_of = |at: usize| results.places.get(at).map_or("", |entry| entry.item.id);
    let missed: Vec<String> = results
        .tallies
        .iter()
        .filter(|(combination, tally)| tally.leaks < tally.cases && !may_be_cut(place_of(combination.place)))
        .map(|(combination, _)| format!("{combination:?}"))
        .collect();
    assert!(missed.is_empty(), "{} not found, such as {:?}", missed.len(), missed.first());
    assert_eq!((results.faults.len(), results.placeholders, results.unstable.leaks), (0, 0, 0));
}
