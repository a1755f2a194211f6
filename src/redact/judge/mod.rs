//! The close look at a text: which parts of it are secret, and by what.
//!
//! A text is a decoded string. What `hints` points at is compared with the token formats (`formats`), with the syntax of assignments, flags
//! and URLs (`syntax`), and, where it may be an encoding, decoded and looked at again (`encodings`).

mod encodings;
mod formats;
mod manifests;
mod markup;
mod syntax;
#[cfg(test)]
mod tests;

use core::cell::Cell;

use formats::{RunEnds, match_format};
pub(crate) use syntax::says_nothing;

use super::decode;
use super::tokens::{FORMATS, alphabet, class_of};
use crate::bytes::find;
use crate::scan::{Hint, Hints, View};

/// Shortest run that can be the encoding of a secret.
pub(crate) const SHORTEST_RUN: usize = 20;

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
    hints.off.forget(&mut own);
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
                hits.push(Hit { start, end: self.escaped_tail(format.alphabet, end), id: format.id });
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
            "T46" => {
                // Certificates, requests for them and public keys are no secrets. What is too short to say is one.
                let head = decode::base64(self.text.span(start, end.min(start + 88)));
                let harmless = [&b"-----BEGIN C"[..], b"-----BEGIN PU"].iter().any(|begin| head.starts_with(begin));
                let is_secret = find(&head, b"PRIVATE KEY").is_some() || head.len() < 40 && !harmless;
                is_secret.then(|| (start, self.wrapped_end(end)))
            }
            // Words can follow, too.
            "T47" => {
                let token = self.text.span(start + 7, end);
                (token.iter().any(u8::is_ascii_digit) && !token.starts_with(b"http")).then_some((start + 7, end))
            }
            "T48" => {
                let pair = decode::base64(self.text.span(start + 6, end));
                let is_pair = pair.contains(&b':') && pair.iter().all(|byte| (0x20..0x7f).contains(byte));
                is_pair.then_some((start + 6, end))
            }
            _ => Some((start, end)),
        }
    }

    /// Where a token ends that goes on in escapes: `ghp_aB\u0043d`, `ghp_aB%43d`.
    fn escaped_tail(&self, alphabet: u8, mut end: usize) -> usize {
        let from = end;
        while end < self.end {
            let rest = self.text.span(end, self.end);
            let next = decode::escape(rest).or(rest.first().map(|&byte| (byte, 1)));
            match next {
                Some((byte, length)) if class_of(byte) & alphabet != 0 => end += length,
                _ => break,
            }
        }
        self.spend(end - from);
        end
    }

    /// Where a run of base64 ends that goes on in the next lines.
    fn wrapped_end(&self, mut end: usize) -> usize {
        let from = end;
        loop {
            let mut at = end + usize::from(self.text.byte(end) == b'\r');
            if at >= self.end || self.text.byte(at) != b'\n' {
                break;
            }
            at += 1;
            while at < self.end && self.text.byte(at) == b' ' {
                at += 1;
            }
            let line = at;
            while at < self.end && class_of(self.text.byte(at)) & alphabet::BASE64 != 0 {
                at += 1;
            }
            if at == line || at < self.end && !matches!(self.text.byte(at), b'\r' | b'\n' | b'"' | b'\'') {
                break;
            }
            end = at;
        }
        self.spend(end - from);
        end
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
}
