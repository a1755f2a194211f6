//! JSON strings: where one ends, what its escapes mean, and how text becomes one.
//!
//! A string stands in one of two forms. Plain: `"a\nb"`. Escaped: the event is itself the text of a JSON string, as in_tail without a
//! parser hands it over, so each quote is `\"` and each backslash `\\`. The pass reads escaped events as they stand and turns their
//! quotes into plain ones in place: `\"` becomes ` "` in front of a string and `" ` behind it, which changes no length.

use super::buffer::{PADDING, Padded, View};
use super::edits::Edits;

/// Length of a surrogate pair, `\ud83d\ude80`; no other escape is as long.
const PAIR_BYTES: usize = 12;

/// Replaces what is no character.
const REPLACEMENT: &str = "\u{fffd}";

/// A string of the text: the span between its quotes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Its text differs from its bytes: it holds a backslash, or bytes that are no UTF-8.
    pub(crate) escapes: bool,
    /// Stands in the escaped form.
    pub(crate) escaped_form: bool,
}

/// The text is no JSON from this position on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) at: usize,
}

/// Finds the end of the string whose first byte behind the quote is `start`, given the first special byte in it.
/// Bytes that are no UTF-8 are mended through `edits`; halves of surrogate pairs are overwritten.
pub(crate) fn finish(
    text: &mut Padded<'_>,
    edits: &mut Edits,
    start: usize,
    mut at: usize,
    escaped_form: bool,
) -> Result<Text, Malformed> {
    let mut escapes = false;
    loop {
        let byte = text.byte(at);
        match byte {
            b'"' if !escaped_form => return Ok(Text { start, end: at, escapes, escaped_form }),
            b'\\' if escaped_form && text.byte(at + 1) == b'"' => {
                return Ok(Text { start, end: at, escapes, escaped_form });
            }
            // A quote inside, as JSON in a string has many.
            b'\\' if !escaped_form && text.byte(at + 1) == b'"' => {
                escapes = true;
                at += 2;
            }
            b'\\' => {
                escapes = true;
                let next = escape(text, at, escaped_form)?;
                if !escaped_form && next - at == PAIR_BYTES {
                    // A surrogate pair: Fluent Bit 3.1.9 would make two times three bytes of it that are no UTF-8.
                    let mut character = Vec::new();
                    decode_escape(text.view(), at, escaped_form, &mut character);
                    edits.replace(at, next, &character);
                }
                at = next;
            }
            0x80.. => {
                let (after, mended) = mend_utf8(text, edits, at);
                escapes |= mended;
                at = after;
            }
            _ => return Err(Malformed { at }),
        }
        at = text.view().find_special(at);
    }
}

/// The string behind the quote in front of `start`, which has been read before: its closing quote is a plain one.
pub(super) fn read_again(text: View<'_>, start: usize, escaped_form: bool) -> Text {
    let mut escapes = false;
    let mut end = text.find_special(start);
    loop {
        match text.byte(end) {
            b'\\' => {
                escapes = true;
                // Either form: a backslash and what it escapes, which in the escaped form is a second backslash and what that one escapes.
                end += if escaped_form && text.byte(end + 1) == b'\\' {
                    if text.byte(end + 2) == b'\\' { 4 } else { 3 }
                } else {
                    2
                };
            }
            0x80.. => {
                let (length, mended) = character(text, end);
                escapes |= mended.is_some();
                end += length;
            }
            _ => return Text { start, end, escapes, escaped_form },
        }
        end = text.find_special(end);
    }
}

/// Checks one escape; returns the position behind it.
fn escape(text: &mut Padded<'_>, at: usize, escaped_form: bool) -> Result<usize, Malformed> {
    if !escaped_form {
        return inner_escape(text, at, 1);
    }
    match text.byte(at + 1) {
        b'/' => Ok(at + 2),
        // A character of the event that the outer string escaped; ASCII ones would be quotes and the like in disguise.
        b'u' if hex4(text.view(), at + 2).is_some_and(|code| code >= 0x7f) => surrogates(text, at, 1),
        b'\\' => match text.byte(at + 2) {
            b'\\' if matches!(text.byte(at + 3), b'"' | b'\\') => Ok(at + 4),
            b'\\' => Err(Malformed { at }),
            _ => inner_escape(text, at, 2),
        },
        _ => Err(Malformed { at }),
    }
}

/// An escape of the event itself, written with `slashes` backslashes.
fn inner_escape(text: &mut Padded<'_>, at: usize, slashes: usize) -> Result<usize, Malformed> {
    match text.byte(at + slashes) {
        b'"' | b'\\' if slashes == 1 => Ok(at + 2),
        b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(at + slashes + 1),
        b'u' => surrogates(text, at, slashes),
        _ => Err(Malformed { at }),
    }
}

