//! The conditions of a rule: Kubernetes' own, and those that an operator of a SIEM adds.

use super::{At, Checker, Map};
use crate::policy::codes::Code;
use crate::policy::diagnostics::Diagnostic;
use crate::policy::model::{Conditions, Network, Stage, Stages, Wildcard};
use crate::policy::yaml::{Node, Value};

/// The keys of conditions that Kubernetes knows.
pub(super) const KUBERNETES_KEYS: [&str; 6] =
    ["users", "userGroups", "verbs", "resources", "namespaces", "nonResourceURLs"];
/// The keys of conditions that only auditgate knows.
pub(super) const OWN_KEYS: [&str; 7] =
    ["sources", "tags", "userAgents", "stages", "responseCodes", "sourceIPs", "annotations"];

/// The sources that events are recognised as.
const SOURCES: [&str; 8] = ["kubernetes", "auditd", "sshd", "sudo", "journald", "syslog", "container", "text"];

impl Checker {
    pub(super) fn conditions(&mut self, map: &Map<'_>, at: &At<'_>) -> Conditions {
        let mut list = |key: &str| map.find(key).map_or(Vec::new(), |node| self.wildcards(node, &at.key(key)));
        let mut conditions = Conditions {
            users: list("users"),
            user_groups: list("userGroups"),
            verbs: list("verbs"),
            namespaces: list("namespaces"),
            ..Conditions::default()
        };
        if let Some(node) = map.find("resources") {
            conditions.resources = self.resources(node, &at.key("resources"));
        }
        if let Some(node) = map.find("nonResourceURLs") {
            let at = at.key("nonResourceURLs");
            conditions.non_resource_urls = self.urls(node, &at);
            let others = ["resources", "namespaces"];
            if !conditions.non_resource_urls.is_empty() && others.iter().any(|key| map.find(key).is_some_and(is_filled))
            {
                let message = "a rule is for resources or for paths, not for both";
                self.report(&at, Diagnostic::new(Code::Conflict, node.at, 1, message).help("write two rules"));
            }
        }
        if !self.kubernetes {
            self.own_conditions(map, at, &mut conditions);
        }
        conditions
    }

    fn own_conditions(&mut self, map: &Map<'_>, at: &At<'_>, conditions: &mut Conditions) {
        if let Some(node) = map.find("tags") {
            conditions.tags = self.wildcards(node, &at.key("tags"));
        }
        if let Some(node) = map.find("userAgents") {
            conditions.user_agents = self.wildcards(node, &at.key("userAgents"));
        }
        if let Some(node) = map.find("sources") {
            let at = at.key("sources");
            for (index, item) in self.list(node, &at).iter().enumerate() {
                let choices = SOURCES.map(|name| (name, name));
                let source = self.choice(item, &at.index(index), &choices);
                conditions.sources.extend(source.map(Wildcard::literal));
            }
        }
        if let Some(node) = map.find("stages") {
            conditions.stages = self.stages(node, &at.key("stages"));
        }
        if let Some(node) = map.find("responseCodes") {
            let at = at.key("responseCodes");
            for (index, item) in self.list(node, &at).iter().enumerate() {
                conditions.response_codes.extend(self.response_codes(item, &at.index(index)));
            }
        }
        if let Some(node) = map.find("sourceIPs") {
            let at = at.key("sourceIPs");
            for (index, item) in self.list(node, &at).iter().enumerate() {
                conditions.source_ips.extend(self.network(item, &at.index(index)));
            }
        }
        if let Some(node) = map.find("annotations") {
            conditions.annotations = self.annotations(node, &at.key("annotations"));
        }
    }

    pub(super) fn stages(&mut self, node: &Node, at: &At<'_>) -> Stages {
        let mut stages = Stages::default();
        for (index, item) in self.list(node, at).iter().enumerate() {
            if let Some(stage) = self.choice(item, &at.index(index), &Stage::NAMES) {
                stages.insert(stage);
            }
        }
        stages
    }

    /// `403`, `4xx` or `500-599`.
    fn response_codes(&mut self, node: &Node, at: &At<'_>) -> Option<(u16, u16)> {
        let range = match &node.value {
            Value::Plain(text) | Value::Text(text) => code_range(text),
            _ => None,
        };
        if range.is_none() {
            self.malformed(node, at, "not a response code", "write `403`, `4xx` or `500-599`");
        }
        range
    }

    fn network(&mut self, node: &Node, at: &At<'_>) -> Option<Network> {
        let text = self.text(node, at)?;
        let network = Network::parse(text);
        if network.is_none() {
            self.malformed(node, at, "not a network", "write `10.0.0.0/8`, `2001:db8::/32` or an address");
        }
        network
    }

    fn annotations(&mut self, node: &Node, at: &At<'_>) -> Vec<(String, Vec<Wildcard>)> {
        let Value::Mapping(entries) = &node.value else {
            self.wrong_type(node, at, "a mapping", "write `name: [value, ...]`");
            return Vec::new();
        };
        let mut out = Vec::new();
        for entry in entries {
            out.push((entry.key.clone(), self.wildcards(&entry.value, &at.key(&entry.key))));
        }
        out
    }
}

fn is_filled(node: &Node) -> bool {
    !matches!(&node.value, Value::Sequence(items) if items.is_empty())
}

fn code_range(text: &str) -> Option<(u16, u16)> {
    let code = |text: &str| text.parse::<u16>().ok().filter(|code| text.len() == 3 && (100..=599).contains(code));
    if let Some(class) = text.strip_suffix("xx") {
        let class = class.parse::<u16>().ok().filter(|class| (1..=5).contains(class))?;
        return Some((class * 100, class * 100 + 99));
    }
    match text.split_once('-') {
        Some((first, last)) => Some((code(first)?, code(last)?)).filter(|(first, last)| first <= last),
        None => code(text).map(|code| (code, code)),
    }
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let (address, offset) = match address.parse::<core::net::IpAddr>().ok()? {
            core::net::IpAddr::V4(address) => (address.to_ipv6_mapped(), 96),
            core::net::IpAddr::V6(address) => (address, 0),
        };
        let bits = bits.map_or(Some(128), |bits| bits.checked_add(offset))?;
        (bits <= 128).then(|| Self { address: address.octets(), bits })
    }
}
