//! Object keys: a small number for each name that the rules know, and what a name says about its value.
//!
//! The keys of audit events repeat, so the answer for a key of up to [`CACHED_BYTES`] bytes is kept and found again by
//! comparing two or four words. Longer keys are classified each time.

use super::buffer::{PADDING, View};
use super::string::{self, Text};
use crate::redact::names;

/// A name that the rules know; [`UNKNOWN`] for all others.
pub(crate) type Symbol = u16;

/// The symbol of every name that no rule mentions.
pub(crate) const UNKNOWN: Symbol = 0;

/// Keys of up to this many bytes are remembered.
const CACHED_BYTES: usize = 32;

/// Places in the cache; a power of two.
const CACHE_PLACES: usize = 512;

/// What is known of a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) symbol: Symbol,
    /// Bits of [`names::Name`]: what the name says about the value.
    pub(crate) name: u8,
    /// Tells the keys of one object apart, nearly always.
    pub(crate) hash: u32,
}

/// A remembered key.
#[derive(Clone, Copy, Default)]
struct Place {
    words: [u64; 2],
    length: u16,
    symbol: Symbol,
    name: u8,
}

/// The known names and the remembered keys.
pub(crate) struct Keys {
    /// Sorted by name.
    names: Vec<(Vec<u8>, Symbol)>,
    places: Vec<Place>,
    /// Third and fourth word of the keys of 17 bytes and more, by place.
    longer: Vec<[u64; 2]>,
}

impl Keys {
    pub(crate) fn new() -> Self {
        Self {
            names: Vec::new(),
            places: vec![Place::default(); CACHE_PLACES],
            longer: vec![[0; 2]; CACHE_PLACES],
        }
    }

    /// The symbol for `name`, a new one if it has none.
    pub(crate) fn intern(&mut self, name: &[u8]) -> Symbol {
        match self.names.binary_search_by(|(known, _)| known.as_slice().cmp(name)) {
            Ok(at) => self.names.get(at).map_or(UNKNOWN, |(_, symbol)| *symbol),
            Err(at) => {
                let symbol = (self.names.len() + 1) as Symbol;
                self.names.insert(at, (name.to_vec(), symbol));
                symbol
            }
        }
    }

    /// Number of symbols, [`UNKNOWN`] included.
    pub(crate) fn symbols(&self) -> usize {
        self.names.len() + 1
    }

    /// Looks up the key `start..end` of `text`; it has no escapes.
    #[inline(always)]
    pub(crate) fn look_up(&mut self, text: View<'_>, start: usize, end: usize) -> Key {
        let length = end.wrapping_sub(start);
        let first = text.word(start);
        let (low, high) = if length > 8 {
            (first, text.word(end - 8))
        } else {
            // Shifting by 64 is shifting by 0 here, which an empty key gets right by its length.
            (first & (u64::MAX >> ((64 - 8 * length as u32) & 63)), 0)
        };
        let mixed = (low ^ high.rotate_left(29) ^ length as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let hash = (mixed >> 32) as u32;
        let index = (hash >> 23) as usize & (CACHE_PLACES - 1);
        if let Some(place) = self.places.get(index) {
            let same = place.words[0] == low && place.words[1] == high && place.length as usize == length;
            if same && (length <= 16 || self.longer.get(index) == Some(&middle(text, start, end))) {
                return Key { symbol: place.symbol, name: place.name, hash };
            }
        }
        self.classify(text, start, end, [low, high], hash, index)
    }

    /// Looks up a key with escapes; `decoded` is room for its text.
    #[cold]
    #[inline(never)]
    pub(crate) fn look_up_decoded(&mut self, text: View<'_>, key: Text, decoded: &mut Vec<u8>) -> Key {
        decoded.clear();
        string::decode(text, key, decoded);
        let end = decoded.len();
        decoded.resize(end + PADDING, 0);
        View::new(decoded).map_or_else(Key::default, |view| self.look_up(view, 0, end))
    }

    #[cold]
    #[inline(never)]
    fn classify(&mut self, text: View<'_>, start: usize, end: usize, words: [u64; 2], hash: u32, index: usize) -> Key {
        let key = self.classify_name(text.span(start, end), hash);
        let length = end - start;
        if length <= CACHED_BYTES {
            if let Some(place) = self.places.get_mut(index) {
                *place = Place { words, length: length as u16, symbol: key.symbol, name: key.name };
            }
            if length > 16
                && let Some(longer) = self.longer.get_mut(index)
            {
                *longer = middle(text, start, end);
            }
        }
        key
    }

    /// Classifies a name that may stand anywhere.
    pub(crate) fn classify_name(&self, name: &[u8], hash: u32) -> Key {
        let found = self.names.binary_search_by(|(known, _)| known.as_slice().cmp(name));
        let symbol = found.ok().and_then(|at| self.names.get(at)).map_or(UNKNOWN, |(_, symbol)| *symbol);
        Key { symbol, name: names::classify(name), hash }
    }
}

/// The words between the first and the last eight bytes of a key of 17 to 32 bytes.
fn middle(text: View<'_>, start: usize, end: usize) -> [u64; 2] {
    [text.word(start + 8), text.word(end - 16)]
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn look_up(keys: &mut Keys, name: &str) -> Key {
        let mut bytes = name.as_bytes().to_vec();
        bytes.extend_from_slice(&[0; PADDING]);
        keys.look_up(View::new(&bytes).unwrap(), 0, name.len())
    }

    #[test]
    fn names_of_every_length_are_told_apart() {
        let mut keys = Keys::new();
        let all: Vec<String> = (0..40).flat_map(|n| ["a", "b"].map(|last| format!("{}{last}", "x".repeat(n)))).collect();
        let symbols: Vec<Symbol> = all.iter().map(|name| keys.intern(name.as_bytes())).collect();
        for _ in 0..3 {
            for (name, symbol) in all.iter().zip(&symbols) {
                assert_eq!(look_up(&mut keys, name).symbol, *symbol, "{name}");
                assert_eq!(look_up(&mut keys, &format!("{name}?")).symbol, UNKNOWN);
            }
        }
    }

    #[test]
    fn keys_that_differ_in_the_middle_only_are_told_apart() {
        let mut keys = Keys::new();
        let symbol = keys.intern(b"requestReceivedTimestamp");
        assert_eq!(look_up(&mut keys, "requestReceivedTimestamp").symbol, symbol);
        assert_eq!(look_up(&mut keys, "requestR_ceivedTimestamp").symbol, UNKNOWN);
        assert_eq!(look_up(&mut keys, "requestReceived_imestamp").symbol, UNKNOWN);
    }

    #[test]
    fn an_empty_key_is_a_key() {
        let mut keys = Keys::new();
        assert_eq!(look_up(&mut keys, "").symbol, UNKNOWN);
        let symbol = keys.intern(b"");
        assert_eq!(keys.classify_name(b"", 0).symbol, symbol);
    }
}
