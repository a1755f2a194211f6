//! `auditgate run --to`: delivers to a destination of the policy, with the code that the output plugin runs in Fluent Bit.

use super::Format;
use crate::exit::{Failure, complain};
use auditgate::deliver::Kind;
use auditgate_deliver::{Level, Plan, PlanError, Section, Verdict};
use auditgate_runner::Context;
use std::path::Path;

/// What is handed over at once; Fluent Bit's chunks have as many.
const MAX_CHUNK_BYTES: usize = 2 << 20;

/// A property of the destination, as it is typed.
pub(super) fn property(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Events on their way to one destination.
pub(super) struct Delivery {
    section: Section,
    quarantine: String,
    /// What standard output does not take now, it never takes.
    is_stdout: bool,
    /// Records that wait, one a line, and the time of the first.
    lines: Vec<u8>,
    time: (u32, u32),
}

impl Delivery {
    pub(super) fn start(to: &str, policy: Option<&Path>, properties: &[(String, String)]) -> Result<Self, Failure> {
        let mut section = vec![("destination".to_owned(), to.to_owned())];
        section.extend(policy.map(|path| ("policy".to_owned(), path.display().to_string())));
        section.extend(properties.iter().cloned());
        let plan = Plan::new(&section).map_err(|error| match error {
            PlanError::Failed(error) => Failure::Failed(error.to_string()),
            invalid => Failure::Policy(format!("{invalid}\n")),
        })?;
        let quarantine = plan.settings().text("quarantine").unwrap_or_default().to_owned();
        let is_stdout = plan.settings().kind == Kind::Stdout;
        let section = Section::start(plan).map_err(|error| Failure::Failed(error.to_string()))?;
        let delivery = Self { section, quarantine, is_stdout, lines: Vec::new(), time: (0, 0) };
        delivery.speak();
        Ok(delivery)
    }

    /// Takes a record; `now` says that nobody knows when the next one comes.
    pub(super) fn take(&mut self, context: Context<'_>, record: &[u8], now: bool) -> Result<(), Failure> {
        if self.lines.is_empty() {
            self.time = (context.seconds, context.nanoseconds);
        }
        self.lines.extend_from_slice(record);
        self.lines.push(b'\n');
        if now || self.lines.len() >= MAX_CHUNK_BYTES {
            self.send(context.tag)?;
        }
        Ok(())
    }

    /// Delivers what waits, and tries until nothing is left of it: how often, the destination's `retry` says.
    fn send(&mut self, tag: &[u8]) -> Result<(), Failure> {
        let mut attempts = 0;
        while self.section.deliver_lines(tag, &self.lines, self.time) == Verdict::Again {
            self.speak();
            if self.is_stdout {
                return Err(Failure::Failed("cannot write to standard output".into()));
            }
            attempts += 1;
            std::thread::sleep(self.section.pause(attempts));
        }
        self.speak();
        self.lines.clear();
        Ok(())
    }

    /// Delivers the last ones.
    ///
    /// # Errors
    /// Some went to the quarantine.
    pub(super) fn finish(mut self, tag: &[u8], summary: Option<Format>) -> Result<(), Failure> {
        if !self.lines.is_empty() {
            self.send(tag)?;
        }
        let counters = self.section.counters();
        match summary {
            Some(Format::Human) => complain(format_args!("{}\n", self.section.summary())),
            Some(Format::Json) => {
                let counters: serde_json::Map<_, _> =
                    counters.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
                complain(format_args!("{}\n", serde_json::Value::Object(counters)));
            }
            None => {}
        }
        match counters.iter().find(|(name, _)| *name == "events_quarantined_total") {
            Some((_, quarantined @ 1..)) => {
                let message = format!("{quarantined} events were not delivered; they are in `{}`", self.quarantine);
                Err(Failure::Failed(message))
            }
            _ => Ok(()),
        }
    }

    fn speak(&self) {
        for (level, message) in self.section.take_messages() {
            let level = match level {
                Level::Error => "error: ",
                Level::Warning => "warning: ",
                Level::Info => "",
            };
            complain(format_args!("{level}{message}\n"));
        }
    }
}
