//! Pairs: the name of a member of an object says what another member's value is, `{"name": "DB_PASSWORD", "value": "..."}`, in any order.

use super::frame::pair;
use super::string::{self, Text};
use super::tables::Tables;
use super::walk::Walk;
use crate::redact::names::{self, name};
use crate::redact::{catalogue, start};

/// Values of one object that wait for a name at most; further ones are masked.
const MOST_WAITING: usize = 8;

/// A value of an object whose names may not all have come yet.
#[derive(Clone, Copy)]
pub(super) struct Waiting {
    /// Where the object begins.
    object: usize,
    /// The value, quotes included.
    span: (usize, usize),
}

impl Walk<'_, '_> {
    /// Whether a name that has been read decides about a value of the open object, which is `text` if it is a string; a later name still may.
    pub(super) fn names_decide(&mut self, span: (usize, usize), text: Text) -> bool {
        let mut next = self.frame.keys;
        while let Some(name) = self.name_of_pair(&mut next) {
            if self.own_pair(name, span) {
                return true;
            }
            if self.is_secret_name(name) {
                self.mask(span.0, span.1, catalogue::BY_NAME, text);
                return true;
            }
        }
        self.let_wait(span);
        false
    }

    /// Remembers a value of the open object, because what decides about it may not have come yet.
    pub(super) fn let_wait(&mut self, span: (usize, usize)) {
        self.frame.pair |= pair::VALUE;
        let object = self.frame.start;
        if self.work.waiting.len() - self.first_waiting() >= MOST_WAITING {
            return self.mask(span.0, span.1, catalogue::NOT_LOOKED_AT, Text::default());
        }
        self.work.waiting.push(Waiting { object, span });
    }

    /// Forgets the values of objects that have been closed; where those of the open one begin, which are the last ones then.
    fn first_waiting(&mut self) -> usize {
        let object = self.frame.start;
        // What is behind the container around this one, and not directly in this one, has been closed.
        let outer = self.work.frames.last().map_or(0, |frame| frame.start);
        let waiting = &mut self.work.waiting;
        while waiting.pop_if(|value| value.object > outer && value.object != object).is_some() {}
        waiting.iter().rposition(|value| value.object != object).map_or(0, |last| last + 1)
    }

    /// A name decides about the values that stand in front of it.
    pub(super) fn name_decides(&mut self, text: Text, named: u8) {
        if named & name::PAIR_NAME == 0 || self.frame.pair & pair::VALUE == 0 {
            return;
        }
        let first = self.first_waiting();
        for value in self.work.waiting.split_off(first) {
            if self.own_pair(text, value.span) {
                continue;
            }
            if self.is_secret_name(text) {
                self.mask(value.span.0, value.span.1, catalogue::BY_NAME, Text::default());
            } else {
                self.work.waiting.push(value);
            }
        }
    }

    /// Whether the items of an array that is the value of a pair are secret, by the pair's name; the frame of the pair has been put away.
    #[cold]
    #[inline(never)]
    pub(super) fn is_array_of_secrets(&mut self) -> bool {
        let Some(&frame) = self.work.frames.last() else { return false };
        let inner = core::mem::replace(&mut self.frame, frame);
        let mut next = frame.keys;
        let mut is_secret = false;
        while let Some(name) = self.name_of_pair(&mut next) {
            is_secret |= self.is_secret_name(name);
        }
        self.frame = inner;
        is_secret
    }

    /// The next name of the open object's pair that has been read and is a string; `next` is the number of the key to begin with.
    fn name_of_pair(&mut self, next: &mut usize) -> Option<Text> {
        let view = self.text.view();
        let quote = if self.escaped_form { 2 } else { 1 };
        while let Some(&start) = self.work.repeats.keys.get(*next) {
            *next += 1;
            let start = start as usize;
            let end = if self.frame.pair & pair::ESCAPES == 0 {
                // The quote that ends it may be behind what names of pairs have.
                let key = view.span(start, start + names::LONGEST_PAIR_NAME + 1);
                let Some(length) = key.iter().position(|&byte| byte == b'"') else { continue };
                if !names::is_pair_name(key.get(..length).unwrap_or_default()) {
                    continue;
                }
                start + length
            } else {
                let key = string::read_again(view, start, self.escaped_form);
                self.work.scratch.clear();
                string::decode(view, key, &mut self.work.scratch);
                if !names::is_pair_name(&self.work.scratch) {
                    continue;
                }
                key.end
            };
            let mut at = end + quote;
            while matches!(view.byte(at), b' ' | b'\t' | b'\n' | b'\r' | b':') {
                at += 1;
            }
            if view.byte(at) == b'"' {
                return Some(string::read_again(view, at + 1, self.escaped_form));
            }
        }
        None
    }

    pub(super) fn is_secret_name(&mut self, text: Text) -> bool {
        let Tables { keys, paths, hints, .. } = &mut *self.tables;
        let view = self.text.view();
        let found = if text.escapes {
            keys.look_up_decoded(paths, hints, view, text, start::QUIET, &mut self.work.scratch)
        } else {
            keys.look_up_name(paths, hints, view, text.start, text.end, start::QUIET)
        };
        found.name() & name::SECRET != 0
    }
}
