//! SHA-256. Source: FIPS 180-4, sections 4.2.2, 5.1.1, 5.3.3 and 6.2.2.
//!
//! Written out in rounds, because the crates that everybody uses are unrolled for speed and would be a thirtieth of the module; the
//! tests hold it against one of them.

use alloc::vec::Vec;

/// Bytes in a block.
pub(crate) const BLOCK_BYTES: usize = 64;

/// Bytes of the length behind the padding.
const LENGTH_BYTES: usize = 8;

const ROUNDS: usize = 64;

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
#[rustfmt::skip]
static CONSTANTS: [u32; ROUNDS] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/// The first 32 bits of the fractional parts of the square roots of the first eight primes.
const START: [u32; 8] =
    [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

/// The hash of a message.
pub(crate) fn hash(message: &[&[u8]]) -> [u8; 32] {
    let mut text: Vec<u8> = message.concat();
    let bits = 8 * text.len() as u64;
    text.push(0x80);
    while text.len() % BLOCK_BYTES != BLOCK_BYTES - LENGTH_BYTES {
        text.push(0);
    }
    text.extend_from_slice(&bits.to_be_bytes());
    let mut state = START;
    for block in text.chunks_exact(BLOCK_BYTES) {
        mix(&mut state, block);
    }
    let mut out = [0; 32];
    for (to, word) in out.chunks_exact_mut(4).zip(state) {
        to.copy_from_slice(&word.to_be_bytes());
    }
    out
}

fn mix(state: &mut [u32; 8], block: &[u8]) {
    // The last sixteen words of the schedule, the oldest first.
    let mut words = [0_u32; 16];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for constant in CONSTANTS {
        let [word, second, .., tenth, _, _, _, _, fifteenth, _] = words;
        let sum = h
            .wrapping_add(e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25))
            .wrapping_add(e & f ^ !e & g)
            .wrapping_add(constant)
            .wrapping_add(word);
        let other = (a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22)).wrapping_add(a & b ^ a & c ^ b & c);
        (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(sum), c, b, a, sum.wrapping_add(other));
        words.rotate_left(1);
        let [.., last] = &mut words;
        *last = word
            .wrapping_add(second.rotate_right(7) ^ second.rotate_right(18) ^ second >> 3)
            .wrapping_add(tenth)
            .wrapping_add(fifteenth.rotate_right(17) ^ fifteenth.rotate_right(19) ^ fifteenth >> 10);
    }
    for (old, new) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *old = old.wrapping_add(new);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]
    use super::hash;
    use sha2::{Digest, Sha256};

    #[test]
    fn is_what_others_compute() {
        let text: Vec<u8> = (0..1000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for len in 0..text.len() {
            let (one, two) = text[..len].split_at(len / 3);
            assert_eq!(hash(&[one, two])[..], Sha256::digest(&text[..len])[..], "{len}");
        }
    }
}
