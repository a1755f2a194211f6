//! What is measured: the engine, the module, or nothing at all (which proves the judge).

use auditgate::scan::{PADDING, Padded};
use auditgate::{Context, Engine, Outcome};
#[cfg(feature = "module")]
use auditgate_runner::{Options, RunError, Runner};

/// Takes a record and gives what may leave.
pub trait Target {
    /// The answer to one record: one JSON object, or `None` if the record was dropped.
    fn answer(&mut self, tag: &str, record: &str) -> Option<Vec<u8>>;
}

/// Lets every record pass: the judge has to find all secrets behind it.
pub struct PassThrough;

impl Target for PassThrough {
    fn answer(&mut self, _tag: &str, record: &str) -> Option<Vec<u8>> {
        Some(record.as_bytes().to_vec())
    }
}

/// The engine, compiled for this machine.
#[derive(Default)]
pub struct Native {
    engine: Engine,
    buffer: Vec<u8>,
}

impl Target for Native {
    fn answer(&mut self, tag: &str, record: &str) -> Option<Vec<u8>> {
        self.buffer.clear();
        self.buffer.extend_from_slice(record.as_bytes());
        self.buffer.resize(record.len() + PADDING, 0);
        match self.engine.process(context(tag), &mut Padded::new(&mut self.buffer)?) {
            Outcome::Record(bytes) => Some(bytes.to_vec()),
            Outcome::Dropped { .. } => None,
        }
    }
}

/// The module, under the embedded runner.
#[cfg(feature = "module")]
pub struct Module(Runner);

#[cfg(feature = "module")]
impl Module {
    /// Loads a module: the bytes of an `auditgate.wasm`.
    ///
    /// # Errors
    /// The bytes are no module of auditgate's.
    pub fn new(bytes: &[u8]) -> Result<Self, RunError> {
        Ok(Self(Runner::wasm(bytes, &Options::default())?))
    }
}

#[cfg(feature = "module")]
impl Target for Module {
    fn answer(&mut self, tag: &str, record: &str) -> Option<Vec<u8>> {
        self.0.process(context(tag), record.as_bytes()).ok().flatten().map(<[u8]>::to_vec)
    }
}

fn context(tag: &str) -> Context<'_> {
    Context { tag: tag.as_bytes(), seconds: 1_772_611_931, nanoseconds: 0 }
}
