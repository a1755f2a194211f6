//! A module with its policy inside: compiled, and without the code that reads policies.

use crate::{PackError, finish, note};
use auditgate::policy::{Diagnostics, Policy, compile};
use std::fmt;

/// The functions that nothing calls where the policy is inside.
const READING: [&str; 2] =
    ["<auditgate::module::exports::Module>::read_policy", "<auditgate::module::exports::Module>::lock_down"];
/// What nothing calls where every event is forwarded.
const RULES: [&str; 1] = ["auditgate::ruling::apply_rules"];
/// What nothing calls where redaction does not depend on the event.
const CONDITIONS: [&str; 2] =
    ["<auditgate::engine::Engine>::read_conditionally", "<auditgate::scan::variants::Variants>::change"];
/// What nothing calls where the policy has no redaction rules of its own and no allow-list.
const OWN_REDACTION: [&str; 4] = [
    "<auditgate::scan::walk::Walk>::own_string",
    "<auditgate::scan::walk::Walk>::own_scalar",
    "<auditgate::redact::own::Own>::mark",
    "<auditgate::redact::own::Own>::replace",
];

/// Why a policy could not be put inside.
#[derive(Debug)]
pub enum BakeError {
    /// The policy is invalid.
    Policy(Diagnostics),
    /// The module is not one that a policy can be put into.
    Pack(PackError),
}

impl fmt::Display for BakeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy(diagnostics) => out.write_str(&diagnostics.render()),
            Self::Pack(error) => error.fmt(out),
        }
    }
}

impl std::error::Error for BakeError {}

/// Packs a module as the linker wrote it, with a policy inside. Answers the policy as well, for its warnings.
///
/// # Errors
/// The policy is invalid, or the module cannot be packed.
pub fn bake(module: &[u8], file_name: &str, policy: &[u8], keep_names: bool) -> Result<(Vec<u8>, Policy), BakeError> {
    let checked = compile(file_name, policy).map_err(BakeError::Policy)?;
    let mut cut: Vec<&[&str]> = vec![&READING];
    if checked.forwards_all() {
        cut.push(&RULES);
    }
    if !checked.redacts_by_event() {
        cut.push(&CONDITIONS);
    }
    if !checked.redact().is_own() {
        cut.push(&OWN_REDACTION);
    }
    let hash = checked.hash();
    let notes = [(note::POLICY_HASH, hash.as_slice()), (note::POLICY, policy)];
    let baked = finish(module, Some(policy), &cut, &notes, keep_names).map_err(BakeError::Pack)?;
    Ok((baked, checked))
}
