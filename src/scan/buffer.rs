//! A text followed by zeros that every scanning loop stops at.
//!
//! This is the one place of the engine that reads without a bounds check: an interpreter pays two to four instructions
//! for each check, on every eight bytes of every record. The invariant that makes it sound:
//!
//! **INV-PAD**: the text is followed by at least [`PADDING`] zero bytes, and no position used here is beyond the end of
//! the text. A zero byte is part of no JSON token, so a loop that only advances over bytes it has accepted
//! cannot pass the end. Debug builds (all tests, the fuzz target) check every access.

use core::marker::PhantomData;

/// Zero bytes that have to follow the text: one load of eight bytes at its end, and as much look-ahead.
pub const PADDING: usize = 16;

/// The length of the text in bytes that end in its padding.
#[inline(always)]
fn padded_len(bytes: &[u8]) -> Option<usize> {
    let padding: &[u8; PADDING] = bytes.last_chunk()?;
    (u128::from_ne_bytes(*padding) == 0).then(|| bytes.len() - PADDING)
}

/// A text that the engine may rewrite in place.
pub struct Padded<'a> {
    bytes: *mut u8,
    len: usize,
    owner: PhantomData<&'a mut [u8]>,
}

impl<'a> Padded<'a> {
    /// Takes `bytes`, of which the last [`PADDING`] have to be zero; `None` if they are not.
    pub fn new(bytes: &'a mut [u8]) -> Option<Self> {
        let len = padded_len(bytes)?;
        Some(Self { bytes: bytes.as_mut_ptr(), len, owner: PhantomData })
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
        self.span(0, self.len)
    }

    /// The text between two positions; empty where they are out of order.
    pub(crate) fn span(&self, start: usize, end: usize) -> &[u8] {
        self.view().span(start, end)
    }

    /// Read access for the scanning loops.
    #[inline(always)]
    pub(crate) fn view(&self) -> View<'_> {
        View { bytes: self.bytes, len: self.len, owner: PhantomData }
    }

    /// Read access that outlives the borrow of `self`, for the loop that rewrites quotes while it reads. Nobody may take spans through it that
    /// live across a change.
    #[inline(always)]
    pub(super) fn unbound_view(&self) -> View<'a> {
        View { bytes: self.bytes, len: self.len, owner: PhantomData }
    }

    /// The byte at `at`, zero at the end of the text.
    #[inline(always)]
    pub(crate) fn byte(&self, at: usize) -> u8 {
        self.view().byte(at)
    }

    /// Two bytes from `at`, the first one lowest.
    #[inline(always)]
    pub(crate) fn pair(&self, at: usize) -> u16 {
        self.view().pair(at)
    }

    /// Overwrites two bytes of the text.
    #[inline(always)]
    pub(crate) fn set_pair(&mut self, at: usize, bytes: [u8; 2]) {
        debug_assert!(at + 2 <= self.len);
        // SAFETY: INV-PAD; `at` lies within the text, and two bytes from there within the padding at the latest. `self` is
        // borrowed mutably, so no slice of the text lives.
        unsafe { self.bytes.wrapping_add(at).cast::<[u8; 2]>().write_unaligned(bytes) }
    }

    /// Overwrites a part of the text with spaces.
    pub(crate) fn blank(&mut self, start: usize, end: usize) {
        if let Some(span) = self.text_mut().get_mut(start..end) {
            span.fill(b' ');
        }
    }

    /// Overwrites a part of the text with `with`.
    pub(crate) fn overwrite(&mut self, start: usize, with: &[u8]) {
        if let Some(span) = self.text_mut().get_mut(start..start + with.len()) {
            span.copy_from_slice(with);
        }
    }

    fn text_mut(&mut self) -> &mut [u8] {
        // SAFETY: `bytes` comes from an exclusive slice of at least `len` bytes that `owner` keeps borrowed.
        unsafe { core::slice::from_raw_parts_mut(self.bytes, self.len) }
    }
}

/// Read access to a padded text. A pointer and no slice, so that the scanning loops keep it in a register.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    bytes: *const u8,
    len: usize,
    owner: PhantomData<&'a [u8]>,
}

