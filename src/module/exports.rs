//! What Fluent Bit calls.
//!
//! `auditgate_filter` has the signature of Fluent Bit's filter functions. `malloc` and `free` are exported together, because
//! only then does WAMR use them instead of a heap of its own that holds records of up to 8 KB only.
//!
//! A call that trapped leaves everything in an unknown state, and Fluent Bit goes on calling. So a mark is set for the length of a
//! call; whoever finds it set brings memory back to what it was when the module was loaded. `__stack_pointer`, which a trap
//! leaves where it was, is reset by two instructions that the packing step puts in front of `auditgate_filter`
//! (crates/pack).

use super::heap::{Heap, Region};
use super::image;
use super::policy_file::{self, Found};
use super::refusal::Refusal;
use super::slots::{Slots, Source};
use crate::engine::{Context, Engine, Outcome};
use crate::policy;
use crate::scan::{PADDING, Padded};
use alloc::vec::Vec;
use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size};
use core::cell::UnsafeCell;
use core::ptr::null_mut;

/// Everything the module remembers from one call to the next, except memory itself.
struct Module {
    engine: Option<Engine>,
    slots: Slots,
    /// A call has begun and not ended.
    running: bool,
    policy: PolicyFile,
    /// What was answered without the engine.
    output: Vec<u8>,
}

/// How far reading the policy file has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PolicyFile {
    NotRead,
    /// Its file can be of a kind that takes more stack than the host gave.
    Reading,
    /// The engine follows it, or the built-in policy where there is none.
    Read,
}

/// A static that only the one thread of the module uses.
struct OneThread<T>(UnsafeCell<T>);

// SAFETY: a WebAssembly module without shared memory has one thread.
unsafe impl<T> Sync for OneThread<T> {}

static MODULE: OneThread<Module> = OneThread(UnsafeCell::new(Module {
    engine: None,
    slots: Slots::new(),
    running: false,
    policy: PolicyFile::NotRead,
    output: Vec::new(),
}));

#[global_allocator]
static MEMORY: OneThread<Heap<LinearMemory>> = OneThread(UnsafeCell::new(Heap::new(LinearMemory)));

/// Room that the engine needs for its work on a long record, as a multiple of the record's buffer.
const WORKING_ROOM: usize = 2;
/// Records below this need no more room than what is always there.
const LONG_RECORD_BYTES: usize = 64 * 1024;

