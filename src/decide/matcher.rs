//! Finds the first rule that fits an event without trying the rules one by one.
//!
//! For each property of an event (user, verb, ...) the rules that accept its value are known: those that demand nothing of
//! the property, and those that name the value (`index`). Their intersection, in the order of the rules, holds the rule that
//! decides; 64 rules are intersected at a time, and groups of 64 in which some property leaves nothing are skipped. What the
//! index cannot tell exactly (text between two wildcards, annotations, networks, response codes) is left open there, and
//! such a rule is tried in full when its turn comes. A thousand rules therefore cost an event hardly more than ten.

use super::Attributes;
use super::conditions::value_of;
use super::index::{Builder, Index, Key, Kind, Row};
use crate::policy::{Conditions, GroupResources, Property, Resource, Rule, Wildcard};

/// What is indexed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// Text that rules compare with text.
    Text(Property),
    /// Of a request for a resource: the object's name.
    Name,
    /// Of a request for a resource: group, resource and subresource.
    Resource,
}

const SUBJECTS: [Subject; 11] = [
    Subject::Text(Property::User),
    Subject::Text(Property::Group),
    Subject::Text(Property::Verb),
    Subject::Text(Property::Namespace),
    Subject::Text(Property::Source),
    Subject::Text(Property::Tag),
    Subject::Text(Property::UserAgent),
    Subject::Text(Property::Message),
    Subject::Text(Property::Path),
    Subject::Name,
    Subject::Resource,
];

impl Subject {
    /// Kinds of keys: four a subject, so that text, beginnings and ends are told apart.
    fn kind(self, form: u8) -> Kind {
        let subject = match self {
            Self::Text(property) => property as u8,
            Self::Name => 9,
            Self::Resource => 10,
        };
        subject * 4 + form
    }
}

const WHOLE: u8 = 0;
const BEGINNING: u8 = 1;
const END: u8 = 2;
/// Forms of resource keys, in the kinds behind all others: four, with a group or for any group.
const RESOURCE_KINDS: Kind = 64;
const RESOURCE_ANY: Kind = RESOURCE_KINDS;
const RESOURCE_EXACT: Kind = RESOURCE_KINDS + 1;
const RESOURCE_WITH: Kind = RESOURCE_KINDS + 2;
const RESOURCE_SUB: Kind = RESOURCE_KINDS + 3;
const ANY_GROUP: Kind = 4;

/// Most different lengths of beginnings, and of ends, that are looked up for one property.
const MAX_LENGTHS: usize = 12;

/// What is known of one property.
#[derive(Clone, Debug, Default)]
struct Column {
    /// Whether any rule demands anything of it.
    used: bool,
    /// The rules that accept every value, as far as the index can tell.
    open: Row,
    /// Lengths of the beginnings that rules name.
    beginnings: Vec<u32>,
    /// Lengths of the ends that rules name.
    ends: Vec<u32>,
}

/// The compiled rules.
#[derive(Clone, Debug, Default)]
pub(crate) struct Matcher {
    index: Index,
    columns: [Column; SUBJECTS.len()],
    /// Rules that the index cannot decide alone.
    inexact: Row,
    /// Which kinds of resource keys rules have: a bit each.
    resource_kinds: u8,
}

/// The sets of rules that accept what an event has, one property after the other.
struct Found {
    rows: [Row; MAX_ROWS],
    len: usize,
    /// For each property that was looked at: its rows end here.
    ends: [(usize, Row); SUBJECTS.len()],
    properties: usize,
    /// An event with too many values for the index: rules are tried in full.
    overflow: bool,
}

/// Most sets of rules looked up for an event; enough for a user with more than 20 groups that rules name.
const MAX_ROWS: usize = 32;

impl Found {
    fn push(&mut self, row: Option<Row>) {
        let Some(row) = row else { return };
        match self.rows.get_mut(self.len) {
            Some(free) => {
                *free = row;
                self.len += 1;
            }
            None => self.overflow = true,
        }
    }

    fn end_property(&mut self, open: Row) {
        if let Some(end) = self.ends.get_mut(self.properties) {
            *end = (self.len, open);
            self.properties += 1;
        }
    }
}

