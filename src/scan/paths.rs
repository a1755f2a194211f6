//! Which rules apply at a place of the event: path patterns as one automaton, made deterministic as far as records need it.
//!
//! A pattern is a row of segments: a key name, `*` (any key or item), `[]` (any item of an array), `**` (any depth) and `~a|b` (any key but
//! these).
//! All patterns together are one row of bits, a bit before each segment; a key shifts the bits of the patterns that accept it.
//! Each set of bits met so far is a state with a small number, and each step taken so far is remembered, so in the steady state a key
//! costs one look-up.

use super::keys::{Keys, Symbol, UNKNOWN};
use super::own_paths::{OwnBuilder, OwnPaths};
use crate::redact::own::OWN_RULES;

/// A place in the event, as far as patterns can tell places apart.
pub(crate) type State = u16;

/// States kept before the memory of steps is emptied between two records.
const KEPT_STATES: usize = 1024;

/// States at most within one record; beyond, everything below is treated as [`Paths::CLOSED`].
const MAX_STATES: usize = 8192;

/// Remembered steps; a power of two.
const STEP_PLACES: usize = 1024;

/// What holds for the value at a place; bits in `flags`, and the numbers that go with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    /// Bits of [`effect`].
    pub(crate) flags: u32,
    /// Index of the catalogue entry or rule that asks for it; the first pattern that matches wins.
    pub(crate) entry: u16,
    /// Index of the envelope field to capture, with [`effect::CAPTURE`].
    pub(crate) field: u8,
    /// Index of the policy's own rule that decides about the value, with [`effect::OWN`].
    pub(crate) own: u8,
}

impl Effects {
    /// Adds what another pattern says of the place.
    fn add(&mut self, other: &Self) {
        if self.flags & !effect::CAPTURE == 0 {
            self.entry = other.entry;
        }
        if other.flags & effect::CAPTURE != 0 {
            self.field = other.field;
        }
        self.flags |= other.flags;
    }
}

/// The bits of [`Effects::flags`].
pub(crate) mod effect {
    /// All scalars here and below are masked, key names stay.
    pub(crate) const MASK: u32 = 1;
    /// The member is left out.
    pub(crate) const REMOVE: u32 = 1 << 1;
    /// The value is remembered as a field of the envelope.
    pub(crate) const CAPTURE: u32 = 1 << 2;
    /// The value is an API object of the event's own resource.
    pub(crate) const OBJECT: u32 = 1 << 3;
    /// An object that goes where an event is lowered, and that says itself what it is.
    pub(crate) const LOWERED: u32 = 1 << 4;
    /// No token pattern is looked for: identifiers, times, digests.
    pub(crate) const EXEMPT: u32 = 1 << 5;
    /// A request URI.
    pub(crate) const URI: u32 = 1 << 6;
    /// An error message that can echo an object.
    pub(crate) const MESSAGE: u32 = 1 << 7;
    /// An array of command line arguments.
    pub(crate) const COMMAND: u32 = 1 << 8;
    /// A JSON patch, or an operation in one.
    pub(crate) const PATCH: u32 = 1 << 9;
    /// Text with `key=value` or `key: value` lines.
    pub(crate) const PAIRS: u32 = 1 << 10;
    /// Longer text is cut to a length.
    pub(crate) const TRUNCATE: u32 = 1 << 11;
    /// The value of a raw log line.
    pub(crate) const LINE: u32 = 1 << 13;
    /// The value is left as it is, whatever other rules say.
    pub(crate) const KEEP: u32 = 1 << 14;
    /// A body of an audit event: what it is, the event says elsewhere.
    pub(crate) const BODY: u32 = 1 << 15;
    /// An audit event inside the record.
    pub(crate) const EVENT: u32 = 1 << 16;
    /// The path of a patch operation.
    pub(crate) const POINTER: u32 = 1 << 17;
    /// While the resource is unknown it counts as a Secret.
    pub(crate) const STRICT: u32 = 1 << 18;
    /// With `BODY` or `LOWERED`: the response's.
    pub(crate) const RESPONSE: u32 = 1 << 19;
    /// An annotation of the event that the policy's rules may ask for.
    pub(crate) const ANNOTATION: u32 = 1 << 20;
    /// None of these where a build follows no rules of a policy's own: then no code asks for them.
    const OWN_BIT: u32 = crate::redact::own::OWN_RULES as u32;
    /// A rule of the policy's own decides about the value.
    pub(crate) const OWN: u32 = OWN_BIT << 21;
    /// An array of which the policy names single items.
    pub(crate) const INDEXED: u32 = OWN_BIT << 22;
    /// Neither this place nor anything below is in the allow-list.
    pub(crate) const DENIED: u32 = OWN_BIT << 23;
    /// Not in the allow-list, but something below can be.
    pub(crate) const PARTLY: u32 = OWN_BIT << 24;
    /// What the policy's own rules say of a place.
    pub(crate) const POLICY: u32 = OWN | DENIED | PARTLY;
}

