//! Patterns: a small language of regular expressions that is matched in time in proportion to the text.
//!
//! | | |
//! |---|---|
//! | `abc`, `\.` | characters; `\t`, `\n`, `\r`, `\x41` |
//! | `.` | any byte but a line end |
//! | `[a-z_]`, `[^"]`, `\d`, `\w`, `\s`, `\D`, `\W`, `\S` | one of a class; classes hold ASCII, what is not in ASCII is in the negated ones |
//! | `(ab\|cd)` | groups and alternatives; `(?:` is the same |
//! | `?`, `*`, `+`, `{3}`, `{2,}`, `{2,8}` | repeats, up to 255 times |
//! | `^`, `$`, `\b` | the start and the end of the text, a word's edge |
//! | `(?i)` at the start | small letters and capitals are the same |
//!
//! There is no backtracking, and no back-reference or look-around that would need any: all ways to match are followed at once
//! (Thompson 1968; the earliest match counts, and of those the longest).

mod class;
mod compile;
mod parse;
mod run;

pub use compile::{MAX_STEPS, Pattern};
pub use parse::PatternError;
pub use run::Patterns;

#[cfg(test)]
mod tests;
