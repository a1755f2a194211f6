//! The policy file that the operator puts beside the module.

use super::wasi::{self, ReadError};
use crate::engine::Engine;
use crate::policy::{self, MAX_KEY_BYTES, MAX_POLICY_BYTES, Policy, SecretReference};
use alloc::borrow::ToOwned;

/// The file's name in the first accessible directory.
const FILE_NAME: &str = "auditgate.yaml";

/// What stands in the first accessible directory.
#[expect(clippy::large_enum_variant, reason = "there is one, and it is moved once")]
pub(crate) enum Found {
    /// No policy: the built-in one holds.
    Nothing,
    Policy(Policy),
    /// A file that cannot be used, and why. Never a failure, because Fluent Bit 3.1.9 would let every record pass as it came.
    Unusable(&'static [u8]),
}

/// Looks for the policy file. What is wrong in it stands on the host's standard error.
pub(crate) fn find() -> Found {
    match wasi::read_file(FILE_NAME, MAX_POLICY_BYTES) {
        Ok(text) => match policy::compile(FILE_NAME, &text) {
            Ok(policy) if !Engine::can_follow(&policy) => {
                Found::Unusable(b"this module is one without redaction rules of a policy's own")
            }
            Ok(policy) => with_key(policy),
            Err(diagnostics) => {
                wasi::print_error(diagnostics.render().as_bytes());
                Found::Unusable(b"the policy is invalid")
            }
        },
        Err(ReadError::Absent) => Found::Nothing,
        Err(ReadError::TooLong) => Found::Unusable(b"auditgate.yaml is longer than 1 MiB"),
        Err(ReadError::Refused) => Found::Unusable(b"auditgate.yaml cannot be read"),
    }
}

/// The policy with the key of its pseudonyms, if it has any. The module reaches the accessible directories alone, so of a path the
/// last part counts; a host that has an environment offers a variable of it as a file (crates/runner).
fn with_key(mut policy: Policy) -> Found {
    let name = match policy.hmac_key_reference() {
        None => return Found::Policy(policy),
        Some(SecretReference::File(path)) => path.rsplit('/').next().unwrap_or_default().to_owned(),
        Some(SecretReference::Environment(name)) => ["env/", name].concat(),
    };
    let key = wasi::read_file_anywhere(&name, MAX_KEY_BYTES);
    let is_variable = name.starts_with("env/");
    match key.map(|key| policy.set_hmac_key(&key)) {
        Ok(Ok(())) => Found::Policy(policy),
        Ok(Err(_)) => Found::Unusable(b"the key of its pseudonyms has fewer than 16 bytes, or more than 4096"),
        Err(ReadError::Absent) if is_variable => Found::Unusable(
            b"the key of its pseudonyms is in the environment, which the module has none of: write `key: {file: ...}`",
        ),
        Err(ReadError::Absent) => {
            Found::Unusable(b"the file with the key of its pseudonyms is in none of the accessible_paths")
        }
        Err(_) => Found::Unusable(b"the file with the key of its pseudonyms cannot be read"),
    }
}

/// Says why nothing but envelopes leaves.
pub(crate) fn report(reason: &[u8]) {
    for part in
        [b"auditgate: ".as_slice(), reason, b"; nothing but the envelopes of events leaves until it is mended\n"]
    {
        wasi::print_error(part);
    }
}
