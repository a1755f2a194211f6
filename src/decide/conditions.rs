//! What it means that an event fits conditions: Kubernetes' own evaluation of audit rules, and what auditgate adds to it.
//!
//! Source: `ruleMatches` in k8s.io/apiserver, package audit/policy. What differs: the API server judges a request, auditgate
//! the event about it. `objectRef` present means a request for a resource, the path is `requestURI` without its query and
//! with percent-encoding taken off, and a name is the one that the event carries (the API server adds it to `create` requests
//! only once the body is read).

use super::Attributes;
use crate::bytes;
use crate::policy::address;
use crate::policy::{Conditions, GroupResources, Network, Property, Resource, Stage, Wildcard};

impl Conditions {
    /// Whether an event fits.
    pub fn fit(&self, attributes: &Attributes<'_>) -> bool {
        TEXTS.iter().all(|property| fits_text(self.texts(*property), value_of(*property, attributes)))
            && demands(self.texts(Property::Group), |group| attributes.groups.iter().any(|name| group.fits(name)))
            && fits_target(self, attributes)
            && fits_others(self, attributes)
    }
}

/// The properties that have one value, and that requests of every kind have.
const TEXTS: [Property; 6] =
    [Property::User, Property::Verb, Property::Source, Property::Tag, Property::UserAgent, Property::Message];

/// The value of a property; `None` fits nothing.
pub(super) fn value_of<'a>(property: Property, attributes: &Attributes<'a>) -> Option<&'a [u8]> {
    match property {
        Property::User => attributes.user,
        Property::Group => None,
        Property::Verb => Some(attributes.verb.unwrap_or_default()),
        Property::Namespace => attributes.resource.map(|_| attributes.namespace.unwrap_or_default()),
        Property::Source => Some(attributes.source.as_bytes()),
        Property::Tag => Some(attributes.tag),
        Property::UserAgent => attributes.user_agent,
        Property::Message => attributes.message,
        Property::Path => {
            if attributes.resource.is_none() {
                Some(request_path(attributes))
            } else {
                None
            }
        }
    }
}

/// Whether a list demands nothing, or one of its items fits.
fn demands<T>(list: &[T], fits: impl FnMut(&T) -> bool) -> bool {
    list.is_empty() || list.iter().any(fits)
}

pub(super) fn fits_text(wanted: &[Wildcard], value: Option<&[u8]>) -> bool {
    demands(wanted, |wanted| value.is_some_and(|value| wanted.fits(value)))
}

/// For resources, for paths, or for both if it names neither.
fn fits_target(conditions: &Conditions, attributes: &Attributes<'_>) -> bool {
    let namespaces = conditions.texts(Property::Namespace);
    if !namespaces.is_empty() || !conditions.resources.is_empty() {
        return attributes.resource.is_some()
            && fits_text(namespaces, value_of(Property::Namespace, attributes))
            && demands(&conditions.resources, |group| group.fits(attributes));
    }
    let path = value_of(Property::Path, attributes);
    demands(conditions.texts(Property::Path), |url| path.is_some_and(|path| fits_path(url, path)))
}

fn fits_others(conditions: &Conditions, attributes: &Attributes<'_>) -> bool {
    fits_stages(conditions, attributes)
        && fits_codes(conditions, attributes)
        && fits_network(&conditions.source_ips, attributes)
        && conditions.annotations.iter().all(|wanted| fits_annotation(wanted, attributes))
}

pub(super) fn fits_stages(conditions: &Conditions, attributes: &Attributes<'_>) -> bool {
    conditions.stages.is_empty()
        || attributes.stage.and_then(Stage::from_name).is_some_and(|stage| conditions.stages.contains(stage))
}

pub(super) fn fits_codes(conditions: &Conditions, attributes: &Attributes<'_>) -> bool {
    demands(&conditions.response_codes, |(first, last)| {
        attributes.response_code.is_some_and(|code| (*first..=*last).contains(&code))
    })
}

pub(super) fn fits_annotation((key, values): &(String, Vec<Wildcard>), attributes: &Attributes<'_>) -> bool {
    let found = attributes.annotations.iter().find(|(name, _)| *name == key.as_bytes());
    found.is_some_and(|(_, value)| demands(values, |wanted| wanted.fits(value)))
}

