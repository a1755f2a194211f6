//! Runs the output role: the module decides, redacts, shapes and judges answers; this crate moves bytes, keeps connections, clocks and
//! secrets, and remembers what of a chunk has arrived. Fluent Bit's plugin and the command line are thin around it.

mod carrier;
mod memory;
mod metrics;
mod module;
mod plan;
mod quarantine;
mod secret;
mod section;
mod tls;
mod worker;

pub use module::precompile;
pub use plan::{Plan, PlanError};
pub use section::{Level, Section};
pub use worker::Verdict;

use std::fmt;

/// Why a destination cannot be started. No secret and no byte of an event is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliverError {
    code: &'static str,
    message: String,
}

impl DeliverError {
    pub(crate) fn new(code: &'static str, message: String) -> Self {
        Self { code, message }
    }
}

impl fmt::Display for DeliverError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.code.is_empty() { out.write_str(&self.message) } else { write!(out, "{}: {}", self.code, self.message) }
    }
}

impl std::error::Error for DeliverError {}
