//! From YAML to checked data, in two steps: `shape` holds every value against the schema and reports all that is wrong;
//! `build` makes the data of what is right and reports what only shows there, such as a destination that does not exist.
//!
//! It runs once, in the module too: small code counts here, not speed.

mod build;
mod forms;
mod redact;
mod report;
mod shape;
pub(super) mod suggest;

use super::diagnostics::{Diagnostic, Severity};
use super::model::{Destination, Join, Limits, Redact, Rule};
use super::yaml::{Entry, Node, Value};
use report::Reporter;

pub(super) use build::{default_destination, default_rule};

/// A policy whose every part is known to be right.
pub(super) struct Checked {
    pub(super) kubernetes: bool,
    pub(super) limits: Limits,
    pub(super) join: Join,
    pub(super) redact: Redact,
    pub(super) rules: Vec<Rule>,
    pub(super) default: Rule,
    pub(super) destinations: Vec<Destination>,
}

/// The checked policy, absent if anything is an error; and what was found, warnings included.
pub(super) fn check(root: &Node) -> (Option<Checked>, Vec<Diagnostic>) {
    let mut reporter = Reporter { found: Vec::new(), kubernetes: false };
    let checked = shape::check(&mut reporter, root).then(|| build::policy(&mut reporter, root));
    let broken = reporter.found.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    (checked.filter(|_| !broken), reporter.found)
}

/// Stands for what is not there.
static NOTHING: Node = Node { at: super::diagnostics::Position { line: 0, column: 0 }, width: 1, value: Value::Null };

impl Node {
    /// The value under a key; nothing if there is none.
    #[inline(never)]
    fn child(&self, key: &str) -> &Node {
        self.entries().iter().find(|entry| entry.key == key).map_or(&NOTHING, |entry| &entry.value)
    }

    #[inline(never)]
    fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Mapping(entries) => entries,
            _ => &[],
        }
    }

    #[inline(never)]
    fn items(&self) -> &[Node] {
        match &self.value {
            Value::Sequence(items) => items,
            _ => &[],
        }
    }

    /// Text, whether it could mean something else or not; empty if it is none.
    #[inline(never)]
    fn text(&self) -> &str {
        match &self.value {
            Value::Plain(text) | Value::Text(text) => text,
            _ => "",
        }
    }

    #[inline(never)]
    fn is_there(&self) -> bool {
        self.value != Value::Null
    }

    #[inline(never)]
    fn is_true(&self) -> bool {
        matches!(self.text().as_bytes().first(), Some(b't' | b'T'))
    }

    #[inline(never)]
    fn number(&self) -> Option<u32> {
        super::text::number(self.text())
    }

    /// The text's place in a list of choices.
    fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Option<T> {
        choices.iter().find(|(name, _)| *name == self.text()).map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests;
