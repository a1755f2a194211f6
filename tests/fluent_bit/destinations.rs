//! The configurations of the destinations, as they stand: each is taken by Fluent Bit, and sends to a receiver where one can be had.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use auditgate_generate::{Generator, Options, Profile};

use crate::harness::{FluentBit, Line, Setup, Until, module, project, run_all};
use crate::receivers::{Receiver, certificate, program, receiving_fluent_bit, skipped};

in_both!(
    every_configuration_is_taken,
    every_destination_gets_redacted_events,
    no_destination_gets_anything_when_the_module_is_broken,
    s3_and_cloudwatch_get_redacted_events,
    victoria_logs_gets_the_labels_that_promtail_gave,
    an_aggregator_hands_on_what_agents_have_redacted,
);

const EVENTS: u64 = 40;

/// Destinations that a second Fluent Bit can receive: file, input, its properties, what has to be there.
const RECEIVED: [(&str, &str, &[&str], &[&str]); 9] = [
    ("elasticsearch", "elasticsearch", &["Buffer_Max_Size 20M"], &["audit-kubernetes-"]),
    ("opensearch", "elasticsearch", &["Buffer_Max_Size 20M"], &["audit-kubernetes-"]),
    ("splunk", "splunk", &["Buffer_Max_Size 20M", "Splunk_Token token"], &["kube:apiserver:audit"]),
    ("loki", "http", &["Buffer_Max_Size 20M"], &["kubernetes-audit"]),
    ("from-promtail", "http", &["Buffer_Max_Size 20M"], &["kubernetes-audit", "cluster-1", "filename"]),
    ("http", "http", &["Buffer_Max_Size 20M"], &[]),
    ("opentelemetry", "opentelemetry", &["Buffer_Max_Size 20M"], &[]),
    ("datadog", "http", &["Buffer_Max_Size 20M"], &["kubernetes.audit"]),
    ("forward", "forward", &["Shared_Key token", "Self_Hostname localhost", "Buffer_Max_Size 20M"], &[]),
];

/// What the environment of each configuration may hold; `port` is that of the receiver.
fn with_environment(setup: Setup, port: u16) -> Setup {
    let certificate = certificate().join("cert.pem");
    let endpoint = format!("https://localhost:{port}");
    [
        ("SIEM_HOST", "localhost"),
        ("SIEM_PORT", &port.to_string()),
        ("SIEM_TOKEN", "token"),
        ("SIEM_USER", "user"),
        ("SIEM_PASSWORD", "password"),
        ("SIEM_SHARED_KEY", "token"),
        ("CA_FILE", certificate.to_str().unwrap()),
        ("TENANT", "0"),
        ("CLUSTER", "cluster-1"),
        ("NODE_NAME", "node-1"),
        ("S3_BUCKET", "audit"),
        ("S3_ENDPOINT", &endpoint),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "none"),
        ("AWS_SECRET_ACCESS_KEY", "none"),
        ("AZURE_TENANT", "t"),
        ("AZURE_CLIENT", "c"),
        ("AZURE_SECRET", "s"),
        ("AZURE_DCE", "https://localhost"),
        ("AZURE_DCR", "dcr-0"),
        ("AZURE_TABLE", "KubernetesAudit_CL"),
    ]
    .into_iter()
    .fold(setup, |setup, (name, value)| setup.environment(name, value))
}

fn generator() -> Generator {
    Generator::new(Options { events: EVENTS, seed: 8, profile: Profile::Secrets, ..Options::default() }).unwrap()
}

fn log() -> String {
    generator().map(|event| event.json + "\n").collect()
}

/// The identities of the events, which every destination has to get.
fn ids() -> BTreeSet<String> {
    generator()
        .map(|event| {
            serde_json::from_str::<serde_json::Value>(&event.json).unwrap()["auditID"].as_str().unwrap().to_owned()
        })
        .collect()
}

/// Every file of a destination, without what others include; those about routing have tests of their own.
fn configurations() -> Vec<String> {
    let files = std::fs::read_dir(project().join("fluent-bit-conf")).unwrap();
    let names = files.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let parts = ["README.md", "aggregator.yaml", "input.yaml", "input.conf", "filter-section.conf", "parsers.conf"];
    names.filter(|name| !parts.contains(&name.as_str()) && !name.starts_with("routing")).collect()
}

