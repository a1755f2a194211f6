//! The part of YAML that policies are written in, with the position of everything, and all of JSON.
//!
//! Block and flow mappings and sequences, plain and quoted scalars, block scalars, comments, one document. What makes YAML
//! surprising is refused with a message that says what to write instead: anchors, aliases, tags, merge keys, keys that are not
//! text, plain and quoted text over several lines, tabs as indentation. A complete YAML library would take half of the
//! module's size. Source: YAML 1.2.2, <https://yaml.org/spec/1.2.2/>.

mod block;
mod cursor;
mod flow;
mod scalar;

use super::codes::Code;
use super::diagnostics::{Diagnostic, Position};
use cursor::Cursor;

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 32;
/// Most keys in one mapping; keeps the search for duplicates short.
const MAX_KEYS: usize = 1024;

/// A value and where it stands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) at: Position,
    /// Characters that the value covers on its first line.
    pub(crate) width: usize,
    pub(crate) value: Value,
}

/// What a value can be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// Text without quotes; may mean a number or a truth value.
    Plain(String),
    /// Text that is meant as text.
    Text(String),
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) at: Position,
    pub(crate) value: Node,
}

type Read<T> = Result<T, Box<Diagnostic>>;

fn refuse<T>(code: Code, at: Position, width: usize, message: &str, help: &str) -> Read<T> {
    Err(refusal(code, at, width, message, help))
}

#[inline(never)]
fn refusal(code: Code, at: Position, width: usize, message: &str, help: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::new(code, at, width, message).help(help))
}

/// Reads one document. The first thing that cannot be read ends it: what follows would be guesswork.
pub(crate) fn read(text: &str) -> Read<Node> {
    let mut cursor = Cursor::new(text)?;
    cursor.start_document()?;
    let node = block::node(&mut cursor, None, 0)?;
    cursor.end_document()?;
    Ok(node)
}

/// Adds an entry to a mapping, unless its key is there already.
fn add(entries: &mut Vec<Entry>, entry: Entry) -> Read<()> {
    let width = entry.key.chars().count();
    if entry.key == "<<" {
        return refuse(Code::Unsupported, entry.at, width, "merge keys are not used in policies", "write the keys out");
    }
    if entries.len() >= MAX_KEYS {
        return refuse(Code::TooLarge, entry.at, width, "more than 1024 keys in one mapping", "split the policy");
    }
    if let Some(first) = entries.iter().find(|other| other.key == entry.key) {
        let mut help = String::from("it stands in line ");
        super::diagnostics::push_number(&mut help, first.at.line as usize);
        help.push_str(" already; remove one of the two");
        let message = ["duplicate key ", &super::diagnostics::quoted(&entry.key)].concat();
        return refuse(Code::DuplicateKey, entry.at, width, &message, &help);
    }
    entries.push(entry);
    Ok(())
}

#[cfg(test)]
mod tests;
