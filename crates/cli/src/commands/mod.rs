//! One file a subcommand, and what several of them need.

pub(crate) mod bake;
pub(crate) mod check;
mod deliver;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod init;
pub(crate) mod inspect;
pub(crate) mod run;
pub(crate) mod stats;
pub(crate) mod summary;
pub(crate) mod test;

use crate::exit::Failure;
use auditgate::policy::{PRESETS, Policy};
use auditgate_runner::{HmacKey, Options, PolicyFile, Runner};
use clap::ValueEnum;
use std::io::Write as _;
use std::path::Path;

/// The module that `make dist` built before this program.
const MODULE: &[u8] = include_bytes!(env!("AUDITGATE_MODULE"));

/// The same with the forms of docs/formats.
const FORMATS_MODULE: &[u8] = include_bytes!(env!("AUDITGATE_FORMATS_MODULE"));

/// How a result is written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Human,
    /// One JSON object
    Json,
}

/// What runs the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineChoice {
    /// The WebAssembly module, the very same that Fluent Bit loads
    Wasm,
    /// The same engine, compiled for this machine
    Native,
}

/// Prints results.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| Failure::output(&error))
}

/// Reads, checks and compiles a policy; warnings are left to the caller.
pub(crate) fn compile(path: &Path) -> Result<Policy, Failure> {
    let text = std::fs::read(path).map_err(|error| Failure::file("cannot read the policy", path, &error))?;
    auditgate::policy::compile(&path.display().to_string(), &text).map_err(|found| Failure::Policy(found.render()))
}

/// Whether a rule came with a preset, by its name.
pub(crate) fn is_from_preset(name: &str) -> bool {
    PRESETS.iter().any(|preset| preset.rules.iter().any(|rule| rule.text.contains(&format!("{{name: {name},"))))
}

/// Starts a runner.
pub(crate) fn runner(engine: EngineChoice, module: Option<&Path>, policy: Option<&Path>) -> Result<Runner, Failure> {
    let options = Options { policy: policy.map(read_policy).transpose()?, ..Options::default() };
    if engine == EngineChoice::Native {
        return Ok(Runner::native(&options)?);
    }
    let Some(path) = module else { return Ok(Runner::wasm(MODULE, &options)?) };
    let bytes = std::fs::read(path).map_err(|error| Failure::file("cannot read", path, &error))?;
    Ok(Runner::wasm(&bytes, &options)?)
}

/// Reads a policy and checks it, so that a mistake ends the command instead of locking the module down.
fn read_policy(path: &Path) -> Result<PolicyFile, Failure> {
    let text = std::fs::read(path).map_err(|error| Failure::file("cannot read the policy", path, &error))?;
    let name = path.display().to_string();
    match auditgate::policy::compile(&name, &text) {
        Ok(policy) => {
            // A closed standard error is no reason to stop.
            let _ = std::io::stderr().write_all(policy.warnings().render().as_bytes());
            let key = HmacKey::read(&policy, path)?;
            Ok(PolicyFile { name, text, key })
        }
        Err(diagnostics) => Err(Failure::Policy(diagnostics.render())),
    }
}
