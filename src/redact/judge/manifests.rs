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
        self.spend(text.len());
        let line = text.get(..at).and_then(|text| text.iter().rposition(|&byte| byte == b'\n')).map_or(0, |at| at + 1);
        let head = text.get(line..at).unwrap_or_default();
        if let Some(indent) = head.strip_suffix(b"kind")
            && indent.iter().all(|byte| matches!(byte, b' ' | b'-'))
        {
            return self.yaml(text, indent.len(), line, hits);
        }
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

    /// The blocks under `data:` and `stringData:` that are indented like the `kind` in the line at `kind`.
    fn yaml(&self, text: &[u8], indent: usize, kind: usize, hits: &mut Vec<Hit>) {
        // A document begins behind its `---`.
        let before = text.get(..kind).unwrap_or_default();
        let first = before.windows(4).rposition(|window| window == b"\n---").map_or(0, |at| at + 4);
        let mut at = first;
        let mut block = None;
        for line in text.get(first..).unwrap_or_default().split_inclusive(|&byte| byte == b'\n') {
            let depth = line.iter().take_while(|&&byte| matches!(byte, b' ' | b'-')).count();
            let blank = line.iter().all(u8::is_ascii_whitespace);
            if let Some(start) = block
                && !blank
                && depth <= indent
            {
                self.block(start, at, hits);
                block = None;
            }
            if line.starts_with(b"---") && at > kind {
                return;
            }
            let name = line.get(depth..).unwrap_or_default();
            let colon = name.iter().position(|&byte| byte == b':').unwrap_or_default();
            if depth == indent && matches!(name.get(..colon), Some(b"data" | b"stringData")) {
                block = Some(at + depth + colon + 1);
            }
            at += line.len();
        }
        if let Some(start) = block {
            self.block(start, text.len(), hits);
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
