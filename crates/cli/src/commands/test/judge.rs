//! Whether an event became what its case expects.

use super::cases::{Case, Expect};
use crate::exit::Failure;
use crate::input::{is_object, wrap};
use crate::lens::Lens;
use serde_json::Value;

/// Something that is not as expected.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) what: String,
    pub(super) expected: String,
    pub(super) found: String,
}

/// What a case came to.
pub(super) struct Verdict {
    pub(super) differences: Vec<Difference>,
    /// The rules that decided, `None` for the default.
    pub(super) reached: Vec<Option<usize>>,
}

pub(super) fn judge(lens: &mut Lens, case: &Case) -> Result<Verdict, Failure> {
    let mut verdict = Verdict { differences: Vec::new(), reached: Vec::new() };
    let mut record = Vec::new();
    for (number, event) in case.events.iter().enumerate() {
        record.clone_from(event);
        if !is_object(event) {
            wrap(event, &mut record);
        }
        let seen = lens.look(&case.tag, &record, |policy, attributes, _| {
            let decision = policy.decide(attributes);
            (decision.rule.to_owned(), decision.rule_index)
        });
        let seen = seen.ok_or_else(|| Failure::Failed(format!("case `{}`: the event is too large", case.name)))?;
        let (rule, index) = seen.noted;
        verdict.reached.push(index);
        let before: Value = serde_json::from_slice(event).unwrap_or_default();
        let after: Option<Value> = seen.left.and_then(|left| serde_json::from_slice(&left).ok());
        let mut found = compare(&case.expect, &rule, &before, after.as_ref());
        if case.events.len() > 1 {
            for difference in &mut found {
                difference.what.insert_str(0, &format!("line {}: ", number + 1));
            }
        }
        verdict.differences.extend(found);
    }
    Ok(verdict)
}

fn compare(expect: &Expect, rule: &str, before: &Value, after: Option<&Value>) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut differ = |what: &str, expected: &str, actual: &str| {
        if expected != actual {
            found.push(Difference { what: what.into(), expected: expected.into(), found: actual.into() });
        }
    };
    if let Some(expected) = &expect.rule {
        differ("rule", expected, rule);
    }
    let stays = |dropped: bool| if dropped { "it is dropped" } else { "it leaves" };
    // Who says how an event leaves says that it does.
    let asks = expect.to.is_some() || expect.level.is_some() || expect.error.is_some();
    let asks = asks || !expect.kept.is_empty() || !expect.redacted.is_empty();
    if let Some(expected) = expect.dropped.or(asks.then_some(false)) {
        differ("event", stays(expected), stays(after.is_none()));
    }
    let Some(after) = after else { return found };
    let text = |pointer: &str| after.pointer(pointer).and_then(Value::as_str).unwrap_or("nothing");
    if let Some(expected) = &expect.to {
        let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        let mut actual: Vec<&str> = text("/auditgate/routes").split('+').filter(|name| !name.is_empty()).collect();
        expected.sort_unstable();
        actual.sort_unstable();
        differ("to", &expected.join(", "), &actual.join(", "));
    }
    if let Some(expected) = &expect.level {
        differ("level", expected, text("/level"));
    }
    if expect.error.is_some() || after.pointer("/auditgate/error").is_some() {
        differ("error", expect.error.as_deref().unwrap_or("nothing"), text("/auditgate/error"));
    }
    let places =
        expect.redacted.iter().map(|place| (place, true)).chain(expect.kept.iter().map(|place| (place, false)));
    for (place, redacted) in places {
        let (own, left) = (place.values(before), place.values(after));
        // Values are not repeated: they may be secrets.
        let actual = match (own.is_empty(), own == left) {
            (true, _) => "nothing stands there",
            (false, true) => "as it came",
            (false, false) if left.is_empty() => "taken out",
            (false, false) => "changed",
        };
        let is_right = !own.is_empty() && (own != left) == redacted;
        differ(
            &place.to_string(),
            if is_right {
                actual
            } else if redacted {
                "redacted"
            } else {
                "as it came"
            },
            actual,
        );
    }
    found
}
