//! The part `redact`: what is taken out of events besides the built-in catalogue, and what is left in against it.

use super::build::{conditions, list, secret};
use super::report::{At, Reporter};
use crate::policy::codes::Code;
use crate::policy::model::{Action, HmacKey, Redact, RedactRule, Reference};
use crate::policy::path::Path;
use crate::policy::yaml::Node;

/// The parameters of actions, and the action that each belongs to.
const PARAMETERS: [(&str, &str, &str); 3] = [
    ("max_chars", "truncate", "it belongs to `truncate`"),
    ("ipv4_bits", "ip_prefix", "it belongs to `ip_prefix`"),
    ("ipv6_bits", "ip_prefix", "it belongs to `ip_prefix`"),
];

#[inline(never)]
pub(super) fn redact(reporter: &mut Reporter, node: &Node) -> Redact {
    let mut redact = Redact::default();
    if node.child("catalogue").is_there() {
        redact.catalogue = node.child("catalogue").is_true();
    }
    redact.keep = references(node.child("keep"));
    if node.child("allow").is_there() {
        redact.allow = Some(paths(node.child("allow")));
    }
    let hmac = node.child("hmac");
    if hmac.is_there() {
        redact.hmac = Some(HmacKey { id: hmac.child("id").text().into(), key: secret(hmac.child("key")) });
    }
    let at = At::ROOT.key("redact");
    let at = at.key("rules");
    for (index, item) in node.child("rules").items().iter().enumerate() {
        redact.rules.push(rule(reporter, item, &at.index(index), hmac.is_there()));
    }
    redact
}

#[inline(never)]
fn paths(node: &Node) -> Vec<Path> {
    list(node, |text| Path::parse(text).ok())
}

#[inline(never)]
fn references(node: &Node) -> Vec<Reference> {
    node.items().iter().map(|item| Reference { name: item.text().into(), at: item.at }).collect()
}

#[inline(never)]
fn rule(reporter: &mut Reporter, node: &Node, at: &At<'_>, has_key: bool) -> RedactRule {
    if ["paths", "keys", "patterns"].iter().all(|key| !node.child(key).is_there()) {
        let help = "a redaction rule has at least one of `paths`, `keys` and `patterns`";
        super::shape::missing(reporter, node, at, "paths", help);
    }
    let action = node.child("action");
    for (key, owner, help) in PARAMETERS {
        let parameter = node.child(key);
        if parameter.is_there() && action.text() != owner {
            reporter.report(Code::Conflict, parameter, &at.key(key), "the parameter of another action", help);
        }
    }
    if action.text() == "hmac" && !has_key {
        let help = "add `redact.hmac` with `id` and `key: {file: /path}`";
        reporter.report(Code::MissingKey, action, &at.key("action"), "`hmac` without a key", help);
    }
    RedactRule {
        name: node.child("name").text().into(),
        paths: paths(node.child("paths")),
        keys: list(node.child("keys"), |text| Some(text.into())),
        patterns: references(node.child("patterns")),
        when: conditions(reporter, node.child("when"), &at.key("when")),
        action: read_action(node),
        at: node.at,
    }
}

#[inline(never)]
fn read_action(node: &Node) -> Action {
    let number = |key: &str, default| node.child(key).number().unwrap_or(default);
    match node.child("action").text() {
        "remove" => Action::Remove,
        "hmac" => Action::Hmac,
        "truncate" => Action::Truncate { max_chars: number("max_chars", 64) },
        "last4" => Action::Last4,
        "ip_prefix" => Action::IpPrefix { ipv4: number("ipv4_bits", 24) as u8, ipv6: number("ipv6_bits", 48) as u8 },
        "keep" => Action::Keep,
        _ => Action::Mask,
    }
}
