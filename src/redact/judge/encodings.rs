//! Encodings: runs of base64 or hexadecimal digits, percent escapes and `\u` escapes, up to three in each other.

use super::{Hit, Judge, SHORTEST_RUN};
use crate::bytes::find;
use crate::redact::decode;
use crate::redact::tokens::{alphabet, class_of};
use crate::scan::{PADDING, View};

/// Levels of escapes that a private key is looked for behind.
const ESCAPE_LEVELS: u8 = 6;

impl Judge<'_> {
    /// The run of any base64 alphabet that covers `at`.
    pub(super) fn run_around(&self, at: usize) -> (usize, usize) {
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

    /// Whether a run decodes to something that holds a secret.
    pub(super) fn run_is_secret(&self, start: usize, end: usize) -> bool {
        // Four bytes of base64 stand for three.
        let capped = end.min(start + self.hints.max_decoded_bytes + self.hints.max_decoded_bytes / 3);
        let run = self.text.span(start, capped);
        // gzip in base64: what it holds is not looked at, so it does not leave.
        if find(run, b"H4sI").is_some() && run.len() >= 48 {
            return true;
        }
        if self.decodings >= self.hints.max_decodings {
            return looks_encoded(run);
        }
        // A path or a word in front of the encoding shifts it: it may begin behind each character that names have, too.
        let mut part = start;
        while part < capped {
            let rest = self.text.span(part, capped);
            let length = rest.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(rest.len());
            let digits = rest.get(..length).unwrap_or_default();
            let digits = digits.strip_prefix(b"0x").unwrap_or(digits);
            let hex = digits.len() >= SHORTEST_RUN && digits.iter().all(u8::is_ascii_hexdigit);
            let text = rest.len() >= SHORTEST_RUN && decode::begins_like_text(self.text, part, capped);
            // Over the cap nothing is known of the rest.
            if (hex || text) && capped < end {
                return true;
            }
            if hex && decode::hex(digits).is_some_and(|bytes| self.decoded_is_secret(bytes)) {
                return true;
            }
            if text {
                self.spend(rest.len());
                if self.decoded_is_secret(decode::base64(rest)) {
                    return true;
                }
            }
            if self.work.get() == 0 {
                return true;
            }
            part += length + 1;
        }
        false
    }

    fn decoded_is_secret(&self, mut bytes: Vec<u8>) -> bool {
        if !decode::is_text(bytes.get(..12).unwrap_or(&bytes)) {
            return bytes.starts_with(&[0x1f, 0x8b]);
        }
        let end = bytes.len();
        bytes.resize(end + PADDING, 0);
        let Some(text) = View::new(&bytes) else { return false };
        let mut hits = Vec::new();
        Judge::new(self.hints, text, 0, end, self.decodings + 1).find(&mut hits);
        self.hints.off.forget(&mut hits);
        !hits.is_empty() || self.hints.own.fits(text.span(0, end))
    }

    /// Whether a private key shows once the escapes of the whole text are resolved, level by level: each doubles the backslashes.
    fn is_escaped_key(&self) -> bool {
        let mut text = self.text.span(self.start, self.end).to_vec();
        (0..ESCAPE_LEVELS).any(|_| {
            text = decode::unicode(&text);
            find(&text, b"PRIVATE KEY-----").is_some()
        })
    }

    /// The word around a percent escape or a `\u0041`, if it holds a secret once decoded.
    pub(super) fn escaped_word(&self, at: usize, mark: u8, hits: &mut Vec<Hit>) {
        let (judged, hits_then) = self.percent_word.get();
        if at < judged && hits.len() == hits_then {
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
        let decoded = if mark == b'%' { decode::percent(word) } else { decode::unicode(word) };
        let over = self.decodings >= self.hints.max_decodings;
        if decoded.len() < end - start && (over || self.decoded_is_secret(decoded)) {
            hits.push(Hit { start, end, id: "D01" });
        }
    }
}

/// Whether a run is more likely an encoding than words: mixed case and digits.
fn looks_encoded(run: &[u8]) -> bool {
    let has = |test: fn(&u8) -> bool| run.iter().any(test);
    run.len() >= 32 && has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase)
}
