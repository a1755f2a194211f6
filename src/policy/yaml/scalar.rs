//! Text: plain, in quotes, and in blocks of lines.

use super::cursor::Cursor;
use super::{Read, Value, refuse};
use crate::policy::codes::Code;

/// A scalar that stands in one line. `flow`: inside brackets, where `,` and brackets end plain text.
pub(super) fn inline(cursor: &mut Cursor<'_>, flow: bool) -> Read<Value> {
    match cursor.peek() {
        b'"' => double_quoted(cursor).map(Value::Text),
        b'\'' => single_quoted(cursor).map(Value::Text),
        _ => plain(cursor, flow),
    }
}

#[inline(never)]
fn plain(cursor: &mut Cursor<'_>, flow: bool) -> Read<Value> {
    refuse_indicator(cursor, flow)?;
    let start = cursor.offset();
    let mut end = start;
    let mut space_before = false;
    while !cursor.at_line_end() {
        let byte = cursor.peek();
        let stops = match byte {
            b'#' => space_before,
            b':' => ends_key(cursor.ahead(1), flow),
            b',' | b'[' | b']' | b'{' | b'}' => flow,
            _ => false,
        };
        if stops {
            break;
        }
        space_before = matches!(byte, b' ' | b'\t');
        cursor.step();
        if !space_before {
            end = cursor.offset();
        }
    }
    // The spaces behind the text belong to what follows: a comment needs them.
    cursor.back_to(end);
    let text = cursor.since(start);
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        _ => Value::Plain(text.into()),
    })
}

/// Whether a colon with this byte behind it ends a key.
pub(super) fn ends_key(next: u8, flow: bool) -> bool {
    matches!(next, 0 | b' ' | b'\t' | b'\n' | b'\r') || (flow && matches!(next, b',' | b'[' | b']' | b'{' | b'}'))
}

#[inline(never)]
fn refuse_indicator(cursor: &Cursor<'_>, flow: bool) -> Read<()> {
    let next_is_space = matches!(cursor.ahead(1), 0 | b' ' | b'\t' | b'\n' | b'\r');
    let (message, help) = match cursor.peek() {
        b'*' => (
            "an alias stands here, which policies do not use",
            "if the `*` is meant as it stands, put the text in quotes",
        ),
        b'&' => ("an anchor stands here, which policies do not use", "write the value out where it is needed"),
        b'!' => ("a tag stands here, which policies do not use", "remove it, or put the text in quotes"),
        b'?' if next_is_space => ("a key that is not text", "write `key: value`"),
        b'@' | b'`' | b'%' => ("text cannot begin with this character", "put the text in quotes"),
        b',' | b']' | b'}' if !flow => ("text cannot begin with this character", "put the text in quotes"),
        _ => return Ok(()),
    };
    refuse(Code::Unsupported, cursor.position(), 1, message, help)
}

#[inline(never)]
fn single_quoted(cursor: &mut Cursor<'_>) -> Read<String> {
    let begin = cursor.position();
    cursor.step();
    let mut text = String::new();
    loop {
        if cursor.at_line_end() {
            return unclosed(begin);
        }
        match cursor.step_character() {
            Some('\'') if cursor.peek() == b'\'' => {
                cursor.step();
                text.push('\'');
            }
            Some('\'') => return Ok(text),
            Some(other) => text.push(other),
            None => return unclosed(begin),
        }
    }
}

fn unclosed<T>(begin: crate::policy::diagnostics::Position) -> Read<T> {
    let help = "close the quote in the same line; for text of several lines use `|`";
    refuse(Code::Syntax, begin, 1, "the quote is not closed", help)
}

#[inline(never)]
fn double_quoted(cursor: &mut Cursor<'_>) -> Read<String> {
    let begin = cursor.position();
    cursor.step();
    let mut text = String::new();
    loop {
        if cursor.at_line_end() {
            return unclosed(begin);
        }
        match cursor.step_character() {
            Some('"') => return Ok(text),
            Some('\\') => text.push(escape(cursor)?),
            Some(other) => text.push(other),
            None => return unclosed(begin),
        }
    }
}

