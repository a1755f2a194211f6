//! The module's memory: a small allocator in place of the standard library's.
//!
//! Why its own: Fluent Bit 3.1.9 loads the module anew for every chunk, so each kilobyte of code costs; growing has to
//! fail with a null pointer and never with a trap; and after a trap all memory can be taken back at once ([`Heap::reset`]),
//! which no general allocator offers.
//!
//! Blocks are multiples of 16 bytes without headers, because Rust gives the size back with the pointer. Free blocks up to
//! 256 bytes stand in one list a size, larger ones in one list ordered by address, where neighbours are merged. The block
//! at the end of the used part shrinks in place, and grows there where no free block is long enough: the used part becomes longer only for
//! what nothing free could hold, so it has an end whatever the order of calls.

use core::alloc::Layout;
use core::ptr::{NonNull, null_mut};

/// Every block begins at a multiple of this many bytes and is a multiple of it long.
const UNIT: usize = 16;
/// Lists of small blocks: 16, 32, ... 256 bytes.
const SMALL_LISTS: usize = 16;
/// A WebAssembly page.
const PAGE_BYTES: usize = 64 * 1024;

/// Where memory comes from: one region that only ever grows at its end.
pub(crate) trait Region {
    /// The first address of the region.
    fn start(&self) -> *mut u8;
    /// Its length in bytes.
    fn len(&self) -> usize;
    /// Makes it at least `bytes` longer; `false` if that cannot be.
    fn grow(&mut self, bytes: usize) -> bool;
}

/// What a free block holds while it is free.
struct Free {
    next: *mut Free,
    size: usize,
}

/// An allocator over a region.
pub(crate) struct Heap<R> {
    region: R,
    /// Bytes of the region in use, free blocks included; zero before the first call.
    used: usize,
    small: [*mut Free; SMALL_LISTS],
    large: *mut Free,
}

impl<R: Region> Heap<R> {
    /// An allocator that has handed out nothing yet.
    pub(crate) const fn new(region: R) -> Self {
        Self { region, used: 0, small: [null_mut(); SMALL_LISTS], large: null_mut() }
    }

    /// Writes zeros wherever nothing stands: in free blocks behind their links, and behind the used part.
    pub(crate) fn clear_unused(&mut self) {
        for list in self.small.into_iter().chain([self.large]) {
            let mut next = list;
            while let Some(free) = NonNull::new(next) {
                // SAFETY: a block in a list is free, aligned, and begins with an initialised `Free`.
                let block = unsafe { free.as_ref() };
                next = block.next;
                let behind = free.as_ptr().wrapping_add(1).cast::<u8>();
                // SAFETY: a free block is as long as it says, and nobody uses what is behind its link.
                unsafe { behind.write_bytes(0, block.size - size_of::<Free>()) };
            }
        }
        let rest = self.region.len() - self.used;
        // SAFETY: the region is that long, and nothing behind the used part was handed out.
        unsafe { self.top().write_bytes(0, rest) };
    }

    /// A block for `layout`, or null where the region cannot grow.
    pub(crate) fn alloc(&mut self, layout: Layout) -> *mut u8 {
        if layout.align() > UNIT {
            return null_mut();
        }
        let Some(size) = block_size(layout.size()) else { return null_mut() };
        self.take_free(size).unwrap_or_else(|| self.take_fresh(size))
    }

    /// Gives a block back.
    ///
    /// # Safety
    /// `block` came from this heap for `layout`, and nobody uses it any more.
    pub(crate) unsafe fn dealloc(&mut self, block: *mut u8, layout: Layout) {
        let Some(size) = block_size(layout.size()) else { return };
        if block.wrapping_add(size) == self.top() {
            self.used -= size;
            return;
        }
        let free = block.cast::<Free>();
        match self.small_list(size) {
            Some(list) => {
                let head = Free { next: *list, size };
                *list = free;
                // SAFETY: the caller gives the block up; it is aligned and at least `UNIT` bytes long.
                unsafe { free.write(head) }
            }
            // SAFETY: as above.
            None => unsafe { self.put_large(free, size) },
        }
    }

