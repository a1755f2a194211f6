//! The files that `auditgate init` writes: those of the project, with the answers put in.

use super::destinations::{Destination, Role};
use super::sources::{KUBERNETES_LOG, Source};
use clap::ValueEnum;

/// What runs the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Platform {
    /// Fluent Bit with a YAML configuration, the recommended form
    FluentBit,
    /// Fluent Bit with a classic configuration
    FluentBitClassic,
    /// Giant Swarm's fluent-logshipping-app
    FluentLogshippingApp,
    /// The official Helm chart of Fluent Bit
    Helm,
}

impl Platform {
    /// The configuration for Fluent Bit among the files, if one is.
    pub(super) fn configuration(self, destination: &Destination) -> Option<String> {
        match self {
            Self::FluentBit => Some(format!("{}.yaml", destination.file)),
            Self::FluentBitClassic => Some(format!("{}.conf", destination.file)),
            Self::FluentLogshippingApp | Self::Helm => None,
        }
    }

    /// Where the policy stands.
    pub(super) fn policy(self) -> &'static str {
        match self {
            Self::FluentBit | Self::FluentBitClassic => "policy/auditgate.yaml",
            Self::FluentLogshippingApp => "kustomize/auditgate.yaml",
            Self::Helm => "auditgate.yaml",
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy)]
pub(super) struct Answers<'a> {
    pub(super) source: Source,
    pub(super) destination: &'a Destination,
    pub(super) platform: Platform,
}

/// One file to write.
pub(super) struct File {
    pub(super) name: String,
    pub(super) content: Vec<u8>,
}

impl File {
    /// Whether it is called as a program.
    pub(super) fn is_script(&self) -> bool {
        self.content.starts_with(b"#!")
    }

    fn new(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), content: text.as_bytes().to_vec() }
    }
}

macro_rules! shipped {
    ($name:literal) => {
        include_str!(concat!("../../../../../fluent-bit-conf/", $name))
    };
}

macro_rules! deployed {
    ($name:literal) => {
        include_str!(concat!("../../../../../deploy/", $name))
    };
}

/// All files of a start. `module` is the module that the destination needs.
pub(super) fn of(answers: Answers<'_>, module: &[u8]) -> Vec<File> {
    let Answers { source, destination, platform } = answers;
    let policy = platform.policy();
    let mut files = vec![
        File::new(policy, &policy_of(source, destination)),
        File::new(&policy.replace(".yaml", ".test.yaml"), &source.case()),
    ];
    let module_at = |name: &str| File { name: name.to_owned(), content: module.to_vec() };
    match (platform, destination.role) {
        (Platform::FluentBit, role) => {
            let input = if role == Role::Filter { shipped!("input.yaml") } else { shipped!("output/input.yaml") };
            files.push(File::new("input.yaml", &source.input(input, true)));
            files.push(File::new(&format!("{}.yaml", destination.file), destination.yaml));
        }
        (Platform::FluentBitClassic, role) => {
            let input = if role == Role::Filter { shipped!("input.conf") } else { shipped!("output/input.conf") };
            files.push(File::new("input.conf", &source.input(input, false)));
            files.push(File::new(&format!("{}.conf", destination.file), destination.classic));
            if role == Role::Filter {
                files.push(File::new("filter-section.conf", shipped!("filter-section.conf")));
                files.push(File::new("parsers.conf", shipped!("parsers.conf")));
            }
        }
        (Platform::FluentLogshippingApp, _) => {
            files.push(File::new("values-auditgate.yaml", deployed!("fluent-logshipping-app/values-auditgate.yaml")));
            if source == Source::Kubernetes {
                let input = deployed!("fluent-logshipping-app/values-audit-input.yaml");
                files.push(File::new("values-audit-input.yaml", input));
            }
            files.push(File::new(&chart_values_name(destination), &chart_values(destination)));
            for (name, text) in [
                ("kustomization.yaml", deployed!("fluent-logshipping-app/kustomize/kustomization.yaml")),
                ("daemonset.yaml", deployed!("fluent-logshipping-app/kustomize/daemonset.yaml")),
                ("post-render.sh", deployed!("fluent-logshipping-app/kustomize/post-render.sh")),
                ("plugin.yaml", deployed!("fluent-logshipping-app/kustomize/plugin.yaml")),
            ] {
                files.push(File::new(&format!("kustomize/{name}"), text));
            }
            files.push(module_at("kustomize/auditgate.wasm"));
        }
        (Platform::Helm, _) => {
            files.push(File::new("values.yaml", &helm(source, destination)));
            files.push(module_at("auditgate.wasm"));
        }
    }
    if platform.configuration(destination).is_some() {
        if destination.role == Role::Filter {
            files.push(module_at("auditgate.wasm"));
        }
        files.push(File::new("environment", &environment(source, destination)));
        files.push(File::new("state/.keep", ""));
    }
    files
}

