//! The close look at a text: which parts of it are secret, and by what.
//!
//! A text is a decoded string. What `hints` points at is compared with the token formats, with the syntax of assignments, flags
//! and URLs, and, where it may be an encoding, decoded and looked at again.

use core::cell::Cell;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::names;
use super::tokens::{FORMATS, alphabet, class_of};
use crate::bytes::find;
use crate::scan::{Hint, Hints, PADDING, RunEnds, View, begins_like_text, match_format};

/// Encodings that may be nested in each other.
const MAX_DECODINGS: u8 = 3;

/// Bytes of one encoded run that are decoded; of a longer one this much at its beginning.
const MAX_DECODED_BYTES: usize = 64 * 1024;

/// Longest name of a flag or in front of a `=` that is looked at.
const MAX_NAME_BYTES: usize = 64;

/// Shortest run that can be the encoding of a secret.
const SHORTEST_RUN: usize = 20;

/// Bytes that may be looked at again, for each byte of a text: texts that people and programs write need one or two. A text
/// that is made to be looked at over and over is masked as a whole, so that the time is in proportion to the length.
const WORK_PER_BYTE: usize = 16;

/// What short texts have on top of it, in bytes.
const WORK_FREE: usize = 16 * 1024;

/// A secret part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) id: &'static str,
}

/// Adds the secret parts of `start..end` to `hits`; those that are added do not overlap and are in order.
pub(crate) fn judge(hints: &Hints, text: View<'_>, start: usize, end: usize, hits: &mut Vec<Hit>) {
    let mut own = Vec::new();
    Judge::new(hints, text, start, end, 0).find(&mut own);
    merge(&mut own);
    hits.append(&mut own);
}

/// Orders hits, and joins those that overlap or touch.
pub(crate) fn merge(hits: &mut Vec<Hit>) {
    hits.sort_by_key(|hit| (hit.start, usize::MAX - hit.end));
    let mut merged: Vec<Hit> = Vec::with_capacity(hits.len());
    for hit in hits.drain(..).filter(|hit| hit.end > hit.start) {
        match merged.last_mut() {
            Some(last) if hit.start <= last.end => last.end = last.end.max(hit.end),
            _ => merged.push(hit),
        }
    }
    *hits = merged;
}

struct Judge<'a> {
    hints: &'a Hints,
    text: View<'a>,
    start: usize,
    end: usize,
    decodings: u8,
    /// Bytes that may still be looked at again.
    work: Cell<usize>,
    run_ends: RunEnds,
    /// The end of the last run that a T42 was looked for in; what begins later in it says nothing new.
    jwt_judged: Cell<usize>,
    /// The end of the last word with percent escapes that was looked at, and the number of hits then.
    percent_word: Cell<(usize, usize)>,
}

impl<'a> Judge<'a> {
    fn new(hints: &'a Hints, text: View<'a>, start: usize, end: usize, decodings: u8) -> Self {
        Self {
            hints,
            text,
            start,
            end,
            decodings,
            work: Cell::new(WORK_FREE + WORK_PER_BYTE * (end - start)),
            run_ends: RunEnds::default(),
            jwt_judged: Cell::new(start),
            percent_word: Cell::new((start, 0)),
        }
    }

    /// Accounts for bytes that were looked at again.
    fn spend(&self, bytes: usize) {
        self.work.set(self.work.get().saturating_sub(bytes));
    }

    fn find(&self, hits: &mut Vec<Hit>) {
        let mut at = self.start;
        let mut run_start = self.start;
        while let Some(hint) = self.hints.next(self.text, at, &mut run_start, self.end) {
            if self.work.get() == 0 {
                hits.push(Hit { start: self.start, end: self.end, id: "D01" });
                return;
            }
            match hint {
                Hint::Pair { at: here, syntax, token } => {
                    at = here + 2;
                    if syntax {
                        self.syntax(here, hits);
                    }
                    if token {
                        self.tokens(here, hits);
                    }
                }
                Hint::Run { at: here } => {
                    let (start, end) = self.run_around(here);
                    run_start = end.max(here + 2);
                    at = here + 2;
                    if end - start >= SHORTEST_RUN && self.run_is_secret(start, end) {
                        hits.push(Hit { start, end, id: "D01" });
                        at = end;
                    }
                }
            }
        }
    }