/// What effects do, in the words of the documentation.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn describe(flags: u32) -> String {
    let words = [
        (effect::MASK, "masked, with everything below"),
        (effect::REMOVE, "left out"),
        (effect::OBJECT, "read as an object of the event's resource"),
        (effect::EXEMPT, "kept: no token is looked for"),
        (effect::URI, "arguments and secret query values masked"),
        (effect::MESSAGE, "cut behind the words that introduce an echo"),
        (effect::COMMAND, "secret arguments masked"),
        (effect::PATCH, "the value is treated as what stands at its path"),
        (effect::PAIRS, "values behind secret names masked"),
        (effect::TRUNCATE, "shortened to 16 bytes"),
        (
            effect::LINE,
            "an audit event, or one in an AKS envelope, is lifted into the record, other text looked through",
        ),
        (effect::BODY, "read as an object of the event's resource"),
        (effect::LOWERED, "left out where a rule lowers the event"),
        (effect::EVENT, "read as an audit event"),
        (effect::POINTER, "remembered"),
        (effect::STRICT, "treated as a Secret's while the resource is unknown"),
    ];
    let found: Vec<&str> = words.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, words)| *words).collect();
    if found.is_empty() { "masked".to_owned() } else { found.join("; ") }
}

/// One segment of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    Key(Symbol),
    /// Any key or item.
    Any,
    /// Any key.
    AnyKey,
    Item,
    AnyDepth,
    /// Any key but those of the list with this number.
    Except(u16),
}

/// The automaton.
pub(crate) struct Paths {
    /// Words of 64 bits in a set.
    pub(super) width: usize,
    /// For each symbol, then for items of arrays, then for names that key rules of the policy fit: the bits that accept it.
    pub(super) accept: Vec<u64>,
    /// The bits that stay on any step.
    stay: Vec<u64>,
    /// What holds where a bit is set, in the order of the bits.
    finals: Vec<(u32, Effects)>,
    /// The bits of `finals`.
    ends: Vec<u64>,
    /// The sets of bits, `width` words each.
    pub(super) sets: Vec<u64>,
    effects: Vec<Effects>,
    /// States made before the first record.
    fixed: usize,
    steps: Vec<(u32, State)>,
    pub(super) symbols: usize,
    pub(super) own: OwnPaths,
}

/// Collects patterns.
pub(crate) struct Builder {
    pub(super) bits: u32,
    /// (bit, segment that accepts at this bit)
    pub(super) segments: Vec<(u32, Segment)>,
    exceptions: Vec<Vec<Symbol>>,
    pub(super) stay: Vec<u32>,
    finals: Vec<(u32, Effects)>,
    /// Per start set, the bits that are set there.
    starts: Vec<(u8, u32)>,
    pub(super) own: OwnBuilder,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            bits: 0,
            segments: Vec::new(),
            exceptions: Vec::new(),
            stay: Vec::new(),
            finals: Vec::new(),
            starts: Vec::new(),
            own: OwnBuilder::default(),
        }
    }

    /// Adds `pattern` to the start sets in `starts` (a bit each). Segments are separated by dots; a dot in a name is written `\.`.
    pub(crate) fn add(&mut self, keys: &mut Keys, starts: u32, pattern: &str, effects: Effects) {
        let sticky = effects.flags & (effect::MASK | effect::KEEP | effect::EXEMPT) != 0;
        let mut bit = self.begin(starts);
        each_segment(pattern, |name, item| {
            let segment = match name {
                "**" => Segment::AnyDepth,
                "*" => Segment::Any,
                _ if name.starts_with('~') => {
                    let list =
                        name.trim_start_matches('~').split('|').map(|name| keys.intern(name.as_bytes())).collect();
                    self.exceptions.push(list);
                    Segment::Except(self.exceptions.len() as u16 - 1)
                }
                _ => Segment::Key(keys.intern(unescaped(name).as_bytes())),
            };
            if segment == Segment::AnyDepth {
                self.stay.push(bit);
            } else if !name.is_empty() {
                self.segments.push((bit, segment));
                bit += 1;
            }
            if item {
                self.segments.push((bit, Segment::Item));
                bit += 1;
            }
        });
        if sticky {
            self.stay.push(bit);
        }
        self.finals.push((bit, effects));
        self.bits = bit + 2;
    }

    /// The first bit of a new pattern. A carry out of the last bit of one pattern must not run into the next one, so a bit between them
    /// is unused.
    pub(super) fn begin(&mut self, starts: u32) -> u32 {
        for start in 0..32u8 {
            if starts >> start & 1 == 1 {
                self.starts.push((start, self.bits));
            }
        }
        self.bits
    }

    /// Makes the automaton; state n is the start set n.
    pub(crate) fn build(self, keys: &Keys, starts: usize) -> Paths {
        let width = (self.bits as usize).div_ceil(64).max(1);
        let symbols = keys.symbols();
        let mut paths = Paths {
            width,
            accept: vec![0; (symbols + 1) * width],
            stay: vec![0; width],
            finals: self.finals,
            ends: vec![0; width],
            sets: Vec::new(),
            effects: Vec::new(),
            fixed: 0,
            steps: vec![(u32::MAX, 0); STEP_PLACES],
            symbols,
            own: OwnPaths::default(),
        };
        for (bit, segment) in self.segments {
            for symbol in 0..=symbols {
                let item = symbol == symbols || self.own.is_index(symbol);
                let accepts = match segment {
                    Segment::Key(key) => symbol == key as usize,
                    Segment::Any => true,
                    Segment::AnyKey => !item,
                    Segment::Item => item,
                    Segment::AnyDepth => false,
                    Segment::Except(list) => {
                        !item
                            && !self
                                .exceptions
                                .get(usize::from(list))
                                .is_some_and(|list| list.contains(&(symbol as Symbol)))
                    }
                };
                if accepts {
                    set_bit(&mut paths.accept, symbol * width, bit);
                }
            }
        }
        for bit in self.stay {
            set_bit(&mut paths.stay, 0, bit);
        }
        for (bit, _) in &paths.finals {
            set_bit(&mut paths.ends, 0, *bit);
        }
        self.own.build(keys, &mut paths);
        for start in 0..starts {
            let mut set = vec![0; width];
            for &(of, bit) in &self.starts {
                if of as usize == start {
                    set_bit(&mut set, 0, bit);
                }
            }
            // A start is a state of its own even where two of them hold the same bits.
            paths.sets.extend_from_slice(&set);
            let effects = paths.effects_of(&set);
            paths
                .effects
                .push(Effects { flags: effects.flags & (effect::MASK | effect::KEEP | effect::EXEMPT), ..effects });
        }
        paths.fixed = paths.effects.len();
        paths
    }
}

