//! The buffers that the host writes a record into.
//!
//! Fluent Bit does the same for every record: `malloc` for the tag, `malloc` for the record, a call, and in most versions
//! `free` twice. So buffers are kept, one a use, and handed out again; a call of `malloc` costs a few instructions.
//! A buffer ends in [`PADDING`] bytes that the host does not know of, so that the engine can have its zeros behind the
//! record without copying it.
//!
//! Pointers that are none of ours, and pointers freed twice, change nothing.

use crate::scan::PADDING;
use core::alloc::Layout;
use core::ptr::null_mut;

/// Buffers that can be in use at once.
const SLOTS: usize = 4;
/// Buffers are multiples of this long, in bytes: most tags and events fit the first time.
const STEP_BYTES: usize = 4096;
/// Every buffer is aligned to this.
const ALIGN: usize = 16;

/// Where the buffers come from.
pub(crate) trait Source {
    /// A block, or null; it has to leave the engine room to work on a record of this length.
    fn take(&mut self, layout: Layout) -> *mut u8;
    /// Gives a block back that [`take`](Self::take) handed out for the same layout.
    fn give(&mut self, block: *mut u8, layout: Layout);
}

#[derive(Clone, Copy)]
struct Slot {
    buffer: *mut u8,
    /// Its length in bytes, padding included.
    capacity: usize,
    in_use: bool,
}

/// The buffers.
pub(crate) struct Slots {
    slots: [Slot; SLOTS],
}

impl Slots {
    /// No buffers yet.
    pub(crate) const fn new() -> Self {
        Self { slots: [Slot { buffer: null_mut(), capacity: 0, in_use: false }; SLOTS] }
    }

    /// A buffer for `len` bytes of the host's, or null: no memory, or too many in use.
    pub(crate) fn take(&mut self, len: usize, source: &mut impl Source) -> *mut u8 {
        let Some(slot) = self.slots.iter_mut().find(|slot| !slot.in_use) else { return null_mut() };
        let Some(needed) = len.checked_add(PADDING) else { return null_mut() };
        if slot.capacity < needed {
            slot.replace(needed, source);
        }
        slot.in_use = !slot.buffer.is_null();
        slot.buffer
    }

    /// Takes a buffer back.
    pub(crate) fn give(&mut self, buffer: *mut u8) {
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.buffer == buffer) {
            slot.in_use = false;
        }
    }

    /// Takes all buffers back.
    pub(crate) fn give_all(&mut self) {
        for slot in &mut self.slots {
            slot.in_use = false;
        }
    }

    /// Gives all memory back.
    pub(crate) fn release(&mut self, source: &mut impl Source) {
        for slot in &mut self.slots {
            slot.empty(source);
        }
    }

    /// Whether `len` bytes from `buffer` on are a buffer of ours with its padding behind them.
    pub(crate) fn holds(&self, buffer: *const u8, len: usize) -> bool {
        self.slots.iter().any(|slot| {
            slot.in_use
                && slot.buffer.cast_const() == buffer
                && len.checked_add(PADDING).is_some_and(|end| end <= slot.capacity)
        })
    }
}

impl Slot {
    /// Gives the buffer back.
    fn empty(&mut self, source: &mut impl Source) {
        if let Ok(layout) = Layout::from_size_align(self.capacity, ALIGN)
            && !self.buffer.is_null()
        {
            source.give(self.buffer, layout);
        }
        *self = Self { buffer: null_mut(), capacity: 0, in_use: false };
    }

