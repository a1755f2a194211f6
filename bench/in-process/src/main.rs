//! `auditgate-bench EVENTS PASSES [MODULE [FUNCTION]]`: runs the events of a file through the engine, or through a module in wasmtime,
//! and prints as JSON what each pass took.

use auditgate_bench::{FILTER, Subject};
use std::hint::black_box;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str = "usage: auditgate-bench EVENTS PASSES [MODULE [FUNCTION]]";

fn main() -> ExitCode {
    match measure() {
        // There is nowhere to report that standard output is closed.
        Ok(line) => writeln!(std::io::stdout(), "{line}").map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS),
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<String, String> {
    let mut arguments = std::env::args().skip(1);
    let events = arguments.next().ok_or(USAGE)?;
    let passes: usize = arguments.next().ok_or(USAGE)?.parse().map_err(|_| USAGE)?;
    let read = |path: &str| std::fs::read(path).map_err(|error| format!("`{path}`: {error}"));

    let started = cpu_time();
    let mut subject = match arguments.next() {
        Some(path) => Subject::module(&read(&path)?, arguments.next().as_deref().unwrap_or(FILTER), false)?,
        None => Subject::native(),
    };
    let load_ns = (cpu_time() - started).as_nanos();

    let text = read(&events)?;
    let lines: Vec<&[u8]> = text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).collect();
    let bytes: usize = lines.iter().map(|line| line.len()).sum();
    let (mut stamped, mut bytes_out) = (0, 0);
    for line in &lines {
        let stamp = |out: &[u8]| stamped += usize::from(out.windows(13).any(|window| window == br#""auditgate":{"#));
        bytes_out += subject.process(line, stamp)?;
    }
    let mut pass_ns = Vec::with_capacity(passes);
    for _ in 0..passes {
        let start = cpu_time();
        for line in &lines {
            black_box(subject.process(line, |_| {})?);
        }
        pass_ns.push((cpu_time() - start).as_nanos());
    }
    Ok(format!(
        r#"{{"events":{},"bytes":{bytes},"bytes_out":{bytes_out},"stamped":{stamped},"memory_bytes":{},"load_ns":{load_ns},"pass_ns":{pass_ns:?}}}"#,
        lines.len(),
        subject.memory_bytes()
    ))
}

/// What this thread has had of a processor: other programs do not disturb it as they do a wall clock. Linux updates it every few
/// milliseconds, so a pass has to take a multiple of that.
fn cpu_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or_default())
}