/// A `\u` escape; one half of a surrogate pair without the other becomes U+FFFD.
fn surrogates(text: &mut Padded<'_>, at: usize, slashes: usize) -> Result<usize, Malformed> {
    let digits = at + slashes + 1;
    let code = hex4(text.view(), digits).ok_or(Malformed { at })?;
    let next = digits + 4;
    if !(0xd800..0xe000).contains(&code) {
        return Ok(next);
    }
    let follows =
        text.byte(next) == b'\\' && text.byte(next + slashes - 1) == b'\\' && text.byte(next + slashes) == b'u';
    let low = if follows { hex4(text.view(), next + slashes + 1) } else { None };
    if code < 0xdc00 && low.is_some_and(|low| (0xdc00..0xe000).contains(&low)) {
        return Ok(next + slashes + 5);
    }
    text.overwrite(digits, b"fffd");
    Ok(next)
}

fn hex4(text: View<'_>, at: usize) -> Option<u32> {
    (at..at + 4).try_fold(0, |code, at| Some(code << 4 | (text.byte(at) as char).to_digit(16)?))
}

/// Steps over one character that is not ASCII, or mends what is none; whether it did.
#[cold]
fn mend_utf8(text: &Padded<'_>, edits: &mut Edits, at: usize) -> (usize, bool) {
    let (length, mended) = character(text.view(), at);
    if let Some(mended) = mended {
        edits.replace(at, at + length, mended.encode_utf8(&mut [0; 4]).as_bytes());
    }
    (at + length, mended.is_some())
}

/// Length of the character at `at`, and what it should have been if it is not UTF-8: a surrogate pair in two times three bytes
/// (CESU-8, as Fluent Bit 3.1.9 writes characters beyond the basic plane) or a replacement.
fn character(text: View<'_>, at: usize) -> (usize, Option<char>) {
    let bytes = [text.byte(at), text.byte(at + 1), text.byte(at + 2), text.byte(at + 3)];
    if let Some(length) = utf8_length(bytes) {
        return (length, None);
    }
    let half = |at: usize| {
        let [lead, mid, last] = [text.byte(at), text.byte(at + 1), text.byte(at + 2)].map(u32::from);
        (lead == 0xed && mid & 0xe0 == 0xa0 && last & 0xc0 == 0x80).then_some(0xd000 | (mid & 0x3f) << 6 | last & 0x3f)
    };
    // Reading the second half is safe: a byte that is not zero is followed by at least the padding.
    if let Some(high @ 0xd800..0xdc00) = half(at)
        && let Some(low @ 0xdc00..0xe000) = half(at + 3)
    {
        return (6, char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)));
    }
    (1, REPLACEMENT.chars().next())
}

/// Length of the character of two to four bytes that these begin with, if it is one.
fn utf8_length(bytes: [u8; 4]) -> Option<usize> {
    let [lead, rest @ ..] = bytes;
    let (length, least) = match lead {
        0xc0..0xe0 => (2, 0x80),
        0xe0..0xf0 => (3, 0x800),
        0xf0..0xf8 => (4, 0x10000),
        _ => return None,
    };
    let mut code = u32::from(lead) & (0x7f >> length);
    for byte in rest.into_iter().take(length - 1) {
        if byte & 0xc0 != 0x80 {
            return None;
        }
        code = code << 6 | u32::from(byte & 0x3f);
    }
    (code >= least && char::from_u32(code).is_some()).then_some(length)
}

/// Appends bytes to `out` as text; what is no UTF-8 is mended.
pub(crate) fn push_mended(bytes: &[u8], out: &mut Vec<u8>) {
    let mut padded = bytes.to_vec();
    padded.resize(bytes.len() + PADDING, 0);
    let Some(view) = View::new(&padded) else { return };
    let mut at = 0;
    while at < bytes.len() {
        let (length, mended) = if view.byte(at) < 0x80 { (1, None) } else { character(view, at) };
        match mended {
            Some(mended) => push_char(out, mended),
            None => out.extend_from_slice(view.span(at, at + length)),
        }
        at += length;
    }
}

/// Appends the text of a string to `out`: escapes of both forms resolved, always UTF-8.
pub(crate) fn decode(text: View<'_>, string: Text, out: &mut Vec<u8>) {
    let (mut at, end) = (string.start, string.end);
    let mut plain = at;
    out.reserve(end.saturating_sub(at));
    // How many bytes a quote or backslash has in front of it that only escape it.
    let slashes = if string.escaped_form { 3 } else { 1 };
    let are_slashes = |at: usize| !string.escaped_form || text.pair(at + 1) == u16::from_le_bytes(*b"\\\\");
    loop {
        at = text.find_special(at).min(end);
        if at == end {
            break;
        }
        out.extend_from_slice(text.span(plain, at));
        let byte = text.byte(at);
        if byte == b'\\' && are_slashes(at) && matches!(text.byte(at + slashes), b'"' | b'\\') {
            // It is taken over with what follows.
            plain = at + slashes;
            at = plain + 1;
            continue;
        }
        if byte == b'\\' {
            at = decode_escape(text, at, string.escaped_form, out);
        } else if byte >= 0x80 {
            let (length, mended) = character(text, at);
            match mended {
                Some(mended) => push_char(out, mended),
                None => out.extend_from_slice(text.span(at, at + length)),
            }
            at += length;
        } else {
            out.push(byte);
            at += 1;
        }
        plain = at;
    }
    out.extend_from_slice(text.span(plain, end));
}

