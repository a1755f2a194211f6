//! The places that a policy names itself, as part of the automaton of `paths`: redaction rules by path and by key name, and the
//! allow-list.
//!
//! A pass jumps between places of the catalogue (a body begins at the place of its resource, whatever led there). The bits of the
//! policy's own patterns are carried over such a jump, so that `requestObject.spec.x` means that place alone.

use super::keys::{Keys, Symbol, UNKNOWN};
use super::paths::{Builder, Effects, Paths, Segment, State, effect, set_bit};
use crate::policy::{Path, Step};
use crate::redact::own::OWN_RULES;
use crate::redact::start;
use auditgate_own::Words;

/// Different sets of key rules that names fit; a name beyond fits all rules but those that keep.
const MAX_ALIASES: usize = 1024;

/// What a pattern of the policy's is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The redaction rule with this index decides.
    Rule(u8),
    /// The place may leave.
    Allow,
    /// Another event stands there, of which the allow-list says what may leave.
    Event,
}

/// Patterns as they are collected.
#[derive(Default)]
pub(crate) struct OwnBuilder {
    /// First and last bit of each pattern, and its purpose.
    ranges: Vec<(u32, u32, Purpose)>,
    /// Bits in front of a single item of an array.
    indexed: Vec<u32>,
    indexes: Vec<Symbol>,
    /// The bit that a name has to fit at, and whether its rule keeps.
    words: Vec<(u32, Words, bool)>,
    /// The policy has an allow-list, empty or not.
    pub(crate) allows: bool,
    /// Every string is looked at, because patterns are looked for.
    pub(crate) searches: bool,
}

/// Patterns as they are asked.
#[derive(Default)]
pub(super) struct OwnPaths {
    ranges: Vec<(u32, u32, Purpose)>,
    indexed: Vec<u32>,
    words: Vec<(u32, Words, bool)>,
    allows: bool,
    searches: bool,
    /// Bits that are carried along; empty if the policy has no patterns.
    carried: Vec<u64>,
}

impl Builder {
    /// Adds a path of the policy's. It begins at a record or an audit event.
    pub(crate) fn add_own(&mut self, keys: &mut Keys, path: &Path, purpose: Purpose) {
        let first = self.begin(1 << start::RECORD);
        let mut bit = first;
        for step in &path.steps {
            let segment = match step {
                Step::Deep => {
                    self.stay.push(bit);
                    continue;
                }
                Step::Key(name) => Segment::Key(keys.intern(name.as_bytes())),
                Step::AnyKey => Segment::AnyKey,
                Step::AnyIndex => Segment::Item,
                Step::Index(index) => {
                    let symbol = keys.intern(&index_name(*index as usize));
                    self.own.indexes.push(symbol);
                    self.own.indexed.push(bit);
                    Segment::Key(symbol)
                }
            };
            self.segments.push((bit, segment));
            bit += 1;
        }
        self.end_own(first, bit, purpose);
    }

    /// Adds a key name of the policy's: values under such keys, wherever they stand.
    pub(crate) fn add_own_name(&mut self, words: Words, rule: u8, keeps: bool) {
        let everywhere = 1 << start::RECORD | 1 << start::EMBEDDED_SECRET | start::objects(u32::MAX >> 8);
        let first = self.begin(everywhere);
        self.stay.push(first);
        self.own.words.push((first, words, keeps));
        self.end_own(first, first + 1, Purpose::Rule(rule));
    }

    /// What holds at a place holds for everything below.
    fn end_own(&mut self, first: u32, last: u32, purpose: Purpose) {
        self.stay.push(last);
        self.own.ranges.push((first, last, purpose));
        self.bits = last + 2;
    }
}

/// The name of an item of an array, which no key can have: it is no UTF-8.
fn index_name(index: usize) -> Vec<u8> {
    let mut name = vec![0xff];
    crate::number::push(&mut name, index as u64);
    name
}

impl OwnBuilder {
    pub(super) fn is_index(&self, symbol: usize) -> bool {
        self.indexes.iter().any(|index| usize::from(*index) == symbol)
    }

    pub(super) fn build(self, keys: &Keys, paths: &mut Paths) {
        let width = paths.width;
        let mut carried = if self.ranges.is_empty() { Vec::new() } else { vec![0; width] };
        // What an event in a text may show is counted from there.
        for (first, last, _) in self.ranges.iter().filter(|(_, _, purpose)| *purpose != Purpose::Event) {
            (*first..=*last).for_each(|bit| set_bit(&mut carried, 0, bit));
        }
        for (name, symbol) in keys.names().filter(|_| !self.words.is_empty()) {
            let name = Words::split(name);
            for (bit, _, _) in self.words.iter().filter(|(_, words, _)| words.fits(&name)) {
                set_bit(&mut paths.accept, usize::from(symbol) * width, *bit);
            }
        }
        let Self { ranges, indexed, words, allows, searches, .. } = self;
        paths.own = OwnPaths { ranges, indexed, words, allows, searches, carried };
    }
}

