//! What deserves a look in a policy that runs.

use super::cover::covers;
use crate::commands::is_from_preset;
use crate::detections::{self, Loss};
use crate::exit::Failure;
use crate::lens::Lens;
use crate::style::counted;
use auditgate::policy::{Action, Code, Diagnostic, Policy, Position, Rule};

/// Detections named in one warning.
const NAMED: usize = 3;

/// Everything that deserves a look.
pub(super) fn warnings(policy: &Policy) -> Result<Vec<Diagnostic>, Failure> {
    let mut found = shadowed(policy);
    found.extend(unrouted(policy));
    found.extend(opened(policy));
    found.extend(hidden(policy)?);
    Ok(found)
}

/// Rules that an earlier one leaves nothing to.
fn shadowed(policy: &Policy) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    // A preset's rule that the policy's own make idle is what presets stand behind them for.
    let own = |(_, rule): &(usize, &Rule)| !is_from_preset(&rule.name);
    for (index, rule) in policy.rules().iter().enumerate().filter(own) {
        let earlier = policy.rules().iter().take(index).find(|other| covers(&other.conditions, &rule.conditions));
        if let Some(earlier) = earlier {
            let message = format!("rule `{}` never decides", rule.name);
            let help = format!("rule `{}` {} takes all of its events before it", earlier.name, place(earlier));
            found.push(Diagnostic::warning(Code::Shadowed, rule.at, at(policy, Some(index)), message, help));
        }
    }
    found
}

/// Destinations that no event is sent to.
fn unrouted(policy: &Policy) -> Vec<Diagnostic> {
    let rules = policy.rules().iter().chain([policy.default_rule()]);
    let routes: Vec<&str> = rules.filter(|rule| sends(rule)).map(|rule| rule.routes.as_str()).collect();
    let is_routed = |name: &str| routes.iter().any(|routes| routes.contains(&format!("+{name}+")));
    let destinations = policy.destinations().iter().enumerate();
    let unrouted = destinations.filter(|(_, destination)| !is_routed(&destination.name));
    let warning = |(index, destination): (usize, &auditgate::policy::Destination)| {
        let message = format!("nothing is sent to the destination `{}`", destination.name);
        let help = "name it under `to` of a rule or of `default`, or remove it".into();
        Diagnostic::warning(Code::Unrouted, destination.at, format!("destinations[{index}]"), message, help)
    };
    unrouted.map(warning).collect()
}

fn sends(rule: &Rule) -> bool {
    rule.level != auditgate::policy::Level::None
}

/// Parts of the catalogue that are switched off.
fn opened(policy: &Policy) -> Vec<Diagnostic> {
    let redact = policy.redact();
    let warning = |at: Position, path: String, message: String| {
        let help = "make sure that what stands there may be read at every destination".into();
        Diagnostic::warning(Code::Opened, at, path, message, help)
    };
    let mut found = Vec::new();
    if !redact.catalogue {
        let message = "the built-in catalogue is switched off: secrets leave as they came".into();
        found.push(warning(Position { line: 1, column: 1 }, "redact.catalogue".into(), message));
    }
    for (index, entry) in redact.keep.iter().enumerate() {
        let message = format!("the catalogue's entry `{}` is switched off", entry.name);
        found.push(warning(entry.at, format!("redact.keep[{index}]"), message));
    }
    for (index, rule) in redact.rules.iter().enumerate().filter(|(_, rule)| rule.action == Action::Keep) {
        let message = format!("rule `{}` keeps what the catalogue would take out", rule.name);
        found.push(warning(rule.at, format!("redact.rules[{index}]"), message));
    }
    found
}

/// Rules that keep something from a known detection: one warning a rule.
fn hidden(policy: &Policy) -> Result<Vec<Diagnostic>, Failure> {
    let mut lens = Lens::new(policy.clone());
    let mut by_rule: Vec<(Option<usize>, Vec<String>)> = Vec::new();
    for detection in detections::all()? {
        let Some((rule, loss)) = detection.lost(&mut lens) else { continue };
        let reader = detection.read_by.first().map(String::as_str).unwrap_or_default();
        let said = match loss {
            Loss::Event => format!("{} ({reader})", detection.title),
            Loss::Field(place) => format!("{}: `{place}` ({reader})", detection.title),
        };
        match by_rule.iter_mut().find(|(other, _)| *other == rule) {
            Some((_, list)) => list.push(said),
            None => by_rule.push((rule, vec![said])),
        }
    }
    let warning = |(index, list): (Option<usize>, Vec<String>)| {
        let rule = index.and_then(|index| policy.rules().get(index)).unwrap_or(policy.default_rule());
        let count = counted(list.len() as u64, "known detection");
        let message =
            format!("rule `{}` hides what {count} {}", rule.name, if list.len() == 1 { "reads" } else { "read" });
        let more = list.len().saturating_sub(NAMED);
        let mut help: String = list.into_iter().take(NAMED).collect::<Vec<_>>().join("; ");
        if more > 0 {
            help.push_str(&format!("; and {more} more"));
        }
        let position = if rule.at.line == 0 { Position { line: 1, column: 1 } } else { rule.at };
        Diagnostic::warning(Code::HidesDetection, position, at(policy, index), message, help)
    };
    Ok(by_rule.into_iter().map(warning).collect())
}

/// Where a rule stands; those of presets and the default have no index in the file.
fn at(policy: &Policy, index: Option<usize>) -> String {
    let Some(index) = index else { return "default".into() };
    let rule = policy.rules().get(index);
    if rule.is_some_and(|rule| is_from_preset(&rule.name)) { "extends".into() } else { format!("rules[{index}]") }
}

fn place(rule: &Rule) -> String {
    if is_from_preset(&rule.name) {
        return "of a preset".into();
    }
    format!("in line {}", rule.at.line)
}
