//! What is wrong with a policy, told so that a person can mend it: a stable code, the place in the file and in the policy,
//! what was expected and found, and a line of help.
//!
//! Rendered by hand rather than by `std::fmt`: this code is part of the module that Fluent Bit loads, where size is time.

use super::codes::Code;
use super::text;

/// A place in a policy file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// Whether a finding stops the policy from running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The policy cannot run.
    Error,
    /// The policy runs; the finding deserves a look.
    Warning,
}

impl Severity {
    /// The word that a report shows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable code, for example `P011`.
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// Where it stands in the file.
    pub position: Position,
    /// How many characters it covers, at least 1.
    pub width: u32,
    /// Where it stands in the policy, for example `rules[2].verbs`; empty for the file as a whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What would be right; may be empty.
    pub expected: String,
    /// What stands there; may be empty.
    pub found: String,
    /// What to do; may be empty.
    pub help: String,
    /// The source line may hold a secret and is not shown.
    pub hide_source: bool,
}

impl Diagnostic {
    #[inline(never)]
    pub(crate) fn new(code: Code, position: Position, width: usize, message: &str) -> Self {
        Self {
            code,
            severity: Severity::Error,
            position,
            width: u32::try_from(width).unwrap_or(1).max(1),
            path: String::new(),
            message: message.into(),
            expected: String::new(),
            found: String::new(),
            help: String::new(),
            hide_source: false,
        }
    }

    /// A warning, for what is found by looking at a checked policy.
    #[cfg(not(target_family = "wasm"))]
    pub fn warning(code: Code, position: Position, path: String, message: String, help: String) -> Self {
        Self { severity: Severity::Warning, path, message, help, ..Self::new(code, position, 1, "") }
    }

    pub(crate) fn help(mut self, text: &str) -> Self {
        self.help.push_str(text);
        self
    }
}

/// Everything that was found in one file, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics {
    file: String,
    text: String,
    items: Vec<Diagnostic>,
}

/// How many findings are shown; the rest is counted.
const SHOWN: usize = 20;
/// How many characters of a name or value are shown.
const NAME_SHOWN: usize = 60;
/// How many characters of a source line are shown.
const LINE_SHOWN: usize = 160;

impl Diagnostics {
    /// Findings of a file with this text.
    pub fn new(file: &str, text: &str, mut items: Vec<Diagnostic>) -> Self {
        // An insertion sort: the findings come nearly in order, and the standard sort would add kilobytes to the module.
        for end in 1..items.len() {
            let mut at = end;
            while at > 0 && key(items.get(at)) < key(items.get(at - 1)) {
                items.swap(at, at - 1);
                at -= 1;
            }
        }
        Self { file: file.into(), text: text.into(), items }
    }

    /// The findings.
    pub fn items(&self) -> &[Diagnostic] {
        &self.items
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// For people: each finding with its source line, then the count.
    pub fn render(&self) -> String {
        let mut out = String::new();
        for item in self.items.iter().take(SHOWN) {
            self.render_item(item, &mut out);
        }
        if self.items.len() > SHOWN {
            out.push_str("and ");
            push_number(&mut out, self.items.len() - SHOWN);
            out.push_str(" more\n");
        }
        out
    }

    #[inline(never)]
    fn render_item(&self, item: &Diagnostic, out: &mut String) {
        out.push_str(&self.file);
        out.push(':');
        push_number(out, item.position.line as usize);
        out.push(':');
        push_number(out, item.position.column as usize);
        for part in [": ", item.severity.as_str(), " ", item.code.id(), ": ", &item.message, "\n"] {
            out.push_str(part);
        }
        let line = text::line(&self.text, item.position.line);
        if !item.hide_source && line.bytes().any(|byte| byte > b' ') {
            excerpt(line, item, out);
        }
        for (label, value) in [
            ("  at       ", &item.path),
            ("  expected ", &item.expected),
            ("  found    ", &item.found),
            ("  help     ", &item.help),
        ] {
            if !value.is_empty() {
                out.push_str(label);
                out.push_str(value);
                out.push('\n');
            }
        }
    }

    /// For programs: a JSON array with one object a finding.
    pub fn to_json(&self) -> String {
        let mut out = String::from("[");
        for (index, item) in self.items.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            out.push_str("{\"code\":\"");
            out.push_str(item.code.id());
            out.push_str("\",\"severity\":\"");
            out.push_str(item.severity.as_str());
            out.push_str("\",\"line\":");
            push_number(&mut out, item.position.line as usize);
            out.push_str(",\"column\":");
            push_number(&mut out, item.position.column as usize);
            for (name, value) in [
                ("file", &self.file),
                ("path", &item.path),
                ("message", &item.message),
                ("expected", &item.expected),
                ("found", &item.found),
                ("help", &item.help),
            ] {
                out.push_str(",\"");
                out.push_str(name);
                out.push_str("\":");
                push_json_string(&mut out, value);
            }
            out.push('}');
        }
        out.push(']');
        out
    }
}

fn key(item: Option<&Diagnostic>) -> (u32, u32) {
    item.map_or((u32::MAX, u32::MAX), |item| (item.position.line, item.position.column))
}

/// The source line and a mark under the place.
#[inline(never)]
fn excerpt(line: &str, item: &Diagnostic, out: &mut String) {
    let mut gutter = String::new();
    push_number(&mut gutter, item.position.line as usize);
    out.push_str("  ");
    out.push_str(&gutter);
    out.push_str(" | ");
    let length = text::push_clean(out, line, LINE_SHOWN) as u32;
    out.push('\n');
    let start = item.position.column.saturating_sub(1);
    if start < length.max(1) {
        for _ in 0..gutter.len() + 2 {
            out.push(' ');
        }
        out.push_str(" | ");
        for _ in 0..start {
            out.push(' ');
        }
        for _ in 0..item.width.min(length.saturating_sub(start)).max(1) {
            out.push('^');
        }
        out.push('\n');
    }
}

#[inline(never)]
pub(crate) fn push_number(out: &mut String, value: usize) {
    if value >= 10 {
        push_number(out, value / 10);
    }
    out.push(char::from(b'0' + (value % 10) as u8));
}

pub(crate) fn push_json_string(out: &mut String, value: &str) {
    out.push('"');
    for character in value.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            control if control < ' ' => {
                out.push_str("\\u00");
                for digit in [control as u32 >> 4, control as u32 & 15] {
                    out.push(char::from_digit(digit, 16).unwrap_or('0'));
                }
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// Text from a policy between backticks, cut to a readable length.
#[inline(never)]
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("`");
    if text::push_clean(&mut out, text, NAME_SHOWN) == NAME_SHOWN && text.len() >= out.len() {
        out.push_str("...");
    }
    out.push('`');
    out
}
