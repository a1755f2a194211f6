//! The text of a pattern becomes a tree.

use super::class::Class;
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

/// What is wrong with a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// The character where, from 0.
    pub at: usize,
    /// What is wrong.
    pub message: &'static str,
    /// What to write.
    pub help: &'static str,
}

/// A part of a pattern.
#[derive(Clone, Debug)]
pub(super) enum Node {
    One(Class),
    All(Vec<Node>),
    Any(Vec<Node>),
    Repeat(Box<Node>, u32, Option<u32>),
    At(Edge),
}

/// A place that a match goes through without taking a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    Start,
    End,
    Word,
}

/// Longest pattern in characters.
const MAX_CHARS: usize = 1024;
/// Groups in each other.
const MAX_DEPTH: usize = 32;
const MAX_REPEATS: u32 = 255;

const REPEAT_HELP: &str = "write `{3}`, `{2,}` or `{2,8}`, at most 255; a brace itself is `\\{`";

/// Reads a whole pattern.
pub(super) fn parse(text: &str) -> Result<Node, PatternError> {
    let chars: Vec<char> = text.chars().collect();
    let mut parser = Parser { chars, at: 0, depth: 0, fold: false };
    if parser.chars.len() > MAX_CHARS {
        return Err(PatternError {
            at: MAX_CHARS,
            message: "longer than 1024 characters",
            help: "use several patterns",
        });
    }
    if text.starts_with("(?i)") {
        parser.fold = true;
        parser.at = 4;
    }
    let node = parser.alternatives()?;
    if parser.peek().is_some() {
        return parser.wrong("nothing is open that this `)` closes", "a bracket itself is `\\)`");
    }
    Ok(node)
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    depth: usize,
    fold: bool,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// Steps over a character if it stands there.
    fn take(&mut self, wanted: char) -> bool {
        let there = self.peek() == Some(wanted);
        self.at += usize::from(there);
        there
    }

    fn wrong<T>(&self, message: &'static str, help: &'static str) -> Result<T, PatternError> {
        Err(PatternError { at: self.at, message, help })
    }

    fn alternatives(&mut self) -> Result<Node, PatternError> {
        let mut all = vec![self.sequence()?];
        while self.take('|') {
            all.push(self.sequence()?);
        }
        Ok(if all.len() == 1 { all.pop().unwrap_or(Node::All(all)) } else { Node::Any(all) })
    }

    fn sequence(&mut self) -> Result<Node, PatternError> {
        let mut all = Vec::new();
        while !matches!(self.peek(), None | Some('|' | ')')) {
            let part = self.part()?;
            all.push(self.repeated(part)?);
        }
        Ok(Node::All(all))
    }

    fn part(&mut self) -> Result<Node, PatternError> {
        let Some(char) = self.peek() else { return Ok(Node::All(Vec::new())) };
        if matches!(char, '*' | '+' | '?' | '{') {
            return self.wrong("nothing stands here that could repeat", "a `*` itself is `\\*`");
        }
        self.at += 1;
        let class = match char {
            '(' => return self.group(),
            '^' => return Ok(Node::At(Edge::Start)),
            '$' => return Ok(Node::At(Edge::End)),
            '[' => self.class()?,
            '.' => {
                let mut class = Class::of(b'\n');
                class.negate();
                class
            }
            '\\' if self.take('b') => return Ok(Node::At(Edge::Word)),
            '\\' => self.escape()?,
            other if other.is_ascii() => Class::of(other as u8),
            other => {
                let bytes = other.encode_utf8(&mut [0; 4]).bytes().map(|byte| Node::One(Class::of(byte))).collect();
                return Ok(Node::All(bytes));
            }
        };
        Ok(Node::One(self.folded(class)))
    }

    fn folded(&self, mut class: Class) -> Class {
        if self.fold {
            class.fold();
        }
        class
    }

    fn group(&mut self) -> Result<Node, PatternError> {
        let open = self.at - 1;
        if self.take('?') && !self.take(':') {
            return self
                .wrong("a group of this kind is not known", "there are `(...)`, `(?:...)`, and `(?i)` at the start");
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.wrong("more than 32 groups in each other", "");
        }
        let inside = self.alternatives()?;
        self.depth -= 1;
        if !self.take(')') {
            self.at = open;
            return self.wrong("the `(` is not closed", "a bracket itself is `\\(`");
        }
        Ok(inside)
    }

    /// What stands behind a backslash.
    fn escape(&mut self) -> Result<Class, PatternError> {
        let Some(char) = self.peek() else {
            return self.wrong("nothing follows the `\\`", "a backslash itself is `\\\\`");
        };
        if let Some(class) = u8::try_from(char).ok().and_then(Class::named) {
            self.at += 1;
            return Ok(class);
        }
        let byte = match char {
            't' => b'\t',
            'n' => b'\n',
            'r' => b'\r',
            'x' => {
                let digits = [1, 2].map(|ahead| self.chars.get(self.at + ahead).and_then(|char| char.to_digit(16)));
                let [Some(high), Some(low)] = digits else {
                    return self.wrong("two hexadecimal digits belong behind `\\x`", "");
                };
                self.at += 2;
                (high << 4 | low) as u8
            }
            other if other.is_ascii_punctuation() || other == ' ' => other as u8,
            _ => {
                let help = "there are \\d \\w \\s \\D \\W \\S \\b \\t \\n \\r \\x41, and every sign behind a backslash";
                return self.wrong("this escape is not known", help);
            }
        };
        self.at += 1;
        Ok(Class::of(byte))
    }

    /// The inside of square brackets.
    fn class(&mut self) -> Result<Class, PatternError> {
        let open = self.at - 1;
        let negated = self.take('^');
        let mut class = Class::default();
        let mut first = true;
        while first || self.peek() != Some(']') {
            first = false;
            let Some(char) = self.peek() else {
                self.at = open;
                return self.wrong("the `[` is not closed", "a bracket itself is `\\[`");
            };
            let low = self.member(char)?;
            let ranges = self.peek() == Some('-') && !matches!(self.chars.get(self.at + 1), None | Some(']'));
            if !ranges {
                class.join(low);
                continue;
            }
            let dash = self.at;
            self.at += 1;
            let high = match self.peek() {
                Some(char) => self.member(char)?,
                None => Class::default(),
            };
            let ends = |class: &Class| (0..128_u8).find(|byte| class.has(*byte)).filter(|_| class.len() == 1);
            match (ends(&low), ends(&high)) {
                (Some(low), Some(high)) if low <= high => class.add(low, high),
                _ => {
                    self.at = dash;
                    return self.wrong("not a range", "write the smaller end first; a `-` itself is `\\-`");
                }
            }
        }
        self.at += 1;
        class = self.folded(class);
        if negated {
            class.negate();
        }
        Ok(class)
    }

    fn member(&mut self, char: char) -> Result<Class, PatternError> {
        if !char.is_ascii() {
            return self.wrong("classes hold ASCII only", "write alternatives: `(\u{e4}|\u{f6})`");
        }
        self.at += 1;
        if char == '\\' { self.escape() } else { Ok(Class::of(char as u8)) }
    }

    fn repeated(&mut self, node: Node) -> Result<Node, PatternError> {
        let sign = self.at;
        let (least, most) = match self.peek() {
            Some('?') => (0, Some(1)),
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('{') => match self.counts() {
                Some(counts) => counts,
                None => return self.wrong("not a number of repeats", REPEAT_HELP),
            },
            _ => return Ok(node),
        };
        self.at += 1;
        if matches!(node, Node::At(_)) {
            self.at = sign;
            return self.wrong("an edge cannot repeat", "");
        }
        if matches!(self.peek(), Some('?' | '*' | '+' | '{')) {
            return self
                .wrong("a repeat of a repeat", "the longest match always counts; write a group to repeat a repeat");
        }
        Ok(Node::Repeat(Box::new(node), least, most))
    }

    /// `{3}`, `{2,}` or `{2,8}`; leaves the closing brace.
    fn counts(&mut self) -> Option<(u32, Option<u32>)> {
        let rest = self.chars.get(self.at + 1..)?;
        let end = rest.iter().position(|char| *char == '}')?;
        let mut numbers = [None, None];
        let mut which = 0;
        for char in rest.get(..end)? {
            match char.to_digit(10) {
                Some(digit) => {
                    let number = numbers.get_mut(which)?;
                    *number = Some((number.unwrap_or(0) * 10 + digit).min(1000));
                }
                None if *char == ',' => which += 1,
                None => return None,
            }
        }
        let [least, most] = numbers;
        let least = least?;
        let most = if which == 0 { Some(least) } else { most };
        let fits = least <= MAX_REPEATS && most.is_none_or(|most| (least.max(1)..=MAX_REPEATS).contains(&most));
        self.at += 1 + end;
        fits.then_some((least, most)).or_else(|| {
            self.at -= 1 + end;
            None
        })
    }
}