    /// The token formats whose rare pair stands at `here`.
    fn tokens(&self, here: usize, hits: &mut Vec<Hit>) {
        for (index, offset) in self.hints.formats_at(self.text, here) {
            let Some(format) = FORMATS.get(usize::from(index)) else { continue };
            let first = here.wrapping_sub(usize::from(offset));
            if first < self.start || first > here {
                continue;
            }
            let found = match_format(format, self.text, self.start, first, self.end, &self.run_ends);
            if let Some((start, end)) = found.and_then(|(start, end)| self.confirm(format.id, start, end)) {
                hits.push(Hit { start, end, id: format.id });
            }
        }
    }

    /// What a format's shape alone does not say.
    fn confirm(&self, id: &str, start: usize, end: usize) -> Option<(usize, usize)> {
        match id {
            "T45" => self.pem(start),
            // `continue=` tokens and the like are base64 of JSON, but have no signature.
            "T42" if end == self.jwt_judged.get() => None,
            "T42" => {
                self.jwt_judged.set(end);
                let signed = self.text.span(start, end).iter().filter(|&&byte| byte == b'.').count() >= 2;
                signed.then_some((start, end))
            }
            // Certificates begin with `LS0tLS1CRUdJTiBD`.
            "T46" => {
                let kind = self.text.span(start + 14, start + 16);
                (kind != b"BD" && kind != b"Bq").then_some((start, end))
            }
            _ => Some((start, end)),
        }
    }

    /// A PEM block, if it is of a private key: to its end line, or to the end of the text.
    fn pem(&self, start: usize) -> Option<(usize, usize)> {
        let rest = self.text.span(start, self.end);
        let first_line = rest.get(..rest.len().min(64)).unwrap_or_default();
        find(first_line, b"PRIVATE KEY")?;
        self.spend(rest.len());
        let end = find(rest, b"-----END")
            .map(|at| at + 8)
            .and_then(|at| find(rest.get(at..)?, b"-----").map(|tail| at + tail + 5));
        Some((start, start + end.unwrap_or(rest.len())))
    }

    /// The run of any base64 alphabet that covers `at`.
    fn run_around(&self, at: usize) -> (usize, usize) {
        let in_run = |at: usize| class_of(self.text.byte(at)) & alphabet::BASE64 != 0;
        let mut start = at;
        while start > self.start && in_run(start - 1) && self.text.byte(start - 1) != b'=' {
            start -= 1;
        }
        let mut end = at;
        while end < self.end && in_run(end) {
            end += 1;
        }
        self.spend(end - start);
        (start, end)
    }

    /// Whether a private key shows once the escapes of the whole text are resolved, twice as often as encodings may be nested: each
    /// level doubles the backslashes.
    fn is_escaped_key(&self) -> bool {
        let mut text = self.text.span(self.start, self.end).to_vec();
        (0..2 * MAX_DECODINGS).any(|_| {
            text = decode_unicode(&text);
            find(&text, b"PRIVATE KEY-----").is_some()
        })
    }

    /// Whether a run decodes to something that holds a secret.
    fn run_is_secret(&self, start: usize, end: usize) -> bool {
        let run = self.text.span(start, end.min(start + MAX_DECODED_BYTES));
        // Over the cap nothing is known of the rest.
        if end - start > MAX_DECODED_BYTES
            && (begins_like_text(self.text, start, end) || run.iter().all(u8::is_ascii_hexdigit))
        {
            return true;
        }
        // gzip in base64: what it holds is not looked at, so it does not leave.
        if find(run, b"H4sI").is_some() && run.len() >= 48 {
            return true;
        }
        if self.decodings >= MAX_DECODINGS {
            return looks_encoded(run);
        }
        if run.iter().all(u8::is_ascii_hexdigit) && decode_hex(run).is_some_and(|bytes| self.decoded_is_secret(bytes)) {
            return true;
        }
        if begins_like_text(self.text, start, end)
            && decode_base64(run).is_some_and(|bytes| self.decoded_is_secret(bytes))
        {
            return true;
        }
        // A path or a word in front of the encoding shifts it; the parts between the characters that names have, too, are tried alone.
        let mut from = start;
        run.split(|byte| matches!(byte, b'/' | b'-' | b'=' | b'_')).any(|part| {
            let here = from;
            from += part.len() + 1;
            if part.len() < SHORTEST_RUN || part.len() == run.len() {
                return false;
            }
            let hex = part.iter().all(u8::is_ascii_hexdigit)
                && decode_hex(part).is_some_and(|bytes| self.decoded_is_secret(bytes));
            hex || begins_like_text(self.text, here, here + part.len())
                && decode_base64(part).is_some_and(|bytes| self.decoded_is_secret(bytes))
        })
    }

