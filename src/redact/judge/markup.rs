//! What stands around a value and names it: elements and attributes of XML, pairs of name and value, blocks of YAML.

use super::syntax::{MAX_NAME_BYTES, is_name_byte};
use super::{Hit, Judge};
use crate::redact::{MASK_START, names};

/// How far in front of the end of an element its beginning is looked for.
const MAX_ELEMENT_BYTES: usize = 4096;

/// How far in front of a value its name is looked for.
const MAX_PAIR_BYTES: usize = 2 * MAX_NAME_BYTES;

const CDATA: &[u8] = b"<![CDATA[";

impl Judge<'_> {
    /// The text of the element that ends at `at`: `<password>...</password>`, `<name>db.password</name><value>...</value>`,
    /// `<property name="db.password">...</property>`.
    pub(super) fn element(&self, at: usize, hits: &mut Vec<Hit>) {
        let from = at.saturating_sub(MAX_ELEMENT_BYTES).max(self.start);
        let before = self.text.span(from, at);
        let Some(mut tag) = before.iter().rposition(|&byte| byte == b'<') else { return };
        self.spend(before.len() - tag);
        let mut inside = before.get(tag..).unwrap_or_default();
        let mut close = inside.iter().position(|&byte| byte == b'>').map(|end| tag + end + 1);
        let mut end = at;
        if inside.starts_with(CDATA) {
            close = Some(tag + CDATA.len());
            end = at - if before.ends_with(b"]]>") { 3 } else { 0 };
            let head = before.get(..tag).unwrap_or_default();
            let Some(outer) = head.iter().rposition(|&byte| byte == b'<') else { return };
            inside = head.get(outer..).unwrap_or_default();
            tag = outer;
        }
        let Some(open) = close else { return };
        // The prefix of a name space says nothing.
        let named = self.text.span(at + 2, self.end.min(at + 2 + MAX_NAME_BYTES));
        let named = first_name(named);
        let named = named.rsplit(|&byte| byte == b':').next().unwrap_or_default();
        let of_pair = named.eq_ignore_ascii_case(b"value") && {
            // The element in front of this one says what the value is.
            let head = before.get(..tag).unwrap_or_default();
            let head = head.get(head.len().saturating_sub(4 * MAX_NAME_BYTES)..).unwrap_or_default();
            let name = head.iter().rposition(|&byte| byte == b'/').and_then(|end| head.get(..end.saturating_sub(1)));
            names::is_secret(name.and_then(|name| name.rsplit(|&byte| byte == b'>').next()).unwrap_or_default())
        };
        let attributes = inside.split(|&byte| byte == b'>').next().unwrap_or_default();
        if of_pair || names::is_secret(named) || names::is_secret(name_in(attributes)) {
            self.mask_value(from + open, end, hits);
        }
    }

    /// Whether a name and its value stand right in front of the member `value` at `start`, and the name is one of a secret:
    /// `name="password" value=`, `"name": "DB_PASSWORD", "value":`, `- name: DB_PASSWORD` and `value:` in the next line.
    pub(super) fn is_named_secret(&self, start: usize) -> bool {
        let from = start.saturating_sub(MAX_PAIR_BYTES).max(self.start);
        self.spend(start - from);
        let before = self.text.span(from, start);
        // What another object or element says is about another value.
        let begin = before.iter().rposition(|byte| matches!(byte, b'{' | b'}' | b'<' | b'>')).map_or(0, |at| at + 1);
        names::is_secret(name_in(before.get(begin..).unwrap_or_default()))
    }

    /// The items of a list in brackets, which begin at `from`; objects in it say themselves what they are. Whether it is such a list.
    pub(super) fn items_of_list(&self, from: usize, hits: &mut Vec<Hit>) -> bool {
        let rest = self.text.span(from, self.end);
        if self.text.span(from - 1, self.end).starts_with(MASK_START) {
            return false;
        }
        if rest.starts_with(MASK_START) {
            return true;
        }
        let length = rest.iter().position(|byte| matches!(byte, b']' | b'{' | b'\n')).unwrap_or(rest.len());
        self.spend(length);
        let items = rest.get(..length).unwrap_or_default();
        let is_list = rest.get(length) == Some(&b']') && !items.trim_ascii().is_empty();
        if is_list {
            self.mask_value(from, from + length, hits);
        }
        is_list
    }

    /// The value in the lines below a name of YAML that is indented by `indent`, where the rest of its own line at `from` is empty or the
    /// head of a block: a block of text, or the items of a list. Whether there are such lines.
    pub(super) fn lines_of_yaml(&self, from: usize, indent: usize, hits: &mut Vec<Hit>) -> bool {
        let end = self.line_end(from, true);
        let head = self.text.span(from, end).trim_ascii();
        let is_block = matches!(head, [b'|' | b'>', rest @ ..] if rest.len() < 3 && rest.iter().all(|byte| matches!(byte, b'+' | b'-' | b'1'..=b'9')));
        if !is_block && !head.is_empty() || end >= self.end {
            return false;
        }
        let mut block: Option<(usize, usize)> = None;
        let mut at = end;
        while at < self.end {
            at += 1;
            let stop = self.line_end(at, true);
            let line = self.text.span(at, stop);
            let lead = line.iter().take_while(|&&byte| byte == b' ').count();
            let text = line.get(lead..).unwrap_or_default();
            let is_item = text.starts_with(b"- ");
            if !text.is_empty() {
                let is_deeper = lead > indent;
                let is_key = text.windows(2).any(|pair| pair == b": ") || text.ends_with(b":");
                if !is_block && is_deeper && !is_item && !is_key && block.is_none() {
                    // The value itself.
                    self.mask_value(at + lead, stop, hits);
                }
                if if is_block { !is_deeper } else { !is_item || lead < indent } {
                    break;
                }
                if is_block {
                    block = Some((block.map_or(at + lead, |(start, _)| start), stop));
                } else if !is_key {
                    self.mask_value(at + lead + 2, stop, hits);
                }
            }
            at = stop;
        }
        self.spend(at - end);
        if let Some((start, end)) = block {
            self.mask_value(start, end, hits);
        }
        is_block
    }
}

/// The name at the beginning of `text`, with the prefix of its name space.
fn first_name(text: &[u8]) -> &[u8] {
    let length = text.iter().position(|&byte| !is_name_byte(byte) && byte != b':').unwrap_or(text.len());
    text.get(..length).unwrap_or_default()
}

/// The value of the last `name` or `key` in `text`, in whatever syntax.
fn name_in(text: &[u8]) -> &[u8] {
    for at in (0..text.len()).rev() {
        let rest = text.get(at..).unwrap_or_default();
        let stands_alone = !at.checked_sub(1).and_then(|at| text.get(at)).is_some_and(|&byte| is_name_byte(byte));
        let Some(rest) = [&b"name"[..], b"key", b"Name", b"Key"].iter().find_map(|name| rest.strip_prefix(*name))
        else {
            continue;
        };
        let skip = |rest: &[u8]| rest.iter().take_while(|byte| matches!(byte, b' ' | b'"' | b'\'' | b'\\')).count();
        let rest = rest.get(skip(rest)..).unwrap_or_default();
        if let [b':' | b'=', rest @ ..] = rest
            && stands_alone
        {
            return first_name(rest.get(skip(rest)..).unwrap_or_default());
        }
    }
    &[]
}
