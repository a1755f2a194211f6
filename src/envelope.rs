//! What the pass remembers of an event for the decision, the stamp and the placeholder: spans, no copies.

use crate::redact::class::{Class, class_of};
use crate::scan::{Text, View, decode};

/// Where an event comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Source {
    /// A record of unknown kind.
    #[default]
    Record,
    /// Kubernetes API audit.
    Kubernetes,
    /// A line of text.
    Text,
    /// A record of Linux auditd.
    Auditd,
    /// sshd.
    Sshd,
    /// sudo.
    Sudo,
    /// The journal, of another program.
    Journald,
    /// A line of syslog.
    Syslog,
    /// What a container wrote.
    Container,
}

impl Source {
    /// How many there are.
    pub(crate) const COUNT: usize = Self::Container as usize + 1;

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Kubernetes => "kubernetes",
            Self::Text => "text",
            Self::Auditd => "auditd",
            Self::Sshd => "sshd",
            Self::Sudo => "sudo",
            Self::Journald => "journald",
            Self::Syslog => "syslog",
            Self::Container => "container",
        }
    }
}

macro_rules! fields {
    ($($variant:ident $path:literal,)*) => {
        /// A field of an audit event that decisions ask for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Field { $($variant),* }

        /// Every field and its path.
        pub(crate) const FIELDS: &[(Field, &str)] = &[$((Field::$variant, $path)),*];
    };
}

/// The fields that say what the bodies are.
pub(crate) const DECIDING: core::ops::RangeInclusive<u8> = Field::Resource as u8..=Field::ApiGroup as u8;

fields! {
    AuditId "auditID",
    Stage "stage",
    Level "level",
    Verb "verb",
    RequestUri "requestURI",
    Username "user.username",
    Resource "objectRef.resource",
    Subresource "objectRef.subresource",
    ApiGroup "objectRef.apiGroup",
    Namespace "objectRef.namespace",
    Name "objectRef.name",
    Code "responseStatus.code",
    UserAgent "userAgent",
    RequestReceived "requestReceivedTimestamp",
    StageTimestamp "stageTimestamp",
    Decision r"annotations.authorization\.k8s\.io/decision",
    Identifier "SYSLOG_IDENTIFIER",
    Transport "_TRANSPORT",
    Pod "kubernetes.pod_name",
    Stream "stream",
    Method "protoPayload.methodName",
    Object "protoPayload.resourceName",
    Message "log",
    Groups "user.groups[]",
    SourceIps "sourceIPs[]",
}

/// The fields that are asked for under every policy, a bit each: by the stamp, and to tell what kind of record it is and what its bodies are.
pub(crate) const ALWAYS_ASKED: u32 = ASKED_BY_OUTPUT
    | Field::AuditId.bit()
    | Field::Stage.bit()
    | Field::Verb.bit()
    | Field::Resource.bit()
    | Field::Subresource.bit()
    | Field::ApiGroup.bit()
    | Field::Identifier.bit()
    | Field::Transport.bit()
    | Field::Pod.bit()
    | Field::Stream.bit()
    | Field::Method.bit()
    | Field::Object.bit();

/// The output role wants to know when the event happened.
const ASKED_BY_OUTPUT: u32 =
    if cfg!(feature = "output") { Field::RequestReceived.bit() | Field::StageTimestamp.bit() } else { 0 };

/// Where else some of them stand: in the journal with its underscores stripped, in what parsers for syslog make, and in Google Cloud's entries.
pub(crate) const ELSEWHERE: &[(Field, &str)] = &[
    (Field::Identifier, "ident"),
    (Field::Transport, "TRANSPORT"),
    (Field::Message, "message"),
    (Field::Message, "MESSAGE"),
    (Field::Message, "exec"),
    (Field::AuditId, "insertId"),
    (Field::Code, "protoPayload.status.code"),
    (Field::Username, "protoPayload.authenticationInfo.principalEmail"),
    (Field::UserAgent, "protoPayload.requestMetadata.callerSuppliedUserAgent"),
    (Field::SourceIps, "protoPayload.requestMetadata.callerIp"),
];

