//! The engine and the module behind one small interface, for measuring: no policy file, no limits, no counters.
//!
//! `auditgate-runner` is what ships; here nothing stands between the stopwatch and the code.
//!
//! - [`Subject`]: the engine compiled for this machine, or the module in wasmtime, as the embedded runner calls it.
//! - [`Subject::fuel`]: how many WebAssembly instructions the module has executed, for the guard in `tests/`.

mod module;

use auditgate::scan::{PADDING, Padded};
use auditgate::{Context, Engine, Outcome};

pub use module::Module;

/// The context that every event gets.
pub const CONTEXT: Context<'static> = Context { tag: b"audit.k8s", seconds: 1_700_000_000, nanoseconds: 123_456_789 };

/// What is measured.
pub enum Subject {
    /// The engine, compiled for this machine.
    Native(Box<Native>),
    /// The module.
    Module(Box<Module>),
}

/// The engine and the buffer in which it gets a record.
#[derive(Default)]
pub struct Native {
    engine: Engine,
    record: Vec<u8>,
}

/// The function of the module that filters.
pub const FILTER: &str = "auditgate_filter";

impl Subject {
    /// The engine.
    pub fn native() -> Self {
        Self::Native(Box::default())
    }

    /// The module with these bytes, of which the function of that name is called.
    ///
    /// # Errors
    /// wasmtime's, in words.
    pub fn module(bytes: &[u8], function: &str, count_fuel: bool) -> Result<Self, String> {
        let module = Module::new(bytes, function, count_fuel);
        Ok(Self::Module(Box::new(module.map_err(|error| format!("{error:#}"))?)))
    }

    /// Runs one record through. Returns the length of what leaves in bytes, and hands it to `look`.
    ///
    /// # Errors
    /// The module trapped, or breaks its interface.
    pub fn process(&mut self, record: &[u8], mut look: impl FnMut(&[u8])) -> Result<usize, String> {
        match self {
            Self::Native(native) => {
                native.record.clear();
                native.record.extend_from_slice(record);
                native.record.extend_from_slice(&[0; PADDING]);
                let mut padded = Padded::new(&mut native.record).ok_or("the record is not padded")?;
                match native.engine.process(CONTEXT, &mut padded) {
                    Outcome::Record(out) => {
                        look(out);
                        Ok(out.len())
                    }
                    Outcome::Dropped { .. } => Ok(0),
                }
            }
            Self::Module(module) => module.process(record, look).map_err(|error| format!("{error:#}")),
        }
    }

    /// Instructions that the module has executed so far; 0 for the engine.
    pub fn fuel(&self) -> u64 {
        if let Self::Module(module) = self { module.fuel() } else { 0 }
    }

    /// The module's linear memory in bytes; 0 for the engine.
    pub fn memory_bytes(&self) -> usize {
        if let Self::Module(module) = self { module.memory_bytes() } else { 0 }
    }
}
