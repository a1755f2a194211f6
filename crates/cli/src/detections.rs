//! What well-known detections read, as data: events on which they fire, and the fields that they look at.

use crate::exit::Failure;
use crate::lens::Lens;
use crate::place::Place;
use auditgate::decide::Verdict;
use serde::Deserialize;
use serde_json::Value;

const DATA: &str = include_str!("detections.yaml");

/// An event on which detections fire.
pub(crate) struct Detection {
    pub(crate) id: String,
    /// What happens, in a few words.
    pub(crate) title: String,
    /// The detections, each as `product: name`.
    pub(crate) read_by: Vec<String>,
    pub(crate) event: Value,
    /// The fields that they look at.
    pub(crate) reads: Vec<Place>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    base: Value,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    title: String,
    read_by: Vec<String>,
    /// What differs from the base.
    event: Option<Value>,
    /// A record that is no event of Kubernetes'.
    record: Option<Value>,
    reads: Vec<String>,
}

/// All of them.
pub(crate) fn all() -> Result<Vec<Detection>, Failure> {
    let broken = |error: &dyn std::fmt::Display| Failure::Failed(format!("detections.yaml: {error}"));
    let data: Data = serde_saphyr::from_str(DATA).map_err(|error| broken(&error))?;
    let detection = |case: Case| {
        let event = match (case.event, case.record) {
            (Some(over), None) => {
                let mut event = data.base.clone();
                lay_over(&mut event, over);
                event
            }
            (None, Some(record)) => record,
            _ => return Err(broken(&format!("`{}`: expected either `event` or `record`", case.id))),
        };
        let reads = case.reads.iter().map(|text| Place::parse(text).map_err(|error| broken(&error)));
        let reads = reads.collect::<Result<_, _>>()?;
        Ok(Detection { id: case.id, title: case.title, read_by: case.read_by, event, reads })
    };
    data.cases.into_iter().map(detection).collect()
}

/// Members of `over` replace those of `under`; lists are replaced as a whole.
fn lay_over(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                lay_over(under.entry(key).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over,
    }
}

/// What a policy keeps from the detections that read an event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The event does not leave, or only a part of such events does.
    Event,
    /// It leaves without this, or with something else in its place.
    Field(String),
}

impl Detection {
    /// What a policy keeps from it, and the index of the rule that does so; the default has none.
    pub(crate) fn lost(&self, lens: &mut Lens) -> Option<(Option<usize>, Loss)> {
        let seen = lens.look("audit", self.event.to_string().as_bytes(), |policy, attributes, _| {
            let decision = policy.decide(attributes);
            let rule = decision.rule_index.and_then(|index| policy.rules().get(index));
            let whole = rule.is_none_or(|rule| rule.sample.is_none() && rule.limit.is_none());
            (decision.rule_index, decision.verdict == Verdict::Keep && whole)
        })?;
        let (rule, stays) = seen.noted;
        let Some(left) = seen.left.filter(|_| stays) else { return Some((rule, Loss::Event)) };
        let left: Value = serde_json::from_slice(&left).unwrap_or_default();
        let lost = self.reads.iter().find(|place| place.values(&self.event) != place.values(&left))?;
        Some((rule, Loss::Field(lost.to_string())))
    }
}

#[cfg(test)]
#[expect(clippy::panic, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use auditgate::policy::{PRESETS, compile};

    fn detections() -> Vec<Detection> {
        all().unwrap_or_else(|_| panic!("the data cannot be read"))
    }

    fn lens(extends: &str) -> Lens {
        let text = format!("apiVersion: auditgate/v1\nkind: Policy\n{extends}\n");
        Lens::new(compile("policy", text.as_bytes()).unwrap_or_else(|found| panic!("{}", found.render())))
    }

    #[test]
    fn every_case_has_what_it_says_that_it_reads() {
        let detections = detections();
        assert!(detections.len() >= 40, "{}", detections.len());
        for detection in &detections {
            assert!(!detection.read_by.is_empty() && !detection.reads.is_empty(), "{}", detection.id);
            for place in &detection.reads {
                assert!(!place.values(&detection.event).is_empty(), "{}: {place}", detection.id);
            }
            let same = detections.iter().filter(|other| other.id == detection.id).count();
            assert_eq!(same, 1, "{}", detection.id);
        }
    }

    #[test]
    fn neither_the_catalogue_nor_any_preset_keeps_anything_from_a_detection() {
        let names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
        let mut policies: Vec<String> = names.iter().map(|name| format!("extends: [{name}]")).collect();
        policies.extend([String::new(), format!("extends: [{}]", names.join(", "))]);
        for policy in policies {
            let mut lens = lens(&policy);
            for detection in detections() {
                assert_eq!(detection.lost(&mut lens), None, "{policy}: {}: {}", detection.id, detection.title);
            }
        }
    }

    #[test]
    fn a_policy_that_hides_something_is_found_out() {
        let of = |policy: &str| {
            let mut lens = lens(policy);
            let find = |detection: Detection| Some((detection.id.clone(), detection.lost(&mut lens)?));
            detections().into_iter().filter_map(find).collect::<Vec<_>>()
        };
        let all = of("rules: [{level: None}]");
        assert_eq!(all.len(), detections().len());
        let host_path =
            ("host-path".into(), (Some(0), Loss::Field("requestObject.spec.volumes[0].hostPath.path".into())));
        assert!(of("rules: [{resources: [{resources: [pods]}], level: Metadata}]").contains(&host_path));
        assert_eq!(
            of("rules: [{resources: [{resources: [pods/exec]}], verbs: [get], sample: 10%}]"),
            [("exec-by-get".into(), (Some(0), Loss::Event)), ("exec-by-controller".into(), (Some(0), Loss::Event))]
        );
    }
}
