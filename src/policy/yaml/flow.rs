//! Values in brackets, which is also all of JSON.

use super::cursor::Cursor;
use super::{Entry, MAX_DEPTH, Node, Read, Value, add, refuse, scalar};
use crate::policy::codes::Code;

/// A value inside brackets, or the brackets themselves.
pub(super) fn node(cursor: &mut Cursor<'_>, depth: usize) -> Read<Node> {
    let at = cursor.position();
    if depth >= MAX_DEPTH {
        return refuse(Code::TooLarge, at, 1, "nested deeper than 32 levels", "flatten the policy");
    }
    let start = cursor.offset();
    match cursor.peek() {
        b'[' => Ok(Node { at, width: 1, value: sequence(cursor, depth)? }),
        b'{' => Ok(Node { at, width: 1, value: mapping(cursor, depth)? }),
        _ => {
            let value = scalar::inline(cursor, true)?;
            let width = cursor.since(start).chars().count();
            Ok(Node { at, width, value })
        }
    }
}

fn sequence(cursor: &mut Cursor<'_>, depth: usize) -> Read<Value> {
    let open = cursor.position();
    cursor.step();
    let mut items = Vec::new();
    loop {
        cursor.next_in_brackets();
        match cursor.peek() {
            b']' => {
                cursor.step();
                return Ok(Value::Sequence(items));
            }
            b',' => {
                return refuse(
                    Code::Syntax,
                    cursor.position(),
                    1,
                    "a value is missing before the comma",
                    "remove the comma",
                );
            }
            _ if cursor.at_end() => return refuse(Code::Syntax, open, 1, "the `[` is not closed", "add a `]`"),
            _ => {}
        }
        items.push(node(cursor, depth + 1)?);
        cursor.next_in_brackets();
        match cursor.peek() {
            b',' => cursor.step(),
            b']' => {}
            b':' => {
                let help = "write `{key: value}` for a mapping, or put the text in quotes";
                return refuse(Code::Syntax, cursor.position(), 1, "a key and a value stand in a list", help);
            }
            _ if cursor.at_end() => return refuse(Code::Syntax, open, 1, "the `[` is not closed", "add a `]`"),
            _ => {
                return refuse(
                    Code::Syntax,
                    cursor.position(),
                    1,
                    "expected `,` or `]`",
                    "separate the items with commas",
                );
            }
        }
    }
}

fn mapping(cursor: &mut Cursor<'_>, depth: usize) -> Read<Value> {
    let open = cursor.position();
    cursor.step();
    let mut entries = Vec::new();
    loop {
        cursor.next_in_brackets();
        match cursor.peek() {
            b'}' => {
                cursor.step();
                return Ok(Value::Mapping(entries));
            }
            b',' => {
                return refuse(
                    Code::Syntax,
                    cursor.position(),
                    1,
                    "a key is missing before the comma",
                    "remove the comma",
                );
            }
            b'[' | b'{' => {
                return refuse(Code::Unsupported, cursor.position(), 1, "a key that is not text", "write `key: value`");
            }
            _ if cursor.at_end() => return refuse(Code::Syntax, open, 1, "the `{` is not closed", "add a `}`"),
            _ => {}
        }
        let at = cursor.position();
        let key = match scalar::inline(cursor, true)? {
            Value::Plain(text) | Value::Text(text) => text,
            _ => return refuse(Code::Unsupported, at, 1, "a key that is not text", "put the key in quotes"),
        };
        cursor.next_in_brackets();
        if cursor.peek() != b':' {
            return refuse(Code::Syntax, cursor.position(), 1, "expected `:` behind the key", "write `key: value`");
        }
        cursor.step();
        cursor.next_in_brackets();
        let value = match cursor.peek() {
            b',' | b'}' => Node { at: cursor.position(), width: 1, value: Value::Null },
            _ => node(cursor, depth + 1)?,
        };
        add(&mut entries, Entry { key, at, value })?;
        cursor.next_in_brackets();
        match cursor.peek() {
            b',' => cursor.step(),
            b'}' => {}
            _ if cursor.at_end() => return refuse(Code::Syntax, open, 1, "the `{` is not closed", "add a `}`"),
            _ => {
                return refuse(
                    Code::Syntax,
                    cursor.position(),
                    1,
                    "expected `,` or `}`",
                    "separate the entries with commas",
                );
            }
        }
    }
}
