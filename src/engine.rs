//! The engine: a record in, a decision and the bytes that may leave out. No I/O, no clock, no randomness, no globals.

use crate::scan::Padded;

/// What the host knows of a record besides its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Fluent Bit's tag.
    pub tag: &'a [u8],
    /// The record's time, seconds since 1970.
    pub seconds: u32,
    /// The record's time, nanoseconds within the second.
    pub nanoseconds: u32,
}

/// What becomes of a record.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// One JSON object that may leave.
    Record(&'a [u8]),
    /// Nothing leaves; the named rule of the policy says so.
    Dropped {
        /// Name of the rule.
        rule: &'a str,
    },
}

/// One engine per thread; it keeps its buffers between records.
#[derive(Default)]
pub struct Engine {
    output: Vec<u8>,
}

impl Engine {
    /// An engine with the built-in policy.
    pub fn new() -> Self {
        Self::default()
    }

    /// Decides about one record. The record's bytes are scratch space afterwards.
    pub fn process<'e>(&'e mut self, context: Context<'_>, record: &mut Padded<'_>) -> Outcome<'e> {
        let _ = context;
        self.output.clear();
        self.output.extend_from_slice(record.text());
        self.output.push(0);
        Outcome::Record(self.output.get(..self.output.len() - 1).unwrap_or_default())
    }

    /// The record that [`process`](Self::process) returned, with a zero byte behind it.
    pub fn output_with_nul(&self) -> &[u8] {
        &self.output
    }
}
