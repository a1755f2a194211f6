//! Reading what the engine has written: one JSON object that is known to be well formed. Spans, no copies; text that is no JSON
//! after all ends the reading, and nothing else.

use crate::scan::encode;

/// The members of an object, in their order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Members<'a> {
    text: &'a [u8],
    at: usize,
}

/// A member of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member<'a> {
    /// The key's bytes between its quotes.
    pub(crate) key: &'a [u8],
    /// The value's bytes, quotes and brackets included.
    pub(crate) value: &'a [u8],
    /// Where the key's quote stands.
    pub(crate) start: usize,
}

/// The members of the object `text`; none if it is no object.
pub(crate) fn members(text: &[u8]) -> Members<'_> {
    let open = blank(text, 0);
    Members { text, at: if text.get(open) == Some(&b'{') { open + 1 } else { text.len() } }
}

/// The value of the first member with this key.
pub(crate) fn member<'a>(text: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    members(text).find(|member| member.key == key).map(|member| member.value)
}

impl<'a> Iterator for Members<'a> {
    type Item = Member<'a>;

    fn next(&mut self) -> Option<Member<'a>> {
        let start = blank(self.text, self.at);
        if self.text.get(start) != Some(&b'"') {
            return None;
        }
        let behind_key = string_end(self.text, start)?;
        let colon = blank(self.text, behind_key);
        let value = blank(self.text, colon + 1);
        let end = value_end(self.text, value)?;
        let next = blank(self.text, end);
        self.at = if self.text.get(next) == Some(&b',') { next + 1 } else { self.text.len() };
        Some(Member { key: self.text.get(start + 1..behind_key - 1)?, value: self.text.get(value..end)?, start })
    }
}

/// The items of an array, in their order.
pub(crate) fn items(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let open = blank(text, 0);
    let mut at = if text.get(open) == Some(&b'[') { open + 1 } else { text.len() };
    core::iter::from_fn(move || {
        let start = blank(text, at);
        let end = value_end(text, start)?;
        let next = blank(text, end);
        at = if text.get(next) == Some(&b',') { next + 1 } else { text.len() };
        text.get(start..end)
    })
}

/// Appends the text of a JSON string (quotes included) to `out`; anything else as it stands.
pub(crate) fn text(value: &[u8], out: &mut Vec<u8>) {
    let inside = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    let Some(mut rest) = inside else { return out.extend_from_slice(value) };
    while let Some(at) = rest.iter().position(|&byte| byte == b'\\') {
        let (plain, escape) = rest.split_at(at);
        out.extend_from_slice(plain);
        let mut used = 2;
        match escape.get(1) {
            Some(b'n') => out.push(b'\n'),
            Some(b'r') => out.push(b'\r'),
            Some(b't') => out.push(b'\t'),
            Some(b'b') => out.push(8),
            Some(b'f') => out.push(12),
            Some(b'u') => {
                let mut code = unit(escape, 2).unwrap_or(0xfffd);
                used = 6;
                if let 0xd800..0xdc00 = code
                    && let Some(low @ 0xdc00..0xe000) = unit(escape, 8)
                {
                    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                    used = 12;
                }
                let char = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Some(&other) => out.push(other),
            None => {}
        }
        rest = escape.get(used..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

/// The four hexadecimal digits at `at`.
fn unit(text: &[u8], at: usize) -> Option<u32> {
    text.get(at..at + 4)?.iter().try_fold(0, |code, &byte| Some(code << 4 | char::from(byte).to_digit(16)?))
}

/// Appends JSON without the white space between its tokens.
pub(crate) fn compact(text: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        if byte == b'"' {
            let end = string_end(text, at).unwrap_or(text.len());
            out.extend_from_slice(text.get(at..end).unwrap_or_default());
            at = end;
            continue;
        }
        if !byte.is_ascii_whitespace() {
            out.push(byte);
        }
        at += 1;
    }
}

/// `text` as a JSON string.
pub(crate) fn quoted(text: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    encode(text, &mut out);
    out.push(b'"');
    out
}

/// Position of the first byte that is no white space.
fn blank(text: &[u8], mut at: usize) -> usize {
    while text.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// Position behind the string whose quote stands at `at`.
fn string_end(text: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        match *text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Position behind the value at `at`; `None` where there is none.
fn value_end(text: &[u8], at: usize) -> Option<usize> {
    match *text.get(at)? {
        b'"' => string_end(text, at),
        b'{' | b'[' => {
            let mut depth = 0_usize;
            let mut at = at;
            loop {
                match *text.get(at)? {
                    b'"' => {
                        at = string_end(text, at)?;
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    return Some(at);
                }
            }
        }
        b'}' | b']' | b',' | b':' => None,
        _ => {
            let rest = text.get(at..)?;
            let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']') || byte.is_ascii_whitespace();
            Some(at + rest.iter().position(ends).unwrap_or(rest.len()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_whatever_stands_between_them() {
        let text = br#" { "a" : 1 , "b":"x,}\"y" ,"c":{"d":[1,{"e":"]"}]},"f":null}"#;
        let read: Vec<_> = members(text).map(|member| (member.key, member.value)).collect();
        let expected: [(&[u8], &[u8]); 4] =
            [(b"a", b"1"), (b"b", br#""x,}\"y""#), (b"c", br#"{"d":[1,{"e":"]"}]}"#), (b"f", b"null")];
        assert_eq!(read, expected);
        assert_eq!(member(text, b"f"), Some(&b"null"[..]));
        assert_eq!(members(b"{}").count() + members(b"[1]").count() + members(b"").count(), 0);
    }

    #[test]
    fn items_are_found() {
        let read: Vec<_> = items(br#"[ "a" ,[1,2],{} , true]"#).collect();
        assert_eq!(read, [&br#""a""#[..], b"[1,2]", b"{}", b"true"]);
        assert_eq!(items(b"[]").count() + items(b"{}").count(), 0);
    }

    #[test]
    fn texts_lose_their_escapes() {
        let mut out = Vec::new();
        text(br#""a\"b\\c\/\n\u00e9\ud83d\ude00\ud800!""#, &mut out);
        assert_eq!(String::from_utf8_lossy(&out), "a\"b\\c/\n\u{e9}\u{1f600}\u{fffd}!");
        assert_eq!(quoted(b"a\"\n"), br#""a\"\n""#);
    }

    #[test]
    fn white_space_outside_of_strings_goes() {
        let mut out = Vec::new();
        compact(b" { \"a b\\\" \" :\n[ 1 , {} ]\t}\r\n", &mut out);
        assert_eq!(out, b"{\"a b\\\" \":[1,{}]}");
    }

    #[test]
    fn what_is_cut_ends_the_reading() {
        for cut in [&b"{\"a"[..], b"{\"a\":", b"{\"a\":\"x", b"{\"a\":{\"b\":1", b"{\"a\":[", b"{\"a\"", b"{\"a\\"] {
            assert_eq!(members(cut).count(), 0, "{cut:?}");
        }
    }
}
