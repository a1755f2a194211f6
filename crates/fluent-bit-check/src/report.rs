//! What was found: codes that stay, with their reason and what to do.

use crate::configuration::Place;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Events pass raw, or all of them are lost.
    Error,
    /// Events are lost in an outage, at a crash, or when they are large.
    Warning,
}

/// One trap.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Stable, never reused.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    pub(crate) place: Place,
    /// What is there.
    pub message: String,
}

/// All that was found, the worst first.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// In the order of severity, file and line.
    pub findings: Vec<Finding>,
}

/// A code: its severity, why it matters, and what to do.
pub type Code = (&'static str, Severity, &'static str, &'static str);

/// Every code.
pub const CODES: [Code; 20] = [
    ("F001", Severity::Error, "a configuration that cannot be read cannot be judged", "mend it, and check again"),
    (
        "F002",
        Severity::Error,
        "these records leave as they came in, secrets and all",
        "run the module on them: as a processor of the input, or as a [FILTER] that matches their tag; or give the output another `match`",
    ),
    (
        "F003",
        Severity::Error,
        "Fluent Bit before 4.1 passes every record raw when the module cannot be loaded, and only the stamp tells which passed it",
        "put a `grep` filter behind the module: Regex $auditgate['policy'] ^[0-9a-f]+$; or let outputs match routed tags only",
    ),
    (
        "F004",
        Severity::Error,
        "an output with workers (es, splunk and http have two by default) loses every record in 5.1 and passes raw in 3.1 under load",
        "make the module a processor of the input, or a [FILTER]",
    ),
    (
        "F005",
        Severity::Error,
        "conditional routes are decided before filters run, on a copy of the records that no [FILTER] sees",
        "make the module a processor of the input",
    ),
    (
        "F006",
        Severity::Error,
        "Fluent Bit cuts the module's answer at the first zero byte, so every event leaves as a placeholder",
        "write `event_format json`",
    ),
    (
        "F007",
        Severity::Error,
        "the default of 8 KB is too small for records with texts in texts, such as JSON in an annotation in JSON, which would be lost, and for policies that nest deeply",
        "write `wasm_stack_size 256K`",
    ),
    (
        "F008",
        Severity::Warning,
        "the default is the working folder, and a module may create files in what it may see",
        "name the folder with auditgate.yaml, or an empty one: `accessible_paths /etc/auditgate`",
    ),
    (
        "F009",
        Severity::Warning,
        "audit events of several megabytes exist; without `skip_long_lines` the first line over the limit ends the reading of the file for good",
        "write `buffer_max_size 64M` and `skip_long_lines on`",
    ),
    (
        "F010",
        Severity::Warning,
        "what waits in memory is lost when Fluent Bit ends",
        "write `storage.type filesystem`, and `storage.path` in the service section",
    ),
    (
        "F011",
        Severity::Warning,
        "what stands in the ring buffer of a threaded input is lost when Fluent Bit is killed",
        "leave `threaded` out",
    ),
    (
        "F012",
        Severity::Warning,
        "as a [FILTER], rewrite_tag stores records a second time, in memory by default: they are lost in outages and by kill -9",
        "make the module and rewrite_tag processors of the input",
    ),
    (
        "F013",
        Severity::Warning,
        "over the limit records silently keep their first tag, and match no output",
        "write `emitter_mem_buf_limit 0`",
    ),
    ("F014", Severity::Warning, "after one more try a chunk is dropped", "write `retry_limit no_limits`"),
    (
        "F015",
        Severity::Warning,
        "a record that brings a stamp along passes the guard when the module could not be loaded",
        "put a `modify` filter in front of the module: Hard_rename auditgate auditgate_forged",
    ),
    ("F016", Severity::Error, "4.1.0 and 4.1.1 keep every record's buffers in memory for ever", "use 4.1.2 or later"),
    (
        "F017",
        Severity::Warning,
        "without workers of its own a delivery holds up all of Fluent Bit until the receiver has answered",
        "write `workers 2`",
    ),
    (
        "F018",
        Severity::Warning,
        "Fluent Bit before 4.1 loads the module for every few lines that inotify tells of, which takes most of a core at 100 events a second",
        "write `inotify_watcher false`: files are then looked at four times a second",
    ),
    (
        "F019",
        Severity::Warning,
        "a rotated file is forgotten after `rotate_wait`, and if its new name fits the path, all of it is read again",
        "write `rotate_wait 2592000`: it is followed until it is deleted",
    ),
    (
        "F020",
        Severity::Warning,
        "Fluent Bit before 4.1 hands nothing to external plugins while it reloads, and waits without end if a chunk is on its way",
        "leave `hot_reload` out, and restart instead",
    ),
];

/// The page about all codes.
pub fn document() -> String {
    let mut page = String::from(
        "# Traps in configurations of Fluent Bit\n\nWhat `auditgate check --fluent-bit FILE` finds. Most were seen in a real Fluent Bit, the others stand in its source or documentation. This page is made of \
         what the program says.\n\n| Code | | Why | What to do |\n|---|---|---|---|\n",
    );
    for (code, severity, why, help) in CODES {
        let severity = severity.name();
        // Writing to a string does not fail.
        let _ = writeln!(page, "| `{code}` | {severity} | {why} | {help} |");
    }
    page
}

impl Severity {
    fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Finding {
    pub(crate) fn new(code: &'static str, place: Place, message: String) -> Self {
        let severity = CODES.iter().find(|known| known.0 == code).map_or(Severity::Error, |known| known.1);
        Self { code, severity, place, message }
    }

    pub(crate) fn unreadable(place: Place, message: String) -> Self {
        Self::new("F001", place, message)
    }

    fn reason(&self) -> (&'static str, &'static str) {
        CODES.iter().find(|known| known.0 == self.code).map_or(("", ""), |known| (known.2, known.3))
    }
}

impl Report {
    /// Whether something is worse than a warning.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// For people.
    pub fn render(&self) -> String {
        let mut text = String::new();
        for finding in &self.findings {
            let Place { file, line, column } = &finding.place;
            let (why, help) = finding.reason();
            // Writing to a string does not fail.
            let _ = writeln!(
                text,
                "{file}:{line}:{column}: {} {}: {}\n  why      {why}\n  help     {help}",
                finding.severity.name(),
                finding.code,
                finding.message
            );
        }
        text
    }

    /// For machines: a list of objects.
    pub fn to_json(&self) -> Value {
        let one = |finding: &Finding| {
            let (why, help) = finding.reason();
            json!({
                "code": finding.code, "severity": finding.severity.name(), "file": finding.place.file,
                "line": finding.place.line, "column": finding.place.column, "message": finding.message,
                "why": why, "help": help,
            })
        };
        self.findings.iter().map(one).collect()
    }
}