/// Resolves one escape that [`finish`] has accepted.
fn decode_escape(text: View<'_>, at: usize, escaped_form: bool, out: &mut Vec<u8>) -> usize {
    let outer_unicode = escaped_form && text.byte(at + 1) == b'u';
    let slashes = if escaped_form && !outer_unicode && text.byte(at + 1) == b'\\' { 2 } else { 1 };
    let letter = text.byte(at + slashes);
    let simple = match letter {
        b'u' => {
            let code = hex4(text, at + slashes + 1).unwrap_or(0xfffd);
            let mut next = at + slashes + 5;
            let mut decoded = char::from_u32(code);
            if let 0xd800..0xdc00 = code {
                let low = hex4(text, next + slashes + 1).unwrap_or_default();
                decoded = char::from_u32(0x10000 + ((code - 0xd800) << 10) + (low.wrapping_sub(0xdc00) & 0x3ff));
                next += slashes + 5;
            }
            push_char(out, decoded.unwrap_or(char::REPLACEMENT_CHARACTER));
            return next;
        }
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        other => other,
    };
    out.push(simple);
    at + slashes + 1
}

/// Appends a string of the escaped form as it stands in the event: the outer string's backslashes taken away, nothing else changed.
pub(crate) fn unwrap_outer(text: View<'_>, string: Text, out: &mut Vec<u8>) {
    let mut at = string.start;
    let mut plain = at;
    while at < string.end {
        at = text.find_special(at).min(string.end);
        if at < string.end && text.byte(at) == b'\\' {
            if text.byte(at + 1) == b'\\' && text.byte(at + 2) == b'\\' {
                // A backslash or quote that is escaped in the event: what follows is text, whatever it looks like.
                out.extend_from_slice(text.span(plain, at));
                out.extend_from_slice(&[b'\\', text.byte(at + 3)]);
                at += 4;
                plain = at;
                continue;
            }
            let digits = if text.byte(at + 1) == b'u' {
                at + 2
            } else if text.byte(at + 1) == b'\\' && text.byte(at + 2) == b'u' {
                at + 3
            } else {
                0
            };
            if digits > 0 && hex4(text, digits).is_some_and(|code| (0xd800..0xdc00).contains(&code)) {
                // A surrogate pair, see `finish`.
                out.extend_from_slice(text.span(plain, at));
                at = decode_escape(text, at, true, out);
                plain = at;
                continue;
            }
            if matches!(text.byte(at + 1), b'\\' | b'"') {
                out.extend_from_slice(text.span(plain, at));
                plain = at + 1;
            }
            at += 2;
        } else if at < string.end {
            let (length, mended) = character(text, at);
            if let Some(mended) = mended {
                out.extend_from_slice(text.span(plain, at));
                push_char(out, mended);
                plain = at + length;
            }
            at += length;
        }
    }
    out.extend_from_slice(text.span(plain, string.end));
}

