//! Compresses the image of memory into LZ4's block format, which `src/module/image.rs` unpacks.
//!
//! Its own, because the module is loaded often and packed once: of all ways to write a block this takes the shortest, a sixth shorter than
//! what libraries find that have to be fast. Source of the format: lz4/lz4, doc/lz4_Block_format.md.

use std::collections::HashMap;

/// Shortest match of the format.
const MIN_MATCH_BYTES: usize = 4;
/// Farthest that a match may reach back.
const MAX_DISTANCE: usize = 0xffff;
/// Earlier places that are tried.
const MAX_TRIES: usize = 128;
/// A match this long is taken as it is found.
const LONG_MATCH_BYTES: usize = 256;

/// What stands `distance` bytes before is the same for `len` bytes; the length is zero where nothing is.
#[derive(Clone, Copy, Default)]
struct Match {
    distance: usize,
    len: usize,
}

/// The shortest block that unpacks to `bytes`.
pub(crate) fn compress(bytes: &[u8]) -> Vec<u8> {
    let steps = shortest(&longest(bytes));
    let mut block = Vec::new();
    let (mut at, mut literals) = (0, 0);
    while let Some(step) = steps.get(at) {
        if step.len == 0 {
            at += 1;
            continue;
        }
        let more = step.len - MIN_MATCH_BYTES;
        push_literals(&mut block, bytes.get(literals..at).unwrap_or_default(), more.min(15) as u8);
        block.extend_from_slice(&(step.distance as u16).to_le_bytes());
        push_length(&mut block, more);
        at += step.len;
        literals = at;
    }
    push_literals(&mut block, bytes.get(literals..).unwrap_or_default(), 0);
    block
}

/// The longest match at each place.
fn longest(bytes: &[u8]) -> Vec<Match> {
    let mut seen: HashMap<&[u8], Vec<usize>> = HashMap::new();
    let mut found = Vec::with_capacity(bytes.len());
    let mut before = Match::default();
    for at in 0..bytes.len() {
        // What was found one byte before goes on here.
        let mut best = Match { len: before.len.saturating_sub(1), ..before };
        if let Some(key) = bytes.get(at..at + MIN_MATCH_BYTES) {
            let places = seen.entry(key).or_default();
            if best.len < LONG_MATCH_BYTES {
                let near = places.iter().rev().take(MAX_TRIES).map(|place| at - place);
                for distance in near.take_while(|&distance| distance <= MAX_DISTANCE) {
                    // What is longer has the next byte in common as well.
                    if bytes.get(at + best.len) == bytes.get(at + best.len - distance) {
                        let same = same_bytes(bytes, at, at - distance);
                        best = if same > best.len { Match { distance, len: same } } else { best };
                    }
                }
            }
            places.push(at);
        }
        found.push(best);
        before = best;
    }
    found
}

/// How many bytes from `here` on are the same as those from `there` on.
fn same_bytes(bytes: &[u8], here: usize, there: usize) -> usize {
    let (here, there) = (bytes.get(here..).unwrap_or_default(), bytes.get(there..).unwrap_or_default());
    here.iter().zip(there).take_while(|(here, there)| here == there).count()
}

/// What to write at each place so that all that follows is shortest: a match, or, where its length is zero, the byte itself.
fn shortest(longest: &[Match]) -> Vec<Match> {
    let mut costs = vec![0; longest.len() + 1];
    let mut steps = vec![Match::default(); longest.len()];
    for (at, found) in longest.iter().enumerate().rev() {
        let cost_from = |place: usize| costs.get(place).copied().unwrap_or(usize::MAX);
        let mut best = (1 + cost_from(at + 1), 0);
        let lengths = MIN_MATCH_BYTES..=found.len.min(LONG_MATCH_BYTES);
        for len in lengths.chain([found.len]).filter(|len| *len >= MIN_MATCH_BYTES) {
            // The token, the distance, and what the token has no room for.
            let cost = 3 + (len - MIN_MATCH_BYTES + 240) / 255 + cost_from(at + len);
            if cost < best.0 {
                best = (cost, len);
            }
        }
        if let (Some(cost), Some(step)) = (costs.get_mut(at), steps.get_mut(at)) {
            (*cost, *step) = (best.0, Match { len: best.1, ..*found });
        }
    }
    steps
}

/// A token with the bytes in front of a match.
fn push_literals(block: &mut Vec<u8>, literals: &[u8], match_bits: u8) {
    block.push((literals.len().min(15) as u8) << 4 | match_bits);
    push_length(block, literals.len());
    block.extend_from_slice(literals);
}

/// The part of a length that the token has no room for.
fn push_length(block: &mut Vec<u8>, length: usize) {
    let Some(mut rest) = length.checked_sub(15) else { return };
    while rest >= 255 {
        block.push(255);
        rest -= 255;
    }
    block.push(rest as u8);
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::compress;

    #[test]
    fn a_block_unpacks_to_what_it_was_made_of() {
        let mut text = Vec::new();
        let mut state = 1u32;
        for round in 0..600u32 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            match state >> 30 {
                0 => text.extend_from_slice(b"metadata"),
                1 => text.extend_from_slice(b"name"),
                2 => text.extend_from_slice(&state.to_le_bytes()),
                _ => text.resize(text.len() + 300, 0),
            }
            text.extend(0..(round % 18) as u8);
        }
        for len in [0, 1, 4, 5, 15, 16, 19, 20, 270, 271, 1000, text.len()] {
            let part = text.get(..len).unwrap();
            let block = compress(part);
            assert_eq!(lz4_flex::block::decompress(&block, len).unwrap(), part, "{len} bytes");
            let fast = lz4_flex::block::compress(part).len();
            assert!(block.len() <= fast, "{len} bytes became {}, a library finds {fast}", block.len());
        }
    }
}
