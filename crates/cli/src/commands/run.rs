//! `auditgate run`: audit events in, what may leave of them out, without Fluent Bit.

use super::deliver::{Delivery, property};
use super::summary::Summary;
use super::{EngineChoice, Format as SummaryForm, compile, runner};
use crate::exit::{Failure, complain};
use crate::input::{Input, is_object, wrap};
use crate::progress::Progress;
use crate::style::Style;
use auditgate::format::{Format, Item, Options, write};
use auditgate::gather::{Gather, Origin};
use auditgate_runner::{Context, Runner};
use clap::Args;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

const BUFFER_BYTES: usize = 256 * 1024;

/// Run audit events through auditgate, without Fluent Bit
///
/// Reads one event a line and writes what may leave of it, one event a line. A line that is no JSON object becomes a record
/// with the line under `log`, as Fluent Bit's tail input makes it without a parser. A list of events becomes its events, and records that belong
/// together become one where the policy says `join`. A summary goes to standard error.
/// With `--to`, events are delivered instead, as the output plugin does it: until the receiver has them, or the policy's
/// `retry` gives up. Ends with 1 if some went to the quarantine.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The policy; without one everything in the catalogue is redacted and nothing is dropped
    #[arg(short, long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The destination of the policy that the events are delivered to; without it, or with `-`, they go to standard output
    #[arg(long, value_name = "NAME")]
    to: Option<String>,
    /// A property of the destination, instead of what the policy says; docs/output.md lists them
    #[arg(long, value_name = "NAME=VALUE", value_parser = property, requires = "to")]
    set: Vec<(String, String)>,
    /// What runs the events
    #[arg(long, value_enum, default_value_t = EngineChoice::Wasm, conflicts_with = "to")]
    engine: EngineChoice,
    /// Another module than the one inside this program
    #[arg(long, value_name = "FILE", conflicts_with_all = ["engine", "to"])]
    module: Option<PathBuf>,
    /// Put every line under `log`, JSON or not
    #[arg(long)]
    raw_lines: bool,
    /// The tag that events carry
    #[arg(long, default_value = "audit")]
    tag: String,
    /// The time of all events, in seconds since 1970, instead of now
    #[arg(long, value_name = "SECONDS")]
    time: Option<u32>,
    /// Without `--to`, which has a form of its own: the form in which events are written, one a line: native, raw, ecs, ocsf, cef, leef, sentinel, splunk_hec, es_bulk (two
    /// lines), loki, otlp, gelf, syslog, syslog_3164, datadog; or what wraps and what is wrapped, as in syslog+cef
    #[arg(short, long, value_name = "FORMAT", default_value = "native", value_parser = format, conflicts_with = "to")]
    format: Format,
    /// How the summary is written
    #[arg(long, value_enum, default_value_t = SummaryForm::Human)]
    summary: SummaryForm,
    /// No summary and no progress
    #[arg(short, long)]
    quiet: bool,
    /// Files of events; `-` is standard input, as is no file at all
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

fn format(name: &str) -> Result<Format, String> {
    Format::from_name(name).ok_or_else(|| {
        let known = Format::names().collect::<Vec<_>>().join(", ");
        format!("expected one of {known}, or two such as `syslog+cef`")
    })
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    if let Some(to) = arguments.to.as_deref().filter(|to| *to != "-") {
        return deliver(to, arguments);
    }
    let mut runner = runner(arguments.engine, arguments.module.as_deref(), arguments.policy.as_deref())?;
    let (inputs, mut progress) = open(arguments)?;
    let join = arguments.policy.as_deref().map(compile).transpose()?.map(|policy| policy.join());
    let mut gather = Gather::new(join.unwrap_or_default());
    let result = pump(arguments, &mut runner, &mut gather, inputs, &mut progress);
    progress.finish();
    complain(format_args!("{}", runner.take_messages()));
    if !arguments.quiet && result.is_ok() {
        let engine = if arguments.engine == EngineChoice::Native { "native" } else { "wasm" };
        let report = runner.report();
        let summary = Summary { report: &report, gathered: gather.gathered(), time: Some(progress.elapsed()), engine };
        let text = if arguments.summary == SummaryForm::Json {
            summary.json()
        } else {
            summary.human(Style::of(&io::stderr()))
        };
        complain(format_args!("{text}"));
    }
    result
}

