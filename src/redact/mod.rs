//! What is secret: the catalogue of places, names and token formats, and the close look at a text.

pub(crate) mod auditd;
pub(crate) mod catalogue;
pub(crate) mod class;
pub(crate) mod command;
pub(crate) mod decode;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod document;
#[cfg(not(target_arch = "wasm32"))]
mod guide;
pub(crate) mod judge;
pub(crate) mod messages;
pub(crate) mod names;
pub(crate) mod own;
pub(crate) mod tokens;
pub(crate) mod uri;
mod words;

use crate::policy::Redact;

/// The places that a pass can start at, see `scan::paths`.
pub(crate) mod start {
    use super::class::{CLASSES, Class};
    use crate::scan::State;

    /// A record or an audit event.
    pub(crate) const RECORD: State = 0;
    /// Everything here and below is masked.
    pub(crate) const CLOSED: State = 1;
    /// Nothing is looked at: what is left out or read again later.
    pub(crate) const QUIET: State = 2;
    /// An object that calls itself a Secret where none is expected.
    pub(crate) const EMBEDDED_SECRET: State = 3;
    /// An API object of the class with number n stands at `OBJECT + n`.
    const OBJECT: State = 4;

    /// Number of places.
    pub(crate) const COUNT: usize = OBJECT as usize + CLASSES.len();

    /// Where an API object of a class starts; an unknown class is a secret one.
    pub(crate) fn object(class: Option<Class>) -> State {
        OBJECT + class.unwrap_or(Class::Secret) as State
    }

    /// The starts of a set of classes, as a set of starts.
    pub(crate) const fn objects(classes: u32) -> u32 {
        classes << OBJECT
    }
}

/// Appends the mask of an entry or format: `[redacted:K01]`. The identifier is neutral on purpose: a mask that holds a word like
/// "password" would raise alerts of rules that look for it.
pub(crate) fn push_mask(out: &mut Vec<u8>, id: &str) {
    out.extend_from_slice(MASK_START);
    out.extend_from_slice(id.as_bytes());
    out.push(b']');
}

/// Appends what stands instead of a value of `length` bytes that the entry with the number `entry` masks, quotes included. Values of a Secret
/// leave their length.
pub(crate) fn push_value_mask(out: &mut Vec<u8>, entry: u16, length: usize) {
    let id = catalogue::id(entry);
    out.push(b'"');
    push_mask(out, id);
    if id == "K01" && length > 0 {
        out.pop();
        out.push(b':');
        crate::number::push(out, length as u64);
        out.push(b']');
    }
    out.push(b'"');
}

/// What every mask begins with.
pub(crate) const MASK_START: &[u8] = b"[redacted:";

/// The first byte of every mask.
pub(crate) const MASK_BYTE: u8 = match MASK_START {
    [first, ..] => *first,
    [] => 0,
};

/// Whether `text` is a mask and nothing else: an identifier, and a length at most. Anything else in brackets is not trusted.
pub(crate) fn is_mask(text: &[u8]) -> bool {
    let inner = text.strip_prefix(MASK_START).and_then(|rest| rest.strip_suffix(b"]"));
    let Some([letter, tens, ones, rest @ ..]) = inner else { return false };
    let length_only = match rest {
        [] => true,
        [b':', digits @ ..] => digits.len() <= 8 && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    letter.is_ascii_uppercase() && tens.is_ascii_digit() && ones.is_ascii_digit() && length_only
}

/// What of the catalogue a policy switches off.
#[derive(Default)]
pub(crate) struct Off {
    /// All of it, but for what keeps the module's own map and the reading of events as they are.
    pub(crate) all: bool,
    ids: Vec<&'static str>,
    /// A rule takes `managedFields` out of the event, so that their entry stays.
    omits_managed_fields: bool,
}

/// The entry for `managedFields`.
pub(crate) const MANAGED_FIELDS: &str = "K05";

impl Off {
    pub(crate) fn new(redact: &Redact, omits_managed_fields: bool) -> Self {
        let ids = redact.keep.iter().filter_map(|entry| switchable().find(|id| *id == entry.name)).collect();
        Self { all: !redact.catalogue, ids, omits_managed_fields }
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        (self.all || self.ids.contains(&id)) && !(self.omits_managed_fields && id == MANAGED_FIELDS)
    }

    /// Forgets hits of what is switched off.
    pub(crate) fn forget(&self, hits: &mut Vec<judge::Hit>) {
        if self.all {
            hits.clear();
        } else if !self.ids.is_empty() {
            hits.retain(|hit| !self.ids.contains(&hit.id));
        }
    }
}

/// Identifiers of what a policy can switch off by `keep`: entries that change values, and token formats.
pub(crate) fn switchable() -> impl Iterator<Item = &'static str> {
    let entries = catalogue::ENTRIES.iter().filter(|entry| entry.is_switchable()).map(|entry| entry.id);
    entries.chain(tokens::FORMATS.iter().map(|format| format.id))
}

/// Whether the catalogue has an entry or format of this identifier.
pub(crate) fn is_entry(id: &str) -> bool {
    let entries = catalogue::ENTRIES.iter().map(|entry| entry.id).chain(tokens::FORMATS.iter().map(|format| format.id));
    entries.chain(["D01", "L03"]).any(|known| known == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_masks_are_masks() {
        let mut mask = Vec::new();
        push_mask(&mut mask, "K01");
        assert!(is_mask(&mask) && is_mask(b"[redacted:K01:1024]"));
        for other in [
            &b"[redacted:hunter2]"[..],
            b"[redacted:K01] hunter2",
            b"[redacted:K01:hunter2]",
            b"[redacted:K01:123456789]",
            b"[redacted:]",
            b"x",
        ] {
            assert!(!is_mask(other));
        }
    }
}
