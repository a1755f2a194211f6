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
    /// The value, quotes included; an array, whose items are values, has its bracket twice.
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
        self.wait_or_mask(span);
        false
    }

    /// Remembers a value of the open object, because what decides about it may not have come yet; one too many is masked.
    pub(super) fn wait_or_mask(&mut self, span: (usize, usize)) {
        if !self.let_wait(span) {
            self.mask(span.0, span.1, catalogue::NOT_LOOKED_AT, Text::default());
        }
    }

    /// Remembers a value of the open object, if there is room.
    fn let_wait(&mut self, span: (usize, usize)) -> bool {
        self.frame.pair |= pair::VALUE;
        let object = self.frame.start;
        let is_room = self.work.waiting.len() - self.first_waiting() < MOST_WAITING;
        if is_room {
            self.work.waiting.push(Waiting { object, span });
        }
        is_room
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
            let is_array = value.span.0 == value.span.1;
            if !is_array && self.own_pair(text, value.span) {
                continue;
            }
            if !self.is_secret_name(text) {
                self.work.waiting.push(value);
            } else if is_array {
                self.mask_items(value.span.0);
            } else {
                self.mask(value.span.0, value.span.1, catalogue::BY_NAME, Text::default());
            }
        }
    }

    /// Whether the items of the array at `bracket`, which is the value of a pair, are secret by a name of the pair; a later name still may say
    /// so. The frame of the pair has been put away.
    #[cold]
    #[inline(never)]
    pub(super) fn is_array_of_secrets(&mut self, bracket: usize) -> bool {
        let Some(frame) = self.work.frames.pop() else { return false };
        let inner = core::mem::replace(&mut self.frame, frame);
        let mut next = frame.keys;
        let mut is_secret = false;
        while let Some(name) = self.name_of_pair(&mut next) {
            is_secret |= self.is_secret_name(name);
        }
        is_secret = is_secret || !self.let_wait((bracket, bracket));
        let outer = core::mem::replace(&mut self.frame, inner);
        self.work.frames.push(outer);
        is_secret
    }

    /// Masks the strings and numbers of the array at `bracket`, which has been read, as those of an array of secrets are: objects in it stay.
    fn mask_items(&mut self, bracket: usize) {
        let view = self.text.unbound_view();
        let (mut arrays, mut objects) = (0_usize, 0_usize);
        let mut at = bracket;
        loop {
            let start = at;
            let mut text = Text::default();
            match view.byte(at) {
                b'[' => arrays += 1,
                b']' => arrays -= 1,
                b'{' => objects += 1,
                b'}' => objects -= 1,
                b'"' => {
                    text = string::read_again(view, at + 1, self.escaped_form);
                    at = text.end;
                }
                0 => return,
                _ => {}
            }
            at += 1;
            let number = crate::number::read(view, start);
            at = number.as_ref().map_or(at, |number| number.end);
            if arrays == 0 {
                return;
            }
            if objects == 0 && (number.is_some() || text.end > 0) {
                self.mask(start, at, catalogue::BY_NAME, text);
            }
        }
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
