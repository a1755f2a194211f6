//! Where events go: the shipped configuration of each destination, by Fluent Bit's own output and by the output plugin.

use clap::ValueEnum;

/// Who delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Fluent Bit's own outputs, behind the module as a filter
    Filter,
    /// The output plugin, out_auditgate.so
    Output,
}

/// A destination with its configurations.
pub(super) struct Destination {
    pub(super) name: &'static str,
    pub(super) role: Role,
    /// Its configuration, without the ending.
    pub(super) file: &'static str,
    pub(super) yaml: &'static str,
    pub(super) classic: &'static str,
    /// What the policy has to ask for, and the module has to have.
    pub(super) format: Option<&'static str>,
}

macro_rules! destination {
    ($name:literal, $role:ident, $folder:literal, $file:literal, $format:expr) => {
        Destination {
            name: $name,
            role: Role::$role,
            file: $file,
            yaml: include_str!(concat!("../../../../../fluent-bit-conf/", $folder, $file, ".yaml")),
            classic: include_str!(concat!("../../../../../fluent-bit-conf/", $folder, $file, ".conf")),
            format: $format,
        }
    };
    (filter $name:literal) => {
        destination!($name, Filter, "", $name, None)
    };
    (filter $name:literal as $file:literal, $format:expr) => {
        destination!($name, Filter, "", $file, $format)
    };
    (output $name:literal) => {
        destination!($name, Output, "output/", $name, None)
    };
    (output $name:literal as $file:literal) => {
        destination!($name, Output, "output/", $file, None)
    };
}

pub(super) const DESTINATIONS: [Destination; 27] = [
    destination!(filter "elasticsearch"),
    destination!(filter "opensearch"),
    destination!(filter "splunk"),
    destination!(filter "loki"),
    destination!(filter "from-promtail"),
    destination!(filter "syslog-cef" as "syslog", Some("cef")),
    destination!(filter "syslog-leef" as "syslog", Some("leef")),
    destination!(filter "http"),
    destination!(filter "opentelemetry"),
    destination!(filter "datadog"),
    destination!(filter "sentinel"),
    destination!(filter "s3"),
    destination!(filter "cloudwatch"),
    destination!(filter "kafka"),
    destination!(filter "forward"),
    destination!(filter "file" as "kubernetes-audit", None),
    destination!(output "elasticsearch"),
    destination!(output "opensearch" as "elasticsearch"),
    destination!(output "splunk"),
    destination!(output "loki"),
    destination!(output "syslog-cef"),
    destination!(output "syslog-leef"),
    destination!(output "http"),
    destination!(output "opentelemetry"),
    destination!(output "datadog"),
    destination!(output "sentinel"),
    destination!(output "file"),
];

impl Destination {
    /// The names of those that a role has.
    pub(super) fn names(role: Role) -> Vec<&'static str> {
        DESTINATIONS.iter().filter(|one| one.role == role).map(|one| one.name).collect()
    }

    /// The variables that its configuration names, besides those of every configuration, in their order.
    pub(super) fn variables(&self) -> Vec<&'static str> {
        let mut names: Vec<&str> = Vec::new();
        for (_, rest) in self.yaml.match_indices("${").map(|(at, _)| self.yaml.split_at(at + 2)) {
            let name = rest.split('}').next().unwrap_or_default();
            if !names.contains(&name)
                && !["AUDIT_LOG", "STATE_DIR", "AUDITGATE_WASM", "AUDITGATE_POLICY"].contains(&name)
            {
                names.push(name);
            }
        }
        // The plugin reads secrets from the environment itself.
        for (_, rest) in self.yaml.match_indices(" env:").map(|(at, found)| self.yaml.split_at(at + found.len())) {
            names.extend(rest.lines().next().filter(|name| !names.contains(name)));
        }
        names
    }
}
