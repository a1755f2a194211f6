//! Holds a policy against the schema.

use super::forms::{self, Wrong};
use super::report::{At, Reporter};
use crate::policy::codes::Code;
use crate::policy::diagnostics::{Severity, quoted};
use crate::policy::schema::{BEGIN, Field, Form, POLICY, SECRET, Shape, VERSIONS};
use crate::policy::yaml::{Entry, Node, Value};

/// Reports all that does not fit the schema. False if it is no policy at all, and nothing more can be said.
pub(super) fn check(reporter: &mut Reporter, root: &Node) -> bool {
    if !matches!(root.value, Value::Mapping(_)) {
        reporter.wrong_type(root, &At::ROOT, "a mapping", BEGIN);
        return false;
    }
    let version = root.child("apiVersion");
    reporter.kubernetes = version.text() == VERSIONS[1];
    if version.is_there() && !VERSIONS.contains(&version.text()) {
        let diagnostic = reporter.unknown(
            Code::UnknownKind,
            version,
            &At::ROOT.key("apiVersion"),
            "unknown version ",
            version.text(),
            &VERSIONS,
        );
        if let (Some(diagnostic), true) = (diagnostic, version.text().starts_with("audit.k8s.io/")) {
            diagnostic.help =
                "Kubernetes has not read this version since 1.24; rules are the same in `audit.k8s.io/v1`".into();
        }
        return false;
    }
    walk(reporter, &POLICY, root, &At::ROOT);
    root.child("kind").text() == "Policy"
}

fn walk(reporter: &mut Reporter, shape: &Shape, node: &Node, at: &At<'_>) {
    match (shape, &node.value) {
        (Shape::Anything, _) => {}
        (Shape::Truth, Value::Plain(text)) if forms::is_truth_value(text) => {}
        (Shape::Object(fields), Value::Mapping(entries)) => object(reporter, fields, entries, node, at),
        (Shape::List(item), Value::Sequence(items)) => {
            for (index, node) in items.iter().enumerate() {
                walk(reporter, item, node, &at.index(index));
            }
        }
        (Shape::Values(value), Value::Mapping(entries)) => {
            for entry in entries {
                if entry.value.is_there() {
                    walk(reporter, value, &entry.value, &at.key(&entry.key));
                }
            }
        }
        (Shape::Secret, Value::Mapping(_)) => secret(reporter, node, at),
        (Shape::Secret, Value::Plain(_) | Value::Text(_)) => {
            hidden(reporter, node, at, "a secret belongs outside the policy", SECRET_HELP);
        }
        (Shape::Number(least, most), Value::Plain(text)) if forms::is_number(text) => {
            number(reporter, *least, *most, node, at)
        }
        (Shape::Choice(choices), Value::Plain(text) | Value::Text(text)) => {
            if !choices.contains(&text.as_str()) {
                reporter.unknown(Code::UnknownValue, node, at, "unknown value ", text, choices);
            }
        }
        (Shape::Text(form), Value::Text(_)) => text(reporter, *form, node, at),
        (Shape::Text(form), Value::Plain(plain)) if form.takes_numbers() || is_plainly_text(plain) => {
            text(reporter, *form, node, at)
        }
        _ => {
            let (expected, help) = expectation(shape, node);
            reporter.wrong_type(node, at, expected, help);
        }
    }
}

fn is_plainly_text(text: &str) -> bool {
    !forms::is_truth_value(text) && !forms::is_number(text)
}

impl Form {
    fn takes_numbers(self) -> bool {
        matches!(self, Self::Codes | Self::Share | Self::Option)
    }
}

/// What belongs there, and how it is written.
#[inline(never)]
fn expectation(shape: &Shape, node: &Node) -> (&'static str, &'static str) {
    match shape {
        Shape::Object(_) | Shape::Values(_) => ("a mapping", "write `key: value` lines, indented below the key"),
        Shape::List(_) => ("a list", "write `[a, b]`, or one `- item` a line"),
        Shape::Truth => ("`true` or `false`", ""),
        Shape::Number(..) => ("a whole number", "write it in digits, without a unit"),
        Shape::Secret => ("a mapping", SECRET_HELP),
        _ if matches!(node.value, Value::Plain(_)) => ("a text", "put it in quotes"),
        _ => ("a text", ""),
    }
}

