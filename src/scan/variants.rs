//! Redaction that depends on the event. Rules with conditions: the rules that hold for an event are a set, and for each set that was met there are tables of its own.

use super::tables::Tables;
use crate::decide::Attributes;
use crate::policy::Policy;
use core::mem::replace;

/// Tables kept besides those in use.
const MAX_KEPT: usize = 3;

/// In a set of redaction rules: `managedFields` are taken out because the rule that decides about the event says so, although the catalogue does not.
pub(super) const MANAGED_FIELDS: u128 = 1 << 127;

/// The sets of redaction rules that were met, a bit for each rule.
pub(crate) struct Variants {
    /// Whether anything depends on the event.
    pub(crate) conditional: bool,
    /// The rules that the tables in use hold.
    pub(crate) active: u128,
    kept: Vec<(u128, Tables)>,
}

impl Variants {
    /// All rules hold, until an event says otherwise.
    pub(crate) fn new(policy: &Policy) -> Self {
        Self { conditional: policy.redacts_by_event(), active: u128::MAX, kept: Vec::new() }
    }

    /// Takes the tables of another set of rules into use.
    #[inline(never)]
    pub(crate) fn change(&mut self, active: u128, policy: &Policy, tables: &mut Tables) {
        let known = self.kept.iter().position(|(known, _)| *known == active);
        let next = match known {
            Some(at) => self.kept.swap_remove(at).1,
            None => Tables::new(policy, active),
        };
        if self.kept.len() >= MAX_KEPT {
            self.kept.remove(0);
        }
        self.kept.push((replace(&mut self.active, active), replace(tables, next)));
    }
}

/// The redaction rules that hold for an event.
pub(crate) fn active_rules(policy: &Policy, attributes: &Attributes<'_>) -> u128 {
    let rules = &policy.redact().rules;
    let unused = u128::MAX.checked_shl(rules.len() as u32).unwrap_or(0);
    let active = rules
        .iter()
        .enumerate()
        .fold(unused, |all, (index, rule)| all | u128::from(rule.when.fit(attributes)) << index);
    let stays = policy.omits_managed_fields() && !policy.decide(attributes).omit_managed_fields;
    if stays { active & !MANAGED_FIELDS } else { active }
}
