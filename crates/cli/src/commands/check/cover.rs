//! Whether a rule leaves anything to another: conditions that cover others.

use auditgate::policy::{Conditions, GroupResources, Network, Property, Resource, Wildcard};

const TEXTS: [Property; 7] = [
    Property::User,
    Property::Group,
    Property::Verb,
    Property::Source,
    Property::Tag,
    Property::UserAgent,
    Property::Message,
];

/// Whether every event that fits `narrow` fits `wide` too. A `false` may mean that it is hard to tell.
pub(super) fn covers(wide: &Conditions, narrow: &Conditions) -> bool {
    TEXTS.iter().all(|property| covers_texts(wide.texts(*property), narrow.texts(*property)))
        && covers_target(wide, narrow)
        && (wide.stages.is_empty() || (!narrow.stages.is_empty() && wide.stages.union(narrow.stages) == wide.stages))
        && covers_list(&wide.response_codes, &narrow.response_codes, |wide, narrow| {
            wide.0 <= narrow.0 && narrow.1 <= wide.1
        })
        && covers_list(&wide.source_ips, &narrow.source_ips, covers_network)
        && wide.annotations.iter().all(|(key, values)| {
            narrow.annotations.iter().any(|(other, narrow)| key == other && covers_texts(values, narrow))
        })
}

/// A list that demands nothing covers all; any other covers a list whose every item one of its own covers.
fn covers_list<T>(wide: &[T], narrow: &[T], covers: impl Fn(&T, &T) -> bool) -> bool {
    wide.is_empty() || (!narrow.is_empty() && narrow.iter().all(|narrow| wide.iter().any(|wide| covers(wide, narrow))))
}

fn covers_texts(wide: &[Wildcard], narrow: &[Wildcard]) -> bool {
    covers_list(wide, narrow, covers_text)
}

fn covers_text(wide: &Wildcard, narrow: &Wildcard) -> bool {
    match (wide.open_start, wide.open_end) {
        (true, true) => narrow.text.contains(&wide.text),
        (false, true) => !narrow.open_start && narrow.text.starts_with(&wide.text),
        (true, false) => !narrow.open_end && narrow.text.ends_with(&wide.text),
        (false, false) => wide == narrow,
    }
}

/// Requests for resources, for paths, or any.
fn covers_target(wide: &Conditions, narrow: &Conditions) -> bool {
    let namespaces = |conditions: &Conditions| conditions.texts(Property::Namespace).to_vec();
    let is_for_resources =
        |conditions: &Conditions| !conditions.resources.is_empty() || !namespaces(conditions).is_empty();
    if is_for_resources(wide) {
        return is_for_resources(narrow)
            && covers_texts(&namespaces(wide), &namespaces(narrow))
            && covers_list(&wide.resources, &narrow.resources, covers_group);
    }
    let (paths, narrow_paths) = (wide.texts(Property::Path), narrow.texts(Property::Path));
    paths.is_empty() || (!is_for_resources(narrow) && covers_texts(paths, narrow_paths))
}

fn covers_group(wide: &GroupResources, narrow: &GroupResources) -> bool {
    covers_text(&wide.group, &narrow.group)
        && (wide.resources.is_empty()
            || (covers_texts(&wide.names, &narrow.names)
                && (wide.resources.contains(&Resource::Any)
                    || covers_list(&wide.resources, &narrow.resources, covers_resource))))
}

fn covers_resource(wide: &Resource, narrow: &Resource) -> bool {
    match (wide, narrow) {
        (Resource::Any, _) => true,
        (Resource::WithSubresources(wide), Resource::Exact(text)) => {
            wide.fits(text.split('/').next().unwrap_or_default().as_bytes())
        }
        (Resource::WithSubresources(wide), Resource::WithSubresources(narrow)) => covers_text(wide, narrow),
        (Resource::Subresource(wide), Resource::Exact(text)) => {
            text.split_once('/').is_some_and(|(_, sub)| wide.fits(sub.as_bytes()))
        }
        (Resource::Subresource(wide), Resource::Subresource(narrow)) => covers_text(wide, narrow),
        (wide, narrow) => wide == narrow,
    }
}

fn covers_network(wide: &Network, narrow: &Network) -> bool {
    let bit = |network: &Network, bit: u8| {
        network.address.get(usize::from(bit / 8)).is_some_and(|byte| byte >> (7 - bit % 8) & 1 != 0)
    };
    wide.bits <= narrow.bits && (0..wide.bits).all(|at| bit(wide, at) == bit(narrow, at))
}

#[cfg(test)]
#[expect(clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn covers_rules(wide: &str, narrow: &str) -> bool {
        let text = format!("apiVersion: auditgate/v1\nkind: Policy\nrules:\n- {wide}\n- {narrow}\n");
        match auditgate::policy::compile("policy", text.as_bytes()) {
            Ok(policy) => covers(&policy.rules()[0].conditions, &policy.rules()[1].conditions),
            Err(found) => panic!("{}", found.render()),
        }
    }

    #[test]
    fn a_rule_covers_what_it_takes_whole() {
        for (wide, narrow) in [
            ("{}", "{verbs: [get]}"),
            ("{}", "{nonResourceURLs: [/a]}"),
            ("{verbs: [get, list]}", "{verbs: [list], users: [a]}"),
            ("{users: ['system:*']}", "{users: ['system:node:*', 'system:admin']}"),
            ("{users: ['*@example.com']}", "{users: ['a@example.com']}"),
            ("{users: ['*ode*']}", "{users: ['system:node:*']}"),
            ("{resources: [{resources: ['*']}]}", "{resources: [{resources: [pods/log], resourceNames: [a]}]}"),
            ("{resources: [{group: '*'}]}", "{resources: [{group: apps, resources: [deployments]}], namespaces: [a]}"),
            ("{resources: [{resources: ['pods/*']}]}", "{resources: [{resources: [pods, pods/log]}]}"),
            ("{resources: [{resources: ['*/status']}]}", "{resources: [{resources: [pods/status]}]}"),
            ("{nonResourceURLs: ['/healthz*']}", "{nonResourceURLs: [/healthz/etcd]}"),
            ("{responseCodes: ['4xx']}", "{responseCodes: [403]}"),
            ("{sourceIPs: [10.0.0.0/8]}", "{sourceIPs: [10.1.0.0/16]}"),
            ("{annotations: {a: []}}", "{annotations: {a: [b], c: [d]}}"),
            ("{stages: [Panic, ResponseComplete]}", "{stages: [Panic]}"),
        ] {
            assert!(covers_rules(wide, narrow), "{wide} {narrow}");
            let is_same = covers_rules(narrow, wide);
            assert!(!is_same, "the other way round: {wide} {narrow}");
        }
    }

    #[test]
    fn a_rule_covers_nothing_that_it_may_not_take() {
        for (wide, narrow) in [
            ("{verbs: [get]}", "{}"),
            ("{users: ['a*']}", "{users: ['*a']}"),
            ("{namespaces: [a]}", "{nonResourceURLs: [/a]}"),
            ("{nonResourceURLs: ['*']}", "{}"),
            ("{resources: [{resources: [pods]}]}", "{resources: [{resources: [pods/log]}]}"),
            ("{resources: [{resources: [pods], resourceNames: [a]}]}", "{resources: [{resources: [pods]}]}"),
            ("{sourceIPs: [10.1.0.0/16]}", "{sourceIPs: [10.2.0.0/16]}"),
            ("{annotations: {a: []}}", "{annotations: {b: []}}"),
        ] {
            assert!(!covers_rules(wide, narrow), "{wide} {narrow}");
        }
    }
}
