//! What a policy may say: every key, what stands under it, and what it is for. Checking, the JSON Schema for editors and the
//! documentation all come from this table.

use super::presets::NAMES as PRESETS;

/// A key of a mapping.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) key: &'static str,
    pub(super) shape: &'static Shape,
    /// Known to auditgate alone: in a Kubernetes policy it is no key.
    pub(super) own: bool,
    /// It has to be there; the text says what to write.
    pub(super) required: Option<&'static str>,
    /// What it is for. The module has no use for it.
    #[cfg(not(target_family = "wasm"))]
    pub(super) doc: &'static str,
}

/// What a value has to be.
#[derive(Debug)]
pub(super) enum Shape {
    /// A mapping with these keys.
    Object(&'static [Field]),
    /// A list.
    List(&'static Shape),
    /// A mapping with keys of any name.
    Values(&'static Shape),
    /// Kept for other tools; not looked at.
    Anything,
    /// `true` or `false`.
    Truth,
    /// A whole number within bounds, both included.
    Number(u32, u32),
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// A text of a certain form.
    Text(Form),
    /// A secret, by reference.
    Secret,
}

/// What a text has to look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Any text.
    Any,
    /// Any text but none.
    Filled,
    /// What routes and counters can carry.
    Name,
    /// A name that can stand in a mask.
    Class,
    /// Text with wildcards at its ends.
    Wildcard,
    /// A path of a request.
    Url,
    /// An API group.
    Group,
    /// A resource and its subresource.
    Resource,
    /// A response code, a class or a range of them.
    Codes,
    /// A network or an address.
    Network,
    /// A share above 0 and up to 1.
    Share,
    /// A place in an event.
    Path,
    /// The name of a key, word by word.
    KeyName,
    /// A regular expression of the small language that auditgate knows.
    Pattern,
    /// A URL without credentials.
    Endpoint,
    /// A format of events.
    Format,
    /// A property of the output role, which checks it itself.
    Option,
}

const fn field(key: &'static str, shape: &'static Shape, doc: &'static str) -> Field {
    let _ = doc;
    Field {
        key,
        shape,
        own: false,
        required: None,
        #[cfg(not(target_family = "wasm"))]
        doc,
    }
}

const fn own(key: &'static str, shape: &'static Shape, doc: &'static str) -> Field {
    Field { own: true, ..field(key, shape, doc) }
}

const fn required(key: &'static str, shape: &'static Shape, help: &'static str, doc: &'static str) -> Field {
    Field { required: Some(help), ..field(key, shape, doc) }
}

pub(super) const LEVELS: [&str; 4] = ["None", "Metadata", "Request", "RequestResponse"];
pub(super) const STAGES: [&str; 4] = ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"];
pub(super) const ACTIONS: [&str; 7] = ["mask", "remove", "hmac", "truncate", "last4", "ip_prefix", "keep"];
pub(super) const VERSIONS: [&str; 2] = ["auditgate/v1", "audit.k8s.io/v1"];
const SOURCES: [&str; 8] = ["kubernetes", "auditd", "sshd", "sudo", "journald", "syslog", "container", "text"];
/// What a limit can count by, in the order of the bits in [`Limit::by`](super::model::Limit).
pub(super) const LIMIT_KEYS: [&str; 8] =
    ["user", "verb", "resource", "namespace", "source_ip", "user_agent", "source", "tag"];

const TEXT: Shape = Shape::Text(Form::Any);
const NAME: Shape = Shape::Text(Form::Name);
const NAMES: Shape = Shape::List(&TEXT);
const WILDCARDS: Shape = Shape::List(&Shape::Text(Form::Wildcard));
const STAGE_LIST: Shape = Shape::List(&Shape::Choice(&STAGES));
const PATHS: Shape = Shape::List(&Shape::Text(Form::Path));
const COUNT: Shape = Shape::Number(1, i32::MAX as u32);

/// The policy.
pub(super) static POLICY: Shape = Shape::Object(&[
    required(
        "apiVersion",
        &Shape::Choice(&VERSIONS),
        BEGIN,
        "`auditgate/v1`, or `audit.k8s.io/v1` for a Kubernetes audit policy.",
    ),
    required("kind", &Shape::Choice(&["Policy"]), BEGIN, "Always `Policy`."),
    field("metadata", &Shape::Anything, "Not looked at."),
    field("omitStages", &STAGE_LIST, "Stages at which every event is dropped."),
    field("omitManagedFields", &Shape::Truth, "Whether `managedFields` are taken out of bodies. Default false."),
    own(
        "extends",
        &Shape::List(&Shape::Choice(&PRESETS)),
        "Presets, whose rules come behind those of the policy; docs/presets.md lists them.",
    ),
    field("rules", &RULES, "Tried in order; the first that fits an event decides about it."),
    own("limits", &Shape::Object(&LIMITS), "Bounds on the work that one event may cause."),
    own(
        "join",
        &Shape::Object(&JOIN),
        "Records that are put together before they are events, in the output role and in `auditgate run`; a filter cannot hold records back, and leaves them as they are.",
    ),
    own("redact", &Shape::Object(&REDACT), "What is taken out of events."),
    own(
        "default",
        &Shape::Object(&DEFAULT),
        "What happens to an event that no rule fits: it leaves, unless this says otherwise.",
    ),
    own(
        "destinations",
        &Shape::List(&Shape::Object(&DESTINATION)),
        "Where events go. Absent: one destination, `default`.",
    ),
]);

/// How a policy begins.
pub(super) const BEGIN: &str = "begin with `apiVersion: auditgate/v1` and `kind: Policy`";

const RULES: Shape = Shape::List(&Shape::Object(&RULE));

pub(super) static LIMITS: [Field; 4] = [
    field(
        "max_event_bytes",
        &Shape::Number(1024, 256 << 20),
        "Largest event in bytes that is looked at; a larger one leaves as its envelope. Default 16777216.",
    ),
    field(
        "max_depth",
        &Shape::Number(1, 10_000),
        "Deepest nesting that is looked at; a deeper event leaves as its envelope. Default 512.",
    ),
    field(
        "max_decode_depth",
        &Shape::Number(0, 3),
        "How often an encoding inside an encoding is taken off. Default 3.",
    ),
    field(
        "max_decoded_bytes",
        &Shape::Number(1024, 64 << 20),
        "Most bytes that one value may decode to; a larger one is masked. Default 1048576.",
    ),
];

static JOIN: [Field; 2] = [
    field("auditd", &Shape::Truth, "Whether the records of one auditd event become one. Default false."),
    field("partial_lines", &Shape::Truth, "Whether the parts of one line of a container become one. Default false."),
];

/// The keys of conditions; those of auditgate's own come behind those of Kubernetes.
macro_rules! with_conditions {
    ($($field:expr,)*) => {
        [
            field("users", &WILDCARDS, "Authenticated user names."),
            field("userGroups", &WILDCARDS, "Groups, of which the user has one."),
            field("verbs", &WILDCARDS, "Verbs."),
            field("resources", &Shape::List(&Shape::Object(&GROUP_RESOURCES)), "Resources, by API group."),
            field("namespaces", &WILDCARDS, "Namespaces; the empty text is the cluster's own scope."),
            field("nonResourceURLs", &Shape::List(&Shape::Text(Form::Url)), "Paths of requests that are for no resource, `*` at their end."),
            own("sources", &Shape::List(&Shape::Choice(&SOURCES)), "Sources that events are recognised as."),
            own("tags", &WILDCARDS, "Fluent Bit's tags."),
            own("userAgents", &WILDCARDS, "Clients as they name themselves."),
            own("messages", &WILDCARDS, "Lines, as the source wrote them: the text under `log`, `message`, `MESSAGE` or `exec`."),
            own("stages", &STAGE_LIST, "Stages."),
            own("responseCodes", &Shape::List(&Shape::Text(Form::Codes)), "Response codes: `403`, `4xx` or `500-599`."),
            own("sourceIPs", &Shape::List(&Shape::Text(Form::Network)), "Networks that the last of the event's addresses is in, the only one that a client cannot make up."),
            own("annotations", &Shape::Values(&WILDCARDS), "Annotations of the event and their values; an empty list: any value."),
            $($field,)*
        ]
    };
}

static WHEN: [Field; 14] = with_conditions![];

static RULE: [Field; 21] = with_conditions![
    field("level", &Shape::Choice(&LEVELS), "The level that events are lowered to; `None` drops them."),
    field("omitStages", &STAGE_LIST, "Stages at which events are dropped, besides the policy's."),
    field("omitManagedFields", &Shape::Truth, "Whether `managedFields` are taken out of bodies."),
    own("name", &NAME, "Stands in every event that the rule decided about, and in the counters. Default `rule-<n>`."),
    own("to", &NAMES, "Names of destinations. Absent: those of the default."),
    own(
        "sample",
        &Shape::Text(Form::Share),
        "The share of requests that is kept, such as `0.05` or `5%`; a request is kept or dropped at all its stages."
    ),
    own(
        "limit",
        &Shape::Object(&LIMIT),
        "The most events that leave in a second; what is over it is dropped, counted and told."
    ),
];

static LIMIT: [Field; 2] = [
    required("per_second", &COUNT, "write `limit: {per_second: 50}`", "Events in a second of the records' own time."),
    field(
        "by",
        &Shape::List(&Shape::Choice(&LIMIT_KEYS)),
        "What has a count of its own: `[user]` for each user. Absent: the rule's events together.",
    ),
];

static GROUP_RESOURCES: [Field; 3] = [
    field("group", &Shape::Text(Form::Group), "The API group; empty is the core group, `*` any."),
    field(
        "resources",
        &Shape::List(&Shape::Text(Form::Resource)),
        "`pods`, `pods/log`, `pods/*`, `*/status` or `*`. Absent: all.",
    ),
    field("resourceNames", &WILDCARDS, "Names of objects."),
];

static DEFAULT: [Field; 2] = [
    field(
        "level",
        &Shape::Choice(&LEVELS),
        "The level that events are lowered to; `None` drops them. Default `RequestResponse`.",
    ),
    field("to", &NAMES, "Names of destinations. Absent: all."),
];

static REDACT: [Field; 5] = [
    field("catalogue", &Shape::Truth, "Whether the built-in catalogue is applied. Default true."),
    field("keep", &NAMES, "Entries of the catalogue that are switched off."),
    field("allow", &PATHS, "Only what stands at these places leaves."),
    field("hmac", &Shape::Object(&HMAC), "The key of the action `hmac`."),
    field(
        "rules",
        &Shape::List(&Shape::Object(&REDACT_RULE)),
        "Redaction rules; the first that fits a value decides, before the catalogue.",
    ),
];

static HMAC: [Field; 2] = [
    required(
        "id",
        &NAME,
        "a short name of the key; it stands in every pseudonym",
        "The key's name, which stands in every pseudonym.",
    ),
    required("key", &Shape::Secret, "write `key: {file: /path}` or `key: {env: NAME}`", "Where the key comes from."),
];

static REDACT_RULE: [Field; 9] = [
    required(
        "name",
        &Shape::Text(Form::Class),
        "the name stands in the mask: `[redacted:name]`",
        "Stands in the mask.",
    ),
    field(
        "paths",
        &PATHS,
        "Values at these places: `requestObject.spec.containers[*].env[*].value`, `**` for any number of steps.",
    ),
    field(
        "keys",
        &Shape::List(&Shape::Text(Form::KeyName)),
        "Values under keys of these names, wherever they stand; `employee_id` is `employeeId` too, and `*_id` any name that ends so.",
    ),
    field("patterns", &Shape::List(&Shape::Text(Form::Pattern)), "Parts of text that fit these patterns."),
    field("when", &Shape::Object(&WHEN), "Only in events that fulfil these conditions."),
    field("action", &Shape::Choice(&ACTIONS), "What happens to the value. Default `mask`."),
    field("max_chars", &Shape::Number(1, 65536), "For `truncate`: characters that stay. Default 64."),
    field("ipv4_bits", &Shape::Number(1, 32), "For `ip_prefix`: bits that stay of an IPv4 address. Default 24."),
    field("ipv6_bits", &Shape::Number(1, 128), "For `ip_prefix`: bits that stay of an IPv6 address. Default 48."),
];

/// A secret's place.
pub(super) static SECRET: Shape = Shape::Object(&[
    field("file", &Shape::Text(Form::Filled), "Path of a file on the host."),
    field("env", &Shape::Text(Form::Filled), "Name of an environment variable of the host."),
]);

static DESTINATION: [Field; 8] = [
    required("name", &NAME, "rules route to the destination by its name", "Rules route to it by this name."),
    field(
        "format",
        &Shape::Text(Form::Format),
        "The form of the events there, such as `ecs`, `ocsf` or `syslog+cef`; in the filter role it needs `auditgate-formats.wasm`. Default `native`.",
    ),
    field(
        "type",
        &Shape::Choice(&TYPES),
        "What receives them, if the output role delivers. This and what follows is nothing to the filter.",
    ),
    field("endpoint", &Shape::Text(Form::Endpoint), "Where the output role sends them."),
    field("auth", &Shape::Object(&AUTH), "Credentials, by reference."),
    field("batch", &Shape::Object(&BATCH), "Bounds on one request; whichever is reached first ends it."),
    field("retry", &Shape::Object(&RETRY), "Bounds on trying again."),
    field(
        "options",
        &Shape::Values(&Shape::Text(Form::Option)),
        "Further properties of the output role, by their names in docs/output.md.",
    ),
];

/// What the output role delivers to.
pub(crate) const TYPES: [&str; 10] =
    ["http", "elasticsearch", "splunk", "loki", "otlp", "datadog", "sentinel", "syslog", "file", "stdout"];

pub(super) static AUTH: [Field; 9] = [
    field("token", &Shape::Secret, "A bearer token, or what the receiver calls so."),
    field("user", &Shape::Secret, "A user name."),
    field("password", &Shape::Secret, "The user's password."),
    field("api_key", &Shape::Secret, "A key in a header of the receiver's own."),
    field("client_id", &Shape::Secret, "OAuth2 client credentials: the client."),
    field("client_secret", &Shape::Secret, "OAuth2 client credentials: its secret."),
    field("client_certificate", &Shape::Secret, "A certificate for TLS, PEM."),
    field("client_key", &Shape::Secret, "Its key, PEM."),
    field("hmac_key", &Shape::Secret, "Signs what is sent."),
];

static BATCH: [Field; 2] =
    [field("max_events", &COUNT, "Events."), field("max_bytes", &COUNT, "Bytes before compression.")];

static RETRY: [Field; 2] = [
    field("max_attempts", &COUNT, "Attempts; what has not arrived then goes to the quarantine. Absent: without end."),
    field("max_wait_ms", &COUNT, "Longest wait between two, in milliseconds. Default 60000."),
];