    /// Makes a block longer or shorter, in place where it is the last one; null (and the block untouched) where that
    /// cannot be.
    ///
    /// # Safety
    /// `block` came from this heap for `layout`, and after success only the answer may be used.
    pub(crate) unsafe fn realloc(&mut self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let (Some(old), Some(new)) = (block_size(layout.size()), block_size(new_size)) else { return null_mut() };
        if old == new {
            return block;
        }
        let is_last = block.wrapping_add(old) == self.top();
        let free = if is_last && new < old { None } else { self.take_free(new) };
        if is_last && free.is_none() {
            return if self.reserve_fresh(self.used - old + new) {
                self.used = self.used - old + new;
                block
            } else {
                null_mut()
            };
        }
        let moved = free.unwrap_or_else(|| self.take_fresh(new));
        if !moved.is_null() {
            // SAFETY: both blocks are at least that long, and a block in use never overlaps a new one.
            unsafe { moved.copy_from_nonoverlapping(block, layout.size().min(new_size)) };
            // SAFETY: as the caller promises; its content has moved.
            unsafe { self.dealloc(block, layout) };
        }
        moved
    }

    /// Whether a block of `bytes` could be had now; makes the region long enough for it.
    pub(crate) fn can_hold(&mut self, bytes: usize) -> bool {
        let Ok(layout) = Layout::from_size_align(bytes, UNIT) else { return false };
        let block = self.alloc(layout);
        if block.is_null() {
            return false;
        }
        // SAFETY: the block was handed out for this layout on the line above, and nothing uses it.
        unsafe { self.dealloc(block, layout) };
        true
    }

    fn top(&self) -> *mut u8 {
        self.region.start().wrapping_add(self.used)
    }

    fn small_list(&mut self, size: usize) -> Option<&mut *mut Free> {
        self.small.get_mut(size / UNIT - 1)
    }

    /// Makes the region at least `bytes` long.
    fn reserve_fresh(&mut self, bytes: usize) -> bool {
        let have = self.region.len();
        bytes <= have || self.region.grow((bytes - have).next_multiple_of(PAGE_BYTES))
    }

    /// A block that was given back.
    fn take_free(&mut self, size: usize) -> Option<*mut u8> {
        let Some(list) = self.small_list(size) else { return self.take_large(size) };
        let free = NonNull::new(*list)?;
        // SAFETY: a block in a list is free, aligned, and begins with an initialised `Free`.
        *list = unsafe { free.as_ref() }.next;
        Some(free.as_ptr().cast())
    }

    /// A block from the part that was never used.
    fn take_fresh(&mut self, size: usize) -> *mut u8 {
        match self.used.checked_add(size) {
            Some(used) if self.reserve_fresh(used) => {
                let block = self.top();
                self.used = used;
                block
            }
            _ => null_mut(),
        }
    }

    /// The first free large block that is long enough; what is left over stays free.
    fn take_large(&mut self, size: usize) -> Option<*mut u8> {
        let mut link: *mut *mut Free = &mut self.large;
        loop {
            // SAFETY: `link` is the head of the list or the `next` of a free block.
            let free = NonNull::new(unsafe { *link })?;
            // SAFETY: a block in the list is free, aligned, and begins with an initialised `Free`.
            let Free { next, size: have } = *unsafe { free.as_ref() };
            if have >= size {
                let rest = have - size;
                let mut behind = next;
                if rest > 0 {
                    behind = free.as_ptr().wrapping_byte_add(size);
                    // SAFETY: the rest belongs to the free block, is aligned and at least `UNIT` bytes long.
                    unsafe { behind.write(Free { next, size: rest }) };
                }
                // SAFETY: as above.
                unsafe { link.write(behind) };
                return Some(free.as_ptr().cast());
            }
            // SAFETY: `free` stays in the list.
            link = unsafe { &raw mut (*free.as_ptr()).next };
        }
    }

