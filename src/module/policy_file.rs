//! The policy file that the operator puts beside the module.

use super::wasi::{self, ReadError};
use crate::policy::{self, MAX_POLICY_BYTES, Policy};

/// The file's name in the first accessible directory.
const FILE_NAME: &str = "auditgate.yaml";

/// What stands in the first accessible directory.
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
            Ok(policy) => Found::Policy(policy),
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

/// Says why nothing but envelopes leaves.
pub(crate) fn report(reason: &[u8]) {
    for part in
        [b"auditgate: ".as_slice(), reason, b"; nothing but the envelopes of events leaves until it is mended\n"]
    {
        wasi::print_error(part);
    }
}
