//! Values on one line, and of long ones the part that changed.

use serde_json::Value;

/// Characters of a value that are shown around what changed in it.
const CONTEXT_CHARS: usize = 24;
/// Longest excerpt of a value.
const EXCERPT_CHARS: usize = 84;

/// A value on one line: a string as it is, anything else as JSON.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.replace('\n', "⏎").replace(char::is_control, "·"),
        other => other.to_string(),
    }
}

/// Of long values, the part that differs.
pub(super) fn excerpts(before: &str, after: Option<String>) -> (String, Option<String>) {
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

    #[test]
    fn of_long_values_the_part_that_differs_is_shown() {
        let (head, tail) = ("h".repeat(200), "t".repeat(200));
        let (before, after) = excerpts(&format!("{head}secret{tail}"), Some(format!("{head}mask{tail}")));
        assert!(before.starts_with("…hhh") && before.contains("hsecrett") && before.ends_with('…'), "{before}");
        assert!(after.is_some_and(|after| after.contains("hmaskt") && after.chars().count() <= EXCERPT_CHARS + 2));
    }
}
