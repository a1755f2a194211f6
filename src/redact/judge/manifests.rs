//! Manifests of Secrets in a text: YAML in a ConfigMap or in the values of a chart, JSON in a log line.

use std::borrow::Cow;

use super::{Hit, Judge};
use crate::bytes::find;
use crate::redact::{decode, is_mask};

impl Judge<'_> {
    /// A manifest whose `kind`, at `at`, may be a Secret: the values under its `data` and `stringData` go.
    pub(super) fn manifest(&self, at: usize, hits: &mut Vec<Hit>) {
        let mut from = at + 1;
        while matches!(self.text.byte(from), b' ' | b'\t') {
            from += 1;
        }
        let (start, end) = self.value(from);
        if !matches!(&*unescaped(self.text.span(start, end)), b"Secret" | b"SecretList") {
            return;
        }
        let text = self.text.span(self.start, self.end);
        let behind = text.get(end - self.start..).unwrap_or_default();
        let at = at - self.start;
        let before = text.get(..at).unwrap_or_default();
        let line = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let head = before.get(line..).unwrap_or_default();
        let indent = head.iter().take_while(|byte| matches!(byte, b' ' | b'-')).count();
        let name = head.get(indent..).unwrap_or_default();
        if *key(name) == *b"kind" {
            let found = self.yaml(text, indent, line, hits);
            // Lines can stand between braces, too.
            let next = behind.iter().find(|byte| !byte.is_ascii_whitespace() && !is_quote(**byte));
            let may_be_braces =
                matches!(next, Some(b',' | b'}')) || !found && name.last().copied().is_some_and(is_quote);
            if !may_be_braces {
                return;
            }
        }
        self.spend(text.len());
        self.braces(text, at, hits);
        // JSON that does not stand alone. Where its values end is not looked for: what follows goes with them.
        for name in [&b"\"data"[..], b"\"stringData", b"\"data\\"] {
            if let Some(start) = find(text, name) {
                let start = self.start + start + name.len();
                if find(self.text.span(start, self.end), b"[redacted:D02]").is_none_or(|at| at >= 4) {
                    hits.push(Hit { start, end: self.end, id: "D02" });
                }
            }
        }
    }

    /// The blocks under `data:` and `stringData:` of the mapping that the line at `kind` belongs to, whose keys stand behind `indent` bytes.
    /// Whether there are any.
    fn yaml(&self, text: &[u8], indent: usize, kind: usize, hits: &mut Vec<Hit>) -> bool {
        let (first, end) = mapping(text, indent, kind);
        self.spend(end - first);
        let mut at = first;
        let mut block = None;
        let mut found = false;
        for line in text.get(first..end).unwrap_or_default().split_inclusive(|&byte| byte == b'\n') {
            let behind = at + line.len();
            // The first line can stand behind the hyphen of a list.
            if at == first || begins_key(line, indent) {
                if let Some((start, end)) = block {
                    self.block(start, end, hits);
                }
                block = behind_name(line, indent).map(|start| (at + start, behind));
                found |= block.is_some();
            } else if let Some((_, end)) = &mut block
                && (spaces(line).is_some() || is_deeper(line, indent))
            {
                *end = behind;
            }
            at = behind;
        }
        if let Some((start, end)) = block {
            self.block(start, end, hits);
        }
        found
    }

    /// The values of `data` and `stringData` between the braces around the `kind` at `at`: YAML in one line, an object as Python writes it.
    fn braces(&self, text: &[u8], at: usize, hits: &mut Vec<Hit>) {
        let Some(open) = opening_brace(text.get(..at).unwrap_or_default()) else { return };
        let mut depth = 0_usize;
        let mut value = None;
        let mut last = 0;
        let mut string = Quoted::default();
        for (at, &byte) in text.iter().enumerate().skip(open) {
            if string.holds(byte, last) || byte.is_ascii_whitespace() {
                continue;
            }
            last = byte;
            match byte {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                b':' if depth == 1 && value.is_none() && self.names_values(at) => value = Some(at + 1),
                _ => {}
            }
            let ends = depth == 0 || depth == 1 && byte == b',';
            if let Some(start) = value.take_if(|_| ends) {
                self.block(start, at, hits);
            }
            if depth == 0 {
                return;
            }
        }
        if let Some(start) = value {
            self.block(start, text.len(), hits);
        }
    }

    /// Whether the name in front of the colon at `at`, counted from the text's beginning, is `data` or `stringData`.
    fn names_values(&self, at: usize) -> bool {
        matches!(&*self.name_before(self.start + at).0, b"data" | b"stringData")
    }

    /// A block of values, offsets in the text; the white space around it stays.
    fn block(&self, start: usize, end: usize, hits: &mut Vec<Hit>) {
        let block = self.text.span(self.start + start, self.start + end);
        let lead = block.len() - block.trim_ascii_start().len();
        let values = block.trim_ascii();
        if !is_mask(values) {
            let start = self.start + start + lead;
            hits.push(Hit { start, end: start + values.len(), id: "D02" });
        }
    }
}

