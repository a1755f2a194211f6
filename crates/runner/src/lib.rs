//! Runs events through auditgate without Fluent Bit: through the module, the very same file that Fluent Bit loads, or
//! through the engine compiled for this machine. Both give the same bytes.
//!
//! ```
//! use auditgate_runner::{Context, Options, Runner};
//!
//! let mut runner = Runner::native(&Options::default())?;
//! let context = Context { tag: b"audit.k8s", seconds: 1_700_000_000, nanoseconds: 0 };
//! let redacted = runner.process(context, br#"{"kind":"Event"}"#)?;
//! assert!(redacted.is_some_and(|record| record.starts_with(b"{")));
//! assert_eq!(runner.report().events, 1);
//! # Ok::<(), auditgate_runner::RunError>(())
//! ```

mod error;
mod key;
mod native;
mod report;
mod wasi;
mod wasm;

pub use auditgate::Context;
pub use error::RunError;
pub use key::HmacKey;
pub use report::Report;

use auditgate::Outcome;

/// What a runner is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The policy; the built-in one if there is none.
    pub policy: Option<PolicyFile>,
    /// Most linear memory that the module may have, in bytes. A record that does not fit leaves as a placeholder.
    /// The module itself has a limit of 256 MiB, which is the default here. It does not count what the host needs.
    pub max_memory_bytes: usize,
    /// Longest time that one record may take, in milliseconds. At the limit the module is stopped and replaced, and the
    /// record leaves as a placeholder. Applies to the module only.
    pub timeout_ms: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { policy: None, max_memory_bytes: 256 << 20, timeout_ms: 10_000 }
    }
}

/// A policy as it stands in a file.
#[derive(Clone, Debug)]
pub struct PolicyFile {
    /// The file's name, for messages.
    pub name: String,
    /// Its content.
    pub text: Vec<u8>,
    /// The key of its pseudonyms, if it has any.
    pub key: Option<HmacKey>,
}

/// Either way of running events.
trait Backend {
    /// Decides about one record.
    fn run(&mut self, context: Context<'_>, record: &[u8]) -> Result<Outcome<'_>, RunError>;

    /// What was said on standard error since the last time.
    fn take_messages(&mut self) -> String;

    /// How often a call did not come to its end.
    fn traps(&self) -> u64;
}

/// Runs events, and counts them.
pub struct Runner {
    backend: Box<dyn Backend>,
    report: Report,
}

impl Runner {
    /// A runner with the engine compiled for this machine.
    ///
    /// # Errors
    /// The policy is invalid.
    pub fn native(options: &Options) -> Result<Self, RunError> {
        Ok(Self { backend: Box::new(native::Native::new(options)?), report: Report::default() })
    }

    /// A runner with a module: the bytes of an `auditgate.wasm`.
    ///
    /// # Errors
    /// The bytes are no module of auditgate's.
    pub fn wasm(module: &[u8], options: &Options) -> Result<Self, RunError> {
        Ok(Self { backend: Box::new(wasm::Wasm::new(module, options)?), report: Report::default() })
    }

    /// Decides about one record: the bytes that may leave, valid until the next call, or nothing where a rule drops it.
    ///
    /// # Errors
    /// The module cannot be started again after a call that did not come to its end.
    pub fn process(&mut self, context: Context<'_>, record: &[u8]) -> Result<Option<&[u8]>, RunError> {
        Ok(match self.backend.run(context, record)? {
            Outcome::Record(answer) => {
                self.report.count_record(record.len(), answer);
                Some(answer)
            }
            Outcome::Dropped { rule } => {
                self.report.count_dropped(record.len(), rule);
                None
            }
        })
    }

    /// What was counted so far.
    pub fn report(&self) -> Report {
        Report { traps: self.backend.traps(), ..self.report.clone() }
    }

    /// What the engine said on standard error since the last time: diagnostics of the policy, and calls that failed.
    pub fn take_messages(&mut self) -> String {
        self.backend.take_messages()
    }
}
