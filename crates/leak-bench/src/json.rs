//! Writing events the ways API servers and shippers write them, and reading answers byte by byte: a strict reader of its
//! own that keeps the raw text of every scalar, so that "unchanged" means the same bytes.

use serde_json::Value;

use crate::codec;
use crate::rng::Rng;

/// Stands in front of every segment of a path; no key of an event holds it.
pub const SEPARATOR: char = '\u{1f}';

/// How an event is written.
pub struct Style<'a> {
    /// `<`, `>` and `&` as `\u` escapes, as Go's encoder writes them.
    pub html: bool,
    /// Strings that hold this text are written with random `\u` escapes.
    pub escape: Option<&'a str>,
}

/// The event as one line of JSON.
pub fn write(value: &Value, style: &Style<'_>, rng: &mut Rng) -> String {
    let mut out = String::with_capacity(2048);
    write_into(value, style, rng, &mut out);
    out
}

fn write_into(value: &Value, style: &Style<'_>, rng: &mut Rng, out: &mut String) {
    match value {
        Value::Object(map) => {
            for (at, (key, value)) in map.iter().enumerate() {
                out.push(if at == 0 { '{' } else { ',' });
                write_string(key, style, rng, out);
                out.push(':');
                write_into(value, style, rng, out);
            }
            out.push_str(if map.is_empty() { "{}" } else { "}" });
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                out.push(if at == 0 { '[' } else { ',' });
                write_into(value, style, rng, out);
            }
            out.push_str(if items.is_empty() { "[]" } else { "]" });
        }
        Value::String(text) => write_string(text, style, rng, out),
        scalar => out.push_str(&scalar.to_string()),
    }
}

fn write_string(text: &str, style: &Style<'_>, rng: &mut Rng, out: &mut String) {
    let escaped = style.escape.is_some_and(|needle| text.contains(needle));
    let one_in = 1 + rng.below(4);
    out.push('"');
    out.push_str(&codec::json_inside(text, style.html, || escaped && rng.below(one_in) == 0));
    out.push('"');
}