#[inline(never)]
fn object(reporter: &mut Reporter, fields: &[Field], entries: &[Entry], node: &Node, at: &At<'_>) {
    for entry in entries {
        let at = at.key(&entry.key);
        let field = fields.iter().find(|field| field.key == entry.key && !(field.own && reporter.kubernetes));
        match field {
            Some(field) if entry.value.is_there() => {
                walk(reporter, field.shape, &entry.value, &at);
            }
            Some(_) => {}
            None => unknown_key(reporter, fields, entry, &at),
        }
    }
    for field in fields {
        if let (Some(help), false) = (field.required, node.child(field.key).is_there()) {
            missing(reporter, node, at, field.key, help);
        }
    }
}

#[inline(never)]
fn unknown_key(reporter: &mut Reporter, fields: &[Field], entry: &Entry, at: &At<'_>) {
    let kubernetes = reporter.kubernetes;
    let known: Vec<&str> = fields.iter().filter(|field| !(field.own && kubernetes)).map(|field| field.key).collect();
    let node = Node { at: entry.at, width: entry.key.chars().count(), value: Value::Null };
    let diagnostic = reporter.unknown(Code::UnknownKey, &node, at, "unknown key ", &entry.key, &known);
    if let (Some(diagnostic), true) = (diagnostic, kubernetes) {
        diagnostic.code = Code::IgnoredKey;
        diagnostic.severity = Severity::Warning;
    }
}

#[inline(never)]
pub(super) fn missing(reporter: &mut Reporter, node: &Node, at: &At<'_>, key: &str, help: &str) {
    if let Some(diagnostic) = reporter.report(Code::MissingKey, node, at, "missing key ", help) {
        diagnostic.message.push_str(&quoted(key));
    }
}

#[inline(never)]
fn number(reporter: &mut Reporter, least: u32, most: u32, node: &Node, at: &At<'_>) {
    if crate::policy::text::number(node.text()).is_some_and(|number| (least..=most).contains(&number)) {
        return;
    }
    if let Some(diagnostic) = reporter.report(Code::OutOfRange, node, at, "the number is out of range", "") {
        diagnostic.found = quoted(node.text());
        crate::policy::diagnostics::push_number(&mut diagnostic.expected, least as usize);
        diagnostic.expected.push_str(" to ");
        crate::policy::diagnostics::push_number(&mut diagnostic.expected, most as usize);
    }
}

#[inline(never)]
fn text(reporter: &mut Reporter, form: Form, node: &Node, at: &At<'_>) {
    let Err(Wrong { offset, message, help }) = forms::check(form, node.text(), reporter.kubernetes) else { return };
    if message == forms::CREDENTIALS {
        hidden(reporter, node, at, message, help);
        return;
    }
    reporter.report_text(Code::Malformed, node, at, message, help);
    if let (Some(offset), Some(diagnostic)) = (offset, reporter.found.last_mut()) {
        // Text in quotes begins one column later. Escapes before the place would shift it; none of these texts needs any.
        diagnostic.position.column += offset as u32 + u32::from(matches!(node.value, Value::Text(_)));
        diagnostic.width = 1;
    }
}

const SECRET_HELP: &str = "write `{file: /path}` or `{env: NAME}`";

#[inline(never)]
fn secret(reporter: &mut Reporter, node: &Node, at: &At<'_>) {
    walk(reporter, &SECRET, node, at);
    if node.child("file").is_there() == node.child("env").is_there() {
        reporter.report(Code::Conflict, node, at, "expected one of `file` and `env`", SECRET_HELP);
    }
}

/// Reports a value that may be a secret: neither it nor its line is shown.
#[inline(never)]
fn hidden(reporter: &mut Reporter, node: &Node, at: &At<'_>, message: &str, help: &str) {
    if let Some(diagnostic) = reporter.report(Code::LiteralSecret, node, at, message, help) {
        diagnostic.hide_source = true;
    }
}
