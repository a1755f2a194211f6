//! Memory stays bounded, however many events pass.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::time::Duration;

use auditgate_generate::{Generator, Options, Profile};

use crate::harness::{FluentBit, Setup, Until};

in_both!(does_not_grow_with_the_number_of_events);

/// The peak of 200,000 events is at most a tenth above that of 20,000.
///
/// A peak of about 30 MB depends by some MB on how many chunks happened to be in flight. So the measurement is repeated where it
/// fails, and the largest peak of the few compared with the smallest of the many: what grows with each event grows every time.
fn does_not_grow_with_the_number_of_events(fluent_bit: &FluentBit) {
    let options = Options { events: u64::MAX, seed: 51, profile: Profile::Small, ..Options::default() };
    let small = Generator::new(options).unwrap().map(|event| event.json + "\n").filter(|line| line.len() < 1100);
    let events: String = small.take(5000).collect();
    let (mut few, mut many) = (0, u64::MAX);
    for _ in 0..3 {
        few = few.max(peak_kb(fluent_bit, &events, 4));
        many = many.min(peak_kb(fluent_bit, &events, 40));
        eprintln!("{:?}: peak of 20,000 events {few} kB, of 200,000 events {many} kB", fluent_bit.line);
        if many * 10 <= few * 11 {
            return;
        }
    }
    panic!("the peak grew from {few} kB to {many} kB");
}

/// Peak of a run over 5,000 events, `times` over.
fn peak_kb(fluent_bit: &FluentBit, events: &str, times: usize) -> u64 {
    let path = std::env::temp_dir().join(format!("auditgate-memory-{}-{:?}.log", std::process::id(), fluent_bit.line));
    let mut file = BufWriter::new(File::create(&path).unwrap());
    (0..times).for_each(|_| file.write_all(events.as_bytes()).unwrap());
    file.flush().unwrap();
    let run = Setup::new(fluent_bit, "kubernetes-audit.yaml")
        .without_probe()
        .time_limit(Duration::from_secs(240))
        .run_file(&path, Until::Records(5000 * times));
    run.assert_ended_well();
    run.assert_no_error_lines();
    assert_eq!(run.written, 5000 * times, "as many out as in");
    std::fs::remove_file(&path).unwrap();
    run.peak_kb
}
