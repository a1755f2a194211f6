//! What a policy says once its text is checked: data that the engine, the decision and the delivery read. No behaviour.

use super::diagnostics::Position;
use super::path::Path;

/// Bounds on the work that one event may cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest event in bytes that is looked at; a larger one leaves as its envelope. Default 16 MiB.
    pub max_event_bytes: u32,
    /// Deepest nesting of an event that is looked at; a deeper one leaves as its envelope. Default 512.
    pub max_depth: u32,
    /// How often an encoding inside an encoding is taken off (JSON in text, base64, percent, hex). Default 3.
    pub max_decode_depth: u32,
    /// Most bytes that one value may decode to; a larger one is masked. Default 1 MiB.
    pub max_decoded_bytes: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_event_bytes: 16 << 20, max_depth: 512, max_decode_depth: 3, max_decoded_bytes: 1 << 20 }
    }
}

/// Which records are put together before they are events, where records can be held back: in the output role and on the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Join {
    /// Records of one auditd event.
    pub auditd: bool,
    /// Parts of one line of a container.
    pub partial_lines: bool,
}

/// What to take out of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redact {
    /// Whether the built-in catalogue is applied. Default true.
    pub catalogue: bool,
    /// Entries of the catalogue that are switched off, by id.
    pub keep: Vec<Reference>,
    /// Allow-list mode: only what stands under these paths leaves. Absent: everything that is not redacted leaves.
    pub allow: Option<Vec<Path>>,
    /// The key of the action `hmac`; required where a rule uses it.
    pub hmac: Option<HmacKey>,
    /// The policy's own rules; the first that fits a value decides, before the catalogue.
    pub rules: Vec<RedactRule>,
}

impl Default for Redact {
    fn default() -> Self {
        Self { catalogue: true, keep: Vec::new(), allow: None, hmac: None, rules: Vec::new() }
    }
}

impl Redact {
    /// Whether the policy says more of redaction than which entries of the catalogue are switched off.
    pub fn is_own(&self) -> bool {
        !self.rules.is_empty() || self.allow.is_some()
    }
}

/// A name that a policy mentions, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The name.
    pub name: String,
    /// Where it stands.
    pub at: Position,
}

/// A secret by reference: the policy never holds the secret itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretReference {
    /// Path of a file on the host.
    File(String),
    /// Name of an environment variable of the host.
    Environment(String),
}

/// The key of keyed pseudonyms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HmacKey {
    /// Stands in every pseudonym, so that a change of key is visible.
    pub id: String,
    /// Where the key comes from.
    pub key: SecretReference,
}

/// One redaction rule of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedactRule {
    /// Its name, also the class in `[redacted:<class>]`.
    pub name: String,
    /// Values at these places.
    pub paths: Vec<Path>,
    /// Values under keys of these names, wherever they stand; compared word by word, see [`key_words`](super::key_words).
    pub keys: Vec<String>,
    /// Parts of text that fit these patterns.
    pub patterns: Vec<Reference>,
    /// Only in events that fulfil this.
    pub when: Conditions,
    /// What happens to the value.
    pub action: Action,
    /// Where the rule stands.
    pub at: Position,
}

/// What happens to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Replaced by `[redacted:<class>]`.
    Mask,
    /// Taken out with its key.
    Remove,
    /// Replaced by a keyed pseudonym.
    Hmac,
    /// Cut to this many characters.
    Truncate {
        /// Characters that stay.
        max_chars: u32,
    },
    /// The last four characters stay, if there are at least 20.
    Last4,
    /// An IP address loses its host part.
    IpPrefix {
        /// Bits that stay of an IPv4 address. Default 24.
        ipv4: u8,
        /// Bits that stay of an IPv6 address. Default 48.
        ipv6: u8,
    },
    /// Stays as it is, whatever other rules and the catalogue say.
    Keep,
}

/// How much of a request an event tells. Ordered: a higher level includes the lower ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing: the event is dropped.
    None,
    /// No bodies.
    Metadata,
    /// The request's body, not the response's.
    Request,
    /// Both bodies.
    RequestResponse,
}

impl Level {
    /// All levels with the names that Kubernetes gives them.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("None", Self::None),
        ("Metadata", Self::Metadata),
        ("Request", Self::Request),
        ("RequestResponse", Self::RequestResponse),
    ];

    /// The level of a name.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, level)| *level)
    }

    /// The name that Kubernetes gives it.
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(_, level)| *level == self).map_or("", |(name, _)| name)
    }
}

/// A stage of a request at which the API server writes an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The request came in.
    RequestReceived,
    /// The response's headers are sent (long-running requests only).
    ResponseStarted,
    /// The response is complete.
    ResponseComplete,
    /// The handler failed.
    Panic,
}

impl Stage {
    /// All stages with the names that Kubernetes gives them.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("RequestReceived", Self::RequestReceived),
        ("ResponseStarted", Self::ResponseStarted),
        ("ResponseComplete", Self::ResponseComplete),
        ("Panic", Self::Panic),
    ];

    /// The stage of this name.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, stage)| *stage)
    }
}

/// A set of stages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stages(u8);

impl Stages {
    /// Adds a stage.
    pub fn insert(&mut self, stage: Stage) {
        self.0 |= 1 << stage as u8;
    }

