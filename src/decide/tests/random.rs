//! The compiled matcher against the plain meaning: random policies, random events, the same rule.

use super::super::{Attributes, Matcher};
use crate::policy::{Conditions, GroupResources, Network, Property, Resource, Rule, Stage, Wildcard};

/// SplitMix64: seeded, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn pick<'w>(&mut self, words: &[&'w str]) -> &'w str {
        words.get(self.below(words.len())).copied().unwrap_or_default()
    }

    fn wildcards(&mut self, words: &[&str], sparse: usize) -> Vec<Wildcard> {
        if !self.one_in(sparse) {
            return Vec::new();
        }
        (0..=self.below(3)).map(|_| self.wildcard(words)).collect()
    }

    fn wildcard(&mut self, words: &[&str]) -> Wildcard {
        let word = self.pick(words);
        let cut = if self.one_in(3) { self.below(word.len() + 1) } else { 0 };
        match self.below(8) {
            0 => Wildcard { text: word.get(cut..).unwrap_or_default().into(), open_start: true, open_end: false },
            1 => Wildcard {
                text: word.get(..word.len() - cut).unwrap_or_default().into(),
                open_start: false,
                open_end: true,
            },
            2 => Wildcard { text: word.get(cut..).unwrap_or_default().into(), open_start: true, open_end: true },
            _ => Wildcard::literal(word),
        }
    }

    fn resource(&mut self) -> Resource {
        let (resource, subresource) = (self.pick(RESOURCES), self.pick(SUBRESOURCES));
        match self.below(8) {
            0 => Resource::Any,
            1 | 2 => Resource::Exact(resource.into()),
            3 => Resource::Exact([resource, "/", subresource].concat()),
            4 => Resource::WithSubresources(self.wildcard(RESOURCES)),
            5 => Resource::Subresource(self.wildcard(SUBRESOURCES)),
            6 => Resource::Parts(self.wildcard(RESOURCES), None),
            _ => Resource::Parts(self.wildcard(RESOURCES), Some(self.wildcard(SUBRESOURCES))),
        }
    }

    fn rule(&mut self, number: usize) -> Rule {
        let mut conditions = Conditions::default();
        for (property, words, sparse) in [
            (Property::User, WORDS, 3),
            (Property::Group, WORDS, 4),
            (Property::Verb, VERBS, 2),
            (Property::Source, &["kubernetes", "sshd"], 9),
            (Property::Tag, WORDS, 9),
            (Property::UserAgent, WORDS, 9),
        ] {
            conditions.set_texts(property, self.wildcards(words, sparse));
        }
        match self.below(4) {
            0 => {
                // A path has a wildcard at its end only.
                let mut paths = self.wildcards(PATHS, 2);
                paths.retain(|path| !path.open_start);
                conditions.set_texts(Property::Path, paths);
            }
            1 => {}
            _ => {
                conditions.set_texts(Property::Namespace, self.wildcards(WORDS, 3));
                for _ in 0..self.below(3) {
                    let group = self.wildcard(GROUPS);
                    let resources = (0..self.below(3)).map(|_| self.resource()).collect();
                    conditions.resources.push(GroupResources { group, resources, names: self.wildcards(WORDS, 3) });
                }
            }
        }
        if self.one_in(10) {
            conditions.stages.insert(Stage::Panic);
        }
        if self.one_in(10) {
            conditions.response_codes.push((400, 450));
        }
        if self.one_in(15) {
            conditions.source_ips.push(Network { address: [0; 16], bits: 64 });
        }
        if self.one_in(15) {
            conditions.annotations.push(("decision".into(), self.wildcards(WORDS, 1)));
        }
        let mut rule = crate::policy::Policy::builtin().default_rule().clone();
        rule.name = format!("rule-{number}");
        rule.conditions = conditions;
        rule
    }
}

const WORDS: &[&str] =
    &["", "a", "alice", "alibi", "bob", "kube-system", "kube-public", "system:node:one", "system:nodes", "shop"];
const VERBS: &[&str] = &["get", "list", "watch", "create", "update", "patch", "delete"];
const GROUPS: &[&str] = &["", "apps", "batch", "apps.example.com"];
const RESOURCES: &[&str] = &["pods", "secrets", "deployments", "nodes", "po/ds"];
const SUBRESOURCES: &[&str] = &["", "log", "status", "exec"];
const PATHS: &[&str] = &["/", "/healthz", "/healthz/etcd", "/metrics", "/a%2fb", "/a/b"];

#[test]
fn the_matcher_finds_what_the_rules_mean() {
    let mut random = Random(20_261_122);
    let mut found = 0;
    let mut fallback = 0;
    for round in 0..400 {
        // Small policies, and ones around the borders of 64 rules.
        let size = [1, 2, 5, 20, 63, 64, 65, 200].get(round % 8).copied().unwrap_or(1);
        let rules: Vec<Rule> = (0..size).map(|number| random.rule(number)).collect();
        let matcher = Matcher::new(&rules);
        for _ in 0..60 {
            let most = if random.one_in(20) { 60 } else { 4 };
            let groups: Vec<&[u8]> = (0..random.below(most)).map(|_| random.pick(WORDS).as_bytes()).collect();
            let is_for_resource = !random.one_in(3);
            let mut maybe = |words: &[&'static str], given: bool| {
                (given && !random.one_in(5)).then(|| random.pick(words).as_bytes())
            };
            let event = Attributes {
                user: maybe(WORDS, true),
                verb: maybe(VERBS, true),
                resource: maybe(RESOURCES, is_for_resource),
                subresource: maybe(SUBRESOURCES, is_for_resource),
                api_group: maybe(GROUPS, is_for_resource),
                namespace: maybe(WORDS, is_for_resource),
                name: maybe(WORDS, is_for_resource),
                request_uri: maybe(PATHS, true),
                user_agent: maybe(WORDS, true),
                stage: maybe(&["Panic", "ResponseComplete"], true),
                tag: maybe(WORDS, true).unwrap_or_default(),
                groups: &groups,
                source: if random.one_in(4) { "sshd" } else { "kubernetes" },
                response_code: random.one_in(2).then_some(420),
                source_ips: if random.one_in(2) { &[b"::9"] } else { &[] },
                annotations: if random.one_in(2) { &[(b"decision", b"alice")] } else { &[] },
                ..Attributes::default()
            };
            let meant = rules.iter().position(|rule| rule.conditions.fit(&event));
            let compiled = matcher.first(&rules, &event).map(|(index, _)| index);
            assert_eq!(compiled, meant, "round {round}, event {event:?}");
            for rule in &rules {
                let mismatch = rule.conditions.mismatch(&event);
                assert_eq!(
                    mismatch.is_none(),
                    rule.conditions.fit(&event),
                    "round {round}: {mismatch:?}, event {event:?}"
                );
            }
            found += usize::from(meant.is_some_and(|index| index > 0));
            fallback += usize::from(meant.is_none());
        }
    }
    assert!(found > 5_000 && fallback > 1_000, "the events are too alike: {found} fit a later rule, {fallback} none");
}
