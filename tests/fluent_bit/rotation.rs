//! A log that is rotated as the API server does it: renamed, and begun anew; old files are deleted after a while.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::harness::{FluentBit, Setup};
use crate::process::ended_well;
use crate::records::Record;

in_both!(every_event_of_a_rotated_log_leaves_once);

const EVENTS: usize = 1500;
const ROTATIONS: usize = 3;
const KEPT: usize = 2;

/// The new names fit the path, too: what Fluent Bit forgets, it finds again, and would read a second time.
fn every_event_of_a_rotated_log_leaves_once(fluent_bit: &FluentBit) {
    for (configuration, wait, often) in [
        ("kubernetes-audit.yaml", "      rotate_wait: 2592000\n", "      refresh_interval: 2\n"),
        ("kubernetes-audit.conf", "    Rotate_Wait        2592000\n", "    Refresh_Interval   2\n"),
    ] {
        // New files are looked for more often than once a minute, so that the test need not last that long.
        let setup = Setup::new(fluent_bit, configuration).edit(configuration, wait, &format!("{wait}{often}"));
        let logs = setup.folder().join("logs");
        fs::create_dir(&logs).unwrap();
        let name = |number: usize| logs.join(format!("audit-2026-01-0{number}T00-00-00.000.log"));
        let mut log = File::create(logs.join("audit.log")).unwrap();
        let mut process = setup.start(&logs.join("audit*.log"));
        sleep(Duration::from_secs(2));
        for at in 0..EVENTS {
            let event = format!(
                r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"id-{at}","stage":"ResponseComplete","verb":"get"}}"#
            );
            writeln!(log, "{event}").unwrap();
            sleep(Duration::from_millis(3));
            if (at + 1) % (EVENTS / (ROTATIONS + 1)) == 0 && at + 1 < EVENTS {
                let number = (at + 1) * (ROTATIONS + 1) / EVENTS;
                fs::rename(logs.join("audit.log"), name(number)).unwrap();
                log = File::create(logs.join("audit.log")).unwrap();
                if let Some(oldest) = number.checked_sub(KEPT).filter(|&oldest| oldest > 0) {
                    fs::remove_file(name(oldest)).unwrap();
                }
            }
        }
        let deadline = Instant::now() + Duration::from_secs(30);
        while setup.read("probe/all.txt").lines().count() < EVENTS && Instant::now() < deadline {
            sleep(Duration::from_millis(100));
        }
        // Longer than Fluent Bit follows rotated files by itself, and one more look for new ones.
        sleep(Duration::from_secs(10));
        assert!(ended_well(&mut process), "{}", setup.read("fluent-bit.log"));
        let mut seen = BTreeMap::<String, usize>::new();
        for record in setup.read("probe/all.txt").lines().map(Record::parse) {
            *seen.entry(record.value["auditID"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        let twice = seen.values().filter(|&&times| times > 1).count();
        assert_eq!((seen.len(), twice), (EVENTS, 0), "{configuration}: events that left, and those that left twice");
    }
}