fn unescaped(name: &str) -> String {
    name.replace("\\.", ".")
}

/// Calls `visit(name, is_followed_by_item)` for each segment of a pattern like `a.b[].c`.
fn each_segment(pattern: &str, mut visit: impl FnMut(&str, bool)) {
    let bytes = pattern.as_bytes();
    let mut start = 0;
    let mut at = 0;
    while at <= bytes.len() {
        match bytes.get(at) {
            Some(b'\\') => at += 2,
            Some(b'.') | None => {
                let segment = pattern.get(start..at).unwrap_or_default();
                let name = segment.trim_end_matches("[]");
                visit(name, segment.len() > name.len());
                for _ in 1..(segment.len() - name.len()) / 2 {
                    visit("", true);
                }
                at += 1;
                start = at;
            }
            Some(_) => at += 1,
        }
    }
}

pub(super) fn set_bit(words: &mut [u64], from: usize, bit: u32) {
    if let Some(word) = words.get_mut(from + bit as usize / 64) {
        *word |= 1 << (bit % 64);
    }
}

impl Paths {
    /// A symbol for the step into an item of an array.
    pub(crate) fn item(&self) -> Symbol {
        self.symbols as Symbol
    }

    /// What holds at a place.
    #[inline(always)]
    pub(crate) fn effects(&self, state: State) -> Effects {
        self.effects.get(state as usize).copied().unwrap_or_default()
    }

    /// The place that `symbol` leads to.
    #[inline(always)]
    pub(crate) fn step(&mut self, state: State, symbol: Symbol) -> State {
        let key = u32::from(state) << 16 | u32::from(symbol);
        let index = step_place(key);
        if let Some(&(known, next)) = self.steps.get(index)
            && known == key
        {
            return next;
        }
        self.take_step(state, symbol, key, index)
    }

    #[cold]
    #[inline(never)]
    fn take_step(&mut self, state: State, symbol: Symbol, key: u32, index: usize) -> State {
        let width = self.width;
        let from = state as usize * width;
        let accept = symbol as usize * width;
        let mut next = Vec::with_capacity(width);
        let mut carry = 0;
        for word in 0..width {
            let old = self.sets.get(from + word).copied().unwrap_or_default();
            let moved = old & self.accept.get(accept + word).copied().unwrap_or_default();
            let stays = old & self.stay.get(word).copied().unwrap_or_default();
            next.push(moved << 1 | carry | stays);
            carry = moved >> 63;
        }
        let state = self.state_of(&next);
        if let Some(place) = self.steps.get_mut(index) {
            *place = (key, state);
        }
        state
    }

