//! The part `redact`: what is taken out of events besides the built-in catalogue, and what is left in against it.

use super::{At, Checker, Map};
use crate::policy::codes::Code;
use crate::policy::diagnostics::{Diagnostic, quoted};
use crate::policy::model::{Action, HmacKey, Redact, RedactRule, Reference, SecretReference};
use crate::policy::path::Path;
use crate::policy::yaml::{Node, Value};

const ACTIONS: [(&str, Action); 7] = [
    ("mask", Action::Mask),
    ("remove", Action::Remove),
    ("hmac", Action::Hmac),
    ("truncate", Action::Truncate { max_chars: 64 }),
    ("last4", Action::Last4),
    ("ip_prefix", Action::IpPrefix { ipv4: 24, ipv6: 48 }),
    ("keep", Action::Keep),
];
/// Words that detections look for in values; a mask with one of them in it would raise alerts.
const ALARMING: [&str; 4] = ["password", "passphrase", "access_key", "access-key"];

impl Checker {
    pub(super) fn redact(&mut self, node: &Node, at: &At<'_>) -> Redact {
        let mut redact = Redact::default();
        let Some(map) = self.mapping(node, at, &["catalogue", "keep", "allow", "hmac", "rules"]) else { return redact };
        if let Some(node) = map.find("catalogue") {
            redact.catalogue = self.boolean(node, &at.key("catalogue")).unwrap_or(true);
        }
        if let Some(node) = map.find("keep") {
            let at = at.key("keep");
            for (index, item) in self.list(node, &at).iter().enumerate() {
                redact
                    .keep
                    .extend(self.text(item, &at.index(index)).map(|name| Reference { name: name.into(), at: item.at }));
            }
        }
        if let Some(node) = map.find("allow") {
            redact.allow = Some(self.paths(node, &at.key("allow")));
        }
        if let Some(node) = map.find("hmac") {
            redact.hmac = self.hmac_key(node, &at.key("hmac"));
        }
        if let Some(node) = map.find("rules") {
            let at = at.key("rules");
            for (index, item) in self.list(node, &at).iter().enumerate() {
                redact.rules.extend(self.redact_rule(item, &at.index(index), map.find("hmac").is_some()));
            }
        }
        redact
    }

    fn paths(&mut self, node: &Node, at: &At<'_>) -> Vec<Path> {
        let mut paths = Vec::new();
        for (index, item) in self.list(node, at).iter().enumerate() {
            let at = at.index(index);
            let Some(text) = self.text(item, &at) else { continue };
            match Path::parse(text) {
                Ok(path) => paths.push(path),
                Err((offset, message)) => {
                    let mut position = item.at;
                    // Text in quotes begins one column later; escapes before the place would shift it, which paths do not need.
                    position.column += offset as u32 + u32::from(matches!(item.value, Value::Text(_)));
                    let diagnostic = Diagnostic::new(Code::Malformed, position, 1, message).found(quoted(text));
                    self.report(
                        &at,
                        diagnostic.help("write a path such as `requestObject.spec.containers[*].env[*].value`"),
                    );
                }
            }
        }
        paths
    }

    fn texts(&mut self, node: &Node, at: &At<'_>) -> Vec<Reference> {
        let mut out = Vec::new();
        for (index, item) in self.list(node, at).iter().enumerate() {
            let at = at.index(index);
            match self.text(item, &at) {
                Some("") => self.malformed(item, &at, "empty text", "remove it"),
                Some(text) => out.push(Reference { name: text.into(), at: item.at }),
                None => {}
            }
        }
        out
    }

    fn redact_rule(&mut self, node: &Node, at: &At<'_>, has_key: bool) -> Option<RedactRule> {
        let known = ["name", "paths", "keys", "patterns", "when", "action", "max_chars", "ipv4_bits", "ipv6_bits"];
        let map = self.mapping(node, at, &known)?;
        let name = match map.find("name") {
            Some(node) => self.class(node, &at.key("name")),
            None => {
                self.missing(node, at, "name", "the name stands in the mask: `[redacted:name]`");
                None
            }
        };
        let paths = map.find("paths").map_or(Vec::new(), |node| self.paths(node, &at.key("paths")));
        let keys = map.find("keys").map_or(Vec::new(), |node| self.texts(node, &at.key("keys")));
        let patterns = map.find("patterns").map_or(Vec::new(), |node| self.texts(node, &at.key("patterns")));
        if ["paths", "keys", "patterns"].iter().all(|key| map.find(key).is_none()) {
            self.missing(node, at, "paths", "a redaction rule has at least one of `paths`, `keys` and `patterns`");
        }
        let when = match map.find("when") {
            Some(node) => self.when(node, &at.key("when")),
            None => Default::default(),
        };
        let action = self.action(&map, at, has_key)?;
        let keys = keys.into_iter().map(|key| key.name).collect();
        Some(RedactRule { name: name?, paths, keys, patterns, when, action, at: node.at })
    }

