//! A fifth of the kinds and of the places, kept out of the development of the rules: the report gives their totals and
//! nothing else, so that the figures say what happens to what nobody looked at.

mod kinds;
mod places;

use crate::kinds::Kind;
use crate::places::Place;

/// The kinds.
pub fn kinds() -> Vec<Kind> {
    kinds::KINDS.to_vec()
}

/// The places.
pub fn places() -> Vec<Place> {
    [places::OBJECTS, places::ENVELOPE_AND_LINUX].concat()
}