impl Matcher {
    pub(super) fn first<'p>(&self, rules: &'p [Rule], attributes: &Attributes<'_>) -> Option<(usize, &'p Rule)> {
        let mut found = Found {
            rows: [Row::default(); MAX_ROWS],
            len: 0,
            ends: [(0, Row::default()); SUBJECTS.len()],
            properties: 0,
            overflow: false,
        };
        self.look_up(attributes, &mut found);
        if found.overflow {
            return rules.iter().enumerate().find(|(_, rule)| rule.conditions.fit(attributes));
        }
        let groups = rules.len().div_ceil(64) as u32;
        let mut words = u64::MAX.checked_shr(64 - groups).unwrap_or(0);
        let mut begin = 0;
        for (end, open) in found.ends.iter().take(found.properties) {
            words &=
                found.rows.get(begin..*end).unwrap_or_default().iter().fold(open.summary, |all, row| all | row.summary);
            begin = *end;
        }
        while words != 0 {
            let word = words.trailing_zeros() as usize;
            words &= words - 1;
            let mut candidates = self.intersect(&found, word);
            let inexact = self.index.rules(self.inexact, word);
            while candidates != 0 {
                let bit = candidates & candidates.wrapping_neg();
                candidates ^= bit;
                let index = word * 64 + bit.trailing_zeros() as usize;
                if let Some(rule) = rules.get(index)
                    && (inexact & bit == 0 || rule.conditions.fit(attributes))
                {
                    return Some((index, rule));
                }
            }
        }
        None
    }

    fn intersect(&self, found: &Found, word: usize) -> u64 {
        let mut candidates = u64::MAX;
        let mut begin = 0;
        for (end, open) in found.ends.iter().take(found.properties) {
            let mut accepted = self.index.rules(*open, word);
            for row in found.rows.get(begin..*end).unwrap_or_default() {
                accepted |= self.index.rules(*row, word);
            }
            begin = *end;
            candidates &= accepted;
        }
        candidates
    }

    fn look_up(&self, attributes: &Attributes<'_>, found: &mut Found) {
        for (subject, column) in SUBJECTS.iter().zip(&self.columns) {
            if !column.used {
                continue;
            }
            match subject {
                Subject::Text(Property::Group) => {
                    attributes.groups.iter().for_each(|group| self.text(*subject, column, Some(group), found));
                }
                Subject::Text(property) => {
                    let value = value_of(*property, attributes);
                    if *property == Property::Path {
                        // A percent-encoded path would have to be decoded somewhere; it is rare.
                        found.overflow |= value.is_some_and(|path| path.contains(&b'%'));
                    }
                    self.text(*subject, column, value, found);
                }
                Subject::Name if attributes.resource.is_some() => {
                    self.text(*subject, column, Some(attributes.name.unwrap_or_default()), found);
                }
                Subject::Resource if attributes.resource.is_some() => self.resource(attributes, found),
                Subject::Name | Subject::Resource => {}
            }
            found.end_property(column.open);
        }
    }

    fn text(&self, subject: Subject, column: &Column, value: Option<&[u8]>, found: &mut Found) {
        let Some(value) = value else { return };
        found.push(self.index.find(Key::text(subject.kind(WHOLE), value)));
        for length in &column.beginnings {
            if let Some(beginning) = value.get(..*length as usize) {
                found.push(self.index.find(Key::text(subject.kind(BEGINNING), beginning)));
            }
        }
        for length in &column.ends {
            if let Some(end) = value.len().checked_sub(*length as usize).and_then(|start| value.get(start..)) {
                found.push(self.index.find(Key::text(subject.kind(END), end)));
            }
        }
    }

    fn resource(&self, attributes: &Attributes<'_>, found: &mut Found) {
        let resource = attributes.resource.unwrap_or_default();
        let subresource = attributes.subresource.unwrap_or_default();
        // A name with a slash in it would be cut elsewhere than a rule's text is.
        found.overflow |= resource.contains(&b'/');
        for (group, any) in [(attributes.api_group.unwrap_or_default(), 0), (&b""[..], ANY_GROUP)] {
            let mut find = |kind, parts| {
                if self.resource_kinds >> (kind + any - RESOURCE_KINDS) & 1 != 0 {
                    found.push(self.index.find(Key { kind: kind + any, parts }));
                }
            };
            find(RESOURCE_ANY, [group, b"", b""]);
            find(RESOURCE_EXACT, [group, resource, subresource]);
            find(RESOURCE_WITH, [group, resource, b""]);
            if !subresource.is_empty() {
                find(RESOURCE_SUB, [group, b"", subresource]);
            }
        }
    }
}

/// Building.
impl Matcher {
    pub(crate) fn new(rules: &[Rule]) -> Self {
        let values = rules.iter().map(|rule| count(&rule.conditions)).sum();
        let mut builder = Builder::new(rules.len(), values);
        let mut matcher = Self::default();
        let mut inexact: Vec<bool> = rules.iter().map(|rule| needs_trying(&rule.conditions)).collect();
        let mut open = vec![false; rules.len()];
        for (subject, column) in SUBJECTS.iter().zip(&mut matcher.columns) {
            let mut add = Adding { builder: &mut builder, resource_kinds: &mut matcher.resource_kinds, rule: 0 };
            for ((rule, inexact), open) in rules.iter().zip(&mut inexact).zip(&mut open) {
                let demand = demand(*subject, column, &rule.conditions, &mut add);
                column.used |= demand != Demand::Nothing;
                *inexact |= demand == Demand::Open;
                *open = demand != Demand::Values;
                add.rule += 1;
            }
            column.open = builder.row(&open);
        }
        matcher.inexact = builder.row(&inexact);
        matcher.index = builder.finish();
        matcher
    }
}

/// Takes what a rule names into the index.
struct Adding<'a> {
    builder: &'a mut Builder,
    resource_kinds: &'a mut u8,
    rule: u16,
}

