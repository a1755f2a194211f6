//! What differs between an event and what left of it.

use serde_json::Value;

/// A value that changed.
#[derive(Debug, PartialEq)]
pub(crate) struct Change<'v> {
    /// Where, its steps separated by dots, items by their index: `spec.containers.0.env`.
    pub(crate) path: String,
    pub(crate) before: &'v Value,
    /// None where the value was taken out.
    pub(crate) after: Option<&'v Value>,
}

/// Every place of `before` that is not the same in `after`.
pub(crate) fn changes<'v>(before: &'v Value, after: &'v Value) -> Vec<Change<'v>> {
    let mut found = Vec::new();
    compare("", before, Some(after), &mut found);
    found
}

fn compare<'v>(path: &str, before: &'v Value, after: Option<&'v Value>, found: &mut Vec<Change<'v>>) {
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
        (before, after) => found.push(Change { path: path.to_owned(), before, after }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn changed_and_removed_values_are_found_where_they_are() {
        let before = json!({"a": {"b": ["x", "secret"], "c": 1}, "gone": true});
        let after = json!({"a": {"b": ["x", "[redacted:x]"], "c": 1}, "auditgate": {}});
        let (secret, mask, gone) = (json!("secret"), json!("[redacted:x]"), json!(true));
        let expected = [
            Change { path: "a.b.1".into(), before: &secret, after: Some(&mask) },
            Change { path: "gone".into(), before: &gone, after: None },
        ];
        assert_eq!(changes(&before, &after), expected);
    }
}
