//! The one pass over a record's bytes.

mod buffer;

pub use buffer::{PADDING, Padded};
