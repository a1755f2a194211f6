//! Searching in bytes.

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

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn the_first_place_is_found() {
        assert_eq!(find(b"aabaab", b"aab"), Some(0));
        assert_eq!(find(b"abaab", b"aab"), Some(2));
        assert_eq!(find(b"aaa", b"aab"), None);
        assert_eq!(find(b"", b"a"), None);
    }
}
