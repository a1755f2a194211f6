//! The engine, compiled for this machine.

use crate::{Backend, Context, Options, RunError};
use auditgate::scan::{PADDING, Padded};
use auditgate::{Engine, Outcome};

pub(crate) struct Native {
    engine: Engine,
    /// The record and its padding; the engine works in it.
    buffer: Vec<u8>,
}

impl Native {
    pub(crate) fn new(options: &Options) -> Result<Self, RunError> {
        let engine = match &options.policy {
            Some(file) => {
                let compiled = auditgate::policy::compile(&file.name, &file.text);
                let mut policy = compiled.map_err(|diagnostics| RunError::Policy(diagnostics.render()))?;
                if let Some(key) = &file.key {
                    policy.set_hmac_key(&key.0).map_err(|reason| RunError::Key(reason.to_owned()))?;
                }
                Engine::with_policy(policy)
            }
            None => Engine::new(),
        };
        Ok(Self { engine, buffer: Vec::new() })
    }
}

impl Backend for Native {
    fn run(&mut self, context: Context<'_>, record: &[u8]) -> Result<Outcome<'_>, RunError> {
        self.buffer.clear();
        self.buffer.reserve(record.len() + PADDING);
        self.buffer.extend_from_slice(record);
        self.buffer.resize(record.len() + PADDING, 0);
        let mut padded =
            Padded::new(&mut self.buffer).ok_or(RunError::Interface("got a record without its padding"))?;
        Ok(self.engine.process(context, &mut padded))
    }

    fn take_messages(&mut self) -> String {
        String::new()
    }

    fn traps(&self) -> u64 {
        0
    }
}