/// The path of a request: `requestURI` without its query.
fn request_path<'a>(attributes: &Attributes<'a>) -> &'a [u8] {
    let uri = attributes.request_uri.unwrap_or_default();
    uri.split(|byte| *byte == b'?').next().unwrap_or_default()
}

/// The request's address as far as nobody but the API server's own neighbour can have made it up: the last one.
pub(super) fn fits_network(networks: &[Network], attributes: &Attributes<'_>) -> bool {
    if networks.is_empty() {
        return true;
    }
    let Some(address) = attributes.source_ips.last().and_then(|text| address::parse(text)) else { return false };
    networks.iter().any(|network| network.contains(address))
}

impl Network {
    fn contains(&self, address: [u8; 16]) -> bool {
        let mut bits = self.bits;
        for (own, other) in self.address.iter().zip(address) {
            let width = bits.min(8);
            let mask = !(0xff_u16 >> width) as u8;
            if (own ^ other) & mask != 0 {
                return false;
            }
            bits -= width;
        }
        true
    }
}

impl Wildcard {
    /// Whether text fits.
    pub fn fits(&self, value: &[u8]) -> bool {
        let text = self.text.as_bytes();
        match (self.open_start, self.open_end) {
            (false, false) => value == text,
            (true, false) => value.ends_with(text),
            (false, true) => value.starts_with(text),
            (true, true) => text.is_empty() || bytes::contains(value, text),
        }
    }
}

impl GroupResources {
    /// Whether an event is about a resource at all, and about one of these.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn fits_request(&self, attributes: &Attributes<'_>) -> bool {
        attributes.resource.is_some() && self.fits(attributes)
    }

    fn fits(&self, attributes: &Attributes<'_>) -> bool {
        let name = attributes.name.unwrap_or_default();
        self.group.fits(attributes.api_group.unwrap_or_default())
            && (self.resources.is_empty()
                || (demands(&self.names, |wanted| wanted.fits(name))
                    && self.resources.iter().any(|resource| resource.fits(attributes))))
    }
}

impl Resource {
    fn fits(&self, attributes: &Attributes<'_>) -> bool {
        let resource = attributes.resource.unwrap_or_default();
        let subresource = attributes.subresource.unwrap_or_default();
        match self {
            Self::Any => true,
            Self::Exact(text) => is_combined(text.as_bytes(), resource, subresource),
            Self::WithSubresources(wanted) => wanted.fits(resource),
            Self::Subresource(wanted) => !subresource.is_empty() && wanted.fits(subresource),
            Self::Parts(wanted, None) => subresource.is_empty() && wanted.fits(resource),
            Self::Parts(wanted, Some(sub)) => !subresource.is_empty() && wanted.fits(resource) && sub.fits(subresource),
        }
    }
}

/// Whether text is `resource`, or `resource/subresource` if there is a subresource.
fn is_combined(text: &[u8], resource: &[u8], subresource: &[u8]) -> bool {
    match text.strip_prefix(resource) {
        Some([]) => subresource.is_empty(),
        Some([b'/', rest @ ..]) => !subresource.is_empty() && rest == subresource,
        _ => false,
    }
}

/// Whether a path fits; the path's percent-encoding is taken off byte by byte.
pub(super) fn fits_path(url: &Wildcard, path: &[u8]) -> bool {
    let mut rest = Decoded(path);
    for wanted in url.text.bytes() {
        if rest.next() != Some(wanted) {
            return false;
        }
    }
    url.open_end || rest.next().is_none()
}

/// Bytes of a path, `%2F` as `/`; what is no valid encoding stays as it is.
struct Decoded<'a>(&'a [u8]);

impl Iterator for Decoded<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        if let (b'%', [high, low, rest @ ..]) = (first, rest)
            && let (Some(high), Some(low)) = (char::from(*high).to_digit(16), char::from(*low).to_digit(16))
        {
            self.0 = rest;
            return Some((high << 4 | low) as u8);
        }
        Some(*first)
    }
}