impl Field {
    /// This field's bit in a set of fields.
    pub(crate) const fn bit(self) -> u32 {
        1 << self as u8
    }
}

/// Fields before this one are single values.
const SINGLE: usize = Field::Groups as usize;

/// The envelope of one event.
#[derive(Default)]
pub(crate) struct Envelope {
    pub(crate) source: Source,
    /// The single fields that were met, a bit each, and where they stand.
    met: u32,
    single: [Text; SINGLE],
    groups: Vec<Text>,
    source_ips: Vec<Text>,
    /// Key and value, where the policy asks for annotations.
    annotations: Vec<(Text, Text)>,
    /// Bodies: whether it is the response's, and the member's span.
    bodies: Vec<(bool, usize, usize)>,
    /// What the bodies of the event are, if the event around it has said so.
    pub(crate) class: Option<Class>,
    /// The event says more than once what its bodies are.
    pub(crate) ambiguous: bool,
    /// Position behind the record's last bracket.
    pub(crate) end: usize,
    /// Where the event stands that was a string, and has to be one again.
    pub(crate) unpacked: Option<(usize, usize)>,
}

impl Envelope {
    /// The envelope of a text inside an event, whose class it has.
    pub(crate) fn inside(class: Option<Class>) -> Self {
        Self { class, ..Self::default() }
    }

    pub(crate) fn clear(&mut self) {
        self.source = Source::default();
        self.met = 0;
        self.groups.clear();
        self.source_ips.clear();
        self.annotations.clear();
        self.bodies.clear();
        self.class = None;
        self.ambiguous = false;
        self.end = 0;
        self.unpacked = None;
    }

    /// Remembers the value of the field with the number `field`; of several the first.
    pub(crate) fn capture(&mut self, field: u8, text: Text) {
        match self.single.get_mut(usize::from(field)) {
            Some(single) if self.met & 1 << field == 0 => {
                self.met |= 1 << field;
                *single = text;
                if DECIDING.contains(&field) {
                    // What was known of the bodies by then may have been asked for already.
                    self.class = None;
                }
            }
            // What the bodies are has been said twice.
            Some(_) => self.ambiguous |= DECIDING.contains(&field),
            None if field == Field::Groups as u8 => self.groups.push(text),
            None => self.source_ips.push(text),
        }
    }

    /// The span of a single field.
    pub(crate) fn field(&self, field: Field) -> Option<Text> {
        self.single.get(field as usize).copied().filter(|_| self.has(field.bit()))
    }

    /// Whether all of these single fields were met.
    fn has(&self, fields: u32) -> bool {
        self.met & fields == fields
    }

    /// The spans of `user.groups`.
    pub(crate) fn groups(&self) -> &[Text] {
        &self.groups
    }

    /// The spans of `sourceIPs`.
    pub(crate) fn source_ips(&self) -> &[Text] {
        &self.source_ips
    }

    /// Remembers an annotation.
    pub(crate) fn capture_annotation(&mut self, key: Text, value: Text) {
        self.annotations.push((key, value));
    }

    /// Key and value of the annotations.
    pub(crate) fn annotations(&self) -> &[(Text, Text)] {
        &self.annotations
    }

    /// Remembers where a body stands.
    pub(crate) fn capture_body(&mut self, is_response: bool, member: usize, after: usize) {
        self.bodies.push((is_response, member, after));
    }

    /// Whether a body is the response's, and the span of its member.
    pub(crate) fn bodies(&self) -> &[(bool, usize, usize)] {
        &self.bodies
    }

    /// Whether the event is about an object, so that it has an `objectRef`.
    pub(crate) fn has_object(&self) -> bool {
        let fields = Field::Resource.bit() | Field::Name.bit() | Field::Namespace.bit() | Field::ApiGroup.bit();
        self.met & fields != 0
    }

    /// Whether nothing of an audit event has been read yet.
    pub(crate) fn is_blank(&self) -> bool {
        !self.has(Field::AuditId.bit()) && !self.has_object() && self.bodies.is_empty()
    }

