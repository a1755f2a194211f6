//! A changed policy takes effect without a restart: 3.1 reads it with the module for every chunk, later versions at SIGHUP.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use auditgate_generate::{Generator, Options, Profile};

use crate::harness::{FluentBit, Line, Setup};
use crate::process::ended_well;
use crate::records::Record;

in_both!(a_changed_policy_takes_effect);

const BEFORE: &str = "apiVersion: auditgate/v1\nkind: Policy\ndestinations:\n- name: before\ndefault: {to: [before]}\n";
const AFTER: &str = "apiVersion: auditgate/v1\nkind: Policy\ndestinations:\n- name: after\ndefault: {to: [after]}\n";

fn a_changed_policy_takes_effect(fluent_bit: &FluentBit) {
    let generator =
        Generator::new(Options { events: 400, seed: 9, profile: Profile::Secrets, ..Options::default() }).unwrap();
    let lines: Vec<String> = generator.clone().map(|event| event.json + "\n").collect();
    let setup = Setup::new(fluent_bit, "kubernetes-audit.yaml").policy(BEFORE).argument("--enable-hot-reload");
    let log = setup.folder().join("audit.log");
    fs::write(&log, lines[..200].concat()).unwrap();
    let mut process = setup.start(&log);
    wait_for(&setup, 200);

    // By renaming: nobody may ever read half a policy.
    let policy = setup.folder().join("policy/auditgate.yaml");
    fs::write(policy.with_extension("new"), AFTER).unwrap();
    fs::rename(policy.with_extension("new"), &policy).unwrap();
    if fluent_bit.line == Line::Newer {
        Command::new("kill").args(["-HUP", &process.id().to_string()]).status().unwrap();
    }
    // Events keep coming while it reloads.
    let mut file = OpenOptions::new().append(true).open(&log).unwrap();
    for line in &lines[200..] {
        file.write_all(line.as_bytes()).unwrap();
        sleep(Duration::from_millis(20));
    }
    wait_for(&setup, 400);
    sleep(Duration::from_millis(1500));
    assert!(ended_well(&mut process), "{}", setup.read("fluent-bit.log"));

    let records: Vec<Record> = setup.read("probe/all.txt").lines().map(Record::parse).collect();
    assert_eq!(records.len(), 400, "as many out as in\n{}", setup.read("fluent-bit.log"));
    let routes: Vec<_> = records.iter().map(|record| record.value["auditgate"]["routes"].as_str().unwrap()).collect();
    assert!(
        routes[..200].iter().all(|&routes| routes == "+before+"),
        "the policy came into effect before it was there"
    );
    assert_eq!(routes[399], "+after+", "the new policy is not in effect");
    let hashes: std::collections::BTreeSet<_> =
        records.iter().map(|record| record.value["auditgate"]["policy"].to_string()).collect();
    assert_eq!(hashes.len(), 2, "{hashes:?}");
    assert!(generator.marker().find_in(&setup.read("probe/all.txt")).is_none(), "a secret is readable");
}

fn wait_for(setup: &Setup, records: usize) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while setup.read("probe/all.txt").lines().count() < records {
        assert!(Instant::now() < deadline, "fewer than {records} records\n{}", setup.read("fluent-bit.log"));
        sleep(Duration::from_millis(100));
    }
}
