//! Sets of bytes.

/// A set of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Class([u64; 4]);

impl Class {
    pub(super) fn of(byte: u8) -> Self {
        let mut class = Self::default();
        class.add(byte, byte);
        class
    }

    /// Adds a range, both ends included.
    pub(super) fn add(&mut self, first: u8, last: u8) {
        for byte in first..=last {
            if let Some(word) = self.0.get_mut(usize::from(byte >> 6)) {
                *word |= 1 << (byte & 63);
            }
        }
    }

    pub(super) fn join(&mut self, other: Self) {
        for (word, more) in self.0.iter_mut().zip(other.0) {
            *word |= more;
        }
    }

    pub(super) fn negate(&mut self) {
        for word in &mut self.0 {
            *word = !*word;
        }
    }

    /// Adds the other case of every letter.
    pub(super) fn fold(&mut self) {
        for byte in b'a'..=b'z' {
            let capital = byte.to_ascii_uppercase();
            if self.has(byte) || self.has(capital) {
                self.add(byte, byte);
                self.add(capital, capital);
            }
        }
    }

    pub(super) fn has(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte >> 6)).is_some_and(|word| word >> (byte & 63) & 1 != 0)
    }

    pub(super) fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// The class that stands behind a backslash.
    pub(super) fn named(name: u8) -> Option<Self> {
        let mut class = Self::default();
        match name.to_ascii_lowercase() {
            b'd' => class.add(b'0', b'9'),
            b'w' => {
                for (first, last) in [(b'0', b'9'), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')] {
                    class.add(first, last);
                }
            }
            b's' => {
                class.add(b'\t', b'\r');
                class.add(b' ', b' ');
            }
            _ => return None,
        }
        if name.is_ascii_uppercase() {
            class.negate();
        }
        Some(class)
    }
}