#[inline(never)]
fn escape(cursor: &mut Cursor<'_>) -> Read<char> {
    let at = cursor.position();
    let kind = if cursor.at_line_end() { None } else { cursor.step_character() };
    let character = match kind {
        Some(same @ ('"' | '\\' | '/' | ' ' | '\t')) => Some(same),
        Some('n') => Some('\n'),
        Some('t') => Some('\t'),
        Some('r') => Some('\r'),
        Some('b') => Some('\u{8}'),
        Some('f') => Some('\u{c}'),
        Some('a') => Some('\u{7}'),
        Some('v') => Some('\u{b}'),
        Some('e') => Some('\u{1b}'),
        Some('0') => Some('\0'),
        Some('x') => hex(cursor, 2).and_then(char::from_u32),
        Some('u') => hex(cursor, 4).and_then(|unit| character_of(cursor, unit)),
        Some('U') => hex(cursor, 8).and_then(char::from_u32),
        _ => None,
    };
    match character {
        Some(character) => Ok(character),
        None => refuse(Code::Syntax, at, 1, "unknown escape", "write `\\\\` for a backslash, or use single quotes"),
    }
}

/// A code unit of JSON's `\u`; the second half of a pair follows the first.
#[inline(never)]
fn character_of(cursor: &mut Cursor<'_>, unit: u32) -> Option<char> {
    if !(0xd800..0xdc00).contains(&unit) {
        return char::from_u32(unit);
    }
    if cursor.peek() != b'\\' || cursor.ahead(1) != b'u' {
        return None;
    }
    cursor.step();
    cursor.step();
    let low = hex(cursor, 4).filter(|low| (0xdc00..0xe000).contains(low))?;
    char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00))
}

#[inline(never)]
fn hex(cursor: &mut Cursor<'_>, digits: usize) -> Option<u32> {
    let mut value: u32 = 0;
    for _ in 0..digits {
        value = (value << 4) | char::from(cursor.peek()).to_digit(16)?;
        cursor.step();
    }
    Some(value)
}

/// `|` keeps line ends, `>` folds them to spaces. `parent`: the indentation that the lines have to exceed.
pub(super) fn lines(cursor: &mut Cursor<'_>, parent: Option<usize>) -> Read<String> {
    let folded = cursor.peek() == b'>';
    cursor.step();
    let mut chomp = b' ';
    let mut indent = None;
    for _ in 0..2 {
        match cursor.peek() {
            sign @ (b'+' | b'-') => chomp = sign,
            digit @ b'1'..=b'9' => indent = Some(parent.map_or(0, |parent| parent) + usize::from(digit - b'0')),
            _ => continue,
        }
        cursor.step();
    }
    cursor.end_line("the lines of the text begin in the next line")?;
    cursor.next_line();
    let mut text = String::new();
    let mut empty_lines = 0;
    let mut previous_is_text = false;
    let least = parent.map_or(0, |parent| parent + 1);
    while !cursor.at_end() {
        let begin = cursor.offset();
        while cursor.peek() == b' ' && indent.is_none_or(|indent| cursor.indent() < indent) {
            cursor.step();
        }
        if cursor.at_line_end() {
            empty_lines += 1;
            cursor.next_line();
            if cursor.offset() == begin {
                break;
            }
            continue;
        }
        let here = cursor.indent();
        if here < indent.unwrap_or(least) {
            break;
        }
        indent = Some(here);
        let starts_with_space = matches!(cursor.peek(), b' ' | b'\t');
        let is_text = folded && !starts_with_space;
        if text.is_empty() && !previous_is_text {
            push_lines(&mut text, empty_lines);
        } else if is_text && previous_is_text {
            if empty_lines == 0 { text.push(' ') } else { push_lines(&mut text, empty_lines) }
        } else {
            push_lines(&mut text, empty_lines + 1);
        }
        empty_lines = 0;
        previous_is_text = is_text;
        let start = cursor.offset();
        while !cursor.at_line_end() {
            cursor.step();
        }
        text.push_str(cursor.since(start));
        cursor.next_line();
    }
    match chomp {
        b'-' => {}
        b'+' => push_lines(&mut text, empty_lines + usize::from(indent.is_some())),
        _ if text.is_empty() => {}
        _ => text.push('\n'),
    }
    Ok(text)
}

fn push_lines(text: &mut String, count: usize) {
    for _ in 0..count {
        text.push('\n');
    }
}
