//! Memory for the plugin.
//!
//! Fluent Bit's releases carry a jemalloc that is configured with `--with-lg-quantum=3` and takes the place of `malloc` in the whole
//! process: it aligns to 8 bytes, where x86-64 and Rust's standard allocator count on 16, and the first aligned vector instruction on
//! such memory ends the process. So what needs more than 8 bytes asks for its alignment by name.

use std::alloc::{GlobalAlloc, Layout, System};

/// Alignment that `malloc` has under Fluent Bit.
const GRANTED: usize = 8;
/// Alignment for which the standard allocator asks by name (`posix_memalign`).
const BY_NAME: usize = 32;

struct Aligned;

#[global_allocator]
static MEMORY: Aligned = Aligned;

/// The layout as the standard allocator has to see it.
fn by_name(layout: Layout) -> Layout {
    if layout.align() <= GRANTED {
        return layout;
    }
    // A size that leaves no room for this alignment has none in memory either.
    layout.align_to(BY_NAME).unwrap_or(layout)
}

// SAFETY: the standard allocator with layouts of larger alignment; every method changes a layout in the same way.
unsafe impl GlobalAlloc for Aligned {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the same contract.
        unsafe { System.alloc(by_name(layout)) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the same contract.
        unsafe { System.alloc_zeroed(by_name(layout)) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the same contract.
        unsafe { System.dealloc(block, by_name(layout)) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the same contract.
        unsafe { System.realloc(block, by_name(layout), new_size) }
    }
}
