//! Command lines: which arguments hold secrets. Flags, program and order stay, because detections read them.

mod programs;
#[cfg(test)]
mod tests;

use programs::{BUNDLED, SHORT_FLAGS, Value};

use super::judge::says_nothing;
use super::names;
use crate::bytes::find;

/// A secret part of an argument: index of the argument, span in it.
pub(crate) type Part = (usize, usize, usize);

/// Words of one command line in an argument that are looked at; what follows is not split.
const MAX_WORDS: usize = 4096;

/// Command lines in each other: `sh -c "su -c '...'"`.
const MAX_NESTED: u8 = 3;

/// Finds the secret parts of `arguments`. Nested command lines (`sh -c "..."`) are split into words as a shell does.
pub(crate) fn secret_parts(arguments: &[&[u8]], parts: &mut Vec<Part>) {
    let mut line = Line::default();
    for (index, argument) in arguments.iter().enumerate() {
        line.argument(index, 0, argument, parts);
        nested(index, 0, argument, MAX_NESTED, parts);
    }
    // A command line inside another one is read as its words, too: of what overlaps the longer stays.
    parts.sort_unstable_by_key(|&(index, start, stop)| (index, start, usize::MAX - stop));
    let mut end = (0, 0);
    parts.retain(|&(index, start, stop)| {
        let apart = (index, start) >= end;
        end = end.max((index, stop));
        apart
    });
}

/// The parts of the argument of that index, out of those of all arguments in order.
pub(crate) fn parts_of(parts: &[Part], index: usize) -> &[Part] {
    let first = parts.partition_point(|part| part.0 < index);
    let behind = parts.partition_point(|part| part.0 <= index);
    parts.get(first..behind).unwrap_or_default()
}

/// The secret parts of a command line that is one text.
fn nested(index: usize, offset: usize, text: &[u8], levels: u8, parts: &mut Vec<Part>) {
    if levels == 0 || !text.iter().any(u8::is_ascii_whitespace) {
        return;
    }
    let fresh = || Line { nested: true, ..Line::default() };
    let mut line = fresh();
    let mut at = 0;
    for _ in 0..MAX_WORDS {
        let rest = text.get(at..).unwrap_or_default();
        let space = rest.len() - rest.trim_ascii_start().len();
        if rest.get(..space).unwrap_or_default().contains(&b'\n') && line.next != Next::Rest {
            line = fresh();
        }
        at += space;
        let rest = rest.get(space..).unwrap_or_default();
        let length = word_length(rest);
        let word = rest.get(..length).unwrap_or_default();
        if matches!(word, b"|" | b"||" | b"&" | b"&&" | b";") {
            line = fresh();
        } else if !word.is_empty() {
            // A flag may stand in quotes with its value.
            let (from, to) = unquoted(word);
            let inner = word.get(from..to).filter(|inner| inner.starts_with(b"-"));
            line.argument(index, offset + at + inner.map_or(0, |_| from), inner.unwrap_or(word), parts);
            line.behind_operator(word);
            escaped_words(index, offset + at, word, parts);
            let (from, to) = quoted(word);
            nested(index, offset + at + from, word.get(from..to).unwrap_or_default(), levels - 1, parts);
        } else {
            return;
        }
        if word.ends_with(b";") {
            line = fresh();
        }
        at += length;
    }
}

/// The words of a command line in which the spaces are escaped, as sudo writes what its shell ran.
fn escaped_words(index: usize, offset: usize, text: &[u8], parts: &mut Vec<Part>) {
    let mut line = Line { nested: true, ..Line::default() };
    let mut at = 0;
    while let Some(space) = text.get(at..).and_then(|rest| find(rest, b"\\ ")) {
        line.argument(index, offset + at, text.get(at..at + space).unwrap_or_default(), parts);
        at += space + 2;
    }
    if at > 0 {
        line.argument(index, offset + at, text.get(at..).unwrap_or_default(), parts);
    }
}

/// Length of the word at the beginning of `text`: white space in quotes belongs to it. A quote without a second one is a character like others.
fn word_length(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let rest = text.get(at + 1..).unwrap_or_default();
        at += 1;
        match byte {
            b'\\' => at += 1,
            b'"' | b'\'' => {
                let mut escaped = false;
                let closing = rest.iter().position(|&other| {
                    let closes = other == byte && !escaped;
                    escaped = byte == b'"' && other == b'\\' && !escaped;
                    closes
                });
                at += closing.map_or(0, |closing| closing + 1);
            }
            _ if byte.is_ascii_whitespace() => return at - 1,
            _ => {}
        }
    }
    text.len()
}

