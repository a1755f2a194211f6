//! Makes the data of a policy whose shape is right, and reports what only shows where its parts meet.

use super::report::{At, Reporter};
use super::{Checked, forms, redact};
use crate::policy::codes::Code;
use crate::policy::diagnostics::push_number;
use crate::policy::model::{
    Conditions, Destination, GroupResources, Join, Level, Limit, Limits, Property, Rule, SecretReference, Stage,
    Stages, Wildcard,
};
use crate::policy::presets;
use crate::policy::schema::LIMIT_KEYS;
use crate::policy::yaml::{self, Entry, Node, Value};

/// Most rules in a policy.
const MAX_RULES: usize = 4096;
/// Most destinations; their names share one string in every event.
const MAX_DESTINATIONS: usize = 64;

/// Keys that say nothing of events that are dropped anyway, with what is told of them.
const IDLE_ON_DROPS: [(&str, &str, &str); 2] = [
    ("to", "`to` on a rule that drops its events", "remove `to`, or choose another `level`"),
    ("limit", "`limit` on a rule that drops its events", "remove `limit`, or choose another `level`"),
];

pub(super) fn policy(reporter: &mut Reporter, root: &Node) -> Checked {
    let kubernetes = reporter.kubernetes;
    // A Kubernetes policy may hold keys of that name; there they mean nothing.
    let own = |key| if kubernetes { &super::NOTHING } else { root.child(key) };
    let destinations = destinations(reporter, own("destinations"));
    let mut default = default_rule(join(destinations.iter()));
    default.omit_stages = stages(root.child("omitStages"));
    default.omit_managed_fields = root.child("omitManagedFields").is_true();
    if kubernetes {
        default.level = Level::None;
    }
    let node = own("default");
    default.at = node.at;
    default.level = node.child("level").choice(&Level::NAMES).unwrap_or(default.level);
    if node.child("to").is_there() {
        default.routes = routes(reporter, node.child("to"), &At::ROOT.key("default").key("to"), &destinations);
    } else {
        one_format(reporter, root, &At::ROOT.key("destinations"), destinations.iter());
    }
    let mut rules = rules(reporter, root.child("rules"), &default, &destinations);
    for name in own("extends").items() {
        extend(reporter, name, &mut rules, &default, &destinations);
    }
    if kubernetes && rules.is_empty() {
        super::shape::missing(
            reporter,
            root,
            &At::ROOT,
            "rules",
            "Kubernetes does not start with a policy that has no rules",
        );
    }
    let redact = redact::redact(reporter, own("redact"));
    let join = own("join");
    let join = Join { auditd: join.child("auditd").is_true(), partial_lines: join.child("partial_lines").is_true() };
    Checked { kubernetes, limits: limits(own("limits")), join, redact, rules, default, destinations }
}

#[inline(never)]
fn limits(node: &Node) -> Limits {
    let mut limits = Limits::default();
    let all = [
        ("max_event_bytes", &mut limits.max_event_bytes),
        ("max_depth", &mut limits.max_depth),
        ("max_decode_depth", &mut limits.max_decode_depth),
        ("max_decoded_bytes", &mut limits.max_decoded_bytes),
    ];
    for (key, limit) in all {
        *limit = node.child(key).number().unwrap_or(*limit);
    }
    limits
}

#[inline(never)]
fn stages(node: &Node) -> Stages {
    let mut stages = Stages::default();
    for stage in node.items().iter().filter_map(|item| item.choice(&Stage::NAMES)) {
        stages.insert(stage);
    }
    stages
}

/// The texts of a list, read as what they mean.
pub(super) fn list<T>(node: &Node, read: impl Fn(&str) -> Option<T>) -> Vec<T> {
    node.items().iter().filter_map(|item| read(item.text())).collect()
}

#[inline(never)]
fn wildcards(node: &Node, kubernetes: bool) -> Vec<Wildcard> {
    list(node, |text| if kubernetes { Some(Wildcard::literal(text)) } else { forms::wildcard(text) })
}

