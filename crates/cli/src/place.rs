//! Places in an event, written as in policies: `requestObject.spec.containers[*].image`, `annotations["a.b/c"]`.

use auditgate::policy::{Path, Step};
use serde_json::Value;
use std::fmt;

/// A place, and how it was written.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    text: String,
    path: Path,
}

impl Place {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match Path::parse(text) {
            Ok(path) => Ok(Self { text: text.into(), path }),
            Err((at, message)) => Err(format!("`{text}`: character {}: {message}", at + 1)),
        }
    }

    /// The values that stand there.
    pub(crate) fn values<'v>(&self, event: &'v Value) -> Vec<&'v Value> {
        let mut found = Vec::new();
        collect(&self.path.steps, event, &mut found);
        found
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

fn collect<'v>(steps: &[Step], value: &'v Value, found: &mut Vec<&'v Value>) {
    let Some((step, rest)) = steps.split_first() else { return found.push(value) };
    match (step, value) {
        (Step::Key(key), Value::Object(members)) => {
            if let Some(member) = members.get(key) {
                collect(rest, member, found);
            }
        }
        (Step::AnyKey, Value::Object(members)) => members.values().for_each(|member| collect(rest, member, found)),
        (Step::Index(index), Value::Array(items)) => {
            if let Some(item) = items.get(*index as usize) {
                collect(rest, item, found);
            }
        }
        (Step::AnyIndex, Value::Array(items)) => items.iter().for_each(|item| collect(rest, item, found)),
        (Step::Deep, _) => {
            collect(rest, value, found);
            match value {
                Value::Object(members) => members.values().for_each(|member| collect(steps, member, found)),
                Value::Array(items) => items.iter().for_each(|item| collect(steps, item, found)),
                _ => {}
            }
        }
        _ => {}
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn places_are_found() {
        let event = json!({"a": [{"b": 1}, {"b": 2, "x": {"b": 3}}], "c.d": 4});
        let at = |text: &str| Place::parse(text).unwrap().values(&event).into_iter().cloned().collect::<Vec<_>>();
        assert_eq!(at("a[1].b"), [json!(2)]);
        assert_eq!(at("a[*].b"), [json!(1), json!(2)]);
        assert_eq!(at("**.b"), [json!(1), json!(2), json!(3)]);
        assert_eq!(at("a[1].*.b"), [json!(3)]);
        assert_eq!(at("[\"c.d\"]"), [json!(4)]);
        assert!(at("a.b").is_empty());
        assert!(Place::parse("a..b").unwrap_err().contains("character 3"));
    }
}
