//! Counting what a log is made of, and what a policy leaves of it.

use auditgate::decide::Attributes;
use auditgate::policy::Level;
use std::collections::HashMap;

/// Events and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Volume {
    pub(super) events: u64,
    pub(super) bytes: u64,
}

impl Volume {
    fn add(&mut self, bytes: u64) {
        self.events += 1;
        self.bytes += bytes;
    }
}

/// What came, and what left of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flow {
    pub(super) came: Volume,
    pub(super) left: Volume,
}

/// The groupings, in the order in which they are shown.
pub(super) const GROUPINGS: [&str; 6] = ["rule", "verb", "resource", "user", "level", "size"];

/// Sizes of events, from the upper bound in bytes on.
const SIZES: [(u64, &str); 6] = [
    (1_000, "under 1 kB"),
    (2_000, "1 to 2 kB"),
    (5_000, "2 to 5 kB"),
    (20_000, "5 to 20 kB"),
    (100_000, "20 to 100 kB"),
    (u64::MAX, "100 kB and more"),
];

/// Counts by grouping and name.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) all: Flow,
    by: [HashMap<String, Flow>; GROUPINGS.len()],
}

impl Counts {
    /// Counts an event; `left` is the size of what left.
    pub(super) fn add(&mut self, names: Names, came: u64, left: Option<u64>) {
        let size = SIZES.iter().find(|(below, _)| came < *below).map_or("", |(_, name)| name);
        let names = [names.rule, names.verb, names.resource, names.user, names.level, size.to_owned()];
        let flows = self.by.iter_mut().zip(names).map(|(flows, name)| flows.entry(name).or_default());
        for flow in flows.chain([&mut self.all]) {
            flow.came.add(came);
            if let Some(left) = left {
                flow.left.add(left);
            }
        }
    }

    /// The largest of a grouping by bytes, and the rest in one row. Sizes stand in their own order.
    pub(super) fn rows(&self, grouping: usize, most: usize) -> Vec<(String, Flow)> {
        let mut rows: Vec<(String, Flow)> = self
            .by
            .get(grouping)
            .map(|flows| flows.iter().map(|(name, flow)| (name.clone(), *flow)).collect())
            .unwrap_or_default();
        if GROUPINGS.get(grouping) == Some(&"size") {
            rows.sort_by_key(|(name, _)| SIZES.iter().position(|(_, size)| size == name));
            return rows;
        }
        rows.sort_by(|(name, flow), (other, than)| than.came.bytes.cmp(&flow.came.bytes).then(name.cmp(other)));
        if rows.len() > most + 1 {
            let rest = rows.split_off(most);
            let mut sum = Flow::default();
            for (_, flow) in &rest {
                sum.came.events += flow.came.events;
                sum.came.bytes += flow.came.bytes;
                sum.left.events += flow.left.events;
                sum.left.bytes += flow.left.bytes;
            }
            rows.push((format!("{} others", rest.len()), sum));
        }
        rows
    }
}

/// What an event is counted under.
pub(super) struct Names {
    pub(super) rule: String,
    pub(super) verb: String,
    pub(super) resource: String,
    pub(super) user: String,
    pub(super) level: String,
}

impl Names {
    pub(super) fn of(rule: &str, attributes: &Attributes<'_>, level: Option<Level>) -> Self {
        let text = |value: Option<&[u8]>| {
            value
                .filter(|value| !value.is_empty())
                .map_or("(none)".into(), |value| String::from_utf8_lossy(value).into())
        };
        Self {
            rule: rule.into(),
            verb: text(attributes.verb),
            resource: resource(attributes),
            user: user(text(attributes.user)),
            level: level.map_or("(none)", Level::as_str).into(),
        }
    }
}

/// `deployments.apps/scale`; of other requests the beginning of their path.
fn resource(attributes: &Attributes<'_>) -> String {
    let Some(resource) = attributes.resource else {
        let uri = String::from_utf8_lossy(attributes.request_uri.unwrap_or_default()).into_owned();
        let first = uri.trim_start_matches('/').split(['/', '?']).next().unwrap_or_default();
        return if uri.is_empty() { "(none)".into() } else { format!("/{first}") };
    };
    let mut name = String::from_utf8_lossy(resource).into_owned();
    for (before, part) in [('.', attributes.api_group), ('/', attributes.subresource)] {
        if let Some(part) = part.filter(|part| !part.is_empty()) {
            name.push(before);
            name.push_str(&String::from_utf8_lossy(part));
        }
    }
    name
}

/// Nodes are many and alike.
fn user(name: String) -> String {
    if name.starts_with("system:node:") { "system:node:*".into() } else { name }
}