impl<'a> View<'a> {
    /// A view of bytes that end in [`PADDING`] zeros; `None` if they do not.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let len = padded_len(bytes)?;
        Some(Self { bytes: bytes.as_ptr(), len, owner: PhantomData })
    }

    /// Length of the text in bytes, without the padding.
    #[inline(always)]
    pub(super) fn len(self) -> usize {
        self.len
    }

    /// The byte at `at`, zero at the end of the text.
    #[inline(always)]
    pub(crate) fn byte(self, at: usize) -> u8 {
        debug_assert!(at < self.len + PADDING);
        // SAFETY: INV-PAD; a position in the text or at its end is followed by padding.
        unsafe { self.bytes.wrapping_add(at).read() }
    }

    /// Two bytes from `at`, the first one lowest.
    #[inline(always)]
    pub(crate) fn pair(self, at: usize) -> u16 {
        debug_assert!(at + 2 <= self.len + PADDING);
        // SAFETY: INV-PAD; see `byte`.
        u16::from_le(unsafe { self.bytes.wrapping_add(at).cast::<u16>().read_unaligned() })
    }

    /// Eight bytes from `at`, the first one lowest.
    #[inline(always)]
    pub(crate) fn word(self, at: usize) -> u64 {
        debug_assert!(at + 8 <= self.len + PADDING);
        // SAFETY: INV-PAD; see `byte`.
        u64::from_le(unsafe { self.bytes.wrapping_add(at).cast::<u64>().read_unaligned() })
    }

    /// The first position from `at` on whose byte can end or interrupt a JSON string: a quote, a backslash, a control
    /// character or a byte that is not ASCII. The padding stops it at the latest.
    #[inline(always)]
    pub(crate) fn find_special(self, at: usize) -> usize {
        let mut from = self.bytes.wrapping_add(at);
        loop {
            debug_assert!(from.addr() - self.bytes.addr() + 8 <= self.len + PADDING);
            let mask = special_mask(word_at::<0>(from));
            if mask != 0 {
                return from.addr() - self.bytes.addr() + (mask.trailing_zeros() >> 3) as usize;
            }
            from = from.wrapping_add(8);
        }
    }

    /// The first place of `byte` in `start..end`.
    pub(crate) fn find_byte(self, start: usize, end: usize, byte: u8) -> Option<usize> {
        let mut at = start;
        while at < end {
            let differs = self.word(at) ^ repeat(byte);
            // The lowest bit set is right, see `special_mask`.
            let found = differs.wrapping_sub(repeat(1)) & !differs & repeat(0x80);
            if found != 0 {
                let place = at + (found.trailing_zeros() >> 3) as usize;
                return (place < end).then_some(place);
            }
            at += 8;
        }
        None
    }

    /// How many bytes from `at` on are the same as those from `from` on in a text of the stock, which ends `most` bytes behind that. More than
    /// `most` are counted where more are the same.
    #[inline(always)]
    pub(super) fn same_bytes(self, at: usize, stock: View<'_>, from: usize, most: usize) -> usize {
        let (mut mine, mut theirs) = (self.bytes.wrapping_add(at), stock.bytes.wrapping_add(from));
        let (start, end) = (mine, theirs.wrapping_add(most));
        while theirs < end {
            debug_assert!(at + (mine.addr() - start.addr()) + 8 <= self.len + PADDING);
            // Four steps at once: the gap behind the text is as long, and holds no zero, so it differs from the record's end.
            let mut differs = word_at::<0>(mine) ^ word_at::<0>(theirs);
            let mut step = 0;
            if differs == 0 {
                differs = word_at::<8>(mine) ^ word_at::<8>(theirs);
                step = 8;
                if differs == 0 {
                    differs = word_at::<16>(mine) ^ word_at::<16>(theirs);
                    step = 16;
                    if differs == 0 {
                        differs = word_at::<24>(mine) ^ word_at::<24>(theirs);
                        step = 24;
                        if differs == 0 {
                            mine = mine.wrapping_add(32);
                            theirs = theirs.wrapping_add(32);
                            continue;
                        }
                    }
                }
            }
            return mine.addr() - start.addr() + step + (differs.trailing_zeros() >> 3) as usize;
        }
        mine.addr() - start.addr()
    }

    /// The text between two positions; empty where they are out of order.
    pub(crate) fn span(self, start: usize, end: usize) -> &'a [u8] {
        if start > end || end > self.len {
            return &[];
        }
        // SAFETY: the span lies within the text, which `owner` keeps borrowed.
        unsafe { core::slice::from_raw_parts(self.bytes.wrapping_add(start), end - start) }
    }
}

