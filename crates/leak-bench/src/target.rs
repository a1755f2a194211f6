//! What is measured: the engine, the module, or nothing at all (which proves the judge).

use auditgate::scan::{PADDING, Padded};
use auditgate::{Context, Engine, Outcome};

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
        let context = Context { tag: tag.as_bytes(), seconds: 1_772_611_931, nanoseconds: 0 };
        match self.engine.process(context, &mut Padded::new(&mut self.buffer)?) {
            Outcome::Record(bytes) => Some(bytes.to_vec()),
            Outcome::Dropped { .. } => None,
        }
    }
}
