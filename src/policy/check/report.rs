//! Saying what is wrong, and where in the policy.

use crate::policy::codes::Code;
use crate::policy::diagnostics::{Diagnostic, push_number, quoted};
use crate::policy::yaml::{Node, Value};

/// Where in the policy a value stands: a chain back to its start, written out only when something is wrong.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    parent: Option<&'a At<'a>>,
    key: &'a str,
    index: usize,
}

impl<'a> At<'a> {
    pub(super) const ROOT: At<'static> = At { parent: None, key: "", index: 0 };

    pub(super) fn key(&'a self, key: &'a str) -> Self {
        Self { parent: Some(self), key, index: 0 }
    }

    /// An item: its key is empty.
    pub(super) fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), key: "", index }
    }

    fn write(&self, out: &mut String) {
        let Some(parent) = self.parent else { return };
        parent.write(out);
        if self.key.is_empty() {
            out.push('[');
            push_number(out, self.index);
            out.push(']');
        } else {
            if !out.is_empty() {
                out.push('.');
            }
            out.push_str(self.key);
        }
    }
}

/// The longest list of names that is shown beside the one that was meant.
const SHORT: usize = 8;

/// What has been found so far.
pub(super) struct Reporter {
    pub(super) found: Vec<Diagnostic>,
    /// A plain Kubernetes policy: its rules hold no wildcards but Kubernetes' own, and unknown keys are ignored as there.
    pub(super) kubernetes: bool,
}

impl Reporter {
    /// Reports; what the caller adds to it counts.
    #[inline(never)]
    pub(super) fn report(
        &mut self,
        code: Code,
        node: &Node,
        at: &At<'_>,
        message: &str,
        help: &str,
    ) -> Option<&mut Diagnostic> {
        let mut diagnostic = Diagnostic::new(code, node.at, node.width, message);
        at.write(&mut diagnostic.path);
        diagnostic.help.push_str(help);
        self.found.push(diagnostic);
        self.found.last_mut()
    }

    /// Reports text that is not what belongs there.
    #[inline(never)]
    pub(super) fn report_text(&mut self, code: Code, node: &Node, at: &At<'_>, message: &str, help: &str) {
        if let Some(diagnostic) = self.report(code, node, at, message, help) {
            diagnostic.found = quoted(node.text());
        }
    }

    #[inline(never)]
    pub(super) fn wrong_type(&mut self, node: &Node, at: &At<'_>, expected: &str, help: &str) {
        let (text, kind) = match &node.value {
            Value::Null => ("", "nothing"),
            Value::Plain(text) if super::forms::is_truth_value(text) => (text.as_str(), ", a truth value"),
            Value::Plain(text) if super::forms::is_number(text) => (text.as_str(), ", a number"),
            Value::Plain(text) | Value::Text(text) => (text.as_str(), ", a text"),
            Value::Sequence(_) => ("", "a list"),
            Value::Mapping(_) => ("", "a mapping"),
        };
        if let Some(diagnostic) = self.report(Code::WrongType, node, at, "wrong type", help) {
            diagnostic.expected.push_str(expected);
            if kind.starts_with(',') {
                diagnostic.found = quoted(text);
            }
            diagnostic.found.push_str(kind);
        }
    }

    /// A name that is none of the known ones. `what` ends with a space.
    #[inline(never)]
    pub(super) fn unknown<'d>(
        &'d mut self,
        code: Code,
        node: &Node,
        at: &At<'_>,
        what: &str,
        name: &str,
        known: &[&str],
    ) -> Option<&'d mut Diagnostic> {
        let diagnostic = self.report(code, node, at, what, "")?;
        diagnostic.message.push_str(&quoted(name));
        let nearest = super::suggest::nearest(name, known);
        if let Some(nearest) = nearest {
            diagnostic.help.push_str("did you mean `");
            diagnostic.help.push_str(nearest);
            diagnostic.help.push_str("`?");
        }
        if nearest.is_some() && known.len() > SHORT {
            return Some(diagnostic);
        }
        diagnostic.expected.push_str(if known.len() > 1 { "one of " } else { "" });
        for (index, name) in known.iter().enumerate() {
            diagnostic.expected.push_str(if index > 0 { ", `" } else { "`" });
            diagnostic.expected.push_str(name);
            diagnostic.expected.push('`');
        }
        Some(diagnostic)
    }

    /// A name that is used twice. `what` ends with a space.
    #[inline(never)]
    pub(super) fn duplicate(&mut self, node: &Node, at: &At<'_>, what: &str, first: crate::policy::Position) {
        if let Some(diagnostic) = self.report(Code::DuplicateName, node, at, what, "the first stands in line ") {
            diagnostic.message.push_str(&quoted(node.text()));
            push_number(&mut diagnostic.help, first.line as usize);
        }
    }
}
