//! A destination's settings: names and values become checked settings once, and only those can run.

use super::forms;
use super::properties::{FOREIGN, PROPERTIES, Property};
use crate::policy::nearest;

macro_rules! kinds {
    ($($kind:ident $name:literal,)*) => {
        /// What receives events.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $(#[doc = concat!("`", $name, "`")] $kind),*
        }

        impl Kind {
            /// The names of all.
            pub const NAMES: &[&str] = &[$($name),*];
            const ALL: &[(&str, Self)] = &[$(($name, Self::$kind)),*];
        }
    };
}

kinds! {
    Http "http",
    Elasticsearch "elasticsearch",
    Splunk "splunk",
    Loki "loki",
    Otlp "otlp",
    Datadog "datadog",
    Sentinel "sentinel",
    Syslog "syslog",
    File "file",
    Stdout "stdout",
}

impl Kind {
    /// The type of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// Properties without which it cannot run.
    fn required(self) -> &'static [&'static str] {
        match self {
            Self::Sentinel => {
                &["endpoint", "quarantine", "rule", "stream", "token_endpoint", "client_id", "client_secret"]
            }
            Self::Splunk => &["endpoint", "quarantine", "token"],
            Self::Datadog => &["endpoint", "quarantine", "api_key"],
            Self::Http | Self::Elasticsearch | Self::Loki | Self::Otlp => &["endpoint", "quarantine"],
            Self::Syslog => &["endpoint"],
            Self::File => &["path"],
            Self::Stdout => &[],
        }
    }

    /// Whether bodies are compressed for it.
    pub(super) fn compresses(self) -> bool {
        !matches!(self, Self::Syslog | Self::File | Self::Stdout)
    }

    fn schemes(self) -> &'static [&'static str] {
        match self {
            Self::Syslog => &["tls://", "tcp://", "udp://"],
            _ => &["https://", "http://"],
        }
    }
}

/// What is wrong with a destination's properties; never with a value in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// A stable code.
    pub code: &'static str,
    /// What was expected, what was found.
    pub message: String,
    /// What to write.
    pub help: String,
}

impl Problem {
    pub(super) fn new(code: &'static str, message: String) -> Self {
        Self { code, message, help: String::new() }
    }

    pub(super) fn help(self, help: String) -> Self {
        Self { help, ..self }
    }
}

impl core::fmt::Display for Problem {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(out, "{}: {}", self.code, self.message)?;
        if self.help.is_empty() { Ok(()) } else { write!(out, " (help: {})", self.help) }
    }
}

/// The message for a property that nobody knows.
pub fn unknown(name: &str) -> Problem {
    let problem = Problem::new("D001", format!("unknown property `{name}`"));
    let foreign = FOREIGN.iter().find(|(foreign, _)| foreign.eq_ignore_ascii_case(name)).map(|(_, own)| *own);
    match foreign.or_else(|| nearest(name, &PROPERTIES.iter().map(|property| property.name).collect::<Vec<_>>())) {
        Some(own) => problem.help(format!("did you mean `{own}`?")),
        None => problem.help("docs/output.md lists all properties".into()),
    }
}

/// Checked properties of one destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What receives the events.
    pub kind: Kind,
    values: Vec<(&'static str, String)>,
}

impl Settings {
    /// Checks names and values.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn check<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Vec<Problem>> {
        let (mut values, mut problems) = (Vec::new(), Vec::new());
        for (name, value) in pairs {
            match Property::of_name(name) {
                None => problems.push(unknown(name)),
                Some(property) if values.iter().any(|(known, _)| *known == property.name) => {
                    problems.push(Problem::new("D001", format!("`{name}` stands there twice")));
                }
                Some(property) => {
                    problems.extend(property.check(value).err());
                    values.push((property.name, value.to_owned()));
                }
            }
        }
        let find = |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
        let Some(kind) = find("type").and_then(Kind::from_name) else {
            if find("type").is_none() {
                problems.push(
                    Problem::new("D003", "`type` is missing".into()).help(format!("one of {}", Kind::NAMES.join(", "))),
                );
            }
            return Err(problems);
        };
        for (name, _) in &values {
            if Property::of_name(name).is_some_and(|property| !property.fits(kind)) {
                problems.push(Problem::new("D004", format!("`{name}` means nothing to type `{}`", kind.name())));
            }
        }
        for name in kind.required().iter().filter(|name| find(name).is_none()) {
            let doc = Property::of_name(name).map_or("", |property| property.doc);
            problems.push(Problem::new("D003", format!("`{name}` is missing")).help(doc.into()));
        }
        if let Some(endpoint) = find("endpoint")
            && !kind.schemes().iter().any(|scheme| endpoint.starts_with(scheme))
        {
            let expected = kind.schemes().join(", ");
            problems
                .push(Problem::new("D002", format!("`endpoint`: expected a URL that begins with one of {expected}")));
        }
        for (one, other) in [
            ("user", "password"),
            ("password", "user"),
            ("client_certificate", "client_key"),
            ("client_key", "client_certificate"),
            ("retry_max_attempts", "quarantine"),
        ] {
            if find(one).is_some() && find(other).is_none() {
                problems.push(Problem::new("D003", format!("`{one}` without `{other}`")));
            }
        }
        if ["token", "user", "api_key"].iter().filter(|name| find(name).is_some()).count() > 1 {
            problems.push(Problem::new("D004", "more than one of `token`, `user`, `api_key`".into()));
        }
        if problems.is_empty() { Ok(Self { kind, values }) } else { Err(problems) }
    }

    /// The value of a property that was given.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// The number of a property that was given.
    pub fn number(&self, name: &str) -> Option<u32> {
        forms::number(self.text(name)?)
    }

    /// The bytes of a property that was given.
    pub fn bytes(&self, name: &str) -> Option<u64> {
        forms::bytes(self.text(name)?)
    }

    /// Whether a switch is on.
    pub fn flag(&self, name: &str) -> Option<bool> {
        forms::flag(self.text(name)?)
    }

    /// Pairs of a list of words.
    pub fn pairs(&self, name: &str) -> impl Iterator<Item = (&str, &str)> {
        self.text(name).unwrap_or_default().split_whitespace().filter_map(|word| word.split_once('='))
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// The same, with a property set if it was not.
    pub fn with_default(mut self, name: &str, value: &str) -> Self {
        if let (None, Some(property)) = (self.text(name), Property::of_name(name)) {
            self.values.push((property.name, value.to_owned()));
        }
        self
    }

    /// The destination's name in the policy.
    pub fn destination(&self) -> &str {
        self.text("destination").unwrap_or("default")
    }
}

