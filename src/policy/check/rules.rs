//! The rules of a policy, and what happens to an event that none of them fits.

use super::conditions::{KUBERNETES_KEYS, OWN_KEYS};
use super::{At, Checker, Map};
use crate::policy::codes::Code;
use crate::policy::diagnostics::{Diagnostic, push_number, quoted};
use crate::policy::model::{Destination, Level, Rule, Stages};
use crate::policy::yaml::{Node, Value};

/// Most rules in a policy.
const MAX_RULES: usize = 4096;
const KUBERNETES_EFFECTS: [&str; 3] = ["level", "omitStages", "omitManagedFields"];
const OWN_EFFECTS: [&str; 3] = ["name", "to", "sample"];

/// What holds for every rule unless it says otherwise.
pub(super) struct Defaults<'a> {
    pub(super) omit_stages: Stages,
    pub(super) omit_managed_fields: bool,
    pub(super) destinations: &'a [Destination],
    pub(super) routes: String,
}

impl Checker {
    pub(super) fn rules(&mut self, node: &Node, at: &At<'_>, defaults: &Defaults<'_>) -> Vec<Rule> {
        let mut known = KUBERNETES_KEYS.to_vec();
        known.extend(KUBERNETES_EFFECTS);
        if !self.kubernetes {
            known.extend(OWN_KEYS);
            known.extend(OWN_EFFECTS);
        }
        let items = self.list(node, at);
        if items.len() > MAX_RULES {
            self.report(
                at,
                Diagnostic::new(Code::TooLarge, node.at, 1, "more than 4096 rules").help("use lists and wildcards"),
            );
            return Vec::new();
        }
        let mut rules: Vec<Rule> = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let at = at.index(index);
            let Some(map) = self.mapping(item, &at, &known) else { continue };
            let rule = self.rule(&map, &at, index, defaults);
            if let (Some(node), Some(first)) = (map.find("name"), rules.iter().find(|other| other.name == rule.name)) {
                let mut help = String::from("the rule in line ");
                push_number(&mut help, first.at.line as usize);
                help.push_str(" has this name; what a rule drops is counted under its name");
                let message = ["a second rule with the name ", &quoted(&rule.name)].concat();
                self.report(
                    &at.key("name"),
                    Diagnostic::new(Code::DuplicateName, node.at, node.width, message).help(help),
                );
            }
            rules.push(rule);
        }
        rules
    }

    fn rule(&mut self, map: &Map<'_>, at: &At<'_>, index: usize, defaults: &Defaults<'_>) -> Rule {
        let conditions = self.conditions(map, at);
        let level = match map.find("level") {
            Some(node) => self.choice(node, &at.key("level"), &Level::NAMES).unwrap_or(Level::RequestResponse),
            None if self.kubernetes => {
                self.missing(map.node, at, "level", "one of `None`, `Metadata`, `Request`, `RequestResponse`");
                Level::RequestResponse
            }
            None => Level::RequestResponse,
        };
        let own = |key: &str| map.find(key).filter(|_| !self.kubernetes);
        let (name, to, sample) = (own("name"), own("to"), own("sample"));
        let name = name.and_then(|node| self.name(node, &at.key("name"))).unwrap_or_else(|| {
            let mut name = String::from("rule-");
            push_number(&mut name, index + 1);
            name
        });
        if let (Some(node), Level::None) = (to, level) {
            let diagnostic = Diagnostic::new(Code::Conflict, node.at, 1, "`to` on a rule that drops its events");
            self.report(&at.key("to"), diagnostic.help("remove `to`, or choose another `level`"));
        }
        let mut omit_stages = defaults.omit_stages;
        if let Some(node) = map.find("omitStages") {
            omit_stages = omit_stages.union(self.stages(node, &at.key("omitStages")));
        }
        let omit_managed_fields =
            map.find("omitManagedFields").and_then(|node| self.boolean(node, &at.key("omitManagedFields")));
        Rule {
            name,
            conditions,
            level,
            omit_stages,
            omit_managed_fields: omit_managed_fields.unwrap_or(defaults.omit_managed_fields),
            routes: to.map_or_else(
                || defaults.routes.clone(),
                |node| self.routes(node, &at.key("to"), defaults.destinations),
            ),
            sample: sample.and_then(|node| self.sample(node, &at.key("sample"))),
            at: map.node.at,
        }
    }

    /// `[splunk, archive]` becomes `+splunk+archive+`, in the order of the destinations, so that equal sets are equal strings.
    pub(super) fn routes(&mut self, node: &Node, at: &At<'_>, destinations: &[Destination]) -> String {
        let known: Vec<&str> = destinations.iter().map(|destination| destination.name.as_str()).collect();
        let mut chosen = Vec::new();
        let items = self.list(node, at);
        for (index, item) in items.iter().enumerate() {
            let at = at.index(index);
            let Some(name) = self.text(item, &at) else { continue };
            if known.contains(&name) {
                chosen.push(name);
                continue;
            }
            let message = ["there is no destination ", &quoted(name)].concat();
            let mut diagnostic =
                Diagnostic::new(Code::UnknownReference, item.at, item.width, message).expected(super::one_of(&known));
            diagnostic.help = match super::suggest::nearest(name, &known) {
                Some(nearest) => ["did you mean `", nearest, "`?"].concat(),
                None => "add it under `destinations`".into(),
            };
            self.report(&at, diagnostic);
        }
        if items.is_empty() && node.value == Value::Sequence(Vec::new()) {
            let diagnostic = Diagnostic::new(Code::Conflict, node.at, 1, "`to` names no destination");
            self.report(
                at,
                diagnostic.help("name one, remove `to` for the default, or drop the events with `level: None`"),
            );
        }
        join(known.iter().filter(|name| chosen.contains(name)))
    }

    /// A share between 0 and 1, with at most six decimals, or a percentage; in millionths.
    fn sample(&mut self, node: &Node, at: &At<'_>) -> Option<u32> {
        let share = match &node.value {
            Value::Plain(text) | Value::Text(text) => match text.strip_suffix('%') {
                Some(percent) => millionths(percent.trim_end()).map(|share| share / 100),
                None => millionths(text),
            },
            _ => None,
        };
        let share = share.and_then(|share| u32::try_from(share).ok()).filter(|share| (1..=1_000_000).contains(share));
        if share.is_none() {
            self.malformed(
                node,
                at,
                "not a share",
                "write a number above 0 and up to 1, such as `0.05`, or a percentage, such as `5%`",
            );
        }
        share
    }
}

pub(super) fn join<'n>(names: impl Iterator<Item = &'n &'n str>) -> String {
    let mut routes = String::from("+");
    for name in names {
        routes.push_str(name);
        routes.push('+');
    }
    routes
}

/// A decimal number times a million, without the size that floating-point parsing has.
fn millionths(text: &str) -> Option<u64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(decimals) {
        return None;
    }
    let mut value = whole.parse::<u64>().ok()? * 1_000_000;
    let mut unit = 100_000;
    for digit in decimals.bytes() {
        value += u64::from(digit - b'0') * unit;
        unit /= 10;
    }
    Some(value)
}
