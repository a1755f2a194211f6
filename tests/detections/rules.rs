//! The rules: this project's own, and the public ones where a checkout is named.

use std::path::{Path, PathBuf};

use serde_norway::Value as Yaml;

use crate::condition::Condition;
use crate::{elastic, falco};

/// What a rule is evaluated on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Kubernetes audit events, with Falco's fields.
    Falco,
    /// Kubernetes audit events, with Elastic's.
    Kubernetes,
    /// Records of auditd, with Elastic's.
    Process,
}

pub struct Rule {
    pub name: String,
    pub kind: Kind,
    pub condition: Condition,
}

/// The rules that the evaluator understands, and the names of the others with the reason.
#[derive(Default)]
pub struct Rules {
    pub read: Vec<Rule>,
    pub left: Vec<String>,
}

impl Rules {
    fn add(&mut self, name: &str, kind: Kind, condition: Result<Condition, String>) {
        match condition {
            Ok(condition) => self.read.push(Rule { name: format!("{kind:?}: {name}"), kind, condition }),
            Err(error) => self.left.push(format!("{kind:?}: {name}: {error}")),
        }
    }

    /// Rules in the forms of their projects, written for this test.
    pub fn own() -> Self {
        let mut rules = Self::default();
        rules.add_falco(include_str!("falco.yml"));
        let elastic: Yaml = serde_norway::from_str(include_str!("elastic.yml")).unwrap();
        for rule in elastic.as_sequence().unwrap() {
            let text = |key: &str| rule.get(key).and_then(Yaml::as_str).unwrap_or_default();
            let kind = if text("log") == "auditd" { Kind::Process } else { Kind::Kubernetes };
            rules.add_elastic(text("name"), kind, text("language"), text("query"));
        }
        assert!(rules.left.is_empty(), "not understood: {:?}", rules.left);
        rules
    }

    /// The public rules of checkouts that `FALCO_RULES` and `ELASTIC_RULES` name.
    pub fn add_public(&mut self) {
        if let Some(folder) = checkout("FALCO_RULES", "github.com/falcosecurity/plugins") {
            let before = self.read.len();
            self.add_falco(
                &std::fs::read_to_string(folder.join("plugins/k8saudit/rules/k8s_audit_rules.yaml")).unwrap(),
            );
            assert!(self.read.len() > before + 40, "expected Falco's rules at {}", folder.display());
        }
        if let Some(folder) = checkout("ELASTIC_RULES", "github.com/elastic/detection-rules") {
            let before = self.read.len();
            self.add_folder(&folder.join("rules/integrations/kubernetes"), Kind::Kubernetes);
            self.add_folder(&folder.join("rules/linux"), Kind::Process);
            assert!(self.read.len() > before + 80, "expected Elastic's rules at {}", folder.display());
        }
    }

    fn add_falco(&mut self, text: &str) {
        for (name, condition) in falco::File::read(text).rules() {
            self.add(&name, Kind::Falco, condition);
        }
    }

    fn add_elastic(&mut self, name: &str, kind: Kind, language: &str, query: &str) {
        let condition = match language {
            "kuery" => elastic::kql(query),
            "eql" => elastic::eql(query),
            other => Err(format!("the language {other}")),
        };
        self.add(name, kind, condition);
    }

    fn add_folder(&mut self, folder: &Path, kind: Kind) {
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "toml")) {
            let text = std::fs::read_to_string(file).unwrap();
            let value = |key: &str| {
                text.lines().find_map(|line| line.strip_prefix(key)?.trim().strip_prefix('=').map(str::trim))
            };
            // Of the rules for Linux, those that read what auditd's integration writes about a process.
            if kind == Kind::Process && !text.contains("auditd_manager.auditd") {
                continue;
            }
            let query =
                text.split_once("\nquery = '''").and_then(|(_, rest)| rest.split_once("'''")).map(|(query, _)| query);
            let name = value("name").unwrap_or_default().trim_matches('"');
            self.add_elastic(
                name,
                kind,
                value("language").unwrap_or_default().trim_matches('"'),
                query.unwrap_or_default(),
            );
        }
    }
}

fn checkout(variable: &str, what: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(variable).map(PathBuf::from);
    if folder.is_none() {
        crate::say(&format!("SKIPPED: the public rules of {what}; set {variable} to a checkout"));
    }
    folder
}
