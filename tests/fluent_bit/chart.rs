//! The overlays for fluent-logshipping-app: its own templates, rendered with them, in a root folder like its pod's.
//!
//! `FLUENT_LOGSHIPPING_APP` names a checkout of <https://github.com/giantswarm/fluent-logshipping-app>; its templates are rendered
//! by Go's template engine (`go` in the `PATH`, see `chart/render.go`). The chart's inputs run as they are: files under
//! `/var/log`, a journal made by systemd's own tool, and `ausearch` behind `tail`. Without one of these, a test says so and is skipped.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::harness::{FluentBit, Line, Run, Setup, Until, corpus, module, project};
use crate::wasm::{Fault, faulty};
use rendered::{Chart, documents, overlay_folder, secret, yaml};

mod memory;
mod official;
mod rendered;

in_both!(
    events_of_all_five_inputs_arrive_redacted,
    the_audit_input_of_ours_reads_large_events_from_the_start,
    nothing_raw_leaves_when_the_module_is_missing_or_broken_or_its_policy_is_cut,
    every_overlay_starts,
    what_waits_stands_on_the_volume,
);

const TAGS: [&str; 5] = ["audit.kubernetes.", "audit.ssh.sshd.", "audit.ssh.execve.", "kubernetes.", "syslog."];

/// What all five inputs see, with a secret in each.
fn with_events(setup: Setup) -> Setup {
    let secret = secret();
    let container = format!(
        "2026-01-02T03:04:05.000000000Z stdout F curl --password={secret} https://example.org/\n\
         2026-01-02T03:04:06.000000000Z stdout F {{\"level\":\"info\",\"password\":\"{secret}\"}}\n"
    );
    let setup = setup
        .append("var-log/apiserver/audit.log", audit_log().as_bytes())
        .append("var-log/containers/app-0_default_app-0123456789abcdef.log", container.as_bytes());
    // The chart's `tail` begins at the end of what it finds, and on a busy machine it begins late: for some seconds there is more.
    (0..30).fold(setup, |setup, part| setup.append("var-log/audit/audit.log", execve(part).as_bytes()))
}

fn audit_log() -> String {
    let event = json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Request", "auditID": "5eed", "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/default/secrets", "verb": "create",
        "user": {"username": "kubernetes-admin", "groups": ["system:masters"]}, "sourceIPs": ["192.0.2.7"],
        "objectRef": {"resource": "secrets", "namespace": "default", "name": "db", "apiVersion": "v1"},
        "responseStatus": {"code": 201},
        "requestObject": {"kind": "Secret", "apiVersion": "v1", "stringData": {"password": secret()}},
        "requestReceivedTimestamp": "2026-01-02T03:04:05.000000Z", "stageTimestamp": "2026-01-02T03:04:05.100000Z",
    });
    format!("{event}\n{}", corpus().lines().take(20).map(|line| format!("{line}\n")).collect::<String>())
}

/// Executions as auditd logs them. `ausearch` holds back what may not be complete, and what does not fill its buffer.
fn execve(part: usize) -> String {
    let secret = secret();
    let one = |serial: usize| {
        let id = format!("msg=audit({}.000:{serial}):", 1_767_323_045 + 3 * serial);
        format!(
            "type=SYSCALL {id} arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 a3=0 items=2 ppid=1 pid=2 auid=1000 uid=0 \
             gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts0 ses=1 comm=\"curl\" exe=\"/usr/bin/curl\" key=\"auditing\"\n\
             type=EXECVE {id} argc=3 a0=\"curl\" a1=\"--password={secret}\" a2=\"https://example.org/\"\n"
        )
    };
    (1..6).map(|serial| one(6 * part + serial)).collect()
}

fn assert_nothing_raw(run: &Run, what: &str) {
    assert!(!run.probe_text().contains(&secret()), "{what}: a secret left\n{}", run.log);
    assert!(!run.log.contains(&secret()), "{what}: a secret stands in Fluent Bit's own log");
}

fn events_of_all_five_inputs_arrive_redacted(fluent_bit: &FluentBit) {
    let Some(chart) = Chart::find() else { return };
    let module = std::fs::read(module()).unwrap();
    let run = with_events(chart.pod(fluent_bit, &["values-auditgate.yaml"], Some(&module)))
        .time_limit(Duration::from_secs(60))
        .run(b"", Until::Elapsed(Duration::from_secs(14)));
    run.assert_ended_well();
    let records = run.records();
    for tag in TAGS {
        let mut of_input = records.iter().filter(|record| record.tag.starts_with(tag)).peekable();
        assert!(of_input.peek().is_some(), "nothing arrived of {tag}: {} records\n{}", records.len(), run.log);
        for record in of_input {
            record.assert_stamped();
            assert_eq!(record.value["cluster"], "clusterID", "what the chart's filters add stays: {}", record.short());
        }
    }
    assert_eq!(records.iter().filter(|record| record.tag.starts_with("audit.kubernetes.")).count(), 21);
    assert!(
        records.iter().any(|record| record.tag.starts_with("audit.ssh.execve.") && record.value["host"] == "node-1")
    );
    assert_nothing_raw(&run, "all five inputs");
}

