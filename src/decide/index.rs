//! From a value of an event to the rules that accept it: a hash table of the values that rules name.
//!
//! Built once; looking up allocates nothing. A set of at most four rules is a list of their numbers, a larger one a row of
//! bits, so that a thousand rules with names of their own stay small.

/// What kind of value a key is; a value means something else as a verb than as a user.
pub(super) type Kind = u8;

/// A value, in up to three parts.
#[derive(Clone, Copy)]
pub(super) struct Key<'k> {
    pub(super) kind: Kind,
    pub(super) parts: [&'k [u8]; 3],
}

impl<'k> Key<'k> {
    pub(super) fn text(kind: Kind, text: &'k [u8]) -> Self {
        Self { kind, parts: [text, b"", b""] }
    }

    /// Empty parts cost nothing: keys are compared part by part.
    fn hash(&self) -> u32 {
        let mut hash = u64::from(self.kind) + 1;
        for part in self.parts.iter().filter(|part| !part.is_empty()) {
            hash = hash_bytes(hash, part);
        }
        (hash ^ (hash >> 32)) as u32
    }
}

/// Eight bytes at a step: in an interpreter each step costs, not each byte.
fn hash_bytes(mut hash: u64, bytes: &[u8]) -> u64 {
    let mut words = bytes.chunks_exact(8);
    for word in &mut words {
        hash = mix(hash, word.try_into().map_or(0, u64::from_le_bytes));
    }
    let rest = words.remainder();
    if let (false, Some(last)) = (rest.is_empty(), bytes.last_chunk::<8>()) {
        return mix(hash, u64::from_le_bytes(*last));
    }
    let mut word = rest.len() as u64;
    for byte in rest {
        word = word << 8 | u64::from(*byte);
    }
    mix(hash, word)
}

fn mix(hash: u64, word: u64) -> u64 {
    let hash = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ (hash >> 29)
}

/// A set of rules.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Row {
    /// The 64 groups of 64 rules in which the set has any: bit 0 stands for rules 0 to 63.
    pub(super) summary: u64,
    start: u32,
    /// Rules in the list; 0 where the set is a row of bits.
    listed: u32,
}

#[derive(Clone, Debug)]
struct Entry {
    hash: u32,
    kind: Kind,
    lengths: [u32; 3],
    start: u32,
    row: Row,
}

/// The finished table.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// Number of an entry, plus 1; 0 is free. The length is a power of two.
    slots: Vec<u32>,
    entries: Vec<Entry>,
    text: Vec<u8>,
    lists: Vec<u16>,
    bits: Vec<u64>,
    words: usize,
}

/// The rules of the largest set that is a list.
const LISTED: usize = 4;

impl Index {
    #[inline(never)]
    pub(super) fn find(&self, key: Key<'_>) -> Option<Row> {
        let entry = self.slots.get(self.slot_of(&key, key.hash())?)?.checked_sub(1)?;
        self.entries.get(entry as usize).map(|entry| entry.row)
    }

    /// The slot that holds the key, or the free one where it belongs; `None` if there are no slots.
    fn slot_of(&self, key: &Key<'_>, hash: u32) -> Option<usize> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut slot = hash as usize & mask;
        loop {
            match self.slots.get(slot)?.checked_sub(1) {
                Some(entry) if !self.is(entry, key, hash) => slot = (slot + 1) & mask,
                _ => return Some(slot),
            }
        }
    }

    fn is(&self, entry: u32, key: &Key<'_>, hash: u32) -> bool {
        let Some(entry) = self.entries.get(entry as usize) else { return false };
        let same =
            entry.hash == hash && entry.kind == key.kind && entry.lengths == key.parts.map(|part| part.len() as u32);
        let mut at = entry.start as usize;
        same && key.parts.iter().all(|part| {
            let begin = at;
            at += part.len();
            self.text.get(begin..at) == Some(*part)
        })
    }

