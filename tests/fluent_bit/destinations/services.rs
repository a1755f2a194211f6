//! Receivers with programs of their own: the emulator of Amazon's services, VictoriaLogs, and an aggregator behind agents.

use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::scene::{EVENTS, generator, has, ids, log, with_environment};
use crate::harness::{FluentBit, Setup, Until, run_all};
use crate::receivers::{Receiver, certificate, program, skipped};

in_both!(
    s3_and_cloudwatch_get_redacted_events,
    victoria_logs_gets_the_labels_that_promtail_gave,
    an_aggregator_hands_on_what_agents_have_redacted,
);

fn s3_and_cloudwatch_get_redacted_events(fluent_bit: &FluentBit) {
    let Some(moto) = program("MOTO_SERVER", "moto_server", "--help") else {
        return skipped("s3 and cloudwatch", "no moto_server; `pip install moto[server]`, or name it by MOTO_SERVER");
    };
    if !has(fluent_bit, "cloudwatch_logs") {
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

pub fn curl(arguments: &[&str]) -> String {
    let output = Command::new("curl")
        .args(["-sS", "--max-time", "10", "--cacert"])
        .arg(certificate().join("cert.pem"))
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