    pub(super) fn state_of(&mut self, set: &[u64]) -> State {
        // Starts are skipped: they are states of their own, entered on purpose only.
        // Word by word: most differ in the first, and to compare bytes would take longer.
        let known = self.sets.chunks_exact(self.width).skip(self.fixed).position(|known| known.iter().eq(set));
        if let Some(at) = known {
            return (at + self.fixed) as State;
        }
        if self.effects.len() >= MAX_STATES {
            return crate::redact::start::CLOSED;
        }
        let effects = self.effects_of(set);
        self.sets.extend_from_slice(set);
        self.effects.push(effects);
        (self.effects.len() - 1) as State
    }

    fn effects_of(&self, set: &[u64]) -> Effects {
        let mut all = Effects::default();
        for ((word, ends), first) in set.iter().zip(&self.ends).zip((0..).step_by(64)) {
            let mut found = word & ends;
            while found != 0 {
                let bit = first + found.trailing_zeros();
                found &= found - 1;
                let known = self.finals.binary_search_by_key(&bit, |(known, _)| *known);
                if let Some((_, effects)) = known.ok().and_then(|at| self.finals.get(at)) {
                    all.add(effects);
                }
            }
        }
        if all.flags & effect::KEEP != 0 {
            all.flags &= effect::KEEP | effect::CAPTURE;
        } else if OWN_RULES {
            self.own.add_effects(set, &mut all);
        }
        all
    }

    /// Forgets states that records brought, if there are many, and tells so; between records only.
    pub(crate) fn tidy(&mut self) -> bool {
        let many = self.effects.len() > KEPT_STATES;
        if many {
            self.effects.truncate(self.fixed);
            self.sets.truncate(self.fixed * self.width);
            self.steps.fill((u32::MAX, 0));
        }
        many
    }
}

#[inline(always)]
fn step_place(key: u32) -> usize {
    (key.wrapping_mul(0x9e37_79b1) >> (32 - STEP_PLACES.trailing_zeros())) as usize
}

const _: () = assert!(UNKNOWN == 0, "symbol 0 is the row of names that no pattern holds");

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(patterns: &[(&str, u32)], path: &[&str]) -> u32 {
        let mut keys = Keys::new();
        let mut builder = Builder::new();
        for (pattern, flags) in patterns {
            builder.add(&mut keys, 1, pattern, Effects { flags: *flags, ..Effects::default() });
        }
        let mut paths = builder.build(&keys, 1);
        let mut state = 0;
        for name in path {
            let symbol = if *name == "[]" { paths.item() } else { keys.symbol(name.as_bytes()) };
            state = paths.step(state, symbol);
        }
        paths.effects(state).flags
    }

    #[test]
    fn segments_match_as_documented() {
        let patterns = [
            ("data", effect::MASK),
            ("**.env[].value", effect::COMMAND),
            ("a.*.c", effect::URI),
            (r"annotations.kapp\.k14s\.io/original", effect::TRUNCATE),
            ("rows[][].x", effect::PATCH),
        ];
        assert_eq!(reach(&patterns, &["data"]), effect::MASK);
        assert_eq!(reach(&patterns, &["data", "anything", "[]", "below"]), effect::MASK);
        assert_eq!(reach(&patterns, &["x", "data"]), 0);
        assert_eq!(reach(&patterns, &["env", "[]", "value"]), effect::COMMAND);
        assert_eq!(reach(&patterns, &["x", "y", "[]", "env", "[]", "value"]), effect::COMMAND);
        assert_eq!(reach(&patterns, &["x", "env", "value"]), 0);
        assert_eq!(reach(&patterns, &["a", "unknown", "c"]), effect::URI);
        assert_eq!(reach(&patterns, &["a", "[]", "c"]), effect::URI);
        assert_eq!(reach(&patterns, &["a", "c"]), 0);
        assert_eq!(reach(&patterns, &["annotations", "kapp.k14s.io/original"]), effect::TRUNCATE);
        assert_eq!(reach(&patterns, &["rows", "[]", "[]", "x"]), effect::PATCH);
    }

    #[test]
    fn patterns_in_different_words_do_not_touch() {
        let many: Vec<(String, u32)> = (0..200).map(|n| (format!("k{n}.a.b"), 1 << (n % 13))).collect();
        let patterns: Vec<(&str, u32)> = many.iter().map(|(pattern, flags)| (pattern.as_str(), *flags)).collect();
        for n in 0..200 {
            assert_eq!(reach(&patterns, &[&format!("k{n}"), "a", "b"]), 1 << (n % 13), "k{n}");
            assert_eq!(reach(&patterns, &[&format!("k{n}"), "b"]), 0);
        }
    }
}
