//! Three filters that show how fast any module can be at best inside Fluent Bit's interpreter.
//!
//! * `echo` returns the record it was given: the cost of two allocations, one call and Fluent Bit's own conversions.
//! * `copy` writes the record into an output buffer with one `memory.copy`: the least that a filter which changes anything does.
//! * `scan` walks the record's JSON structure, eight bytes at a time inside strings, then returns it: the least that a filter does
//!   which must know where a string begins and ends. It recognises no key and redacts nothing.
//!
//! Fluent Bit calls `function_name`, so one module holds all three. The signature is that of Fluent Bit's `filter_wasm`.
#![no_std]

use core::panic::PanicInfo;
use core::ptr;

/// Room for a tag, a record and a copy of it; Fluent Bit's records in the benchmarks are below 8 MB.
const ARENA_BYTES: usize = 24 << 20;
const PAGE_BYTES: usize = 64 << 10;

/// The arena behind the module's own data, taken by the first `malloc`.
static mut BASE: usize = 0;
static mut NEXT: usize = 0;
static mut LIVE: usize = 0;

/// Hands out the next piece of the arena; the arena is empty again as soon as everything is freed.
#[unsafe(no_mangle)]
pub extern "C" fn malloc(len: usize) -> usize {
    // SAFETY: the module is single-threaded and never reentered.
    let (base, next, live) = unsafe { (&mut *(&raw mut BASE), &mut *(&raw mut NEXT), &mut *(&raw mut LIVE)) };
    if *base == 0 {
        *base = core::arch::wasm32::memory_grow(0, ARENA_BYTES / PAGE_BYTES) * PAGE_BYTES;
        *next = *base;
    }
    let start = *next;
    let end = start + len.next_multiple_of(16);
    if end > *base + ARENA_BYTES {
        return 0;
    }
    *next = end;
    *live += 1;
    start
}

/// Counts down; the last one empties the arena.
#[unsafe(no_mangle)]
pub extern "C" fn free(_pointer: usize) {
    // SAFETY: as in `malloc`.
    let live = unsafe { &mut *(&raw mut LIVE) };
    *live = live.saturating_sub(1);
    if *live == 0 {
        give_all();
    }
}

/// Empties the arena, as auditgate does at the end of a call: not every host frees. What stands in it stays until the next `malloc`.
fn give_all() {
    // SAFETY: as in `malloc`.
    unsafe { (NEXT, LIVE) = (BASE, 0) };
}

/// Nothing to prepare; Fluent Bit looks for it.
#[unsafe(no_mangle)]
pub extern "C" fn _initialize() {}

/// The record, untouched.
#[unsafe(no_mangle)]
pub extern "C" fn echo(_tag: usize, _tag_len: usize, _sec: u32, _nsec: u32, record: *mut u8, _len: usize) -> *mut u8 {
    give_all();
    record
}

/// A copy of the record.
#[unsafe(no_mangle)]
pub extern "C" fn copy(_tag: usize, _tag_len: usize, _sec: u32, _nsec: u32, record: *mut u8, len: usize) -> *mut u8 {
    // SAFETY: the arena holds three times the largest record.
    let out = unsafe { *(&raw const NEXT) } as *mut u8;
    // SAFETY: the record has `len` bytes and a NUL, which is copied too.
    unsafe { ptr::copy_nonoverlapping(record, out, len + 1) };
    give_all();
    out
}

/// The record, after every string and bracket of it was found; null if the brackets do not match.
#[unsafe(no_mangle)]
pub extern "C" fn scan(_tag: usize, _tag_len: usize, _sec: u32, _nsec: u32, record: *mut u8, len: usize) -> *mut u8 {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < len {
        // SAFETY: `at` is below the record's length.
        match unsafe { *record.add(at) } {
            b'"' => at = string_end(record, at + 1),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    give_all();
    if depth == 0 { record } else { ptr::null_mut() }
}

/// The offset of the quote that closes the string which begins at `at`. A NUL behind the record ends a string too.
fn string_end(record: *const u8, mut at: usize) -> usize {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGH: u64 = ONES << 7;
    /// The high bit of every byte of `word` that is zero (and perhaps of bytes above it).
    fn zeros(word: u64) -> u64 {
        word.wrapping_sub(ONES) & !word & HIGH
    }
    loop {
        // SAFETY: the arena lies behind the record: eight bytes can always be read, if not always used.
        let word = unsafe { record.add(at).cast::<u64>().read_unaligned() };
        let found = zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\'))) | zeros(word);
        if found == 0 {
            at += 8;
            continue;
        }
        at += found.trailing_zeros() as usize / 8;
        // SAFETY: inside the word just read.
        if unsafe { *record.add(at) } != b'\\' {
            return at;
        }
        at += 2;
    }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
