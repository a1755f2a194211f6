//! Object keys: a small number for each name that the rules know, what a name says about its value, and where the key leads.
//!
//! The keys of audit events repeat, so what is found for a key at a place is kept and found again by comparing a few words.
//! Keys of more than [`REMEMBERED_BYTES`] bytes are looked up each time.

use super::buffer::{PADDING, View};
use super::hints::Hints;
use super::paths::{Paths, State, effect};
use super::string::{self, Text};
use crate::redact::names::{self, name};

/// A name that the rules know; [`UNKNOWN`] for all others.
pub(crate) type Symbol = u16;

/// The symbol of every name that no rule mentions.
pub(crate) const UNKNOWN: Symbol = 0;

/// Keys of up to this many bytes are remembered.
const REMEMBERED_BYTES: usize = 48;

/// Remembered keys; a power of two.
const PLACES: usize = 1024;

/// What is known of a member from its key. Two words, so that it is handed on in registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Member {
    /// What holds there, bits of [`effect`], and what must not be passed over, bits of [`watch`].
    pub(crate) flags: u32,
    /// Where the key leads, what it says about the value, and its bucket, from the lowest bits up.
    packed: u32,
}

/// Bits of [`Member::flags`] above the effects.
pub(crate) mod watch {
    /// The key says something, or is to be looked at.
    pub(crate) const KEY: u32 = 1 << 31;
    /// Something is to be done about a string here.
    pub(crate) const STRING: u32 = 1 << 30;
    /// Something is to be done if the string is the kind of a Secret.
    pub(crate) const KIND: u32 = 1 << 29;
    /// Something is to be done about the name of a pair if its value has been read already.
    pub(crate) const NAME: u32 = 1 << 28;
    /// All of them.
    pub(crate) const ALL: u32 = KEY | STRING | KIND | NAME;
}

/// Effects that a string can be passed over with.
const PASSING: u32 = effect::EXEMPT | effect::STRICT | effect::CAPTURE;

impl Member {
    /// A member that leads to `state`, where the effects `flags` hold, whose key says `name` and falls into `bucket` (below 64).
    pub(super) fn new(state: State, flags: u32, named: u8, bucket: u8) -> Self {
        let strings = flags & !PASSING | u32::from(named & (name::SECRET | name::PAIR_VALUE));
        let keys = u32::from(named & (name::LONG | name::DATA)) | flags & effect::ANNOTATION;
        let bit = |asked: u32, bit: u32| if asked != 0 { bit } else { 0 };
        let watched = bit(strings, watch::STRING)
            | bit(keys, watch::KEY)
            | bit(u32::from(named & name::KIND), watch::KIND)
            | bit(u32::from(named & name::PAIR_NAME), watch::NAME);
        Self { flags: flags | watched, packed: u32::from(state) | u32::from(named) << 16 | u32::from(bucket) << 24 }
    }

    /// Where the key leads.
    #[inline(always)]
    pub(crate) fn state(self) -> State {
        self.packed as State
    }

    /// Bits of [`name`]: what the name says about the value.
    #[inline(always)]
    pub(crate) fn name(self) -> u8 {
        (self.packed >> 16) as u8
    }

    /// What is the same of keys that are read alike.
    pub(super) fn without_bucket(self) -> Self {
        Self { packed: self.packed & 0xff_ffff, ..self }
    }

    /// A number below 64 that tells the keys of one object apart, often.
    #[inline(always)]
    pub(crate) fn bucket(self) -> u32 {
        self.packed >> 24
    }

    /// What holds there, bits of [`effect`] only.
    #[inline(always)]
    pub(crate) fn effects(self) -> u32 {
        self.flags & !watch::ALL
    }
}

/// A remembered key.
#[derive(Clone, Copy, Default)]
struct Place {
    /// First and last eight bytes; a key of up to eight bytes is in the first, the rest zeros.
    words: [u64; 2],
    /// Length of the key, and the place that it was met at.
    length_and_state: u32,
    member: Member,
}

/// The known names and the remembered keys.
pub(crate) struct Keys {
    /// Sorted by name.
    names: Vec<(Vec<u8>, Symbol)>,
    places: Box<[Place; PLACES]>,
    /// The words between first and last of the keys of 17 bytes and more, by place.
    middles: Box<[[u64; 4]; PLACES]>,
}

