//! Colours, on a terminal that wants them (<https://no-color.org>), and numbers as people read them.

use std::fmt;
use std::io::IsTerminal;

/// Escape sequences, or nothing.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    coloured: bool,
}

/// What to write, and how.
pub(crate) struct Styled<'a> {
    sequence: Option<&'static str>,
    text: &'a str,
}

impl Style {
    pub(crate) fn of(stream: &impl IsTerminal) -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self { coloured: stream.is_terminal() && !unwanted && !dumb }
    }

    pub(crate) fn bold(self, text: &str) -> Styled<'_> {
        self.with("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> Styled<'_> {
        self.with("2", text)
    }

    pub(crate) fn red(self, text: &str) -> Styled<'_> {
        self.with("31", text)
    }

    pub(crate) fn green(self, text: &str) -> Styled<'_> {
        self.with("32", text)
    }

    fn with<'a>(self, sequence: &'static str, text: &'a str) -> Styled<'a> {
        Styled { sequence: self.coloured.then_some(sequence), text }
    }
}

impl fmt::Display for Styled<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sequence {
            Some(sequence) => write!(out, "\x1b[{sequence}m{}\x1b[0m", self.text),
            None => out.write_str(self.text),
        }
    }
}

/// `1234567` as `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `7` of `event` as `7 events`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// Bytes in the unit that suits them: `812 B`, `1.5 MB`.
pub(crate) fn bytes(number: u64) -> String {
    let units = ["kB", "MB", "GB", "TB"];
    let mut value = number as f64;
    let mut shown = format!("{number} B");
    for unit in units {
        if value < 1000.0 {
            break;
        }
        value /= 1000.0;
        shown = format!("{value:.1} {unit}");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0, 1, 2000].map(|number| counted(number, "event")), ["0 events", "1 event", "2,000 events"]);
        assert_eq!([0, 999, 1500, 2_000_000].map(bytes), ["0 B", "999 B", "1.5 kB", "2.0 MB"]);
    }
}
