//! A place in the text that knows its line and column.

use core::cell::Cell;

use super::{Read, refuse};
use crate::policy::codes::Code;
use crate::policy::diagnostics::Position;

pub(super) struct Cursor<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    line: u32,
    line_start: usize,
    /// An offset in this line, and the characters before it: a long line is not counted anew for every position in it.
    counted: Cell<(usize, u32)>,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Read<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut cursor =
            Self { text, bytes: text.as_bytes(), at: 0, line: 1, line_start: 0, counted: Cell::new((0, 0)) };
        if let Some(control) = stray_control(text.as_bytes()) {
            cursor.line += text.bytes().take(control).filter(|byte| *byte == b'\n').count() as u32;
            cursor.line_start =
                text.bytes().take(control).rposition(|byte| byte == b'\n').map_or(0, |newline| newline + 1);
            cursor.at = control;
            let help = "remove it, or write it as an escape such as \"\\u0007\" in double quotes";
            return refuse(Code::Syntax, cursor.position(), 1, "a control character stands in the text", help);
        }
        Ok(cursor)
    }

    /// The byte here; 0 at the end (the text itself holds none).
    pub(super) fn peek(&self) -> u8 {
        self.ahead(0)
    }

    pub(super) fn ahead(&self, offset: usize) -> u8 {
        self.bytes.get(self.at + offset).copied().unwrap_or(0)
    }

    pub(super) fn offset(&self) -> usize {
        self.at
    }

    #[inline(never)]
    pub(super) fn since(&self, start: usize) -> &'t str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Back to an earlier offset in this line.
    pub(super) fn back_to(&mut self, offset: usize) {
        self.at = offset;
    }

    /// Steps over a byte that ends no line.
    pub(super) fn step(&mut self) {
        self.at = (self.at + 1).min(self.bytes.len());
    }

    /// Steps over one character that ends no line.
    #[inline(never)]
    pub(super) fn step_character(&mut self) -> Option<char> {
        let character = self.text.get(self.at..)?.chars().next()?;
        self.at += character.len_utf8();
        Some(character)
    }

    /// Columns before this place, from 0. Indentation is made of spaces only, so bytes are columns there.
    pub(super) fn indent(&self) -> usize {
        self.at - self.line_start
    }

    #[inline(never)]
    pub(super) fn position(&self) -> Position {
        self.position_of(self.at)
    }

    /// The position of an earlier offset in this line.
    #[inline(never)]
    pub(super) fn position_of(&self, offset: usize) -> Position {
        let (mut from, mut characters) = self.counted.get();
        if from < self.line_start || from > offset {
            (from, characters) = (self.line_start, 0);
        }
        let more = self.bytes.get(from..offset).unwrap_or_default();
        // A character is its first byte; those that follow it begin with the bits 10.
        characters += more.iter().filter(|byte| **byte & 0xc0 != 0x80).count() as u32;
        self.counted.set((offset, characters));
        Position { line: self.line, column: characters + 1 }
    }

    /// Whether nothing but a line end (or the end) stands here.
    #[inline(never)]
    pub(super) fn at_line_end(&self) -> bool {
        matches!(self.peek(), 0 | b'\n') || (self.peek() == b'\r' && matches!(self.ahead(1), 0 | b'\n'))
    }

    #[inline(never)]
    pub(super) fn at_end(&self) -> bool {
        self.at >= self.bytes.len() || self.at_marker()
    }

    /// `---` or `...` at the start of a line: the end of the document.
    fn at_marker(&self) -> bool {
        self.indent() == 0
            && self.bytes.get(self.at..self.at + 3).is_some_and(|three| three == b"---" || three == b"...")
            && matches!(self.ahead(3), 0 | b' ' | b'\t' | b'\n' | b'\r')
    }

    #[inline(never)]
    pub(super) fn next_line(&mut self) {
        while !self.at_line_end() {
            self.step();
        }
        if self.peek() == b'\r' {
            self.step();
        }
        if self.peek() == b'\n' {
            self.step();
            self.line += 1;
            self.line_start = self.at;
        }
    }

    /// Steps over spaces, and over a comment that follows them.
    #[inline(never)]
    pub(super) fn spaces(&mut self) {
        let start = self.at;
        while matches!(self.peek(), b' ' | b'\t') {
            self.step();
        }
        if self.peek() == b'#' && (self.at > start || self.indent() == 0) {
            while !self.at_line_end() {
                self.step();
            }
        }
    }

    /// Goes to the next thing that means something, over comments and empty lines.
    #[inline(never)]
    pub(super) fn next_token(&mut self) -> Read<()> {
        if self.next_in_brackets() {
            let at = self.position_of(self.line_start);
            return refuse(Code::Syntax, at, 1, "a tab in the indentation", "indent with spaces");
        }
        Ok(())
    }

    /// The same inside brackets, where indentation means nothing. Tells whether a tab stands in it.
    #[inline(never)]
    pub(super) fn next_in_brackets(&mut self) -> bool {
        loop {
            let line_begins = self.indent() == 0;
            let start = self.at;
            self.spaces();
            if !self.at_line_end() {
                return line_begins && crate::policy::text::has(self.since(start), b'\t');
            }
            if self.at >= self.bytes.len() {
                return false;
            }
            self.next_line();
        }
    }

    /// Demands that nothing more stands in this line.
    #[inline(never)]
    pub(super) fn end_line(&mut self, help: &str) -> Read<()> {
        self.spaces();
        if self.at_line_end() {
            return Ok(());
        }
        refuse(Code::Syntax, self.position(), 1, "unexpected text behind the value", help)
    }

    pub(super) fn start_document(&mut self) -> Read<()> {
        self.next_token()?;
        if self.peek() == b'%' {
            return refuse(
                Code::Unsupported,
                self.position(),
                1,
                "directives are not used in policies",
                "remove the line",
            );
        }
        if self.at_marker() && self.peek() == b'-' {
            self.at += 3;
            self.end_line("begin the policy in the next line")?;
            self.next_token()?;
        }
        Ok(())
    }

    pub(super) fn end_document(&mut self) -> Read<()> {
        self.next_token()?;
        if self.at_marker() {
            self.at += 3;
            self.end_line("write one policy a file")?;
            self.next_token()?;
        }
        if self.at >= self.bytes.len() {
            return Ok(());
        }
        refuse(
            Code::Unsupported,
            self.position(),
            1,
            "more text behind the end of the policy",
            "write one policy a file",
        )
    }
}

/// The first control character that text does not have: anything but tabs and line ends.
fn stray_control(bytes: &[u8]) -> Option<usize> {
    let mut after = bytes.iter().skip(1);
    bytes.iter().position(|byte| {
        let next = after.next();
        match byte {
            b'\n' | b'\t' => false,
            b'\r' => next != Some(&b'\n'),
            other => *other < b' ',
        }
    })
}
