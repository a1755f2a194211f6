//! Fluent Bit's output plugin `auditgate`, an external plugin in the ABI that was made for Go (`src/proxy/go`, `flb_plugin_proxy.h` and
//! `flb_api.h` of Fluent Bit). Load it with `-e out_auditgate.so`, or name it in a `plugins_file`.
//!
//! `FLBPluginInit` is called for each `[OUTPUT]` section, `FLBPluginFlushCtx` for each chunk, several at once if the section has several
//! workers, `FLBPluginExitCtx` at the end. A flush runs on a coroutine's stack of 24 KB (3.1.9) without a guard behind it, so it
//! hands the chunk to threads of ours and waits.

mod abi;
mod forgotten;
mod memory;
mod properties;

use abi::{Api, Definition, Plugin};
use auditgate_deliver::{Level, Plan, PlanError, Section, Verdict};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

const OUTPUT: c_int = 2;
const PROXY_OF_GO: c_int = 11;
const ERROR: c_int = 0;
const OK: c_int = 1;
const RETRY: c_int = 2;

/// One `[OUTPUT]` section.
struct Output {
    section: Section,
    api: Api,
    name: String,
}

impl Output {
    /// Says what there is to say through Fluent Bit's own logger, on the thread that Fluent Bit called on.
    fn speak(&self) {
        for (level, message) in self.section.take_messages() {
            self.api.log(level, &format!("[output:auditgate:{}] {message}", self.name));
        }
    }
}

/// Tells Fluent Bit what this is.
///
/// # Safety
/// Fluent Bit calls it with the definition to fill in.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FLBPluginRegister(definition: *mut Definition) -> c_int {
    let filled = Definition {
        kind: OUTPUT,
        proxy: PROXY_OF_GO,
        flags: 0,
        name: c"auditgate".as_ptr(),
        description: c"redacts, routes and delivers audit events".as_ptr(),
    };
    // SAFETY: Fluent Bit owns at least these five members; later versions have more behind them, which stay as they are.
    unsafe { definition.write(filled) };
    0
}

/// Starts a section. More than 0 is success; anything else keeps Fluent Bit from starting.
///
/// # Safety
/// Fluent Bit calls it with a plugin whose pointers are valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FLBPluginInit(plugin: *mut Plugin) -> c_int {
    let started = catch_unwind(|| {
        // SAFETY: Fluent Bit keeps the plugin and all that it points to for the length of this call.
        let plugin = unsafe { &*plugin };
        // SAFETY: the same.
        let api = unsafe { Api::of(plugin) };
        match start(api) {
            Some(output) => {
                let context = Box::into_raw(Box::new(output)).cast::<c_void>();
                // SAFETY: the context is this section's, and nothing else writes to it.
                unsafe { (*plugin.context).remote_context = context };
                OK
            }
            None => ERROR,
        }
    });
    started.unwrap_or(ERROR)
}

fn start(api: Api) -> Option<Output> {
    let complain = |message: &str| {
        message.lines().for_each(|line| api.log(Level::Error, &format!("[output:auditgate] {line}")));
    };
    let (pairs, mut problems) = properties::read(&api);
    let plan = match Plan::new(&pairs) {
        Ok(plan) if problems.is_empty() => plan,
        result => {
            match result.err() {
                Some(PlanError::Settings(found)) => problems.extend(found),
                Some(error) => complain(&error.to_string()),
                None => {}
            }
            problems.iter().for_each(|problem| complain(&problem.to_string()));
            return None;
        }
    };
    let name = plan.settings().destination().to_owned();
    match Section::start(plan) {
        Ok(section) => {
            let output = Output { section, api, name };
            output.speak();
            Some(output)
        }
        Err(error) => {
            complain(&error.to_string());
            None
        }
    }
}

/// Delivers a chunk.
///
/// # Safety
/// Fluent Bit calls it with the context that [`FLBPluginInit`] left, `size` bytes at `data`, and a tag that ends in a zero byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FLBPluginFlushCtx(
    context: *mut c_void,
    data: *const c_void,
    size: usize,
    tag: *const c_char,
) -> c_int {
    if context.is_null() || data.is_null() || tag.is_null() {
        return RETRY;
    }
    let verdict = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the context is an `Output` that lives until `FLBPluginExitCtx`, and is only read, by several threads.
        let output = unsafe { &*context.cast::<Output>() };
        // SAFETY: Fluent Bit keeps the chunk until this call returns.
        let chunk = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), size) };
        // SAFETY: the same, and the tag ends in a zero byte.
        let tag = unsafe { CStr::from_ptr(tag) };
        let verdict = output.section.deliver(tag.to_bytes(), chunk);
        output.speak();
        verdict
    }));
    match verdict {
        Ok(Verdict::Done) => OK,
        // Fluent Bit drops what ends in an error: nothing here does.
        Ok(Verdict::Again) | Err(_) => RETRY,
    }
}

/// Ends a section: its threads are gone when this returns.
///
/// # Safety
/// Fluent Bit calls it once for each context, after the last flush.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FLBPluginExitCtx(context: *mut c_void) -> c_int {
    let ended = catch_unwind(AssertUnwindSafe(|| {
        if !context.is_null() {
            // SAFETY: made by `FLBPluginInit`, and nobody has it any more.
            let output = unsafe { Box::from_raw(context.cast::<Output>()) };
            output.api.log(Level::Info, &format!("[output:auditgate:{}] {}", output.name, output.section.summary()));
            output.speak();
        }
        forgotten::put_to_sleep();
    }));
    ended.map_or(ERROR, |()| OK)
}

/// Ends the plugin; every section has ended before.
#[unsafe(no_mangle)]
pub extern "C" fn FLBPluginExit() -> c_int {
    OK
}
