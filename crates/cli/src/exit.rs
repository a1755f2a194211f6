//! How the command ends: 0 done, 1 failure, 2 usage (clap's own), 3 invalid policy, 4 expectation not met.

use auditgate_runner::RunError;
use std::fmt;
use std::io;
use std::path::Path;
use std::process::ExitCode;

/// Why a command stops.
pub(crate) enum Failure {
    /// Something on this machine did not work.
    Failed(String),
    /// The policy is invalid; the diagnostics end in a line break.
    Policy(String),
    /// Something is not as it was expected to be, and standard output says so.
    Expectation,
    /// Whoever reads standard output has seen enough.
    ReaderGone,
}

impl Failure {
    pub(crate) fn file(what: &str, path: &Path, error: &io::Error) -> Self {
        Self::Failed(format!("{what} `{}`: {error}", path.display()))
    }

    /// A failure to write results.
    pub(crate) fn output(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ReaderGone,
            _ => Self::Failed(format!("cannot write to standard output: {error}")),
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Policy(diagnostics) => Self::Policy(diagnostics),
            other => Self::Failed(other.to_string()),
        }
    }
}

/// Says why the command stops, and turns it into the process's exit code.
pub(crate) fn code(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) | Err(Failure::ReaderGone) => ExitCode::SUCCESS,
        Err(Failure::Failed(reason)) => {
            complain(format_args!("error: {reason}\n"));
            ExitCode::FAILURE
        }
        Err(Failure::Expectation) => ExitCode::from(4),
        Err(Failure::Policy(diagnostics)) => {
            complain(format_args!("{diagnostics}"));
            ExitCode::from(3)
        }
    }
}

/// Writes to standard error, which may be closed.
pub(crate) fn complain(text: fmt::Arguments<'_>) {
    let _ = io::Write::write_fmt(&mut io::stderr(), text);
}
