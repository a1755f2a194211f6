//! `auditgate inspect`: what a module says of itself.

use super::Format;
use crate::exit::Failure;
use auditgate_pack::{Interface, note};
use auditgate_runner::RunError;
use clap::Args;
use serde_json::json;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;

/// Show what a module is: its version, the policy inside, its exports and imports
#[derive(Args)]
pub(crate) struct Arguments {
    /// The module
    #[arg(value_name = "MODULE")]
    module: PathBuf,
    /// Only the text of the policy inside, byte for byte
    #[arg(long, conflicts_with = "format")]
    policy: bool,
    /// How the result is written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// What there is to say about a module.
struct Facts<'a> {
    version: &'a str,
    bytes: usize,
    /// Hash and text.
    policy: Option<(&'a str, &'a str)>,
    interface: Interface,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let path = &arguments.module;
    let module = std::fs::read(path).map_err(|error| Failure::file("cannot read", path, &error))?;
    let facts = Facts::of(&module).map_err(|reason| {
        let reason = reason.lines().next().unwrap_or_default();
        Failure::from(RunError::Module(format!("`{}`: {reason}", path.display())))
    })?;
    let text = match (arguments.policy, arguments.format) {
        (true, _) => match facts.policy {
            Some((_, text)) => text.to_owned(),
            None => return Err(Failure::Failed(format!("expected a policy inside `{}`, found none", path.display()))),
        },
        (false, Format::Human) => facts.human(),
        (false, Format::Json) => facts.json(),
    };
    io::stdout().write_all(text.as_bytes()).map_err(|error| Failure::output(&error))
}

impl<'a> Facts<'a> {
    fn of(module: &'a [u8]) -> Result<Self, String> {
        let interface = Interface::of(module).map_err(|error| error.to_string())?;
        let note = |name| -> Result<Option<&str>, String> {
            let found = note::find(module, name).map_err(|error| error.to_string())?;
            found.map(std::str::from_utf8).transpose().map_err(|_| format!("its section `{name}` is no text"))
        };
        let version = note(note::VERSION)?.ok_or_else(|| format!("a module without a section `{}`", note::VERSION))?;
        let policy = note(note::POLICY_HASH)?.zip(note(note::POLICY)?);
        Ok(Self { version, bytes: module.len(), policy, interface })
    }

    fn human(&self) -> String {
        let mut out = format!("version  {}\nbytes    {}\n", self.version, self.bytes);
        let hash = self.policy.map_or("none inside: a file's, or the built-in one", |(hash, _)| hash);
        let _ = writeln!(out, "policy   {hash}");
        for (heading, lines) in [("exports", &self.interface.exports), ("imports", &self.interface.imports)] {
            let mut heading = heading;
            for line in lines {
                let (_, what) = line.split_once(' ').unwrap_or_default();
                let _ = writeln!(out, "{heading:<8} {what}");
                heading = "";
            }
            if lines.is_empty() {
                let _ = writeln!(out, "{heading:<8} none");
            }
        }
        if let Some((_, text)) = self.policy {
            let _ = write!(out, "\n{text}");
            if !text.ends_with('\n') {
                out.push('\n');
            }
        }
        out
    }

    fn json(&self) -> String {
        let names = |lines: &std::collections::BTreeSet<String>| -> Vec<String> {
            lines.iter().filter_map(|line| Some(line.split_once(' ')?.1.to_owned())).collect()
        };
        let policy = self.policy.map(|(hash, text)| json!({"hash": hash, "text": text}));
        let (exports, imports) = (names(&self.interface.exports), names(&self.interface.imports));
        let facts = json!({"version": self.version, "bytes": self.bytes, "policy": policy, "exports": exports, "imports": imports});
        format!("{facts}\n")
    }
}
