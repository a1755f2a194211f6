//! The module, as Fluent Bit runs it: `malloc` for the tag and for the record, a call, a string that ends in a zero byte. Nothing is
//! freed: a call takes back what its host was given.
//!
//! Memory and time are limited. A call that does not come to its end costs its record only: the instance is replaced, and
//! the record leaves as the placeholder that a fresh one makes of a record that could not be handed over.

use crate::wasi::{self, Host};
use crate::{Backend, Context, Options, PolicyFile, RunError};
use auditgate::Outcome;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;
use wasmtime::{Config, Engine, InstancePre, Linker, Memory, Module, Store, StoreLimitsBuilder, TypedFunc};

/// How often the clock that stops endless calls ticks.
const TICK: Duration = Duration::from_millis(100);
/// How long `_initialize` may take: it reads and compiles a policy.
const START_TICKS: u64 = 100;

pub(crate) struct Wasm {
    pre: InstancePre<Host>,
    instance: Instance,
    policy: Option<Arc<PolicyFile>>,
    max_memory_bytes: usize,
    timeout_ticks: u64,
    traps: u64,
    messages: String,
    _clock: Clock,
}

type Filter = TypedFunc<(u32, u32, u32, u32, u32, u32), u32>;

struct Instance {
    store: Store<Host>,
    memory: Memory,
    malloc: TypedFunc<u32, u32>,
    filter: Filter,
}

impl Wasm {
    pub(crate) fn new(module: &[u8], options: &Options) -> Result<Self, RunError> {
        let mut config = Config::new();
        config.epoch_interruption(true);
        let engine = Engine::new(&config).map_err(unloadable)?;
        let module = Module::new(&engine, module).map_err(unloadable)?;
        let mut linker = Linker::new(&engine);
        wasi::link(&mut linker).map_err(unloadable)?;
        let pre = linker.instantiate_pre(&module).map_err(unloadable)?;
        let policy = options.policy.clone().map(Arc::new);
        let clock = Clock::start(engine);
        let instance = Instance::start(&pre, policy.clone(), options.max_memory_bytes)?;
        let timeout_ticks = options.timeout_ms.div_ceil(TICK.as_millis() as u64).max(1);
        let max_memory_bytes = options.max_memory_bytes;
        Ok(Self {
            pre,
            instance,
            policy,
            max_memory_bytes,
            timeout_ticks,
            traps: 0,
            messages: String::new(),
            _clock: clock,
        })
    }

    /// Takes a new instance in place of one in an unknown state.
    fn replace(&mut self, reason: &wasmtime::Error) -> Result<(), RunError> {
        self.traps += 1;
        self.messages += &self.instance.take_messages();
        // The first line names the reason; the rest is a list of functions.
        let reason = reason.root_cause().to_string();
        self.messages +=
            &format!("H003: the module stopped in the middle of a record ({reason}) and was started again\n");
        self.instance = Instance::start(&self.pre, self.policy.clone(), self.max_memory_bytes)?;
        Ok(())
    }
}

impl Backend for Wasm {
    fn run(&mut self, context: Context<'_>, record: &[u8]) -> Result<Outcome<'_>, RunError> {
        let answer = match self.instance.call(context, Some(record), record.len(), self.timeout_ticks) {
            Ok(answer) => answer,
            Err(reason) => {
                self.replace(&reason)?;
                let refused = self.instance.call(context, None, record.len(), self.timeout_ticks);
                refused.map_err(|_| RunError::Interface("did not answer a record that could not be handed over"))?
            }
        };
        self.instance.outcome(answer)
    }

    fn take_messages(&mut self) -> String {
        self.messages += &self.instance.take_messages();
        std::mem::take(&mut self.messages)
    }

    fn traps(&self) -> u64 {
        self.traps
    }
}

impl Instance {
    fn start(
        pre: &InstancePre<Host>,
        policy: Option<Arc<PolicyFile>>,
        max_memory_bytes: usize,
    ) -> Result<Self, RunError> {
        let limits = StoreLimitsBuilder::new().memory_size(max_memory_bytes).build();
        let mut store = Store::new(pre.module().engine(), Host::new(policy, limits));
        store.limiter(|host| &mut host.limits);
        store.set_epoch_deadline(START_TICKS);
        let instance = pre.instantiate(&mut store).map_err(unloadable)?;
        let initialize = instance.get_typed_func::<(), ()>(&mut store, "_initialize").map_err(unloadable)?;
        initialize.call(&mut store, ()).map_err(unloadable)?;
        let memory = instance.get_memory(&mut store, "memory").ok_or(RunError::Interface("exports no memory"))?;
        let malloc = instance.get_typed_func(&mut store, "malloc").map_err(unloadable)?;
        let filter = instance.get_typed_func(&mut store, "auditgate_filter").map_err(unloadable)?;
        Ok(Self { store, memory, malloc, filter })
    }

    /// Calls the module for one record, without one if there is none to hand over. The answer is an address.
    fn call(&mut self, context: Context<'_>, record: Option<&[u8]>, len: usize, ticks: u64) -> wasmtime::Result<u32> {
        self.store.set_epoch_deadline(ticks);
        let tag = self.hand_over(context.tag)?;
        let at = record.map_or(Ok(0), |record| self.hand_over(record))?;
        let lengths = (u32::try_from(context.tag.len())?, u32::try_from(len)?);
        let arguments = (tag, lengths.0, context.seconds, context.nanoseconds, at, lengths.1);
        self.filter.call(&mut self.store, arguments)
    }

    /// Copies bytes, and a zero byte as Fluent Bit does, into the module; null where it has no room.
    fn hand_over(&mut self, bytes: &[u8]) -> wasmtime::Result<u32> {
        let Ok(len) = u32::try_from(bytes.len() + 1) else { return Ok(0) };
        let at = self.malloc.call(&mut self.store, len)?;
        if at != 0 {
            self.memory.write(&mut self.store, at as usize, bytes)?;
            self.memory.write(&mut self.store, at as usize + bytes.len(), &[0])?;
        }
        Ok(at)
    }

    /// What stands at an address that the module returned. Where that is an empty string, the name of the rule that dropped
    /// the record stands behind it.
    fn outcome(&self, at: u32) -> Result<Outcome<'_>, RunError> {
        let string = |at: usize| {
            let rest = self.memory.data(&self.store).get(at..).unwrap_or_default();
            let found = memchr::memchr(0, rest).and_then(|len| rest.get(..len));
            found.ok_or(RunError::Interface("returned an address outside of its memory"))
        };
        Ok(match string(at as usize)? {
            [] => {
                let name = std::str::from_utf8(string(at as usize + 1)?);
                Outcome::Dropped { rule: name.map_err(|_| RunError::Interface("named a rule in no UTF-8"))? }
            }
            record => Outcome::Record(record),
        })
    }

    fn take_messages(&mut self) -> String {
        let messages = std::mem::take(&mut self.store.data_mut().messages);
        String::from_utf8_lossy(&messages).into_owned()
    }
}

fn unloadable(error: wasmtime::Error) -> RunError {
    RunError::Module(error.root_cause().to_string())
}

/// A thread that advances the engine's clock until it is dropped.
struct Clock {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Clock {
    fn start(engine: Engine) -> Self {
        let (stop, stopped) = mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                engine.increment_epoch();
            }
        });
        Self { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        drop(self.stop.take());
        // A thread that panicked has stopped as well.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