impl Keys {
    pub(crate) fn new() -> Self {
        Self { names: Vec::new(), places: Box::new([Place::default(); PLACES]), middles: Box::new([[0; 4]; PLACES]) }
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

    /// The symbol of `name`.
    pub(crate) fn symbol(&self, name: &[u8]) -> Symbol {
        let found = self.names.binary_search_by(|(known, _)| known.as_slice().cmp(name));
        found.ok().and_then(|at| self.names.get(at)).map_or(UNKNOWN, |(_, symbol)| *symbol)
    }

    /// Every known name and its symbol.
    pub(super) fn names(&self) -> impl Iterator<Item = (&[u8], Symbol)> {
        self.names.iter().map(|(name, symbol)| (name.as_slice(), *symbol))
    }

    /// Number of symbols, [`UNKNOWN`] included.
    pub(crate) fn symbols(&self) -> usize {
        self.names.len() + 1
    }

    /// Forgets all keys, because places have got new numbers.
    pub(crate) fn forget(&mut self) {
        self.places.fill(Place::default());
    }

    /// Looks up a key without escapes, whose first eight bytes (and what follows a shorter one) are `first`, in an object at the place `state`.
    #[inline(always)]
    pub(crate) fn look_up(
        &mut self,
        paths: &mut Paths,
        hints: &Hints,
        text: View<'_>,
        key: (usize, usize),
        first: u64,
        state: State,
    ) -> Member {
        let (start, end) = key;
        let length = end.wrapping_sub(start);
        let words = if length > 8 {
            [first, text.word(end.wrapping_sub(8))]
        } else {
            // An empty key keeps all of the word behind it, and is found or not; either is right.
            [first & (u64::MAX >> (64u32.wrapping_sub(8 * length as u32) & 63)), 0]
        };
        let length_and_state = (length as u32) << 16 | u32::from(state);
        let mixed = mix(words, length_and_state);
        let index = (mixed >> (64 - PLACES.trailing_zeros())) as usize;
        if let Some(place) = self.places.get(index)
            && place.words[0] == words[0]
            && place.length_and_state == length_and_state
            && (length <= 8
                || place.words[1] == words[1] && (length <= 16 || self.same_middle(index, text, start, end)))
        {
            return place.member;
        }
        self.find(paths, hints, text, key, state, index, Place { words, length_and_state, member: Member::default() })
    }

    /// Looks up a name without escapes that stands anywhere.
    pub(crate) fn look_up_name(
        &mut self,
        paths: &mut Paths,
        hints: &Hints,
        text: View<'_>,
        start: usize,
        end: usize,
        state: State,
    ) -> Member {
        self.look_up(paths, hints, text, (start, end), text.word(start), state)
    }

    /// Whether the bytes between the first and the last eight are those of the remembered key of more than 16 bytes.
    #[inline(always)]
    fn same_middle(&self, index: usize, text: View<'_>, start: usize, end: usize) -> bool {
        let Some(known) = self.middles.get(index) else { return false };
        let length = end - start;
        known[0] == text.word(start + 8)
            && (length <= 24
                || known[1] == text.word(start + 16)
                    && (length <= 32
                        || known[2] == text.word(start + 24)
                            && (length <= 40 || length <= REMEMBERED_BYTES && known[3] == text.word(start + 32))))
    }

    #[cold]
    #[inline(never)]
    #[expect(clippy::too_many_arguments, reason = "one caller, which has all of it in registers")]
    fn find(
        &mut self,
        paths: &mut Paths,
        hints: &Hints,
        text: View<'_>,
        key: (usize, usize),
        state: State,
        index: usize,
        mut place: Place,
    ) -> Member {
        let (start, end) = key;
        // Two keys that want the same place share it and the one beside it.
        let beside = index ^ 1;
        let other = self.places.get(beside).copied().unwrap_or_default();
        let same = other.words == place.words && other.length_and_state == place.length_and_state;
        if same && (end - start <= 16 || self.same_middle(beside, text, start, end)) {
            return other.member;
        }
        let own = text.span(start, end);
        let mut bits = names::classify(own);
        if hints.off.all {
            bits &= !name::SECRET;
        }
        if hints.own.may_fit_key(own) {
            bits |= name::LONG;
        } else if bits & name::LONG != 0 && hints.is_plain(text, start, end) {
            bits &= !name::LONG;
        }
        let symbol = paths.named(self.symbol(own), own);
        let next = paths.step(state, symbol);
        let bucket = bucket(if own.is_empty() { [0, 0] } else { place.words }, own.len());
        place.member = Member::new(next, paths.effects(next).flags, bits, bucket);
        if own.len() <= REMEMBERED_BYTES {
            let taken = self.places.get(index).is_some_and(|known| known.length_and_state != 0);
            let index = if taken && other.length_and_state == 0 { beside } else { index };
            if let Some(known) = self.places.get_mut(index) {
                *known = place;
            }
            if let Some(known) = self.middles.get_mut(index) {
                *known = middle(text, start, end);
            }
        }
        place.member
    }

    /// Looks up a key with escapes; `decoded` is room for its text.
    #[cold]
    #[inline(never)]
    pub(crate) fn look_up_decoded(
        &mut self,
        paths: &mut Paths,
        hints: &Hints,
        text: View<'_>,
        key: Text,
        state: State,
        decoded: &mut Vec<u8>,
    ) -> Member {
        decoded.clear();
        string::decode(text, key, decoded);
        let end = decoded.len();
        decoded.resize(end + PADDING, 0);
        View::new(decoded).map_or_else(Member::default, |view| self.look_up_name(paths, hints, view, 0, end, state))
    }
}

/// Spreads keys over all numbers.
#[inline(always)]
fn mix(words: [u64; 2], length_and_state: u32) -> u64 {
    mix_with(0x9e37_79b9_7f4a_7c15, words, length_and_state)
}

#[inline(always)]
fn mix_with(factor: u64, words: [u64; 2], length_and_state: u32) -> u64 {
    (words[0] ^ words[1].rotate_left(29) ^ u64::from(length_and_state)).wrapping_mul(factor)
}

/// A number below 64 that is the same for a key wherever it stands: the place of an object can change while it is read; its keys stay what they
/// are. The factor was searched for: with it, the keys that Kubernetes' objects have beside each other have different numbers, nearly all.
fn bucket(words: [u64; 2], length: usize) -> u8 {
    (mix_with(0x9ef3_eff8_eb2d_ca67, words, (length as u32) << 16) >> 58) as u8
}

/// The words behind the first eight bytes, as far as they lie in the key or its last eight bytes do not cover the rest.
fn middle(text: View<'_>, start: usize, end: usize) -> [u64; 4] {
    let mut words = [0; 4];
    for (index, word) in words.iter_mut().enumerate() {
        if end - start > 16 + 8 * index {
            *word = text.word(start + 8 + 8 * index);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::scan::paths::{Builder, Effects};

    struct Rules {
        keys: Keys,
        paths: Paths,
        hints: Hints,
    }

    impl Rules {
        fn new(names: &[String]) -> Self {
            let mut keys = Keys::new();
            let mut builder = Builder::new();
            for (index, name) in names.iter().enumerate() {
                builder.add(&mut keys, 1, name, Effects { flags: 1 << 27 | index as u32, ..Effects::default() });
            }
            let paths = builder.build(&keys, 1);
            Self { keys, paths, hints: Hints::new() }
        }

        fn look_up(&mut self, name: &str) -> u32 {
            let mut bytes = name.as_bytes().to_vec();
            bytes.extend_from_slice(b"\":0");
            bytes.extend_from_slice(&[0; PADDING]);
            self.keys.look_up_name(&mut self.paths, &self.hints, View::new(&bytes).unwrap(), 0, name.len(), 0).effects()
        }
    }

    #[test]
    fn the_keys_of_an_event_have_numbers_of_their_own() {
        let keys = [
            "kind",
            "apiVersion",
            "level",
            "auditID",
            "stage",
            "requestURI",
            "verb",
            "user",
            "impersonatedUser",
            "sourceIPs",
            "userAgent",
            "objectRef",
            "responseStatus",
            "requestObject",
            "responseObject",
            "requestReceivedTimestamp",
            "stageTimestamp",
            "annotations",
        ];
        let mut rules = Rules::new(&[]);
        let numbers = keys.map(|key| {
            let mut text = key.as_bytes().to_vec();
            text.extend_from_slice(&[0; PADDING]);
            let Rules { keys, paths, hints } = &mut rules;
            keys.look_up_name(paths, hints, View::new(&text).unwrap(), 0, key.len(), 0).bucket()
        });
        assert_eq!(numbers.iter().collect::<std::collections::BTreeSet<_>>().len(), keys.len(), "{numbers:?}");
    }

    #[test]
    fn names_of_every_length_are_told_apart() {
        let all: Vec<String> =
            (0..70).flat_map(|n| ["a", "b"].map(|last| format!("{}{last}", "x".repeat(n)))).collect();
        let mut rules = Rules::new(&all);
        for _ in 0..3 {
            for (index, name) in all.iter().enumerate() {
                assert_eq!(rules.look_up(name), 1 << 27 | index as u32, "{name}");
                assert_eq!(rules.look_up(&format!("{name}?")), 0);
                for place in 0..name.len() {
                    let mut other = name.clone();
                    other.replace_range(place..=place, "_");
                    assert_eq!(rules.look_up(&other), 0, "{other}");
                }
            }
            assert_eq!(rules.look_up(""), 0);
        }
    }
}
