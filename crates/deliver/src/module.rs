//! The module of the output role in wasmtime. It imports nothing; memory and time of a call are limited.

use crate::DeliverError;
use auditgate::deliver::wire::{Answer, Begin, Progress, Step, VERSION};
use ring::digest::{self, SHA256};
use std::ops::Range;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;
use wasmtime::{
    Config, Engine, InstancePre, Linker, Memory, Module, Store, StoreLimits, StoreLimitsBuilder, TypedFunc,
};

/// Most linear memory that an instance may have. A chunk of Fluent Bit's has 2 MB and one event more.
const MAX_MEMORY_BYTES: usize = 512 << 20;
/// How often the clock that stops endless calls ticks.
const TICK: Duration = Duration::from_millis(100);
/// Longest time that the module may work on one chunk or answer, in ticks.
const CALL_TICKS: u64 = 300;

/// A compiled module, shared by all sections of a process that use the same.
pub(crate) struct Compiled {
    bytes: Vec<u8>,
    pre: InstancePre<StoreLimits>,
    _clock: Clock,
}

/// What was compiled and is in use.
static COMPILED: Mutex<Vec<Weak<Compiled>>> = Mutex::new(Vec::new());

impl Compiled {
    /// Compiles a module, unless the process has it already.
    pub(crate) fn load(bytes: &[u8]) -> Result<Arc<Self>, DeliverError> {
        let mut known = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|module| module.strong_count() > 0);
        if let Some(module) = known.iter().filter_map(Weak::upgrade).find(|module| module.bytes == bytes) {
            return Ok(module);
        }
        let module = Arc::new(Self::compile(bytes)?);
        known.push(Arc::downgrade(&module));
        Ok(module)
    }

    fn compile(bytes: &[u8]) -> Result<Self, DeliverError> {
        let engine = engine()?;
        let module = match precompiled(bytes) {
            // Made for another processor, it is compiled anew.
            Some(code) => deserialize(&engine, code).or_else(|_| Module::new(&engine, bytes)),
            None => Module::new(&engine, bytes),
        };
        let pre = Linker::new(&engine).instantiate_pre(&module.map_err(unloadable)?).map_err(unloadable)?;
        Ok(Self { bytes: bytes.to_vec(), pre, _clock: Clock::start(engine)? })
    }
}

fn engine() -> Result<Engine, DeliverError> {
    let mut config = Config::new();
    config.epoch_interruption(true);
    // Fluent Bit and the WebAssembly runtime of its filters handle the same signals, and both set their handlers anew when
    // configurations are reloaded. So the module's accesses are checked in code.
    config.signals_based_traps(false);
    Engine::new(&config).map_err(unloadable)
}

/// Machine code of the module inside, if the build made it: the digest of the module that it was made of, and what wasmtime wrote.
const PRECOMPILED: &[u8] = include_bytes!(env!("AUDITGATE_PRECOMPILED"));

/// The machine code for these bytes.
fn precompiled(bytes: &[u8]) -> Option<&'static [u8]> {
    let (digest, code) = PRECOMPILED.split_at_checked(SHA256.output_len())?;
    (digest == digest::digest(&SHA256, bytes).as_ref()).then_some(code)
}

fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Module> {
    // SAFETY: the build made these bytes with `precompile` below, and they are part of this library; wasmtime itself refuses those of another
    // version, configuration or processor.
    unsafe { Module::deserialize(engine, code) }
}

/// Compiles a module to machine code for processors like this one, for the build to put inside: starting is then quick and takes little memory.
///
/// # Errors
/// The bytes are no module.
pub fn precompile(bytes: &[u8]) -> Result<Vec<u8>, DeliverError> {
    let code = engine()?.precompile_module(bytes).map_err(unloadable)?;
    Ok([digest::digest(&SHA256, bytes).as_ref(), &code].concat())
}

/// Why a call did not come to its end, and which event was in work.
#[derive(Debug)]
pub(crate) struct Stopped {
    pub(crate) reason: String,
    pub(crate) event: Option<u32>,
}

type Call = TypedFunc<(), u64>;

/// One session of the module.
pub(crate) struct Instance {
    store: Store<StoreLimits>,
    memory: Memory,
    input: TypedFunc<u32, u32>,
    begin: Call,
    answer: Call,
    cursor: u32,
    message: Vec<u8>,
}