impl Module {
    /// The module's state, for the length of one call of the host's.
    fn enter() -> &'static mut Self {
        // SAFETY: one thread, and no call of the host's begins before the last one ended or trapped; no export calls another.
        unsafe { &mut *MODULE.0.get() }
    }

    /// The state of the module that was just loaded, after a trap. A policy that trapped is not read again.
    fn restart() -> &'static mut Self {
        let policy = Self::enter().policy;
        // Nothing of the old state is used or dropped any more: after a trap none of it can be trusted.
        // SAFETY: the packing step writes this function; it overwrites memory with what it was when the module was loaded.
        unsafe { restore() };
        let module = Self::enter();
        if policy == PolicyFile::Reading {
            module.lock_down(b"reading auditgate.yaml needs a larger wasm_stack_size, or a policy that nests less");
        }
        module
    }

    /// Answers one record: a pointer to a string that ends in a zero byte. Where a rule drops the record, the string is
    /// empty, which is how Fluent Bit wants it, and the rule's name stands behind it for hosts that count.
    fn filter(&mut self, context: Context<'_>, record: *mut u8, len: usize) -> *const u8 {
        if record.is_null() || !is_in_memory(record, len) {
            return self.refuse(Refusal::NoRoom, context, len);
        }
        // SAFETY: the host says that the record stands there, and it lies within memory; one byte is read.
        if len > 0 && is_msgpack(unsafe { *record }) {
            return self.refuse(Refusal::Msgpack, context, len);
        }
        let mut padded_copy = Vec::new();
        let record = if self.slots.holds(record, len) {
            // SAFETY: the buffer is a slot of ours, long enough for the record and the padding, and no reference to it lives.
            let bytes = unsafe { core::slice::from_raw_parts_mut(record, len + PADDING) };
            if let Some(padding) = bytes.get_mut(len..) {
                padding.fill(0);
            }
            bytes
        } else {
            if padded_copy.try_reserve_exact(len + PADDING).is_err() {
                return self.refuse(Refusal::NoRoom, context, len);
            }
            // SAFETY: the record lies within memory, and nothing writes to it while it is copied.
            padded_copy.extend_from_slice(unsafe { core::slice::from_raw_parts(record, len) });
            padded_copy.resize(len + PADDING, 0);
            padded_copy.as_mut_slice()
        };
        let Some(mut padded) = Padded::new(record) else { return self.refuse(Refusal::NoRoom, context, len) };
        if self.policy == PolicyFile::NotRead {
            self.read_policy();
        }
        let Some(engine) = &mut self.engine else { return self.refuse(Refusal::NoRoom, context, len) };
        match engine.process(context, &mut padded) {
            Outcome::Record(_) => {
                #[cfg(feature = "formats")]
                if crate::format::reshape(engine.policy(), context, engine.output_with_nul(), &mut self.output) {
                    return self.output.as_ptr();
                }
                engine.output_with_nul().as_ptr()
            }
            Outcome::Dropped { rule } => {
                self.output.clear();
                self.output.push(0);
                self.output.extend_from_slice(rule.as_bytes());
                self.output.push(0);
                self.output.as_ptr()
            }
        }
    }

    /// Reads the policy, with the first record and not when the module is loaded: a trap then would make Fluent Bit 3.1.9 pass
    /// every record as it came. Here it costs one record, and the next ones leave as envelopes. A module with a policy inside lacks
    /// the function (crates/pack).
    #[cold]
    #[inline(never)]
    fn read_policy(&mut self) {
        self.policy = PolicyFile::Reading;
        match policy_file::find() {
            Found::Nothing => {}
            Found::Policy(policy) => self.engine = Some(Engine::with_policy(policy)),
            Found::Unusable(reason) => self.lock_down(reason),
        }
        self.policy = PolicyFile::Read;
    }

    /// From here on only the envelopes of events leave; the host's standard error says why.
    #[cold]
    #[inline(never)]
    fn lock_down(&mut self, reason: &[u8]) {
        policy_file::report(reason);
        if let Some(engine) = &mut self.engine {
            engine.lock_down();
        }
        self.policy = PolicyFile::Read;
    }

    fn refuse(&mut self, refusal: Refusal, context: Context<'_>, len: usize) -> *const u8 {
        refusal.write(context, len, &mut self.output);
        self.output.as_ptr()
    }
}

#[link(wasm_import_module = "auditgate")]
unsafe extern "C" {
    /// Overwrites memory with what it was when the module was loaded. The packing step puts the function in place.
    fn restore();
}

/// Called first by the packing step: builds everything that does not depend on records. A policy whose text is handed over is
/// followed; without one the built-in policy is. False if the policy is invalid.
#[unsafe(no_mangle)]
extern "C" fn auditgate_prepare(policy: *const u8, len: usize) -> bool {
    let module = Module::enter();
    module.engine = if policy.is_null() {
        Some(Engine::new())
    } else {
        // SAFETY: the packing step says that the text stands there, in a buffer from `malloc`.
        let text = unsafe { core::slice::from_raw_parts(policy, len) };
        // The key of pseudonyms is no part of a module.
        let policy = policy::compile("", text)
            .ok()
            .filter(|policy| policy.hmac_key_reference().is_none() && Engine::can_follow(policy));
        policy.map(Engine::with_policy)
    };
    module.policy = PolicyFile::Read;
    module.engine.is_some()
}

/// Called last by the packing step: gives back what nobody needs any more and leaves zeros there. Unless the policy is inside, its
/// file is looked for with the first record.
#[unsafe(no_mangle)]
extern "C" fn auditgate_settle(policy_inside: bool) {
    let module = Module::enter();
    module.slots.release(&mut Room);
    module.output = Vec::new();
    if let Some(engine) = &mut module.engine {
        engine.settle();
    }
    module.policy = if policy_inside { PolicyFile::Read } else { PolicyFile::NotRead };
    with_heap(Heap::clear_unused);
}

/// Called by the functions that the packing step writes.
#[unsafe(no_mangle)]
unsafe extern "C" fn auditgate_unpack(block: *const u8, block_len: usize, out: *mut u8, out_len: usize) {
    // SAFETY: the packing step put the block there, outside of the output, and nothing else refers to it.
    let block = unsafe { core::slice::from_raw_parts(block, block_len) };
    // SAFETY: that much memory the module has, and no call uses any of it: the module was just loaded, or has trapped.
    let out = unsafe { core::slice::from_raw_parts_mut(out, out_len) };
    image::unpack(block, out);
}

