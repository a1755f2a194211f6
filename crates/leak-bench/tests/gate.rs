//! The gates, a third of the kinds for each place and encoding: `make leak-bench` runs all of it.

use auditgate_leak_bench::case::Demand;
use auditgate_leak_bench::run::{Plan, run};
use auditgate_leak_bench::target::Native;

#[test]
fn nothing_leaks_from_structured_places() {
    let results = run(&mut Native::default(), Plan { seeds: 1, one_kind_in: 3, formats: false }, |_, _| {});
    let leaking: Vec<String> = results
        .tallies
        .iter()
        .filter(|(combination, tally)| {
            tally.leaks > 0 && results.demand(combination) == Demand::Structured && !results.held_out(combination)
        })
        .filter_map(|(combination, _)| results.places.get(combination.place))
        .map(|place| format!("{}: {}", place.item.group, place.item.id))
        .collect();
    assert!(leaking.is_empty(), "leaks in {leaking:?}; `auditgate-leak-bench --fast --failures FILE` shows them");
    let held_out = results.sum(|c| results.demand(c) == Demand::Structured && results.held_out(c));
    assert_eq!(held_out.leaks, 0, "leaks in held-out places or kinds");
    assert!(results.faults.is_empty(), "{:?}", results.faults);
    assert_eq!(results.placeholders, 0, "placeholders for well-formed records");
    assert_eq!(results.unstable.leaks, 0, "redacting twice changes {:?}", results.unstable_paths);
}