impl OwnPaths {
    pub(super) fn add_effects(&self, set: &[u64], all: &mut Effects) {
        let has = |bit: u32| set.get(bit as usize / 64).is_some_and(|word| word >> (bit % 64) & 1 != 0);
        let mut allowed = effect::DENIED;
        for &(first, last, purpose) in &self.ranges {
            match purpose {
                Purpose::Rule(rule) if has(last) => {
                    // The rules come in their order, and the first one decides.
                    if all.flags & effect::OWN == 0 {
                        all.own = rule;
                    }
                    all.flags |= effect::OWN;
                }
                Purpose::Allow if has(last) => allowed = 0,
                Purpose::Allow if allowed != 0 && (first..last).any(has) => allowed = effect::PARTLY,
                Purpose::Event if allowed != 0 && (first..=last).any(has) => allowed = effect::PARTLY,
                _ => {}
            }
        }
        if self.allows {
            all.flags |= allowed;
        }
        if self.indexed.iter().any(|bit| has(*bit)) {
            all.flags |= effect::INDEXED;
        }
        if self.searches {
            all.flags |= super::keys::watch::STRING;
        }
    }
}

impl Paths {
    /// The place `start`, where the policy's own patterns are as far as at `from`.
    pub(super) fn enter(&mut self, start: State, from: State) -> State {
        if !OWN_RULES || self.own.carried.is_empty() {
            return start;
        }
        let words = |state: State| usize::from(state) * self.width;
        let set: Vec<u64> = (0..self.width)
            .map(|word| {
                let held = |state: State| self.sets.get(words(state) + word).copied().unwrap_or_default();
                held(start) | held(from) & self.own.carried.get(word).copied().unwrap_or_default()
            })
            .collect();
        self.state_of(&set)
    }

    /// The place inside of something that leaves as a whole or not at all: the envelope's fields are still noticed.
    pub(super) fn unseen(&mut self, from: State) -> State {
        let mut set: Vec<u64> = (0..self.width)
            .map(|word| self.sets.get(usize::from(start::QUIET) * self.width + word).copied().unwrap_or_default())
            .collect();
        let from = usize::from(from) * self.width;
        for (word, bits) in set.iter_mut().enumerate() {
            *bits |= self.sets.get(from + word).copied().unwrap_or_default();
        }
        self.state_of(&set)
    }

    /// The symbol of a name that may fit key rules of the policy.
    pub(crate) fn named(&mut self, symbol: Symbol, name: &[u8]) -> Symbol {
        if !OWN_RULES || self.own.words.is_empty() || symbol != UNKNOWN {
            return symbol;
        }
        let name = Words::split(name);
        let width = self.width;
        let full = self.accept.len() / width > self.symbols + MAX_ALIASES;
        let mut row: Vec<u64> = self.accept.get(..width).unwrap_or_default().to_vec();
        let mut fits_any = false;
        for (bit, words, keeps) in &self.own.words {
            let fits = words.fits(&name);
            fits_any |= fits;
            if if full { !keeps } else { fits } {
                set_bit(&mut row, 0, *bit);
            }
        }
        if !fits_any {
            return UNKNOWN;
        }
        let known = self.accept.chunks_exact(width).skip(self.symbols + 1).position(|known| known == row);
        let alias = known.map_or(self.accept.len() / width, |known| self.symbols + 1 + known);
        if known.is_none() {
            self.accept.extend_from_slice(&row);
        }
        alias as Symbol
    }

    /// Whether a rule asks for names.
    pub(super) fn asks_for_names(&self) -> bool {
        OWN_RULES && !self.own.words.is_empty()
    }

    /// The rule that decides about values of this name, such as those of a pair of name and value.
    pub(super) fn rule_of_name(&self, name: &[u8]) -> Option<u8> {
        let name = Words::split(name);
        let (bit, _, _) = self.own.words.iter().find(|(_, words, _)| words.fits(&name))?;
        self.own.ranges.iter().find_map(|(first, _, purpose)| match purpose {
            Purpose::Rule(rule) if first == bit => Some(*rule),
            _ => None,
        })
    }

    /// The symbol of an item of an array by its index.
    pub(super) fn index(&self, keys: &Keys, index: usize) -> Symbol {
        match keys.symbol(&index_name(index)) {
            UNKNOWN => self.item(),
            symbol => symbol,
        }
    }

    /// Whether patterns are looked for in every string.
    pub(super) fn searches(&self) -> bool {
        OWN_RULES && self.own.searches
    }
}
