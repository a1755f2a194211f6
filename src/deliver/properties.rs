//! The properties of a destination: one table, from which they are read, checked and documented.
//!
//! They stand in an `[OUTPUT]` section of Fluent Bit, under `destinations` of a policy, or behind `--set` of the command line. What the
//! module needs of them it reads with the same code.

use super::forms::{bytes, flag, is_pair, is_url, listen, number, secret_place};
use super::settings::{Kind, Problem};
use Form::{Bytes, Choice, Count, Flag, Listen, Path, Seconds, Secret, Text, Url, Words};

/// What a property's value has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Any text that is not empty.
    Text,
    /// Words of the form `name=value`, with blanks between them.
    Words,
    /// A number from 1.
    Count,
    /// A number of bytes, with `K`, `M` or `G` behind it if one likes.
    Bytes,
    /// A number of seconds.
    Seconds,
    /// `on` or `off`.
    Flag,
    /// One of these.
    Choice(&'static [&'static str]),
    /// A URL without credentials.
    Url,
    /// A path on this machine.
    Path,
    /// `env:NAME` or `file:/path`: never the secret itself.
    Secret,
    /// A port, or an address and a port.
    Listen,
}

/// A property.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// What its value has to be.
    pub form: Form,
    /// The types of destination that know it; all if empty.
    pub kinds: &'static [Kind],
    /// What holds if it is absent.
    pub default: &'static str,
    /// What it means.
    pub doc: &'static str,
}

const fn all(name: &'static str, form: Form, default: &'static str, doc: &'static str) -> Property {
    Property { name, form, kinds: &[], default, doc }
}

const fn of(
    kinds: &'static [Kind],
    name: &'static str,
    form: Form,
    default: &'static str,
    doc: &'static str,
) -> Property {
    Property { name, form, kinds, default, doc }
}

use Kind::{Datadog, Elasticsearch, File, Http, Loki, Otlp, Sentinel, Splunk, Syslog};
const NETWORK: &[Kind] = &[Http, Elasticsearch, Splunk, Loki, Otlp, Datadog, Sentinel, Syslog];
const WEB: &[Kind] = NETWORK.split_at(7).0;
const WITH_USER: &[Kind] = &[Http, Elasticsearch, Loki, Otlp];

/// Every property.
pub const PROPERTIES: &[Property] = &[
    all("type", Choice(Kind::NAMES), "", "what receives the events"),
    all("policy", Path, "the built-in policy", "the policy file; read at the start"),
    all(
        "destination",
        Text,
        "`default`",
        "the destination of the policy that this is; events of other routes are left out",
    ),
    all("format", Text, "`native`", "the form of each event"),
    of(
        NETWORK,
        "endpoint",
        Url,
        "required",
        "where the receiver is; `https://host:port/path`, for syslog `tls://`, `tcp://` or `udp://host:port`",
    ),
    of(WEB, "compress", Choice(&["gzip", "none"]), "`gzip`", "how bodies are compressed"),
    all("batch_max_events", Count, "the type's own", "most events in one request"),
    all("batch_max_bytes", Bytes, "the type's own", "most bytes in one request, before compression"),
    of(
        NETWORK,
        "retry_max_attempts",
        Count,
        "without end",
        "attempts at one chunk; what has not arrived then goes to the quarantine",
    ),
    of(
        NETWORK,
        "retry_max_wait_ms",
        Count,
        "`60000`",
        "a receiver that asks for a longer pause is asked again after this",
    ),
    of(
        NETWORK,
        "quarantine",
        Path,
        "required but for syslog",
        "the file for events that the receiver will never take, one JSON object a line with the reason",
    ),
    of(NETWORK, "quarantine_max_bytes", Bytes, "`1G`", "a file beyond it takes no more, and the events wait instead"),
    of(
        &[Http, Splunk, Loki, Otlp, Elasticsearch],
        "token",
        Secret,
        "",
        "a bearer token; for Splunk the token of the event collector",
    ),
    of(WITH_USER, "user", Secret, "", "the user's name"),
    of(WITH_USER, "password", Secret, "", "the user's password"),
    of(&[Elasticsearch, Datadog], "api_key", Secret, "", "the API key"),
    of(&[Sentinel], "client_id", Secret, "", "the application's id"),
    of(&[Sentinel], "client_secret", Secret, "", "the application's secret"),
    of(NETWORK, "client_certificate", Secret, "", "a certificate chain for TLS, PEM"),
    of(NETWORK, "client_key", Secret, "", "its key, PEM"),
    of(
        &[Http],
        "hmac_key",
        Secret,
        "",
        "signs each body: `X-Auditgate-Signature: sha256=<HMAC-SHA256 in hexadecimal>`",
    ),
    of(NETWORK, "ca_file", Path, "the machine's roots", "certificates that are trusted instead, PEM"),
    of(NETWORK, "tls_verify", Flag, "`on`", "`off` trusts any receiver; there is a warning at each start"),
    of(
        WEB,
        "proxy",
        Text,
        "`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`",
        "an HTTP proxy's URL; `none` ignores the environment",
    ),
    of(NETWORK, "connect_timeout", Seconds, "`10`", "seconds until a connection stands"),
    of(NETWORK, "timeout", Seconds, "`60`", "seconds until an answer is complete"),
    of(WEB, "headers", Words, "", "further headers: `X-Tenant=audit X-Source=k8s`"),
    of(
        &[Http],
        "body",
        Choice(&["ndjson", "array", "single"]),
        "`ndjson`",
        "one event a line, one JSON array, or one request an event",
    ),
    of(
        &[Elasticsearch, Splunk],
        "index",
        Text,
        "",
        "the index or data stream; without one the endpoint's path or the receiver decides",
    ),
    of(&[Splunk], "mode", Choice(&["event", "raw"]), "`event`", "which endpoint of the event collector"),
    of(&[Splunk], "ack", Flag, "`on`", "events count as delivered when the indexer acknowledges them"),
    of(&[Splunk], "ack_timeout", Seconds, "`60`", "seconds to wait for acknowledgements before sending again"),
    of(&[Splunk, Datadog], "source", Text, "`auditgate`", "the source, `ddsource` for Datadog"),
    of(&[Splunk], "sourcetype", Text, "`_json`", "the source type"),
    of(&[Splunk, Datadog, Syslog], "hostname", Text, "this machine's name", "the host that events carry"),
    of(&[Loki], "labels", Words, "`job=auditgate`", "labels of the stream"),
    of(&[Loki], "tenant", Text, "", "`X-Scope-OrgID`"),
    of(&[Otlp, Datadog], "service", Text, "`auditgate`", "the service's name"),
    of(&[Otlp], "encoding", Choice(&["protobuf", "json"]), "`protobuf`", "how requests are written"),
    of(&[Datadog], "tags", Text, "", "`ddtags`: `env:prod,team:sec`"),
    of(
        &[Syslog],
        "framing",
        Choice(&["octets", "lines"]),
        "`octets`",
        "how messages are told apart over TCP and TLS (RFC 6587)",
    ),
    of(
        &[Syslog],
        "confirm",
        Flag,
        "`on`",
        "over TCP and TLS events count as delivered when the receiver has read to the end and closes the connection; `off`: when they are written",
    ),
    of(&[Syslog], "app_name", Text, "`auditgate`", "the application that messages carry"),
    of(
        &[Syslog],
        "max_message_bytes",
        Bytes,
        "`64K` over UDP, else `1M`",
        "longer messages leave as their beginning, marked; UDP carries 65,000 bytes at most",
    ),
    of(&[Sentinel], "rule", Text, "required", "the data collection rule's immutable id, `dcr-...`"),
    of(&[Sentinel], "stream", Text, "required", "the stream's name, `Custom-...`"),
    of(
        &[Sentinel],
        "token_endpoint",
        Url,
        "required",
        "where tokens are got: `https://login.microsoftonline.com/<tenant>/oauth2/v2.0/token`",
    ),
    of(&[Sentinel], "scope", Text, "`https://monitor.azure.com/.default`", "what the token is for"),
    of(&[File], "path", Path, "required", "the file"),
    of(&[File], "max_file_bytes", Bytes, "`100M`", "a file beyond it is renamed to `<path>.1`, older ones move up"),
    of(&[File], "max_files", Count, "`5`", "renamed files that stay"),
    all("module", Path, "the one inside", "another `auditgate-output.wasm`"),
    all(
        "metrics_listen",
        Listen,
        "off",
        "Prometheus counters: a port of the loopback address, or an address and a port",
    ),
];

