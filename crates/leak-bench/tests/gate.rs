//! The gate on structured places, a third of the kinds for each place and encoding: `make leak-bench` runs all of it.
//!
//! `open.txt` names the places that still leak. It only ever gets shorter.

use std::collections::BTreeSet;

use auditgate_leak_bench::case::Demand;
use auditgate_leak_bench::run::{Plan, run};
use auditgate_leak_bench::target::Native;

#[test]
fn nothing_leaks_from_structured_places() {
    let results = run(&mut Native::default(), Plan { seeds: 1, one_kind_in: 3 }, |_, _| {});
    let open: BTreeSet<&str> = include_str!("open.txt").lines().collect();
    let leaking: BTreeSet<String> = results
        .tallies
        .iter()
        .filter(|(combination, tally)| {
            tally.leaks > 0 && results.demand(combination) == Demand::Structured && !results.held_out(combination)
        })
        .filter_map(|(combination, _)| results.places.get(combination.place))
        .map(|place| format!("{}: {}", place.item.group, place.item.id))
        .collect();
    let new: Vec<_> = leaking.iter().filter(|place| !open.contains(place.as_str())).collect();
    assert!(new.is_empty(), "leaks in {new:?}; `auditgate-leak-bench --fast --failures FILE` shows them");
    assert!(results.faults.is_empty(), "{:?}", results.faults);
    assert_eq!(results.placeholders, 0, "placeholders for well-formed records");
}
