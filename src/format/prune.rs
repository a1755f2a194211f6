//! Copies JSON without what is empty, the way Elastic's pipelines do: `null`, empty texts, and objects and lists that are or become empty.

use crate::json;

/// Appends a value without its empty parts; `false`, and nothing, if nothing is left.
pub(crate) fn value(value: &[u8], out: &mut Vec<u8>) -> bool {
    let start = out.len();
    match value.first() {
        Some(b'{') => {
            out.push(b'{');
            for member in json::members(value) {
                self::member(member.key, member.value, out);
            }
            out.push(b'}');
        }
        Some(b'[') => {
            out.push(b'[');
            for item in json::items(value) {
                let before = out.len();
                if out.last() != Some(&b'[') {
                    out.push(b',');
                }
                if !self::value(item, out) {
                    out.truncate(before);
                }
            }
            out.push(b']');
        }
        _ if matches!(value, b"null" | b"\"\"") => return false,
        _ => {
            out.extend_from_slice(value);
            return true;
        }
    }
    let is_empty = out.len() == start + 2;
    if is_empty {
        out.truncate(start);
    }
    !is_empty
}

/// Appends a member, and the comma in front of it that is needed, unless its value is empty.
pub(crate) fn member(key: &[u8], value: &[u8], out: &mut Vec<u8>) {
    made(key, out, |out| {
        self::value(value, out);
    });
}

/// The same for a value that a function makes.
pub(crate) fn made(key: &[u8], out: &mut Vec<u8>, make: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    if !matches!(out.last(), None | Some(b'{')) {
        out.push(b',');
    }
    out.push(b'"');
    out.extend_from_slice(key);
    out.extend_from_slice(b"\":");
    let before = out.len();
    make(out);
    if out.len() == before {
        out.truncate(start);
    }
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn what_is_empty_or_becomes_empty_goes() {
        for (whole, left) in [
            (r#"{"a":null,"b":1,"c":"","d":{"e":[{}]},"f":[null,"x",""]}"#, r#"{"b":1,"f":["x"]}"#),
            (r#"[ {"a" : [ ] } , 0 , false ]"#, "[0,false]"),
            (r#"{"a":{"b":{"c":null}}}"#, ""),
            (r#"" ""#, r#"" ""#),
        ] {
            let mut out = Vec::new();
            assert_eq!(value(whole.as_bytes(), &mut out), !left.is_empty(), "{whole}");
            assert_eq!(String::from_utf8_lossy(&out), left);
        }
    }
}
