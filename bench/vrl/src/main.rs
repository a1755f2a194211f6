//! Runs `redact.vrl` over a file of events and prints what a pass took, as JSON: `auditgate-bench-vrl EVENTS PASSES`.
//!
//! What is timed is what Vector does between a file source and a sink that writes JSON: the line becomes `.message`, the program
//! parses and redacts, and the result becomes JSON text again.

use std::collections::BTreeMap;
use std::error::Error;
use std::hint::black_box;
use std::time::Duration;

use vrl::compiler::{Context, TargetValue, TimeZone, compile};
use vrl::compiler::state::RuntimeState;
use vrl::value::{Secrets, Value};

const PROGRAM: &str = include_str!("redact.vrl");

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: auditgate-bench-vrl EVENTS PASSES")?;
    let passes: usize = arguments.next().unwrap_or_else(|| "5".into()).parse()?;
    let events: Vec<String> = std::fs::read_to_string(path)?.lines().map(str::to_owned).collect();

    let compiled = compile(PROGRAM, &vrl::stdlib::all()).map_err(|list| format!("{list:?}"))?;
    let zone = TimeZone::default();
    let mut state = RuntimeState::default();
    let mut run = |line: &str| -> Result<String, Box<dyn Error>> {
        let mut target = TargetValue {
            value: Value::Object(BTreeMap::from([("message".into(), Value::from(line))])),
            metadata: Value::Object(BTreeMap::new()),
            secrets: Secrets::new(),
        };
        state.clear();
        let mut context = Context::new(&mut target, &mut state, &zone);
        compiled.program.resolve(&mut context).map_err(|error| error.to_string())?;
        Ok(serde_json::to_string(&target.value)?)
    };

    let mut bytes_out = 0;
    for line in &events {
        bytes_out += run(line)?.len();
    }
    let mut nanoseconds = Vec::with_capacity(passes);
    for _ in 0..passes {
        let start = cpu_time();
        for line in &events {
            black_box(run(line)?);
        }
        nanoseconds.push((cpu_time() - start).as_nanos() as u64);
    }
    let bytes: usize = events.iter().map(String::len).sum();
    println!("{}", serde_json::json!({"events": events.len(), "bytes": bytes, "bytes_out": bytes_out, "pass_ns": nanoseconds}));
    Ok(())
}

/// What this thread has had of a processor: other programs do not disturb it as they do a wall clock. Linux updates it every few
/// milliseconds, so a pass has to take a multiple of that.
fn cpu_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or_default())
}
