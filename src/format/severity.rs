//! How much an event matters, by one table for all formats.

use crate::source::{Fact, Facts};

/// From harmless to grave, in OCSF's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Severity {
    /// Everyday reads and writes.
    Informational,
    /// Worth a look in numbers.
    Low,
    /// Worth a look.
    Medium,
    /// Worth a look now.
    High,
}

/// What the severities are called, in JSON.
pub(crate) type Scale = [&'static str; 4];

/// OCSF's `severity_id`.
pub(crate) const OCSF: Scale = ["1", "2", "3", "4"];
/// OCSF's `severity`.
pub(crate) const OCSF_NAMES: Scale = ["\"Informational\"", "\"Low\"", "\"Medium\"", "\"High\""];
/// CEF's and LEEF's, 0 to 10.
pub(crate) const CEF: Scale = ["1", "3", "6", "8"];
/// Syslog's: informational, notice, warning, error.
pub(crate) const SYSLOG: Scale = ["6", "5", "4", "3"];
/// OpenTelemetry's `severityNumber`: INFO, INFO2, WARN, ERROR.
pub(crate) const OTLP: Scale = ["9", "10", "13", "17"];
/// OpenTelemetry's and Datadog's names for these.
pub(crate) const NAMES: Scale = ["\"INFO\"", "\"INFO2\"", "\"WARN\"", "\"ERROR\""];
/// Datadog's statuses.
pub(crate) const DATADOG: Scale = ["\"info\"", "\"notice\"", "\"warn\"", "\"error\""];

impl Severity {
    pub(crate) fn on(self, scale: &Scale) -> &'static str {
        scale.get(self as usize).copied().unwrap_or("")
    }
}

/// One line of the table: what has to hold, all of it, and what follows.
pub(crate) struct Line {
    /// Facts and the texts of which one has to be theirs; a `*` at the end stands for anything.
    pub(crate) when: &'static [(Fact, &'static [&'static str])],
    pub(crate) severity: Severity,
    #[cfg_attr(target_arch = "wasm32", expect(dead_code, reason = "for the documentation"))]
    pub(crate) why: &'static str,
}

const WRITES: &[&str] = &["create", "update", "patch", "delete", "deletecollection", "escalate", "bind"];
const RBAC: &[&str] = &["clusterroles", "clusterrolebindings", "roles", "rolebindings"];
const WEBHOOKS: &[&str] = &["mutatingwebhookconfigurations", "validatingwebhookconfigurations"];

/// The first line that fits counts; what fits none is informational.
pub(crate) const LINES: &[Line] = &[
    Line {
        when: &[(Fact::User, &["system:anonymous"]), (Fact::Outcome, &["success"]), (Fact::Resource, &["*"])],
        severity: Severity::High,
        why: "somebody without a name was let at an object",
    },
    Line {
        when: &[(Fact::Code, &["401", "403"])],
        severity: Severity::Medium,
        why: "refused: not authenticated, or not allowed",
    },
    Line { when: &[(Fact::Decision, &["forbid"])], severity: Severity::Medium, why: "refused by authorization" },
    Line {
        when: &[(Fact::Subresource, &["exec", "attach", "portforward", "ephemeralcontainers"])],
        severity: Severity::High,
        why: "a way into a running container",
    },
    Line {
        when: &[(Fact::Resource, RBAC), (Fact::Action, WRITES)],
        severity: Severity::High,
        why: "who may do what was changed",
    },
    Line {
        when: &[(Fact::Resource, WEBHOOKS), (Fact::Action, WRITES)],
        severity: Severity::High,
        why: "what the API server lets in was changed",
    },
    Line {
        when: &[(Fact::Resource, &["certificatesigningrequests"]), (Fact::Subresource, &["approval"])],
        severity: Severity::High,
        why: "a client certificate was approved",
    },
    Line {
        when: &[(Fact::Resource, &["secrets"]), (Fact::Action, &["get", "list", "watch"])],
        severity: Severity::Medium,
        why: "secrets were read",
    },
    Line {
        when: &[(Fact::Resource, &["secrets"]), (Fact::Action, WRITES)],
        severity: Severity::Medium,
        why: "secrets were changed",
    },
    Line {
        when: &[(Fact::Resource, &["serviceaccounts"]), (Fact::Subresource, &["token"])],
        severity: Severity::Medium,
        why: "a token was made",
    },
    Line { when: &[(Fact::Impersonated, &["*"])], severity: Severity::Medium, why: "somebody acted as somebody else" },
    Line {
        when: &[(Fact::Action, &["delete", "deletecollection"])],
        severity: Severity::Low,
        why: "something was deleted",
    },
    Line { when: &[(Fact::Code, &["5*"])], severity: Severity::Low, why: "the API server failed" },
    Line {
        when: &[
            (Fact::Action, &["ssh_login", "authentication", "sudo_command", "user_*"]),
            (Fact::Outcome, &["failure"]),
        ],
        severity: Severity::Medium,
        why: "a login or a command was refused",
    },
    Line { when: &[(Fact::Action, &["sudo_command"])], severity: Severity::Low, why: "a command ran as another user" },
];

/// How much this event matters.
pub(crate) fn of(facts: &Facts<'_>) -> Severity {
    let fits = |&(fact, texts): &(Fact, &[&str])| {
        let text = facts.text(fact);
        texts.iter().any(|wanted| match wanted.strip_suffix('*') {
            Some(start) => !text.is_empty() && text.starts_with(start.as_bytes()),
            None => text == wanted.as_bytes(),
        })
    };
    LINES.iter().find(|line| line.when.iter().all(fits)).map_or(Severity::Informational, |line| line.severity)
}
