//! The places where a secret is planted: each builds one record around it, as API servers, auditd, sshd, journald and
//! container runtimes write them.

mod annotations;
mod commands;
mod configuration;
mod envelope;
pub(crate) mod event;
mod linux;
mod manifests;
mod secrets;
mod workloads;

use serde_json::Value;

use crate::plant::Plant;

/// What is demanded of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The structure says that a secret stands here: nothing may leave, of any kind.
    Structured,
    /// Only the secret's own shape can tell.
    Free,
}

/// One record with a plant in it.
pub enum Record {
    /// A Kubernetes audit event: parsed, or a raw line under `log`.
    Kubernetes(Value),
    /// A line of text, under `log`, `message` or `MESSAGE`.
    Line(String),
    /// A record with fields of its own.
    Fields(Value),
}

/// A place.
#[derive(Clone, Copy)]
pub struct Place {
    /// Short name for the report.
    pub id: &'static str,
    /// The group it is reported under.
    pub group: &'static str,
    /// What is demanded.
    pub class: Class,
    /// Builds the record.
    pub build: fn(&mut Plant) -> Record,
}

/// A place that the structure marks.
pub(crate) const fn structured(id: &'static str, group: &'static str, build: fn(&mut Plant) -> Record) -> Place {
    Place { id, group, class: Class::Structured, build }
}

/// A place of free text.
pub(crate) const fn free(id: &'static str, group: &'static str, build: fn(&mut Plant) -> Record) -> Place {
    Place { id, group, class: Class::Free, build }
}

/// The places that the rules may be developed against.
pub fn development() -> Vec<Place> {
    [
        secrets::PLACES,
        annotations::PLACES,
        workloads::PLACES,
        configuration::PLACES,
        envelope::PLACES,
        linux::PLACES,
        commands::PLACES,
        manifests::PLACES,
    ]
    .concat()
}
