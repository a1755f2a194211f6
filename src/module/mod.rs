//! The edge to Fluent Bit: what the WebAssembly module exports, and the little it imports.
//!
//! Everything that touches the host stands here: its calls ([`exports`]), the buffers it writes into ([`slots`]), memory
//! ([`heap`]) and files ([`wasi`]). The engine behind it knows none of them.
//!
//! What a host has to know:
//! - One thread. A call ends before the next one begins; if it did not (a trap), the next call starts from scratch.
//! - Buffers from `malloc` are the host's until `free`, or until `auditgate_filter` returns: Fluent Bit 3.1.9 and 4.1.0
//!   never free them.
//! - What `auditgate_filter` returns is valid until the next call.

#[cfg(target_arch = "wasm32")]
mod exports;
mod heap;
mod image;
#[cfg(target_arch = "wasm32")]
mod policy_file;
mod refusal;
mod slots;
#[cfg(target_arch = "wasm32")]
mod wasi;
