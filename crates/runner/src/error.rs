//! What can go wrong around the engine.

use std::fmt;

/// Why a runner cannot run. Inside are no bytes of events.
#[derive(Debug)]
pub enum RunError {
    /// The policy is invalid: the diagnostics, as a person reads them.
    Policy(String),
    /// The bytes are no module that this runner can load.
    Module(String),
    /// The module breaks the agreement of its interface.
    Interface(&'static str),
    /// The key that a policy asks for is not there, or no key.
    Key(String),
}

impl fmt::Display for RunError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy(diagnostics) => out.write_str(diagnostics),
            Self::Module(reason) => write!(out, "H001: expected a module of auditgate, found something else: {reason}"),
            Self::Key(reason) => write!(out, "H006: {reason}"),
            Self::Interface(what) => write!(out, "H002: the module {what}"),
        }
    }
}

impl std::error::Error for RunError {}
