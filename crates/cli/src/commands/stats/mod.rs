//! `auditgate stats`: what a log is made of, and what a policy would take off it.

mod collect;
mod page;

use super::{Format, compile, print};
use crate::exit::{Failure, complain};
use crate::input::{Input, is_object, wrap};
use crate::lens::Lens;
use crate::progress::Progress;
use crate::style::{Style, bytes, grouped};
use crate::table::{Side, Table};
use auditgate::policy::Policy;
use clap::Args;
use collect::{Counts, Flow, GROUPINGS, Names};
use serde_json::{Map, Value, json};
use std::io;
use std::path::PathBuf;

/// Show what a log is made of, and what a policy would take off
///
/// Counts events and bytes by rule, verb, resource, user, level and size, before and behind the policy. Bytes are those of the
/// events as JSON, one a line; what leaves has the redactions and the `auditgate` map in it.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The policy; without one nothing is dropped, and everything in the catalogue is redacted
    #[arg(short, long, value_name = "POLICY")]
    policy: Option<PathBuf>,
    /// Write a page with charts, which needs nothing but a browser
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// How many rows a table has
    #[arg(long, default_value_t = 10, value_name = "ROWS")]
    top: usize,
    /// The tag that events carry
    #[arg(long, default_value = "audit")]
    tag: String,
    /// How the result is written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// No progress
    #[arg(short, long)]
    quiet: bool,
    /// Files of events; `-` is standard input, as is no file at all
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let policy = arguments.policy.as_deref().map_or_else(|| Ok(Policy::builtin()), compile)?;
    let mut lens = Lens::new(policy);
    let standard_input = [PathBuf::from("-")];
    let files = if arguments.files.is_empty() { &standard_input } else { arguments.files.as_slice() };
    let inputs = files.iter().map(|file| Input::open(file)).collect::<Result<Vec<_>, _>>()?;
    let total_bytes = inputs.iter().map(|input| input.bytes).sum();
    let mut progress = Progress::start(total_bytes, !arguments.quiet);
    let counts = count(arguments, &mut lens, inputs, &mut progress);
    progress.finish();
    let counts = counts?;
    let tables: Vec<(&str, Vec<(String, Flow)>)> =
        GROUPINGS.iter().enumerate().map(|(index, name)| (*name, counts.rows(index, arguments.top))).collect();
    if let Some(path) = &arguments.html {
        let policy = arguments.policy.as_ref().map(|path| path.display().to_string());
        let text = page::page(policy.as_deref(), &counts.all, &tables);
        std::fs::write(path, text).map_err(|error| Failure::file("cannot write", path, &error))?;
        complain(format_args!("written: {}\n", path.display()));
    }
    match arguments.format {
        Format::Human => print(&human(&counts.all, &tables, Style::of(&io::stdout()))),
        Format::Json => print(&format!("{}\n", machine(lens.policy(), &counts.all, &tables))),
    }
}

fn count(
    arguments: &Arguments,
    lens: &mut Lens,
    inputs: Vec<Input>,
    progress: &mut Progress,
) -> Result<Counts, Failure> {
    let mut counts = Counts::default();
    let (mut line, mut wrapped) = (Vec::new(), Vec::new());
    let mut bytes_in = 0;
    for mut input in inputs {
        while input.read_line(&mut line)? {
            let record = if is_object(&line) {
                &line
            } else {
                wrap(&line, &mut wrapped);
                &wrapped
            };
            let seen = lens.look(&arguments.tag, record, |policy, attributes, level| {
                Names::of(policy.decide(attributes).rule, attributes, level)
            });
            bytes_in += line.len() as u64 + 1;
            if let Some(seen) = seen {
                counts.add(seen.noted, line.len() as u64, seen.left.map(|left| left.len() as u64));
            }
            progress.show(counts.all.came.events, bytes_in);
        }
    }
    Ok(counts)
}

/// What a policy takes off, in percent.
fn taken(before: u64, after: u64) -> f64 {
    if before == 0 { 0.0 } else { 100.0 - 100.0 * after as f64 / before as f64 }
}

/// What becomes of a volume, in percent: `-62.0 %`; small events may grow.
fn change(before: u64, after: u64) -> String {
    let change = -taken(before, after);
    if change.abs() < 0.05 { "-".into() } else { format!("{change:+.1} %") }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { 100.0 * part as f64 / whole as f64 }
}

fn human(all: &Flow, tables: &[(&str, Vec<(String, Flow)>)], style: Style) -> String {
    let mut out = String::new();
    for (what, before, after, shown) in [
        ("events", all.came.events, all.left.events, grouped as fn(u64) -> String),
        ("bytes", all.came.bytes, all.left.bytes, bytes),
    ] {
        let change = change(before, after);
        out.push_str(&format!("{what:<7}{} in, {} out, {}\n", shown(before), shown(after), style.bold(&change)));
    }
    for (name, rows) in tables {
        let mut table = Table::new(&[
            (name, Side::Left),
            ("events", Side::Right),
            ("share", Side::Right),
            ("bytes", Side::Right),
            ("share", Side::Right),
            ("events out", Side::Right),
            ("bytes out", Side::Right),
        ]);
        for (name, flow) in rows {
            table.row(vec![
                name.clone(),
                grouped(flow.came.events),
                format!("{:.1} %", share(flow.came.events, all.came.events)),
                bytes(flow.came.bytes),
                format!("{:.1} %", share(flow.came.bytes, all.came.bytes)),
                change(flow.came.events, flow.left.events),
                change(flow.came.bytes, flow.left.bytes),
            ]);
        }
        out.push('\n');
        out.push_str(&table.render(style, ""));
    }
    out
}

fn machine(policy: &Policy, all: &Flow, tables: &[(&str, Vec<(String, Flow)>)]) -> Value {
    let numbers = |flow: &Flow| {
        json!({
            "events": flow.came.events, "bytes": flow.came.bytes,
            "events_out": flow.left.events, "bytes_out": flow.left.bytes,
        })
    };
    let mut by = Map::new();
    for (name, rows) in tables {
        let rows = rows.iter().map(|(name, flow)| {
            let mut row = numbers(flow);
            if let Some(members) = row.as_object_mut() {
                members.shift_insert(0, "name".into(), name.as_str().into());
            }
            row
        });
        by.insert((*name).into(), rows.collect());
    }
    json!({"policy": String::from_utf8_lossy(&policy.hash()), "all": numbers(all), "by": by})
}
