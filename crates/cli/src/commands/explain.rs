//! `auditgate explain`: what becomes of one event, and why.

use super::{Format, compile, is_from_preset, print};
use crate::changes::changes;
use crate::exit::Failure;
use crate::input::{Input, is_object, wrap};
use crate::lens::Lens;
use crate::style::{Style, counted};
use crate::table::{Side, Table};
use crate::wanted::wanted;
use auditgate::decide::{Decision, Verdict};
use auditgate::policy::{Level, Policy, Rule};
use clap::Args;
use serde_json::{Value, json};
use std::io;
use std::path::PathBuf;

/// Explain what a policy does with an event
///
/// Tells which rule decided and why the earlier ones did not, what was taken out by which entry of the catalogue, and where the
/// event goes. Values of the event that were taken out are not shown.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The policy
    #[arg(value_name = "POLICY")]
    policy: PathBuf,
    /// A file of events, one a line; `-` is standard input
    #[arg(value_name = "EVENT")]
    event: PathBuf,
    /// Which line of the file
    #[arg(long, default_value_t = 1, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    line: u64,
    /// The tag that the event carries
    #[arg(long, default_value = "audit")]
    tag: String,
    /// How the result is written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// Why a rule did not decide: the key that says no, what it wants and what the event has.
struct Refusal {
    key: &'static str,
    wanted: String,
    found: String,
}

/// What was taken out, and by what.
struct Redaction {
    entry: String,
    path: String,
    how: &'static str,
}

struct Explanation {
    /// Whether the event stays, and if not, why.
    verdict: Verdict,
    index: Option<usize>,
    own_level: Option<Level>,
    refusals: Vec<(usize, Refusal)>,
    stamp: Value,
    redactions: Vec<Redaction>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut lens = Lens::new(compile(&arguments.policy)?);
    let line = read_line(arguments)?;
    let explanation = explain(&mut lens, &arguments.tag, &line)?;
    match arguments.format {
        Format::Human => print(&explanation.human(&arguments.policy, lens.policy(), Style::of(&io::stdout()))),
        Format::Json => print(&format!("{}\n", explanation.json(lens.policy()))),
    }
}

fn read_line(arguments: &Arguments) -> Result<Vec<u8>, Failure> {
    let mut input = Input::open(&arguments.event)?;
    let mut line = Vec::new();
    for _ in 0..arguments.line {
        if !input.read_line(&mut line)? {
            let name = arguments.event.display();
            return Err(Failure::Failed(format!(
                "expected an event in line {} of `{name}`, found its end",
                arguments.line
            )));
        }
    }
    Ok(line)
}

fn explain(lens: &mut Lens, tag: &str, line: &[u8]) -> Result<Explanation, Failure> {
    let mut record = line.to_vec();
    if !is_object(line) {
        wrap(line, &mut record);
    }
    let seen = lens.look(tag, &record, |policy, attributes, own_level| {
        let decision = policy.decide(attributes);
        let tried = decision.rule_index.unwrap_or(policy.rules().len());
        let refusal = |(index, rule): (usize, &Rule)| {
            let mismatch = rule.conditions.mismatch(attributes)?;
            let wanted = wanted(&rule.conditions, mismatch.key);
            Some((index, Refusal { key: mismatch.key, wanted, found: mismatch.found }))
        };
        let refusals = policy.rules().iter().enumerate().take(tried).filter_map(refusal).collect();
        let Decision { verdict, rule_index: index, .. } = decision;
        Explanation { verdict, index, own_level, refusals, stamp: Value::Null, redactions: Vec::new() }
    });
    let seen = seen.ok_or_else(|| Failure::Failed("the event is too large".into()))?;
    let mut explanation = seen.noted;
    if let Some(left) = seen.left {
        let mut after: Value = serde_json::from_slice(&left).unwrap_or_default();
        explanation.stamp = after.get_mut("auditgate").map(Value::take).unwrap_or_default();
        let before: Value = serde_json::from_slice(line).unwrap_or_default();
        if explanation.stamp.get("error").is_none() && before.is_object() {
            explanation.redactions = redactions(&before, &after);
        }
    }
    Ok(explanation)
}

/// What was masked, shortened or removed. The values that were there are not kept.
fn redactions(before: &Value, after: &Value) -> Vec<Redaction> {
    let mut found = Vec::new();
    for change in changes(before, after) {
        let path = change.path;
        let Some(after) = change.after else {
            let entry = match path.as_str() {
                "requestObject" | "responseObject" => "level",
                path if path.ends_with("managedFields") => "K05",
                path if path.starts_with("auditgate") => "R01",
                _ => "K04",
            };
            found.push(Redaction { entry: entry.into(), path, how: "removed" });
            continue;
        };
        let masks = masks(&after.to_string());
        if masks.is_empty() && path != "level" {
            found.push(Redaction { entry: String::new(), path, how: "changed" });
        } else {
            found.extend(masks.into_iter().map(|entry| Redaction { entry, path: path.clone(), how: "masked" }));
        }
    }
    found
}

