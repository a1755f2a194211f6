//! What a run came to.

use crate::progress::speed;
use crate::style::{Style, bytes, counted, grouped};
use auditgate::gather::Gathered;
use auditgate_runner::Report;
use std::fmt::{self, Write};
use std::time::Duration;

/// Error codes of events that a person may meet here, in words.
const ERRORS: [(&str, &str); 8] = [
    ("E001", "not JSON, or cut"),
    ("E002", "JSON, but no object"),
    ("E003", "nested too deeply"),
    ("E004", "larger than the policy's limit"),
    ("E005", "the policy is invalid"),
    ("E006", "names its resource twice"),
    ("E090", "could not be handed over"),
    ("E091", "msgpack instead of JSON"),
];

pub(crate) struct Summary<'a> {
    pub(crate) report: &'a Report,
    /// Lists that were taken apart, and records that were put together.
    pub(crate) gathered: Gathered,
    /// How long it took, if that says something.
    pub(crate) time: Option<Duration>,
    /// What ran the events.
    pub(crate) engine: &'a str,
}

impl Summary<'_> {
    /// For people.
    pub(crate) fn human(&self, style: Style) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_human(&mut out, style);
        out
    }

    fn write_human(&self, out: &mut String, style: Style) -> fmt::Result {
        let report = self.report;
        let dropped: u64 = report.dropped.values().sum();
        let events = counted(report.events, "event");
        write!(out, "{} in, {} out", style.bold(&events), grouped(report.events - dropped))?;
        let redactions = counted(report.redactions, "redaction");
        writeln!(out, ", {}", style.bold(&redactions))?;
        let Gathered { lists, listed, joined, apart } = self.gathered;
        if lists > 0 {
            writeln!(out, "  {} taken apart into {}", counted(lists.into(), "list"), counted(listed.into(), "event"))?;
        }
        if joined > 0 {
            writeln!(out, "  {} put into another", counted(joined.into(), "record"))?;
        }
        if apart > 0 {
            writeln!(out, "  {} waited for others in vain", counted(apart.into(), "record"))?;
        }
        for (rule, count) in &report.dropped {
            writeln!(out, "  {} dropped by rule `{rule}`", grouped(*count))?;
        }
        for (code, count) in &report.errors {
            let meaning = ERRORS.iter().find(|(known, _)| known == code).map_or("", |(_, meaning)| meaning);
            let line = format!("{} left as placeholders: {code} {meaning}", grouped(*count));
            writeln!(out, "  {}", style.red(line.trim_end()))?;
        }
        if report.traps > 0 {
            let line = format!("the module stopped {} and was started again", counted(report.traps, "time"));
            writeln!(out, "  {}", style.red(&line))?;
        }
        let (came, left) = (bytes(report.bytes_in), bytes(report.bytes_out));
        let speed = self.time.map(|time| format!(", {:.2} s, {}", time.as_secs_f64(), speed(report.bytes_in, time)));
        let line = format!("{came} in, {left} out{} ({})", speed.unwrap_or_default(), self.engine);
        writeln!(out, "  {}", style.dim(&line))
    }

    /// For programs: one JSON object.
    pub(crate) fn json(&self) -> String {
        let report = self.report;
        let map = |counts: &std::collections::BTreeMap<String, u64>| {
            let members: Vec<String> = counts.iter().map(|(name, count)| format!("{}:{count}", quoted(name))).collect();
            format!("{{{}}}", members.join(","))
        };
        format!(
            "{{\"events\":{},\"redactions\":{},\"dropped\":{},\"errors\":{},\"traps\":{},\"lists\":{},\"listed\":{},\"joined\":{},\"apart\":{},\"bytes_in\":{},\"bytes_out\":{},\"seconds\":{:.6},\"engine\":{}}}\n",
            report.events,
            report.redactions,
            map(&report.dropped),
            map(&report.errors),
            report.traps,
            self.gathered.lists,
            self.gathered.listed,
            self.gathered.joined,
            self.gathered.apart,
            report.bytes_in,
            report.bytes_out,
            self.time.unwrap_or_default().as_secs_f64(),
            quoted(self.engine),
        )
    }
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            control if control < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