/// What the arguments so far say about the next one.
#[derive(Default)]
struct Line<'a> {
    program: &'a [u8],
    started: bool,
    /// A user was given the short way, `-uroot`, so `-p` is a password whatever the program.
    short_user: bool,
    /// The program has been told to `login`.
    login: bool,
    /// Words of one argument, split as a shell does.
    nested: bool,
    next: Next,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Next {
    #[default]
    Plain,
    Secret,
    /// A secret by the name of its flag, unless it says nothing: `--use-token true`.
    Named,
    /// `user:password`
    Pair,
    /// What follows the first word of a secret.
    Rest,
}

impl<'a> Line<'a> {
    /// Begins the command of a known program whose name stands behind an operator in `word`: `true&&mysql`, `$(mysql`. Any other name may as well be a
    /// part of the value in front of the operator.
    fn behind_operator(&mut self, word: &'a [u8]) {
        let Some(program) = last_operator(word).and_then(|at| word.get(at + 1..)) else { return };
        if !program.contains(&b'=') && short_flags(program).next().is_some() {
            let next = if self.next == Next::Rest { Next::Rest } else { Next::Plain };
            *self = Line { program, started: true, nested: true, next, ..Line::default() };
        }
    }

    /// Whether a word may be a known program that the one in front of it runs, and not a host or a file. Clients run none.
    fn may_run(&self, word: &[u8]) -> bool {
        let is_client = short_flags(self.program).any(|(_, kind)| kind != Value::OfLogin);
        (!is_client || base_name(self.program).starts_with(b"sshpass"))
            && short_flags(word).next().is_some()
            && !base_name(word).contains(&b'.')
    }

    fn argument(&mut self, index: usize, offset: usize, word: &'a [u8], parts: &mut Vec<Part>) {
        let next = core::mem::take(&mut self.next);
        let mut part = |start: usize| {
            let value = word.get(start..).unwrap_or_default();
            let (from, to) = unquoted(value);
            let whole = value.get(from..to).unwrap_or_default();
            if to > from && !value.starts_with(b"$(") && !value.starts_with(b"${") && !is_done(whole) {
                parts.push((index, offset + start + from, offset + start + to));
            }
        };
        let is_flag = word.starts_with(b"-") && !is_pem(word);
        // Inside a nested command line the value may have more words.
        if next == Next::Named && !self.nested && says_nothing(word) {
            return;
        }
        if matches!(next, Next::Secret | Next::Named) && !(is_flag && word.starts_with(b"--")) {
            part(0);
            // Inside a nested command line an unquoted value goes on to the next flag.
            let open = self.nested && !word.starts_with(b"\"") && !word.starts_with(b"'") && !is_done(word);
            self.next = if open { Next::Rest } else { Next::Plain };
            return;
        }
        if next == Next::Rest && !is_flag && !matches!(word, b"<" | b">" | b"2>&1") {
            part(0);
            self.next = Next::Rest;
            return;
        }
        if next == Next::Pair {
            return password_of(word).map(part).unwrap_or_default();
        }
        if !is_flag {
            self.login |= word == b"login";
            match assigned(word) {
                Some(start) if says_nothing(value_at(word, start)) => {}
                Some(start) => part(start),
                // `env mysql`, `docker exec db mysql`: the last known program counts.
                None if !self.started || self.may_run(word) => {
                    self.started = true;
                    self.program = word;
                }
                None => {}
            }
            return;
        }
        let name = word.iter().position(|&byte| byte != b'-').and_then(|at| word.get(at..)).unwrap_or_default();
        let dashes = word.len() - name.len();
        let known = |flag: u8| {
            let mut kinds = short_flags(self.program).filter(|(flags, _)| flags.contains(&flag)).map(|(_, kind)| kind);
            kinds.next().filter(|kind| *kind != Value::OfLogin || self.login)
        };
        if dashes == 1 {
            let bundled = bundled(self.program, name).filter(|&at| name.get(at).copied().and_then(known).is_some());
            let at = bundled.unwrap_or_default();
            let flag = name.get(at).copied().unwrap_or_default();
            let value_here = name.len() > at + 1;
            self.short_user |= flag == b'u' && value_here;
            let guessed = self.short_user && flag == b'p' && value_here && !name.iter().skip(1).all(u8::is_ascii_digit);
            match known(flag) {
                Some(Value::Pair) if value_here => return password_of(word).map(part).unwrap_or_default(),
                Some(_) if value_here => return part(at + 2),
                Some(kind) => {
                    self.next = if kind == Value::Pair { Next::Pair } else { Next::Secret };
                    return;
                }
                // It may be a long flag with one hyphen as well: `-password x`.
                None if guessed => part(2),
                None => {}
            }
        }
        let equals = name.iter().position(|&byte| byte == b'=').unwrap_or(name.len());
        let is_user = matches!(name.get(..equals), Some(b"user" | b"proxy-user"))
            && (known(b'u') == Some(Value::Pair) || known(b'U') == Some(Value::Pair));
        if is_user {
            if equals == name.len() {
                self.next = Next::Pair;
                return;
            }
            return password_of(word).map(part).unwrap_or_default();
        }
        // A system property of Java has its name right behind the flag: `-DapiKey=x`.
        let property = name.strip_prefix(b"D").filter(|_| dashes == 1).and_then(assigned).map(|start| start + 1);
        match property.into_iter().chain(assigned(name)).min() {
            Some(start) if says_nothing(value_at(name, start)) => {}
            Some(start) => part(dashes + start),
            None if equals == name.len() && names::is_secret(name) => self.next = Next::Named,
            None => {}
        }
    }
}

