//! The module's interface under a host that misbehaves: everything that Fluent Bit is known to do, and some more.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::ffi::CStr;
use std::sync::Mutex;
use wasmtime::{
    Caller, Config, Engine, Extern, Instance, Linker, Module, Store, StoreLimits, StoreLimitsBuilder, Trap, TypedFunc,
    Val,
};

const ENDLESS: u64 = u64::MAX / 2;
const EVENT: &[u8] = br#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","stage":"ResponseComplete","auditID":"0c7f2e5c-0000-4000-8000-000000000000","verb":"get","user":{"username":"jane"}}"#;

/// The module in a host that does nothing for it: no files, no standard error.
struct Host {
    store: Store<StoreLimits>,
    instance: Instance,
}

impl Host {
    fn new() -> Self {
        Self::with_memory(256 << 20)
    }

    fn with_memory(max_bytes: usize) -> Self {
        Self::start(max_bytes, None)
    }

    /// A host with one file, the policy.
    fn with_policy(policy: &'static str) -> Self {
        Self::start(256 << 20, Some(policy))
    }

    fn start(max_bytes: usize, policy: Option<&'static str>) -> Self {
        let mut config = Config::new();
        config.consume_fuel(true);
        let engine = Engine::new(&config).unwrap();
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../dist/auditgate.wasm");
        let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}\nhelp: run `make module`"));
        let module = Module::new(&engine, bytes).unwrap();
        let mut linker = Linker::new(&engine);
        // Every function of WASI answers "bad file descriptor", or "success" where there is a policy, which `fd_read` hands out once.
        let mut unread = policy;
        for import in module.imports() {
            let ty = import.ty().unwrap_func().clone();
            let text = Mutex::new(if import.name() == "fd_read" { unread.take() } else { None });
            let answer = move |mut caller: Caller<'_, StoreLimits>, arguments: &[Val], results: &mut [Val]| {
                results[0] = Val::I32(if policy.is_some() { 0 } else { 8 });
                if let (Some(text), Some(memory)) =
                    (text.lock().unwrap().take(), caller.get_export("memory").and_then(Extern::into_memory))
                {
                    let mut buffer = [0; 4];
                    memory.read(&caller, arguments[1].unwrap_i32() as usize, &mut buffer).unwrap();
                    memory.write(&mut caller, u32::from_le_bytes(buffer) as usize, text.as_bytes()).unwrap();
                    let read = (text.len() as u32).to_le_bytes();
                    memory.write(&mut caller, arguments[3].unwrap_i32() as usize, &read).unwrap();
                }
                Ok(())
            };
            linker.func_new(import.module(), import.name(), ty, answer).unwrap();
        }
        let mut store = Store::new(&engine, StoreLimitsBuilder::new().memory_size(max_bytes).build());
        store.limiter(|limits| limits);
        store.set_fuel(ENDLESS).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let mut host = Self { store, instance };
        host.call::<(), ()>("_initialize", ()).unwrap();
        host
    }

    fn call<P: wasmtime::WasmParams, R: wasmtime::WasmResults>(
        &mut self,
        name: &str,
        parameters: P,
    ) -> wasmtime::Result<R> {
        let function: TypedFunc<P, R> = self.instance.get_typed_func(&mut self.store, name).unwrap();
        function.call(&mut self.store, parameters)
    }

    fn malloc(&mut self, len: u32) -> u32 {
        self.call("malloc", len).unwrap()
    }

    fn free(&mut self, at: u32) {
        self.call("free", at).unwrap()
    }

    /// As Fluent Bit does it: the bytes and a zero byte.
    fn hand_over(&mut self, bytes: &[u8]) -> u32 {
        let at = self.malloc(bytes.len() as u32 + 1);
        assert_ne!(at, 0, "no memory for {} bytes", bytes.len());
        self.write(at, bytes);
        self.write(at + bytes.len() as u32, &[0]);
        at
    }

    fn write(&mut self, at: u32, bytes: &[u8]) {
        let memory = self.instance.get_memory(&mut self.store, "memory").unwrap();
        memory.write(&mut self.store, at as usize, bytes).unwrap();
    }

    fn memory_bytes(&mut self) -> usize {
        self.instance.get_memory(&mut self.store, "memory").unwrap().data_size(&self.store)
    }

    fn filter(&mut self, tag: u32, tag_len: u32, record: u32, record_len: u32) -> wasmtime::Result<String> {
        let at: u32 = self.call("auditgate_filter", (tag, tag_len, 1_700_000_000u32, 5u32, record, record_len))?;
        let memory = self.instance.get_memory(&mut self.store, "memory").unwrap();
        let answer = CStr::from_bytes_until_nul(&memory.data(&self.store)[at as usize..]).unwrap();
        // JSON, except where the record was msgpack.
        Ok(String::from_utf8_lossy(answer.to_bytes()).into_owned())
    }

    /// One record, as Fluent Bit 5.1.1 does it.
    fn record(&mut self, bytes: &[u8]) -> String {
        let (tag, record) = (self.hand_over(b"audit.k8s"), self.hand_over(bytes));
        let answer = self.filter(tag, 9, record, bytes.len() as u32).unwrap();
        self.free(tag);
        self.free(record);
        answer
    }
}