/// Where the mapping begins and ends whose keys stand behind `indent` bytes, one of them in the line at `kind`.
fn mapping(text: &[u8], indent: usize, kind: usize) -> (usize, usize) {
    let mut first = kind;
    let mut line = text.get(kind..).unwrap_or_default();
    while first > 0 && !begins_item(line, indent) {
        let before = text.get(..first - 1).unwrap_or_default();
        let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        line = text.get(start..first).unwrap_or_default();
        if !begins_item(line, indent) && is_outside(line, indent) {
            break;
        }
        first = start;
    }
    let mut end = kind;
    for line in text.get(kind..).unwrap_or_default().split_inclusive(|&byte| byte == b'\n') {
        if end > kind && is_outside(line, indent) {
            break;
        }
        end += line.len();
    }
    (first, end)
}

/// The spaces in front of a line; `None` if the line says nothing of where a block ends: it is empty, a comment, or an instruction of a template.
fn spaces(line: &[u8]) -> Option<usize> {
    let words = line.trim_ascii();
    let says_nothing = words.is_empty() || words.starts_with(b"#") || words.starts_with(b"{{");
    (!says_nothing).then(|| line.iter().take_while(|&&byte| byte == b' ').count())
}

/// Whether there is anything in a line behind more than `indent` spaces: what looks like a comment can be a line of a longer text.
fn is_deeper(line: &[u8], indent: usize) -> bool {
    !line.trim_ascii().is_empty() && line.iter().take(indent + 1).all(|&byte| byte == b' ')
}

/// Whether a line stands outside of a mapping whose keys stand behind `indent` bytes. A document ends at `---` and at `...`.
fn is_outside(line: &[u8], indent: usize) -> bool {
    let mark = line.trim_ascii_start();
    let is_mark =
        (mark.starts_with(b"---") || mark.starts_with(b"...")) && mark.get(3).is_none_or(u8::is_ascii_whitespace);
    spaces(line).is_some_and(|spaces| spaces < indent || spaces == indent && is_mark)
}

/// Whether a line is the first one of an item of a list whose keys stand behind `indent` bytes.
fn begins_item(line: &[u8], indent: usize) -> bool {
    let head = line.get(..indent).unwrap_or_default();
    head.contains(&b'-')
        && head.iter().all(|byte| matches!(byte, b' ' | b'-'))
        && !matches!(line.get(indent), Some(b' ' | b'-'))
}

/// Whether a key stands in a line behind `indent` spaces. The items of a list may stand there, too.
fn begins_key(line: &[u8], indent: usize) -> bool {
    spaces(line) == Some(indent) && line.get(indent) != Some(&b'-')
}

/// Where the value begins of a line whose key, behind `indent` bytes, is `data` or `stringData`.
fn behind_name(line: &[u8], indent: usize) -> Option<usize> {
    let rest = line.get(indent..)?;
    let colon = rest.iter().position(|&byte| byte == b':')?;
    matches!(&*key(rest.get(..colon)?), b"data" | b"stringData").then_some(indent + colon + 1)
}

/// A key without the quotes and the white space around it, its escapes resolved.
fn key(text: &[u8]) -> Cow<'_, [u8]> {
    let is_around = |byte: &u8| is_quote(*byte) || byte.is_ascii_whitespace();
    let start = text.iter().take_while(|byte| is_around(byte)).count();
    let end = text.len() - text.iter().rev().take_while(|byte| is_around(byte)).count();
    unescaped(text.get(start..end).unwrap_or_default())
}

fn unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    if text.contains(&b'\\') { Cow::Owned(decode::escapes(text)) } else { Cow::Borrowed(text) }
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'')
}

/// Where the innermost brace opens that is still open at the end of `text`.
fn opening_brace(text: &[u8]) -> Option<usize> {
    let mut closed = 0_usize;
    text.iter().rposition(|byte| {
        let opens = *byte == b'{' && closed == 0;
        match byte {
            b'{' => closed = closed.saturating_sub(1),
            b'}' => closed += 1,
            _ => {}
        }
        opens
    })
}

/// The string between quotes that a reader is in.
#[derive(Default)]
struct Quoted {
    /// Zero outside.
    quote: u8,
    escaped: bool,
}

impl Quoted {
    /// Whether `byte` belongs to a string. A quote opens one where a value can begin: `last` is what stood in front of it, but for white space.
    fn holds(&mut self, byte: u8, last: u8) -> bool {
        if self.quote == 0 {
            if is_quote(byte) && matches!(last, b'{' | b'[' | b',' | b':') {
                self.quote = byte;
            }
            return self.quote != 0;
        }
        if self.escaped || byte == b'\\' {
            self.escaped = !self.escaped;
        } else if byte == self.quote {
            self.quote = 0;
        }
        true
    }
}