/// Names of Fluent Bit's own outputs, and what is meant here.
pub const FOREIGN: &[(&str, &str)] = &[
    ("host", "endpoint"),
    ("port", "endpoint"),
    ("uri", "endpoint"),
    ("url", "endpoint"),
    ("http_user", "user"),
    ("http_passwd", "password"),
    ("http_password", "password"),
    ("splunk_token", "token"),
    ("bearer_token", "token"),
    ("apikey", "api_key"),
    ("tenant_id", "tenant"),
    ("tls.verify", "tls_verify"),
    ("tls.ca_file", "ca_file"),
    ("tls.crt_file", "client_certificate"),
    ("tls.key_file", "client_key"),
    ("header", "headers"),
    ("compression", "compress"),
];

impl Property {
    /// The property of this name.
    pub fn of_name(name: &str) -> Option<&'static Self> {
        PROPERTIES.iter().find(|property| property.name.eq_ignore_ascii_case(name))
    }

    /// Whether destinations of this type know it.
    pub fn fits(&self, kind: Kind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    /// Whether it is a secret's place.
    pub fn is_secret(&self) -> bool {
        self.form == Secret
    }

    /// Checks a value; the value itself appears in no message, because it may be a secret in the wrong place.
    pub(super) fn check(&self, value: &str) -> Result<(), Problem> {
        let expected = match self.form {
            Text | Path if value.is_empty() => "text",
            Words if !value.split_whitespace().all(is_pair) => "words of the form `name=value`",
            Count if number(value).is_none_or(|number| number == 0) => "a number from 1",
            Bytes if bytes(value).is_none() => "a number of bytes, such as `512K` or `2M`",
            Seconds if number(value).is_none_or(|number| !(1..=3600).contains(&number)) => "seconds, from 1 to 3600",
            Flag if flag(value).is_none() => "`on` or `off`",
            Choice(names) if !names.contains(&value) => {
                let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                return Err(Problem::new("D002", format!("`{}`: expected one of {}", self.name, names.join(", "))));
            }
            Url if !is_url(value) => "a URL without user, password and fragment",
            Secret if secret_place(value).is_none() => {
                "`env:NAME` or `file:/path`: a secret does not stand in a configuration itself"
            }
            Listen if listen(value).is_none() => "a port, or an address and a port such as `0.0.0.0:9101`",
            _ => return Ok(()),
        };
        Err(Problem::new("D002", format!("`{}`: expected {expected}", self.name)))
    }
}
