//! Records in, records out.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use serde_json::{Value, json};

const BOTH: Join = Join { auditd: true, partial_lines: true };

/// What comes out, in order, and what was done.
fn gathered(join: Join, records: &[(u32, Value)]) -> (Vec<Value>, Gathered) {
    let mut gather = Gather::new(join);
    let mut all = Vec::new();
    for (index, (seconds, record)) in records.iter().enumerate() {
        let record = record.to_string();
        if !gather.take(Origin { index, seconds: *seconds, nanoseconds: 0 }, record.as_bytes()) {
            all.push(serde_json::from_str(&record).unwrap());
        }
        all.extend(
            core::iter::from_fn(|| gather.pop()).map(|(_, record)| serde_json::from_slice::<Value>(&record).unwrap()),
        );
    }
    gather.finish();
    all.extend(
        core::iter::from_fn(|| gather.pop()).map(|(_, record)| serde_json::from_slice::<Value>(&record).unwrap()),
    );
    (all, gather.gathered())
}

fn lines(texts: &[&str]) -> Vec<(u32, Value)> {
    texts.iter().map(|text| (1, json!({ "log": text, "host": "n" }))).collect()
}

fn texts(records: &[Value]) -> Vec<&str> {
    records.iter().map(|record| record["log"].as_str().unwrap()).collect()
}

