//! `auditgate bake`: a module with a policy inside.

use super::Format;
use crate::exit::{Failure, complain};
use auditgate_pack::BakeError;
use clap::Args;
use serde_json::json;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The module that was built before this program, as the linker wrote it.
const LINKED: &[u8] = include_bytes!(env!("AUDITGATE_LINKED"));
/// The same without what only a policy with redaction rules of its own needs, and without what only a module that stays loaded gains from.
const LEAN: &[u8] = include_bytes!(env!("AUDITGATE_LEAN_LINKED"));

/// Make a module with a policy inside
///
/// The policy is compiled now and not when the module is loaded: the module looks for no file, is smaller, and loads faster.
/// `auditgate inspect` shows what is in it.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The policy
    #[arg(value_name = "POLICY")]
    policy: PathBuf,
    /// The module to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// For a Fluent Bit that loads the module once (4.1 and later): larger, and faster the more events it has seen
    #[arg(long)]
    long_lived: bool,
    /// How the result is written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let text = std::fs::read(&arguments.policy)
        .map_err(|error| Failure::file("cannot read the policy", &arguments.policy, &error))?;
    let name = arguments.policy.display().to_string();
    let policy =
        auditgate::policy::compile(&name, &text).map_err(|diagnostics| Failure::Policy(diagnostics.render()))?;
    if policy.hmac_key_reference().is_some() {
        let reason = "H007: a policy with `redact.hmac` needs its key at run time, which a module with a policy inside does not look for; help: ship it as `auditgate.yaml` beside the key";
        return Err(Failure::Failed(reason.to_owned()));
    }
    let linked = if policy.redact().is_own() || arguments.long_lived { LINKED } else { LEAN };
    let (module, policy) = auditgate_pack::bake(linked, &name, &text, false).map_err(|error| match error {
        BakeError::Policy(diagnostics) => Failure::Policy(diagnostics.render()),
        BakeError::Pack(error) => Failure::Failed(format!("the policy could not be put into the module: {error}")),
    })?;
    complain(format_args!("{}", policy.warnings().render()));
    replace(&arguments.output, &module).map_err(|error| Failure::file("cannot write", &arguments.output, &error))?;
    let (file, hash) = (arguments.output.display(), policy.hash());
    let hash = String::from_utf8_lossy(&hash);
    let result = match arguments.format {
        Format::Human => format!("{file}: {} bytes, policy {hash}\n", module.len()),
        Format::Json => {
            let version = env!("CARGO_PKG_VERSION");
            format!(
                "{}\n",
                json!({"file": file.to_string(), "bytes": module.len(), "policy": hash, "version": version})
            )
        }
    };
    io::stdout().write_all(result.as_bytes()).map_err(|error| Failure::output(&error))
}

/// Writes a file as a whole or not at all: Fluent Bit 3.1.9 reads the module for every chunk.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".unfinished");
    let unfinished = path.with_file_name(name);
    let result = std::fs::write(&unfinished, content).and_then(|()| std::fs::rename(&unfinished, path));
    if result.is_err() {
        // What is left of it, if anything, helps nobody.
        let _ = std::fs::remove_file(&unfinished);
    }
    result
}