/// Texts that are kept, none of which holds a zero; each is followed by [`GAP`] bytes that are no text.
pub(super) struct Stock {
    /// Ends in [`PADDING`] zeros.
    bytes: Vec<u8>,
}

/// Bytes between two texts of a [`Stock`].
const GAP: usize = 32;

impl Stock {
    pub(super) fn new() -> Self {
        Self { bytes: vec![0; PADDING] }
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.resize(PADDING, 0);
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Keeps a text; its position.
    pub(super) fn push(&mut self, text: &[u8]) -> usize {
        let start = self.bytes.len() - PADDING;
        self.bytes.truncate(start);
        self.bytes.extend_from_slice(text);
        self.bytes.resize(start + Self::behind(text.len()), 0xff);
        self.bytes.resize(start + Self::behind(text.len()) + PADDING, 0);
        start
    }

    /// How far behind the beginning of a text of `len` bytes the next one begins.
    pub(super) fn behind(len: usize) -> usize {
        len + GAP
    }

    pub(super) fn span(&self, start: usize, end: usize) -> &[u8] {
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// Read access that outlives the borrow of `self`. Nobody may push or clear while it lives.
    #[inline(always)]
    pub(super) fn unbound_view<'a>(&self) -> View<'a> {
        View { bytes: self.bytes.as_ptr(), len: self.bytes.len() - PADDING, owner: PhantomData }
    }
}

/// Eight bytes from `OFFSET` behind `pointer` on, the first one lowest. An addition that cannot wrap costs an interpreter nothing.
#[inline(always)]
fn word_at<const OFFSET: usize>(pointer: *const u8) -> u64 {
    // SAFETY: INV-PAD; the callers stop at the first byte that differs or is special, which is in the padding at the latest.
    let pointer = unsafe { pointer.add(OFFSET) };
    // SAFETY: as above.
    u64::from_le(unsafe { pointer.cast::<u64>().read_unaligned() })
}

/// Eight bytes of the same value.
const fn repeat(byte: u8) -> u64 {
    byte as u64 * 0x0101_0101_0101_0101
}

/// The top bit of each byte that is a quote, a backslash, below 0x20 or above 0x7f.
///
/// Bits above the lowest one set can be wrong (a borrow runs upwards), so only the lowest one counts.
#[inline(always)]
pub(super) fn special_mask(word: u64) -> u64 {
    // With this bit turned, the quote is the next byte behind what is below 0x20, and the two that were behind it are not.
    let quote_or_control = (word ^ repeat(0x02)).wrapping_sub(repeat(0x21));
    let backslash = (word ^ repeat(b'\\')).wrapping_sub(repeat(1));
    (quote_or_control | backslash | word) & repeat(0x80)
}

/// The top bit of each byte that is `byte`. As in `special_mask`, only the lowest one counts; one behind bytes that are not ASCII can be wrong.
#[inline(always)]
pub(super) fn end_mask(word: u64, byte: u8) -> u64 {
    (word ^ repeat(byte)).wrapping_sub(repeat(1)) & repeat(0x80)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_first_special_byte_is_found_at_every_offset_and_value() {
        for value in 0..=255u8 {
            for offset in 0..20 {
                let mut bytes = vec![b'a'; 24 + PADDING];
                bytes[24..].fill(0);
                bytes[offset] = value;
                let special = value == b'"' || value == b'\\' || !(0x20..0x80).contains(&value);
                let found = View::new(&bytes).unwrap().find_special(0);
                assert_eq!(found, if special { offset } else { 24 }, "byte {value:#x} at {offset}");
            }
        }
    }

    #[test]
    fn bytes_are_found_within_their_span() {
        let mut bytes = b"/api?watch=true&x=1&y".to_vec();
        let end = bytes.len();
        bytes.resize(end + PADDING, 0);
        let view = View::new(&bytes).unwrap();
        for start in 0..end {
            for stop in start..=end {
                for byte in [b'?', b'&', b'=', b'z', 0] {
                    let expected = bytes[start..stop].iter().position(|&other| other == byte).map(|at| start + at);
                    assert_eq!(view.find_byte(start, stop, byte), expected, "{start}..{stop}");
                }
            }
        }
    }

    #[test]
    fn a_text_without_padding_is_refused() {
        assert!(Padded::new(&mut [b'a'; 40]).is_none());
        assert!(Padded::new(&mut [0; 3]).is_none());
        assert_eq!(Padded::new(&mut [0; PADDING]).unwrap().len(), 0);
    }
}