#[test]
fn a_list_becomes_its_events() {
    let list = json!({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "metadata": {}, "items": [{"auditID": "a", "kind": "Event"}, {"auditID": "b"}, {}], "cluster": "c"});
    let events = [
        json!({"apiVersion": "audit.k8s.io/v1", "auditID": "a", "kind": "Event", "cluster": "c"}),
        json!({"kind": "Event", "apiVersion": "audit.k8s.io/v1", "auditID": "b", "cluster": "c"}),
        json!({"kind": "Event", "apiVersion": "audit.k8s.io/v1", "cluster": "c"}),
    ];
    let (found, count) = gathered(Join::default(), &[(1, list.clone())]);
    assert_eq!(found, events);
    assert_eq!((count.lists, count.listed), (1, 3));
    let raw = list.to_string().replace(r#","cluster":"c""#, "").replace(r#""cluster":"c","#, "");
    let (found, _) = gathered(Join::default(), &[(1, json!({"log": raw, "cluster": "c"}))]);
    assert_eq!(found, events);
}

#[test]
fn what_is_no_whole_list_stays_as_it_is() {
    let list = r#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[{"auditID":"a"},{"auditID":"b"}]}"#;
    let mut cases: Vec<String> = (1..list.len()).map(|end| list.get(..end).unwrap().to_owned()).collect();
    for (from, to) in [
        (r#"}]}"#, r#"}]}}"#),
        (r#"}]}"#, r#"}],"items":[]}"#),
        (r#"{"auditID":"b"}"#, "1"),
        ("},{", "}{"),
        ("audit.k8s.io", "v1"),
        (r#"[{"auditID":"a"},{"auditID":"b"}]"#, "[]"),
    ] {
        cases.push(list.replace(from, to));
    }
    for case in cases {
        let origin = Origin { index: 0, seconds: 0, nanoseconds: 0 };
        assert!(!Gather::new(BOTH).take(origin, case.as_bytes()), "{case}");
        let line = json!({ "log": case }).to_string();
        assert!(!Gather::new(BOTH).take(origin, line.as_bytes()), "{case}");
    }
}

#[test]
fn records_of_one_auditd_event_become_one() {
    let event = [
        "type=SYSCALL msg=audit(1700000000.123:7): success=yes",
        "type=EXECVE msg=audit(1700000000.123:7): argc=1 a0=\"id\"",
        "type=PROCTITLE msg=audit(1700000000.123:7): proctitle=\"id\"",
    ];
    let other = "type=SYSCALL msg=audit(1700000000.124:8): success=no";
    let login = "type=USER_LOGIN msg=audit(1700000000.123:9): res=success";
    let mixed = [event[0], login, other, event[1], event[2]];
    let (found, count) = gathered(BOTH, &lines(&mixed));
    assert_eq!(texts(&found), [login, &event.join("\n"), other]);
    assert_eq!((count.joined, count.apart), (2, 0));
    // As ausearch prints them.
    let reverse: Vec<&str> = event.iter().rev().copied().chain([other]).collect();
    let (found, _) = gathered(BOTH, &lines(&reverse));
    assert_eq!(texts(&found), [&event.iter().rev().copied().collect::<Vec<_>>().join("\n"), other]);
    // Nobody asked, or from another machine.
    assert_eq!(gathered(Join::default(), &lines(&event)).0.len(), 3);
    let mut elsewhere = lines(&event);
    elsewhere.get_mut(1).unwrap().1 = json!({ "log": event[1], "host": "m" });
    assert_eq!(gathered(BOTH, &elsewhere).0.len(), 2);
}

#[test]
fn an_auditd_event_is_over_when_newer_ones_come() {
    let event = ["type=SYSCALL msg=audit(1700000000.123:7): a", "type=CWD msg=audit(1700000000.123:7): b"];
    let newer = "type=SYSCALL msg=audit(1700000002.124:8): c";
    let late = "type=PATH msg=audit(1700000000.123:7): d";
    let (found, count) = gathered(BOTH, &lines(&[event[0], event[1], newer, late]));
    assert_eq!(texts(&found), [&event.join("\n"), newer, late]);
    assert_eq!(count.joined, 1);
}

#[test]
fn parts_of_a_line_become_one() {
    let cri = |tag: &str, text: &str| format!("2026-11-22T17:55:40.1Z stdout {tag} {text}");
    let (found, count) = gathered(
        BOTH,
        &lines(&[
            &cri("P", "ab"),
            &cri("F", "alone").replace("stdout", "stderr"),
            &cri("P", "cd"),
            &cri("F", "ef"),
            &cri("F", "x"),
        ]),
    );
    assert_eq!(texts(&found), [&cri("F", "alone").replace("stdout", "stderr"), &cri("F", "abcdef"), &cri("F", "x")]);
    assert_eq!(count.joined, 2);
    let parsed = |tag: &str, log: &str, time: u32| {
        (1, json!({"time": time.to_string(), "stream": "stdout", "logtag": tag, "log": log}))
    };
    let (found, _) = gathered(BOTH, &[parsed("P", "ab", 1), parsed("F", "c", 2)]);
    assert_eq!(found, [parsed("F", "abc", 2).1]);
    let docker = |log: &str| (1, json!({"stream": "stdout", "time": "t", "log": log}));
    let long = "x".repeat(DOCKER_BYTES);
    let (found, _) = gathered(BOTH, &[docker("no end"), docker(&long), docker("end\n"), docker("y\n")]);
    assert_eq!(found, [docker("no end").1, docker(&(long + "end\n")).1, docker("y\n").1]);
}

/// What `podman` with CRI's format and `dockerd` wrote of a line longer than they write at once.
#[test]
fn lines_that_real_container_engines_cut_become_whole() {
    let file = |name: &str| std::fs::read_to_string(format!("tests/corpus/linux/{name}")).unwrap();
    let orders: String = (0..1900).map(|number| format!("order-{number} ")).collect();
    let cri: Vec<_> = file("cri.log").lines().map(|line| (1, json!({ "log": line }))).collect();
    let (found, count) = gathered(BOTH, &cri);
    assert_eq!((cri.len(), found.len(), count.joined), (7, 5, 2));
    let text = texts(&found).into_iter().find(|text| text.contains("order-0")).unwrap();
    assert_eq!(text.split_once(" F ").unwrap().1, orders);
    let docker: Vec<_> = file("docker.jsonl").lines().map(|line| (1, serde_json::from_str(line).unwrap())).collect();
    let (found, count) = gathered(BOTH, &docker);
    assert_eq!((docker.len(), found.len(), count.joined), (6, 5, 1));
    assert!(texts(&found).contains(&(orders + "\n").as_str()));
}

const DOCKER_BYTES: usize = 16 * 1024;

#[test]
fn nothing_is_lost_at_a_limit() {
    // A line that never ends, and one that is longer than what is put together.
    let part = "2026-11-22T17:55:40.1Z stdout P ".to_owned() + &"x".repeat(300_000);
    for count in [1, 3, 4, 5, 9] {
        let records = lines(&vec![part.as_str(); count]);
        let (found, done) = gathered(BOTH, &records);
        assert_eq!(found, records.into_iter().map(|(_, record)| record).collect::<Vec<_>>());
        assert_eq!((done.apart as usize, done.joined), (count, 0));
    }
    // A part that waits too long.
    let mut records = lines(&[&part, "2026-11-22T17:55:40.1Z stdout F y"]);
    records.get_mut(1).unwrap().0 = 4;
    let (found, done) = gathered(BOTH, &records);
    assert_eq!((found.len(), done.apart), (2, 1));
    // Too many at a time.
    let open: Vec<String> =
        (0..100).map(|number| format!("type=SYSCALL msg=audit(1700000000.123:{number}): x")).collect();
    let open: Vec<&str> = open.iter().map(String::as_str).collect();
    let (found, done) = gathered(BOTH, &lines(&open));
    assert_eq!(texts(&found), open);
    assert_eq!(done.apart, 36);
}

#[test]
fn any_bytes_are_taken_as_they_come() {
    let seeds = [
        r#"{"log":"type=SYSCALL msg=audit(1700000000.123:7): x","a":{"b":[1]}}"#,
        r#"{"log":"2026-11-22T17:55:40.1Z stdout P \"x","stream":"stdout"}"#,
        r#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[{"a":"\\"}]}"#,
    ];
    for seed in seeds {
        for at in 0..seed.len() {
            for byte in *b"{}[]\",:\\x\0\xff" {
                let mut record = seed.as_bytes().to_vec();
                *record.get_mut(at).unwrap() = byte;
                let mut gather = Gather::new(BOTH);
                let origin = Origin { index: 0, seconds: 0, nanoseconds: 0 };
                let taken = gather.take(origin, &record);
                gather.finish();
                let left = gather.pop();
                assert_eq!(taken, left.is_some());
                if gather.gathered().lists == 0 {
                    assert!(left.is_none_or(|(_, left)| left == record));
                }
            }
        }
    }
}
