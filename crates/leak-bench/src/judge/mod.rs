//! The judge: says whether anything of a secret can still be read in what left.
//!
//! It knows nothing of how the redactor works. It looks for any eight bytes of the secret's body in the answer as it
//! stands and in whatever recursive decoding makes of it: JSON (keys, values, strings joined, arrays of byte values), loose
//! `\` escapes, percent, hexadecimal, base64 in both alphabets at every alignment, gzip, zlib and zip.

mod decode;

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

/// Bytes in a row that count as a leak.
pub const PIECE_BYTES: usize = 8;
/// How many decodings deep the judge looks.
const MAX_DEPTH: usize = 7;
/// Bits of the filter in front of the table for each piece in it: few misses get through.
const FILTER_BITS_PER_PIECE: usize = 16;

/// Where a piece of a secret was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    /// Which secret.
    pub secret: u32,
    /// The decodings that showed it, outermost first.
    pub way: String,
}

/// All pieces of one or more secrets.
pub struct Judge {
    pieces: HashMap<u64, u32>,
    filter: Vec<u64>,
    /// What is left of a hash is a position in the filter.
    shift: u32,
}

struct Search<'j> {
    judge: &'j Judge,
    all: bool,
    found: BTreeMap<u32, String>,
}

impl Judge {
    /// A judge for secrets, each given by its number and its bodies.
    pub fn new<'a>(bodies: impl IntoIterator<Item = (u32, &'a str)>) -> Self {
        let mut pieces = HashMap::new();
        for (secret, body) in bodies {
            for piece in body.as_bytes().windows(PIECE_BYTES) {
                pieces.entry(word(piece)).or_insert(secret);
            }
        }
        let bits = (pieces.len() * FILTER_BITS_PER_PIECE).next_power_of_two().max(1 << 10);
        let mut judge = Self { pieces, filter: vec![0; bits / 64], shift: 64 - bits.trailing_zeros() };
        for piece in judge.pieces.keys() {
            let slot = judge.slot(*piece);
            if let Some(bits) = judge.filter.get_mut(slot >> 6) {
                *bits |= 1 << (slot & 63);
            }
        }
        judge
    }

    /// The first piece found in `answer`.
    pub fn find(&self, answer: &[u8]) -> Option<Leak> {
        let mut search = Search { judge: self, all: false, found: BTreeMap::new() };
        search.look(answer, 0, "");
        search.found.into_iter().next().map(|(secret, way)| Leak { secret, way })
    }

    /// Every secret of which a piece is found in `answer`, with the first way to it.
    pub fn find_all(&self, answer: &[u8]) -> BTreeMap<u32, String> {
        let mut search = Search { judge: self, all: true, found: BTreeMap::new() };
        search.look(answer, 0, "");
        search.found
    }

    fn slot(&self, piece: u64) -> usize {
        (piece.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }

    fn hit(&self, piece: u64) -> Option<u32> {
        let slot = self.slot(piece);
        let marked = self.filter.get(slot >> 6).is_some_and(|bits| bits >> (slot & 63) & 1 == 1);
        if marked { self.pieces.get(&piece).copied() } else { None }
    }
}

fn word(piece: &[u8]) -> u64 {
    piece.iter().fold(0, |word, &byte| word << 8 | u64::from(byte))
}

impl Search<'_> {
    fn done(&self) -> bool {
        !self.all && !self.found.is_empty()
    }

    /// Looks in the bytes as they stand.
    fn scan(&mut self, bytes: &[u8], way: &str) {
        let mut piece = 0;
        for (at, &byte) in bytes.iter().enumerate() {
            piece = piece << 8 | u64::from(byte);
            if at + 1 >= PIECE_BYTES
                && let Some(secret) = self.judge.hit(piece)
            {
                self.found.entry(secret).or_insert_with(|| way.to_owned());
                if !self.all {
                    return;
                }
            }
        }
    }

    /// Looks in the bytes and in everything they decode to.
    fn look(&mut self, bytes: &[u8], depth: usize, way: &str) {
        self.scan(bytes, way);
        if depth >= MAX_DEPTH || self.done() {
            return;
        }
        if let Some(inflated) = decode::inflate(bytes) {
            self.look(&inflated, depth + 1, &format!("{way}/inflate"));
        }
        if !decode::has_text(bytes) {
            return;
        }
        self.look_in_json(bytes, depth, way);
        let decoders: [(&str, Decoder); 5] = [
            ("escapes", decode::escapes),
            ("percent", decode::percent),
            ("form", decode::form),
            ("octal", decode::octal),
            ("lines", decode::unwrapped),
        ];
        for (name, decoder) in decoders {
            if self.done() {
                return;
            }
            if let Some(decoded) = decoder(bytes) {
                self.look(&decoded, depth + 1, &format!("{way}/{name}"));
            }
        }
        for (name, runs) in [("hex", decode::hex as Runs), ("base64", decode::base64 as Runs)] {
            let mut each = |decoded: &[u8]| {
                if !self.done() {
                    self.look(decoded, depth + 1, &format!("{way}/{name}"));
                }
            };
            runs(bytes, &mut each);
        }
    }

    /// Looks in a JSON text: in every string, in all of them joined, and in arrays of byte values.
    fn look_in_json(&mut self, bytes: &[u8], depth: usize, way: &str) {
        let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
        if !matches!(first, Some(b'{' | b'[' | b'"')) {
            return;
        }
        let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
        let (mut keys, mut values, mut numbers) = (String::new(), String::new(), Vec::new());
        collect(&value, &mut keys, &mut values, &mut numbers, &mut |text| {
            // Most strings say nothing that the whole text has not said; those that hold a document are read as one.
            if text.starts_with(['{', '[', '"']) && !self.done() {
                self.look(text.as_bytes(), depth + 1, &format!("{way}/string"));
            }
        });
        for (name, text) in [("keys", keys.as_bytes()), ("joined", values.as_bytes()), ("numbers", &numbers)] {
            if !self.done() && text.len() >= PIECE_BYTES {
                self.look_flat(text, depth, &format!("{way}/{name}"));
            }
        }
    }

    /// Like `look`, for text made by joining: not read as JSON again.
    fn look_flat(&mut self, bytes: &[u8], depth: usize, way: &str) {
        self.scan(bytes, way);
        for (name, runs) in [("hex", decode::hex as Runs), ("base64", decode::base64 as Runs)] {
            let mut each = |decoded: &[u8]| {
                if !self.done() {
                    self.look(decoded, depth + 1, &format!("{way}/{name}"));
                }
            };
            runs(bytes, &mut each);
        }
        for (name, decoder) in [("percent", decode::percent as Decoder), ("escapes", decode::escapes as Decoder)] {
            if let Some(decoded) = decoder(bytes).filter(|_| !self.done()) {
                self.look(&decoded, depth + 1, &format!("{way}/{name}"));
            }
        }
    }
}

type Decoder = fn(&[u8]) -> Option<Vec<u8>>;
type Runs = fn(&[u8], &mut dyn FnMut(&[u8]));

fn collect(value: &Value, keys: &mut String, values: &mut String, numbers: &mut Vec<u8>, each: &mut impl FnMut(&str)) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                keys.push_str(key);
                each(key);
                collect(value, keys, values, numbers, each);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, keys, values, numbers, each)),
        Value::String(text) => {
            values.push_str(text);
            each(text);
        }
        Value::Number(number) => {
            numbers.extend(number.as_u64().and_then(|number| u8::try_from(number).ok()));
            values.push_str(&number.to_string());
        }
        Value::Bool(_) | Value::Null => {}
    }
}

#[cfg(test)]
mod tests;