fn the_audit_input_of_ours_reads_large_events_from_the_start(fluent_bit: &FluentBit) {
    let Some(chart) = Chart::find() else { return };
    let module = std::fs::read(module()).unwrap();
    let padding = "x".repeat(3 << 20);
    let large =
        audit_log().lines().next().unwrap().replace("\"5eed\"", &format!("\"5eed\",\"userAgent\":\"{padding}\""))
            + "\n";
    for (overlays, expected) in [
        // The chart alone: the line is over its 1 MB, and what stood in the log before the start is not read.
        (vec!["values-auditgate.yaml"], 1),
        (vec!["values-auditgate.yaml", "values-audit-input.yaml"], 3),
    ] {
        let run = chart
            .pod(fluent_bit, &overlays, Some(&module))
            .file(
                "var-log/apiserver/old.log",
                audit_log().lines().take(1).map(|line| format!("{line}\n")).collect::<String>().as_bytes(),
            )
            .append("var-log/apiserver/audit.log", (large.clone() + &large.replace(&padding, "curl")).as_bytes())
            .run(b"", Until::Elapsed(Duration::from_secs(9)));
        run.assert_ended_well();
        let of_audit = run.records().iter().filter(|record| record.tag.starts_with("audit.kubernetes.")).count();
        assert_eq!(of_audit, expected, "{overlays:?}\n{}", run.log);
        assert_nothing_raw(&run, "large events");
    }
}

fn nothing_raw_leaves_when_the_module_is_missing_or_broken_or_its_policy_is_cut(fluent_bit: &FluentBit) {
    let Some(chart) = Chart::find() else { return };
    let good = std::fs::read(module()).unwrap();
    let cases = [
        ("no module", None, None),
        ("half a module", Some(good[..good.len() / 2].to_vec()), None),
        ("a module that traps", Some(faulty(Fault::TrapsAtRecords)), None),
        ("a policy that was cut", Some(good), Some("apiVersion: auditgate/v1\nkind: Policy\nrules:\n- name: [unfini")),
    ];
    for (what, module, policy) in cases {
        let mut setup = with_events(chart.pod(
            fluent_bit,
            &["values-auditgate.yaml", "values-audit-input.yaml"],
            module.as_deref(),
        ));
        if let Some(policy) = policy {
            setup = setup.file("auditgate/auditgate.yaml", policy.as_bytes());
        }
        let run = setup.run(b"", Until::Elapsed(Duration::from_secs(9)));
        assert_nothing_raw(&run, what);
        let records = run.records();
        if policy.is_some() {
            assert!(records.len() >= 20, "{what}: only {} records\n{}", records.len(), run.log);
            assert!(records.iter().all(|record| record.error() == Some("E005")), "{what}: more than envelopes left");
        } else {
            assert!(records.is_empty(), "{what}: {} records left, the first {}", records.len(), records[0].short());
            // What 3.1 shrugs off.
            if what == "half a module" {
                assert_eq!(run.refused_to_start(), fluent_bit.line == Line::Newer, "{what}\n{}", run.log);
            }
        }
    }
}

/// The outputs' receivers are not there; what matters is that Fluent Bit takes each of them.
fn every_overlay_starts(fluent_bit: &FluentBit) {
    let Some(chart) = Chart::find() else { return };
    let module = std::fs::read(module()).unwrap();
    for overlay in ["values-elasticsearch.yaml", "values-splunk.yaml", "values-s3.yaml", "values-cloudwatch.yaml"] {
        let overlays = ["values-auditgate.yaml", "values-audit-input.yaml", overlay];
        let run = with_events(chart.pod(fluent_bit, &overlays, Some(&module)))
            .environment("SPLUNK_TOKEN", "none")
            .environment("FLUENT_ELASTICSEARCH_USER", "nobody")
            .environment("FLUENT_ELASTICSEARCH_PASSWORD", "none")
            .environment("AWS_ACCESS_KEY_ID", "none")
            .environment("AWS_SECRET_ACCESS_KEY", "none")
            .run(b"", Until::Elapsed(Duration::from_millis(1500)));
        if run.log.contains("plugin name that doesn't exist") {
            // A Fluent Bit that was built without an output says nothing about the overlay.
            std::io::stderr()
                .write_all(format!("SKIPPED {overlay}: this Fluent Bit lacks the output\n").as_bytes())
                .unwrap();
            continue;
        }
        run.assert_ended_well();
    }
}

