//! "Did you mean": the known name that a misspelt one is nearest to.

/// The nearest of the names, if it is near enough to be meant.
pub(crate) fn nearest<'k>(found: &str, known: &[&'k str]) -> Option<&'k str> {
    let mut best: Option<(usize, &'k str)> = None;
    for name in known {
        let distance = distance(&bare(found), &bare(name));
        let near = distance <= (name.len().max(found.len()) / 3).max(1);
        if near && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name)
}

/// Letters and digits only, in lower case: `maxEventBytes`, `max-event-bytes` and `max_event_bytes` are the same slip.
fn bare(name: &str) -> Vec<u8> {
    name.bytes().filter(u8::is_ascii_alphanumeric).take(40).map(|byte| byte.to_ascii_lowercase()).collect()
}

/// How many letters have to be added, removed or replaced (Levenshtein).
fn distance(left: &[u8], right: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, a) in left.iter().enumerate() {
        let mut diagonal = index;
        let mut before = index + 1;
        if let Some(first) = row.first_mut() {
            *first = before;
        }
        for (b, cell) in right.iter().zip(row.iter_mut().skip(1)) {
            let replaced = diagonal + usize::from(a != b);
            diagonal = *cell;
            before = replaced.min(diagonal + 1).min(before + 1);
            *cell = before;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let known = ["users", "userGroups", "verbs", "max_event_bytes"];
        for (found, meant) in
            [("verb", "verbs"), ("user", "users"), ("usergroup", "userGroups"), ("maxEventBytes", "max_event_bytes")]
        {
            assert_eq!(nearest(found, &known), Some(meant));
        }
        assert_eq!(nearest("colour", &known), None);
    }

    #[test]
    fn counts_single_letters() {
        assert_eq!(distance(b"kitten", b"sitting"), 3);
        assert_eq!(distance(b"", b"abc"), 3);
        assert_eq!(distance(b"abc", b"abc"), 0);
    }
}