/// Called by the host when it has loaded the module. There is nothing to do: the module has no constructors, and the policy is
/// read with the first record. The export stays, because WAMR complains of a module that imports WASI and lacks it.
#[unsafe(no_mangle)]
extern "C" fn _initialize() {}

/// Memory for `len` bytes that the host is about to write: a null pointer if there is none, never a trap.
#[unsafe(no_mangle)]
extern "C" fn malloc(len: usize) -> *mut u8 {
    let mut module = Module::enter();
    if module.running {
        module = Module::restart();
    }
    if len >= LONG_RECORD_BYTES
        && let Some(engine) = &mut module.engine
    {
        // The last answer was valid until now; a long record may need its room.
        engine.forget_output();
    }
    module.slots.take(len, &mut Room)
}

/// Takes memory back that [`malloc`] gave.
#[unsafe(no_mangle)]
extern "C" fn free(buffer: *mut u8) {
    Module::enter().slots.give(buffer);
}

/// One record in, one JSON object out, or an empty string where a rule drops the record.
#[unsafe(no_mangle)]
extern "C" fn auditgate_filter(
    tag: *const u8,
    tag_len: usize,
    seconds: u32,
    nanoseconds: u32,
    record: *mut u8,
    record_len: usize,
) -> *const u8 {
    let module = Module::enter();
    if module.running {
        // The host did not ask for memory since the trap, so what it points to is memory that is now taken back.
        let context = Context { tag: &[], seconds, nanoseconds };
        return Module::restart().refuse(Refusal::NoRoom, context, record_len);
    }
    module.running = true;
    let tag: &[u8] = if !tag.is_null() && is_in_memory(tag, tag_len) {
        // SAFETY: the host says that the tag stands there, it lies within memory, and nothing writes to it during the call.
        unsafe { core::slice::from_raw_parts(tag, tag_len) }
    } else {
        &[]
    };
    let answer = module.filter(Context { tag, seconds, nanoseconds }, record, record_len);
    module.slots.give_all();
    module.running = false;
    answer
}

/// Whether a record begins as a msgpack map or array does, and no JSON text can.
fn is_msgpack(first: u8) -> bool {
    first >= 0x80
}

fn is_in_memory(start: *const u8, len: usize) -> bool {
    start.addr().checked_add(len).is_some_and(|end| end <= memory_size(0).saturating_mul(PAGE_BYTES))
}

const PAGE_BYTES: usize = 64 * 1024;

/// The rest of linear memory, behind the stack and the static data.
struct LinearMemory;

unsafe extern "C" {
    /// The linker's symbol for the first byte that nothing else uses.
    static __heap_base: u8;
}

impl Region for LinearMemory {
    fn start(&self) -> *mut u8 {
        (&raw const __heap_base).cast_mut()
    }

    fn len(&self) -> usize {
        // 65,536 pages do not fit into the address type; the limit that the module is linked with is far below.
        memory_size(0).saturating_mul(PAGE_BYTES).saturating_sub(self.start().addr())
    }

    fn grow(&mut self, bytes: usize) -> bool {
        memory_grow(0, bytes / PAGE_BYTES) != usize::MAX
    }
}

fn with_heap<T>(work: impl FnOnce(&mut Heap<LinearMemory>) -> T) -> T {
    // SAFETY: one thread, and the heap's methods call nothing that could come back here.
    work(unsafe { &mut *MEMORY.0.get() })
}

// SAFETY: the heap hands out blocks that do not overlap, of the size and alignment asked for; see its tests.
unsafe impl GlobalAlloc for OneThread<Heap<LinearMemory>> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        with_heap(|heap| heap.alloc(layout))
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the same contract.
        with_heap(|heap| unsafe { heap.dealloc(block, layout) });
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the same contract.
        with_heap(|heap| unsafe { heap.realloc(block, layout, new_size) })
    }
}

/// Memory for the host's buffers.
struct Room;

impl Source for Room {
    fn take(&mut self, layout: Layout) -> *mut u8 {
        with_heap(|heap| {
            let block = heap.alloc(layout);
            let room = layout.size().saturating_mul(WORKING_ROOM);
            if !block.is_null() && layout.size() >= LONG_RECORD_BYTES && !heap.can_hold(room) {
                // SAFETY: handed out above for this layout, and nobody knows of it.
                unsafe { heap.dealloc(block, layout) };
                return null_mut();
            }
            block
        })
    }

    fn give(&mut self, block: *mut u8, layout: Layout) {
        // SAFETY: the slots give a block back once, with the layout they took it with.
        with_heap(|heap| unsafe { heap.dealloc(block, layout) });
    }
}
