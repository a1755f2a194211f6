//! What formats ask of an event, whatever source it came from.

use crate::format::time;
use crate::json;
use alloc::borrow::Cow;

macro_rules! facts {
    ($($variant:ident $name:literal $what:literal,)*) => {
        /// Something that formats ask for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Fact { $($variant),* }

        /// Every fact: its name, and what it is.
        pub(crate) const FACTS: &[(Fact, &str, &str)] = &[$((Fact::$variant, $name, $what)),*];
    };
}

facts! {
    Id "id" "identity of the event, the same each time it is sent: `auditID/stage`, or a hash",
    Source "source" "the source that the event was recognised as",
    Time "time" "when it happened, RFC 3339 in full precision",
    Started "started" "when the request came in",
    Action "action" "what was done: the verb, `ssh_login`, `sudo_command`, `executed`",
    Outcome "outcome" "`success`, `failure` or nothing",
    Code "code" "response code",
    Message "message" "the source's own text, or the response's message",
    Reason "reason" "why it was decided so",
    Decision "decision" "`allow` or `forbid`",
    AuditId "audit id" "the request's id",
    Stage "stage" "stage of the request",
    Level "level" "audit level",
    User "user" "who did it",
    UserId "user id" "their id",
    Groups "groups" "their groups",
    Impersonated "impersonated" "whom they acted as",
    TargetUser "target user" "the account that a command ran as",
    UserAgent "user agent" "the client as it names itself",
    Addresses "addresses" "all addresses that the request names",
    Address "address" "the last of them, the only one that a client cannot make up",
    Port "port" "the client's port",
    Uri "uri" "path and query of the request",
    ApiVersion "event version" "version of the audit event",
    ApiGroup "api group" "API group of the object",
    ObjectVersion "object version" "API version of the object",
    Resource "resource" "resource",
    Subresource "subresource" "subresource",
    Namespace "namespace" "namespace",
    Name "name" "the object's name",
    ObjectUid "object uid" "the object's uid",
    Request "request body" "what was asked for",
    Response "response body" "what was answered",
    Cluster "cluster" "the cluster's name",
    ClusterId "cluster id" "project or subscription that the cluster belongs to",
    Host "host" "the machine",
    Program "program" "the program that wrote the event",
    Process "process" "name of the process",
    Pid "pid" "its id",
    ParentPid "parent pid" "its parent's id",
    Executable "executable" "its file",
    Command "command" "its command line",
    Arguments "arguments" "its arguments, one by one",
    Directory "directory" "its working directory",
    Terminal "terminal" "the terminal",
    Method "method" "how the user proved who they are: `password`, `publickey`",
    Session "session" "number of the login session",
    Facility "facility" "syslog facility",
    Key "key" "the key of the audit rule",
    Rule "rule" "the policy's rule that decided",
    Redactions "redactions" "how many values were redacted",
    Policy "policy" "hash of the policy",
    Error "error" "code of a placeholder",
    Pod "pod" "pod that wrote the event",
    Container "container" "container that wrote the event",
    Hash "hash" "of the event and its time, in `es_bulk` only",
}

/// Facts of one event, each a JSON value.
pub(crate) struct Facts<'a> {
    /// The event itself: the audit event inside its envelopes, or the record.
    pub(crate) event: Vec<json::Member<'a>>,
    /// The record: what stands around the event.
    pub(crate) record: &'a [u8],
    /// What shape the event has.
    pub(crate) shape: Shape,
    values: [Option<Cow<'a, [u8]>>; FACTS.len()],
}

/// The families of events that are mapped apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A Kubernetes audit event.
    Kubernetes,
    /// The same in the envelope of Azure's diagnostic logs.
    Aks,
    /// A Google Cloud audit entry for Kubernetes.
    Gke,
    /// sshd, sudo, PAM: somebody proves who they are.
    Login,
    /// auditd: a process.
    Process,
    /// Anything else.
    Other,
}

impl Shape {
    /// A Kubernetes audit event in any envelope.
    pub(crate) fn is_kubernetes(self) -> bool {
        matches!(self, Self::Kubernetes | Self::Aks | Self::Gke)
    }
}

impl<'a> Facts<'a> {
    pub(crate) fn new(record: &'a [u8], event: Vec<json::Member<'a>>, shape: Shape) -> Self {
        Self { event, record, shape, values: [const { None }; FACTS.len()] }
    }

    /// A fact as a JSON value.
    pub(crate) fn json(&self, fact: Fact) -> Option<&[u8]> {
        self.values.get(fact as usize)?.as_deref()
    }

    /// A fact as text; empty if it is not known.
    pub(crate) fn text(&self, fact: Fact) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some(value) = self.json(fact) {
            json::text(value, &mut out);
        }
        out
    }

    /// Notes a JSON value; the first that is not empty stays. A time has to be one.
    pub(crate) fn set(&mut self, fact: Fact, value: impl Into<Cow<'a, [u8]>>) {
        let value = value.into();
        let is_empty = matches!(&*value, b"" | b"null" | b"\"\"" | b"[]" | b"{}");
        let inside = value.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\""));
        let is_time = inside.is_some_and(|text| time::parse(text).is_some());
        let is_wrong = matches!(fact, Fact::Time | Fact::Started) && !is_time;
        if let Some(place) = self.values.get_mut(fact as usize)
            && place.is_none()
            && !is_empty
            && !is_wrong
        {
            *place = Some(value);
        }
    }

    /// Notes a text.
    pub(crate) fn set_text(&mut self, fact: Fact, text: &[u8]) {
        if !text.is_empty() {
            self.set(fact, json::quoted(text));
        }
    }

    /// The value at a path of the event; steps are separated by `>`.
    pub(crate) fn at(&self, path: &str) -> Option<&'a [u8]> {
        let (first, rest) = path.split_once('>').unwrap_or((path, ""));
        let value = self.event.iter().find(|member| member.key == first.as_bytes())?.value;
        inside(value, rest)
    }

    /// The same for the record around the event.
    pub(crate) fn around(&self, path: &str) -> Option<&'a [u8]> {
        inside(self.record, path)
    }
}

/// The value at a path inside a value.
pub(crate) fn inside<'a>(value: &'a [u8], path: &str) -> Option<&'a [u8]> {
    let mut steps = path.split('>').filter(|step| !step.is_empty());
    steps.try_fold(value, |value, step| json::member(value, step.as_bytes()))
}
