//! What the pass keeps of an open object or array: where it stands in the rules, and what is to be done when it closes.

use super::keys::Member;
use super::paths::State;

/// What is to be done when a container closes; bits of [`Frame::close`].
pub(super) mod close {
    /// Leave the member out; what is inside may decide about others.
    pub(crate) const REMOVE: u32 = 1;
    /// A body that came before the event said what it is: put it aside.
    pub(crate) const BODY: u32 = 1 << 1;
    /// Write it as a string: nested too deep for Fluent Bit.
    pub(crate) const FOLD: u32 = 1 << 2;
    /// Command line arguments.
    pub(crate) const COMMAND: u32 = 1 << 3;
    /// An operation of a JSON patch.
    pub(crate) const PATCH: u32 = 1 << 4;
    /// The value of such an operation.
    pub(crate) const PATCH_VALUE: u32 = 1 << 5;
    /// Has turned out to be a Secret after its data was read.
    pub(crate) const SECRET: u32 = 1 << 6;
    /// An audit event inside the record.
    pub(crate) const EVENT: u32 = 1 << 7;
    /// A body, whose place is to be remembered.
    pub(crate) const REMEMBER: u32 = 1 << 8;
    /// With `REMEMBER`: the response's.
    pub(crate) const RESPONSE: u32 = 1 << 9;

    /// A message as an array of bytes.
    pub(crate) const BYTES: u32 = 1 << 10;
    /// An array of which the policy names single items.
    pub(crate) const INDEXED: u32 = 1 << 11;
    /// Leave the member out without a look at its inside: the container is not opened.
    pub(crate) const SKIP: u32 = 1 << 12;
    /// The value of a pair about whose inside something is to be decided.
    pub(crate) const PAIR: u32 = 1 << 13;

    /// Bits that have to do with the strings directly inside.
    pub(crate) const STRINGS: u32 = COMMAND | PATCH | INDEXED;
    /// Bits that have to do with the containers, numbers and literals directly inside.
    pub(crate) const MEMBERS: u32 = PATCH | INDEXED;
}

/// What is known of a container from its members so far; bits of [`Frame::pair`].
pub(super) mod pair {
    /// `data` or `stringData` has been read.
    pub(crate) const DATA: u32 = 1;
    /// Is a Secret by its own word.
    pub(crate) const KIND: u32 = 1 << 1;
    /// The value of a pair has been read before its name, or that of a patch operation, and noted.
    pub(crate) const VALUE: u32 = 1 << 2;
    /// A key has escapes.
    pub(crate) const ESCAPES: u32 = 1 << 3;
    /// From here on up the values of pairs are counted.
    pub(crate) const ONE_VALUE: u32 = 1 << 8;
}

/// One open object or array. Small, because one is kept and fetched for each container of each event.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Frame {
    /// A bit for each key, to notice repeated ones.
    pub(super) seen: u64,
    /// Position of the bracket.
    pub(super) start: usize,
    /// Where this frame's keys begin in `Repeats::keys`.
    pub(super) keys: usize,
    /// Place of the container.
    pub(super) state: State,
    /// What holds for the items of an array; none in an object.
    pub(super) item: Option<Member>,
    /// Bits of [`close`].
    pub(super) close: u32,
    /// What is known of the members so far, bits of [`pair`].
    pub(super) pair: u32,
    /// Tells the path of names to this container from others, often; zero where templates are not used.
    pub(super) site: u32,
    /// The key of the present member, if no template was known for it, and its number in `Templates`; else zero.
    pub(super) learn: u32,
    pub(super) ticket: u32,
}

impl Frame {
    /// Bits of [`close`] that have to do with the strings directly inside.
    #[inline(always)]
    pub(super) fn strings(self) -> u32 {
        self.close & close::STRINGS
    }
}