/// Delivers events to a destination.
fn deliver(to: &str, arguments: &Arguments) -> Result<(), Failure> {
    let mut delivery = Delivery::start(to, arguments.policy.as_deref(), &arguments.set)?;
    let (inputs, mut progress) = open(arguments)?;
    let taken =
        each_record(arguments, inputs, &mut progress, |record, now| delivery.take(context(arguments), record, now));
    progress.finish();
    taken?;
    delivery.finish(arguments.tag.as_bytes(), (!arguments.quiet).then_some(arguments.summary))
}

/// Opens all inputs, so that a mistyped name is found before the first event leaves.
fn open(arguments: &Arguments) -> Result<(Vec<Input>, Progress), Failure> {
    let standard_input = [PathBuf::from("-")];
    let files = if arguments.files.is_empty() { &standard_input } else { arguments.files.as_slice() };
    let inputs = files.iter().map(|file| Input::open(file)).collect::<Result<Vec<_>, _>>()?;
    let total_bytes = inputs.iter().map(|input| input.bytes).sum();
    Ok((inputs, Progress::start(total_bytes, !arguments.quiet)))
}

/// Moves events from the inputs to standard output.
fn pump(
    arguments: &Arguments,
    runner: &mut Runner,
    gather: &mut Gather,
    inputs: Vec<Input>,
    progress: &mut Progress,
) -> Result<(), Failure> {
    let mut output = Output::new(arguments, runner);
    let mut index = 0;
    each_record(arguments, inputs, progress, |record, now| {
        let context = context(arguments);
        let origin = Origin { index, seconds: context.seconds, nanoseconds: context.nanoseconds };
        index += 1;
        if !gather.take(origin, record) {
            output.write(origin, record)?;
        }
        output.write_gathered(gather)?;
        if now { output.flush() } else { Ok(()) }
    })?;
    gather.finish();
    output.write_gathered(gather)?;
    output.flush()
}

/// Standard output, and what stands in front of it.
struct Output<'a> {
    arguments: &'a Arguments,
    runner: &'a mut Runner,
    options: Options,
    formatted: Vec<u8>,
    to: BufWriter<io::StdoutLock<'static>>,
}

impl<'a> Output<'a> {
    fn new(arguments: &'a Arguments, runner: &'a mut Runner) -> Self {
        let to = BufWriter::with_capacity(BUFFER_BYTES, io::stdout().lock());
        Self { arguments, runner, options: Options::default(), formatted: Vec::new(), to }
    }

    /// Writes what may leave of a record.
    fn write(&mut self, origin: Origin, record: &[u8]) -> Result<(), Failure> {
        let Origin { seconds, nanoseconds, .. } = origin;
        let tag = self.arguments.tag.as_bytes();
        let Some(event) = self.runner.process(Context { tag, seconds, nanoseconds }, record)? else { return Ok(()) };
        self.formatted.clear();
        let item = Item { event, tag, seconds: seconds.into(), nanoseconds };
        write(self.arguments.format, &item, &self.options, &mut self.formatted);
        self.formatted.push(b'\n');
        self.to.write_all(&self.formatted).map_err(|error| Failure::output(&error))
    }

    fn write_gathered(&mut self, gather: &mut Gather) -> Result<(), Failure> {
        while let Some((origin, record)) = gather.pop() {
            self.write(origin, &record)?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.to.flush().map_err(|error| Failure::output(&error))
    }
}

/// Hands over every record, and whether somebody may wait for what comes of it: behind a terminal or a pipe nobody knows when the next comes.
fn each_record(
    arguments: &Arguments,
    inputs: Vec<Input>,
    progress: &mut Progress,
    mut take: impl FnMut(&[u8], bool) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (mut line, mut wrapped) = (Vec::new(), Vec::new());
    let (mut events, mut bytes_in) = (0, 0);
    for mut input in inputs {
        let is_live = input.bytes.is_none();
        while input.read_line(&mut line)? {
            let record = if arguments.raw_lines || !is_object(&line) {
                wrap(&line, &mut wrapped);
                &wrapped
            } else {
                &line
            };
            take(record, is_live && input.is_drained())?;
            events += 1;
            bytes_in += line.len() as u64 + 1;
            progress.show(events, bytes_in);
        }
    }
    Ok(())
}

fn context(arguments: &Arguments) -> Context<'_> {
    let tag = arguments.tag.as_bytes();
    match arguments.time {
        Some(seconds) => Context { tag, seconds, nanoseconds: 0 },
        None => {
            // A clock before 1970 or after 2106 is a clock that is wrong.
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            Context { tag, seconds: u32::try_from(now.as_secs()).unwrap_or_default(), nanoseconds: now.subsec_nanos() }
        }
    }
}
