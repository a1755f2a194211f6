//! The part `destinations`: names that rules route to, the format there, and what the output role needs to deliver.

use super::{At, Checker};
use crate::policy::codes::Code;
use crate::policy::diagnostics::{Diagnostic, push_number, quoted};
use crate::policy::model::{Batch, Destination, Retry};
use crate::policy::yaml::Node;

/// Most destinations; their names share one string in every event.
const MAX_DESTINATIONS: usize = 64;
/// The forms that events can take.
const FORMATS: [&str; 14] = [
    "native",
    "raw",
    "ecs",
    "ocsf",
    "cef",
    "leef",
    "splunk_hec",
    "loki",
    "es_bulk",
    "otlp",
    "gelf",
    "syslog",
    "datadog",
    "sentinel",
];
const SCHEMES: [&str; 7] = ["https://", "http://", "tls://", "tcp://", "udp://", "file://", "stdout:"];
/// What a receiver may ask for.
const CREDENTIALS: [&str; 8] =
    ["token", "user", "password", "api_key", "client_id", "client_secret", "client_certificate", "client_key"];

impl Checker {
    pub(super) fn destinations(&mut self, node: &Node, at: &At<'_>) -> Vec<Destination> {
        let items = self.list(node, at);
        if items.len() > MAX_DESTINATIONS {
            self.report(at, Diagnostic::new(Code::TooLarge, node.at, 1, "more than 64 destinations"));
            return Vec::new();
        }
        let mut out: Vec<Destination> = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let at = at.index(index);
            let Some(destination) = self.destination(item, &at) else { continue };
            if let Some(first) = out.iter().find(|other| other.name == destination.name) {
                let mut help = String::from("the destination in line ");
                push_number(&mut help, first.at.line as usize);
                help.push_str(" has this name");
                let message = ["a second destination with the name ", &quoted(&destination.name)].concat();
                self.report(&at, Diagnostic::new(Code::DuplicateName, item.at, 1, message).help(help));
                continue;
            }
            out.push(destination);
        }
        out
    }

    fn destination(&mut self, node: &Node, at: &At<'_>) -> Option<Destination> {
        let map = self.mapping(node, at, &["name", "format", "endpoint", "auth", "batch", "retry"])?;
        let name = match map.find("name") {
            Some(node) => self.name(node, &at.key("name")),
            None => {
                self.missing(node, at, "name", "rules route to the destination by its name");
                None
            }
        };
        let format =
            map.find("format").and_then(|node| self.choice(node, &at.key("format"), &FORMATS.map(|name| (name, name))));
        let endpoint = map.find("endpoint").and_then(|node| self.endpoint(node, &at.key("endpoint")));
        let mut auth = Vec::new();
        if let Some(node) = map.find("auth") {
            let at = at.key("auth");
            if let Some(map) = self.mapping(node, &at, &CREDENTIALS) {
                for entry in map.entries {
                    let reference = self.secret(&entry.value, &at.key(&entry.key));
                    auth.extend(reference.map(|reference| (entry.key.clone(), reference)));
                }
            }
        }
        let batch = map.find("batch").map_or(Batch::default(), |node| {
            let [max_events, max_bytes] = self.bounds(node, &at.key("batch"), ["max_events", "max_bytes"]);
            Batch { max_events, max_bytes }
        });
        let retry = map.find("retry").map_or(Retry::default(), |node| {
            let [max_attempts, max_wait_ms] = self.bounds(node, &at.key("retry"), ["max_attempts", "max_wait_ms"]);
            Retry { max_attempts, max_wait_ms }
        });
        let format = format.unwrap_or("native").into();
        Some(Destination { name: name?, format, endpoint, auth, batch, retry, at: node.at })
    }

    fn bounds(&mut self, node: &Node, at: &At<'_>, keys: [&str; 2]) -> [Option<u32>; 2] {
        match self.mapping(node, at, &keys) {
            Some(map) => {
                keys.map(|key| map.find(key).and_then(|node| self.number(node, &at.key(key), 1, i32::MAX as u32)))
            }
            None => [None, None],
        }
    }

    fn endpoint(&mut self, node: &Node, at: &At<'_>) -> Option<String> {
        let text = self.text(node, at)?;
        let scheme = SCHEMES.iter().find(|scheme| text.starts_with(**scheme));
        let authority =
            text.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
        if authority.contains('@') {
            let mut diagnostic = Diagnostic::new(Code::LiteralSecret, node.at, 1, "credentials stand in the URL");
            diagnostic.hide_source = true;
            self.report(at, diagnostic.help("write them under `auth`, by reference"));
            return None;
        }
        if scheme.is_none() || (authority.is_empty() && !matches!(scheme, Some(&"file://" | &"stdout:"))) {
            self.malformed(node, at, "not an endpoint", "write a URL such as `https://siem.example.com:8088`");
            return None;
        }
        Some(text.into())
    }
}
