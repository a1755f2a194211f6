//! What every answer has to be, secret or not: one valid JSON object that Fluent Bit can take, and the same again when it
//! goes through once more.

use crate::json::Raw;

/// The deepest answer that Fluent Bit 3.1.9 takes.
pub const MAX_DEPTH: usize = 28;

/// What is wrong with an answer; `None` if nothing is.
pub fn fault(answer: &[u8]) -> Option<String> {
    let Ok(text) = std::str::from_utf8(answer) else { return Some("not UTF-8".into()) };
    if text.contains('\0') {
        return Some("holds a NUL".into());
    }
    if let Err(error) = serde_json::from_str::<serde_json::Value>(text) {
        return Some(format!("not JSON: {error}"));
    }
    let Some(raw @ Raw::Object(_)) = Raw::parse(text) else { return Some("not one JSON object".into()) };
    if raw.depth() > MAX_DEPTH {
        return Some(format!("depth {} above {MAX_DEPTH}", raw.depth()));
    }
    raw.repeated_key().map(|key| format!("a key of {} bytes stands twice", key.len()))
}

/// Whether the answer is a placeholder: it carries an error code.
pub fn is_placeholder(answer: &[u8]) -> bool {
    std::str::from_utf8(answer)
        .ok()
        .and_then(Raw::parse)
        .is_some_and(|raw| raw.member("auditgate").and_then(|map| map.member("error")).is_some())
}

/// Whether two answers say the same apart from the `auditgate` map.
pub fn same_record(first: &[u8], second: &[u8]) -> bool {
    let (Ok(first), Ok(second)) = (std::str::from_utf8(first), std::str::from_utf8(second)) else { return false };
    match (Raw::parse(first), Raw::parse(second)) {
        (Some(Raw::Object(mut first)), Some(Raw::Object(mut second))) => {
            first.retain(|(key, _)| *key != "auditgate");
            second.retain(|(key, _)| *key != "auditgate");
            first == second
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_every_fault() {
        assert_eq!(fault(b"{\"a\":[1,{}]}"), None);
        for answer in ["", "[]", "{}{}", "{\"a\":1e400}", "{\"a\":1,\"\\u0061\":2}", "{\"a\":\"\0\"}", "{\"a\":01}"] {
            assert!(fault(answer.as_bytes()).is_some(), "{answer}");
        }
        assert!(fault(&[b'{', b'"', 0xff, b'"', b':', b'1', b'}']).is_some());
        let deep = format!("{}1{}", "{\"a\":".repeat(29), "}".repeat(29));
        assert!(fault(deep.as_bytes()).is_some());
        assert!(!same_record(b"{\"a\":1,\"auditgate\":{}}", b"{\"a\":2,\"auditgate\":{}}"));
        assert!(same_record(b"{\"a\":1,\"auditgate\":{\"n\":1}}", b"{\"a\":1,\"auditgate\":{\"n\":0}}"));
    }
}