/// The chart alone stores it in a folder called `${data_path}` inside the container.
fn what_waits_stands_on_the_volume(fluent_bit: &FluentBit) {
    let Some(chart) = Chart::find() else { return };
    let module = std::fs::read(module()).unwrap();
    let away = ["values-auditgate.yaml", "values-audit-input.yaml", "values-elasticsearch.yaml"];
    let run = with_events(chart.pod(fluent_bit, &away, Some(&module)))
        .without_probe()
        .environment("FLUENT_ELASTICSEARCH_USER", "nobody")
        .environment("FLUENT_ELASTICSEARCH_PASSWORD", "none")
        .run(b"", Until::Elapsed(Duration::from_secs(6)));
    assert!(run.log.contains("[storage] created root path /var/fluent-bit/data/inputs"), "{}", run.log);
    assert!(run.waiting() > 0, "no chunk waits on the volume\n{}", run.log);
}

#[test]
fn the_overlay_holds_the_sections_that_the_other_configurations_have() {
    let overlay = yaml(&std::fs::read_to_string(overlay_folder().join("values-auditgate.yaml")).unwrap());
    let overlay = overlay["extraFilters"]["postprocessing"]
        .as_str()
        .unwrap()
        .replace("Match             *", "Match             audit.*");
    let shipped = std::fs::read_to_string(project().join("fluent-bit-conf/filter-section.conf")).unwrap();
    let shipped =
        shipped.replace("${AUDITGATE_WASM}", "/auditgate/auditgate.wasm").replace("${AUDITGATE_POLICY}", "/auditgate");
    let sections = |text: &str| -> Vec<String> {
        let ours = |line: &&str| !line.trim_start().starts_with('#') && !line.starts_with("@SET") && !line.is_empty();
        text.lines().filter(ours).map(str::to_owned).collect()
    };
    assert_eq!(sections(&overlay), sections(&shipped));
}

/// A ConfigMap holds at most 1 MiB.
#[test]
fn the_module_fits_into_a_config_map() {
    let bytes = std::fs::metadata(module()).unwrap().len();
    assert!(bytes < 900 * 1024, "{bytes} bytes leave no room for a policy");
}

/// The post-renderer, over all that the chart renders and this test can: the ConfigMap with the module is there and mounted.
#[test]
fn the_post_renderer_mounts_the_module() {
    let Some(chart) = Chart::find() else { return };
    if !["kustomize", "kubectl"]
        .iter()
        .any(|program| Command::new(program).arg("version").arg("--client").output().is_ok())
    {
        std::io::stderr()
            .write_all(b"SKIPPED the_post_renderer_mounts_the_module: no kustomize and no kubectl\n")
            .unwrap();
        return;
    }
    let rendered = chart.render(&["configmap.yaml", "daemonset.yaml"], &["values-auditgate.yaml"]);
    let folder = std::env::temp_dir().join(format!("auditgate-kustomize-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["kustomization.yaml", "daemonset.yaml", "post-render.sh"] {
        std::fs::copy(overlay_folder().join("kustomize").join(name), folder.join(name)).unwrap();
    }
    std::fs::copy(module(), folder.join("auditgate.wasm")).unwrap();
    std::fs::write(folder.join("auditgate.yaml"), "apiVersion: auditgate/v1\nkind: Policy\n").unwrap();
    let manifests: String = rendered.iter().map(|document| format!("---\n{document}\n")).collect();
    let output = pipe(&folder.join("post-render.sh"), &manifests);
    std::fs::remove_dir_all(&folder).unwrap();
    let documents = documents(&output);
    let of_kind = |kind: &str, name: &str| {
        let found = documents.iter().find(|document| {
            document["kind"] == kind && document["metadata"]["name"].as_str().unwrap().starts_with(name)
        });
        found.unwrap_or_else(|| panic!("no {kind} {name} in\n{output}")).clone()
    };
    let config_map = of_kind("ConfigMap", "auditgate-");
    assert!(config_map["binaryData"]["auditgate.wasm"].as_str().unwrap().len() > 10_000);
    assert!(config_map["data"]["auditgate.yaml"].is_string());
    let pod = of_kind("DaemonSet", "fluent-logshipping-app")["spec"]["template"]["spec"].clone();
    let volumes = pod["volumes"].as_array().unwrap();
    assert!(volumes.iter().any(|volume| volume["configMap"]["name"] == config_map["metadata"]["name"]), "{volumes:?}");
    let mounts = pod["containers"][0]["volumeMounts"].as_array().unwrap();
    assert!(mounts.iter().any(|mount| mount["mountPath"] == "/auditgate"), "{mounts:?}");
    assert!(mounts.iter().any(|mount| mount["mountPath"] == "/var/log"), "the chart's own mounts are gone: {mounts:?}");
}

fn pipe(program: &Path, input: &str) -> String {
    let mut child = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}
