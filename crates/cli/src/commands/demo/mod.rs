//! `auditgate demo`: real audit events, before and after, for a person to look at.

mod excerpt;
mod fluent_bit;

use super::summary::Summary;
use super::{EngineChoice, runner};
use crate::changes::{Change, changes};
use crate::exit::Failure;
use crate::style::{Style, counted};
use auditgate_generate::{Generator, Options, Profile};
use auditgate_runner::{Context, Report};
use clap::Args;
use excerpt::excerpts;
use serde_json::Value;
use std::io::{self, Write};

/// Events that a real API server wrote; tests/corpus/README.md names their source and licence.
const CORPUS: &str = include_str!("../../../../../tests/corpus/kubernetes/falco-traces.jsonl");
/// Events that are made up, with planted secrets: the real ones hold few kinds.
const MADE_UP: u64 = 200;
/// Events of either sort that are shown, and changes of each.
const REAL_SHOWN: usize = 2;
const MADE_UP_SHOWN: usize = 5;
const CHANGES_SHOWN: usize = 3;

/// Show what auditgate takes out of real audit events
///
/// Runs 51 events that a Kubernetes API server wrote, and some that are made up, through Fluent Bit with the module inside, if
/// FLUENT_BIT or the PATH names one, and through the module alone otherwise. Prints some of them before and after.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Leave Fluent Bit out
    #[arg(long)]
    embedded: bool,
}

/// What came back, in the order of the corpus.
struct Results {
    lines: Vec<String>,
    /// What ran the events, for the heading.
    heading: String,
    /// The same in a word or two.
    engine: String,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let real: Vec<&str> = CORPUS.lines().collect();
    let made_up = make_up()?;
    let events: Vec<&str> = real.iter().copied().chain(made_up.iter().map(String::as_str)).collect();
    let found = if arguments.embedded { None } else { fluent_bit::find()? };
    let results = match found {
        Some(fluent_bit) => fluent_bit.run(&events)?,
        None => embedded(&events)?,
    };
    let mut report = Report::default();
    for (before, after) in events.iter().zip(&results.lines) {
        report.count_record(before.len(), after.as_bytes());
    }
    let mut out = io::stdout().lock();
    let style = Style::of(&out);
    let summary = Summary { report: &report, gathered: Default::default(), time: None, engine: &results.engine };
    show(&mut out, style, &events, real.len(), &results)
        .and_then(|()| out.write_all(summary.human(style).as_bytes()))
        .map_err(|error| Failure::output(&error))
}

fn make_up() -> Result<Vec<String>, Failure> {
    let options = Options { events: MADE_UP, seed: 1, profile: Profile::Secrets, ..Options::default() };
    let generator = Generator::new(options).map_err(|error| Failure::Failed(error.to_string()))?;
    Ok(generator.map(|event| event.json).collect())
}

/// The module in this program's own runner.
fn embedded(events: &[&str]) -> Result<Results, Failure> {
    let mut runner = runner(EngineChoice::Wasm, None, None)?;
    let context = Context { tag: b"audit.demo", seconds: 0, nanoseconds: 0 };
    let mut lines = Vec::new();
    for event in events {
        let answer = runner.process(context, event.as_bytes())?.unwrap_or_default();
        lines.push(String::from_utf8_lossy(answer).into_owned());
    }
    let heading = "auditgate.wasm in this program (no Fluent Bit: set FLUENT_BIT to one to see it there)".into();
    Ok(Results { lines, heading, engine: "auditgate.wasm".into() })
}

/// Prints some events, each with the lines that changed.
fn show(out: &mut impl Write, style: Style, events: &[&str], real: usize, results: &Results) -> io::Result<()> {
    writeln!(out, "{} {}", style.bold("through"), results.heading)?;
    let mut pairs = events.iter().zip(&results.lines).map(|(before, after)| Pair::of(before, after));
    let heading = format!("{} of a Kubernetes API server", counted(real as u64, "real audit event"));
    show_some(out, style, &heading, pairs.by_ref().take(real), REAL_SHOWN)?;
    let heading = format!("{} with planted secrets", counted((events.len() - real) as u64, "made-up event"));
    show_some(out, style, &heading, pairs, MADE_UP_SHOWN)?;
    writeln!(out)
}

/// An event, and what left of it.
struct Pair {
    title: String,
    changes: Vec<Shown>,
}

/// A change as it is printed.
struct Shown {
    path: String,
    before: String,
    after: Option<String>,
}

impl Pair {
    fn of(before: &str, after: &str) -> Option<Self> {
        let (before, after) = (serde_json::from_str::<Value>(before).ok()?, serde_json::from_str::<Value>(after).ok()?);
        let shown = |change: Change<'_>| {
            let (before, after) = excerpts(&excerpt::shown(change.before), change.after.map(excerpt::shown));
            Shown { path: change.path, before, after }
        };
        Some(Self { title: title(&before), changes: changes(&before, &after).into_iter().map(shown).collect() })
    }

    /// Events with the same kind are as good as one another.
    fn kind(&self) -> &str {
        self.title.split('/').next().unwrap_or_default()
    }
}

fn show_some(
    out: &mut impl Write,
    style: Style,
    heading: &str,
    pairs: impl Iterator<Item = Option<Pair>>,
    limit: usize,
) -> io::Result<()> {
    writeln!(out, "\n{}", style.bold(heading))?;
    let mut shown: Vec<Pair> = Vec::new();
    for pair in pairs.flatten().filter(|pair| !pair.changes.is_empty()) {
        let is_new = shown.iter().all(|other| other.kind() != pair.kind());
        if is_new && shown.len() < limit {
            shown.push(pair);
        }
    }
    for Pair { title, changes } in &shown {
        writeln!(out, "\n  {title}")?;
        for change in changes.iter().take(CHANGES_SHOWN) {
            writeln!(out, "    {}", style.dim(&change.path))?;
            writeln!(out, "      {}", style.red(&format!("- {}", change.before)))?;
            let after = change.after.as_deref().unwrap_or("(taken out)");
            writeln!(out, "      {}", style.green(&format!("+ {after}")))?;
        }
        if changes.len() > CHANGES_SHOWN {
            writeln!(out, "    {}", style.dim(&format!("and {} more", changes.len() - CHANGES_SHOWN)))?;
        }
    }
    Ok(())
}

/// `create secrets/db in production, by jane`
pub(crate) fn title(event: &Value) -> String {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
    let mut title = text("/verb").unwrap_or("(no verb)").to_owned();
    match text("/objectRef/resource") {
        Some(resource) => title += &format!(" {resource}"),
        None => title += &format!(" {}", text("/requestURI").unwrap_or_default()),
    }
    for (before, pointer) in [
        ("/", "/objectRef/name"),
        ("/", "/objectRef/subresource"),
        (" in ", "/objectRef/namespace"),
        (", by ", "/user/username"),
    ] {
        if let Some(part) = text(pointer) {
            title += before;
            title += part;
        }
    }
    title
}
