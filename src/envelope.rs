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
}

impl Source {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Kubernetes => "kubernetes",
            Self::Text => "text",
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
    Groups "user.groups[]",
    SourceIps "sourceIPs[]",
}

/// Fields before this one are single values.
const SINGLE: usize = Field::Groups as usize;

/// The envelope of one event.
#[derive(Default)]
pub(crate) struct Envelope {
    pub(crate) source: Source,
    single: [Option<Text>; SINGLE],
    groups: Vec<Text>,
    source_ips: Vec<Text>,
    /// Key and value, where the policy asks for annotations.
    annotations: Vec<(Text, Text)>,
    /// Bodies: whether it is the response's, and the member's span.
    bodies: Vec<(bool, usize, usize)>,
    /// What the bodies of the event are, if the event around it has said so.
    pub(crate) class: Option<Class>,
    /// The event names its resource more than once.
    pub(crate) ambiguous: bool,
    /// Position behind the record's last bracket.
    pub(crate) end: usize,
}

impl Envelope {
    /// The envelope of a text inside an event, whose class it has.
    pub(crate) fn inside(class: Option<Class>) -> Self {
        Self { class, ..Self::default() }
    }

    pub(crate) fn clear(&mut self) {
        self.source = Source::default();
        self.single = [None; SINGLE];
        self.groups.clear();
        self.source_ips.clear();
        self.annotations.clear();
        self.bodies.clear();
        self.class = None;
        self.ambiguous = false;
        self.end = 0;
    }

    /// Remembers the value of the field with the number `field`; of several the first.
    pub(crate) fn capture(&mut self, field: u8, text: Text) {
        match self.single.get_mut(usize::from(field)) {
            Some(single) if single.is_none() => *single = Some(text),
            // What the bodies are has been said twice.
            Some(_) => self.ambiguous |= field == Field::Resource as u8 || field == Field::Subresource as u8,
            None if field == Field::Groups as u8 => self.groups.push(text),
            None => self.source_ips.push(text),
        }
    }

    /// The span of a single field.
    pub(crate) fn field(&self, field: Field) -> Option<Text> {
        self.single.get(field as usize).copied().flatten()
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
        [Field::Resource, Field::Name, Field::Namespace, Field::ApiGroup]
            .iter()
            .any(|&field| self.field(field).is_some())
    }

    /// An audit event has an id, a stage and a verb, with or without `kind`.
    pub(crate) fn is_audit_event(&self) -> bool {
        [Field::AuditId, Field::Stage, Field::Verb].iter().all(|&field| self.field(field).is_some())
    }

    /// What the bodies of this event are; `None` while its `objectRef` has not been read.
    pub(crate) fn class(&self, text: View<'_>) -> Option<Class> {
        if self.class.is_some() {
            return self.class;
        }
        let resource = self.field(Field::Resource)?;
        let bytes = |field| self.field(field).map(|span: Text| text.span(span.start, span.end)).unwrap_or_default();
        if resource.escapes {
            // No resource is spelt with escapes: somebody hides something.
            return Some(Class::Secret);
        }
        Some(class_of(bytes(Field::Resource), bytes(Field::Subresource), bytes(Field::ApiGroup)))
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
