//! The module in wasmtime, called as the embedded runner calls it: like Fluent Bit, but for `free`, which no host needs.

use crate::CONTEXT;
use wasmtime::{Config, Engine, Error, Instance, Linker, Memory, Result, Store, TypedFunc, Val};

/// WASI's answer to a file descriptor that is not open: the module finds no policy and no standard error.
const BAD_FILE_DESCRIPTOR: i32 = 8;

/// An instance of the module.
pub struct Module {
    store: Store<()>,
    memory: Memory,
    malloc: TypedFunc<u32, u32>,
    filter: TypedFunc<(u32, u32, u32, u32, u32, u32), u32>,
}

impl Module {
    pub(crate) fn new(bytes: &[u8], function: &str, count_fuel: bool) -> Result<Self> {
        let mut config = Config::new();
        config.consume_fuel(count_fuel);
        let engine = Engine::new(&config)?;
        let module = wasmtime::Module::new(&engine, bytes)?;
        let mut linker = Linker::new(&engine);
        for import in module.imports() {
            let Some(kind) = import.ty().func().cloned() else { continue };
            linker.func_new(import.module(), import.name(), kind, |_, _, results| {
                results.fill(Val::I32(BAD_FILE_DESCRIPTOR));
                Ok(())
            })?;
        }
        let mut store = Store::new(&engine, ());
        if count_fuel {
            store.set_fuel(u64::MAX)?;
        }
        let instance: Instance = linker.instantiate(&mut store, &module)?;
        instance.get_typed_func::<(), ()>(&mut store, "_initialize")?.call(&mut store, ())?;
        Ok(Self {
            memory: instance
                .get_memory(&mut store, "memory")
                .ok_or_else(|| Error::msg("the module exports no memory"))?,
            malloc: instance.get_typed_func(&mut store, "malloc")?,
            filter: instance.get_typed_func(&mut store, function)?,
            store,
        })
    }

    /// Copies `bytes` and a zero byte into the module's memory.
    fn lend(&mut self, bytes: &[u8]) -> Result<u32> {
        let pointer = self.malloc.call(&mut self.store, bytes.len() as u32 + 1)?;
        let at = pointer as usize;
        self.memory.write(&mut self.store, at, bytes)?;
        self.memory.write(&mut self.store, at + bytes.len(), &[0])?;
        Ok(pointer)
    }

    pub(crate) fn process(&mut self, record: &[u8], mut look: impl FnMut(&[u8])) -> Result<usize> {
        let tag = self.lend(CONTEXT.tag)?;
        let lent = self.lend(record)?;
        let arguments =
            (tag, CONTEXT.tag.len() as u32, CONTEXT.seconds, CONTEXT.nanoseconds, lent, record.len() as u32);
        let answer = self.filter.call(&mut self.store, arguments)? as usize;
        let rest = self.memory.data(&self.store).get(answer..).filter(|_| answer != 0).unwrap_or_default();
        let len = memchr::memchr(0, rest).unwrap_or_default();
        look(rest.get(..len).unwrap_or_default());
        Ok(len)
    }

    pub(crate) fn fuel(&self) -> u64 {
        self.store.get_fuel().map_or(0, |left| u64::MAX - left)
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.memory.data_size(&self.store)
    }
}
