//! An event on which a rule fires, made from what the rule asks for.

use serde_json::{Value, json};
use serde_norway::Value as Yaml;

use crate::auditd;
use crate::rules::{Rule, Source, events};

/// A record on which `rule` fires. Its selections are tried alone and together, with the first values that they name.
pub fn of(rule: &Rule) -> Option<Value> {
    let detection = rule.detection.as_mapping()?;
    let selections: Vec<&Yaml> = detection
        .iter()
        .filter(|(name, _)| name.as_str().is_some_and(|name| name != "condition" && !name.starts_with("filter")))
        .map(|(_, selection)| selection)
        .collect();
    let tries = (1_usize..1 << selections.len().min(8)).flat_map(|subset| (0..4).map(move |choice| (subset, choice)));
    tries
        .map(|(subset, choice)| {
            let mut wanted = Wanted { choice, ..Wanted::default() };
            for (at, selection) in selections.iter().enumerate() {
                if subset >> at & 1 == 1 {
                    wanted.add(selection);
                }
            }
            wanted.record(rule.source)
        })
        .find(|record| rule.fires(&events(rule.source, record)))
}

/// What selections ask for.
#[derive(Default)]
struct Wanted {
    fields: Vec<(String, String)>,
    keywords: Vec<String>,
    choice: usize,
}

impl Wanted {
    fn add(&mut self, selection: &Yaml) {
        match selection {
            Yaml::Mapping(fields) => {
                for (name, value) in fields {
                    self.add_field(name.as_str().unwrap_or_default(), value);
                }
            }
            Yaml::Sequence(alternatives) => match alternatives.get(self.choice.min(alternatives.len() - 1)) {
                Some(Yaml::Mapping(_)) => self.add(&alternatives[self.choice.min(alternatives.len() - 1)]),
                Some(keyword) => self.keywords.push(scalar(keyword).trim_matches('*').to_owned()),
                None => {}
            },
            _ => {}
        }
    }

    fn add_field(&mut self, name: &str, value: &Yaml) {
        let mut parts = name.split('|');
        let field = parts.next().unwrap_or_default();
        let modifiers: Vec<&str> = parts.collect();
        let values: Vec<String> = match value {
            Yaml::Sequence(values) => values.iter().map(scalar).collect(),
            value => vec![scalar(value)],
        };
        if field.is_empty() {
            self.keywords.extend(values.iter().map(|value| value.trim_matches('*').to_owned()));
            return;
        }
        let chosen = if modifiers.contains(&"all") {
            values.join(" ")
        } else {
            values.get(self.choice.min(values.len() - 1)).cloned().unwrap_or_default()
        };
        let filled = chosen.replace(['*', '?'], "x");
        let value = match modifiers.first().copied() {
            Some("contains") => format!("x{filled}x"),
            Some("endswith") => format!("/x{filled}"),
            Some("startswith") => format!("{filled}x"),
            // The one expression that the public rules use: a name that begins with a dot.
            Some("re") => "/home/x/.hidden".to_owned(),
            _ => filled,
        };
        self.fields.push((field.to_owned(), value));
    }

    fn record(self, source: Source) -> Value {
        match source {
            Source::Kubernetes => kubernetes(&self.fields),
            Source::Auditd => {
                let mut fields = self.fields;
                let arguments = fields.iter().filter(|(name, _)| name.starts_with('a')).count();
                let words = self.keywords.into_iter().enumerate();
                fields.extend(words.map(|(at, word)| (format!("a{}", arguments + at), word)));
                json!({"log": auditd::line(&fields)})
            }
            Source::Text => json!({"log": format!("Nov 22 10:00:00 host daemon[7]: {}", self.keywords.join(" "))}),
        }
    }
}

fn kubernetes(fields: &[(String, String)]) -> Value {
    let mut event = json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse", "auditID": "0a1b", "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/shop/things", "verb": "create", "user": {"username": "mallory", "groups": ["dev"]},
        "objectRef": {"resource": "things", "namespace": "shop", "name": "web-0", "apiVersion": "v1"},
        "sourceIPs": ["198.51.100.7"], "userAgent": "kubectl/v1.31.0", "responseStatus": {"code": 200},
        "annotations": {"authorization.k8s.io/decision": "allow"}
    });
    for (name, value) in fields {
        let number = value.parse::<i64>().map_or_else(|_| json!(value), Value::from);
        match name.split_once('.') {
            Some((outer, inner)) => event[outer][inner] = number,
            None if name == "hostPath" => {
                event["requestObject"] = json!({"spec": {"volumes": [{"hostPath": {"path": "/etc"}}]}})
            }
            None if name == "capabilities" => {
                let container = json!({"name": "c", "securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}});
                event["requestObject"] = json!({"spec": {"containers": [container]}});
            }
            None if name == "apiGroup" => event["objectRef"]["apiGroup"] = json!(value),
            None => event[name] = json!(value),
        }
    }
    event
}

fn scalar(value: &Yaml) -> String {
    match value {
        Yaml::String(text) => text.clone(),
        Yaml::Number(number) => number.to_string(),
        Yaml::Bool(flag) => flag.to_string(),
        _ => String::new(),
    }
}