    /// An audit event has an id, a stage and a verb, with or without `kind`.
    pub(crate) fn is_audit_event(&self) -> bool {
        self.has(Field::AuditId.bit() | Field::Stage.bit() | Field::Verb.bit())
            || self.has(Field::Method.bit() | Field::Verb.bit())
    }

    /// Takes apart what Google Cloud says in one word: `io.k8s.core.v1.pods.exec.create` is group, version, resource, perhaps a
    /// subresource, and verb; `core/v1/namespaces/default/pods/web` ends in the object's name.
    pub(crate) fn split_method(&mut self, text: View<'_>) {
        let (Some(method), None) = (self.field(Field::Method), self.field(Field::Verb)) else { return };
        if method.escapes || !text.span(method.start, method.end).starts_with(b"io.k8s.") {
            return;
        }
        let mut parts = Vec::new();
        split(text, method, b'.', &mut parts);
        let verb = parts.pop();
        let is_version = |part: &Text| text.byte(part.start) == b'v' && text.byte(part.start + 1).is_ascii_digit();
        let version = parts.iter().position(is_version).unwrap_or(parts.len());
        self.single_or(Field::Verb, verb);
        self.single_or(Field::Resource, parts.get(version + 1).copied());
        self.single_or(Field::Subresource, parts.get(version + 2).copied());
        let Some(object) = self.field(Field::Object).filter(|object| !object.escapes) else { return };
        parts.clear();
        split(text, object, b'/', &mut parts);
        let group = parts.first().filter(|group| text.span(group.start, group.end) != b"core");
        self.single_or(Field::ApiGroup, group.copied().filter(|_| parts.len() > 2));
        let in_namespace =
            parts.len() > 4 && parts.get(2).is_some_and(|part| text.span(part.start, part.end) == b"namespaces");
        self.single_or(Field::Namespace, parts.get(3).copied().filter(|_| in_namespace));
        self.single_or(Field::Name, parts.get(if in_namespace { 5 } else { 3 }).copied());
    }

    fn single_or(&mut self, field: Field, text: Option<Text>) {
        if let (Some(single), Some(text)) = (self.single.get_mut(field as usize), text)
            && self.met & field.bit() == 0
        {
            self.met |= field.bit();
            *single = text;
        }
    }

    /// What kind of record this is, if it is no audit event of Kubernetes'.
    pub(crate) fn recognise(&self, text: View<'_>, tag: &[u8]) -> Source {
        let identifier = self.field(Field::Identifier).map(|span| text.span(span.start, span.end)).unwrap_or_default();
        let has = |field: Field| self.has(field.bit());
        match self.source {
            Source::Auditd => Source::Auditd,
            _ if identifier.starts_with(b"sshd") => Source::Sshd,
            _ if identifier == b"sudo" => Source::Sudo,
            _ if has(Field::Pod) || has(Field::Stream) => Source::Container,
            _ if has(Field::Transport) => Source::Journald,
            _ if has(Field::Identifier) || tag.starts_with(b"syslog") => Source::Syslog,
            source => source,
        }
    }

    /// What the bodies of this event are; `None` while its `objectRef` has not been read.
    pub(crate) fn class(&self, text: View<'_>) -> Option<Class> {
        self.class.or_else(|| self.class_at(text, usize::MAX))
    }

    /// What the bodies of this event are by what it says in front of `position`.
    pub(crate) fn class_at(&self, text: View<'_>, position: usize) -> Option<Class> {
        let said = |field| self.field(field).filter(|span| span.end <= position);
        let bytes = |field| said(field).map(|span| text.span(span.start, span.end)).unwrap_or_default();
        let resource = said(Field::Resource)?;
        if resource.escapes {
            // No resource is spelt with escapes: somebody hides something.
            return Some(Class::Secret);
        }
        Some(class_of(bytes(Field::Resource), bytes(Field::Subresource), bytes(Field::ApiGroup)))
    }
}

