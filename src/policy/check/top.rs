//! The policy as a whole: which kind it is, and its parts.

use super::rules::{Defaults, join};
use super::{At, Checker, Map};
use crate::policy::codes::Code;
use crate::policy::diagnostics::{Diagnostic, Severity, quoted};
use crate::policy::model::{Batch, Conditions, Destination, Level, Limits, Redact, Retry, Rule, Stages};
use crate::policy::yaml::{Node, Value};

const OWN_VERSION: &str = "auditgate/v1";
const KUBERNETES_VERSION: &str = "audit.k8s.io/v1";

/// A policy whose every part is known to be right.
pub(in crate::policy) struct Checked {
    pub(in crate::policy) kubernetes: bool,
    pub(in crate::policy) limits: Limits,
    pub(in crate::policy) redact: Redact,
    pub(in crate::policy) rules: Vec<Rule>,
    pub(in crate::policy) default: Rule,
    pub(in crate::policy) destinations: Vec<Destination>,
}

/// The checked policy, absent if anything is an error; and what was found, warnings included.
pub(in crate::policy) fn check(root: &Node) -> (Option<Checked>, Vec<Diagnostic>) {
    let mut checker = Checker { found: Vec::new(), kubernetes: false };
    let checked = checker.policy(root);
    let broken = checker.found.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    (checked.filter(|_| !broken), checker.found)
}

impl Checker {
    fn policy(&mut self, root: &Node) -> Option<Checked> {
        let at = At::ROOT;
        self.kubernetes = self.is_kubernetes(root)?;
        let mut known = vec!["apiVersion", "kind", "metadata", "omitStages", "omitManagedFields", "rules"];
        if !self.kubernetes {
            known.extend(["limits", "redact", "default", "destinations"]);
        }
        let map = self.mapping(root, &at, &known)?;
        let own = |key: &str| map.find(key).filter(|_| !self.kubernetes);
        let (limits, redact, default, destinations) =
            (own("limits"), own("redact"), own("default"), own("destinations"));

        let limits = limits.map_or(Limits::default(), |node| self.limits(node, &at.key("limits")));
        let redact = redact.map_or(Redact::default(), |node| self.redact(node, &at.key("redact")));
        let mut destinations = destinations.map_or(Vec::new(), |node| self.destinations(node, &at.key("destinations")));
        if destinations.is_empty() {
            destinations.push(default_destination());
        }
        let (default, rules) = self.decisions(&map, default, &destinations);
        if self.kubernetes && rules.is_empty() {
            self.missing(root, &at, "rules", "Kubernetes does not start with a policy that has no rules");
        }
        Some(Checked { kubernetes: self.kubernetes, limits, redact, rules, default, destinations })
    }

    fn decisions(&mut self, map: &Map<'_>, default: Option<&Node>, destinations: &[Destination]) -> (Rule, Vec<Rule>) {
        let at = At::ROOT;
        let omit_stages =
            map.find("omitStages").map_or(Stages::default(), |node| self.stages(node, &at.key("omitStages")));
        let omit_managed_fields = map
            .find("omitManagedFields")
            .and_then(|node| self.boolean(node, &at.key("omitManagedFields")))
            .unwrap_or(false);
        let names: Vec<&str> = destinations.iter().map(|destination| destination.name.as_str()).collect();
        let mut fallback = default_rule(join(names.iter()));
        fallback.omit_stages = omit_stages;
        fallback.omit_managed_fields = omit_managed_fields;
        if self.kubernetes {
            fallback.level = Level::None;
        }
        if let Some(node) = default {
            self.default_rule(node, &at.key("default"), destinations, &mut fallback);
        }
        let defaults = Defaults { omit_stages, omit_managed_fields, destinations, routes: fallback.routes.clone() };
        let rules = map.find("rules").map_or(Vec::new(), |node| self.rules(node, &at.key("rules"), &defaults));
        (fallback, rules)
    }

