//! The record's bytes, followed by zeros that every scanning loop stops at.
//!
//! This is the one place of the engine that reads without a bounds check: an interpreter pays two to four instructions
//! for each check, on every eight bytes of every record. The invariant that makes it sound:
//!
//! **INV-PAD**: a `Padded` is its text followed by at least [`PADDING`] zero bytes, and no position handed to it is
//! beyond the end of the text. A zero byte is neither part of a string nor of any other token, so a loop that
//! advances over bytes it has accepted cannot pass the end.

/// Zero bytes that have to follow the text: one load of eight bytes at the last position, and one more of look-ahead.
pub const PADDING: usize = 16;

/// A record that the engine may rewrite in place.
pub struct Padded<'a> {
    bytes: &'a mut [u8],
    len: usize,
}

impl<'a> Padded<'a> {
    /// Takes `bytes`, of which the last [`PADDING`] have to be zero; `None` if they are not.
    pub fn new(bytes: &'a mut [u8]) -> Option<Self> {
        let len = bytes.len().checked_sub(PADDING)?;
        bytes.get(len..)?.iter().all(|&byte| byte == 0).then_some(Self { bytes, len })
    }

    /// Length of the text in bytes, without the padding.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The text.
    pub fn text(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}
