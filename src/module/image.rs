//! Memory as it stood when the module was packed: everything that is built once (tables, and a policy inside) is built then, and
//! loading unpacks it.
//!
//! The packing step (crates/pack) calls `auditgate_prepare`, keeps what memory holds afterwards as one block in LZ4's block
//! format, and writes a start function that unpacks it. After a trap the same function brings memory back to that state.
//! Source of the format: lz4/lz4, doc/lz4_Block_format.md.

/// Shortest match of the format, which its lengths do not count.
const MIN_MATCH_BYTES: usize = 4;

/// Unpacks `block` into `out`; stops at the first thing that cannot be, because what packed it has checked it.
pub(crate) fn unpack(mut block: &[u8], out: &mut [u8]) {
    let mut at = 0;
    while let Some((&token, rest)) = block.split_first() {
        block = rest;
        let literals = length(token >> 4, &mut block);
        let Some((text, rest)) = block.split_at_checked(literals) else { return };
        let Some(space) = out.get_mut(at..at + literals) else { return };
        space.copy_from_slice(text);
        at += literals;
        // The last sequence ends with its literals.
        let Some((distance, rest)) = rest.split_first_chunk() else { return };
        block = rest;
        let end = at + length(token & 15, &mut block) + MIN_MATCH_BYTES;
        let Some(from) = at.checked_sub(usize::from(u16::from_le_bytes(*distance))) else { return };
        if end > out.len() {
            return;
        }
        // A match may reach into what it writes; each round doubles what there is to copy.
        while at < end {
            let bytes = (at - from).min(end - at);
            if bytes == 0 {
                return;
            }
            out.copy_within(from..from + bytes, at);
            at += bytes;
        }
    }
}

/// A length: four bits of the token, and bytes that are added up to the first that is not 255.
fn length(bits: u8, block: &mut &[u8]) -> usize {
    let mut length = usize::from(bits);
    let mut more = bits == 15;
    while more {
        let Some((&byte, rest)) = block.split_first() else { return length };
        *block = rest;
        length += usize::from(byte);
        more = byte == 255;
    }
    length
}

#[cfg(test)]
mod tests {
    use super::unpack;

    fn unpacked(block: &[u8], len: usize) -> Vec<u8> {
        let mut out = vec![b'.'; len];
        unpack(block, &mut out);
        out
    }

    #[test]
    fn literals_and_matches() {
        assert_eq!(unpacked(b"\x30abc", 3), b"abc");
        // "abc", then 5 bytes from 3 back, then "x".
        assert_eq!(unpacked(b"\x31abc\x03\x00\x10x", 9), b"abcabcabx");
    }

    #[test]
    fn long_lengths_go_on_in_bytes() {
        let block = [b"\xf0\xff\x01".as_slice(), &[b'q'; 271]].concat();
        assert_eq!(unpacked(&block, 271), [b'q'; 271]);
        // One byte, and 4 + 15 + 255 + 255 + 0 of the same.
        assert_eq!(unpacked(b"\x1fz\x01\x00\xff\xff\x00\x00", 530), [b'z'; 530]);
    }

    #[test]
    fn a_broken_block_ends_without_a_trap() {
        let block = b"\x31abc\x03\x00\x10x";
        for cut in 0..block.len() {
            assert_eq!(unpacked(block.get(..cut).unwrap_or_default(), 9).len(), 9);
        }
        for len in 0..9 {
            assert_eq!(unpacked(block, len).len(), len);
        }
        // A match from before the beginning, and one from nowhere.
        assert_eq!(unpacked(b"\x10a\x02\x00\x00", 9), b"a........");
        assert_eq!(unpacked(b"\x10a\x00\x00\x00", 9), b"a........");
    }
}