/// A parsed text with the raw bytes of its scalars.
#[derive(Debug, PartialEq, Eq)]
pub enum Raw<'a> {
    /// Keys as written, without their quotes.
    Object(Vec<(&'a str, Raw<'a>)>),
    /// Items.
    Array(Vec<Raw<'a>>),
    /// A string with its quotes, a number, `true`, `false` or `null`, as written.
    Scalar(&'a str),
}

impl<'a> Raw<'a> {
    /// Reads text that is known to be valid JSON (see [`crate::checks`]); `None` if it is not after all.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut at = 0;
        let value = Self::value(text, &mut at, 0)?;
        skip_space(text, &mut at);
        (at == text.len()).then_some(value)
    }

    fn value(text: &'a str, at: &mut usize, depth: usize) -> Option<Self> {
        if depth > 200 {
            return None;
        }
        skip_space(text, at);
        match text.as_bytes().get(*at)? {
            b'{' => {
                let mut members = Vec::new();
                *at += 1;
                skip_space(text, at);
                if eat(text, at, b'}') {
                    return Some(Self::Object(members));
                }
                loop {
                    skip_space(text, at);
                    let key = string(text, at)?;
                    skip_space(text, at);
                    if !eat(text, at, b':') {
                        return None;
                    }
                    members.push((key.get(1..key.len() - 1)?, Self::value(text, at, depth + 1)?));
                    skip_space(text, at);
                    if eat(text, at, b'}') {
                        return Some(Self::Object(members));
                    }
                    if !eat(text, at, b',') {
                        return None;
                    }
                }
            }
            b'[' => {
                let mut items = Vec::new();
                *at += 1;
                skip_space(text, at);
                if eat(text, at, b']') {
                    return Some(Self::Array(items));
                }
                loop {
                    items.push(Self::value(text, at, depth + 1)?);
                    skip_space(text, at);
                    if eat(text, at, b']') {
                        return Some(Self::Array(items));
                    }
                    if !eat(text, at, b',') {
                        return None;
                    }
                }
            }
            b'"' => string(text, at).map(Self::Scalar),
            _ => {
                let start = *at;
                while text.as_bytes().get(*at).is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte))
                {
                    *at += 1;
                }
                text.get(start..*at).filter(|scalar| !scalar.is_empty()).map(Self::Scalar)
            }
        }
    }

    /// A member of an object.
    pub fn member(&self, name: &str) -> Option<&Raw<'a>> {
        match self {
            Self::Object(members) => members.iter().find(|(key, _)| *key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Levels of nesting; a scalar has none.
    pub fn depth(&self) -> usize {
        match self {
            Self::Object(members) => 1 + members.iter().map(|(_, value)| value.depth()).max().unwrap_or(0),
            Self::Array(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Self::Scalar(_) => 0,
        }
    }

    /// A key that stands twice in one object, compared as decoded text.
    pub fn repeated_key(&self) -> Option<String> {
        match self {
            Self::Object(members) => {
                let mut seen = std::collections::HashSet::new();
                for (key, value) in members {
                    let name = serde_json::from_str::<String>(&format!("\"{key}\"")).unwrap_or_default();
                    if !seen.insert(name.clone()) {
                        return Some(name);
                    }
                    if let Some(found) = value.repeated_key() {
                        return Some(found);
                    }
                }
                None
            }
            Self::Array(items) => items.iter().find_map(Self::repeated_key),
            Self::Scalar(_) => None,
        }
    }

    /// Calls `visit` with the path (segments behind [`SEPARATOR`]) and the raw text of every scalar and every empty container.
    pub fn leaves(&self, path: &str, visit: &mut impl FnMut(&str, &str)) {
        match self {
            Self::Object(members) if members.is_empty() => visit(path, "{}"),
            Self::Object(members) => {
                for (key, value) in members {
                    value.leaves(&format!("{path}{SEPARATOR}{key}"), visit);
                }
            }
            Self::Array(items) if items.is_empty() => visit(path, "[]"),
            Self::Array(items) => {
                for (at, value) in items.iter().enumerate() {
                    value.leaves(&format!("{path}{SEPARATOR}{at}"), visit);
                }
            }
            Self::Scalar(text) => visit(path, text),
        }
    }
}

fn skip_space(text: &str, at: &mut usize) {
    while text.as_bytes().get(*at).is_some_and(|byte| b" \t\r\n".contains(byte)) {
        *at += 1;
    }
}

fn eat(text: &str, at: &mut usize, byte: u8) -> bool {
    let found = text.as_bytes().get(*at) == Some(&byte);
    *at += usize::from(found);
    found
}

/// The string literal that begins at `at`, with its quotes.
fn string<'a>(text: &'a str, at: &mut usize) -> Option<&'a str> {
    let start = *at;
    if !eat(text, at, b'"') {
        return None;
    }
    loop {
        match text.as_bytes().get(*at)? {
            b'"' => {
                *at += 1;
                return text.get(start..*at);
            }
            b'\\' => *at += 2,
            _ => *at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn keeps_the_text_of_scalars_and_finds_repeated_keys() {
        let raw = Raw::parse(r#"{"a":[1.50,"x\"y",{}],"b":{"k":1,"\u006b":2}}"#).unwrap();
        let mut leaves = Vec::new();
        raw.leaves("", &mut |path, text| leaves.push(format!("{}={text}", path.replace(SEPARATOR, "/"))));
        assert_eq!(leaves, ["/a/0=1.50", "/a/1=\"x\\\"y\"", "/a/2={}", "/b/k=1", "/b/\\u006b=2"]);
        assert_eq!(raw.repeated_key().as_deref(), Some("k"));
        assert_eq!(raw.depth(), 3);
        assert_eq!(Raw::parse("{\"a\":1}}"), None);
    }
}
