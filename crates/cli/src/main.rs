//! `auditgate`, for people: results on standard output, everything else on standard error.

mod changes;
mod commands;
mod detections;
mod exit;
mod input;
mod lens;
mod place;
mod progress;
mod style;
mod table;
mod wanted;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Takes the secrets out of audit events and decides where each may go.
#[derive(Parser)]
#[command(name = "auditgate", version, about, disable_help_subcommand = true, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Init(commands::init::Arguments),
    Run(commands::run::Arguments),
    Check(commands::check::Arguments),
    Explain(commands::explain::Arguments),
    Test(commands::test::Arguments),
    Stats(commands::stats::Arguments),
    Demo(commands::demo::Arguments),
    Bake(commands::bake::Arguments),
    Inspect(commands::inspect::Arguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Init(arguments) => commands::init::run(&arguments),
        Command::Run(arguments) => commands::run::run(&arguments),
        Command::Check(arguments) => commands::check::run(&arguments),
        Command::Explain(arguments) => commands::explain::run(&arguments),
        Command::Test(arguments) => commands::test::run(&arguments),
        Command::Stats(arguments) => commands::stats::run(&arguments),
        Command::Demo(arguments) => commands::demo::run(&arguments),
        Command::Bake(arguments) => commands::bake::run(&arguments),
        Command::Inspect(arguments) => commands::inspect::run(&arguments),
    };
    exit::code(result)
}
