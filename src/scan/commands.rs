//! Command lines that are arrays. A container has its command line in two, `command` and `args`, in any order: the second one that is read is read
//! together with the first.

use super::string::{self, Text};
use super::walk::Walk;
use crate::redact::command::{self, Part, parts_of};
use crate::redact::judge::Hit;

/// Arguments that may turn out to be another secret once their command is known; if more do, all of them go.
const MOST_READ_AGAIN: usize = 256;

/// What an array of arguments is of the command line of its object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// `command`: the program, and the first arguments.
    Head,
    /// `args`: the others.
    Tail,
    Whole,
}

/// An array of arguments that has been read.
pub(super) struct Arguments {
    role: Role,
    /// Number of containers around it, and where the innermost one begins.
    depth: usize,
    parent: usize,
    texts: Vec<Text>,
    /// Secrets that were found in each.
    counts: Vec<u32>,
}

impl Walk<'_, '_> {
    /// The arguments of the array that closes; its key is at `key`.
    pub(super) fn command_line(&mut self, key: usize) {
        let mut list = self.closing_arguments(key);
        let other = self.other_half(&list);
        let own = self.decoded(&list.texts);
        let rest = other.as_ref().map(|other| self.decoded(&other.texts)).unwrap_or_default();
        let (head, tail) = if list.role == Role::Tail { (&rest, &own) } else { (&own, &rest) };
        let all: Vec<&[u8]> = head.iter().chain(tail).map(Vec::as_slice).collect();
        let mut parts = Vec::new();
        command::secret_parts(&all, &mut parts);
        let first = if list.role == Role::Tail { rest.len() } else { 0 };
        for (index, &text) in list.texts.iter().enumerate() {
            list.counts.push(self.argument(&all, first + index, text, &parts));
        }
        match other {
            Some(args) if args.role == Role::Tail => self.read_again(&args, &all, own.len(), &parts),
            Some(_) => {}
            None if list.role != Role::Whole => self.work.halves.push(list),
            None => {}
        }
    }

    fn closing_arguments(&mut self, key: usize) -> Arguments {
        let texts = core::mem::take(&mut self.work.arguments);
        let outer = self.work.frames.last().filter(|outer| outer.item.is_none());
        let is_key = |name: &[u8]| {
            let text = self.text.span(key, key + 2 + name.len());
            let quotes = text.iter().take_while(|byte| matches!(byte, b'\\' | b'"' | b' ')).count();
            let end = self.text.byte(key + quotes + name.len());
            self.text.span(key + quotes, key + quotes + name.len()) == name && matches!(end, b'"' | b'\\')
        };
        let role = match outer {
            Some(_) if is_key(b"command") => Role::Head,
            Some(_) if is_key(b"args") => Role::Tail,
            _ => Role::Whole,
        };
        let parent = outer.map(|outer| outer.start).unwrap_or_default();
        Arguments { role, depth: self.work.open_frames(), parent, texts, counts: Vec::new() }
    }

    /// The other half of a command line, if it has been read. Each is asked for once, so that an object with many costs no more than its length.
    fn other_half(&mut self, list: &Arguments) -> Option<Arguments> {
        let halves = &mut self.work.halves;
        let is_done =
            |half: &mut Arguments| half.depth > list.depth || half.depth == list.depth && half.parent != list.parent;
        while halves.pop_if(is_done).is_some() {}
        halves.pop_if(|half| half.depth == list.depth && list.role != Role::Whole && half.role != list.role)
    }

    fn decoded(&self, texts: &[Text]) -> Vec<Vec<u8>> {
        let decoded = texts.iter().map(|text| {
            let mut out = Vec::new();
            string::decode(self.text.view(), *text, &mut out);
            out
        });
        decoded.collect()
    }

    /// Masks what is secret in the argument of that index; how much there was.
    fn argument(&mut self, all: &[&[u8]], index: usize, text: Text, parts: &[Part]) -> u32 {
        let before = *self.redactions;
        let mine = parts_of(parts, index);
        let flag = index.checked_sub(1).and_then(|flag| all.get(flag));
        let value = all.get(index).copied().unwrap_or_default();
        if !flag.is_some_and(|flag| self.own_argument(flag, value, text, !mine.is_empty())) {
            let hit = |&(_, start, end): &Part, from: usize| Hit { start: from + start, end: from + end, id: "N01" };
            self.judge_text(text, |_, _, from, _, hits| hits.extend(mine.iter().map(|part| hit(part, from))), false);
        }
        *self.redactions - before
    }

    /// Arguments that were read before their command, which are `all` from `first` on: what it says of them is written in the place of what was.
    fn read_again(&mut self, args: &Arguments, all: &[&[u8]], first: usize, parts: &[Part]) {
        let mut alone = Vec::new();
        command::secret_parts(all.get(first..).unwrap_or_default(), &mut alone);
        let asks_for_flags = !self.tables.own.is_empty();
        let spans = |parts: &[Part]| parts.iter().map(|&(_, start, end)| (start, end)).collect::<Vec<_>>();
        let differs = |index: usize| {
            index == 0 && asks_for_flags || spans(parts_of(parts, first + index)) != spans(parts_of(&alone, index))
        };
        let changed: Vec<usize> = (0..args.texts.len()).filter(|&index| differs(index)).collect();
        if changed.len() > MOST_READ_AGAIN {
            return self.mask_all(&args.texts);
        }
        for index in changed {
            let Some(&text) = args.texts.get(index) else { continue };
            let now = self.argument(all, first + index, text, parts);
            if now > 0 {
                *self.redactions -= args.counts.get(index).copied().unwrap_or_default();
            }
        }
    }

    /// One mask in the place of all arguments.
    fn mask_all(&mut self, texts: &[Text]) {
        if let [first, .., last] = texts {
            let trail = if self.escaped_form { 2 } else { 1 };
            self.work.edits.replace(first.start - 1, last.end + trail, b"\"[redacted:N01]\"");
            *self.redactions += 1;
        }
    }
}
