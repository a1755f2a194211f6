//! The one pass over a record's bytes: `buffer` (loads), `string`, `walk`, `frame` and `members` (JSON), `keys` and `paths` (where in the event),
//! `shapes`, `steps`, `survey`, `inner`, `changes`, `whole` and `reading` (records met before), `templates`, `learn` and `follow` (members met
//! before), `hints` (which texts need a closer look), `memo` (what came of one), `values`, `pairs`, `containers`, `skip`, `patches`, `commands`, `lines` and `texts`
//! (what happens to a value), `tables` (the rules) and `edits` (what changes).

mod buffer;
mod changes;
mod commands;
mod containers;
mod edits;
mod follow;
mod frame;
mod hints;
mod inner;
mod keys;
mod learn;
mod lines;
mod members;
mod memo;
mod own;
mod own_paths;
mod pairs;
mod patches;
mod paths;
mod reading;
mod repeats;
mod shapes;
mod skip;
mod steps;
mod string;
mod survey;
mod survey_values;
mod tables;
mod templates;
mod texts;
mod values;
mod variants;
mod walk;
mod whole;

pub(crate) use buffer::View;
pub use buffer::{PADDING, Padded};
pub(crate) use hints::{Hint, Hints, begins_number};
pub(crate) use keys::Keys;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use paths::describe;
pub(crate) use paths::{Builder, Effects, State, effect};
pub(crate) use string::{Text, decode, encode, push_mended};
pub(crate) use tables::Tables;
pub(crate) use variants::{Variants, active_rules};
pub(crate) use walk::{Stop, Walk, Work};