fn every_configuration_is_taken(fluent_bit: &FluentBit) {
    let configurations = configurations();
    assert!(configurations.len() >= 26, "{configurations:?}");
    for name in configurations {
        let (status, log) = with_environment(Setup::new(fluent_bit, &name), 9).dry_run();
        if log.contains("plugin name that doesn't exist") || log.contains("invalid output plugin") {
            skipped(&name, "this Fluent Bit was built without the output");
            continue;
        }
        assert!(log.contains("configuration test is successful"), "{name}: {status} {log}");
        assert!(!log.contains("[ warn]") && !log.contains("[error]"), "{name}: {log}");
    }
}

fn every_destination_gets_redacted_events(fluent_bit: &FluentBit) {
    let receiving = receiving_fluent_bit(fluent_bit);
    let (log, ids) = (log(), ids());
    for form in ["yaml", "conf"] {
        let receivers: Vec<_> = RECEIVED
            .iter()
            .map(|(name, input, properties, _)| (*name, Receiver::fluent_bit(&receiving, input, properties)))
            .collect();
        let runs = receivers.iter().map(|(name, receiver)| {
            let setup = Setup::new(fluent_bit, &format!("{name}.{form}"));
            (*name, with_environment(setup, receiver.port).without_probe())
        });
        let runs = run_all(runs, log.as_bytes(), Until::Elapsed(Duration::from_secs(6)));
        for (((name, receiver), (_, run)), (.., expected)) in receivers.iter().zip(&runs).zip(&RECEIVED) {
            run.assert_ended_well();
            let received = receiver.received();
            let missing: Vec<_> = ids.iter().filter(|id| !received.contains(id.as_str())).collect();
            assert!(
                missing.is_empty(),
                "{name}.{form}: {} of {} events did not arrive\n{}\n{}\n{received:.2000}",
                missing.len(),
                ids.len(),
                run.log,
                receiver.log()
            );
            for part in *expected {
                assert!(received.contains(part), "{name}.{form}: no `{part}` in {received:.3000}");
            }
            assert_eq!(generator().marker().find_in(&received), None, "{name}.{form}: a secret arrived");
        }
    }
}

/// Half a module: 4.1 and later do not start, 3.1 lets everything pass it. The receivers would take all.
fn no_destination_gets_anything_when_the_module_is_broken(fluent_bit: &FluentBit) {
    let receiving = receiving_fluent_bit(fluent_bit);
    let good = std::fs::read(module()).unwrap();
    let half = &good[..good.len() / 2];
    let receivers: Vec<_> = RECEIVED
        .iter()
        .map(|(name, input, properties, _)| (*name, Receiver::fluent_bit(&receiving, input, properties)))
        .collect();
    for form in ["yaml", "conf"] {
        let runs = receivers.iter().map(|(name, receiver)| {
            let setup = Setup::new(fluent_bit, &format!("{name}.{form}")).module_bytes(half);
            (*name, with_environment(setup, receiver.port).without_probe())
        });
        for (name, run) in run_all(runs, log().as_bytes(), Until::Elapsed(Duration::from_secs(3))) {
            assert_eq!(run.refused_to_start(), fluent_bit.line == Line::Newer, "{name}.{form}: {}", run.log);
        }
    }
    for (name, receiver) in &receivers {
        assert_eq!(receiver.received(), "", "{name}: something arrived");
    }
}

/// An output that could get records by their first tag would be open: none in any of the files.
#[test]
fn outputs_match_what_passed_the_module_alone() {
    for name in configurations() {
        let text = std::fs::read_to_string(project().join("fluent-bit-conf").join(&name)).unwrap();
        let matches: Vec<_> =
            text.lines().filter(|line| line.trim().to_lowercase().starts_with("match")).map(str::trim).collect();
        assert!(!matches.is_empty(), "{name}");
        if Path::new(&name).extension().is_some_and(|extension| extension == "yaml") {
            assert!(text.contains("- input.yaml"), "{name} lacks the input");
            assert!(matches.iter().all(|line| line.starts_with("match: routed.*+")), "{name}: {matches:?}");
        } else {
            assert!(text.contains("@INCLUDE input.conf"), "{name} lacks the input with its guard");
        }
    }
}

