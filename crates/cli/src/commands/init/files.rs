//! The files that `auditgate init` writes: those of the project, with the answers put in.

use clap::ValueEnum;

/// What events come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Source {
    /// The Kubernetes API server's audit log
    Kubernetes,
    /// Linux auditd's log
    Auditd,
}

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
            Self::FluentBit => Some(format!("{}.yaml", destination.name)),
            Self::FluentBitClassic => Some(format!("{}.conf", destination.name)),
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

/// A destination with its configurations.
pub(super) struct Destination {
    pub(super) name: &'static str,
    yaml: &'static str,
    classic: &'static str,
}

/// One file to write.
pub(super) struct File {
    pub(super) name: String,
    pub(super) content: Vec<u8>,
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

macro_rules! destinations {
    ($($name:literal),* $(,)?) => {
        [$(Destination {
            name: $name,
            yaml: include_str!(concat!("../../../../../fluent-bit-conf/", $name, ".yaml")),
            classic: include_str!(concat!("../../../../../fluent-bit-conf/", $name, ".conf")),
        }),*]
    };
}

pub(super) const DESTINATIONS: [Destination; 13] = destinations![
    "elasticsearch",
    "opensearch",
    "splunk",
    "loki",
    "from-promtail",
    "http",
    "opentelemetry",
    "datadog",
    "sentinel",
    "s3",
    "cloudwatch",
    "kafka",
    "forward",
];

impl Destination {
    /// The values for fluent-logshipping-app that come closest: their name and text.
    pub(super) fn chart_values(&self) -> (&'static str, &'static str) {
        match self.name {
            "elasticsearch" | "opensearch" => {
                ("elasticsearch", deployed!("fluent-logshipping-app/values-elasticsearch.yaml"))
            }
            "s3" => ("s3", deployed!("fluent-logshipping-app/values-s3.yaml")),
            "cloudwatch" => ("cloudwatch", deployed!("fluent-logshipping-app/values-cloudwatch.yaml")),
            _ => ("splunk", deployed!("fluent-logshipping-app/values-splunk.yaml")),
        }
    }

    /// The variables that its configuration names, in their order.
    fn variables(&self) -> Vec<&'static str> {
        let mut names: Vec<&str> = Vec::new();
        for (_, rest) in self.yaml.match_indices("${").map(|(at, _)| self.yaml.split_at(at + 2)) {
            let name = rest.split('}').next().unwrap_or_default();
            if !names.contains(&name)
                && !["AUDIT_LOG", "STATE_DIR", "AUDITGATE_WASM", "AUDITGATE_POLICY"].contains(&name)
            {
                names.push(name);
            }
        }
        names
    }
}

/// All files of a start.
pub(super) fn of(source: Source, destination: &Destination, platform: Platform, module: &[u8]) -> Vec<File> {
    let file = |name: &str, text: &str| File { name: name.to_owned(), content: text.as_bytes().to_vec() };
    let policy = platform.policy();
    let mut files = vec![file(policy, POLICY), file(&policy.replace(".yaml", ".test.yaml"), case(source))];
    let module_at = |name: &str| File { name: name.to_owned(), content: module.to_vec() };
    match platform {
        Platform::FluentBit => {
            files.push(file("input.yaml", &for_source(source, shipped!("input.yaml"))));
            files.push(file(&format!("{}.yaml", destination.name), destination.yaml));
        }
        Platform::FluentBitClassic => {
            files.push(file("input.conf", &for_source(source, shipped!("input.conf"))));
            files.push(file("filter-section.conf", shipped!("filter-section.conf")));
            files.push(file("parsers.conf", shipped!("parsers.conf")));
            files.push(file(&format!("{}.conf", destination.name), destination.classic));
        }
        Platform::FluentLogshippingApp => {
            let (name, values) = destination.chart_values();
            files.push(file("values-auditgate.yaml", deployed!("fluent-logshipping-app/values-auditgate.yaml")));
            files.push(file("values-audit-input.yaml", deployed!("fluent-logshipping-app/values-audit-input.yaml")));
            files.push(file(&format!("values-{name}.yaml"), values));
            for (name, text) in [
                ("kustomization.yaml", deployed!("fluent-logshipping-app/kustomize/kustomization.yaml")),
                ("daemonset.yaml", deployed!("fluent-logshipping-app/kustomize/daemonset.yaml")),
                ("post-render.sh", deployed!("fluent-logshipping-app/kustomize/post-render.sh")),
            ] {
                files.push(file(&format!("kustomize/{name}"), text));
            }
            files.push(module_at("kustomize/auditgate.wasm"));
        }
        Platform::Helm => {
            files.push(file("values.yaml", &helm(source, destination)));
            files.push(module_at("auditgate.wasm"));
        }
    }
    if platform.configuration(destination).is_some() {
        files.push(module_at("auditgate.wasm"));
        files.push(file("environment", &environment(source, destination)));
        files.push(file("state/.keep", ""));
    }
    files
}

