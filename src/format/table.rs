//! Mappings as data, and the one interpreter that follows them.
//!
//! A row says where a fact goes. Rows of one object stand together; of rows for the same place the first that has a value counts.

use super::{severity, time};
use crate::json;
use crate::number;
use crate::source::{Fact, Facts};

/// One row of a mapping.
pub(crate) struct Row {
    /// Where it goes: members from the outermost, separated by dots.
    pub(crate) to: &'static str,
    pub(crate) from: From,
}

/// A mapping: its rows, in blocks that several mappings share.
pub(crate) type Mapping = &'static [&'static [Row]];

/// What goes there.
pub(crate) enum From {
    /// The same JSON, whatever the event.
    Const(&'static str),
    /// The fact as it stands.
    Fact(Fact),
    /// The fact as a string, also if it is a number.
    Text(Fact),
    /// The fact as a whole number; nothing if it is none.
    Number(Fact),
    /// The fact's time in milliseconds since 1970.
    Millis(Fact),
    /// JSON by the fact's text; `*` is for all others, also for none.
    Choice(Fact, &'static [(&'static str, &'static str)]),
    /// A list of texts as a list of objects with one member.
    Each(Fact, &'static str),
    /// A list of one.
    List(&'static [Fact]),
    /// The severity, on a scale.
    Severity(&'static severity::Scale),
    /// Whatever a function makes of the event; the text says what that is.
    Made(
        #[cfg_attr(target_arch = "wasm32", expect(dead_code, reason = "for the documentation"))] &'static str,
        fn(&Facts<'_>, &mut Vec<u8>),
    ),
}

/// Short for a row.
pub(crate) const fn row(to: &'static str, from: From) -> Row {
    Row { to, from }
}

/// Appends the value of a row; nothing if it has none.
pub(crate) fn value(from: &From, facts: &Facts<'_>, out: &mut Vec<u8>) {
    match from {
        From::Const(json) => out.extend_from_slice(json.as_bytes()),
        From::Fact(fact) => out.extend_from_slice(facts.json(*fact).unwrap_or_default()),
        From::Text(fact) => {
            let Some(json) = facts.json(*fact) else { return };
            if json.starts_with(b"\"") {
                out.extend_from_slice(json);
            } else {
                out.extend_from_slice(&json::quoted(json));
            }
        }
        From::Number(fact) => {
            let text = facts.text(*fact);
            // Nine digits: within 32 bits, whatever reads it. A leading zero would be no JSON.
            let is_number = (1..=9).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
            if is_number && (text.len() == 1 || !text.starts_with(b"0")) {
                out.extend_from_slice(&text);
            }
        }
        From::Millis(fact) => {
            if let Some((seconds, nanoseconds)) = time::parse(&facts.text(*fact)) {
                push_millis(seconds, nanoseconds, out);
            }
        }
        From::Choice(fact, choices) => {
            let text = facts.text(*fact);
            let chosen = choices.iter().find(|(name, _)| name.as_bytes() == text || *name == "*");
            out.extend_from_slice(chosen.map_or("", |(_, json)| json).as_bytes());
        }
        From::Each(fact, name) => {
            let Some(list) = facts.json(*fact) else { return };
            let mut comma = b'[';
            for item in json::items(list).filter(|item| item.len() > 2 && item.starts_with(b"\"")) {
                out.push(comma);
                out.extend_from_slice(b"{\"");
                out.extend_from_slice(name.as_bytes());
                out.extend_from_slice(b"\":");
                out.extend_from_slice(item);
                out.push(b'}');
                comma = b',';
            }
            if comma == b',' {
                out.push(b']');
            }
        }
        From::List(list) => join(list.iter().filter_map(|fact| facts.json(*fact)), out),
        From::Severity(scale) => out.extend_from_slice(severity::of(facts).on(scale).as_bytes()),
        From::Made(_, make) => make(facts, out),
    }
}

/// Appends a list of values, each once; nothing if there are none.
pub(crate) fn join<'a>(values: impl Iterator<Item = &'a [u8]>, out: &mut Vec<u8>) {
    let mut known: Vec<&[u8]> = Vec::new();
    for value in values {
        if !known.contains(&value) {
            out.push(if known.is_empty() { b'[' } else { b',' });
            out.extend_from_slice(value);
            known.push(value);
        }
    }
    if !known.is_empty() {
        out.push(b']');
    }
}

pub(crate) fn push_millis(seconds: i64, nanoseconds: u32, out: &mut Vec<u8>) {
    let millis = seconds * 1_000 + i64::from(nanoseconds / 1_000_000);
    if millis < 0 {
        out.push(b'-');
    }
    number::push(out, millis.unsigned_abs());
}

/// Appends the members of one object, without its brackets.
pub(crate) fn members<'r>(rows: impl Iterator<Item = &'r Row>, facts: &Facts<'_>, out: &mut Vec<u8>) {
    let mut open: Vec<&str> = Vec::new();
    let mut written = "";
    let mut found = Vec::new();
    let start = out.len();
    for row in rows {
        if row.to == written {
            continue;
        }
        found.clear();
        value(&row.from, facts, &mut found);
        if found.is_empty() {
            continue;
        }
        written = row.to;
        let steps: Vec<&str> = row.to.split('.').collect();
        let (parents, name) = steps.split_at(steps.len() - 1);
        let same = open.iter().zip(parents).take_while(|(open, step)| open == step).count();
        out.extend(core::iter::repeat_n(b'}', open.len() - same));
        open.truncate(same);
        for step in parents.iter().skip(same) {
            push_key(step, start, out);
            out.push(b'{');
            open.push(step);
        }
        name.iter().for_each(|name| push_key(name, start, out));
        out.extend_from_slice(&found);
    }
    out.extend(core::iter::repeat_n(b'}', open.len()));
}

/// Appends a key, and the comma in front of it that is needed.
pub(crate) fn push_key(key: &str, start: usize, out: &mut Vec<u8>) {
    if out.len() > start && out.last() != Some(&b'{') {
        out.push(b',');
    }
    out.push(b'"');
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\":");
}