    /// Puts a block into the list of large ones and merges it with its neighbours.
    ///
    /// # Safety
    /// The block is `size` bytes long and nobody uses it.
    unsafe fn put_large(&mut self, mut block: *mut Free, mut size: usize) {
        let mut before = None;
        let mut next = self.large;
        while let Some(free) = NonNull::new(next).filter(|_| next < block) {
            before = Some(free);
            // SAFETY: a block in the list is free, aligned, and begins with an initialised `Free`; so below.
            next = unsafe { free.as_ref() }.next;
        }
        if let Some(behind) = NonNull::new(next).filter(|_| block.wrapping_byte_add(size) == next) {
            // SAFETY: as above.
            let behind = unsafe { behind.as_ref() };
            size += behind.size;
            next = behind.next;
        }
        // SAFETY: as above; no other reference to it lives.
        match before.map(|mut free| unsafe { free.as_mut() }) {
            None => self.large = block,
            Some(free) => {
                let address = core::ptr::from_mut(free);
                if address.wrapping_byte_add(free.size) == block {
                    size += free.size;
                    block = address;
                } else {
                    free.next = block;
                }
            }
        }
        // SAFETY: the caller gives the block up; it is aligned and at least `UNIT` bytes long.
        unsafe { block.write(Free { next, size }) }
    }
}