/// Where the value begins in `password=x`, `from-literal=password=x` or `X-Api-Key:x`.
fn assigned(word: &[u8]) -> Option<usize> {
    let mut from = 0;
    for (at, &byte) in word.iter().enumerate() {
        let name = word.get(from..at).unwrap_or_default();
        let header = byte == b':' && (name.starts_with(b"X-") || name.eq_ignore_ascii_case(b"authorization"));
        if (byte == b'=' || header) && names::is_secret(name) {
            return Some(at + 1);
        }
        if byte.is_ascii_whitespace() {
            return None;
        }
        if byte == b'=' {
            from = at + 1;
        }
    }
    None
}

/// Where the password begins in `user:password`.
fn password_of(word: &[u8]) -> Option<usize> {
    let mask = crate::bytes::find(word, super::MASK_START).unwrap_or(word.len());
    word.iter().take(mask).position(|byte| matches!(byte, b':' | b'%')).map(|at| at + 1)
}

/// Whether a value is a mask, perhaps with a quote left behind it.
fn is_done(value: &[u8]) -> bool {
    let end = value.iter().position(|&byte| byte == b']').map_or(0, |at| at + 1);
    let (mask, rest) = value.split_at_checked(end).unwrap_or_default();
    super::is_mask(mask) && rest.iter().all(|byte| matches!(byte, b'"' | b'\''))
}

/// Whether a word that begins with hyphens is no flag but a PEM block.
fn is_pem(word: &[u8]) -> bool {
    word.starts_with(b"-----")
}

/// The name of a program without its directory.
fn base_name(word: &[u8]) -> &[u8] {
    word.iter().rposition(|&byte| byte == b'/').and_then(|at| word.get(at + 1..)).unwrap_or(word)
}

/// The short flags of a program that take a secret.
fn short_flags(word: &[u8]) -> impl Iterator<Item = (&'static [u8], Value)> {
    let base = base_name(word);
    SHORT_FLAGS.iter().filter(move |(name, _, _)| base.starts_with(name)).map(|&(_, flags, kind)| (flags, kind))
}

/// How many letters of a flag stand in front of one that may take a secret.
fn bundled(program: &[u8], name: &[u8]) -> Option<usize> {
    let (_, letters) = BUNDLED.iter().find(|(start, _)| base_name(program).starts_with(start))?;
    name.iter().position(|letter| !letters.contains(letter))
}

/// The last operator of a shell in a word that stands outside of quotes.
fn last_operator(word: &[u8]) -> Option<usize> {
    let mut open = None;
    let mut last = None;
    for (at, &byte) in word.iter().enumerate() {
        match byte {
            b'"' | b'\'' if open.is_none() => open = Some(byte),
            b'"' | b'\'' if open == Some(byte) => open = None,
            b';' | b'&' | b'|' | b'(' | b'`' if open.is_none() => last = Some(at),
            _ => {}
        }
    }
    last
}

/// The span between the first quote of a word and the last one like it; none if it has no two.
fn quoted(word: &[u8]) -> (usize, usize) {
    let first = word.iter().position(|byte| matches!(byte, b'"' | b'\''));
    let last = first.and_then(|at| word.iter().rposition(|byte| word.get(at) == Some(byte)));
    first.zip(last).filter(|(first, last)| first < last).map_or((0, 0), |(first, last)| (first + 1, last))
}

/// The value that begins at `start`, without the quotes around it.
fn value_at(word: &[u8], start: usize) -> &[u8] {
    let value = word.get(start..).unwrap_or_default();
    let (from, to) = unquoted(value);
    value.get(from..to).unwrap_or_default()
}

/// The span of a value without the quotes around it.
fn unquoted(value: &[u8]) -> (usize, usize) {
    match value {
        [b'"', inner @ .., b'"'] | [b'\'', inner @ .., b'\''] => (1, 1 + inner.len()),
        _ => (0, value.len()),
    }
}
