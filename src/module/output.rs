//! What the host of the output role calls.
//!
//! The host asks for room with `auditgate_input`, writes a message there, and calls; every answer is an address in the lower
//! half of a number and a length in the upper one, valid until the next call. Nothing is imported: no clock, no file, no network.
//! A call that trapped leaves an instance that the host throws away.

#[path = "output_memory.rs"]
mod memory;

use crate::deliver::wire::{Answer, Begin, VERSION};
use crate::deliver::{Open, Session};
use alloc::vec::Vec;
use core::cell::UnsafeCell;

/// Everything that outlives a call.
struct Module {
    session: Option<Session>,
    input: Vec<u8>,
    output: Vec<u8>,
}

/// A static that only the one thread of the module uses.
struct OneThread<T>(UnsafeCell<T>);

// SAFETY: a WebAssembly module without shared memory has one thread.
unsafe impl<T> Sync for OneThread<T> {}

static MODULE: OneThread<Module> =
    OneThread(UnsafeCell::new(Module { session: None, input: Vec::new(), output: Vec::new() }));

impl Module {
    /// The module's state, for the length of one call of the host's.
    fn enter() -> &'static mut Self {
        // SAFETY: one thread, and no call of the host's begins before the last one ended; no export calls another.
        unsafe { &mut *MODULE.0.get() }
    }

    fn output(&self) -> u64 {
        (self.output.len() as u64) << 32 | self.output.as_ptr().addr() as u64
    }
}

/// The version of the contract.
#[unsafe(no_mangle)]
extern "C" fn auditgate_contract() -> u32 {
    VERSION
}

/// Room for a message of so many bytes.
#[unsafe(no_mangle)]
extern "C" fn auditgate_input(len: usize) -> *mut u8 {
    let module = Module::enter();
    module.input.clear();
    module.input.resize(len, 0);
    module.input.as_mut_ptr()
}

/// Starts the session; the answer is empty, or says what is wrong.
#[unsafe(no_mangle)]
extern "C" fn auditgate_open() -> u64 {
    let module = Module::enter();
    module.output.clear();
    match Open::start(&module.input) {
        Ok(session) => module.session = Some(session),
        Err(message) => module.output.extend_from_slice(message.as_bytes()),
    }
    module.output()
}

/// Takes a chunk; the answer is a step, or nothing if the message was none.
#[unsafe(no_mangle)]
extern "C" fn auditgate_begin() -> u64 {
    let module = Module::enter();
    module.output.clear();
    if let (Some(session), Some((begin, poisoned))) = (&mut module.session, Begin::read(&module.input)) {
        session.begin(&begin, &poisoned, &mut module.output);
    }
    module.output()
}

/// Takes the receiver's answer; the answer is a step, or nothing if the message was none.
#[unsafe(no_mangle)]
extern "C" fn auditgate_answer() -> u64 {
    let module = Module::enter();
    module.output.clear();
    if let (Some(session), Some(answer)) = (&mut module.session, Answer::read(&module.input)) {
        session.answer(&answer, &mut module.output);
    }
    module.output()
}

/// Where the index of the event in work stands, for the host to read after a trap; null before the session has been opened.
#[unsafe(no_mangle)]
extern "C" fn auditgate_cursor() -> *const u32 {
    Module::enter().session.as_ref().map_or(core::ptr::null(), |session| core::ptr::from_ref(session.cursor()))
}
