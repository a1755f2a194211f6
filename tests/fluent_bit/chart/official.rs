//! The values for the official chart of Fluent Bit: its own templates, rendered with them, started as its container is.
//!
//! `FLUENT_HELM_CHARTS` names a checkout of <https://github.com/fluent/helm-charts>.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::rendered::{MOUNT, checkout, render};
use crate::harness::{FluentBit, Setup, Until, corpus, module, project};
use crate::receivers::{Receiver, certificate, receiving_fluent_bit};

in_both!(events_arrive_redacted_and_none_without_the_module);

fn rendered() -> Option<Vec<Value>> {
    let chart = checkout("FLUENT_HELM_CHARTS", "fluent/helm-charts", &[&["go", "version"], MOUNT])?;
    Some(render(
        &chart.join("charts/fluent-bit"),
        "audit-agent",
        &["_helpers.tpl", "_pod.tpl"],
        &["configmap.yaml", "daemonset.yaml"],
        &[project().join("deploy/helm/values.yaml")],
    ))
}

fn container(daemon_set: &Value) -> &Value {
    &daemon_set["spec"]["template"]["spec"]["containers"][0]
}

/// What the chart's ConfigMap says, in a pod with the mounts, the environment and the arguments that its DaemonSet says.
fn pod(fluent_bit: &FluentBit, documents: &[Value], receiver: &Receiver) -> Setup {
    let container = container(&documents[1]);
    let [workdir, config] = container["args"].as_array().unwrap().as_slice() else { panic!("{container}") };
    assert_eq!(workdir, "--workdir=/fluent-bit/etc");
    let config = config.as_str().unwrap().strip_prefix("--config=/fluent-bit/etc/").unwrap();
    let mut setup = Setup::empty(fluent_bit, config).in_pod().without_probe();
    for (name, text) in documents[0]["data"].as_object().unwrap() {
        setup = setup.file(&format!("conf/conf/{name}"), text.as_str().unwrap().as_bytes());
    }
    for variable in container["env"].as_array().unwrap() {
        // A value out of the pod's own fields is the node's name.
        setup = setup.environment(variable["name"].as_str().unwrap(), variable["value"].as_str().unwrap_or("node-1"));
    }
    // The secret that the README has one make.
    setup
        .environment("SIEM_HOST", "localhost")
        .environment("SIEM_PORT", &receiver.port.to_string())
        .environment("SIEM_TOKEN", "token")
        .file("ca-certificates.crt", &std::fs::read(certificate().join("cert.pem")).unwrap())
        .file("pod-state/.keep", b"")
        .file("auditgate/auditgate.yaml", b"apiVersion: auditgate/v1\nkind: Policy\n")
        .file("var-log/kubernetes/audit/audit.log", corpus().as_bytes())
}

fn events_arrive_redacted_and_none_without_the_module(fluent_bit: &FluentBit) {
    let Some(documents) = rendered() else { return };
    let receiver = Receiver::fluent_bit(
        &receiving_fluent_bit(fluent_bit),
        "splunk",
        &["Buffer_Max_Size 20M", "Splunk_Token token"],
    );
    let until = Until::Elapsed(Duration::from_secs(4));
    let run = pod(fluent_bit, &documents, &receiver).run(b"", until);
    assert!(run.refused_to_start(), "there is no module\n{}", run.log);
    assert_eq!(receiver.received(), "");

    let run = pod(fluent_bit, &documents, &receiver)
        .file("auditgate/auditgate.wasm", &std::fs::read(module()).unwrap())
        .run(b"", until);
    run.assert_ended_well();
    let received = receiver.received();
    for line in corpus().lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        assert!(received.contains(event["auditID"].as_str().unwrap()), "{}\n{}", run.log, receiver.log());
    }
    assert_eq!(received.matches("\"auditgate\":{\"id\":").count(), corpus().lines().count(), "{received:.1000}");
}

/// Each path that the environment names lies in a volume, and each volume that is mounted is there.
#[test]
fn the_pod_has_what_its_environment_names() {
    let Some(documents) = rendered() else { return };
    let container = container(&documents[1]);
    let mounts = container["volumeMounts"].as_array().unwrap();
    for name in ["AUDIT_LOG", "AUDITGATE_WASM", "AUDITGATE_POLICY", "STATE_DIR"] {
        let variables = container["env"].as_array().unwrap();
        let path = variables.iter().find(|variable| variable["name"] == name).unwrap()["value"].as_str().unwrap();
        assert!(mounts.iter().any(|mount| path.starts_with(mount["mountPath"].as_str().unwrap())), "{name}: {path}");
    }
    let volumes = documents[1]["spec"]["template"]["spec"]["volumes"].as_array().unwrap();
    for mount in mounts {
        assert!(volumes.iter().any(|volume| volume["name"] == mount["name"]), "no volume {}", mount["name"]);
    }
    assert_eq!(container["envFrom"][0]["secretRef"]["name"], "siem");
    let validate = std::env::var("KUBERNETES_VALIDATE").unwrap_or_else(|_| "kubernetes-validate".to_owned());
    let path: PathBuf = std::env::temp_dir().join(format!("auditgate-official-{}.yaml", std::process::id()));
    std::fs::write(&path, documents[1].to_string()).unwrap();
    if let Ok(output) = Command::new(validate).arg("--strict").arg(&path).output() {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    std::fs::remove_file(path).unwrap();
}
