//! Texts that were looked at closely, and what came of it: the same ones come again and again (a ConfigMap that a controller reads, the message of a
//! probe), and a close look costs a hundred times what a comparison does.
//!
//! A text is remembered when it is met for the second time in a row at its place, whole, so nothing but the very same bytes are ever taken for it.

/// Places; a power of two. A text that wants the place of another takes it.
const PLACES: usize = 64;

/// Longer texts are looked at each time.
const LONGEST_BYTES: usize = 512;

/// What came of a text.
#[derive(Clone, Default)]
pub(super) struct Judged {
    /// What stands in its place, as the inside of a JSON string, if it does not stay.
    pub(super) masked: Option<Vec<u8>>,
    /// How many parts of it are masked.
    pub(super) redactions: u32,
}

#[derive(Clone, Default)]
struct Place {
    hash: u32,
    /// Whether the text has escapes, and whether it stands in the escaped form: the same bytes mean something else.
    form: (bool, bool),
    /// Empty until it is met again.
    text: Box<[u8]>,
    judged: Judged,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Memo {
    places: Vec<Place>,
}

impl Memo {
    /// What came of `text` before.
    pub(super) fn recall(&self, text: &[u8], form: (bool, bool)) -> Option<&Judged> {
        let place = self.places.get(hash(text) as usize % PLACES)?;
        (place.text.as_ref() == text && place.form == form && !text.is_empty()).then_some(&place.judged)
    }

    /// Remembers what came of `text`, if it was met before.
    pub(super) fn keep(&mut self, text: &[u8], form: (bool, bool), judged: Judged) {
        let hash = hash(text);
        self.places.resize(PLACES, Place::default());
        let Some(place) = self.places.get_mut(hash as usize % PLACES).filter(|_| text.len() <= LONGEST_BYTES) else {
            return;
        };
        *place = if place.hash == hash {
            Place { hash, form, text: text.into(), judged }
        } else {
            Place { hash, ..Place::default() }
        };
    }
}

/// Of the length and of eight bytes at the beginning, in the middle and at the end.
fn hash(text: &[u8]) -> u32 {
    let word = |at: usize| {
        let bytes = text.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
        u64::from_le_bytes(bytes)
    };
    let mixed = word(0)
        ^ word(text.len() / 2).rotate_left(21)
        ^ word(text.len().saturating_sub(8)).rotate_left(42)
        ^ text.len() as u64;
    (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn only_the_same_text_in_the_same_form_is_recalled() {
        let mut memo = Memo::default();
        let text = b"password = hunter2hunter2, and so on and on";
        let judged = || Judged { masked: Some(b"masked".to_vec()), redactions: 1 };
        for form in [(false, false), (true, false)] {
            memo.keep(text, form, judged());
            assert!(memo.recall(text, form).is_none(), "met once");
            memo.keep(text, form, judged());
            assert_eq!(memo.recall(text, form).unwrap().redactions, 1);
            assert!(memo.recall(text, (form.0, true)).is_none());
            memo = Memo::default();
        }
        memo.keep(text, (false, false), judged());
        memo.keep(text, (false, false), judged());
        // Alike where the hash looks.
        let mut other = *text;
        *other.get_mut(12).unwrap() = b'_';
        assert!(memo.recall(&other, (false, false)).is_none());
        assert!(memo.recall(b"", (false, false)).is_none());
    }

    #[test]
    fn long_texts_are_not_kept() {
        let mut memo = Memo::default();
        let text = [b'a'; LONGEST_BYTES + 1];
        for _ in 0..3 {
            memo.keep(&text, (false, false), Judged::default());
            assert!(memo.recall(&text, (false, false)).is_none());
        }
    }
}
