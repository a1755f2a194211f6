//! What the redaction rules that a policy brings itself are made of: patterns, pseudonyms, key names and address prefixes.
//!
//! A crate of its own, because it is compiled for size and the engine for speed: a policy without such rules runs none of it, but
//! every module carries it.

extern crate alloc;

mod address;
mod finder;
mod names;
mod pattern;
mod pseudonym;
mod sha256;
mod words;

pub use address::push_prefix;
pub use finder::{Finder, Found, join};
pub use names::Names;
pub use pattern::{MAX_STEPS, Pattern, PatternError, Patterns};
pub use pseudonym::{Pseudonyms, TOKEN_DIGITS, TOKEN_START};
pub use words::Words;
