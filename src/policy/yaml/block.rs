//! Values whose structure is their indentation.

use super::cursor::Cursor;
use super::{Entry, MAX_DEPTH, Node, Read, Value, add, flow, refuse, scalar};
use crate::policy::codes::Code;

const ONE_LINE: &str = "text of several lines needs `|`; text with `: ` or ` #` in it needs quotes";

/// A value that is indented deeper than `parent`, here or in a following line; nothing if there is none.
pub(super) fn node(cursor: &mut Cursor<'_>, parent: Option<usize>, depth: usize) -> Read<Node> {
    let before = cursor.position();
    cursor.next_token()?;
    if cursor.at_end() || parent.is_some_and(|parent| cursor.indent() <= parent) {
        return Ok(Node { at: before, width: 1, value: Value::Null });
    }
    here(cursor, parent, depth)
}

/// A value that begins at the cursor.
fn here(cursor: &mut Cursor<'_>, parent: Option<usize>, depth: usize) -> Read<Node> {
    let at = cursor.position();
    if depth >= MAX_DEPTH {
        return refuse(Code::TooLarge, at, 1, "nested deeper than 32 levels", "flatten the policy");
    }
    if is_item(cursor) {
        return Ok(Node { at, width: 1, value: sequence(cursor, depth)? });
    }
    match cursor.peek() {
        b'|' | b'>' => Ok(Node { at, width: 1, value: Value::Text(scalar::lines(cursor, parent)?) }),
        b'[' | b'{' => bracketed(cursor, depth),
        _ => {
            let indent = cursor.indent();
            let start = cursor.offset();
            let value = scalar::inline(cursor, false)?;
            let width = cursor.since(start).chars().count();
            cursor.spaces();
            if cursor.peek() == b':' && scalar::ends_key(cursor.ahead(1), false) {
                return Ok(Node { at, width: 1, value: mapping(cursor, indent, (at, value), depth)? });
            }
            cursor.end_line(ONE_LINE)?;
            Ok(Node { at, width, value })
        }
    }
}

fn bracketed(cursor: &mut Cursor<'_>, depth: usize) -> Read<Node> {
    let node = flow::node(cursor, depth)?;
    cursor.end_line("a value in brackets ends with its closing bracket")?;
    Ok(node)
}

fn is_item(cursor: &Cursor<'_>) -> bool {
    cursor.peek() == b'-' && matches!(cursor.ahead(1), 0 | b' ' | b'\t' | b'\n' | b'\r')
}

fn sequence(cursor: &mut Cursor<'_>, depth: usize) -> Read<Value> {
    let indent = cursor.indent();
    let mut items = Vec::new();
    loop {
        cursor.step();
        items.push(node(cursor, Some(indent), depth + 1)?);
        cursor.next_token()?;
        if cursor.at_end() || cursor.indent() < indent {
            return Ok(Value::Sequence(items));
        }
        if cursor.indent() > indent {
            return misplaced(cursor);
        }
        if !is_item(cursor) {
            // A list may stand at the indentation of its key: then the next key ends it.
            return Ok(Value::Sequence(items));
        }
    }
}

fn misplaced<T>(cursor: &Cursor<'_>) -> Read<T> {
    let message = "the indentation of this line fits nothing above it";
    refuse(
        Code::Syntax,
        cursor.position(),
        1,
        message,
        "indent it like its neighbours; text of several lines needs `|`",
    )
}

type Key = (crate::policy::diagnostics::Position, Value);

fn mapping(cursor: &mut Cursor<'_>, indent: usize, first: Key, depth: usize) -> Read<Value> {
    let mut entries = Vec::new();
    let mut next = first;
    loop {
        let (at, Value::Plain(key) | Value::Text(key)) = next else {
            return refuse(Code::Unsupported, next.0, 1, "a key that is not text", "put the key in quotes");
        };
        cursor.step();
        let value = value(cursor, indent, depth + 1)?;
        add(&mut entries, Entry { key, at, value })?;
        cursor.next_token()?;
        if cursor.at_end() || cursor.indent() < indent {
            return Ok(Value::Mapping(entries));
        }
        if cursor.indent() > indent {
            return misplaced(cursor);
        }
        let at = cursor.position();
        if is_item(cursor) {
            return refuse(
                Code::Syntax,
                at,
                1,
                "a list item stands among keys",
                "indent it below the key that it belongs to",
            );
        }
        if matches!(cursor.peek(), b'[' | b'{') {
            return refuse(Code::Syntax, at, 1, "expected a key", "write `key: value`");
        }
        let key = scalar::inline(cursor, false)?;
        cursor.spaces();
        if cursor.peek() != b':' || !scalar::ends_key(cursor.ahead(1), false) {
            return refuse(
                Code::Syntax,
                at,
                1,
                "expected `:` behind the key",
                "write `key: value`, with a space behind the colon",
            );
        }
        next = (at, key);
    }
}

/// What stands behind `key:`.
fn value(cursor: &mut Cursor<'_>, indent: usize, depth: usize) -> Read<Node> {
    cursor.spaces();
    if cursor.at_line_end() {
        let before = cursor.position();
        cursor.next_token()?;
        if !cursor.at_end() && cursor.indent() == indent && is_item(cursor) {
            return here(cursor, Some(indent), depth);
        }
        if cursor.at_end() || cursor.indent() <= indent {
            return Ok(Node { at: before, width: 1, value: Value::Null });
        }
        return here(cursor, Some(indent), depth);
    }
    let at = cursor.position();
    if is_item(cursor) {
        return refuse(Code::Syntax, at, 1, "a list begins behind its key", "begin the list in the next line");
    }
    match cursor.peek() {
        b'|' | b'>' => Ok(Node { at, width: 1, value: Value::Text(scalar::lines(cursor, Some(indent))?) }),
        b'[' | b'{' => bracketed(cursor, depth),
        _ => {
            let start = cursor.offset();
            let value = scalar::inline(cursor, false)?;
            let width = cursor.since(start).chars().count();
            cursor.end_line(ONE_LINE)?;
            Ok(Node { at, width, value })
        }
    }
}
