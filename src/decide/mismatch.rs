//! Why an event does not fit conditions, for people: the first key of a rule that says no.

use super::Attributes;
use super::conditions::{fits_annotation, fits_codes, fits_network, fits_path, fits_stages, fits_text, value_of};
use crate::policy::{Conditions, Property};

/// What in a rule an event does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The key, as a policy writes it.
    pub key: &'static str,
    /// What the event has there.
    pub found: String,
}

impl Conditions {
    /// The first key that an event does not fit; none if it fits. The answer agrees with [`fit`](Self::fit).
    pub fn mismatch(&self, attributes: &Attributes<'_>) -> Option<Mismatch> {
        let told = |key, found: String| Some(Mismatch { key, found });
        for (property, key, _) in Property::KEYS {
            if property == Property::Namespace {
                continue;
            }
            let wanted = self.texts(property);
            if property == Property::Group {
                let fits = attributes.groups.iter().any(|group| fits_text(wanted, Some(group)));
                if !wanted.is_empty() && !fits {
                    return told(key, list(attributes.groups));
                }
            } else if !fits_text(wanted, value_of(property, attributes)) {
                let value = value_of(property, attributes);
                // A line may hold what must not be shown.
                let is_line = property == Property::Message && value.is_some();
                return told(key, if is_line { "another line".into() } else { shown(value) });
            }
        }
        let namespaces = self.texts(Property::Namespace);
        if !namespaces.is_empty() || !self.resources.is_empty() {
            if !self.resources.is_empty() && !self.resources.iter().any(|group| group.fits_request(attributes)) {
                return told("resources", resource(attributes));
            }
            if attributes.resource.is_none() || !fits_text(namespaces, value_of(Property::Namespace, attributes)) {
                return told("namespaces", shown(value_of(Property::Namespace, attributes)));
            }
        } else {
            let (urls, path) = (self.texts(Property::Path), value_of(Property::Path, attributes));
            if !urls.is_empty() && !path.is_some_and(|path| urls.iter().any(|url| fits_path(url, path))) {
                return told("nonResourceURLs", path.map_or_else(|| resource(attributes), |path| shown(Some(path))));
            }
        }
        if !fits_stages(self, attributes) {
            return told("stages", shown(attributes.stage));
        }
        if !fits_codes(self, attributes) {
            return told("responseCodes", attributes.response_code.map_or("nothing".into(), |code| code.to_string()));
        }
        if !fits_network(&self.source_ips, attributes) {
            return told("sourceIPs", shown(attributes.source_ips.last().copied()));
        }
        let (name, _) = self.annotations.iter().find(|wanted| !fits_annotation(wanted, attributes))?;
        let found = attributes.annotations.iter().find(|(key, _)| *key == name.as_bytes()).map(|(_, value)| *value);
        told("annotations", format!("{name}: {}", shown(found)))
    }
}

/// A value, or that there is none.
fn shown(value: Option<&[u8]>) -> String {
    match value {
        None => "nothing".into(),
        Some([]) => "\"\"".into(),
        Some(value) => String::from_utf8_lossy(value).into_owned(),
    }
}

fn list(values: &[&[u8]]) -> String {
    let values: Vec<_> = values.iter().map(|value| shown(Some(value))).collect();
    if values.is_empty() { "nothing".into() } else { values.join(", ") }
}

/// `deployments.apps/scale web`, or that the request is for none.
fn resource(attributes: &Attributes<'_>) -> String {
    let Some(resource) = attributes.resource else { return "no resource".into() };
    let mut text = String::from_utf8_lossy(resource).into_owned();
    for (before, part) in [(".", attributes.api_group), ("/", attributes.subresource), (" ", attributes.name)] {
        if let Some(part) = part.filter(|part| !part.is_empty()) {
            text.push_str(before);
            text.push_str(&String::from_utf8_lossy(part));
        }
    }
    text
}
