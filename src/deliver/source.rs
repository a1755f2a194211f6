//! Where a destination's properties come from: a section of its own, and what the policy says of the destination. The section comes first.

use super::settings::{Problem, Settings};
use crate::policy::{Destination, Policy};

/// Properties that name the policy and what is meant in it: they cannot stand in it.
const OUTSIDE: [&str; 2] = ["policy", "destination"];

impl Settings {
    /// Checks the properties of a section together with those that the policy gives its destination.
    ///
    /// # Errors
    /// Everything that is wrong with them, and that there is no such destination.
    pub fn of_section<'a>(
        section: impl Iterator<Item = (&'a str, &'a str)> + Clone,
        policy: &'a Policy,
    ) -> Result<Self, Vec<Problem>> {
        let find =
            |name: &str| section.clone().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        let name = find("destination").unwrap_or("default");
        let Some(destination) = policy.destinations().iter().find(|destination| destination.name == name) else {
            let known: Vec<&str> = policy.destinations().iter().map(|destination| destination.name.as_str()).collect();
            let problem = Problem::new("D005", format!("the policy has no destination `{name}`"));
            return Err(vec![problem.help(format!("it has {}", known.join(", ")))]);
        };
        let more = properties(destination)?.filter(|(name, _)| find(name).is_none());
        Self::check(section.clone().chain(more))
    }

    /// The settings of a policy's destination that has no section of its own; `None` if the output role does not deliver there.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn of_destination(destination: &Destination) -> Option<Result<Self, Vec<Problem>>> {
        destination.properties.iter().any(|(name, _)| name == "type").then(|| {
            let name = ("destination", destination.name.as_str());
            Self::check([name].into_iter().chain(properties(destination)?))
        })
    }
}

/// What a policy says of a destination.
fn properties(destination: &Destination) -> Result<impl Iterator<Item = (&str, &str)>, Vec<Problem>> {
    let all = || destination.properties.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    if let Some((name, _)) = all().find(|(name, _)| OUTSIDE.iter().any(|outside| outside.eq_ignore_ascii_case(name))) {
        return Err(vec![Problem::new("D004", format!("`{name}` means nothing within a policy"))]);
    }
    let format = Some(("format", destination.format.as_str())).filter(|(_, format)| *format != "native");
    Ok(all().chain(format))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    const POLICY: &str = "apiVersion: auditgate/v1\nkind: Policy\ndestinations:\n- name: siem\n  type: splunk\n  format: ecs\n  \
        endpoint: https://splunk:8088\n  auth: {token: {env: HEC}}\n  batch: {max_events: 7}\n  options: {quarantine: /q, ack: off}\n\
        - {name: odd, type: http, options: {policy: x}}\n- name: plain\n";

    fn settings(section: &[(&str, &str)]) -> Result<Settings, String> {
        let policy = crate::policy::compile("p", POLICY.as_bytes()).unwrap();
        let settings = Settings::of_section(section.iter().copied(), &policy);
        settings.map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_section_adds_to_what_the_policy_says_and_comes_first() {
        let settings = settings(&[("destination", "siem"), ("Endpoint", "https://other"), ("index", "audit")]).unwrap();
        let all: Vec<_> = settings.all().map(|(name, value)| [name, "=", value].concat()).collect();
        assert_eq!(
            all.join(" "),
            "destination=siem endpoint=https://other index=audit type=splunk token=env:HEC batch_max_events=7 quarantine=/q ack=off format=ecs"
        );
    }

    #[test]
    fn what_cannot_be_is_told() {
        let wrong = |section: &[(&str, &str)]| settings(section).unwrap_err();
        assert_eq!(wrong(&[]), "D005: the policy has no destination `default` (help: it has siem, odd, plain)");
        assert_eq!(wrong(&[("destination", "odd")]), "D004: `policy` means nothing within a policy");
        assert!(wrong(&[("destination", "plain")]).starts_with("D003: `type` is missing"));
    }

    #[test]
    fn a_destination_with_a_type_is_checked_without_a_section() {
        let policy = crate::policy::compile("p", POLICY.as_bytes()).unwrap();
        let checked: Vec<_> = policy.destinations().iter().map(Settings::of_destination).collect();
        assert!(matches!(checked.as_slice(), [Some(Ok(_)), Some(Err(_)), None]), "{checked:?}");
    }
}
