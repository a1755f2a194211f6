//! Syntax that says what is secret: assignments, flags, user information in URLs, elements of XML.

use super::{Hit, Judge, SHORTEST_RUN};
use crate::redact::{MASK_START, decode, is_mask, names};
use std::borrow::Cow;

/// Longest name of a flag or in front of a `=` that is looked at.
const MAX_NAME_BYTES: usize = 64;

/// The same with each of its characters as an escape.
const MAX_ESCAPED_NAME_BYTES: usize = 6 * MAX_NAME_BYTES;

/// How far in front of the end of an element its beginning is looked for.
const MAX_ELEMENT_BYTES: usize = 4096;

/// Headers whose value goes to the end of the line.
const HEADERS: [&[u8]; 4] = [b"authorization", b"proxy-authorization", b"cookie", b"set-cookie"];

impl Judge<'_> {
    /// `key=value`, `key: value`, `--flag value`, `://user:password@` or percent encoding at `at` or behind it.
    pub(super) fn syntax(&self, at: usize, hits: &mut Vec<Hit>) {
        for at in at..(at + 2).min(self.end) {
            match self.text.byte(at) {
                b'=' => self.assignment(at, hits),
                b':' if self.text.span(at, at + 3) == b"://" => self.user_info(at + 3, hits),
                b':' => self.assignment(at, hits),
                b'<' if self.text.byte(at + 1) == b'/' => self.element(at, hits),
                b'%' => self.escaped_word(at, b'%', hits),
                b'\\' => self.escaped_word(at, b'\\', hits),
                b'-' if at + 1 < self.end && self.text.byte(at + 1) == b'-' => self.flag(at, hits),
                _ => {}
            }
        }
    }

    /// The name in front of a `=` or `:`, its escapes resolved, and how many bytes it has as it stands.
    fn name_before(&self, at: usize) -> (Cow<'_, [u8]>, usize) {
        let mut end = at;
        while end > self.start && matches!(self.text.byte(end - 1), b' ' | b'"' | b'\'' | b'\\') {
            end -= 1;
        }
        let mut start = end;
        while start > self.start && end - start < MAX_NAME_BYTES && is_name_byte(self.text.byte(start - 1)) {
            start -= 1;
        }
        let name = self.text.span(start, end);
        let mut first = start;
        while first > self.start && end - first < MAX_ESCAPED_NAME_BYTES && may_be_escaped(self.text.byte(first - 1)) {
            first -= 1;
        }
        if first == start {
            return (Cow::Borrowed(name), name.len());
        }
        let decoded = decode::escapes(self.text.span(first, end));
        if decoded.len() == end - first {
            return (Cow::Borrowed(name), name.len());
        }
        let length = decoded.iter().rev().take_while(|&&byte| is_name_byte(byte)).count();
        (Cow::Owned(decoded.get(decoded.len() - length..).unwrap_or_default().to_vec()), end - first)
    }

    fn assignment(&self, at: usize, hits: &mut Vec<Hit>) {
        let colon = self.text.byte(at) == b':';
        let mut from = at + 1;
        // A colon assigns where white space or a quote follows it: `password: x`, `"password":"x"`, but not `system:masters`.
        if colon && !matches!(self.text.byte(from), b' ' | b'"' | b'\'' | b'\t' | b'\\') {
            return;
        }
        let (name, length) = self.name_before(at);
        if *name == *b"kind" {
            return self.manifest(at, hits);
        }
        if name.is_empty() || !names::is_secret(&name) {
            return;
        }
        while from < self.end && matches!(self.text.byte(from), b' ' | b'\t') {
            from += 1;
        }
        let header = colon && HEADERS.iter().any(|header| name.eq_ignore_ascii_case(header));
        let whole_line = header || self.text.byte(at) == b'=' && self.begins_line(at, length);
        let (start, mut end) = self.value(from);
        if whole_line && start == from && !is_mask(self.text.span(start, end)) {
            end = self.line_end(from, !header);
        }
        self.mask_value(start, end, hits);
    }

    /// Whether the name of `length` bytes in front of `at` is the first word of a line: then the value goes to the line's end, as in properties files.
    fn begins_line(&self, at: usize, length: usize) -> bool {
        let mut start = at;
        while start > self.start && matches!(self.text.byte(start - 1), b' ' | b'\t') {
            start -= 1;
        }
        start = start.saturating_sub(length).max(self.start);
        while start > self.start && matches!(self.text.byte(start - 1), b' ' | b'\t') {
            start -= 1;
        }
        start == self.start || self.text.byte(start - 1) == b'\n'
    }

    fn flag(&self, at: usize, hits: &mut Vec<Hit>) {
        // A line of dashes is no flag.
        if at > self.start && self.text.byte(at - 1) == b'-' {
            return;
        }
        let mut end = at + 2;
        while end < self.end && end < at + 2 + MAX_NAME_BYTES && is_name_byte(self.text.byte(end)) {
            end += 1;
        }
        if self.text.byte(end) != b' ' || end >= self.end || !names::is_secret(self.text.span(at + 2, end)) {
            return;
        }
        let (start, end) = self.value(end + 1);
        if self.text.byte(start) != b'-' {
            self.mask_value(start, self.flag_end(start, end), hits);
        }
    }

    /// Where the value of a flag ends: a value without quotes can have spaces where somebody forgot to quote it, so it goes on to the next flag or
    /// operator of a shell.
    fn flag_end(&self, start: usize, end: usize) -> usize {
        let quoted = start > self.start && matches!(self.text.byte(start - 1), b'"' | b'\'');
        if quoted || is_mask(self.text.span(start, end)) {
            return end;
        }
        let mut at = end;
        let mut last = end;
        while at < self.end && self.text.byte(at) == b' ' {
            let word = at + 1;
            if matches!(self.text.byte(word), b'-' | b'|' | b'&' | b';' | b'<' | b'>') || word >= self.end {
                break;
            }
            at = word;
            while at < self.end && !matches!(self.text.byte(at), b' ' | b'\n') {
                at += 1;
            }
            last = at;
        }
        last
    }

    fn mask_value(&self, start: usize, end: usize, hits: &mut Vec<Hit>) {
        let value = self.text.span(start, end);
        // A reference to a variable is no secret, and a literal that says nothing is none.
        let reference = value.starts_with(b"$(") || value.starts_with(b"${") || value.starts_with(b"{{");
        let empty = matches!(
            value,
            b"" | b"null" | b"true" | b"false" | b"yes" | b"no" | b"nil" | b"<nil>" | b"{" | b"[" | b"|" | b">"
        );
        if !reference && !empty && !is_mask(value) {
            hits.push(Hit { start, end, id: "N01" });
        }
    }

    /// The span of the value that starts at `from`: to the matching quote, or to the end of the word.
    pub(super) fn value(&self, from: usize) -> (usize, usize) {
        let mut start = from;
        while self.text.byte(start) == b'\\' && start < self.end {
            start += 1;
        }
        let quote = self.text.byte(start);
        if start < self.end && matches!(quote, b'"' | b'\'') {
            let mut end = start + 1;
            while end < self.end && (self.text.byte(end) != quote || self.text.byte(end - 1) == b'\\' && start == from)
            {
                end += 1;
            }
            // Where the quotes themselves are escaped, the backslash in front of the closing one is not part of the value.
            self.spend(end - from);
            let inner_end =
                if start > from && end > start + 1 && self.text.byte(end - 1) == b'\\' { end - 1 } else { end };
            return (start + 1, inner_end);
        }
        if self.text.span(from, self.end).starts_with(MASK_START) {
            let rest = self.text.span(from, self.end);
            return (from, from + rest.iter().position(|&byte| byte == b']').map_or(rest.len(), |at| at + 1));
        }
        let mut end = from;
        while end < self.end
            && !matches!(
                self.text.byte(end),
                b' ' | b'\t' | b'\n' | b'\r' | b'&' | b';' | b',' | b'"' | b'\'' | b')' | b'}' | b']'
            )
        {
            end += 1;
        }
        self.spend(end - from);
        (from, end)
    }

    fn line_end(&self, from: usize, quotes_belong: bool) -> usize {
        let rest = self.text.span(from, self.end);
        from + rest
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'\r') || !quotes_belong && matches!(byte, b'"' | b'\''))
            .unwrap_or(rest.len())
    }

    /// The text of the element that ends at `at`: `<password>...</password>`, `<name>db.password</name><value>...</value>`.
    fn element(&self, at: usize, hits: &mut Vec<Hit>) {
        let from = at.saturating_sub(MAX_ELEMENT_BYTES).max(self.start);
        let before = self.text.span(from, at);
        let Some(open) = before.iter().rposition(|&byte| byte == b'>') else { return };
        let named = self.text.span(at + 2, self.end.min(at + 2 + MAX_NAME_BYTES));
        let length = named.iter().position(|&byte| !is_name_byte(byte)).unwrap_or(named.len());
        let named = named.get(..length).unwrap_or_default();
        self.spend(before.len() - open);
        let of_pair = named.eq_ignore_ascii_case(b"value") && {
            // The element in front of this one says what the value is.
            let head = before.get(..open).unwrap_or_default();
            let head = head.get(head.len().saturating_sub(4 * MAX_NAME_BYTES)..).unwrap_or_default();
            let name = head.iter().rposition(|&byte| byte == b'/').and_then(|end| head.get(..end.saturating_sub(1)));
            names::is_secret(name.and_then(|name| name.rsplit(|&byte| byte == b'>').next()).unwrap_or_default())
        };
        if of_pair || names::is_secret(named) {
            self.mask_value(from + open + 1, at, hits);
        }
    }

    /// The password of `user:password@` behind `://`.
    fn user_info(&self, from: usize, hits: &mut Vec<Hit>) {
        let rest = self.text.span(from, self.end);
        let stop = rest
            .iter()
            .position(|byte| matches!(byte, b'/' | b' ' | b'\n' | b'"' | b'\'' | b'?' | b'#' | b'<' | b'>'))
            .unwrap_or(rest.len());
        let authority = rest.get(..stop).unwrap_or_default();
        let Some(at) = authority.iter().rposition(|&byte| byte == b'@') else { return };
        let user = authority.get(..at).unwrap_or_default();
        let start = user.iter().position(|&byte| byte == b':').map_or(0, |colon| colon + 1);
        let (start, end) = (from + start, from + at);
        // A lone user name stays, unless it is a token itself.
        if start > from || end - start >= SHORTEST_RUN {
            self.mask_value(start, end, hits);
        }
    }
}

/// Whether the byte can stand in a name some of whose characters are escapes.
fn may_be_escaped(byte: u8) -> bool {
    is_name_byte(byte) || matches!(byte, b'\\' | b'%')
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}