/// A placeholder with this code that names the tag and the time.
fn assert_placeholder(answer: &str, code: &str) {
    assert!(answer.starts_with(r#"{"tag":"audit.k8s","time":1700000000.000000005,"#), "{answer}");
    assert!(answer.contains(&format!(r#""error":"{code}""#)) && answer.ends_with("}}"), "{answer}");
}

#[test]
fn a_record_without_memory_leaves_as_a_placeholder() {
    let mut host = Host::new();
    let tag = host.hand_over(b"audit.k8s");
    let answer = host.filter(tag, 9, 0, 3_000_000).unwrap();
    assert_placeholder(&answer, "E090");
    assert!(answer.contains(r#""bytes":3000000,"#), "{answer}");
    // Addresses outside of memory are no better.
    for (record, len) in [(u32::MAX, 10), (0x7000_0000, 10), (16, u32::MAX)] {
        assert_placeholder(&host.filter(tag, 9, record, len).unwrap(), "E090");
    }
    let answer = host.filter(u32::MAX, 9, 0, 0).unwrap();
    assert!(answer.starts_with(r#"{"tag":"","#), "{answer}");
}

#[test]
fn a_msgpack_record_is_named_as_the_mistake_it_is() {
    let mut host = Host::new();
    for first in [0x80, 0x85, 0x8f, 0x92, 0xdc, 0xdd, 0xde, 0xdf] {
        let record = [&[first], b"\xa3log\xa5hello\0\0".as_slice()].concat();
        let answer = host.record(&record);
        assert!(
            answer.contains("E091") && answer.contains("event_format json") && !answer.contains("hello"),
            "{answer}"
        );
    }
}

#[test]
fn memory_that_is_never_freed_does_not_grow() {
    let mut host = Host::new();
    let expected = host.record(EVENT);
    let before = host.memory_bytes();
    for _ in 0..10_000 {
        let (tag, record) = (host.hand_over(b"audit.k8s"), host.hand_over(EVENT));
        assert_eq!(host.filter(tag, 9, record, EVENT.len() as u32).unwrap(), expected);
    }
    assert_eq!(host.memory_bytes(), before);
}

#[test]
fn pointers_freed_twice_or_never_given_are_harmless() {
    let mut host = Host::new();
    let expected = host.record(EVENT);
    for _ in 0..3 {
        let (tag, record) = (host.hand_over(b"audit.k8s"), host.hand_over(EVENT));
        for wrong in [0, 1, 16, record + 1, u32::MAX] {
            host.free(wrong);
        }
        assert_eq!(host.filter(tag, 9, record, EVENT.len() as u32).unwrap(), expected);
        for at in [tag, tag, record, record, record] {
            host.free(at);
        }
    }
    assert_eq!(host.record(EVENT), expected);
}

#[test]
fn malloc_answers_null_and_never_traps() {
    let mut host = Host::with_memory(8 << 20);
    for len in [u32::MAX, u32::MAX - 15, 1 << 31, 64 << 20, 7 << 20] {
        assert_eq!(host.malloc(len), 0, "{len} bytes");
    }
    assert_ne!(host.malloc(0), 0);
    assert_ne!(host.malloc(1000), 0);
    let expected = Host::new().record(EVENT);
    // More buffers than there are: the last ones are refused, and a record makes all of them free again.
    for _ in 0..20 {
        host.malloc(10);
    }
    host.filter(0, 0, 0, 0).unwrap();
    assert_eq!(host.record(EVENT), expected);
}

#[test]
fn a_record_in_memory_that_is_not_from_malloc_is_read_all_the_same() {
    let mut host = Host::new();
    let expected = host.record(EVENT);
    let tag = host.hand_over(b"audit.k8s");
    let buffer = host.malloc(2 * EVENT.len() as u32);
    host.write(buffer, b"........");
    host.write(buffer + 8, EVENT);
    host.write(buffer + 8 + EVENT.len() as u32, b"not a zero byte");
    assert_eq!(host.filter(tag, 9, buffer + 8, EVENT.len() as u32).unwrap(), expected);
}

#[test]
fn large_records_fit_and_cost_a_small_multiple_of_their_size() {
    let mut host = Host::new();
    // Records of nearly the same length as well: a buffer that is only a little too short must not leave a hole.
    for kilobytes in [1000, 5000, 5130, 5070, 15_000] {
        let long = "x".repeat(kilobytes << 10);
        let record = [&EVENT[..EVENT.len() - 1], br#","annotations":{"long":""#, long.as_bytes(), br#""}}"#].concat();
        let answer = host.record(&record);
        assert!(answer.len() > record.len() / 2, "{kilobytes} kB became {} bytes", answer.len());
        let bytes = host.memory_bytes();
        assert!(bytes <= 4 * record.len() + (2 << 20), "{bytes} bytes of memory for a record of {}", record.len());
    }
}

#[test]
fn initialising_again_changes_nothing() {
    let mut host = Host::new();
    let expected = host.record(EVENT);
    for _ in 0..3 {
        host.call::<(), ()>("_initialize", ()).unwrap();
    }
    assert_eq!(host.record(EVENT), expected);
}

/// Fluent Bit reports a trap and goes on with the next record, in the same instance, whose stack pointer stays where it was.
#[test]
fn a_trap_at_any_point_leaves_nothing_behind() {
    let mut host = Host::new();
    let expected = host.record(EVENT);
    let (tag, record) = (host.hand_over(b"audit.k8s"), host.hand_over(EVENT));
    host.store.set_fuel(ENDLESS).unwrap();
    host.filter(tag, 9, record, EVENT.len() as u32).unwrap();
    let fuel_of_a_call = ENDLESS - host.store.get_fuel().unwrap();
    let step = (fuel_of_a_call / 500).max(1);
    let (mut fuel, mut traps) = (1, 0);
    while fuel < fuel_of_a_call {
        let (tag, record) = (host.hand_over(b"audit.k8s"), host.hand_over(EVENT));
        host.store.set_fuel(fuel).unwrap();
        match host.filter(tag, 9, record, EVENT.len() as u32) {
            // Fuel is looked at where loops and functions begin: the very last instructions are never short of it.
            Ok(answer) => assert_eq!(answer, expected),
            Err(error) => {
                assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::OutOfFuel));
                traps += 1;
            }
        }
        host.store.set_fuel(ENDLESS).unwrap();
        host.free(tag);
        host.free(record);
        assert_eq!(host.record(EVENT), expected, "after a trap with {fuel} of {fuel_of_a_call} units of fuel");
        fuel += step;
    }
    assert!(traps >= 100, "only {traps} traps");
    let fresh = Host::new().memory_bytes();
    assert!(host.memory_bytes() <= fresh + (1 << 20), "{} bytes, {fresh} when fresh", host.memory_bytes());
}

/// A host that calls again after a trap without asking for memory first: what it points to has been taken back.
#[test]
fn a_record_handed_over_before_a_trap_leaves_as_a_placeholder() {
    let mut host = Host::new();
    let expected = host.record(EVENT);
    let (tag, record) = (host.hand_over(b"audit.k8s"), host.hand_over(EVENT));
    host.store.set_fuel(20).unwrap();
    host.filter(tag, 9, record, EVENT.len() as u32).unwrap_err();
    host.store.set_fuel(ENDLESS).unwrap();
    let answer = host.filter(tag, 9, record, EVENT.len() as u32).unwrap();
    assert!(answer.starts_with(r#"{"tag":"","#) && answer.contains(r#""error":"E090""#), "{answer}");
    assert_eq!(host.record(EVENT), expected);
}

/// A policy whose reading takes more stack than the host gave must not be tried again for ever, nor be left out.
#[test]
fn a_trap_while_the_policy_is_read_leaves_envelopes_only() {
    let mut host = Host::with_policy("apiVersion: auditgate/v1\nkind: Policy\n");
    let (tag, record) = (host.hand_over(b"audit.k8s"), host.hand_over(EVENT));
    host.filter(tag, 9, record, EVENT.len() as u32).unwrap();
    let fuel_of_the_first_call = ENDLESS - host.store.get_fuel().unwrap();
    let mut host = Host::with_policy("apiVersion: auditgate/v1\nkind: Policy\n");
    let (tag, record) = (host.hand_over(b"audit.k8s"), host.hand_over(EVENT));
    host.store.set_fuel(fuel_of_the_first_call / 4).unwrap();
    host.filter(tag, 9, record, EVENT.len() as u32).unwrap_err();
    host.store.set_fuel(ENDLESS).unwrap();
    for _ in 0..3 {
        assert_placeholder(&host.record(EVENT), "E005");
    }
}
