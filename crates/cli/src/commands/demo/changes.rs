//! What differs between an event and what left of it.

use serde_json::Value;

/// Characters of a value that are shown around what changed in it.
const CONTEXT_CHARS: usize = 24;
/// Longest excerpt of a value.
const EXCERPT_CHARS: usize = 84;

/// A value that changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) path: String,
    pub(super) before: String,
    /// None where the value was taken out.
    pub(super) after: Option<String>,
}

/// Every place of `before` that is not the same in `after`.
pub(super) fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    compare("", before, Some(after), &mut found);
    found
}

fn compare(path: &str, before: &Value, after: Option<&Value>, found: &mut Vec<Change>) {
    let at = |step: &str| if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") };
    match (before, after) {
        (before, Some(after)) if before == after => {}
        (Value::Object(members), Some(Value::Object(other))) => {
            members.iter().for_each(|(key, value)| compare(&at(key), value, other.get(key), found));
        }
        (Value::Array(items), Some(Value::Array(other))) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, value)| compare(&at(&index.to_string()), value, other.get(index), found));
        }
        (before, after) => {
            let (before, after) = excerpts(&shown(before), after.map(shown));
            found.push(Change { path: path.to_owned(), before, after });
        }
    }
}

/// A value on one line: a string as it is, anything else as JSON.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.replace('\n', "⏎").replace(char::is_control, "·"),
        other => other.to_string(),
    }
}

/// Of long values, the part that differs.
fn excerpts(before: &str, after: Option<String>) -> (String, Option<String>) {
    let Some(after) = after else { return (cut(before, 0), None) };
    let same = before.chars().zip(after.chars()).take_while(|(one, other)| one == other).count();
    let start = same.saturating_sub(CONTEXT_CHARS);
    (cut(before, start), Some(cut(&after, start)))
}

fn cut(text: &str, start: usize) -> String {
    let start = if start <= CONTEXT_CHARS { 0 } else { start };
    let shown: String = text.chars().skip(start).take(EXCERPT_CHARS).collect();
    let (left, right) =
        (if start > 0 { "…" } else { "" }, if text.chars().count() > start + EXCERPT_CHARS { "…" } else { "" });
    format!("{left}{shown}{right}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn changed_and_removed_values_are_found_where_they_are() {
        let before = json!({"a": {"b": ["x", "secret"], "c": 1}, "gone": true});
        let after = json!({"a": {"b": ["x", "[redacted:x]"], "c": 1}, "auditgate": {}});
        let change = |path: &str, before: &str, after: Option<&str>| Change {
            path: path.into(),
            before: before.into(),
            after: after.map(Into::into),
        };
        let expected = [change("a.b.1", "secret", Some("[redacted:x]")), change("gone", "true", None)];
        assert_eq!(changes(&before, &after), expected);
    }

    #[test]
    fn of_long_values_the_part_that_differs_is_shown() {
        let (head, tail) = ("h".repeat(200), "t".repeat(200));
        let (before, after) = excerpts(&format!("{head}secret{tail}"), Some(format!("{head}mask{tail}")));
        assert!(before.starts_with("…hhh") && before.contains("hsecrett") && before.ends_with('…'), "{before}");
        assert!(after.is_some_and(|after| after.contains("hmaskt") && after.chars().count() <= EXCERPT_CHARS + 2));
    }
}
