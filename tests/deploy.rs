//! The manifests and values of `deploy/`: they hold the configurations of this project, and Kubernetes' schemas take them.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it skipped"
)]

use saphyr::{LoadableYamlNode as _, Yaml};
use std::fs;
use std::process::Command;

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn the_values_of_the_official_chart_hold_the_configurations_as_they_stand() {
    let values = read("deploy/helm/values.yaml");
    let values = Yaml::load_from_str(&values).unwrap();
    let files = &values[0]["config"]["extraFiles"];
    for name in ["input.yaml", "splunk.yaml"] {
        assert_eq!(files[name].as_str().unwrap(), read(&format!("fluent-bit-conf/{name}")), "{name}");
        // The chart takes these texts for templates.
        assert!(!read(&format!("fluent-bit-conf/{name}")).contains("{{"));
    }
}

/// Every variable of the configurations is set by the manifest, or stands in the secret that its README makes.
#[test]
fn the_agent_sets_what_the_configuration_names() {
    let secret = ["SIEM_HOST", "SIEM_PORT", "SIEM_TOKEN"];
    for manifest in ["deploy/kubernetes/agent.yaml", "deploy/helm/values.yaml"] {
        let text = read(manifest);
        for file in ["input.yaml", "splunk.yaml"] {
            let configuration = read(&format!("fluent-bit-conf/{file}"));
            for name in configuration.split("${").skip(1).map(|rest| rest.split('}').next().unwrap()) {
                assert!(
                    secret.contains(&name) || text.contains(&format!("name: {name},")),
                    "{manifest} lacks {name} of {file}"
                );
            }
        }
    }
}

#[test]
fn kubernetes_takes_the_manifests() {
    let validate = std::env::var("KUBERNETES_VALIDATE").unwrap_or_else(|_| "kubernetes-validate".to_owned());
    if Command::new(&validate).arg("--version").output().is_err() {
        eprintln!(
            "SKIPPED kubernetes_takes_the_manifests: `pip install kubernetes-validate`, or name it by KUBERNETES_VALIDATE"
        );
        return;
    }
    for manifest in ["agent", "aggregator"] {
        let path = format!("deploy/kubernetes/{manifest}.yaml");
        let output = Command::new(&validate).args(["--strict", &path]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
