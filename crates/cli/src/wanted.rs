//! Conditions of a rule as a policy writes them, for people.

use auditgate::policy::{Conditions, GroupResources, Network, Property, Resource, Stage, Wildcard};
use std::net::{Ipv4Addr, Ipv6Addr};

const TEXTS: [(Property, &str); 9] = [
    (Property::User, "users"),
    (Property::Group, "userGroups"),
    (Property::Verb, "verbs"),
    (Property::Namespace, "namespaces"),
    (Property::Source, "sources"),
    (Property::Tag, "tags"),
    (Property::UserAgent, "userAgents"),
    (Property::Path, "nonResourceURLs"),
    (Property::Message, "messages"),
];

/// What stands under a key.
pub(crate) fn wanted(conditions: &Conditions, key: &str) -> String {
    if let Some((property, _)) = TEXTS.iter().find(|(_, name)| *name == key) {
        return texts(conditions.texts(*property));
    }
    match key {
        "resources" => joined(conditions.resources.iter().map(group)),
        "stages" => {
            let stages = Stage::NAMES.iter().filter(|(_, stage)| conditions.stages.contains(*stage));
            joined(stages.map(|(name, _)| (*name).to_owned()))
        }
        "responseCodes" => joined(conditions.response_codes.iter().map(|(first, last)| match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        })),
        "sourceIPs" => joined(conditions.source_ips.iter().map(network)),
        "annotations" => joined(conditions.annotations.iter().map(|(key, values)| match values.as_slice() {
            [] => key.clone(),
            values => format!("{key}: {}", texts(values)),
        })),
        _ => String::new(),
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

fn texts(list: &[Wildcard]) -> String {
    joined(list.iter().map(text))
}

fn text(wildcard: &Wildcard) -> String {
    if wildcard.is_any() {
        return "*".into();
    }
    let star = |open: bool| if open { "*" } else { "" };
    let written = format!("{}{}{}", star(wildcard.open_start), wildcard.text, star(wildcard.open_end));
    if written.is_empty() { "\"\"".into() } else { written }
}

/// `deployments.apps`, `pods/log`, `*.batch (a, b)`.
fn group(group: &GroupResources) -> String {
    let behind = if group.group.text.is_empty() && group.group.is_literal() {
        String::new()
    } else {
        format!(".{}", text(&group.group))
    };
    let resources = match group.resources.as_slice() {
        [] => format!("*{behind}"),
        resources => joined(resources.iter().map(|one| format!("{}{behind}", resource(one)))),
    };
    if group.names.is_empty() { resources } else { format!("{resources} ({})", texts(&group.names)) }
}

fn resource(resource: &Resource) -> String {
    match resource {
        Resource::Any => "*".into(),
        Resource::Exact(text) => text.clone(),
        Resource::WithSubresources(wildcard) => format!("{}/*", text(wildcard)),
        Resource::Subresource(wildcard) => format!("*/{}", text(wildcard)),
        Resource::Parts(wildcard, None) => text(wildcard),
        Resource::Parts(wildcard, Some(sub)) => format!("{}/{}", text(wildcard), text(sub)),
    }
}

fn network(network: &Network) -> String {
    let address = Ipv6Addr::from(network.address);
    match address.to_ipv4_mapped() {
        Some(v4) if network.bits >= 96 => format!("{}/{}", Ipv4Addr::from(v4.octets()), network.bits - 96),
        _ => format!("{address}/{}", network.bits),
    }
}

#[cfg(test)]
#[expect(clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn conditions_read_as_they_were_written() {
        let text = "apiVersion: auditgate/v1
kind: Policy
rules:
- users: ['system:*', '*@example.com', '*']
  resources: [{resources: [pods, pods/log, '*/status', 'deploy*']}, {group: apps}, {group: '*', resources: ['*'], resourceNames: [a]}]
  namespaces: ['']
  stages: [Panic]
  responseCodes: [403, 5xx]
  sourceIPs: [10.0.0.0/8, '2001:db8::/32']
  annotations: {a: [b], c: []}
";
        let policy =
            auditgate::policy::compile("policy", text.as_bytes()).unwrap_or_else(|found| panic!("{}", found.render()));
        let shown = |key| wanted(&policy.rules()[0].conditions, key);
        assert_eq!(shown("users"), "system:*, *@example.com, *");
        assert_eq!(shown("resources"), "pods, pods/log, */status, deploy*, *.apps, *.* (a)");
        assert_eq!(shown("namespaces"), "\"\"");
        assert_eq!(shown("stages"), "Panic");
        assert_eq!(shown("responseCodes"), "403, 500-599");
        assert_eq!(shown("sourceIPs"), "10.0.0.0/8, 2001:db8::/32");
        assert_eq!(shown("annotations"), "a: b, c");
    }
}
