//! `auditgate check`: whether a policy is right, and what deserves a look although it is.

mod cover;
mod fluent_bit;
mod warnings;

use super::{Format, print};
use crate::exit::{Failure, complain};
use crate::style::{Style, counted};
use auditgate::deliver::{Problem, Settings};
use auditgate::policy::{Code, Destination, Diagnostic, Diagnostics, Policy, Severity, compile};
use clap::Args;
use serde_json::{Value, json};
use std::io;
use std::path::{Path, PathBuf};

/// Check a policy, or a configuration of Fluent Bit
///
/// Errors and warnings go to standard error, each with a stable code, its place and what to do. Warns of rules that never
/// decide, of destinations that nothing is sent to, of secrets that are left in, and of rules that hide what well-known
/// detections read. Ends with 3 if the policy is invalid.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The policy
    #[arg(value_name = "POLICY", required_unless_present = "fluent_bit")]
    policy: Option<PathBuf>,
    /// A configuration of Fluent Bit: what in it would let events pass raw, or lose them; ends with 1 if there is such
    #[arg(long, value_name = "FILE", conflicts_with = "policy")]
    fluent_bit: Option<PathBuf>,
    /// The Fluent Bit that will run it, such as 5.1.1
    #[arg(long, value_name = "VERSION", requires = "fluent_bit")]
    fluent_bit_version: Option<fluent_bit::Version>,
    /// How the result is written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// End with 4 if there is a warning
    #[arg(long)]
    deny_warnings: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    match (&arguments.fluent_bit, &arguments.policy) {
        (Some(file), _) => {
            fluent_bit::run(file, arguments.fluent_bit_version, arguments.format, arguments.deny_warnings)
        }
        (None, Some(policy)) => check(policy, arguments),
        // The command line's grammar asks for one of them.
        (None, None) => Ok(()),
    }
}

fn check(path: &Path, arguments: &Arguments) -> Result<(), Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::file("cannot read the policy", path, &error))?;
    let name = path.display().to_string();
    let policy = match compile(&name, &bytes) {
        Ok(policy) => policy,
        Err(found) => {
            if arguments.format == Format::Json {
                print(&format!("{}\n", json!({"valid": false, "findings": findings(&found)})))?;
            }
            return Err(Failure::Policy(found.render()));
        }
    };
    let undeliverable = undeliverable(&policy);
    if !undeliverable.is_empty() {
        let found = Diagnostics::new(&name, &String::from_utf8_lossy(&bytes), undeliverable);
        if arguments.format == Format::Json {
            print(&format!("{}\n", json!({"valid": false, "findings": findings(&found)})))?;
        }
        return Err(Failure::Policy(found.render()));
    }
    let mut items = policy.warnings().items().to_vec();
    items.extend(warnings::warnings(&policy)?);
    let text = String::from_utf8_lossy(&bytes);
    let found = Diagnostics::new(&name, &text, items);
    complain(format_args!("{}", found.render()));
    match arguments.format {
        Format::Human => print(&human(&policy, &found, Style::of(&io::stdout())))?,
        Format::Json => print(&format!("{}\n", machine(&policy, &found)))?,
    }
    if arguments.deny_warnings && !found.is_empty() { Err(Failure::Expectation) } else { Ok(()) }
}

/// What keeps the output role from delivering to destinations that have a type.
fn undeliverable(policy: &Policy) -> Vec<Diagnostic> {
    let of_destination = |(index, destination): (usize, &Destination)| {
        let (path, at) = (format!("destinations[{index}]"), destination.at);
        let problems = Settings::of_destination(destination).and_then(Result::err).unwrap_or_default();
        problems.into_iter().map(move |Problem { code, message, help }| {
            let found = Diagnostic::warning(Code::Undeliverable, at, path.clone(), format!("{code}: {message}"), help);
            Diagnostic { severity: Severity::Error, ..found }
        })
    };
    policy.destinations().iter().enumerate().flat_map(of_destination).collect()
}

fn human(policy: &Policy, found: &Diagnostics, style: Style) -> String {
    let names: Vec<&str> = policy.destinations().iter().map(|destination| destination.name.as_str()).collect();
    let verdict = match found.items().len() {
        0 => style.green("valid").to_string(),
        warnings => format!("{}, {}", style.green("valid"), counted(warnings as u64, "warning")),
    };
    format!(
        "{verdict}: policy {}, {}, {}: {}\n",
        String::from_utf8_lossy(&policy.hash()),
        counted(policy.rules().len() as u64, "rule"),
        counted(names.len() as u64, "destination"),
        names.join(", ")
    )
}

fn machine(policy: &Policy, found: &Diagnostics) -> Value {
    let rules: Vec<&str> = policy.rules().iter().map(|rule| rule.name.as_str()).collect();
    let destinations: Vec<&str> = policy.destinations().iter().map(|destination| destination.name.as_str()).collect();
    json!({
        "valid": true,
        "policy": String::from_utf8_lossy(&policy.hash()),
        "rules": rules,
        "destinations": destinations,
        "findings": findings(found),
    })
}

/// The findings as the engine writes them.
fn findings(found: &Diagnostics) -> Value {
    serde_json::from_str(&found.to_json()).unwrap_or_default()
}