impl Adding<'_> {
    #[inline(never)]
    fn key(&mut self, key: Key<'_>) {
        if let Some(kind) = key.kind.checked_sub(RESOURCE_KINDS) {
            *self.resource_kinds |= 1 << kind;
        }
        self.builder.add(key, self.rule);
    }
}

/// What a rule demands of a property.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Demand {
    Nothing,
    /// Exactly the values that it added to the index.
    Values,
    /// Something that the index cannot tell.
    Open,
}

fn demand(subject: Subject, column: &mut Column, conditions: &Conditions, add: &mut Adding<'_>) -> Demand {
    // A request that is for no resource finds only those open here that name none; the same holds for paths.
    let list = match subject {
        Subject::Name => return names(column, &conditions.resources, add),
        Subject::Resource => return resources(&conditions.resources, add),
        Subject::Text(property) => conditions.texts(property),
    };
    if list.is_empty() { Demand::Nothing } else { texts(subject, column, list, add) }
}

fn texts(subject: Subject, column: &mut Column, list: &[Wildcard], add: &mut Adding<'_>) -> Demand {
    let mut demand = Demand::Values;
    for wildcard in list {
        let text = wildcard.text.as_bytes();
        let form = match (wildcard.open_start, wildcard.open_end) {
            (false, false) => Some(WHOLE),
            (false, true) if has_room(&mut column.beginnings, text.len()) => Some(BEGINNING),
            (true, false) if has_room(&mut column.ends, text.len()) => Some(END),
            _ => None,
        };
        match form {
            Some(form) => add.key(Key::text(subject.kind(form), text)),
            None => demand = Demand::Open,
        }
    }
    demand
}

/// Whether a length is among those that are looked up, or can be taken in.
fn has_room(lengths: &mut Vec<u32>, length: usize) -> bool {
    let length = length as u32;
    if !lengths.contains(&length) && lengths.len() < MAX_LENGTHS {
        lengths.push(length);
    }
    lengths.contains(&length)
}

/// Names of objects, whatever their resource; `needs_trying` sees to rules where that says too little.
fn names(column: &mut Column, groups: &[GroupResources], add: &mut Adding<'_>) -> Demand {
    if groups.iter().any(|group| group.names.is_empty() || group.resources.is_empty()) || groups.is_empty() {
        return Demand::Nothing;
    }
    let mut demand = Demand::Values;
    for group in groups {
        if texts(Subject::Name, column, &group.names, add) == Demand::Open {
            demand = Demand::Open;
        }
    }
    demand
}

fn resources(groups: &[GroupResources], add: &mut Adding<'_>) -> Demand {
    let mut demand = if groups.is_empty() { Demand::Nothing } else { Demand::Values };
    for entry in groups {
        let (group, any) = match (entry.group.is_literal(), entry.group.is_any()) {
            (true, _) => (entry.group.text.as_bytes(), 0),
            (_, true) => (&b""[..], ANY_GROUP),
            _ => {
                demand = Demand::Open;
                continue;
            }
        };
        if entry.resources.is_empty() {
            add.key(Key { kind: RESOURCE_ANY + any, parts: [group, b"", b""] });
        }
        for resource in &entry.resources {
            let (kind, parts) = match resource {
                Resource::Any => (RESOURCE_ANY, [group, b"", b""]),
                Resource::Exact(text) => {
                    let slash = text.bytes().position(|byte| byte == b'/').unwrap_or(text.len());
                    let (resource, rest) = text.as_bytes().split_at_checked(slash).unwrap_or_default();
                    let subresource = rest.get(1..).unwrap_or_default();
                    if subresource.is_empty() && resource.len() < text.len() {
                        // `pods/` is what Kubernetes lets stand and nothing fits.
                        continue;
                    }
                    (RESOURCE_EXACT, [group, resource, subresource])
                }
                Resource::WithSubresources(wanted) if wanted.is_literal() => {
                    (RESOURCE_WITH, [group, wanted.text.as_bytes(), b""])
                }
                Resource::Subresource(wanted) if wanted.is_literal() => {
                    (RESOURCE_SUB, [group, b"", wanted.text.as_bytes()])
                }
                _ => {
                    demand = Demand::Open;
                    continue;
                }
            };
            add.key(Key { kind: kind + any, parts });
        }
    }
    demand
}

/// Whether a rule has demands that no column knows.
fn needs_trying(conditions: &Conditions) -> bool {
    !conditions.stages.is_empty()
        || !conditions.response_codes.is_empty()
        || !conditions.source_ips.is_empty()
        || !conditions.annotations.is_empty()
        || (conditions.resources.len() > 1 && conditions.resources.iter().any(|group| !group.names.is_empty()))
}

/// How many values a rule names at most.
fn count(conditions: &Conditions) -> usize {
    let texts = SUBJECTS.iter().map(|subject| match subject {
        Subject::Text(property) => conditions.texts(*property).len(),
        Subject::Name | Subject::Resource => 0,
    });
    let resources = conditions.resources.iter().map(|group| group.resources.len() + group.names.len() + 1);
    texts.sum::<usize>() + resources.sum::<usize>()
}