/// The conditions that a mapping holds.
#[inline(never)]
pub(super) fn conditions(reporter: &mut Reporter, node: &Node, at: &At<'_>) -> Conditions {
    let kubernetes = reporter.kubernetes;
    let own = |key| if kubernetes { &super::NOTHING } else { node.child(key) };
    let mut conditions = Conditions::default();
    for (property, key, is_own) in Property::KEYS {
        conditions.set_texts(property, wildcards(if is_own { own(key) } else { node.child(key) }, kubernetes));
    }
    conditions.set_texts(Property::Path, list(node.child("nonResourceURLs"), forms::url));
    conditions.stages = stages(own("stages"));
    conditions.response_codes = list(own("responseCodes"), forms::codes);
    conditions.source_ips = list(own("sourceIPs"), forms::network);
    for entry in own("annotations").entries() {
        conditions.annotations.push((entry.key.clone(), wildcards(&entry.value, false)));
    }
    for (index, item) in node.child("resources").items().iter().enumerate() {
        let names = wildcards(item.child("resourceNames"), kubernetes);
        let resources = list(item.child("resources"), |text| forms::resource(text, kubernetes));
        if item.child("resources").items().is_empty() && !names.is_empty() {
            let (at, help) = (at.key("resources"), "name the resources, or write `resources: [\"*\"]`");
            reporter.report(Code::Conflict, item, &at.index(index), "`resourceNames` without `resources`", help);
        }
        let group = forms::group(item.child("group").text(), kubernetes).unwrap_or(Wildcard::literal(""));
        conditions.resources.push(GroupResources { group, resources, names });
    }
    let urls = node.child("nonResourceURLs");
    if !urls.items().is_empty()
        && (!conditions.resources.is_empty() || !conditions.texts(Property::Namespace).is_empty())
    {
        let at = at.key("nonResourceURLs");
        reporter.report(
            Code::Conflict,
            urls,
            &at,
            "a rule is for resources or for paths, not for both",
            "write two rules",
        );
    }
    conditions
}

#[inline(never)]
fn rules(reporter: &mut Reporter, node: &Node, default: &Rule, destinations: &[Destination]) -> Vec<Rule> {
    let at = At::ROOT.key("rules");
    if node.items().len() > MAX_RULES {
        reporter.report(Code::TooLarge, node, &at, "more than 4096 rules", "use lists and wildcards");
        return Vec::new();
    }
    let mut rules: Vec<Rule> = Vec::with_capacity(node.items().len());
    // Thousands of names are compared with each other, so by their hashes first.
    let mut names: Vec<[u8; 8]> = Vec::with_capacity(node.items().len());
    for (index, item) in node.items().iter().enumerate() {
        let at = at.index(index);
        let rule = rule(reporter, item, &at, index, default, destinations);
        let name = item.child("name");
        let hash = crate::policy::hash(rule.name.as_bytes());
        let first = names.iter().position(|other| *other == hash).and_then(|first| rules.get(first));
        if let (true, Some(first)) = (name.is_there(), first.filter(|first| first.name == rule.name)) {
            reporter.duplicate(name, &at.key("name"), "a second rule with the name ", first.at);
        }
        names.push(hash);
        rules.push(rule);
    }
    rules
}

/// Takes in the rules of a preset. They stand where the preset is named.
#[inline(never)]
fn extend(reporter: &mut Reporter, name: &Node, rules: &mut Vec<Rule>, default: &Rule, destinations: &[Destination]) {
    for text in presets::rules(name.text()) {
        // Presets are right; a test sees to it.
        let Ok(node) = yaml::read(text) else { continue };
        let rule = rule(reporter, &node, &At::ROOT, rules.len(), default, destinations);
        rules.push(Rule { at: name.at, ..rule });
    }
}

#[inline(never)]
fn rule(
    reporter: &mut Reporter,
    node: &Node,
    at: &At<'_>,
    index: usize,
    default: &Rule,
    destinations: &[Destination],
) -> Rule {
    let mut rule = default_rule(String::new());
    let kubernetes = reporter.kubernetes;
    let own = |key| if kubernetes { &super::NOTHING } else { node.child(key) };
    rule.at = node.at;
    rule.conditions = conditions(reporter, node, at);
    if kubernetes && !node.child("level").is_there() {
        super::shape::missing(reporter, node, at, "level", "one of `None`, `Metadata`, `Request`, `RequestResponse`");
    }
    rule.level = node.child("level").choice(&Level::NAMES).unwrap_or(Level::RequestResponse);
    rule.omit_stages = stages(node.child("omitStages")).union(default.omit_stages);
    let managed = node.child("omitManagedFields");
    rule.omit_managed_fields = if managed.is_there() { managed.is_true() } else { default.omit_managed_fields };
    rule.sample = forms::share(own("sample").text());
    rule.limit = own("limit").child("per_second").number().map(|per_second| Limit {
        per_second,
        by: (0..).zip(LIMIT_KEYS).fold(0, |by, (bit, key)| {
            by | u8::from(own("limit").child("by").items().iter().any(|item| item.text() == key)) << bit
        }),
    });
    rule.name.clear();
    rule.name.push_str(own("name").text());
    if rule.name.is_empty() {
        rule.name.push_str("rule-");
        push_number(&mut rule.name, index + 1);
    }
    let to = own("to");
    if rule.level == Level::None {
        for (key, message, help) in IDLE_ON_DROPS {
            if own(key).is_there() {
                reporter.report(Code::Conflict, own(key), &at.key(key), message, help);
            }
        }
    }
    rule.routes =
        if to.is_there() { routes(reporter, to, &at.key("to"), destinations) } else { default.routes.clone() };
    rule
}

