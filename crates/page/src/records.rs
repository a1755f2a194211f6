//! What was pasted, as records: JSON in one piece or in several, or lines of a log.

use serde_json::value::RawValue;

/// The records, each as one JSON object.
pub(crate) fn split(text: &str) -> Vec<String> {
    // One list of events, as `jq -s` and consoles give it.
    if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(text) {
        return items.into_iter().map(|item| record(item.get())).collect();
    }
    // Events behind each other, over any number of lines. The text of each stays as it is: numbers and the order of keys are part of it.
    let values: Result<Vec<&RawValue>, _> = serde_json::Deserializer::from_str(text).into_iter().collect();
    match values {
        Ok(values) => values.into_iter().map(|value| record(value.get())).collect(),
        Err(_) => text.lines().map(str::trim).filter(|line| !line.is_empty()).map(record).collect(),
    }
}

/// An object is a record, anything else the text of one.
fn record(text: &str) -> String {
    if text.starts_with('{') && serde_json::from_str::<&RawValue>(text).is_ok() {
        return text.to_owned();
    }
    serde_json::json!({ "log": text }).to_string()
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn what_was_pasted_becomes_records() {
        for (text, records) in [
            ("", &[][..]),
            ("{\"a\":1.0}\n{\"b\":2}\n", &[r#"{"a":1.0}"#, r#"{"b":2}"#]),
            ("{\n \"a\": 1\n}\n{}", &["{\n \"a\": 1\n}", "{}"]),
            ("[{\"a\":10000000000000000000001}, {}]", &[r#"{"a":10000000000000000000001}"#, "{}"]),
            ("type=EOE\n\n{\"a\":1}\n{cut", &[r#"{"log":"type=EOE"}"#, r#"{"a":1}"#, r#"{"log":"{cut"}"#]),
            ("7", &[r#"{"log":"7"}"#]),
        ] {
            assert_eq!(split(text), records, "{text}");
        }
    }
}
