//! From YAML to checked data. Everything that is wrong is reported, not only the first thing.
//!
//! One file a part of the policy; this one has what they share: where in the policy one is, and values of the right type.

mod conditions;
mod destinations;
mod redact;
mod rules;
mod suggest;
mod top;
mod wildcard;

use super::codes::Code;
use super::diagnostics::{Diagnostic, Severity, push_number, quoted};
use super::yaml::{Entry, Node, Value};

pub(super) use top::{Checked, check, default_destination, default_rule};

/// Where in the policy a value stands: a chain back to its start, written out only when something is wrong.
#[derive(Clone, Copy)]
struct At<'a> {
    parent: Option<&'a At<'a>>,
    part: Part<'a>,
}

#[derive(Clone, Copy)]
enum Part<'a> {
    Key(&'a str),
    Index(usize),
}

impl<'a> At<'a> {
    const ROOT: At<'static> = At { parent: None, part: Part::Key("") };

    fn key(&'a self, key: &'a str) -> Self {
        Self { parent: Some(self), part: Part::Key(key) }
    }

    fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), part: Part::Index(index) }
    }

    fn write(&self, out: &mut String) {
        if let Some(parent) = self.parent {
            parent.write(out);
        }
        match self.part {
            Part::Key(key) => {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(key);
            }
            Part::Index(index) => {
                out.push('[');
                push_number(out, index);
                out.push(']');
            }
        }
    }
}

/// What has been found so far.
struct Checker {
    found: Vec<Diagnostic>,
    /// A plain Kubernetes policy: its rules hold no wildcards but Kubernetes' own, and unknown keys are ignored as there.
    kubernetes: bool,
}

impl Checker {
    fn report(&mut self, at: &At<'_>, mut diagnostic: Diagnostic) {
        at.write(&mut diagnostic.path);
        self.found.push(diagnostic);
    }

    fn wrong_type(&mut self, node: &Node, at: &At<'_>, expected: &str, help: &str) {
        let found = match &node.value {
            Value::Null => "nothing".into(),
            Value::Plain(text) if is_truth_value(text) => [&quoted(text), ", a truth value"].concat(),
            Value::Plain(text) if is_number(text) => [&quoted(text), ", a number"].concat(),
            Value::Plain(text) | Value::Text(text) => [&quoted(text), ", a text"].concat(),
            Value::Sequence(_) => "a list".into(),
            Value::Mapping(_) => "a mapping".into(),
        };
        let diagnostic = Diagnostic::new(Code::WrongType, node.at, node.width, "wrong type")
            .expected(expected)
            .found(found)
            .help(help);
        self.report(at, diagnostic);
    }

    fn malformed(&mut self, node: &Node, at: &At<'_>, message: &str, help: &str) {
        let found = match &node.value {
            Value::Plain(text) | Value::Text(text) => quoted(text),
            _ => String::new(),
        };
        self.report(at, Diagnostic::new(Code::Malformed, node.at, node.width, message).found(found).help(help));
    }

    /// A mapping with no keys but these. Unknown ones are reported, the known ones are there all the same.
    fn mapping<'n>(&mut self, node: &'n Node, at: &At<'_>, known: &[&str]) -> Option<Map<'n>> {
        let entries = match &node.value {
            Value::Mapping(entries) => entries,
            _ => {
                self.wrong_type(node, at, "a mapping", "write `key: value` lines, indented below the key");
                return None;
            }
        };
        for entry in entries {
            if !known.contains(&entry.key.as_str()) {
                self.unknown_key(entry, at, known);
            }
        }
        Some(Map { node, entries })
    }

    fn unknown_key(&mut self, entry: &Entry, at: &At<'_>, known: &[&str]) {
        let message = ["unknown key ", &quoted(&entry.key)].concat();
        let mut diagnostic =
            Diagnostic::new(Code::UnknownKey, entry.at, entry.key.chars().count(), message).expected(one_of(known));
        if let Some(nearest) = suggest::nearest(&entry.key, known) {
            diagnostic.help = ["did you mean `", nearest, "`?"].concat();
        }
        if self.kubernetes {
            diagnostic.code = Code::IgnoredKey;
            diagnostic.severity = Severity::Warning;
        }
        self.report(&at.key(&entry.key), diagnostic);
    }