/// The table of all properties, for the documentation.
#[cfg(not(target_family = "wasm"))]
pub fn table() -> String {
    let mut out = String::from("| Property | Types | Default | Meaning |\n|---|---|---|---|\n");
    for property in PROPERTIES {
        let kinds: Vec<&str> = property.kinds.iter().map(|kind| kind.name()).collect();
        let kinds = if kinds.is_empty() { "all".to_owned() } else { kinds.join(", ") };
        let default = if property.default.is_empty() { "-" } else { property.default };
        let place = if property.is_secret() { ": `env:NAME` or `file:/path`" } else { "" };
        out += &format!("| `{}` | {kinds} | {default} | {}{place} |\n", property.name, property.doc);
    }
    out
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
    use super::*;

    const HTTP: [(&str, &str); 3] = [("Type", "http"), ("endpoint", "https://siem:8443/in"), ("quarantine", "/q")];

    fn problems(more: &[(&str, &str)]) -> String {
        let all = HTTP.iter().chain(more).copied();
        Settings::check(all).unwrap_err().iter().map(|problem| format!("{problem}\n")).collect()
    }

    #[test]
    fn what_is_right_is_read() {
        let settings =
            Settings::check(HTTP.into_iter().chain([("batch_max_bytes", "512K"), ("headers", "A=b C=d=e")])).unwrap();
        assert_eq!((settings.kind, settings.bytes("batch_max_bytes")), (Kind::Http, Some(512 << 10)));
        assert_eq!(settings.pairs("headers").collect::<Vec<_>>(), [("A", "b"), ("C", "d=e")]);
        assert_eq!(settings.destination(), "default");
    }

    #[test]
    fn what_is_wrong_is_told_with_what_to_write() {
        let cases: [(&[(&str, &str)], &str); 11] = [
            (&[("endpont", "x")], "D001: unknown property `endpont` (help: did you mean `endpoint`?)"),
            (&[("http_passwd", "x")], "did you mean `password`?"),
            (&[("zzzz", "x")], "docs/output.md"),
            (&[("timeout", "0")], "D002: `timeout`: expected seconds"),
            (&[("compress", "zip")], "D002: `compress`: expected one of `gzip`, `none`"),
            (&[("index", "a")], "D004: `index` means nothing to type `http`"),
            (&[("user", "env:U")], "D003: `user` without `password`"),
            (&[("token", "env:T"), ("user", "env:U"), ("password", "env:P")], "D004: more than one of"),
            (&[("endpoint", "https://b")], "`endpoint` stands there twice"),
            (&[("metrics_listen", "70000")], "D002: `metrics_listen`"),
            (&[("body", "xml")], "D002: `body`"),
        ];
        for (more, message) in cases {
            assert!(problems(more).contains(message), "{} lacks {message}", problems(more));
        }
        let missing = Settings::check([("type", "sentinel")]).unwrap_err();
        assert_eq!(missing.len(), 7, "{missing:?}");
        assert!(Settings::check([]).unwrap_err()[0].to_string().starts_with("D003: `type` is missing"));
        let scheme = Settings::check([("type", "syslog"), ("endpoint", "https://a")]).unwrap_err();
        assert!(scheme[0].message.contains("tls://"));
    }

    #[test]
    fn a_secret_in_a_configuration_is_refused_and_not_repeated() {
        let secret = ["hunter", "2hunter2"].concat();
        for name in ["token", "password", "hmac_key", "timeout", "endpoint"] {
            let value = if name == "endpoint" { format!("https://me:{secret}@host") } else { secret.clone() };
            let found = Settings::check([("type", "http"), ("quarantine", "/q"), (name, &value)]).unwrap_err();
            let text: String = found.iter().map(ToString::to_string).collect();
            assert!(text.contains(name) && !text.contains(&secret), "{text}");
        }
    }

    #[test]
    fn names_differ_by_more_than_a_slip() {
        for (index, one) in PROPERTIES.iter().enumerate() {
            assert!(PROPERTIES.iter().skip(index + 1).all(|other| one.name != other.name));
            assert!(FOREIGN.iter().all(|(foreign, own)| *foreign != one.name && Property::of_name(own).is_some()));
        }
    }
}
