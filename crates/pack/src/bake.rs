//! A module with its policy inside: compiled, and without the code that reads policies.

use crate::{PackError, finish, note};
use auditgate::policy::{Diagnostics, Policy, compile};
use std::fmt;

/// The functions that nothing calls where the policy is inside.
const READING: [&str; 2] =
    ["<auditgate::module::exports::Module>::read_policy", "<auditgate::module::exports::Module>::lock_down"];
/// The function that nothing calls where every event is forwarded.
const RULES: &str = "auditgate::engine::apply_rules";

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
    let mut cut = READING.to_vec();
    if checked.forwards_all() {
        cut.push(RULES);
    }
    let hash = checked.hash();
    let notes = [(note::POLICY_HASH, hash.as_slice()), (note::POLICY, policy)];
    let baked = finish(module, Some(policy), &cut, &notes, keep_names).map_err(BakeError::Pack)?;
    Ok((baked, checked))
}