/// The entries whose masks stand in a text, each once.
fn masks(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for rest in text.split("[redacted:").skip(1) {
        let entry = rest.split([']', ':']).next().unwrap_or_default().to_owned();
        if !found.contains(&entry) {
            found.push(entry);
        }
    }
    found
}

impl Explanation {
    fn rule<'p>(&self, policy: &'p Policy) -> &'p Rule {
        self.index.and_then(|index| policy.rules().get(index)).unwrap_or(policy.default_rule())
    }

    fn routes(&self) -> Vec<&str> {
        let routes = self.stamp.get("routes").and_then(Value::as_str).unwrap_or_default();
        routes.split('+').filter(|name| !name.is_empty()).collect()
    }

    /// Why the event is dropped; nothing if it stays.
    fn dropped(&self) -> Option<&'static str> {
        match self.verdict {
            Verdict::Keep => None,
            Verdict::DropLevel => Some("its level is None"),
            Verdict::DropStage => Some("it omits the event's stage"),
            Verdict::DropSample => Some("it keeps a sample, and the request is not in it"),
        }
    }

    fn level(&self, policy: &Policy) -> Option<Level> {
        Some(self.own_level?.min(self.rule(policy).level))
    }

    fn human(&self, file: &std::path::Path, policy: &Policy, style: Style) -> String {
        let rule = self.rule(policy);
        let place = match rule.at.line {
            0 => String::new(),
            line if is_from_preset(&rule.name) => format!(" (preset, {}:{line})", file.display()),
            line => format!(" ({}:{line}:{})", file.display(), rule.at.column),
        };
        let mut out = format!("{}  {}{place}", style.bold("decided by"), rule.name);
        if self.index.is_none() && !policy.rules().is_empty() {
            out.push_str(": no rule fits");
        }
        out.push('\n');
        if let Some(why) = self.dropped() {
            out.push_str(&format!("{}     {}\n", style.bold("dropped"), style.red(why)));
        } else if let Some(error) = self.stamp.get("error").and_then(Value::as_str) {
            out.push_str(&format!(
                "{}       {} (docs/limits.md): only an envelope leaves\n",
                style.bold("error"),
                style.red(error)
            ));
        } else {
            out.push_str(&format!("{}     {}\n", style.bold("goes to"), self.routes().join(", ")));
            if let (Some(own), Some(level)) = (self.own_level, self.level(policy)) {
                let lowered = if level < own { format!(", lowered from {}", own.as_str()) } else { String::new() };
                out.push_str(&format!("{}       {}{lowered}\n", style.bold("level"), level.as_str()));
            }
        }
        if !self.refusals.is_empty() {
            out.push_str(&format!("\n{}\n", style.bold("why not the rules before it")));
            let mut table =
                Table::new(&[("rule", Side::Left), ("key", Side::Left), ("wanted", Side::Left), ("found", Side::Left)]);
            for (index, refusal) in &self.refusals {
                let name = policy.rules().get(*index).map(|rule| rule.name.clone()).unwrap_or_default();
                table.row(vec![name, refusal.key.into(), cut(&refusal.wanted), cut(&refusal.found)]);
            }
            out.push_str(&table.render(style, "  "));
        }
        if self.dropped().is_none() && self.stamp.get("error").is_none() {
            let count = counted(self.redactions.len() as u64, "place");
            out.push_str(&format!("\n{} at {count}\n", style.bold("changed")));
            if !self.redactions.is_empty() {
                let mut table = Table::new(&[("entry", Side::Left), ("how", Side::Left), ("where", Side::Left)]);
                for redaction in &self.redactions {
                    table.row(vec![redaction.entry.clone(), redaction.how.into(), redaction.path.clone()]);
                }
                out.push_str(&table.render(style, "  "));
            }
        }
        out
    }

    fn json(&self, policy: &Policy) -> Value {
        let refusals: Vec<Value> = self
            .refusals
            .iter()
            .map(|(index, refusal)| {
                let name = policy.rules().get(*index).map(|rule| rule.name.as_str());
                json!({"rule": name, "key": refusal.key, "wanted": refusal.wanted, "found": refusal.found})
            })
            .collect();
        let redactions: Vec<Value> = self
            .redactions
            .iter()
            .map(|redaction| json!({"entry": redaction.entry, "how": redaction.how, "path": redaction.path}))
            .collect();
        let rule = self.rule(policy);
        json!({
            "policy": String::from_utf8_lossy(&policy.hash()),
            "rule": rule.name,
            "line": (rule.at.line > 0).then_some(rule.at.line),
            "dropped": self.dropped(),
            "error": self.stamp.get("error"),
            "to": self.routes(),
            "level": self.level(policy).map(Level::as_str),
            "own_level": self.own_level.map(Level::as_str),
            "not_decided_by": refusals,
            "changes": redactions,
        })
    }
}

/// Longest text in a cell.
const CELL_CHARS: usize = 48;

fn cut(text: &str) -> String {
    if text.chars().count() <= CELL_CHARS {
        return text.to_owned();
    }
    text.chars().take(CELL_CHARS - 1).chain(['…']).collect()
}
