//! Syntax that says what is secret: assignments, flags, user information in URLs.

use super::{Hit, Judge, SHORTEST_RUN};
use crate::bytes::find;
use crate::redact::{MASK_START, decode, is_mask, names};
use crate::scan::begins_number;
use std::borrow::Cow;

/// Longest name of a flag or in front of a `=` that is looked at.
pub(super) const MAX_NAME_BYTES: usize = 64;

/// The same with each of its characters as an escape.
const MAX_ESCAPED_NAME_BYTES: usize = 6 * MAX_NAME_BYTES;

/// References that are looked into, each the default of the one before; what is deeper is masked.
const MAX_DEFAULTS: usize = 4;

/// The first byte of a sequence for a terminal, and the longest one that changes colours.
const ESCAPE: u8 = 0x1b;
const MAX_COLOR_BYTES: usize = 24;

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

    /// The name in front of a `=` or `:`, its escapes resolved, and where it begins.
    pub(super) fn name_before(&self, at: usize) -> (Cow<'_, [u8]>, usize) {
        let mut end = at;
        // `:=`, `?=` and `+=` assign as well.
        if end > self.start && self.text.byte(at) == b'=' && matches!(self.text.byte(end - 1), b':' | b'?' | b'+') {
            end -= 1;
        }
        while end > self.start && matches!(self.text.byte(end - 1), b' ' | b'\t' | b'"' | b'\'' | b'\\' | b']' | b'm') {
            match self.text.byte(end - 1) {
                b'm' => match self.color_before(end) {
                    Some(start) => end = start,
                    None => break,
                },
                _ => end -= 1,
            }
        }
        let mut start = end;
        while start > self.start && end - start < MAX_NAME_BYTES && is_name_byte(self.text.byte(start - 1)) {
            start -= 1;
        }
        if let Some(color) = self.behind_color(start, end) {
            start = color;
        }
        let name = self.text.span(start, end);
        // The letter behind a backslash can be the end of a line.
        if let [b'n' | b'r' | b't', rest @ ..] = name
            && start > self.start
            && self.text.byte(start - 1) == b'\\'
            && !names::is_secret(name)
        {
            return (Cow::Borrowed(rest), start + 1);
        }
        let mut first = start;
        while first > self.start && end - first < MAX_ESCAPED_NAME_BYTES && may_be_escaped(self.text.byte(first - 1)) {
            first -= 1;
        }
        if first == start {
            return (Cow::Borrowed(name), start);
        }
        let decoded = decode::escapes(self.text.span(first, end));
        if decoded.len() == end - first {
            return (Cow::Borrowed(name), start);
        }
        let decoded = decoded.strip_suffix(b"]").unwrap_or(&decoded);
        let length = decoded.iter().rev().take_while(|&&byte| is_name_byte(byte)).count();
        (Cow::Owned(decoded.get(decoded.len() - length..).unwrap_or_default().to_vec()), first)
    }

    fn assignment(&self, at: usize, hits: &mut Vec<Hit>) {
        let colon = self.text.byte(at) == b':';
        let mut from = at + 1;
        match self.text.byte(from) {
            // A colon assigns where white space or a quote follows it: `password: x`, `"password":"x"`, but not `system:masters`.
            b' ' | b'"' | b'\'' | b'\t' | b'\\' => {}
            // A list of YAML follows.
            b'\n' => {}
            next if colon && begins_number(next) && at > self.start && self.text.byte(at - 1) == b'"' => {}
            _ if colon => return,
            b'>' => from += 1,
            // A comparison.
            b'=' if self.text.byte(from + 1) == b' ' => return,
            _ => {}
        }
        let (name, start) = self.name_before(at);
        if *name == *b"kind" {
            return self.manifest(at, hits);
        }
        if *name == *b"PWD" {
            return self.password_of_odbc(from, hits);
        }
        // A system property of Java has its name right behind the flag: `-DapiKey=x`.
        let property = name.strip_prefix(b"-D").filter(|_| !colon).unwrap_or_default();
        let is_named = names::is_secret(&name) || !property.is_empty() && names::is_secret(property);
        if !(is_named || name.eq_ignore_ascii_case(b"value") && self.is_named_secret(start)) {
            return;
        }
        while from < self.end && matches!(self.text.byte(from), b' ' | b'\t' | ESCAPE) {
            from += self.color_at(from).max(1);
        }
        if self.is_old_object(from) {
            return;
        }
        let header = colon && HEADERS.iter().any(|header| name.eq_ignore_ascii_case(header));
        let indent = self.indent_of(start);
        if let Some(indent) = indent.filter(|_| colon && !header)
            && self.lines_of_yaml(from, indent, hits)
        {
            return;
        }
        if self.text.byte(from) == b'[' && self.items_of_list(from + 1, hits) {
            return;
        }
        let (start, mut end) = self.value(from);
        if start == from && begins_wrapper(self.text.span(start, end)) && matches!(self.text.byte(end), b'"' | b'\'') {
            // `Some("x")`, `b'x'`
            let (start, end) = self.value(end);
            return self.mask_value(start, end, hits);
        }
        let whole_line = header || indent.is_some() && (!colon || self.text.byte(self.line_end(end, true)) == b'\n');
        if whole_line && start == from && !is_mask(self.text.span(start, end)) {
            end = self.line_end(from, !header);
        }
        self.mask_value(start, end, hits);
    }

    /// How far the first word of a line is indented, if it begins at `start`: then the value goes to the line's end, as in properties files. A dash
    /// of YAML or `export` in front of it does not count.
    fn indent_of(&self, start: usize) -> Option<usize> {
        let back_over_blanks = |mut at: usize| {
            while at > self.start && matches!(self.text.byte(at - 1), b' ' | b'\t') {
                at -= 1;
            }
            at
        };
        let begins = |at: usize| at == self.start || self.text.byte(at - 1) == b'\n';
        let word = start - usize::from(start > self.start && matches!(self.text.byte(start - 1), b'"' | b'\''));
        let mut at = back_over_blanks(word);
        for before in [&b"export"[..], b"-"] {
            if at < word && at >= self.start + before.len() && self.text.span(at - before.len(), at) == before {
                at = back_over_blanks(at - before.len());
            }
        }
        begins(at).then(|| word - at)
    }

    /// The length of the sequence at `at` that changes the colour of a terminal, zero if there is none.
    fn color_at(&self, at: usize) -> usize {
        let [ESCAPE, b'[', rest @ ..] = self.text.span(at, self.end.min(at + MAX_COLOR_BYTES)) else { return 0 };
        let length = rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
        if rest.get(length) == Some(&b'm') { length + 3 } else { 0 }
    }

    /// Where the sequence begins that changes the colour of a terminal and ends at `end`.
    fn color_before(&self, end: usize) -> Option<usize> {
        let from = end.saturating_sub(MAX_COLOR_BYTES).max(self.start);
        let start = from + self.text.span(from, end).iter().rposition(|&byte| byte == ESCAPE)?;
        (start + self.color_at(start) == end).then_some(start)
    }

    /// Where the name really begins that seems to stand at `start..end`, if it stands behind such a sequence.
    fn behind_color(&self, start: usize, end: usize) -> Option<usize> {
        let escape = start.checked_sub(2).filter(|&at| at >= self.start && self.text.byte(at) == ESCAPE)?;
        let behind = escape + self.color_at(escape);
        (behind > start && behind <= end).then_some(behind)
    }

    /// The password of an ODBC connection is called as the working directory is, which begins with a slash.
    fn password_of_odbc(&self, from: usize, hits: &mut Vec<Hit>) {
        let (start, mut end) = self.value(from);
        if self.text.byte(start) == b'{' {
            // In braces it may hold anything.
            let rest = self.text.span(from, self.line_end(from, true));
            end = from + rest.iter().position(|&byte| byte == b'}').map_or(0, |at| at + 1);
        }
        if end < self.end && self.text.byte(end) == b';' && self.text.byte(start) != b'/' {
            self.mask_value(start, end, hits);
        }
    }

    /// Whether what stands at `from` is what the API server says of objects that others have changed, of whatever name.
    fn is_old_object(&self, from: usize) -> bool {
        self.text.span(from, self.end).starts_with(b"the object has been modified")
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
        // `--password x`, `"--password", "x"`
        let rest = self.text.span(end, self.end);
        let quotes = rest.iter().take_while(|byte| matches!(byte, b'"' | b'\'' | b'\\')).count();
        let rest = rest.get(quotes..).unwrap_or_default();
        let between = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b',')).count();
        // What follows a flag in quotes without quotes of its own is something else: the next field of a record.
        let is_list = quotes == 0 || rest.get(between).is_some_and(|byte| matches!(byte, b'"' | b'\'' | b'\\'));
        if between == 0 || between == rest.len() || !is_list || !names::is_secret(self.text.span(at + 2, end)) {
            return;
        }
        let (start, end) = self.value(end + quotes + between);
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

    pub(super) fn mask_value(&self, mut start: usize, mut end: usize, hits: &mut Vec<Hit>) {
        let mut value = self.text.span(start, end);
        // What stands where the variable is not set: `${NAME:default}`.
        for _ in 0..MAX_DEFAULTS {
            let Some(default) = default_of(value) else { break };
            start += default;
            value = value.get(default..).unwrap_or_default();
            value = value.get(..value.iter().position(|&byte| byte == b'}').unwrap_or(value.len())).unwrap_or_default();
            end = start + value.len();
        }
        // A reference to a variable is no secret, and a literal that says nothing is none.
        let reference = value.starts_with(b"$(")
            || value.starts_with(b"${") && default_of(value).is_none()
            || value.starts_with(b"{{");
        if !reference && !says_nothing(value) && !is_mask(value) {
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
            let triple = [quote; 3];
            if self.text.span(start, self.end).starts_with(&triple) {
                let rest = self.text.span(start + 3, self.end);
                let length = find(rest, &triple).unwrap_or(rest.len());
                self.spend(length);
                return (start + 3, start + 3 + length);
            }
            let mut end = start + 1;
            // Two quotes stand for one, in YAML and SQL.
            let doubled = |at: usize| quote == b'\'' && at > start + 1 && self.text.byte(at + 1) == quote;
            while end < self.end {
                if self.text.byte(end) != quote || self.text.byte(end - 1) == b'\\' && start == from {
                    end += 1;
                } else if doubled(end) {
                    end += 2;
                } else {
                    break;
                }
            }
            let end = end.min(self.end);
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

    pub(super) fn line_end(&self, from: usize, quotes_belong: bool) -> usize {
        let rest = self.text.span(from, self.end);
        from + rest
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'\r') || !quotes_belong && matches!(byte, b'"' | b'\''))
            .unwrap_or(rest.len())
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

/// Whether a value begins with what programs write in front of a text's quote: `Some("x")`, `b'x'`.
fn begins_wrapper(value: &[u8]) -> bool {
    matches!(value, b"b" | b"u" | b"r" | b"B") || value.ends_with(b"(") && value.len() < MAX_NAME_BYTES
}

/// Where in a reference to a variable its default begins: `${NAME:default}`, `${NAME:-default}`.
fn default_of(value: &[u8]) -> Option<usize> {
    let name = value.strip_prefix(b"${")?;
    let colon = name.iter().position(|&byte| !is_name_byte(byte)).filter(|&at| name.get(at) == Some(&b':'))?;
    let sign = name.get(colon + 1).is_some_and(|byte| matches!(byte, b'-' | b'=' | b'+' | b'?'));
    Some(2 + colon + 1 + usize::from(sign))
}

/// Whether a value under a secret name is no secret: nothing at all, yes or no, or what begins a value that goes on elsewhere.
pub(crate) fn says_nothing(value: &[u8]) -> bool {
    const WORDS: [&[u8]; 14] =
        [b"", b"null", b"true", b"false", b"yes", b"no", b"nil", b"<nil>", b"{", b"[", b"{}", b"[]", b"|", b">"];
    WORDS.contains(&value)
}

/// Whether the byte can stand in a name some of whose characters are escapes.
fn may_be_escaped(byte: u8) -> bool {
    is_name_byte(byte) || matches!(byte, b'\\' | b'%')
}

pub(super) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}
