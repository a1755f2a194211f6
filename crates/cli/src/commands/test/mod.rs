//! `auditgate test`: whether a policy does what its cases expect.

mod cases;
mod judge;

use super::{Format, compile, is_from_preset, print};
use crate::exit::Failure;
use crate::lens::Lens;
use crate::style::{Style, counted};
use auditgate::policy::Policy;
use clap::Args;
use judge::{Difference, judge};
use serde_json::{Value, json};
use std::io;
use std::path::{Path, PathBuf};

/// Test a policy against cases
///
/// Cases stand in a file beside the policy: `auditgate.test.yaml` for `auditgate.yaml`. Each names an event and what has to become
/// of it. Tells which rules no case reaches. Ends with 4 if a case fails.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The policy
    #[arg(value_name = "POLICY")]
    policy: PathBuf,
    /// Another file of cases
    #[arg(long, value_name = "FILE")]
    cases: Option<PathBuf>,
    /// How the result is written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

struct Outcome {
    name: String,
    differences: Vec<Difference>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut reached = Vec::new();
    let mut outcomes = Vec::new();
    // Each case begins with an engine of its own, so that none depends on another through a limit.
    let policy = compile(&arguments.policy)?;
    let file = arguments.cases.clone().unwrap_or_else(|| beside(&arguments.policy));
    for case in cases::read(&file)? {
        let verdict = judge(&mut Lens::new(policy.clone()), &case)?;
        reached.extend(verdict.reached);
        outcomes.push(Outcome { name: case.name, differences: verdict.differences });
    }
    let unreached = unreached(&policy, &reached);
    match arguments.format {
        Format::Human => print(&human(&policy, &outcomes, &unreached, Style::of(&io::stdout())))?,
        Format::Json => print(&format!("{}\n", machine(&policy, &outcomes, &unreached)))?,
    }
    if outcomes.iter().all(|outcome| outcome.differences.is_empty()) { Ok(()) } else { Err(Failure::Expectation) }
}

/// `auditgate.test.yaml` for `auditgate.yaml`.
fn beside(policy: &Path) -> PathBuf {
    policy.with_extension("test.yaml")
}

/// The names of the policy's own rules that no case reaches, the default among them.
fn unreached(policy: &Policy, reached: &[Option<usize>]) -> Vec<String> {
    let own = policy.rules().iter().enumerate().filter(|(_, rule)| !is_from_preset(&rule.name));
    let rules = own.map(|(index, rule)| (Some(index), rule)).chain([(None, policy.default_rule())]);
    rules.filter(|(index, _)| !reached.contains(index)).map(|(_, rule)| rule.name.clone()).collect()
}

fn count_of_rules(policy: &Policy) -> usize {
    policy.rules().iter().filter(|rule| !is_from_preset(&rule.name)).count() + 1
}

fn human(policy: &Policy, outcomes: &[Outcome], unreached: &[String], style: Style) -> String {
    let mut out = String::new();
    for outcome in outcomes {
        if outcome.differences.is_empty() {
            out.push_str(&format!("{}    {}\n", style.green("ok"), outcome.name));
            continue;
        }
        out.push_str(&format!("{}  {}\n", style.red("fail"), style.bold(&outcome.name)));
        for difference in &outcome.differences {
            out.push_str(&format!("      {}\n", difference.what));
            out.push_str(&format!("        expected {}\n", style.green(&difference.expected)));
            out.push_str(&format!("        found    {}\n", style.red(&difference.found)));
        }
    }
    let failed = outcomes.iter().filter(|outcome| !outcome.differences.is_empty()).count();
    let passed = counted((outcomes.len() - failed) as u64, "case");
    out.push_str(&format!("\n{passed} passed, {failed} failed\n"));
    let rules = count_of_rules(policy);
    out.push_str(&format!("{} of {rules} rules reached", rules - unreached.len()));
    if !unreached.is_empty() {
        let names: Vec<String> = unreached.iter().map(|name| format!("`{name}`")).collect();
        out.push_str(&format!("; no case reaches {}", names.join(", ")));
    }
    out.push('\n');
    out
}

fn machine(policy: &Policy, outcomes: &[Outcome], unreached: &[String]) -> Value {
    let cases: Vec<Value> = outcomes
        .iter()
        .map(|outcome| {
            let differences: Vec<Value> = outcome
                .differences
                .iter()
                .map(|one| json!({"what": one.what, "expected": one.expected, "found": one.found}))
                .collect();
            json!({"name": outcome.name, "passed": differences.is_empty(), "differences": differences})
        })
        .collect();
    let failed = outcomes.iter().filter(|outcome| !outcome.differences.is_empty()).count();
    json!({
        "policy": String::from_utf8_lossy(&policy.hash()),
        "passed": outcomes.len() - failed,
        "failed": failed,
        "rules": count_of_rules(policy),
        "unreached": unreached,
        "cases": cases,
    })
}