    fn decoded_is_secret(&self, mut bytes: Vec<u8>) -> bool {
        let printable =
            bytes.iter().take(12).all(|&byte| (0x20..0x7f).contains(&byte) || matches!(byte, b'\n' | b'\r' | b'\t'));
        if !printable {
            return bytes.starts_with(&[0x1f, 0x8b]);
        }
        let end = bytes.len();
        bytes.resize(end + PADDING, 0);
        let Some(text) = View::new(&bytes) else { return false };
        let mut hits = Vec::new();
        Judge::new(self.hints, text, 0, end, self.decodings + 1).find(&mut hits);
        !hits.is_empty()
    }

    /// `key=value`, `key: value`, `--flag value`, `://user:password@` or percent encoding at `at` or behind it.
    fn syntax(&self, at: usize, hits: &mut Vec<Hit>) {
        for at in at..(at + 2).min(self.end) {
            match self.text.byte(at) {
                b'=' => self.assignment(at, hits),
                b':' if self.text.span(at, at + 3) == b"://" => self.user_info(at + 3, hits),
                b':' => self.assignment(at, hits),
                b'%' => self.escaped_word(at, b'%', hits),
                b'\\' => self.escaped_word(at, b'\\', hits),
                b'-' if at + 1 < self.end && self.text.byte(at + 1) == b'-' => self.flag(at, hits),
                _ => {}
            }
        }
    }

    /// The name in front of a `=` or `:`.
    fn name_before(&self, at: usize) -> &[u8] {
        let mut end = at;
        while end > self.start && matches!(self.text.byte(end - 1), b' ' | b'"' | b'\'' | b'\\') {
            end -= 1;
        }
        let mut start = end;
        while start > self.start && end - start < MAX_NAME_BYTES && is_name_byte(self.text.byte(start - 1)) {
            start -= 1;
        }
        self.text.span(start, end)
    }

