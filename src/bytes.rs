//! Searching in bytes, and comparing them.

/// Position of `part` in `text`.
pub(crate) fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    let (&first, rest) = part.split_first()?;
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.iter().position(|&byte| byte == first)?;
        if text.get(at + 1..)?.starts_with(rest) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Whether `part` stands in `text`.
pub(crate) fn contains(text: &[u8], part: &[u8]) -> bool {
    find(text, part).is_some()
}

/// Whether two texts are the same; eight bytes at a time, where comparing slices takes an interpreter one at a time.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    let (ones, others) = (one.chunks_exact(8), other.chunks_exact(8));
    let rest = ones.remainder() == others.remainder();
    rest && one.len() == other.len()
        && ones.zip(others).all(|(one, other)| one.first_chunk::<8>() == other.first_chunk())
}

#[cfg(test)]
mod tests {
    use super::{find, same};

    #[test]
    fn a_difference_is_seen_anywhere() {
        let text: Vec<u8> = (0..40).collect();
        for length in 0..40 {
            let one = text.get(..length).unwrap_or_default();
            assert!(same(one, one.to_vec().as_slice()));
            assert!(!same(one, text.get(..length + 1).unwrap_or_default()));
            for at in 0..length {
                let other: Vec<u8> = one.iter().map(|&byte| if usize::from(byte) == at { 99 } else { byte }).collect();
                assert!(!same(one, &other));
            }
        }
    }

    #[test]
    fn the_first_place_is_found() {
        assert_eq!(find(b"aabaab", b"aab"), Some(0));
        assert_eq!(find(b"abaab", b"aab"), Some(2));
        assert_eq!(find(b"aaa", b"aab"), None);
        assert_eq!(find(b"", b"a"), None);
    }
}
