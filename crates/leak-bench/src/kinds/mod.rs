//! The kinds of secret that are planted, each put together at run time: nothing in this repository looks like a secret.
//!
//! A kind says what its text is and which parts of it are the secret: a public prefix (`ghp_`), a DSN's host or the
//! header of a JWT may stay readable, the body may not.

mod context;
mod tokens;

pub(crate) use tokens::{pem, token};

use crate::rng::Rng;

/// Whether the kind can be known by its shape alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// A fixed prefix or a fixed form: to be found in free text.
    Fixed,
    /// Known only by where it stands: free text is reported, not gated.
    Context,
}

/// One made-up secret.
#[derive(Clone, Debug)]
pub struct Secret {
    /// What is planted.
    pub text: String,
    /// The parts of it of which no eight bytes may leave.
    pub bodies: Vec<String>,
}

impl Secret {
    pub(crate) fn whole(text: String) -> Self {
        Self { bodies: vec![text.clone()], text }
    }
}

/// A kind of secret.
#[derive(Clone, Copy)]
pub struct Kind {
    /// Short name for the report.
    pub id: &'static str,
    /// The family it is reported under.
    pub group: &'static str,
    /// Whether free text is gated.
    pub shape: Shape,
    /// Makes one.
    pub make: fn(&mut Rng) -> Secret,
}

/// The kinds that the rules may be developed against.
pub fn development() -> Vec<Kind> {
    [tokens::KINDS, context::KINDS].concat()
}
