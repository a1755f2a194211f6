//! auditgate redacts, routes and formats audit events. This crate is the engine, and, compiled to WebAssembly, the module
//! that Fluent Bit loads.

extern crate alloc;

mod bytes;
pub mod decide;
#[cfg(feature = "output")]
pub mod deliver;
mod engine;
mod envelope;
#[cfg(feature = "formats")]
pub mod format;
#[cfg(any(feature = "output", all(feature = "formats", not(target_family = "wasm"))))]
pub mod gather;
#[cfg(feature = "formats")]
mod json;
#[cfg(any(test, all(feature = "module", not(feature = "output"), target_arch = "wasm32")))]
mod module;
mod number;
#[cfg(all(feature = "module", feature = "output", target_arch = "wasm32"))]
#[path = "module/output.rs"]
mod output_module;
pub mod policy;
mod redact;
mod report;
mod ruling;
pub mod scan;
#[cfg(feature = "formats")]
mod source;
mod stamp;

pub use engine::{Context, Engine, Outcome};
pub use report::Report;

/// The page that documents what is redacted.
#[cfg(not(target_arch = "wasm32"))]
pub use redact::document::document as redaction_document;