impl Instance {
    /// Starts a session with the message that [`auditgate::deliver::Open`] wrote.
    pub(crate) fn open(module: &Compiled, message: &[u8]) -> Result<Self, DeliverError> {
        let limits = StoreLimitsBuilder::new().memory_size(MAX_MEMORY_BYTES).build();
        let mut store = Store::new(module.pre.module().engine(), limits);
        store.limiter(|limits| limits);
        store.set_epoch_deadline(CALL_TICKS);
        let instance = module.pre.instantiate(&mut store).map_err(unloadable)?;
        let contract = instance.get_typed_func::<(), u32>(&mut store, "auditgate_contract").map_err(unloadable)?;
        let version = contract.call(&mut store, ()).map_err(unloadable)?;
        if version != VERSION {
            return Err(DeliverError::new("H004", format!("expected a module of contract {VERSION}, found {version}")));
        }
        let memory = instance.get_memory(&mut store, "memory").ok_or_else(|| missing("memory"))?;
        let input = instance.get_typed_func(&mut store, "auditgate_input").map_err(unloadable)?;
        let open: Call = instance.get_typed_func(&mut store, "auditgate_open").map_err(unloadable)?;
        let begin = instance.get_typed_func(&mut store, "auditgate_begin").map_err(unloadable)?;
        let answer = instance.get_typed_func(&mut store, "auditgate_answer").map_err(unloadable)?;
        let cursor = instance.get_typed_func::<(), u32>(&mut store, "auditgate_cursor").map_err(unloadable)?;
        let mut instance = Self { store, memory, input, begin, answer, cursor: 0, message: message.to_vec() };
        let complaint = instance.call(&open).map_err(unloadable)?;
        let complaint = instance.memory.data(&instance.store).get(complaint).unwrap_or_default();
        if !complaint.is_empty() {
            return Err(DeliverError::new("", String::from_utf8_lossy(complaint).trim_end().to_owned()));
        }
        instance.cursor = cursor.call(&mut instance.store, ()).map_err(unloadable)?;
        Ok(instance)
    }

    /// Hands over a chunk.
    pub(crate) fn begin(&mut self, begin: &Begin<'_>) -> Result<(Progress<'_>, Step<'_>), Stopped> {
        self.message.clear();
        begin.write(&mut self.message);
        let call = self.begin.clone();
        self.step(&call)
    }

    /// Hands over the receiver's answer.
    pub(crate) fn answer(&mut self, answer: &Answer<'_>) -> Result<(Progress<'_>, Step<'_>), Stopped> {
        self.message.clear();
        answer.write(&mut self.message);
        let call = self.answer.clone();
        self.step(&call)
    }

    fn step(&mut self, call: &Call) -> Result<(Progress<'_>, Step<'_>), Stopped> {
        match self.call(call) {
            Ok(range) => {
                let event = self.event();
                let bytes = self.memory.data(&self.store).get(range).unwrap_or_default();
                Step::read(bytes).ok_or_else(|| Stopped { reason: "its step cannot be read".into(), event })
            }
            // The first line names the reason; the rest is a list of functions.
            Err(error) => Err(Stopped { reason: error.root_cause().to_string(), event: self.event() }),
        }
    }

    /// Calls a function with the message as its input; the answer is the range of memory where the output stands.
    fn call(&mut self, function: &Call) -> wasmtime::Result<Range<usize>> {
        self.store.set_epoch_deadline(CALL_TICKS);
        let at = self.input.call(&mut self.store, u32::try_from(self.message.len())?)?;
        self.memory.write(&mut self.store, at as usize, &self.message)?;
        let answer = function.call(&mut self.store, ())?;
        let (start, len) = ((answer & 0xffff_ffff) as usize, (answer >> 32) as usize);
        Ok(start..start + len)
    }

    /// Index of the event in work.
    fn event(&self) -> Option<u32> {
        let start = self.cursor as usize;
        let bytes = self.memory.data(&self.store).get(start..start.checked_add(4)?)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    }
}

fn missing(name: &str) -> DeliverError {
    DeliverError::new("H001", format!("expected a module of auditgate's output role, found one without `{name}`"))
}

fn unloadable(error: wasmtime::Error) -> DeliverError {
    DeliverError::new("H001", format!("expected a module of auditgate's output role: {}", error.root_cause()))
}

/// A thread that advances the engine's clock until it is dropped.
struct Clock {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Clock {
    fn start(engine: Engine) -> Result<Self, DeliverError> {
        let (stop, stopped) = mpsc::channel::<()>();
        let tick = move || {
            while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                engine.increment_epoch();
            }
        };
        let thread = std::thread::Builder::new().name("auditgate-clock".into()).spawn(tick);
        let thread = thread.map_err(|error| DeliverError::new("H005", format!("no thread for the clock: {error}")))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        drop(self.stop.take());
        // A thread that panicked has stopped as well.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