    /// A longer buffer in place of the one that was there; none, if there is no memory for it.
    fn replace(&mut self, needed: usize, source: &mut impl Source) {
        self.empty(source);
        // Somewhat more than needed, so that records of nearly the same length do not cost a new buffer each, and memory a hole.
        let Some(capacity) = needed.checked_add(needed / 16) else { return };
        let Some(capacity) = capacity.checked_next_multiple_of(STEP_BYTES) else { return };
        let Ok(layout) = Layout::from_size_align(capacity, ALIGN) else { return };
        let buffer = source.take(layout);
        if !buffer.is_null() {
            *self = Self { buffer, capacity, in_use: false };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Memory of a test; blocks are only compared, so they are never touched.
    struct Numbers {
        next: usize,
        limit: usize,
        taken: usize,
    }

    impl Source for Numbers {
        fn take(&mut self, layout: Layout) -> *mut u8 {
            if layout.size() > self.limit {
                return null_mut();
            }
            self.taken += 1;
            self.next += 0x1000_0000;
            core::ptr::without_provenance_mut(self.next)
        }
        fn give(&mut self, _block: *mut u8, _layout: Layout) {
            self.taken -= 1;
        }
    }

    fn numbers(limit: usize) -> Numbers {
        Numbers { next: 0, limit, taken: 0 }
    }

    #[test]
    fn a_record_gets_the_buffers_of_the_one_before_it() {
        let (mut slots, mut source) = (Slots::new(), numbers(usize::MAX));
        let (tag, record) = (slots.take(10, &mut source), slots.take(2000, &mut source));
        assert_ne!(tag, record);
        slots.give(tag);
        slots.give(record);
        assert_eq!((slots.take(10, &mut source), slots.take(1500, &mut source)), (tag, record));
        slots.give_all();
        assert_eq!((slots.take(10, &mut source), slots.take(1500, &mut source)), (tag, record));
        assert_eq!(source.taken, 2);
    }

    #[test]
    fn a_longer_record_gets_a_longer_buffer_and_the_old_one_goes_back() {
        let (mut slots, mut source) = (Slots::new(), numbers(usize::MAX));
        let short = slots.take(100, &mut source);
        assert!(slots.holds(short, 100));
        slots.give(short);
        let long = slots.take(100_000, &mut source);
        assert_ne!(short, long);
        assert!(slots.holds(long, 100_000));
        assert!(!slots.holds(short, 100));
        assert_eq!(source.taken, 1);
    }

    #[test]
    fn a_slightly_longer_record_fits_as_well() {
        let (mut slots, mut source) = (Slots::new(), numbers(usize::MAX));
        let buffer = slots.take(5_000_000, &mut source);
        slots.give(buffer);
        assert_eq!(slots.take(5_250_000, &mut source), buffer);
    }

    #[test]
    fn padding_is_part_of_what_a_buffer_holds() {
        let (mut slots, mut source) = (Slots::new(), numbers(usize::MAX));
        let buffer = slots.take(1, &mut source);
        assert!(slots.holds(buffer, STEP_BYTES - PADDING));
        assert!(!slots.holds(buffer, STEP_BYTES - PADDING + 1));
        assert!(!slots.holds(buffer, usize::MAX));
    }

    #[test]
    fn pointers_of_others_and_second_frees_are_harmless() {
        let (mut slots, mut source) = (Slots::new(), numbers(usize::MAX));
        let buffer = slots.take(1, &mut source);
        slots.give(core::ptr::without_provenance_mut(7));
        slots.give(null_mut());
        assert!(slots.holds(buffer, 1));
        slots.give(buffer);
        slots.give(buffer);
        assert_eq!(slots.take(1, &mut source), buffer);
        assert_ne!(slots.take(1, &mut source), buffer);
    }

    #[test]
    fn released_buffers_are_gone() {
        let (mut slots, mut source) = (Slots::new(), numbers(1 << 20));
        let (first, second) = (slots.take(10, &mut source), slots.take(10, &mut source));
        slots.release(&mut source);
        assert_eq!(source.taken, 0);
        assert!(!slots.holds(first, 1) && !slots.holds(second, 1));
    }

    #[test]
    fn no_memory_and_no_slot_are_null_pointers() {
        let (mut slots, mut source) = (Slots::new(), numbers(16_384));
        assert!(slots.take(20_000, &mut source).is_null());
        assert!(slots.take(usize::MAX, &mut source).is_null());
        assert!(!slots.take(9_900, &mut source).is_null());
        for _ in 1..SLOTS {
            assert!(!slots.take(1, &mut source).is_null());
        }
        assert!(slots.take(1, &mut source).is_null());
    }
}
