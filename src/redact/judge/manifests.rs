//! Manifests of Secrets in a text: YAML in a ConfigMap or in the values of a chart, JSON in a log line.

use super::{Hit, Judge};
use crate::bytes::find;
use crate::redact::is_mask;

impl Judge<'_> {
    /// A manifest whose `kind`, at `at`, may be a Secret: the values under its `data` and `stringData` go.
    pub(super) fn manifest(&self, at: usize, hits: &mut Vec<Hit>) {
        let mut from = at + 1;
        while self.text.byte(from) == b' ' {
            from += 1;
        }
        let (start, end) = self.value(from);
        if !matches!(self.text.span(start, end), b"Secret" | b"SecretList") {
            return;
        }
        let text = self.text.span(self.start, self.end);
        let at = at - self.start;
        let line = text.get(..at).and_then(|text| text.iter().rposition(|&byte| byte == b'\n')).map_or(0, |at| at + 1);
        let head = text.get(line..at).unwrap_or_default();
        if let Some(indent) = head.strip_suffix(b"kind")
            && indent.iter().all(|byte| matches!(byte, b' ' | b'-'))
        {
            return self.yaml(text, indent.len(), line, hits);
        }
        self.spend(text.len());
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
    fn yaml(&self, text: &[u8], indent: usize, kind: usize, hits: &mut Vec<Hit>) {
        let (first, end) = mapping(text, indent, kind);
        self.spend(end - first);
        let mut at = first;
        let mut block = None;
        for line in text.get(first..end).unwrap_or_default().split_inclusive(|&byte| byte == b'\n') {
            let behind = at + line.len();
            // The first line can stand behind the hyphen of a list.
            if at == first || begins_key(line, indent) {
                if let Some((start, end)) = block {
                    self.block(start, end, hits);
                }
                block = behind_name(line, indent).map(|start| (at + start, behind));
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
    matches!(rest.get(..colon)?.trim_ascii(), b"data" | b"stringData").then_some(indent + colon + 1)
}