/// What leaves, and where it goes: nothing is left out, everything in the catalogue is redacted.
fn policy_of(source: Source, destination: &Destination) -> String {
    let mut text = String::from(
        "# What leaves, and where it goes. Without a rule everything in the catalogue is redacted and everything leaves.\n\
         apiVersion: auditgate/v1\nkind: Policy\n",
    );
    if let Some(format) = destination.format {
        text.push_str(&format!("destinations:\n- name: default\n  format: {format}\ndefault: {{to: [default]}}\n"));
    }
    if source == Source::Kubernetes {
        text.push_str(
            "# A request is told of twice, when it comes and when it is done; the second says more.\nomitStages: [RequestReceived]\n",
        );
    }
    text
}

/// The file with the values for fluent-logshipping-app.
pub(super) fn chart_values_name(destination: &Destination) -> String {
    match destination.name {
        "opensearch" => "values-elasticsearch.yaml".to_owned(),
        name => format!("values-{name}.yaml"),
    }
}

/// The values themselves: those that were made for the chart, else the section for classic configurations.
fn chart_values(destination: &Destination) -> String {
    match destination.name {
        "elasticsearch" | "opensearch" => deployed!("fluent-logshipping-app/values-elasticsearch.yaml").to_owned(),
        "s3" => deployed!("fluent-logshipping-app/values-s3.yaml").to_owned(),
        "cloudwatch" => deployed!("fluent-logshipping-app/values-cloudwatch.yaml").to_owned(),
        "splunk" => deployed!("fluent-logshipping-app/values-splunk.yaml").to_owned(),
        _ => {
            let from = destination.classic.find("[OUTPUT]").unwrap_or_default();
            let section = destination.classic.get(from..).unwrap_or_default();
            format!(
                "# The chart sets K8S_NODE_NAME and nothing else: write what belongs there in the place of each other variable.\n\
                 outputs:\n  extraOutputConfig: |\n{}",
                indented(&section.replace("${CA_FILE}", CA_FILE).replace("${NODE_NAME}", "${K8S_NODE_NAME}"), "    ")
            )
        }
    }
}

/// What the secret of the shipped values holds.
const SECRET: &str = "--from-literal=SIEM_HOST=... --from-literal=SIEM_PORT=8088 --from-literal=SIEM_TOKEN=...";

const CA_FILE: &str = "/etc/ssl/certs/ca-certificates.crt";

fn indented(text: &str, by: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("{by}{line}\n") }).collect()
}

fn environment(source: Source, destination: &Destination) -> String {
    let mut text = format!(
        "# For the shell, from the folder of this file. What is empty is yours to fill in; {}.yaml says what it is.\nAUDIT_LOG={}\n",
        destination.file,
        source.log()
    );
    if destination.role == Role::Filter {
        text.push_str("AUDITGATE_WASM=$PWD/auditgate.wasm\n");
    }
    text.push_str("AUDITGATE_POLICY=$PWD/policy\nSTATE_DIR=$PWD/state\n");
    for name in destination.variables() {
        let value = match name {
            "CA_FILE" => CA_FILE,
            "NODE_NAME" => "$(hostname)",
            _ => "",
        };
        text.push_str(&format!("{name}={value}\n"));
    }
    text
}

/// The values of the official chart, with this source and this destination in the place of Kubernetes and Splunk.
fn helm(source: Source, destination: &Destination) -> String {
    let template = deployed!("helm/values.yaml");
    let (head, _) = template.split_once("    input.yaml: |\n").unwrap_or((template, ""));
    let mut head =
        head.replace("splunk.yaml", &format!("{}.yaml", destination.file)).replace(KUBERNETES_LOG, source.log());
    let given = |name: &&&str| !["CA_FILE", "NODE_NAME"].contains(*name);
    let secret: Vec<String> = destination
        .variables()
        .iter()
        .filter(|name| given(name))
        .map(|name| format!("--from-literal={name}=..."))
        .collect();
    head = head.replace(SECRET, &secret.join(" "));
    // The module and the policy stand beside it.
    head = head.replace("dist/auditgate.wasm", "auditgate.wasm").replace("deploy/helm/values.yaml", "values.yaml");
    if source != Source::Kubernetes {
        // On every node.
        head = head.replace("nodeSelector: {node-role.kubernetes.io/control-plane: \"\"}\n", "");
    }
    format!(
        "{head}    input.yaml: |\n{}    {}.yaml: |\n{}",
        indented(&source.input(shipped!("input.yaml"), true), "      "),
        destination.file,
        indented(destination.yaml, "      ")
    )
}