    fn default_rule(&mut self, node: &Node, at: &At<'_>, destinations: &[Destination], rule: &mut Rule) {
        rule.at = node.at;
        let Some(map) = self.mapping(node, at, &["level", "to"]) else { return };
        if let Some(node) = map.find("level") {
            rule.level = self.choice(node, &at.key("level"), &Level::NAMES).unwrap_or(Level::RequestResponse);
        }
        if let Some(node) = map.find("to") {
            rule.routes = self.routes(node, &at.key("to"), destinations);
        }
    }

    /// Reads `apiVersion` and `kind`; without them nothing else can be judged.
    fn is_kubernetes(&mut self, root: &Node) -> Option<bool> {
        let at = At::ROOT;
        let Value::Mapping(entries) = &root.value else {
            self.wrong_type(
                root,
                &at,
                "a mapping with `apiVersion` and `kind`",
                "begin with `apiVersion: auditgate/v1` and `kind: Policy`",
            );
            return None;
        };
        let map = Map { node: root, entries };
        let (Some(version), Some(kind)) = (map.find("apiVersion"), map.find("kind")) else {
            let key = if map.find("apiVersion").is_none() { "apiVersion" } else { "kind" };
            self.missing(root, &at, key, "begin with `apiVersion: auditgate/v1` and `kind: Policy`");
            return None;
        };
        let version_text = self.text(version, &at.key("apiVersion"))?;
        let kubernetes =
            self.choice(version, &at.key("apiVersion"), &[(OWN_VERSION, false), (KUBERNETES_VERSION, true)]);
        if let (None, Some(last)) = (kubernetes, self.found.last_mut()) {
            if version_text.starts_with("audit.k8s.io/") {
                last.help =
                    "Kubernetes has not read this version since 1.24; the rules of `audit.k8s.io/v1` are the same"
                        .into();
            }
            last.code = Code::UnknownKind;
        }
        if self.text(kind, &at.key("kind"))? != "Policy" {
            let found =
                if let Value::Plain(text) | Value::Text(text) = &kind.value { quoted(text) } else { String::new() };
            let diagnostic = Diagnostic::new(Code::UnknownKind, kind.at, kind.width, "not a policy");
            self.report(&at.key("kind"), diagnostic.expected("`Policy`").found(found));
            return None;
        }
        kubernetes
    }

    fn limits(&mut self, node: &Node, at: &At<'_>) -> Limits {
        let mut limits = Limits::default();
        let known = ["max_event_bytes", "max_depth", "max_decode_depth", "max_decoded_bytes"];
        let Some(map) = self.mapping(node, at, &known) else { return limits };
        let bounds = [
            (&mut limits.max_event_bytes, 1024, 256 << 20),
            (&mut limits.max_depth, 1, 10_000),
            (&mut limits.max_decode_depth, 0, 3),
            (&mut limits.max_decoded_bytes, 1024, 64 << 20),
        ];
        for (key, (limit, least, most)) in known.iter().zip(bounds) {
            if let Some(number) = map.find(key).and_then(|node| self.number(node, &at.key(key), least, most)) {
                *limit = number;
            }
        }
        limits
    }
}

/// The destination of a policy that names none.
pub(in crate::policy) fn default_destination() -> Destination {
    Destination {
        name: "default".into(),
        format: "native".into(),
        endpoint: None,
        auth: Vec::new(),
        batch: Batch::default(),
        retry: Retry::default(),
        at: Default::default(),
    }
}

/// What happens to events that no rule fits: everything leaves, unless the policy says otherwise.
pub(in crate::policy) fn default_rule(routes: String) -> Rule {
    Rule {
        name: "default".into(),
        conditions: Conditions::default(),
        level: Level::RequestResponse,
        omit_stages: Stages::default(),
        omit_managed_fields: false,
        routes,
        sample: None,
        at: Default::default(),
    }
}
