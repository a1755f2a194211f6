//! Random numbers that stay the same for ever: xoshiro256** seeded by SplitMix64, both from <https://prng.di.unimi.it/>.
//!
//! A library's generator may change its stream with a version; then a recorded measurement or a failing seed could not
//! be repeated.

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Random {
    state: [u64; 4],
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl Random {
    /// The stream number `stream` of `seed`: streams of one seed have nothing to do with each other.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut state = seed;
        let mut mixer = split_mix(&mut state) ^ stream.wrapping_mul(0xd134_2543_de82_ef95);
        Self { state: [(); 4].map(|()| split_mix(&mut mixer)) }
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        let [s0, s1, s2, s3] = self.state;
        let result = s1.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let (s2, s3) = (s2 ^ s0, s3 ^ s1);
        self.state = [s0 ^ s3, s1 ^ s2, s2 ^ (s1 << 17), s3.rotate_left(45)];
        result
    }

    /// A number below `bound`; 0 if `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of `choices`; the empty string if there is none.
    pub fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        let index = self.below(choices.len() as u64) as usize;
        choices.get(index).copied().unwrap_or_default()
    }

    /// `length` characters out of `alphabet`, which has to be ASCII.
    pub fn text(&mut self, alphabet: &str, length: usize) -> String {
        let alphabet = alphabet.as_bytes();
        (0..length)
            .map(|_| {
                let index = self.below(alphabet.len() as u64) as usize;
                alphabet.get(index).copied().map_or('x', char::from)
            })
            .collect()
    }

    /// Lower-case hexadecimal digits.
    pub fn hex(&mut self, length: usize) -> String {
        self.text("0123456789abcdef", length)
    }

    /// A random UUID, version 4.
    pub fn uuid(&mut self) -> String {
        format!(
            "{}-{}-4{}-{}{}-{}",
            self.hex(8),
            self.hex(4),
            self.hex(3),
            self.pick(&["8", "9", "a", "b"]),
            self.hex(3),
            self.hex(12)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn the_stream_never_changes() {
        let mut random = Random { state: [1, 2, 3, 4] };
        // The reference implementation's first numbers for this state.
        let first = [11520, 0, 1_509_978_240, 1_215_971_899_390_074_240];
        assert_eq!([(); 4].map(|()| random.bits()), first);
    }

    #[test]
    fn below_stays_below() {
        let mut random = Random::new(1, 1);
        assert!((0..1000).all(|bound| random.below(bound + 1) <= bound));
        assert_eq!(random.below(0), 0);
    }
}