    /// The items of a list; nothing is an empty list.
    fn list<'n>(&mut self, node: &'n Node, at: &At<'_>) -> &'n [Node] {
        match &node.value {
            Value::Sequence(items) => items,
            Value::Null => &[],
            _ => {
                self.wrong_type(node, at, "a list", "write `[a, b]`, or one `- item` a line");
                &[]
            }
        }
    }

    fn text<'n>(&mut self, node: &'n Node, at: &At<'_>) -> Option<&'n str> {
        match &node.value {
            Value::Text(text) => return Some(text),
            Value::Plain(text) if !is_truth_value(text) && !is_number(text) => return Some(text),
            Value::Plain(_) => self.wrong_type(node, at, "a text", "put it in quotes"),
            _ => self.wrong_type(node, at, "a text", ""),
        }
        None
    }

    fn boolean(&mut self, node: &Node, at: &At<'_>) -> Option<bool> {
        match &node.value {
            Value::Plain(text) if is_truth_value(text) => {
                return Some(matches!(text.as_bytes().first(), Some(b't' | b'T')));
            }
            _ => self.wrong_type(node, at, "`true` or `false`", ""),
        }
        None
    }

    /// A whole number within bounds, both included.
    fn number(&mut self, node: &Node, at: &At<'_>, least: u32, most: u32) -> Option<u32> {
        let Value::Plain(text) = &node.value else {
            self.wrong_type(node, at, "a whole number", "");
            return None;
        };
        if !is_number(text) || text.contains('.') {
            self.wrong_type(node, at, "a whole number", "write it in digits, without a unit");
            return None;
        }
        match text.parse::<u32>() {
            Ok(number) if (least..=most).contains(&number) => Some(number),
            _ => {
                let mut expected = String::new();
                push_number(&mut expected, least as usize);
                expected.push_str(" to ");
                push_number(&mut expected, most as usize);
                let diagnostic = Diagnostic::new(Code::OutOfRange, node.at, node.width, "the number is out of range");
                self.report(at, diagnostic.expected(expected).found(quoted(text)));
                None
            }
        }
    }

    /// One of the named values.
    fn choice<T: Copy>(&mut self, node: &Node, at: &At<'_>, choices: &[(&'static str, T)]) -> Option<T> {
        let text = self.text(node, at)?;
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == text) {
            return Some(*value);
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        self.unknown_value(node, at, text, &names);
        None
    }

    fn unknown_value(&mut self, node: &Node, at: &At<'_>, text: &str, known: &[&str]) {
        let message = ["unknown value ", &quoted(text)].concat();
        let mut diagnostic = Diagnostic::new(Code::UnknownValue, node.at, node.width, message).expected(one_of(known));
        if let Some(nearest) = suggest::nearest(text, known) {
            diagnostic.help = ["did you mean `", nearest, "`?"].concat();
        }
        self.report(at, diagnostic);
    }

    /// A name that routes, masks and counters can carry: lower-case letters, digits, `-` and `_`.
    fn name(&mut self, node: &Node, at: &At<'_>) -> Option<String> {
        let text = self.text(node, at)?;
        let fits = text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
            && text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
            && text.len() <= 63;
        if fits {
            return Some(text.into());
        }
        let help = "1 to 63 lower-case letters, digits, `-` and `_`, beginning with a letter or digit";
        self.malformed(node, at, "not a name", help);
        None
    }

    fn missing(&mut self, node: &Node, at: &At<'_>, key: &str, help: &str) {
        let message = ["missing key `", key, "`"].concat();
        self.report(at, Diagnostic::new(Code::MissingKey, node.at, node.width, message).help(help));
    }
}

/// A mapping whose keys have been checked.
struct Map<'n> {
    node: &'n Node,
    entries: &'n [Entry],
}

impl<'n> Map<'n> {
    /// The value under a key, unless it is nothing.
    fn find(&self, key: &str) -> Option<&'n Node> {
        self.entries
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
            .filter(|node| node.value != Value::Null)
    }
}

/// Names as a person lists them.
fn one_of(names: &[&str]) -> String {
    let mut out = String::from(if names.len() > 1 { "one of " } else { "" });
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        out.push('`');
        out.push_str(name);
        out.push('`');
    }
    out
}

fn is_truth_value(text: &str) -> bool {
    matches!(text, "true" | "True" | "TRUE" | "false" | "False" | "FALSE")
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.bytes().next().is_some_and(|first| first.is_ascii_digit() || (first == b'.' && digits.len() > 1))
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.bytes().filter(|byte| *byte == b'.').count() <= 1
}