    /// The rules of a set among the 64 that begin at 64 times `word`.
    pub(super) fn rules(&self, row: Row, word: usize) -> u64 {
        if row.listed == 0 {
            return self.bits.get(row.start as usize + word).copied().unwrap_or(0);
        }
        let start = row.start as usize;
        let mut bits = 0;
        for rule in self.lists.get(start..start + row.listed as usize).unwrap_or_default() {
            if usize::from(*rule >> 6) == word {
                bits |= 1 << (rule & 63);
            }
        }
        bits
    }
}

/// An index under construction.
pub(super) struct Builder {
    index: Index,
    /// Which rule accepts which entry, in the order of the rules.
    accepted: Vec<(u32, u16)>,
    /// For each entry the rule that accepted it last, plus 1, and how many did.
    seen: Vec<(u32, u32)>,
}

impl Builder {
    /// For so many rules that name so many values at most.
    pub(super) fn new(rules: usize, values: usize) -> Self {
        let slots = if values == 0 { 0 } else { (values * 2).next_power_of_two() };
        let index = Index { slots: vec![0; slots], words: rules.div_ceil(64), ..Index::default() };
        Self { index, accepted: Vec::with_capacity(values), seen: Vec::with_capacity(values) }
    }

    /// Rule `rule` accepts the value. Rules come in their order.
    pub(super) fn add(&mut self, key: Key<'_>, rule: u16) {
        let hash = key.hash();
        let Some(slot) = self.index.slot_of(&key, hash) else { return };
        let Some(held) = self.index.slots.get_mut(slot) else { return };
        if *held == 0 {
            let start = self.index.text.len() as u32;
            let lengths = key.parts.map(|part| part.len() as u32);
            key.parts.iter().for_each(|part| self.index.text.extend_from_slice(part));
            self.index.entries.push(Entry { hash, kind: key.kind, lengths, start, row: Row::default() });
            self.seen.push((0, 0));
            *held = self.index.entries.len() as u32;
        }
        let entry = *held - 1;
        if let Some((last, count)) = self.seen.get_mut(entry as usize)
            && *last != u32::from(rule) + 1
        {
            *last = u32::from(rule) + 1;
            *count += 1;
            self.accepted.push((entry, rule));
        }
    }

    pub(super) fn finish(mut self) -> Index {
        for (entry, (_, count)) in self.index.entries.iter_mut().zip(&self.seen) {
            if *count as usize <= LISTED {
                entry.row = Row { summary: 0, start: self.index.lists.len() as u32, listed: *count };
                self.index.lists.resize(self.index.lists.len() + *count as usize, u16::MAX);
            } else {
                entry.row = Row { summary: 0, start: self.index.bits.len() as u32, listed: 0 };
                self.index.bits.resize(self.index.bits.len() + self.index.words, 0);
            }
        }
        for (entry, rule) in self.accepted {
            let Some(entry) = self.index.entries.get_mut(entry as usize) else { continue };
            let (word, bit) = (usize::from(rule >> 6), 1u64 << (rule & 63));
            entry.row.summary |= 1 << word;
            let start = entry.row.start as usize;
            if entry.row.listed == 0 {
                if let Some(bits) = self.index.bits.get_mut(start + word) {
                    *bits |= bit;
                }
            } else if let Some(free) = self.index.lists.iter_mut().skip(start).find(|rule| **rule == u16::MAX) {
                *free = rule;
            }
        }
        self.index
    }

    /// A set of rules that no value names.
    pub(super) fn row(&mut self, rules: &[bool]) -> Row {
        let start = self.index.bits.len();
        self.index.bits.resize(start + self.index.words, 0);
        let mut row = Row { summary: 0, start: start as u32, listed: 0 };
        for (rule, _) in rules.iter().enumerate().filter(|(_, is_in)| **is_in) {
            row.summary |= 1 << (rule >> 6);
            if let Some(bits) = self.index.bits.get_mut(start + (rule >> 6)) {
                *bits |= 1 << (rule & 63);
            }
        }
        row
    }
}
