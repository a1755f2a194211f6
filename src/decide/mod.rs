//! Rules to a decision: which rule an event falls under, whether it stays, how much of it, and where it goes.
//!
//! `conditions` says what it means to fit a rule; `matcher` finds the first rule that fits without trying them one by one.

mod conditions;
mod index;
mod limit;
mod matcher;
#[cfg(not(target_family = "wasm"))]
mod mismatch;

pub(crate) use limit::{Admission, Limiter, Untold};
pub(crate) use matcher::Matcher;
#[cfg(not(target_family = "wasm"))]
pub use mismatch::Mismatch;

use crate::policy::{Level, Policy, Rule, Stage};

/// What the rules look at. Text is as it means, with JSON's escapes taken off; what an event does not have is `None`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attributes<'a> {
    /// The source that the event was recognised as, for example `kubernetes`.
    pub source: &'a str,
    /// Fluent Bit's tag.
    pub tag: &'a [u8],
    /// `user.username`.
    pub user: Option<&'a [u8]>,
    /// `user.groups`.
    pub groups: &'a [&'a [u8]],
    /// `verb`.
    pub verb: Option<&'a [u8]>,
    /// `stage`.
    pub stage: Option<&'a [u8]>,
    /// `objectRef.resource`. Present, even if empty, whenever the event has an `objectRef`: that is what makes a request one
    /// for a resource.
    pub resource: Option<&'a [u8]>,
    /// `objectRef.subresource`.
    pub subresource: Option<&'a [u8]>,
    /// `objectRef.apiGroup`; the core group has none.
    pub api_group: Option<&'a [u8]>,
    /// `objectRef.namespace`; the cluster's own scope has none.
    pub namespace: Option<&'a [u8]>,
    /// `objectRef.name`.
    pub name: Option<&'a [u8]>,
    /// `requestURI`, with its query.
    pub request_uri: Option<&'a [u8]>,
    /// `responseStatus.code`.
    pub response_code: Option<u16>,
    /// `userAgent`.
    pub user_agent: Option<&'a [u8]>,
    /// The text of a record that is a line: `log`, `message`, `MESSAGE` or `exec`.
    pub message: Option<&'a [u8]>,
    /// `sourceIPs`, in their order.
    pub source_ips: &'a [&'a [u8]],
    /// `annotations`.
    pub annotations: &'a [(&'a [u8], &'a [u8])],
    /// `auditID`: the same for all stages of a request, so that sampling keeps or drops a request as a whole.
    pub audit_id: Option<&'a [u8]>,
}

/// What becomes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision<'p> {
    /// The name of the rule that decided; `default` if none fitted.
    pub rule: &'p str,
    /// Its index in the policy; `None` if none fitted.
    pub rule_index: Option<usize>,
    /// Whether the event stays, and if not, why.
    pub verdict: Verdict,
    /// The level that the event is lowered to; a lower event stays as it is.
    pub level: Level,
    /// Where it goes: `+splunk+archive+`.
    pub routes: &'p str,
    /// Whether `managedFields` are taken out of the bodies.
    pub omit_managed_fields: bool,
    /// How many events with the same key may leave in a second, and the key.
    pub limit: Option<(u32, u64)>,
}

/// Whether an event stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It stays.
    Keep,
    /// The rule's level is `None`.
    DropLevel,
    /// The rule omits the event's stage.
    DropStage,
    /// The rule keeps a sample only, and the event's request is not in it.
    DropSample,
}

impl Policy {
    /// Decides about one event. Allocates nothing.
    pub fn decide(&self, attributes: &Attributes<'_>) -> Decision<'_> {
        if self.kubernetes && attributes.source != "kubernetes" {
            // A Kubernetes policy says nothing of other sources, so it takes nothing of them away.
            let (rule, level) = (&self.default, Level::RequestResponse);
            return Decision { verdict: Verdict::Keep, level, ..decision(rule, None, Verdict::Keep) };
        }
        let found = if self.rules.is_empty() { None } else { self.matcher.first(&self.rules, attributes) };
        match found {
            Some((index, rule)) => {
                let limit = rule.limit.map(|limit| (limit.per_second, limit::key(limit.by, index, attributes)));
                Decision { limit, ..decision(rule, Some(index), verdict(rule, attributes)) }
            }
            None => decision(&self.default, None, verdict(&self.default, attributes)),
        }
    }
}

fn decision(rule: &Rule, rule_index: Option<usize>, verdict: Verdict) -> Decision<'_> {
    Decision {
        rule: &rule.name,
        rule_index,
        verdict,
        level: rule.level,
        routes: &rule.routes,
        omit_managed_fields: rule.omit_managed_fields,
        limit: None,
    }
}

fn verdict(rule: &Rule, attributes: &Attributes<'_>) -> Verdict {
    if rule.level == Level::None {
        return Verdict::DropLevel;
    }
    let stage = attributes.stage.and_then(Stage::from_name);
    if stage.is_some_and(|stage| rule.omit_stages.contains(stage)) {
        return Verdict::DropStage;
    }
    match (rule.sample, attributes.audit_id) {
        (Some(share), Some(id)) if millionth(id) >= share => Verdict::DropSample,
        _ => Verdict::Keep,
    }
}

/// A number below a million that depends on the id alone, evenly spread: FNV-1a, its bits mixed as MurmurHash3 ends.
fn millionth(id: &[u8]) -> u32 {
    let mut hash: u32 = 0x811c_9dc5;
    for byte in id {
        hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    }
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^= hash >> 16;
    ((u64::from(hash) * 1_000_000) >> 32) as u32
}

#[cfg(test)]
mod tests;
