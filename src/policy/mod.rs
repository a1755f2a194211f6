//! Policies: text becomes a checked policy once, and only a checked policy can run.
//!
//! `yaml` reads text with positions, `check` turns it into the data of `model` and reports everything that is wrong, and the
//! rules are compiled by [`decide`](crate::decide). A policy is written in YAML or JSON, `apiVersion: auditgate/v1`,
//! `kind: Policy`; Kubernetes' own audit policy (`audit.k8s.io/v1`) can be used as it stands.
//!
//! ```
//! let text = b"apiVersion: auditgate/v1\nkind: Policy\nrules:\n- {verb: [get], level: None}\n";
//! let error = auditgate::policy::compile("auditgate.yaml", text).unwrap_err();
//! assert!(error.render().contains("auditgate.yaml:4:4: error P011: unknown key `verb`"));
//! ```

pub(crate) mod address;
mod check;
mod codes;
mod diagnostics;
#[cfg(not(target_family = "wasm"))]
mod json_schema;
mod model;
mod path;
pub(crate) mod presets;
mod schema;
mod text;
mod yaml;

#[cfg(feature = "output")]
pub(crate) use check::suggest::nearest;
pub use codes::Code;
pub use diagnostics::{Diagnostic, Diagnostics, Position, Severity};
#[cfg(not(target_family = "wasm"))]
pub use json_schema::json_schema;
pub use model::{
    Action, Conditions, Destination, GroupResources, HmacKey, Join, Level, Limit, Limits, Network, Property, Redact,
    RedactRule, Reference, Resource, Rule, SecretReference, Stage, Stages, Wildcard,
};
pub use path::{Path, Step};
#[cfg(not(target_family = "wasm"))]
pub use presets::{PRESETS, Preset, PresetRule};

use crate::decide::Matcher;
use crate::redact::MANAGED_FIELDS;
use auditgate_own::Pseudonyms;

/// Largest policy file in bytes.
pub const MAX_POLICY_BYTES: usize = 1 << 20;

/// Shortest key of pseudonyms in bytes: those of a shorter one can be guessed.
const MIN_KEY_BYTES: usize = 16;

/// Longest key of pseudonyms in bytes.
pub const MAX_KEY_BYTES: usize = 4096;

/// A checked and compiled policy.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) kubernetes: bool,
    pub(crate) rules: Vec<Rule>,
    pub(crate) default: Rule,
    pub(crate) matcher: Matcher,
    limits: Limits,
    join: Join,
    redact: Redact,
    destinations: Vec<Destination>,
    hash: [u8; 8],
    warnings: Diagnostics,
    asks_for_annotations: bool,
    pseudonyms: Option<Pseudonyms>,
}

/// Reads, checks and compiles a policy file. `file_name` is for messages only.
///
/// # Errors
/// Everything that is wrong with the file, with its place.
pub fn compile(file_name: &str, bytes: &[u8]) -> Result<Policy, Diagnostics> {
    let start = Position { line: 1, column: 1 };
    if bytes.len() > MAX_POLICY_BYTES {
        let found = Diagnostic::new(Code::TooLarge, start, 1, "the policy is larger than 1 MiB")
            .help("use lists and wildcards");
        return Err(Diagnostics::new(file_name, "", vec![found]));
    }
    let text = match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = valid.iter().filter(|byte| **byte == b'\n').count() as u32 + 1;
            let found = Diagnostic::new(Code::NotText, Position { line, column: 1 }, 1, "the file is not UTF-8 text");
            return Err(Diagnostics::new(file_name, "", vec![found.help("save it as UTF-8")]));
        }
    };
    let root = match yaml::read(text) {
        Ok(root) => root,
        Err(error) => return Err(Diagnostics::new(file_name, text, vec![*error])),
    };
    match check::check(&root) {
        (Some(checked), warnings) => {
            let text = if warnings.is_empty() { "" } else { text };
            Ok(Policy::new(checked, hash(bytes), Diagnostics::new(file_name, text, warnings)))
        }
        (None, found) => Err(Diagnostics::new(file_name, text, found)),
    }
}

impl Policy {
    fn new(checked: check::Checked, hash: [u8; 8], warnings: Diagnostics) -> Self {
        let check::Checked { kubernetes, limits, join, redact, rules, default, destinations } = checked;
        let matcher = Matcher::new(&rules);
        let mut conditions =
            rules.iter().map(|rule| &rule.conditions).chain(redact.rules.iter().map(|rule| &rule.when));
        let asks_for_annotations = conditions.any(|conditions| !conditions.annotations.is_empty());
        Self {
            kubernetes,
            rules,
            default,
            matcher,
            limits,
            join,
            redact,
            destinations,
            hash,
            warnings,
            asks_for_annotations,
            pseudonyms: None,
        }
    }