/// `[splunk, archive]` becomes `+splunk+archive+`, in the order of the destinations, so that equal sets are equal strings.
#[inline(never)]
fn routes(reporter: &mut Reporter, node: &Node, at: &At<'_>, destinations: &[Destination]) -> String {
    for (index, item) in node.items().iter().enumerate() {
        if destinations.iter().any(|destination| destination.name == item.text()) {
            continue;
        }
        let known: Vec<&str> = destinations.iter().map(|destination| destination.name.as_str()).collect();
        let at = at.index(index);
        let diagnostic =
            reporter.unknown(Code::UnknownReference, item, &at, "there is no destination ", item.text(), &known);
        if let Some(diagnostic) = diagnostic.filter(|diagnostic| diagnostic.help.is_empty()) {
            diagnostic.help.push_str("add it under `destinations`");
        }
    }
    if node.items().is_empty() {
        let help = "name one, remove `to` for the default, or drop the events with `level: None`";
        reporter.report(Code::Conflict, node, at, "`to` names no destination", help);
    }
    let named = |destination: &&Destination| node.items().iter().any(|item| item.text() == destination.name);
    one_format(reporter, node, at, destinations.iter().filter(named));
    join(destinations.iter().filter(named))
}

/// An event leaves the filter in one form, wherever it goes; what the output role delivers has its own.
#[inline(never)]
fn one_format<'d>(reporter: &mut Reporter, node: &Node, at: &At<'_>, to: impl Iterator<Item = &'d Destination>) {
    let mut to = to.filter(|destination| destination.properties.is_empty());
    let first = to.next();
    if to.any(|other| first.is_some_and(|first| first.format != other.format)) {
        let help = "an event leaves the filter in one form: give both the same `format`, or a `type`, so that the output role delivers them";
        reporter.report(Code::Conflict, node, at, "destinations with different formats", help);
    }
}

#[inline(never)]
fn join<'d>(destinations: impl Iterator<Item = &'d Destination>) -> String {
    let mut routes = String::from("+");
    for destination in destinations {
        routes.push_str(&destination.name);
        routes.push('+');
    }
    routes
}

#[inline(never)]
fn destinations(reporter: &mut Reporter, node: &Node) -> Vec<Destination> {
    let at = At::ROOT.key("destinations");
    let mut all: Vec<Destination> = Vec::new();
    if node.items().len() > MAX_DESTINATIONS {
        reporter.report(Code::TooLarge, node, &at, "more than 64 destinations", "");
    }
    for (index, item) in node.items().iter().take(MAX_DESTINATIONS).enumerate() {
        let name = item.child("name");
        if let (true, Some(first)) = (name.is_there(), all.iter().find(|other| other.name == name.text())) {
            let at = at.index(index);
            reporter.duplicate(name, &at.key("name"), "a second destination with the name ", first.at);
        }
        all.push(destination(item));
    }
    if all.is_empty() {
        all.push(default_destination());
    }
    all
}

#[inline(never)]
fn destination(node: &Node) -> Destination {
    let mut destination = default_destination();
    destination.at = node.at;
    destination.name = node.child("name").text().into();
    if node.child("format").is_there() {
        destination.format = node.child("format").text().into();
    }
    properties(node, &mut destination.properties);
    destination
}

/// `batch: {max_events: 5}` becomes `batch_max_events`, secrets become `env:NAME` and `file:/path`, options stay as they are.
#[inline(never)]
fn properties(node: &Node, all: &mut Vec<(String, String)>) {
    for Entry { key, value, .. } in node.entries() {
        match key.as_str() {
            "name" | "format" => {}
            "type" | "endpoint" => all.push((key.clone(), value.text().into())),
            "auth" => all.extend(value.entries().iter().map(|entry| (entry.key.clone(), place(&entry.value)))),
            _ => {
                let group = if key == "options" { String::new() } else { [key, "_"].concat() };
                let entries = value.entries().iter();
                all.extend(entries.map(|entry| ([&group, entry.key.as_str()].concat(), entry.value.text().into())));
            }
        }
    }
}

#[inline(never)]
fn place(node: &Node) -> String {
    match secret(node) {
        SecretReference::Environment(name) => ["env:", &name].concat(),
        SecretReference::File(path) => ["file:", &path].concat(),
    }
}

#[inline(never)]
pub(super) fn secret(node: &Node) -> SecretReference {
    match &node.child("file").value {
        Value::Null => SecretReference::Environment(node.child("env").text().into()),
        _ => SecretReference::File(node.child("file").text().into()),
    }
}

/// The destination of a policy that names none.
#[inline(never)]
pub(in crate::policy) fn default_destination() -> Destination {
    Destination { name: "default".into(), format: "native".into(), properties: Vec::new(), at: Default::default() }
}

/// What happens to events that no rule fits: everything leaves, unless the policy says otherwise.
#[inline(never)]
pub(in crate::policy) fn default_rule(routes: String) -> Rule {
    Rule {
        name: "default".into(),
        conditions: Conditions::default(),
        level: Level::RequestResponse,
        omit_stages: Stages::default(),
        omit_managed_fields: false,
        routes,
        sample: None,
        limit: None,
        at: Default::default(),
    }
}
