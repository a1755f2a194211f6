//! Pairs: the name of a member of an object says what another member's value is, `{"name": "DB_PASSWORD", "value": "..."}`, in any order.

use super::frame::{close, pair};
use super::string::{self, Text};
use super::tables::Tables;
use super::walk::Walk;
use crate::redact::names::{self, name};
use crate::redact::{catalogue, start};

/// Values of one object that names may decide about; further ones are masked, because each is held against each name.
const MOST_VALUES: u32 = 8;

/// A value of an object whose names may not all have come yet.
#[derive(Clone, Copy)]
pub(super) struct Waiting {
    /// Where the object begins.
    object: usize,
    /// The value, quotes included; a container, whose inside is what counts, has its bracket twice.
    span: (usize, usize),
}

/// Why what is inside of a pair's value does not stay.
#[derive(Clone, Copy)]
enum Why {
    /// A rule of the policy asks for the pair's name.
    Own(Text),
    /// The name is that of a secret; of objects only what stands for a lone value goes, `{"stringValue": "..."}`.
    SecretName,
    /// There were too many values.
    NotLookedAt,
}

impl Walk<'_, '_> {
    /// Whether a name that has been read decides about a value of the open object, which is `text` if it is a string; a later name still may.
    pub(super) fn names_decide(&mut self, span: (usize, usize), text: Text) -> bool {
        if !self.is_one_of_few() {
            self.mask(span.0, span.1, catalogue::NOT_LOOKED_AT, text);
            return true;
        }
        let mut next = self.frame.keys;
        while let Some(name) = self.name_of_pair(&mut next) {
            if self.decides(name, span, text) {
                return true;
            }
        }
        self.let_wait(span);
        false
    }

    /// Counts a value of the open object.
    fn is_one_of_few(&mut self) -> bool {
        self.frame.pair += pair::ONE_VALUE;
        self.frame.pair / pair::ONE_VALUE <= MOST_VALUES
    }

    /// Remembers a value of the open object, because what decides about it may not have come yet.
    fn let_wait(&mut self, span: (usize, usize)) {
        self.frame.pair |= pair::VALUE;
        self.first_waiting();
        self.work.waiting.push(Waiting { object: self.frame.start, span });
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
            if !self.decides(text, value.span, Text::default()) {
                self.work.waiting.push(value);
            }
        }
    }

    /// Whether a name decides about a value of its pair, which is `text` if that is a string that has just been read.
    fn decides(&mut self, name: Text, (start, end): (usize, usize), text: Text) -> bool {
        let is_container = start == end;
        if is_container && self.own_rule(name).is_some() {
            self.hide_inside(start, Why::Own(name));
            return true;
        }
        if !is_container && self.own_pair(name, (start, end)) {
            return true;
        }
        let is_secret = self.is_secret_name(name);
        match is_secret {
            true if is_container => self.hide_inside(start, Why::SecretName),
            true => self.mask(start, end, catalogue::BY_NAME, text),
            false => {}
        }
        is_secret
    }

    /// What is to be done when the container closes that is the value of a pair, bits of [`close`]; the frame of the pair has been put away.
    #[cold]
    #[inline(never)]
    pub(super) fn open_pair_value(&mut self, bracket: usize) -> u32 {
        if self.work.frames.is_empty() {
            return 0;
        }
        self.in_pair(|walk| {
            if !walk.is_one_of_few() {
                return close::PAIR;
            }
            let mut next = walk.frame.keys;
            while let Some(name) = walk.name_of_pair(&mut next) {
                if walk.own_rule(name).is_some() || walk.is_secret_name(name) {
                    return close::PAIR;
                }
            }
            walk.let_wait((bracket, bracket));
            0
        })
    }

    /// Does to what is inside of a pair's value what a name that has been read says; where there are too many values, it is masked.
    pub(super) fn close_pair_value(&mut self, bracket: usize) {
        self.in_pair(|walk| {
            if walk.frame.pair / pair::ONE_VALUE > MOST_VALUES {
                return walk.hide_inside(bracket, Why::NotLookedAt);
            }
            let mut next = walk.frame.keys;
            while let Some(name) = walk.name_of_pair(&mut next)
                && !walk.decides(name, (bracket, bracket), Text::default())
            {}
        });
    }

    /// With the frame of the container around the open one.
    fn in_pair<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.work.frames.pop().unwrap_or_default();
        let inner = core::mem::replace(&mut self.frame, outer);
        let result = act(self);
        let outer = core::mem::replace(&mut self.frame, inner);
        self.work.frames.push(outer);
        result
    }

    /// Does to the strings and numbers in the container at `bracket`, which has been read, what is to be done.
    #[cold]
    #[inline(never)]
    fn hide_inside(&mut self, bracket: usize, why: Why) {
        let view = self.text.unbound_view();
        let (mut containers, mut objects) = (0_usize, 0_usize);
        let mut is_lone = false;
        let mut at = bracket;
        loop {
            let start = at;
            let byte = view.byte(at);
            at += 1;
            let mut text = Text::default();
            match byte {
                b'{' | b'[' => {
                    containers += 1;
                    objects += usize::from(byte == b'{');
                    continue;
                }
                b'}' | b']' => {
                    containers -= 1;
                    objects -= usize::from(byte == b'}');
                    if containers == 0 {
                        return;
                    }
                    continue;
                }
                b'"' => {
                    text = string::read_again(view, at, self.escaped_form);
                    at = text.end + 1;
                    let mut next = at;
                    while view.byte(next).is_ascii_whitespace() {
                        next += 1;
                    }
                    if view.byte(next) == b':' {
                        is_lone = names::is_lone_value(view.span(text.start, text.end));
                        continue;
                    }
                }
                0 => return,
                _ => match crate::number::read(view, start) {
                    Some(number) => at = number.end,
                    None => continue,
                },
            }
            match why {
                Why::Own(name) => drop(self.own_pair(name, (start, at))),
                Why::SecretName if objects > 0 && !is_lone => {}
                Why::SecretName => self.mask(start, at, catalogue::BY_NAME, text),
                Why::NotLookedAt => self.mask(start, at, catalogue::NOT_LOOKED_AT, text),
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