    /// Where the key of the policy's pseudonyms comes from, if it has any.
    pub fn hmac_key_reference(&self) -> Option<&SecretReference> {
        self.redact.hmac.as_ref().map(|hmac| &hmac.key)
    }

    /// Gives the policy the key of its pseudonyms, which [`Redact::hmac`] says the place of. Without it, the action `hmac` masks.
    ///
    /// # Errors
    /// What is wrong with the key.
    pub fn set_hmac_key(&mut self, key: &[u8]) -> Result<(), &'static str> {
        let key = key.strip_suffix(b"\n").unwrap_or(key);
        let key = key.strip_suffix(b"\r").unwrap_or(key);
        if key.len() < MIN_KEY_BYTES {
            return Err("it has fewer than 16 bytes");
        }
        if key.len() > MAX_KEY_BYTES {
            return Err("it has more than 4096 bytes");
        }
        self.pseudonyms = self.redact.hmac.as_ref().map(|hmac| Pseudonyms::new(&hmac.id, key));
        Ok(())
    }

    pub(crate) fn pseudonyms(&self) -> Option<&Pseudonyms> {
        self.pseudonyms.as_ref()
    }

    /// The policy that holds where none is given: everything in the catalogue is redacted, nothing is dropped, and there is
    /// one destination, `default`.
    pub fn builtin() -> Self {
        let checked = check::Checked {
            kubernetes: false,
            limits: Limits::default(),
            join: Join::default(),
            redact: Redact::default(),
            rules: Vec::new(),
            default: check::default_rule("+default+".into()),
            destinations: vec![check::default_destination()],
        };
        Self::new(checked, hash(BUILTIN.as_bytes()), Diagnostics::new("", "", Vec::new()))
    }

    /// Eight hexadecimal digits that stand for the policy's text; every record carries them.
    #[inline(never)]
    pub fn hash(&self) -> [u8; 8] {
        self.hash
    }

    /// Which records are put together before they are events.
    pub fn join(&self) -> Join {
        self.join
    }

    /// Bounds on the work that one event may cause.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What to take out of events.
    pub fn redact(&self) -> &Redact {
        &self.redact
    }

    /// The rules, in the order in which they are tried.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The name of a rule; `default` without an index.
    pub(crate) fn rule_name(&self, index: Option<usize>) -> &str {
        index.and_then(|index| self.rules.get(index)).map_or(&self.default.name, |rule| &rule.name)
    }

    /// Whether anything looks at annotations, so that they have to be remembered.
    pub(crate) fn asks_for_annotations(&self) -> bool {
        self.asks_for_annotations
    }

    /// Whether what is redacted depends on more of an event than the places of its values.
    pub fn redacts_by_event(&self) -> bool {
        self.redact().rules.iter().any(|rule| rule.when != Conditions::default()) || self.omits_managed_fields()
    }

    /// Whether rules decide about `managedFields`, because the catalogue leaves them in.
    pub(crate) fn omits_managed_fields(&self) -> bool {
        let stays = !self.redact.catalogue || self.redact.keep.iter().any(|entry| entry.name == MANAGED_FIELDS);
        stays && self.rules.iter().chain([&self.default]).any(|rule| rule.omit_managed_fields)
    }

    /// Whether every event leaves, as high as it came, with no rule to be asked.
    pub fn forwards_all(&self) -> bool {
        let Rule { level, omit_stages, omit_managed_fields, sample, limit, .. } = &self.default;
        self.rules.is_empty()
            && (*level, *omit_managed_fields) == (Level::RequestResponse, false)
            && omit_stages.is_empty()
            && sample.is_none()
            && limit.is_none()
    }

    /// What happens to an event that no rule fits.
    pub fn default_rule(&self) -> &Rule {
        &self.default
    }

    /// Where events go.
    pub fn destinations(&self) -> &[Destination] {
        &self.destinations
    }

    /// What deserves a look although the policy runs.
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }
}

/// The text of the built-in policy.
pub const BUILTIN: &str = "apiVersion: auditgate/v1\nkind: Policy\n";

/// FNV-1a over the bytes, 32 bits, in hexadecimal. It tells policies apart; it protects nothing.
fn hash(bytes: &[u8]) -> [u8; 8] {
    let mut hash: u32 = 0x811c_9dc5;
    for byte in bytes {
        hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    }
    let mut out = [b'0'; 8];
    for (index, digit) in out.iter_mut().enumerate() {
        let nibble = (hash >> (28 - 4 * index)) as u8 & 15;
        *digit = if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
    }
    out
}
