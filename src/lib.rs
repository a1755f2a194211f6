//! auditgate redacts, routes and formats audit events. This crate is the engine, and, compiled to WebAssembly, the module
//! that Fluent Bit loads.

pub mod decide;
mod engine;
pub mod policy;
pub mod scan;

pub use engine::{Context, Engine, Outcome};
