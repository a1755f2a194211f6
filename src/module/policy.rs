//! The policy file that the operator puts beside the module, and the engine that follows it.

use super::wasi::{self, ReadError};
use crate::engine::Engine;
use crate::policy::{self, MAX_POLICY_BYTES};

/// The file's name in the first accessible directory.
const FILE_NAME: &str = "auditgate.yaml";

/// An engine with the policy file, or with the built-in policy where there is none. A file that cannot be used makes an engine
/// that lets nothing but envelopes leave, and a message for the operator; never a failure, because Fluent Bit 3.1.9 would
/// let every record pass as it came.
pub(crate) fn engine() -> Engine {
    let reason: &[u8] = match wasi::read_file(FILE_NAME, MAX_POLICY_BYTES) {
        Ok(text) => match policy::compile(FILE_NAME, &text) {
            Ok(policy) => return Engine::with_policy(policy),
            Err(diagnostics) => {
                wasi::print_error(diagnostics.render().as_bytes());
                b"the policy is invalid"
            }
        },
        Err(ReadError::Absent) => return Engine::new(),
        Err(ReadError::TooLong) => b"auditgate.yaml is longer than 1 MiB",
        Err(ReadError::Refused) => b"auditgate.yaml cannot be read",
    };
    locked_down(reason)
}

/// An engine that lets nothing but envelopes leave, and a message that says why.
pub(crate) fn locked_down(reason: &[u8]) -> Engine {
    for part in
        [b"auditgate: ".as_slice(), reason, b"; nothing but the envelopes of events leaves until it is mended\n"]
    {
        wasi::print_error(part);
    }
    Engine::locked_down()
}
