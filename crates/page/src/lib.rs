//! The engine in a browser: a reviewer pastes a policy and events, and sees what would leave. Nothing leaves the page.
//!
//! One function crosses the border to JavaScript, text in and JSON out; the page itself is in `assets/`, and `auditgate-page-bundle` puts all of
//! it into one file.

mod records;

use auditgate::format::{Format, Item, Options};
use auditgate::policy::{Diagnostics, compile};
use auditgate::scan::{PADDING, Padded};
use auditgate::{Context, Engine, Outcome};
use serde::Serialize;
use serde_json::Value;
use wasm_bindgen::prelude::wasm_bindgen;

/// Most records that are looked at; the page says how many there were.
const MAX_RECORDS: usize = 2000;

/// What would leave, as the page shows it.
#[derive(Serialize)]
struct Review {
    /// Errors and warnings about the policy.
    findings: Vec<Finding>,
    /// Short hash of the policy; absent if it does not check.
    policy: Option<String>,
    /// Records that were pasted.
    records: usize,
    answers: Vec<Answer>,
}

#[derive(Serialize)]
struct Finding {
    code: &'static str,
    severity: &'static str,
    line: u32,
    column: u32,
    message: String,
    help: String,
}

/// What became of one record.
#[derive(Serialize)]
struct Answer {
    /// What leaves; absent if the record is dropped.
    left: Option<String>,
    /// The rule that decided.
    rule: String,
    /// Where it goes.
    routes: Vec<String>,
    source: String,
    redactions: u64,
    /// Code of a placeholder.
    error: Option<String>,
    bytes_in: usize,
}

/// Runs records through the engine: a record or a list of them as JSON, or one a line; a line that is no JSON counts as a line of a log. `format` is
/// the form in which the answers are shown, `seconds` the records' time.
#[wasm_bindgen]
pub fn review(policy: &str, records: &str, tag: &str, format: &str, seconds: u32) -> String {
    let review = match compile("policy", policy.as_bytes()) {
        Ok(compiled) => {
            let records = records::split(records);
            let findings = findings(compiled.warnings());
            let hash = String::from_utf8_lossy(&compiled.hash()).into_owned();
            let mut engine = Engine::with_policy(compiled);
            let shown = Shown { tag, format: Format::from_name(format), seconds };
            let answers = records.iter().take(MAX_RECORDS).map(|record| answer(&mut engine, &shown, record)).collect();
            Review { findings, policy: Some(hash), records: records.len(), answers }
        }
        Err(found) => Review { findings: findings(&found), policy: None, records: 0, answers: Vec::new() },
    };
    serde_json::to_string(&review).unwrap_or_default()
}

/// The names of the formats, one a line.
#[wasm_bindgen]
pub fn formats() -> String {
    Format::names().collect::<Vec<_>>().join("\n")
}

/// How answers are made and shown.
struct Shown<'a> {
    tag: &'a str,
    format: Option<Format>,
    seconds: u32,
}

fn findings(found: &Diagnostics) -> Vec<Finding> {
    let finding = |found: &auditgate::policy::Diagnostic| Finding {
        code: found.code.id(),
        severity: found.severity.as_str(),
        line: found.position.line,
        column: found.position.column,
        message: found.message.clone(),
        help: found.help.clone(),
    };
    found.items().iter().map(finding).collect()
}

fn answer(engine: &mut Engine, shown: &Shown<'_>, record: &str) -> Answer {
    let mut bytes = record.as_bytes().to_vec();
    bytes.extend([0; PADDING]);
    let mut answer = Answer {
        left: None,
        rule: String::new(),
        routes: Vec::new(),
        source: String::new(),
        redactions: 0,
        error: None,
        bytes_in: record.len(),
    };
    let Some(mut padded) = Padded::new(&mut bytes) else { return answer };
    let context = Context { tag: shown.tag.as_bytes(), seconds: shown.seconds, nanoseconds: 0 };
    let left = match engine.process(context, &mut padded) {
        Outcome::Dropped { rule } => {
            rule.clone_into(&mut answer.rule);
            return answer;
        }
        Outcome::Record(left) => left,
    };
    let stamp: Value = serde_json::from_slice(left).unwrap_or_default();
    let stamp = stamp.get("auditgate").cloned().unwrap_or_default();
    let text = |key: &str| stamp.get(key).and_then(Value::as_str).map(str::to_owned);
    answer.rule = text("rule").unwrap_or_default();
    answer.source = text("source").unwrap_or_default();
    answer.error = text("error");
    answer.redactions = stamp.get("redactions").and_then(Value::as_u64).unwrap_or_default();
    answer.routes =
        text("routes").unwrap_or_default().split('+').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let mut out = Vec::new();
    match shown.format {
        Some(format) => {
            let item = Item { event: left, tag: shown.tag.as_bytes(), seconds: shown.seconds.into(), nanoseconds: 0 };
            auditgate::format::write(format, &item, &Options::default(), &mut out);
        }
        None => out.extend_from_slice(left),
    }
    answer.left = Some(String::from_utf8_lossy(&out).into_owned());
    answer
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
    use super::*;

    const POLICY: &str = "apiVersion: auditgate/v1\nkind: Policy\nrules: [{name: reads, verbs: [get], level: None}]\n";

    fn run(policy: &str, records: &str, format: &str) -> Value {
        serde_json::from_str(&review(policy, records, "audit", format, 1)).unwrap()
    }

    #[test]
    fn a_review_tells_what_leaves_and_what_does_not() {
        let secret = ["hunter2", "hunter2"].concat();
        let event = |verb: &str| format!(r#"{{"auditID":"i","stage":"s","verb":"{verb}","password":"{secret}"}}"#);
        let seen = run(POLICY, &format!("{}\n\n{}\nplain words", event("get"), event("create")), "");
        assert_eq!((&seen["records"], seen["findings"].as_array().unwrap().len()), (&3.into(), 0));
        let answers = &seen["answers"];
        assert_eq!((&answers[0]["left"], &answers[0]["rule"]), (&Value::Null, &"reads".into()));
        assert_eq!((&answers[1]["redactions"], &answers[1]["source"]), (&1.into(), &"kubernetes".into()));
        assert_eq!(answers[1]["routes"], serde_json::json!(["default"]));
        assert_eq!(answers[2]["source"], "text");
        assert!(!seen.to_string().contains(&secret));
    }

    #[test]
    fn a_policy_that_does_not_check_says_where() {
        let seen = run("apiVersion: auditgate/v1\nkind: Policy\nrule: []\n", "{}", "");
        assert_eq!((&seen["policy"], seen["answers"].as_array().unwrap().len()), (&Value::Null, 0));
        let finding = &seen["findings"][0];
        assert_eq!((&finding["code"], &finding["line"]), (&"P011".into(), &3.into()));
    }

    #[test]
    fn every_format_is_shown() {
        for format in formats().lines() {
            let seen = run(POLICY, r#"{"auditID":"i","stage":"ResponseComplete","verb":"create"}"#, format);
            assert!(!seen["answers"][0]["left"].as_str().unwrap().is_empty(), "{format}");
        }
        assert!(formats().lines().count() > 10);
    }
}
