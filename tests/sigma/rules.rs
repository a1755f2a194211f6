//! Rules in Sigma's form, and events in the flat form that the evaluator reads.

use std::path::Path;

use serde_json::Value;
use serde_norway::Value as Yaml;
use sigma_rust::{Event, event_from_json, rule_from_yaml};

use crate::auditd;

/// Which log a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Kubernetes,
    Auditd,
    /// Lines of syslog and sshd.
    Text,
}

/// A rule that the evaluator understands.
pub struct Rule {
    pub title: String,
    pub source: Source,
    pub detection: Yaml,
    compiled: sigma_rust::Rule,
}

impl Rule {
    /// Reads one; `None` if it is about another log, or not for the evaluator.
    fn read(text: &str) -> Option<Self> {
        let mut yaml: Yaml = serde_norway::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"));
        let title = yaml["title"].as_str()?.to_owned();
        let logsource = |key: &str| yaml["logsource"].get(key).and_then(Yaml::as_str);
        let source = match (logsource("product")?, logsource("service"), logsource("category")) {
            ("kubernetes", Some("audit"), _) => Source::Kubernetes,
            ("linux", Some("auditd"), _) => Source::Auditd,
            ("linux", _, None) => Source::Text,
            _ => return None,
        };
        for (_, selection) in yaml["detection"].as_mapping_mut()? {
            anywhere(selection);
        }
        let compiled = rule_from_yaml(&serde_norway::to_string(&yaml).unwrap());
        match compiled {
            Ok(compiled) => Some(Self { title, source, detection: yaml["detection"].clone(), compiled }),
            Err(error) => {
                eprintln!("not evaluated, {title}: {error}");
                None
            }
        }
    }

    /// Whether it fires on any of the forms of an event.
    pub fn fires(&self, events: &[Event]) -> bool {
        events.iter().any(|event| self.compiled.is_match(event))
    }
}

/// Keywords are looked for anywhere in a value, the evaluator compares whole values.
fn anywhere(selection: &mut Yaml) {
    let keywords = match selection {
        Yaml::Sequence(keywords) => keywords,
        Yaml::Mapping(mapping) => match mapping.get_mut("|all") {
            Some(Yaml::Sequence(keywords)) => keywords,
            _ => return,
        },
        _ => return,
    };
    for keyword in keywords {
        let text = match &*keyword {
            Yaml::String(text) => text.clone(),
            Yaml::Number(number) => number.to_string(),
            _ => continue,
        };
        *keyword = Yaml::String(format!("*{}*", text.trim_matches('*')));
    }
}

/// The rules of this project's test.
pub fn own() -> Vec<Rule> {
    include_str!("rules.yml").split("\n---\n").filter_map(Rule::read).collect()
}

/// The rules of this project's test, and the public ones where they are found.
pub fn all() -> Vec<Rule> {
    let mut rules = own();
    assert_eq!(rules.len(), 16, "a rule of rules.yml was not read");
    match std::env::var_os("SIGMA_RULES") {
        Some(folder) => {
            let folder = Path::new(&folder).join("rules");
            for part in ["application/kubernetes", "linux/auditd", "linux/builtin"] {
                read_folder(&folder.join(part), &mut rules);
            }
            assert!(rules.len() > 60, "expected a checkout of the public rules at {}", folder.display());
        }
        // Not eprintln: the test runner would keep it to itself.
        None => {
            let message = "SKIPPED the public Sigma rules: set SIGMA_RULES to a checkout of github.com/SigmaHQ/sigma\n";
            std::io::Write::write_all(&mut std::io::stderr(), message.as_bytes()).unwrap();
        }
    }
    rules
}

fn read_folder(folder: &Path, rules: &mut Vec<Rule>) {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            read_folder(&path, rules);
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            rules.extend(Rule::read(&std::fs::read_to_string(path).unwrap()));
        }
    }
}

/// What the evaluator sees of a record: once with all values as text, once with numbers as numbers.
pub fn events(source: Source, record: &Value) -> Vec<Event> {
    let mut flat = serde_json::Map::new();
    match source {
        Source::Kubernetes => flatten(record, String::new(), &mut flat),
        Source::Auditd => {
            for (name, value) in auditd::fields(record["log"].as_str().unwrap_or_default()) {
                flat.entry(name).or_insert(Value::String(value));
            }
        }
        Source::Text => {
            flat.insert("message".to_owned(), record["log"].clone());
        }
    }
    // The stamp is no part of what was logged.
    flat.retain(|key, _| !key.starts_with("auditgate"));
    let texts = flat.iter().map(|(key, value)| (key.clone(), Value::String(text(value)))).collect();
    let numbers = flat
        .iter()
        .map(|(key, value)| (key.clone(), text(value).parse::<i64>().map_or_else(|_| value.clone(), Value::from)))
        .collect();
    [texts, numbers].map(|map| event_from_json(&Value::Object(map).to_string()).unwrap()).into()
}

/// Every scalar under its path; objects and scalars of bodies under their last key too, as collectors hand them to rules.
fn flatten(value: &Value, path: String, flat: &mut serde_json::Map<String, Value>) {
    let last = path.rsplit('.').next().unwrap_or(&path).to_owned();
    match value {
        Value::Object(members) => {
            flat.entry(last).or_insert_with(|| Value::String(value.to_string()));
            for (key, member) in members {
                flatten(member, if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, flat);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| flatten(item, path.clone(), flat)),
        _ => {
            flat.entry(last).or_insert_with(|| value.clone());
            flat.entry(path).or_insert_with(|| value.clone());
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