    /// Whether the stage is in the set.
    pub fn contains(self, stage: Stage) -> bool {
        self.0 >> stage as u8 & 1 != 0
    }

    /// Whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What is in either set.
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Text, with a wildcard at either end or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wildcard {
    /// The text between the wildcards.
    pub text: String,
    /// Anything may stand before it.
    pub open_start: bool,
    /// Anything may stand behind it.
    pub open_end: bool,
}

impl Wildcard {
    /// Text that means itself.
    pub fn literal(text: &str) -> Self {
        Self { text: text.into(), open_start: false, open_end: false }
    }

    /// Whether everything fits.
    pub fn is_any(&self) -> bool {
        self.text.is_empty() && self.open_start && self.open_end
    }

    /// Whether only the text itself fits.
    pub fn is_literal(&self) -> bool {
        !self.open_start && !self.open_end
    }
}

/// Properties of an event that are text, and that rules compare with text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Property {
    /// The authenticated user's name.
    User,
    /// The user's groups; one has to fit.
    Group,
    /// The verb.
    Verb,
    /// The namespace; empty is the cluster's own scope.
    Namespace,
    /// The source that the event came from.
    Source,
    /// Fluent Bit's tag.
    Tag,
    /// The client as it names itself.
    UserAgent,
    /// The path of a request that is for no resource.
    Path,
    /// The text of a record that is a line.
    Message,
}

impl Property {
    /// Those that are lists of wildcards, their keys in a policy, and whether only auditgate knows them.
    pub(crate) const KEYS: [(Self, &'static str, bool); 8] = [
        (Self::User, "users", false),
        (Self::Group, "userGroups", false),
        (Self::Verb, "verbs", false),
        (Self::Namespace, "namespaces", false),
        (Self::Source, "sources", true),
        (Self::Tag, "tags", true),
        (Self::UserAgent, "userAgents", true),
        (Self::Message, "messages", true),
    ];
}

/// How many properties there are.
const PROPERTIES: usize = 9;

/// What an event has to be like. An empty list demands nothing; all lists that are not empty have to fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    texts: [Vec<Wildcard>; PROPERTIES],
    /// Resources, by API group.
    pub resources: Vec<GroupResources>,
    /// Stages.
    pub stages: Stages,
    /// Ranges of response codes, both ends included.
    pub response_codes: Vec<(u16, u16)>,
    /// Networks that the request came from: the last of its addresses, the only one that a client cannot make up.
    pub source_ips: Vec<Network>,
    /// Annotations of the event, each with the values that fit; none: it only has to be there.
    pub annotations: Vec<(String, Vec<Wildcard>)>,
}

impl Conditions {
    /// The texts that fit a property.
    pub fn texts(&self, property: Property) -> &[Wildcard] {
        self.texts.get(property as usize).map_or(&[], |texts| texts)
    }

    pub(crate) fn set_texts(&mut self, property: Property, texts: Vec<Wildcard>) {
        if let Some(held) = self.texts.get_mut(property as usize) {
            *held = texts;
        }
    }
}

/// Resources of one API group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupResources {
    /// The API group; empty is the core group, `*` any.
    pub group: Wildcard,
    /// Resources; empty: all of the group.
    pub resources: Vec<Resource>,
    /// Names of objects; empty: all.
    pub names: Vec<Wildcard>,
}

/// A resource and its subresource, as Kubernetes writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resource {
    /// `*`: every resource and subresource.
    Any,
    /// `pods`, `pods/log`: the resource alone, or exactly that subresource.
    Exact(String),
    /// `pods/*`: the resource, with any subresource or none.
    WithSubresources(Wildcard),
    /// `*/status`: that subresource of any resource.
    Subresource(Wildcard),
    /// Wildcards inside one of the two parts; no subresource unless one is written.
    Parts(Wildcard, Option<Wildcard>),
}

/// A network: an address of which the first bits count. IPv4 stands as ::ffff:a.b.c.d.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// The address.
    pub address: [u8; 16],
    /// How many bits count, 0 to 128.
    pub bits: u8,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name; events that it drops are counted under it.
    pub name: String,
    /// The events that it decides about.
    pub conditions: Conditions,
    /// The level that an event is lowered to.
    pub level: Level,
    /// Stages at which events are dropped; the policy's own are included.
    pub omit_stages: Stages,
    /// Whether `managedFields` are taken out of the bodies.
    pub omit_managed_fields: bool,
    /// Where events go, as the set in one string that routing reads: `+splunk+archive+`.
    pub routes: String,
    /// How many requests in a million are kept; all if absent.
    pub sample: Option<u32>,
    /// How many events leave in a second; all if absent.
    pub limit: Option<Limit>,
    /// Where the rule stands.
    pub at: Position,
}

/// The most events of a rule that leave in a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Events in a second of the records' own time.
    pub per_second: u32,
    /// What has a count of its own: a bit for each of the keys that a policy can name.
    pub by: u8,
}

/// Where events go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Its name in routes.
    pub name: String,
    /// The form of the events there, for example `native`.
    pub format: String,
    /// What the output role needs to deliver there, by the names of its properties; nothing where Fluent Bit's own output does.
    pub properties: Vec<(String, String)>,
    /// Where it stands.
    pub at: Position,
}
