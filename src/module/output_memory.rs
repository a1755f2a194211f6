//! Memory of the output role's module: an allocator over a linear memory that has its full size from the beginning.
//!
//! Whether an access lies within memory is checked in code, and where the size never changes, that is a comparison with a number
//! and not one with what stands somewhere else. Nothing of it is real memory before it is written to.

use super::OneThread;
use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::memory_size;
use core::cell::{Cell, UnsafeCell};
use core::ptr::{self, null_mut};
use dlmalloc::{Allocator, Dlmalloc};

/// A WebAssembly page, and what the allocator asks for at least.
const PAGE_BYTES: usize = 64 * 1024;

/// What the linker leaves free: handed out from its beginning, and never taken back.
struct Rest {
    /// The first address that was not handed out; 0 before the first call.
    next: Cell<usize>,
}

unsafe extern "C" {
    /// Where the linker's own part ends.
    static __heap_base: u8;
}

// SAFETY: what is handed out lies within memory and behind everything that was handed out before.
unsafe impl Allocator for Rest {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        let end = memory_size(0) * PAGE_BYTES;
        let next = self.next.get().max(ptr::addr_of!(__heap_base).addr().next_multiple_of(PAGE_BYTES));
        match size.checked_next_multiple_of(PAGE_BYTES).filter(|size| *size <= end.saturating_sub(next)) {
            Some(size) => {
                self.next.set(next + size);
                (ptr::with_exposed_provenance_mut(next), size, 0)
            }
            None => (null_mut(), 0, 0),
        }
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        null_mut()
    }

    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }

    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }

    fn can_release_part(&self, _: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        true
    }

    fn page_size(&self) -> usize {
        PAGE_BYTES
    }
}

#[global_allocator]
static MEMORY: OneThread<Dlmalloc<Rest>> =
    OneThread(UnsafeCell::new(Dlmalloc::new_with_allocator(Rest { next: Cell::new(0) })));

impl OneThread<Dlmalloc<Rest>> {
    #[expect(clippy::mut_from_ref, reason = "there is one thread, and no method of the allocator calls another")]
    fn heap(&self) -> &mut Dlmalloc<Rest> {
        // SAFETY: the reference ends before the method that asked for it, and there is one thread.
        unsafe { &mut *self.0.get() }
    }
}

// SAFETY: the library's own allocator, with the contracts of the trait.
unsafe impl GlobalAlloc for OneThread<Dlmalloc<Rest>> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the same contract.
        unsafe { self.heap().malloc(layout.size(), layout.align()) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the same contract.
        unsafe { self.heap().calloc(layout.size(), layout.align()) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the same contract.
        unsafe { self.heap().free(block, layout.size(), layout.align()) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the same contract.
        unsafe { self.heap().realloc(block, layout.size(), layout.align(), new_size) }
    }
}
