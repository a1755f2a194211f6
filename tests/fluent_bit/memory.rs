//! Memory stays bounded, however many events pass.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::time::Duration;

use auditgate_generate::{Generator, Options, Profile};

use crate::harness::{FluentBit, Setup, Until};

in_both!(does_not_grow_with_the_number_of_events);

/// The peak of 200,000 events is at most a tenth above that of 20,000.
fn does_not_grow_with_the_number_of_events(fluent_bit: &FluentBit) {
    let options = Options { events: 5000, seed: 51, profile: Profile::Small, max_bytes: 4096, ..Options::default() };
    let log: String = Generator::new(options).unwrap().map(|event| event.json + "\n").collect();
    let path = std::env::temp_dir().join(format!("auditgate-memory-{}-{:?}.log", std::process::id(), fluent_bit.line));
    let [few, many] = [4_usize, 40].map(|times| {
        let mut file = BufWriter::new(File::create(&path).unwrap());
        for _ in 0..times {
            file.write_all(log.as_bytes()).unwrap();
        }
        file.flush().unwrap();
        let run = Setup::new(fluent_bit, "kubernetes-audit.yaml")
            .without_probe()
            .time_limit(Duration::from_secs(180))
            .run_file(&path, Until::Records(5000 * times));
        run.assert_ended_well();
        run.assert_no_error_lines();
        assert_eq!(run.written, 5000 * times, "as many out as in");
        run.peak_kb
    });
    std::fs::remove_file(&path).unwrap();
    assert!(many * 10 <= few * 11, "peak of 20,000 events {few} kB, of 200,000 events {many} kB");
}