    fn assignment(&self, at: usize, hits: &mut Vec<Hit>) {
        let colon = self.text.byte(at) == b':';
        let mut from = at + 1;
        // A colon assigns where white space or a quote follows it: `password: x`, `"password":"x"`, but not `system:masters`.
        if colon && !matches!(self.text.byte(from), b' ' | b'"' | b'\'' | b'\t' | b'\\') {
            return;
        }
        let name = self.name_before(at);
        if name.is_empty() || !names::is_secret(name) {
            return;
        }
        while from < self.end && matches!(self.text.byte(from), b' ' | b'\t') {
            from += 1;
        }
        let header = colon
            && [&b"authorization"[..], b"proxy-authorization", b"cookie", b"set-cookie"]
                .iter()
                .any(|header| name.eq_ignore_ascii_case(header));
        let whole_line = header || self.text.byte(at) == b'=' && self.begins_line(at, name.len());
        let (start, mut end) = self.value(from);
        if whole_line && start == from && !super::is_mask(self.text.span(start, end)) {
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
        if quoted || super::is_mask(self.text.span(start, end)) {
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
        let empty = matches!(value, b"" | b"null" | b"true" | b"false" | b"nil" | b"<nil>" | b"{" | b"[" | b"|" | b">");
        if !reference && !empty && !super::is_mask(value) {
            hits.push(Hit { start, end, id: "N01" });
        }
    }

    /// The span of the value that starts at `from`: to the matching quote, or to the end of the word.
    fn value(&self, from: usize) -> (usize, usize) {
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
        if self.text.span(from, self.end).starts_with(super::MASK_START) {
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

    /// The word around a percent escape or a `\u0041`, if it holds a secret once decoded.
    fn escaped_word(&self, at: usize, mark: u8, hits: &mut Vec<Hit>) {
        let (judged, hits_then) = self.percent_word.get();
        if self.decodings >= MAX_DECODINGS || at < judged && hits.len() == hits_then {
            return;
        }
        let stops =
            |byte: u8| byte <= b' ' || matches!(byte, b'"' | b'\'' | b'=' | b'&' | b'?' | b',' | b';' | b'<' | b'>');
        let mut start = at;
        while start > self.start && !stops(self.text.byte(start - 1)) {
            start -= 1;
        }
        let mut end = at;
        while end < self.end && !stops(self.text.byte(end)) {
            end += 1;
        }
        self.spend(end - start);
        self.percent_word.set((end, hits.len()));
        // A private key goes over many words.
        if mark == b'\\' && !self.text.span(self.start, at).contains(&mark) && self.is_escaped_key() {
            hits.push(Hit { start: self.start, end: self.end, id: "T45" });
            return;
        }
        // What is known to be secret needs no second look; hits come in order.
        if let Some(known) = hits.iter().rev().take(16).find(|hit| hit.start < end && hit.end > start) {
            start = known.end;
        }
        // Earlier escapes of the same word have been looked at with it.
        if start > at || self.text.span(start, at).contains(&mark) {
            return;
        }
        let word = self.text.span(start, end);
        let decoded = if mark == b'%' { decode_percent(word) } else { decode_unicode(word) };
        if decoded.len() < end - start && self.decoded_is_secret(decoded) {
            hits.push(Hit { start, end, id: "D01" });
        }
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// Whether a run is more likely an encoding than words: mixed case and digits.
fn looks_encoded(run: &[u8]) -> bool {
    let has = |test: fn(&u8) -> bool| run.iter().any(test);
    run.len() >= 32 && has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase)
}

fn decode_base64(run: &[u8]) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    const PLAIN: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
    const URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);
    let end = run.iter().position(|&byte| byte == b'=').unwrap_or(run.len());
    // A length of 4n + 1 is no base64; without its last character it may be.
    let run = run.get(..if end % 4 == 1 { end - 1 } else { end })?;
    if run.iter().any(|byte| matches!(byte, b'-' | b'_')) { URL.decode(run).ok() } else { PLAIN.decode(run).ok() }
}

pub(crate) fn decode_hex(run: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16);
    run.chunks_exact(2).map(|pair| Some((digit(*pair.first()?)? << 4 | digit(*pair.last()?)?) as u8)).collect()
}

/// Resolves `\u0041` and `\x41`, and takes away other backslashes.
fn decode_unicode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        at += 1;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let digits = match text.get(at) {
            Some(b'u') => 4,
            Some(b'x') => 2,
            Some(b'\\') => {
                out.push(b'\\');
                at += 1;
                continue;
            }
            _ => continue,
        };
        let hex = text
            .get(at + 1..at + 1 + digits)
            .and_then(|hex| u32::from_str_radix(core::str::from_utf8(hex).ok()?, 16).ok());
        if let Some(char) = hex.and_then(char::from_u32) {
            out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
            at += 1 + digits;
        }
    }
    out
}

pub(crate) fn decode_percent(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        let digits = (
            tail.first().and_then(|&byte| (byte as char).to_digit(16)),
            tail.get(1).and_then(|&byte| (byte as char).to_digit(16)),
        );
        if let (b'%', (Some(high), Some(low))) = (first, digits) {
            out.push((high << 4 | low) as u8);
            rest = tail.get(2..).unwrap_or_default();
        } else {
            out.push(*first);
            rest = tail;
        }
    }
    out
}

