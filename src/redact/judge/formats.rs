//! Where the tokens of the formats begin and end.

use core::cell::Cell;

use crate::redact::tokens::{Before, Format, class_of};
use crate::scan::View;

/// Where runs of one alphabet end, as far as they have been walked: many prefixes in one run take one walk together.
#[derive(Default)]
pub(super) struct RunEnds([Cell<(usize, usize)>; 8]);

impl RunEnds {
    /// The first position from `at` on that is not in the alphabet, or `end`.
    fn of(&self, alphabet: u8, text: View<'_>, at: usize, end: usize) -> usize {
        // An alphabet is one bit.
        let known = self.0.get(alphabet.trailing_zeros() as usize);
        if let Some((from, stop)) = known.map(Cell::get)
            && (from..stop).contains(&at)
        {
            return stop;
        }
        let mut stop = at;
        while stop < end && class_of(text.byte(stop)) & alphabet != 0 {
            stop += 1;
        }
        if let Some(known) = known {
            known.set((at, stop));
        }
        stop
    }
}

/// Where a token of `format` starts and ends if its fixed part stands at `at`.
pub(super) fn match_format(
    format: &Format,
    text: View<'_>,
    from: usize,
    at: usize,
    end: usize,
    ends: &RunEnds,
) -> Option<(usize, usize)> {
    let prefix = format.prefix.as_bytes();
    let body = at + prefix.len();
    if body > end || prefix.first() != Some(&text.byte(at)) || text.span(at, body) != prefix {
        return None;
    }
    let in_alphabet = |at: usize| class_of(text.byte(at)) & format.alphabet != 0;
    let stop = ends.of(format.alphabet, text, body, end);
    if stop - body < usize::from(format.body) {
        return None;
    }
    let mut start = at;
    match format.before {
        Before::Any => {}
        Before::Boundary if at > from && text.byte(at - 1).is_ascii_alphanumeric() => return None,
        Before::Boundary => {}
        Before::Reach(bytes) => {
            while start > from && at - start < usize::from(bytes) && in_alphabet(start - 1) {
                start -= 1;
            }
        }
    }
    Some((start, stop))
}
