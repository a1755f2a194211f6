//! `auditgate init`: a policy, a test case for it, and the configuration that runs it, for a start.

mod destinations;
mod files;
mod sources;

use super::{FORMATS_MODULE, MODULE};
use crate::exit::{Failure, complain};
use auditgate_fluent_bit_check as fluent_bit;
use clap::{Args, ValueEnum};
use destinations::{DESTINATIONS, Destination, Role};
use files::{Answers, File, Platform};
use sources::Source;
use std::fs;
use std::io::{self, BufRead as _, IsTerminal as _};
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Write a policy, a test case and a configuration to start from
///
/// Asks for what no option says, if a person is there to answer. Writes nothing over. What it writes is checked first.
#[derive(Args)]
pub(crate) struct Arguments {
    /// What the events come from
    #[arg(long, value_enum)]
    source: Option<Source>,
    /// Where the events go
    #[arg(long, value_parser = destination_names())]
    destination: Option<String>,
    /// What runs the module
    #[arg(long, value_enum)]
    platform: Option<Platform>,
    /// Who delivers
    #[arg(long, value_enum, default_value_t = Role::Filter)]
    role: Role,
    /// The folder to write to; it is made
    #[arg(long, value_name = "FOLDER", default_value = "auditgate")]
    output: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let source = answer(arguments.source, "source", "What do the events come from?")?;
    let platform = answer(arguments.platform, "platform", "What runs the module?")?;
    let names = Destination::names(arguments.role);
    let name = match &arguments.destination {
        Some(name) => name.clone(),
        None => ask("destination", "Where do the events go?", &names)?,
    };
    let Some(destination) = DESTINATIONS.iter().find(|one| one.name == name && one.role == arguments.role) else {
        return Err(Failure::Failed(format!(
            "expected a destination of the output plugin, one of {}, found `{name}`",
            names.join(", ")
        )));
    };
    let answers = Answers { source, destination, platform };
    if destination.role == Role::Output && platform.configuration(destination).is_none() {
        return Err(Failure::Failed(String::from(
            "expected --platform fluent-bit or fluent-bit-classic beside `--role output`: the charts do not bring the plugin",
        )));
    }
    let written = files::of(answers, if destination.format.is_some() { FORMATS_MODULE } else { MODULE });
    check(&written, answers)?;
    write(&arguments.output, &written)?;
    complain(format_args!("{}", next(&arguments.output, answers)));
    Ok(())
}

/// Those of the output plugin are among them.
fn destination_names() -> Vec<&'static str> {
    Destination::names(Role::Filter)
}

/// What an option says, or a person.
fn answer<T: ValueEnum + Clone>(given: Option<T>, option: &str, question: &str) -> Result<T, Failure> {
    if let Some(given) = given {
        return Ok(given);
    }
    let names: Vec<String> = T::value_variants()
        .iter()
        .filter_map(ValueEnum::to_possible_value)
        .map(|value| value.get_name().to_owned())
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let name = ask(option, question, &names)?;
    T::from_str(&name, true).map_err(Failure::Failed)
}

/// Asks on the terminal; the first is taken if nothing is said.
fn ask(option: &str, question: &str, choices: &[&str]) -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::Failed(format!(
            "expected --{option}, one of {}; nobody is there to ask",
            choices.join(", ")
        )));
    }
    loop {
        complain(format_args!("{question}\n"));
        for (number, choice) in choices.iter().enumerate() {
            complain(format_args!("  {:>2}  {choice}\n", number + 1));
        }
        complain(format_args!("[1] "));
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        if !read.is_ok_and(|bytes| bytes > 0) {
            return Err(Failure::Failed(format!("expected an answer, or --{option}")));
        }
        let said = line.trim();
        let by_number = said.parse::<usize>().ok().and_then(|number| choices.get(number.wrapping_sub(1)));
        let chosen = if said.is_empty() {
            choices.first()
        } else {
            by_number.or(choices.iter().find(|choice| **choice == said))
        };
        if let Some(chosen) = chosen {
            return Ok((*chosen).to_owned());
        }
    }
}

/// What is written has to be right: the policy, and the configuration for Fluent Bit.
fn check(written: &[File], Answers { platform, destination, .. }: Answers<'_>) -> Result<(), Failure> {
    for file in written {
        let text = String::from_utf8_lossy(&file.content);
        if file.name == platform.policy() {
            auditgate::policy::compile(&file.name, &file.content).map_err(|found| Failure::Policy(found.render()))?;
        } else if platform.configuration(destination).is_some_and(|name| name == file.name) {
            let mut include = |name: &str| -> Vec<fluent_bit::Included> {
                let found = written.iter().find(|other| other.name == name);
                found
                    .map(|other| (name.to_owned(), String::from_utf8_lossy(&other.content).into_owned()))
                    .into_iter()
                    .collect()
            };
            let report = fluent_bit::check(&file.name, &text, None, &mut include);
            if !report.findings.is_empty() {
                return Err(Failure::Failed(format!("the configuration is not sound\n{}", report.render())));
            }
        }
    }
    Ok(())
}

fn write(folder: &Path, written: &[File]) -> Result<(), Failure> {
    for file in written {
        let path = folder.join(&file.name);
        if path.exists() {
            return Err(Failure::Failed(format!(
                "expected an empty place, found `{}`\n  help     name another folder by `--output`; nothing is written over",
                path.display()
            )));
        }
    }
    for file in written {
        let path = folder.join(&file.name);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|error| Failure::file("cannot make", parent, &error))?;
        fs::write(&path, &file.content).map_err(|error| Failure::file("cannot write", &path, &error))?;
        #[cfg(unix)]
        if file.is_script() {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
                .map_err(|error| Failure::file("cannot make executable", &path, &error))?;
        }
        complain(format_args!("wrote {}\n", path.display()));
    }
    Ok(())
}

/// What a person does next.
fn next(folder: &Path, Answers { source, platform, destination }: Answers<'_>) -> String {
    let folder = folder.display();
    let start = match platform {
        Platform::FluentBit | Platform::FluentBitClassic => format!(
            "  fill in {folder}/environment\n  cd {folder}; set -a; . ./environment; set +a; fluent-bit {}-c {}\n",
            if destination.role == Role::Output { "-e PATH/out_auditgate.so " } else { "" },
            platform.configuration(destination).unwrap_or_default()
        ),
        Platform::FluentLogshippingApp => {
            let values = files::chart_values_name(destination);
            let input = if source == Source::Kubernetes {
                format!("--values {folder}/values-audit-input.yaml ")
            } else {
                String::new()
            };
            format!(
                "  fill in {folder}/{values}\n  helm upgrade --install ... --values {folder}/values-auditgate.yaml {input}\\\n    \
                 --values {folder}/{values} --post-renderer {folder}/kustomize/post-render.sh\n"
            )
        }
        Platform::Helm => format!("  cd {folder}; values.yaml begins with the commands\n"),
    };
    format!("next:\n  auditgate run --policy {folder}/{} AUDIT_LOG     # what would leave\n{start}", platform.policy())
}