/// Length of the block for a request; `None` where it is longer than any memory.
fn block_size(bytes: usize) -> Option<usize> {
    bytes.max(1).checked_next_multiple_of(UNIT).filter(|&size| size <= isize::MAX as usize)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
    use super::*;

    /// Memory of a test, with a limit.
    struct Fixed {
        bytes: Vec<u128>,
        len: usize,
    }

    impl Region for Fixed {
        fn start(&self) -> *mut u8 {
            self.bytes.as_ptr().cast_mut().cast()
        }
        fn len(&self) -> usize {
            self.len
        }
        fn grow(&mut self, bytes: usize) -> bool {
            let fits = self.len + bytes <= self.bytes.len() * UNIT;
            self.len += if fits { bytes } else { 0 };
            fits
        }
    }

    fn heap(pages: usize) -> Heap<Fixed> {
        Heap::new(Fixed { bytes: vec![0; pages * PAGE_BYTES / UNIT], len: 0 })
    }

    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, 1).unwrap()
    }

    /// A block in use: its address, its length, and the byte it was filled with.
    type Block = (*mut u8, usize, u8);

    fn fill((block, len, value): Block) -> Block {
        // SAFETY: the block was just handed out with this length.
        unsafe { block.write_bytes(value, len) };
        (block, len, value)
    }

    fn is_intact(&(block, len, value): &Block) -> bool {
        // SAFETY: the block is in use and was filled by `fill`.
        unsafe { std::slice::from_raw_parts(block, len) }.iter().all(|&byte| byte == value)
    }

    #[test]
    fn blocks_never_overlap_whatever_the_order_of_calls() {
        let mut heap = heap(64);
        let mut live: Vec<Block> = Vec::new();
        let mut seed = 1u64;
        for round in 0..20_000u32 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let random = (seed >> 33) as usize;
            let size = if random.is_multiple_of(7) { random % 40_000 } else { random % 300 };
            let value = round as u8;
            let pick = random / 7 % live.len().max(1);
            match random % 3 {
                0 if live.len() > 150 => {
                    let block = live.swap_remove(pick);
                    assert!(is_intact(&block));
                    // SAFETY: the block is in use and forgotten with this call.
                    unsafe { heap.dealloc(block.0, layout(block.1)) };
                }
                1 if !live.is_empty() => {
                    let (block, len, old) = live[pick];
                    // SAFETY: the block is in use; its address is replaced below where it moved.
                    let moved = unsafe { heap.realloc(block, layout(len), size) };
                    if !moved.is_null() {
                        assert!(is_intact(&(moved, len.min(size), old)), "content lost in round {round}");
                        live[pick] = fill((moved, size, value));
                    }
                }
                _ => {
                    let block = heap.alloc(layout(size));
                    if !block.is_null() {
                        live.push(fill((block, size, value)));
                    }
                }
            }
        }
        assert!(live.len() > 100, "too few blocks to mean anything: {}", live.len());
        assert!(live.iter().all(is_intact));
    }

    #[test]
    fn neighbours_merge_so_that_a_longer_block_fits() {
        let mut heap = heap(1);
        let blocks = [0; 4].map(|_| heap.alloc(layout(15_000)));
        assert!(blocks.iter().all(|block| !block.is_null()));
        assert!(heap.alloc(layout(20_000)).is_null());
        for index in [0, 2, 1] {
            // SAFETY: in use until now.
            unsafe { heap.dealloc(blocks[index], layout(15_000)) };
        }
        assert_eq!(heap.alloc(layout(45_000)), blocks[0]);
    }

    #[test]
    fn the_last_block_grows_in_place() {
        let mut heap = heap(4);
        let block = heap.alloc(layout(1000));
        // SAFETY: in use.
        assert_eq!(unsafe { heap.realloc(block, layout(1000), 200_000) }, block);
        assert_eq!(heap.region.len, 4 * PAGE_BYTES);
    }

    #[test]
    fn what_grows_at_the_end_takes_what_is_free_first() {
        let mut heap = heap(64);
        // A block pushed to, under one that is pushed to: neither leaves its first size behind for the next round.
        for round in 0..1000 {
            let mut blocks = [0; 2].map(|_| (heap.alloc(layout(16)), 16));
            for (block, len) in &mut blocks {
                while *len < 2000 {
                    // SAFETY: in use, and replaced by where it moved.
                    *block = unsafe { heap.realloc(*block, layout(*len), *len * 2) };
                    *len *= 2;
                }
            }
            for (block, len) in blocks {
                // SAFETY: in use until now.
                unsafe { heap.dealloc(block, layout(len)) };
            }
            assert!(heap.used < 16 * 1024, "{} bytes in round {round}", heap.used);
        }
    }

    #[test]
    fn memory_that_cannot_grow_is_a_null_pointer() {
        let mut heap = heap(2);
        assert!(heap.alloc(layout(3 * PAGE_BYTES)).is_null());
        assert!(heap.alloc(layout(isize::MAX as usize)).is_null());
        assert!(!heap.can_hold(3 * PAGE_BYTES));
        assert!(heap.can_hold(2 * PAGE_BYTES));
        let block = heap.alloc(layout(100));
        // SAFETY: in use.
        assert!(unsafe { heap.realloc(block, layout(100), 3 * PAGE_BYTES) }.is_null());
    }

    #[test]
    fn what_nobody_uses_is_cleared_and_the_rest_stays() {
        let mut heap = heap(2);
        let sizes = [100, 40, 3000, 40, 5000, 700];
        let blocks: Vec<Block> = sizes.iter().map(|&size| fill((heap.alloc(layout(size)), size, 0xaa))).collect();
        for block in [blocks[1], blocks[4], blocks[5]] {
            // SAFETY: in use until now.
            unsafe { heap.dealloc(block.0, layout(block.1)) };
        }
        heap.clear_unused();
        assert!([blocks[0], blocks[2], blocks[3]].iter().all(is_intact));
        let link = size_of::<Free>();
        assert!(is_intact(&(blocks[1].0.wrapping_add(link), 40 - link, 0)));
        assert!(is_intact(&(blocks[4].0.wrapping_add(link), 5000 - link, 0)));
        assert!(is_intact(&(blocks[5].0, PAGE_BYTES - 10_000, 0)), "what was the last block belongs to nobody");
    }
}