    fn when(&mut self, node: &Node, at: &At<'_>) -> crate::policy::model::Conditions {
        let mut known = super::conditions::KUBERNETES_KEYS.to_vec();
        known.extend(super::conditions::OWN_KEYS);
        match self.mapping(node, at, &known) {
            Some(map) => self.conditions(&map, at),
            None => Default::default(),
        }
    }

    /// A name that can stand in a mask.
    fn class(&mut self, node: &Node, at: &At<'_>) -> Option<String> {
        let name = self.name(node, at)?;
        if let Some(word) = ALARMING.iter().find(|word| name.contains(**word)) {
            let message = ["the name holds `", word, "`, which detections look for in values"].concat();
            self.malformed(node, at, &message, "choose a neutral name: it stands in the mask");
            return None;
        }
        Some(name)
    }

    fn action(&mut self, map: &Map<'_>, at: &At<'_>, has_key: bool) -> Option<Action> {
        let action = match map.find("action") {
            Some(node) => self.choice(node, &at.key("action"), &ACTIONS),
            None => Some(Action::Mask),
        };
        for (key, fits) in [
            ("max_chars", matches!(action, Some(Action::Truncate { .. }) | None)),
            ("ipv4_bits", matches!(action, Some(Action::IpPrefix { .. }) | None)),
            ("ipv6_bits", matches!(action, Some(Action::IpPrefix { .. }) | None)),
        ] {
            if let (Some(node), false) = (map.find(key), fits) {
                let message = ["`", key, "` does not belong to this action"].concat();
                let help = if key == "max_chars" { "it belongs to `truncate`" } else { "it belongs to `ip_prefix`" };
                self.report(&at.key(key), Diagnostic::new(Code::Conflict, node.at, node.width, message).help(help));
            }
        }
        let mut number =
            |key: &str, least, most| map.find(key).and_then(|node| self.number(node, &at.key(key), least, most));
        match action? {
            Action::Truncate { max_chars } => {
                Some(Action::Truncate { max_chars: number("max_chars", 1, 65536).unwrap_or(max_chars) })
            }
            Action::IpPrefix { ipv4, ipv6 } => {
                let mut bits = |key, most, default| {
                    number(key, 1, most).and_then(|bits| u8::try_from(bits).ok()).unwrap_or(default)
                };
                Some(Action::IpPrefix { ipv4: bits("ipv4_bits", 32, ipv4), ipv6: bits("ipv6_bits", 128, ipv6) })
            }
            Action::Hmac if !has_key => {
                let node = map.find("action").unwrap_or(map.node);
                let diagnostic = Diagnostic::new(Code::MissingKey, node.at, node.width, "`hmac` without a key");
                self.report(&at.key("action"), diagnostic.help("add `redact.hmac` with `id` and `key: {file: /path}`"));
                None
            }
            other => Some(other),
        }
    }

    fn hmac_key(&mut self, node: &Node, at: &At<'_>) -> Option<HmacKey> {
        let map = self.mapping(node, at, &["id", "key"])?;
        let id = match map.find("id") {
            Some(node) => self.name(node, &at.key("id")),
            None => {
                self.missing(node, at, "id", "a short name of the key; it stands in every pseudonym");
                None
            }
        };
        let key = match map.find("key") {
            Some(node) => self.secret(node, &at.key("key")),
            None => {
                self.missing(node, at, "key", "write `key: {file: /path}` or `key: {env: NAME}`");
                None
            }
        };
        Some(HmacKey { id: id?, key: key? })
    }

    /// A secret by reference. A literal one is refused, and neither shown nor repeated.
    pub(super) fn secret(&mut self, node: &Node, at: &At<'_>) -> Option<SecretReference> {
        const HELP: &str = "write `{file: /path}` or `{env: NAME}`";
        if let Value::Plain(_) | Value::Text(_) = node.value {
            let mut diagnostic =
                Diagnostic::new(Code::LiteralSecret, node.at, 1, "a secret belongs outside the policy").help(HELP);
            diagnostic.hide_source = true;
            self.report(at, diagnostic);
            return None;
        }
        let map = self.mapping(node, at, &["file", "env"])?;
        match (map.find("file"), map.find("env")) {
            (Some(node), None) => self.text(node, &at.key("file")).map(|path| SecretReference::File(path.into())),
            (None, Some(node)) => self.text(node, &at.key("env")).map(|name| SecretReference::Environment(name.into())),
            _ => {
                self.report(
                    at,
                    Diagnostic::new(Code::Conflict, node.at, 1, "expected one of `file` and `env`").help(HELP),
                );
                None
            }
        }
    }
}
