//! Keys that an object has twice. Fluent Bit would keep both members, and receivers disagree on which one counts.
//!
//! Most objects have few keys, and a filter of 64 bits tells most of them apart. Where it does not, the keys of a small object are compared one
//! by one, those of a large one through a hash table, so that the cost of an object grows with its keys and no faster.

use super::buffer::View;
use super::string::{self, Text};

/// Objects with more keys than this use the table.
const FEW_KEYS: usize = 32;

/// The keys of the open objects.
#[derive(Default)]
pub(super) struct Repeats {
    /// Position of each key, behind its quote; the keys of the innermost object are the last ones.
    pub(super) keys: Vec<u32>,
    /// Open addressing: hash and position plus one; zero is free.
    table: Vec<(u32, u32)>,
    used: usize,
    scratch: Vec<u8>,
}

impl Repeats {
    pub(super) fn clear(&mut self) {
        self.keys.clear();
        if self.used > 0 {
            self.table.clear();
            self.used = 0;
        }
    }

    /// Whether an object has the key `key` already. `object` is the index of its first key and its position, `escapes` tells whether one of its keys
    /// has any, `entered` is the number of its keys that the table holds; the new number is returned, too.
    pub(super) fn contains(
        &mut self,
        text: View<'_>,
        key: Text,
        object: (usize, usize),
        escapes: bool,
        entered: usize,
    ) -> (bool, usize) {
        let (first, object) = object;
        let count = self.keys.len() - first;
        if count <= FEW_KEYS {
            let word = text.word(key.start);
            let quick = key.end - key.start >= 8 && !escapes;
            let keys = core::mem::take(&mut self.keys);
            let found = keys.get(first..).unwrap_or_default().iter().any(|&start| {
                // Eight equal bytes, or, in a shorter key, the quote behind it.
                let other = text.word(start as usize);
                (!quick || other == word) && self.is_same(text, start as usize, key)
            });
            self.keys = keys;
            return (found, entered);
        }
        for index in first + entered..first + count {
            let start = self.keys.get(index).copied().unwrap_or_default();
            let known = string::read_again(text, start as usize, key.escaped_form);
            let hash = self.hash(text, known, object);
            // One entry a name: many equal ones would stand behind each other, and each be passed by all later ones.
            if !self.find(text, hash, known) {
                self.enter(hash, start);
            }
        }
        let hash = self.hash(text, key, object);
        (self.find(text, hash, key), count)
    }

    fn find(&mut self, text: View<'_>, hash: u32, key: Text) -> bool {
        let mask = self.table.len().wrapping_sub(1);
        let mut place = hash as usize & mask;
        while let Some(&(known, start)) = self.table.get(place)
            && start != 0
        {
            if known == hash && self.is_same(text, start as usize - 1, key) {
                return true;
            }
            place = (place + 1) & mask;
        }
        false
    }

    fn enter(&mut self, hash: u32, start: u32) {
        if (self.used + 1) * 2 > self.table.len() {
            let larger = vec![(0, 0); (self.table.len() * 2).max(128)];
            for (hash, start) in core::mem::replace(&mut self.table, larger) {
                if start != 0 {
                    self.place(hash, start);
                }
            }
        }
        self.used += 1;
        self.place(hash, start + 1);
    }

    fn place(&mut self, hash: u32, start: u32) {
        let mask = self.table.len().wrapping_sub(1);
        let mut place = hash as usize & mask;
        while self.table.get(place).is_some_and(|entry| entry.1 != 0) {
            place = (place + 1) & mask;
        }
        if let Some(entry) = self.table.get_mut(place) {
            *entry = (hash, start);
        }
    }

    /// A hash of the key's text and the object's position.
    fn hash(&mut self, text: View<'_>, key: Text, object: usize) -> u32 {
        self.scratch.clear();
        string::decode(text, key, &mut self.scratch);
        crate::stamp::content_hash(&self.scratch)
            .wrapping_add((object as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .rotate_left(32) as u32
    }

    /// Whether the key that starts at `start` says the same as `key`, perhaps in another spelling.
    fn is_same(&mut self, text: View<'_>, start: usize, key: Text) -> bool {
        let own = text.span(key.start, key.end);
        let other = string::read_again(text, start, key.escaped_form);
        if !key.escapes && !other.escapes {
            return text.span(other.start, other.end) == own;
        }
        self.scratch.clear();
        string::decode(text, other, &mut self.scratch);
        let split = self.scratch.len();
        string::decode(text, key, &mut self.scratch);
        let (one, two) = self.scratch.split_at_checked(split).unwrap_or_default();
        one == two
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::scan::PADDING;

    #[test]
    fn large_objects_find_their_repeats_and_no_others() {
        for count in [3_usize, 32, 33, 34, 500, 5000] {
            let mut text = String::new();
            let mut starts = Vec::new();
            for index in 0..count {
                starts.push(text.len() as u32 + 1);
                text.push_str(&format!("\"key-{index}\""));
            }
            let repeated = text.len() + 1;
            text.push_str(&format!("\"key-{}\"", count / 2));
            let fresh = text.len() + 1;
            text.push_str("\"key-x\"");
            let spelt = text.len() + 1;
            text.push_str("\"\\u006bey-1\"");
            text.extend(std::iter::repeat_n('\0', PADDING));
            let view = View::new(text.as_bytes()).unwrap();
            let mut repeats = Repeats { keys: starts, ..Repeats::default() };
            let mut entered = 0;
            for (start, expected) in [(repeated, true), (fresh, false), (spelt, true), (fresh, false)] {
                let found;
                (found, entered) =
                    repeats.contains(view, string::read_again(view, start, false), (0, 7), true, entered);
                assert_eq!(found, expected, "{count}");
            }
        }
    }
    #[test]
    fn equal_keys_take_one_entry_together() {
        let mut text = "\"a\"".repeat(1000);
        text.extend(std::iter::repeat_n('\0', PADDING));
        let view = View::new(text.as_bytes()).unwrap();
        let mut repeats = Repeats { keys: (0..999).map(|index| index * 3 + 1).collect(), ..Repeats::default() };
        let (found, entered) = repeats.contains(view, string::read_again(view, 999 * 3 + 1, false), (0, 7), false, 0);
        assert_eq!((found, entered, repeats.used), (true, 999, 1));
    }
}