/// Appends `text` as the inside of a JSON string.
pub(crate) fn encode(text: &[u8], out: &mut Vec<u8>) {
    let mut plain = 0;
    for (at, &byte) in text.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(text.get(plain..at).unwrap_or_default());
        plain = at + 1;
        let short = match byte {
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            8 => b'b',
            12 => b'f',
            b'"' | b'\\' => byte,
            _ => {
                out.extend_from_slice(b"\\u00");
                out.push(b'0' + (byte >> 4));
                out.push(char::from_digit(u32::from(byte & 15), 16).map_or(b'0', |digit| digit as u8));
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', short]);
    }
    out.extend_from_slice(text.get(plain..).unwrap_or_default());
}

fn push_char(out: &mut Vec<u8>, char: char) {
    out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    /// The text of the string in `json` (without its quotes), and what leaves.
    fn read(json: &[u8], escaped_form: bool) -> Result<(Vec<u8>, Vec<u8>), Malformed> {
        let mut bytes = json.to_vec();
        bytes.extend_from_slice(if escaped_form { b"\\\"" } else { b"\"" });
        bytes.resize(bytes.len() + PADDING, 0);
        let mut text = Padded::new(&mut bytes).unwrap();
        let mut edits = Edits::default();
        let first = text.view().find_special(0);
        let string = finish(&mut text, &mut edits, 0, first, escaped_form)?;
        assert_eq!(string.end, json.len());
        let mut decoded = Vec::new();
        decode(text.view(), string, &mut decoded);
        let mut left = Vec::new();
        if escaped_form {
            unwrap_outer(text.view(), string, &mut left);
        } else {
            edits.render(&text, 0, string.end, &mut left);
        }
        Ok((decoded, left))
    }

    #[test]
    fn every_character_has_its_length_and_nothing_else_has_one() {
        for char in ('\u{80}'..=char::MAX).step_by(97) {
            let mut bytes = [0; 4];
            let length = char.encode_utf8(&mut bytes).len();
            assert_eq!(utf8_length(bytes), Some(length), "{char:?}");
        }
        let none = [[0xc0, 0x80, 0, 0], [0xe0, 0x9f, 0xbf, 0], [0xed, 0xa0, 0x80, 0], [0xf4, 0x90, 0x80, 0x80]];
        let cut = [[0xc3, b'"', 0, 0], [0xe2, 0x82, b'"', 0], [0xf0, 0x9f, 0x98, b'"'], [0xf8, 0x88, 0x80, 0x80]];
        for bytes in none.into_iter().chain(cut) {
            assert_eq!(utf8_length(bytes), None, "{bytes:x?}");
        }
        let mut out = Vec::new();
        push_mended("a\u{e4}\u{1f600}".as_bytes(), &mut out);
        push_mended(b"\xff\xed\xa0\xbd\xed\xb8\x80", &mut out);
        assert_eq!(out, "a\u{e4}\u{1f600}\u{fffd}\u{1f600}".as_bytes());
    }

    #[test]
    fn escapes_of_both_forms() {
        let event = r#"a\"b\\c\/d\n\tA\u0041\u00e9\ud83d\ude00 \u0000z"#;
        let expected = "a\"b\\c/d\n\tAA\u{e9}\u{1f600} \0z";
        // Surrogate pairs leave as the character.
        let leaves = event.replace(r"\ud83d\ude00", "\u{1f600}");
        assert_eq!(read(event.as_bytes(), false).unwrap(), (expected.into(), leaves.clone().into()));
        let outer = event.replace('\\', r"\\").replace('"', "\\\"");
        assert_eq!(read(outer.as_bytes(), true).unwrap(), (expected.into(), leaves.into()));
        assert_eq!(read(br#"\/\\\\\/\\\"\/"#, true).unwrap().0, br#"/\/"/"#);
    }

    #[test]
    fn halves_of_surrogate_pairs_are_mended() {
        for broken in [r"\ud800", r"\ude00", r"\ud800x", r"\ud800\n", r"\ud800\u0041"] {
            let mended = format!(r"\ufffd{}", broken.get(6..).unwrap());
            assert_eq!(read(broken.as_bytes(), false).unwrap().1, mended.as_bytes());
            assert_eq!(read(broken.replace('\\', r"\\").as_bytes(), true).unwrap().1, mended.as_bytes());
        }
    }

    #[test]
    fn bytes_that_are_no_utf8_are_mended() {
        for (broken, mended) in [
            (&b"a\xffb"[..], "a\u{fffd}b"),
            (b"\xe9t\xe9", "\u{fffd}t\u{fffd}"),
            (b"\xed\xa0\xbd\xed\xb8\x80!", "\u{1f600}!"),
            (b"\xed\xa0\xbdx", "\u{fffd}\u{fffd}\u{fffd}x"),
            ("\u{e9}\u{1f600}\u{20ac}".as_bytes(), "\u{e9}\u{1f600}\u{20ac}"),
            (b"\xf4\x90\x80\x80", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
            (b"\xc0\x80", "\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(read(broken, false).unwrap(), (mended.into(), mended.into()), "{broken:x?}");
            assert_eq!(read(broken, true).unwrap(), (mended.into(), mended.into()), "{broken:x?}");
        }
    }

    #[test]
    fn malformed_strings_are_refused() {
        for broken in ["a\nb", r"\x", r"\u12g4", r"\u12", "\u{1}", "\0"] {
            assert!(read(broken.as_bytes(), false).is_err(), "{broken:?}");
            assert!(read(broken.replace('\\', r"\\").as_bytes(), true).is_err(), "{broken:?}");
        }
        // A quote of the event in disguise, and a control character of the event.
        assert!(read(br"a\u0022b", true).is_err());
        assert!(read(br"a\nb", true).is_err());
    }

    #[test]
    fn encoding_is_the_reverse_of_decoding() {
        let all: String = (0..=0x7f_u8).map(char::from).chain(['\u{e9}', '\u{1f600}']).collect();
        let mut encoded = Vec::new();
        encode(all.as_bytes(), &mut encoded);
        assert_eq!(read(&encoded, false).unwrap().0, all.as_bytes());
    }
}
