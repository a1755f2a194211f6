//! The module inside real Fluent Bits, with the configurations of `fluent-bit-conf/` as they stand.
//!
//! `FLUENT_BIT` names a Fluent Bit of 4.1 or later, `FLUENT_BIT_OLD` one of 3.1; without them `fluent-bit` in `PATH` is tried.
//! A line that is not there is skipped, loudly; with `REQUIRE_FLUENT_BIT` set that fails. The module is `dist/auditgate.wasm`
//! (`make dist`) or what `AUDITGATE_WASM` names, the output plugin `dist/out_auditgate.so` or what `AUDITGATE_PLUGIN` names. `KEEP_FLUENT_BIT_RUNS` keeps the folders of the runs; failed ones stay.
//!
//! Every test here runs in both lines, as `newer::` and `older::`. Each known way of losing an event, or of letting it pass
//! raw, and the test that covers it:
//!
//! | What Fluent Bit does | Test |
//! |---|---|
//! | loads nothing beyond the features of its WAMR, and 3.1 passes everything raw when it cannot load | `volume::raw_lines`, `volume::parsed` (the module loads in both) |
//! | a module that is missing, half written, broken, or traps while it is loaded: 3.1 passes raw | `fail_closed::a_module_that_cannot_be_loaded_lets_nothing_through` |
//! | a module that traps at a record, lacks the export or has another signature: the record is gone | `fail_closed::a_module_that_fails_at_run_time_lets_nothing_raw_through` |
//! | a [FILTER] alone is open when it fails: the guard closes it, and a forged stamp does not open it | `fail_closed::the_guard_is_what_holds`, `fail_closed::a_forged_stamp_does_not_pass_the_guard` |
//! | a path in `accessible_paths` that is missing: 3.1 passes raw | `fail_closed::a_missing_policy_folder_lets_nothing_through` |
//! | an answer of NULL or "", or one that is no object: dropped, printed, or worse | `hostile::lines_that_are_no_events`, `volume::*` (as many out as in, no error lines) |
//! | two objects in one answer: the rest of the chunk is lost | `hostile::cut_and_doubled_events` |
//! | a NUL in the answer cuts it | `hostile::characters_that_break_strings` |
//! | invalid UTF-8, lone surrogates, CESU-8 | `hostile::characters_that_break_strings`, `volume::benign_events_stay_as_they_are` |
//! | numbers that are not finite, or not JSON | `hostile::numbers` |
//! | nesting beyond the decoder's depth loses the record and the rest of the chunk | `hostile::depth_of_nesting` |
//! | an output's stack of 24 KB in 3.1 overflows at some 26 levels: a crash | `hostile::depth_on_the_default_stack` |
//! | repeated keys | `hostile::repeated_keys` |
//! | a key `auditgate` that was there before | `hostile::forged_stamps` |
//! | a stack of 8 KB loses records with texts in texts | `sizes::texts_in_texts` |
//! | a record larger than the 8 KB heap arrives as pointer 0 | `sizes::far_larger_than_the_heap_of_the_host` |
//! | memory that cannot grow | `sizes::memory_that_cannot_grow` |
//! | a line longer than the input's buffer ends the reading of the file | `sizes::five_megabytes` |
//! | memory that grows with the number of records | `memory::does_not_grow_with_the_number_of_events` |
//! | `event_format msgpack`: the answer is cut at the first zero byte | `mistakes::msgpack_is_answered_with_a_placeholder` |
//! | a policy that does not check must not trap at load | `policy::a_policy_that_does_not_check_locks_down` |
//! | a chart's own inputs and filters in front of the module: all five of fluent-logshipping-app's | `chart::*` |
//! | a destination's output takes what did not pass the module | `destinations::no_output_takes_a_tag_that_raw_events_have`, `destinations::filter::*` |
//! | an output plugin that cannot run its module, or read its policy | `destinations::output::*` |
//! | a chart's storage path that is a variable in a variable | `chart::what_waits_stands_on_the_volume` |
//! | an emitter over its limit keeps the old tag; a receiver that is away; kill -9 | `routing::*` |
//! | a rotated file is forgotten after 5 seconds, found again by its new name, and read a second time | `rotation::every_event_of_a_rotated_log_leaves_once` |
//! | a hot reload with another policy | `reload::*` |
//! | an event that did not pass the module reaches an output by its old tag | every test: the probe sees all tags |
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    reason = "a test fails by panicking, and may say what it measured"
)]

/// Makes a test of each function, in both lines of Fluent Bit.
macro_rules! in_both {
    ($($name:ident),* $(,)?) => {
        mod newer {
            $(#[test] fn $name() { $crate::harness::FluentBit::find($crate::harness::Line::Newer).iter().for_each(super::$name) })*
        }
        mod older {
            $(#[test] fn $name() { $crate::harness::FluentBit::find($crate::harness::Line::Older).iter().for_each(super::$name) })*
        }
    };
}

mod baked;
mod chart;
mod destinations;
mod fail_closed;
mod forward_receiver;
mod harness;
mod hostile;
mod memory;
mod mistakes;
mod own;
mod policy;
mod process;
mod receivers;
mod records;
mod reload;
mod rotation;
mod routing;
mod sizes;
mod volume;
mod wasm;