#[cfg(test)]
pub(crate) mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    /// The text with its hits replaced by `<id>`.
    pub(crate) fn judged(text: &str) -> String {
        let hints = Hints::new();
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(text.len() + PADDING, 0);
        let mut hits = Vec::new();
        judge(&hints, View::new(&bytes).unwrap(), 0, text.len(), &mut hits);
        let mut out = String::new();
        let mut at = 0;
        for hit in hits {
            out.push_str(text.get(at..hit.start).unwrap());
            out.push_str(&format!("<{}>", hit.id));
            at = hit.end;
        }
        out + text.get(at..).unwrap()
    }

    fn github() -> String {
        format!("gh{}_{}", 'p', "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8")
    }

    #[test]
    fn tokens_end_where_their_alphabet_ends() {
        let token = github();
        for (before, after) in
            [("", ""), ("token ", " end"), ("x=", "&y"), ("(", ")"), ("a", "%26"), ("\n", "\r\n"), ("{\"a\":\"", "\"}")]
        {
            assert_eq!(judged(&format!("{before}{token}{after}")), format!("{before}<T01>{after}"));
        }
    }

    #[test]
    fn assignments_flags_and_urls() {
        for (text, expected) in [
            ("login password=hunter22 ok", "login password=<N01> ok"),
            ("db.host=h\ndb.password = a b c\ndb.pool=1", "db.host=h\ndb.password = <N01>\ndb.pool=1"),
            ("password=[redacted:N01] x token=[redacted:T01]", "password=[redacted:N01] x token=[redacted:T01]"),
            ("url?token=abc12345&x=1", "url?token=<N01>&x=1"),
            ("db_password: 's3cr3t value'\nuser: me", "db_password: '<N01>'\nuser: me"),
            ("{\"apiKey\":\"abc\",\"user\":\"me\"}", "{\"apiKey\":\"<N01>\",\"user\":\"me\"}"),
            ("run --password hunter22 --user me", "run --password <N01> --user me"),
            ("run --token Basic abc def && ls", "run --token <N01> && ls"),
            ("run --password=hunter22 --user me", "run --password=<N01> --user me"),
            ("postgres://app:hunter22@db:5432/x", "postgres://app:<N01>@db:5432/x"),
            ("curl -H 'Authorization: Bearer abc def' x", "curl -H 'Authorization: <N01>' x"),
            ("https://host:8443/path@v1 and more", "https://host:8443/path@v1 and more"),
            ("secretName: web-tls and tokenPath=/var/run/x", "secretName: web-tls and tokenPath=/var/run/x"),
            ("system:serviceaccount:kube-system:token-cleaner", "system:serviceaccount:kube-system:token-cleaner"),
            ("password=$(DB_PASSWORD) and password=${X}", "password=$(DB_PASSWORD) and password=${X}"),
            ("/api/token oauth2/token 169.254.169.254/latest", "/api/token oauth2/token 169.254.169.254/latest"),
        ] {
            assert_eq!(judged(text), expected);
        }
    }

    #[test]
    fn encodings_are_looked_into() {
        let token = github();
        let base64 = base64::engine::general_purpose::STANDARD.encode(format!("user:{token}"));
        let twice = base64::engine::general_purpose::STANDARD_NO_PAD.encode(&base64);
        let hex: String = token.bytes().map(|byte| format!("{byte:02X}")).collect();
        let unicode: String = token.bytes().map(|byte| format!("\\u00{byte:02x}")).collect();
        let percent: String = token.bytes().map(|byte| format!("%{byte:02x}")).collect();
        for encoded in [base64, twice, hex, percent, unicode] {
            assert_eq!(judged(&format!("value {encoded} end")), "value <D01> end", "{encoded}");
        }
    }

    #[test]
    fn digests_and_names_are_left_alone() {
        for text in [
            "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "docker-pullable://nginx@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "ValidatingAdmissionWebhookConfigurationList is fine",
            "RBAC: allowed by ClusterRoleBinding \"system:basic-user\" of ClusterRole \"system:basic-user\" to Group \"system:authenticated\"",
            "eyJhIjoiYiJ9eyJhIjoiYiJ9eyJhIjoiYiJ9eyJhIjoiYiJ9",
            "-----BEGIN CERTIFICATE-----",
        ] {
            assert_eq!(judged(text), text);
        }
    }

    /// Each of these was made to be walked again from every place in it.
    #[test]
    fn the_work_is_in_proportion_to_the_length() {
        let access_key = ["AK", "IA"].concat();
        for part in [
            "-",
            "--",
            "%41",
            "%41 ",
            "eyJ",
            "eyJhbGciOiJIUzI1NiJ9.",
            "--password ",
            &access_key,
            "://a:b",
            "a=",
            "YWJj",
        ] {
            let hints = Hints::new();
            let mut bytes = part.repeat(100_000 / part.len()).into_bytes();
            let end = bytes.len();
            bytes.resize(end + PADDING, 0);
            let judge = Judge::new(&hints, View::new(&bytes).unwrap(), 0, end, 0);
            judge.find(&mut Vec::new());
            let spent = WORK_FREE + WORK_PER_BYTE * end - judge.work.get();
            assert!(spent < 4 * end, "`{part}`: {spent} of {end} bytes");
        }
        // Where nothing better is known, the whole text goes.
        assert_eq!(judged(&"password=$(".repeat(10_000)), "<D01>");
        assert_eq!(judged(&"-----\n".repeat(10_000)), "-----\n".repeat(10_000));
    }

    #[test]
    fn private_keys_are_cut_to_their_end_line() {
        let key = ["-----BEGIN RSA ", "PRIVATE KEY-----\nMIIEpAIBAAKC\n-----END RSA ", "PRIVATE KEY-----"].concat();
        assert_eq!(judged(&format!("x {key} y")), "x <T45> y");
    }
}
