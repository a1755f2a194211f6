//! The policy file that the operator puts beside the module, and the engine that follows it.

use super::wasi::{self, ReadError};
use crate::engine::Engine;

/// The file's name in the first accessible directory.
const FILE_NAME: &str = "auditgate.yaml";
/// A longer file is refused.
const MAX_BYTES: usize = 1024 * 1024;

/// An engine with the policy file, or with the built-in policy where there is none.
pub(crate) fn engine() -> Engine {
    match wasi::read_file(FILE_NAME, MAX_BYTES) {
        Err(ReadError::Absent) => {}
        Ok(_) | Err(_) => wasi::print_error(b"auditgate: policy files are not read yet\n"),
    }
    Engine::new()
}
