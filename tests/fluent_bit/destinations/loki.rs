//! Loki itself: the labels and the structured metadata of each configuration in its answers to a query, and what it refuses.
//!
//! `LOKI` names the program, or it is in the `PATH`.

use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::output::{plugin, with_plugin};
use super::scene::{generator, ids, log, with_environment};
use super::services::curl;
use crate::harness::{FluentBit, Run, Setup, Until, run_all};
use crate::receivers::{Receiver, certificate, free_port, program, skipped};

in_both!(each_configuration_gives_its_labels_and_metadata, what_is_an_hour_behind_is_refused);

/// A configuration, the labels of its stream, the structured metadata of every event, and that of some.
type Promise =
    (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str], &'static [&'static str]);

const JOB: (&str, &str) = ("job", "kubernetes-audit");
const NODE: (&str, &str) = ("hostname", "node-1");

const PROMISES: [Promise; 3] = [
    ("from-promtail", &[JOB, NODE, ("cluster", "cluster-1"), ("filename", "/")], &["auditID"], &["namespace"]),
    ("loki", &[JOB, NODE], &["verb", "user_username"], &["objectRef_namespace", "objectRef_resource"]),
    ("output/loki", &[JOB, NODE], &["audit_id"], &[]),
];

/// A minute of today, as events write it.
fn minute(ago: &str) -> String {
    let output = Command::new("date").args(["-u", "-d", ago, "+%Y-%m-%dT%H:%M"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A Loki with its own defaults.
fn loki() -> Option<Receiver> {
    let Some(loki) = program("LOKI", "loki", "-version") else {
        skipped("Loki itself", "no loki; name it by LOKI");
        return None;
    };
    Some(Receiver::command(|port, folder| {
        let (pem, key) = (certificate().join("cert.pem"), certificate().join("key.pem"));
        // JSON is YAML.
        let configuration = json!({
            "auth_enabled": false,
            "analytics": {"reporting_enabled": false},
            "server": {
                "http_listen_address": "127.0.0.1", "http_listen_port": port,
                "grpc_listen_address": "127.0.0.1", "grpc_listen_port": free_port(),
                "http_tls_config": {"cert_file": pem, "key_file": key},
            },
            "common": {
                "path_prefix": folder, "instance_addr": "127.0.0.1", "replication_factor": 1,
                "ring": {"kvstore": {"store": "inmemory"}, "instance_addr": "127.0.0.1"},
                "storage": {"filesystem": {"chunks_directory": folder.join("chunks"), "rules_directory": folder.join("rules")}},
            },
            "ingester": {"lifecycler": {"min_ready_duration": "0s", "final_sleep": "0s"}},
            "schema_config": {"configs": [{
                "from": "2020-01-01", "store": "tsdb", "object_store": "filesystem", "schema": "v13",
                "index": {"prefix": "index_", "period": "24h"},
            }]},
        });
        let path = folder.join("loki.yaml");
        std::fs::write(&path, configuration.to_string()).unwrap();
        let mut command = Command::new(&loki);
        command.arg(format!("-config.file={}", path.display()));
        command
    }))
}

fn setup(fluent_bit: &FluentBit, name: &str, form: &str, port: u16) -> Option<Setup> {
    let setup = with_environment(Setup::new(fluent_bit, &format!("{name}.{form}")), port).without_probe();
    if name.starts_with("output/") { plugin().map(|plugin| with_plugin(setup, &plugin)) } else { Some(setup) }
}

/// What Loki answers: of each event the labels of its stream, its structured metadata, and its line.
fn stored(loki: &Receiver, at_least: usize) -> Vec<(Value, Value, String)> {
    let deadline = Instant::now() + Duration::from_secs(15);
    loop {
        let answer = curl(&[
            "-G",
            &format!("https://localhost:{}/loki/api/v1/query_range", loki.port),
            "-H",
            "X-Loki-Response-Encoding-Flags: categorize-labels",
            "--data-urlencode",
            "query={job=\"kubernetes-audit\"}",
            "-d",
            "limit=1000",
            "-d",
            "since=24h",
        ]);
        // Until it is ready, Loki answers in words.
        let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
        let streams = answer["data"]["result"].as_array().cloned().unwrap_or_default();
        let found: Vec<_> = streams
            .iter()
            .flat_map(|stream| stream["values"].as_array().unwrap().iter().map(|value| (&stream["stream"], value)))
            .map(|(labels, value)| {
                (labels.clone(), value[2]["structuredMetadata"].clone(), value[1].as_str().unwrap().to_owned())
            })
            .collect();
        if found.len() >= at_least || Instant::now() > deadline {
            return found;
        }
        sleep(Duration::from_millis(200));
    }
}

fn each_configuration_gives_its_labels_and_metadata(fluent_bit: &FluentBit) {
    let ids = ids();
    // Loki takes what is younger than a week.
    let log = log().replace("2026-03-01T00:00", &minute("10 minutes ago"));
    for form in ["yaml", "conf"] {
        let mut scenes = Vec::new();
        for promise in &PROMISES {
            let Some(loki) = loki() else { return };
            let Some(setup) = setup(fluent_bit, promise.0, form, loki.port) else { continue };
            scenes.push(((promise, loki), setup));
        }
        for (((name, labels, always, sometimes), loki), run) in
            run_all(scenes, log.as_bytes(), Until::Elapsed(Duration::from_secs(6)))
        {
            run.assert_ended_well();
            let events = stored(&loki, ids.len());
            let lines: String = events.iter().map(|(.., line)| line.as_str()).collect();
            let missing = ids.iter().filter(|id| !lines.contains(id.as_str())).count();
            assert_eq!(missing, 0, "{name}.{form}: so many did not arrive\n{}\n{:.3000}", run.log, loki.log());
            assert_eq!(generator().marker().find_in(&lines), None, "{name}.{form}: a secret arrived");
            for (stream, metadata, _) in &events {
                for (label, value) in *labels {
                    assert!(
                        stream[label].as_str().is_some_and(|found| found.starts_with(value)),
                        "{name}.{form}: {stream}"
                    );
                }
                // Loki adds one of its own.
                assert_eq!(stream.as_object().unwrap().len(), labels.len() + 1, "{name}.{form}: {stream}");
                for key in *always {
                    assert!(metadata[key].is_string(), "{name}.{form}: no {key} in {metadata}");
                }
            }
            for key in *sometimes {
                assert!(events.iter().any(|(_, metadata, _)| metadata[key].is_string()), "{name}.{form}: no {key}");
            }
        }
    }
}

/// An event that comes two hours after a newer one: Fluent Bit's output gives it up, the plugin keeps it in its quarantine.
fn what_is_an_hour_behind_is_refused(fluent_bit: &FluentBit) {
    let event = |id: &str, ago: &str| {
        let time = minute(ago) + ":00.000000Z";
        json!({
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": id, "stage": "ResponseComplete",
            "verb": "get", "requestURI": "/", "user": {"username": "a"},
            "requestReceivedTimestamp": time, "stageTimestamp": time,
        })
    };
    let log = format!("{}\n{}\n", event("new", "10 minutes ago"), event("old", "3 hours ago"));
    let mut scenes = Vec::new();
    for name in ["loki", "output/loki"] {
        let Some(loki) = loki() else { return };
        let Some(setup) = setup(fluent_bit, name, "conf", loki.port) else { continue };
        scenes.push(((name, loki), setup));
    }
    for ((name, loki), run) in run_all(scenes, log.as_bytes(), Until::Elapsed(Duration::from_secs(6))) {
        let events = stored(&loki, 1);
        assert_eq!(events.len(), 1, "{name}: {events:?}\n{}\n{:.3000}", run.log, loki.log());
        assert!(events[0].2.contains("\"new\""), "{name}: {events:?}");
        if name == "loki" {
            assert!(run.log.contains("HTTP status=400 Not retrying"), "{}", run.log);
        } else {
            assert_eq!(quarantined(&run), 1, "{}", run.log);
        }
    }
}

fn quarantined(run: &Run) -> usize {
    run.read("state/quarantine.jsonl").lines().filter(|line| line.contains("old")).count()
}