const POLICY: &str =
    "# What leaves, and where it goes. Without a rule everything in the catalogue is redacted and everything leaves.
apiVersion: auditgate/v1
kind: Policy
# A request is told of twice, when it comes and when it is done; the second says more.
omitStages: [RequestReceived]
";

/// A case whose event holds a secret.
fn case(source: Source) -> &'static str {
    match source {
        Source::Kubernetes => {
            "# `auditgate test` runs these: an event, and what has to become of it.
cases:
- name: the values of a secret do not leave, its keys do
  event:
    kind: Event
    apiVersion: audit.k8s.io/v1
    level: Request
    auditID: 7c9f1b6e-0000-4000-8000-000000000001
    stage: ResponseComplete
    requestURI: /api/v1/namespaces/default/secrets
    verb: create
    user: {username: alice}
    objectRef: {resource: secrets, namespace: default, name: db, apiVersion: v1}
    requestObject: {kind: Secret, apiVersion: v1, stringData: {password: not-a-real-one}}
  expect:
    to: [default]
    redacted: [requestObject.stringData.password]
    kept: [user.username, objectRef.name]
"
        }
        Source::Auditd => {
            "# `auditgate test` runs these: an event, and what has to become of it.
cases:
- name: a password on a command line does not leave
  event:
    log: 'type=EXECVE msg=audit(1700000000.000:1): argc=2 a0=\"mysql\" a1=\"--password=not-a-real-one\"'
  expect:
    to: [default]
"
        }
    }
}

/// The shared input for another source: its tag, and no parser for what is no JSON.
fn for_source(source: Source, text: &str) -> String {
    match source {
        Source::Kubernetes => text.to_owned(),
        Source::Auditd => text
            .replace("audit.kubernetes", "audit.linux")
            .replace("Kubernetes audit log", "Linux audit log")
            .replace(
                "the API server's audit log, for example /var/log/kubernetes/audit/audit.log",
                "auditd's log, usually /var/log/audit/audit.log",
            )
            .replace("    Parser             audit-json\n", ""),
    }
}

fn environment(source: Source, destination: &Destination) -> String {
    let log = match source {
        Source::Kubernetes => "/var/log/kubernetes/audit/audit.log",
        Source::Auditd => "/var/log/audit/audit.log",
    };
    let mut text = format!(
        "# For the shell, from the folder of this file. What is empty is yours to fill in; {}.yaml says what it is.\n\
         AUDIT_LOG={log}\nAUDITGATE_WASM=$PWD/auditgate.wasm\nAUDITGATE_POLICY=$PWD/policy\nSTATE_DIR=$PWD/state\n",
        destination.name
    );
    for name in destination.variables() {
        let value = if name == "CA_FILE" { "/etc/ssl/certs/ca-certificates.crt" } else { "" };
        text.push_str(&format!("{name}={value}\n"));
    }
    text
}

/// The values of the official chart, with this destination in the place of Splunk.
fn helm(source: Source, destination: &Destination) -> String {
    let template = deployed!("helm/values.yaml");
    let (head, _) = template.split_once("    input.yaml: |\n").unwrap_or((template, ""));
    let indented = |text: &str| -> String {
        text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("      {line}\n") }).collect()
    };
    format!(
        "{}    input.yaml: |\n{}    {}.yaml: |\n{}",
        head.replace("splunk.yaml", &format!("{}.yaml", destination.name)),
        indented(&for_source(source, shipped!("input.yaml"))),
        destination.name,
        indented(destination.yaml)
    )
}