fn s3_and_cloudwatch_get_redacted_events(fluent_bit: &FluentBit) {
    let Some(moto) = program("MOTO_SERVER", "moto_server", "--help") else {
        return skipped("s3 and cloudwatch", "no moto_server; `pip install moto[server]`, or name it by MOTO_SERVER");
    };
    let listed = Command::new(&fluent_bit.program).arg("-h").output().unwrap().stdout;
    if !String::from_utf8_lossy(&listed).contains("cloudwatch_logs") {
        return skipped("s3 and cloudwatch", "this Fluent Bit was built without them");
    }
    let ids = ids();
    for form in ["yaml", "conf"] {
        let server = Receiver::command(|port, _| {
            let mut command = Command::new(&moto);
            let certificate = certificate();
            command.args(["-H", "127.0.0.1", "-p", &port.to_string(), "-s"]);
            command.arg("-c").arg(certificate.join("cert.pem")).arg("-k").arg(certificate.join("key.pem"));
            command
        });
        let url = format!("https://localhost:{}", server.port);
        curl(&["-X", "PUT", &format!("{url}/audit"), "-H", S3_CREDENTIAL, "-d", ""]);
        // The two changes to what is shipped: another authority, and S3 at once.
        let (s3, logs) = if form == "yaml" {
            let trust = "\n      tls.ca_file: ${CA_FILE}";
            (
                ("upload_timeout: 1m", format!("upload_timeout: 1s{trust}")),
                ("auto_create_group: on", format!("auto_create_group: on{trust}")),
            )
        } else {
            let trust = "tls.ca_file ${CA_FILE}\n    ";
            (
                ("Upload_Timeout   1m", format!("{trust}Upload_Timeout 1s")),
                ("Auto_Create_Group", format!("{trust}Auto_Create_Group")),
            )
        };
        let runs = [("s3", s3), ("cloudwatch", logs)].map(|(name, (from, to))| {
            let file = format!("{name}.{form}");
            (name, with_environment(Setup::new(fluent_bit, &file), server.port).edit(&file, from, &to).without_probe())
        });
        // CloudWatch refuses what is older than two weeks, and the classic form takes the event's own time.
        let runs = runs.map(|(name, setup)| (name, setup.edit("parsers.conf", "requestReceivedTimestamp", "none")));
        for (name, run) in run_all(runs, log().as_bytes(), Until::Elapsed(Duration::from_secs(9))) {
            run.assert_ended_well();
            let received = if name == "s3" { objects(&url) } else { log_events(&url) };
            let missing = ids.iter().filter(|id| !received.contains(id.as_str())).count();
            assert_eq!(
                missing,
                0,
                "{name}.{form}: of {} events so many did not arrive\n{}\n{}",
                ids.len(),
                run.log,
                server.log()
            );
            assert_eq!(generator().marker().find_in(&received), None, "{name}.{form}: a secret arrived");
        }
    }
}

const S3_CREDENTIAL: &str = "Authorization: AWS4-HMAC-SHA256 Credential=none/20260101/us-east-1/s3/aws4_request";

