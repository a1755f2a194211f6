//! What a packed module says of itself, in custom sections: nothing of it is read when the module runs.

use crate::PackError;
use crate::interface::invalid;
use wasmparser::{Parser, Payload};

/// The version of auditgate that the module was built from.
pub const VERSION: &str = "auditgate.version";
/// Eight digits that stand for the policy's text, as records carry them.
pub const POLICY_HASH: &str = "auditgate.policy-hash";
/// The policy's text.
pub const POLICY: &str = "auditgate.policy";

/// What a module says under a name; `None` if it says nothing.
///
/// # Errors
/// The bytes are no module.
pub fn find<'a>(module: &'a [u8], name: &str) -> Result<Option<&'a [u8]>, PackError> {
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CustomSection(section) = payload.map_err(invalid)?
            && section.name() == name
        {
            return Ok(Some(section.data()));
        }
    }
    Ok(None)
}