/// The parts of a span between separators.
fn split(text: View<'_>, span: Text, separator: u8, parts: &mut Vec<Text>) {
    let mut start = span.start;
    for at in span.start..=span.end {
        if at == span.end || text.byte(at) == separator {
            parts.push(Text { start, end: at, ..span });
            start = at + 1;
        }
    }
}

/// The text of a captured span; `scratch` holds it where it has escapes.
pub(crate) fn text_of<'a>(text: View<'a>, span: Text, scratch: &'a mut Vec<u8>) -> &'a [u8] {
    if !span.escapes {
        return text.span(span.start, span.end);
    }
    scratch.clear();
    decode(text, span, scratch);
    scratch
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use crate::scan::{PADDING, Padded};
    use crate::{Context, Engine, Outcome};

    fn stamp(tag: &str, record: &str) -> String {
        let mut bytes = record.as_bytes().to_vec();
        bytes.resize(record.len() + PADDING, 0);
        let context = Context { tag: tag.as_bytes(), seconds: 0, nanoseconds: 0 };
        let mut engine = Engine::new();
        let Outcome::Record(record) = engine.process(context, &mut Padded::new(&mut bytes).unwrap()) else {
            return String::new();
        };
        let record = String::from_utf8(record.to_vec()).unwrap();
        record.rsplit_once("\"auditgate\":").unwrap().1.to_owned()
    }

    #[test]
    fn sources_are_recognised() {
        for (tag, record, source) in [
            ("a", r#"{"auditID":"i","stage":"s","verb":"get"}"#, "kubernetes"),
            ("a", r#"{"log":"{\"auditID\":\"i\",\"stage\":\"s\",\"verb\":\"get\"}"}"#, "kubernetes"),
            (
                "a",
                r#"{"category":"kube-audit","properties":{"log":{"auditID":"i","stage":"s","verb":"get"}}}"#,
                "kubernetes",
            ),
            (
                "a",
                r#"{"category":"kube-audit","properties":{"log":"{\"auditID\":\"i\",\"stage\":\"s\",\"verb\":\"get\"}"}}"#,
                "kubernetes",
            ),
            ("a", r#"{"protoPayload":{"methodName":"io.k8s.core.v1.pods.list","serviceName":"k8s.io"}}"#, "kubernetes"),
            ("a", r#"{"protoPayload":{"methodName":"compute.instances.list"}}"#, "record"),
            ("a", r#"{"log":"type=LOGIN msg=audit(1.2:3): pid=1"}"#, "auditd"),
            ("a", r#"{"exec":"type=EXECVE msg=audit(11/22/2026 17:55:40.123:4) : argc=1 a0=id","host":"n"}"#, "auditd"),
            ("a", r#"{"SYSLOG_IDENTIFIER":"sshd-session","TRANSPORT":"syslog","MESSAGE":"x"}"#, "sshd"),
            ("a", r#"{"SYSLOG_IDENTIFIER":"sudo","_TRANSPORT":"syslog","MESSAGE":"x"}"#, "sudo"),
            ("a", r#"{"SYSLOG_IDENTIFIER":"cron","_TRANSPORT":"syslog","MESSAGE":"x"}"#, "journald"),
            ("a", r#"{"ident":"cron","message":"x"}"#, "syslog"),
            ("syslog.cron", r#"{"MESSAGE":"x"}"#, "syslog"),
            ("a", r#"{"log":"x","stream":"stdout"}"#, "container"),
            ("a", r#"{"log":"x","kubernetes":{"pod_name":"web"}}"#, "container"),
            ("a", r#"{"log":"x"}"#, "text"),
            ("a", r#"{"other":"x"}"#, "record"),
        ] {
            assert!(
                stamp(tag, record).contains(&format!("\"source\":\"{source}\"")),
                "{record}: {}",
                stamp(tag, record)
            );
        }
    }

    #[test]
    fn the_event_in_an_envelope_has_its_own_id() {
        let record = r#"{"properties":{"log":{"auditID":"i","stage":"s","verb":"get"},"pod":"p"}}"#;
        assert!(stamp("a", record).starts_with(r#"{"id":"i/s","source":"kubernetes""#), "{}", stamp("a", record));
    }
}