fn objects(url: &str) -> String {
    let list = curl(&[&format!("{url}/audit?list-type=2")]);
    let keys = list.split("<Key>").skip(1).filter_map(|rest| rest.split_once("</Key>"));
    let unpack = |(key, _)| {
        let pipe = format!(
            "curl -sS --cacert {} -H '{S3_CREDENTIAL}' '{url}/audit/{key}' | gzip -dc",
            certificate().join("cert.pem").display()
        );
        let output = Command::new("sh").args(["-c", &pipe]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    keys.map(unpack).collect()
}

fn log_events(url: &str) -> String {
    let body = r#"{"logGroupName":"/kubernetes/audit","logStreamName":"node-1"}"#;
    let credential = "Authorization: AWS4-HMAC-SHA256 Credential=none/20260101/us-east-1/logs/aws4_request";
    curl(&[
        "-X",
        "POST",
        url,
        "-H",
        "X-Amz-Target: Logs_20140328.GetLogEvents",
        "-H",
        credential,
        "-H",
        "Content-Type: application/x-amz-json-1.1",
        "-d",
        body,
    ])
}

fn victoria_logs_gets_the_labels_that_promtail_gave(fluent_bit: &FluentBit) {
    let Some(victoria_logs) = program("VICTORIA_LOGS", "victoria-logs", "-version") else {
        return skipped("the labels of Promtail", "no VictoriaLogs; name it by VICTORIA_LOGS");
    };
    for form in ["yaml", "conf"] {
        let server = Receiver::command(|port, folder| {
            let certificate = certificate();
            let mut command = Command::new(&victoria_logs);
            command
                .arg(format!("-storageDataPath={}", folder.join("data").display()))
                .arg(format!("-httpListenAddr=127.0.0.1:{port}"))
                .args(["-retentionPeriod=100y", "-futureRetention=100y", "-loggerLevel=ERROR", "-tls"])
                .arg(format!("-tlsCertFile={}", certificate.join("cert.pem").display()))
                .arg(format!("-tlsKeyFile={}", certificate.join("key.pem").display()));
            command
        });
        let file = format!("from-promtail.{form}");
        // VictoriaLogs has Loki's interface at another path.
        let (from, to) = if form == "yaml" {
            ("line_format: json", "line_format: json\n      uri: /insert/loki/api/v1/push")
        } else {
            ("Line_Format          json", "Line_Format json\n    uri /insert/loki/api/v1/push")
        };
        let run = with_environment(Setup::new(fluent_bit, &file).edit(&file, from, to), server.port)
            .without_probe()
            .run(log().as_bytes(), Until::Elapsed(Duration::from_secs(4)));
        run.assert_ended_well();
        let url = format!("https://localhost:{}/select/logsql/query", server.port);
        let deadline = Instant::now() + Duration::from_secs(10);
        let lines = loop {
            let answer = curl(&[&url, "-d", "query=*", "-d", "limit=1000"]);
            let lines: Vec<serde_json::Value> =
                answer.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            if lines.len() as u64 >= EVENTS || Instant::now() > deadline {
                break lines;
            }
            sleep(Duration::from_millis(200));
        };
        assert_eq!(lines.len() as u64, EVENTS, "{}\n{}", run.log, server.log());
        for line in &lines {
            let stream = line["_stream"].as_str().unwrap();
            for label in ["job=\"kubernetes-audit\"", "cluster=\"cluster-1\"", "hostname=\"node-1\"", "filename=\"/"] {
                assert!(stream.contains(label), "no `{label}` in {stream}");
            }
            assert!(!stream.contains("namespace"), "structured metadata became a label: {stream}");
        }
        assert!(lines.iter().any(|line| line["namespace"].is_string()), "no namespace: {}", lines[0]);
        assert!(lines.iter().all(|line| line["auditID"].is_string()), "no auditID: {}", lines[0]);
    }
}

const RAW_AGENT: &str = "
pipeline:
  inputs:
    - {name: tail, path: '${AUDIT_LOG}', tag: routed.+default+, read_from_head: true, buffer_max_size: 64M}
  outputs:
    - {name: forward, match: '*', host: '${SIEM_HOST}', port: '${SIEM_PORT}', tls: on, tls.ca_file: '${CA_FILE}', shared_key: '${SIEM_SHARED_KEY}', self_hostname: raw}
";

/// `forward.yaml` to `aggregator.yaml`: all events arrive, and one that has no stamp stops there.
fn an_aggregator_hands_on_what_agents_have_redacted(fluent_bit: &FluentBit) {
    let port = crate::receivers::free_port();
    let aggregator = Setup::new(fluent_bit, "aggregator.yaml")
        .edit("aggregator.yaml", "port: 24224", &format!("port: {port}"))
        .environment("SIEM_SHARED_KEY", "token")
        .environment("TLS_CERT", certificate().join("cert.pem").to_str().unwrap())
        .environment("TLS_KEY", certificate().join("key.pem").to_str().unwrap())
        .without_probe();
    let agent = with_environment(Setup::new(fluent_bit, "forward.yaml"), port).without_probe();
    // An agent that sends raw events under a tag as if they had passed the module: what the aggregator's guard is for.
    let raw = with_environment(Setup::empty(fluent_bit, "raw.yaml").file("conf/raw.yaml", RAW_AGENT.as_bytes()), port)
        .without_probe();
    let runs = run_all(
        [("aggregator", aggregator), ("agent", agent), ("raw", raw)],
        log().as_bytes(),
        Until::Elapsed(Duration::from_secs(7)),
    );
    let run = &runs[0].1;
    run.assert_ended_well();
    let delivered = String::from_utf8(run.delivered()).unwrap();
    let ids = ids();
    let missing = ids.iter().filter(|id| !delivered.contains(id.as_str())).count();
    assert_eq!(missing, 0, "of {} events so many did not arrive\n{}\n{}", ids.len(), run.log, runs[1].1.log);
    run.assert_no_secret(generator().marker());
}

fn curl(arguments: &[&str]) -> String {
    let output = Command::new("curl")
        .args(["-sS", "--max-time", "10", "--cacert"])
        .arg(certificate().join("cert.pem"))
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
