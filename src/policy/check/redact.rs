//! The part `redact`: what is taken out of events besides the built-in catalogue, and what is left in against it.

use super::build::{conditions, list, secret};
use super::report::{At, Reporter};
use crate::envelope::FIELDS;
use crate::policy::codes::Code;
use crate::policy::model::{Action, HmacKey, Redact, RedactRule, Reference};
use crate::policy::path::{Path, Step};
use crate::policy::yaml::Node;
use crate::redact::switchable;

/// Most redaction rules: those that hold for an event are a set of 128 bits, one of which is taken.
const MAX_RULES: usize = 127;

/// Keys that events of the API server alone have, so that what stands below them is known.
const EVENT_KEYS: [&str; 11] = [
    "requestObject",
    "responseObject",
    "requestURI",
    "objectRef",
    "responseStatus",
    "sourceIPs",
    "auditID",
    "stageTimestamp",
    "requestReceivedTimestamp",
    "user.",
    "verb",
];

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
    let at = At::ROOT.key("redact");
    redact.keep = references(node.child("keep"));
    keep(reporter, node.child("keep"), &at.key("keep"));
    let allow = node.child("allow");
    if allow.is_there() {
        redact.allow = Some(paths(allow));
        reachable(reporter, allow, &at.key("allow"));
        if allow.items().is_empty() {
            let help = "name the places that may leave, or remove `allow`";
            reporter.report(Code::Conflict, allow, &at.key("allow"), "`allow` names no place", help);
        }
    }
    let hmac = node.child("hmac");
    if hmac.is_there() {
        redact.hmac = Some(HmacKey { id: hmac.child("id").text().into(), key: secret(hmac.child("key")) });
    }
    let at = at.key("rules");
    if node.child("rules").items().len() > MAX_RULES {
        reporter.report(Code::TooLarge, node.child("rules"), &at, "more than 127 redaction rules", "use lists");
        return redact;
    }
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
    reachable(reporter, node.child("paths"), &at.key("paths"));
    if action.text() == "keep" && node.child("patterns").is_there() {
        let help = "text that fits a pattern can be anywhere; keep places or key names";
        reporter.report(Code::Conflict, action, &at.key("action"), "`keep` with `patterns`", help);
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

/// Reports entries of the catalogue that do not exist, or without which nothing can be read.
#[inline(never)]
fn keep(reporter: &mut Reporter, node: &Node, at: &At<'_>) {
    for (index, item) in node.items().iter().enumerate().filter(|(_, item)| !item.text().is_empty()) {
        if switchable().any(|id| id == item.text()) {
            continue;
        }
        let known = crate::redact::is_entry(item.text());
        let (message, help) = if known {
            ("this entry cannot be switched off", "keep single places or names by a rule with `action: keep`")
        } else {
            ("no such entry of the catalogue", "docs/redaction.md lists them: `K05`, `T01`")
        };
        let code = if known { Code::Conflict } else { Code::UnknownReference };
        reporter.report_text(code, item, &at.index(index), message, help);
    }
}

/// Reports paths that nothing can stand at.
#[inline(never)]
fn reachable(reporter: &mut Reporter, node: &Node, at: &At<'_>) {
    for (index, item) in node.items().iter().enumerate() {
        let Ok(path) = Path::parse(item.text()) else { continue };
        if let Some((message, help)) = unreachable(&path) {
            reporter.report_text(Code::Unreachable, item, &at.index(index), message, help);
        }
    }
}

/// Why nothing can stand at a path, and what to write.
fn unreachable(path: &Path) -> Option<(&'static str, &'static str)> {
    let key = |step: &Step| if let Step::Key(key) = step { key.clone() } else { String::new() };
    let first = path.steps.first()?;
    match first {
        Step::Index(_) | Step::AnyIndex => return Some(("an event is no list", "begin with a key of the event")),
        Step::Key(name) if name == "auditgate" => {
            return Some(("the map `auditgate` is the module's own", "remove the path"));
        }
        Step::Key(name) if EVENT_KEYS.iter().any(|key| key.eq_ignore_ascii_case(name) && key != name) => {
            return Some(("events have no such key, only one in other letters", "write `requestObject`, `objectRef`"));
        }
        _ => {}
    }
    // A field that is a text or a number has nothing inside.
    let below = FIELDS.iter().any(|(_, field)| {
        if !EVENT_KEYS.iter().any(|key| field.starts_with(key)) {
            return false;
        }
        let mut steps = path.steps.iter();
        let list = field.strip_suffix("[]");
        let fits = list.unwrap_or(field).split('.').all(|name| steps.next().is_some_and(|step| key(step) == name));
        let item = list.is_none() || matches!(steps.next(), Some(Step::Index(_) | Step::AnyIndex));
        fits && item && steps.any(|step| *step != Step::Deep)
    });
    below.then_some(("the field holds a text or a number, and nothing below", "end the path with the field"))
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
