//! Runs the leak benchmark and says whether its gates are met.
//!
//! Exit codes: 0 all gates met, 1 a gate missed, 2 usage.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use auditgate_leak_bench::run::{Plan, run};
use auditgate_leak_bench::target::{Native, PassThrough, Target};
use auditgate_leak_bench::{benign, fluent_bit, report};

const USAGE: &str =
    "usage: auditgate-leak-bench [--engine native|wasm|none] [--module FILE] [--seeds N] [--one-kind-in N] [--fast] [--benign N]
                            [--formats] [--report FILE] [--failures FILE] [--fluent-bit PROGRAM]

  --engine   what is measured; none lets everything pass and so proves the judge (default native)
  --module   the module for --engine wasm (default dist/auditgate.wasm)
  --seeds    seeds for each kind, place and encoding (default 10)
  --one-kind-in  at each place every Nth kind and encoding only, for a quick look (default 1)
  --fast     the same as --seeds 1 --benign 2000
  --formats  write every answer in every output format as well, and look there, too
  --benign   benign events for the over-redaction figures (default 10000)
  --fluent-bit  run a sample through this Fluent Bit as well, at debug level; may stand more than once
  --report   write everything that was counted to FILE, as JSON
  --failures write the leaks of the development half with samples to FILE
";

struct Options {
    engine: String,
    module: String,
    seeds: u64,
    one_kind_in: usize,
    benign: u64,
    formats: bool,
    report: Option<String>,
    failures: Option<String>,
    fluent_bits: Vec<String>,
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        engine: "native".into(),
        module: "dist/auditgate.wasm".into(),
        seeds: 10,
        one_kind_in: 1,
        benign: 10_000,
        formats: false,
        report: None,
        failures: None,
        fluent_bits: Vec::new(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--fast" {
            (options.seeds, options.benign) = (1, 2000);
            continue;
        }
        if argument == "--formats" {
            options.formats = true;
            continue;
        }
        let value = arguments.next().ok_or_else(|| format!("`{argument}` is unknown or needs a value"))?;
        let number =
            || value.parse::<u64>().map_err(|_| format!("expected a number after `{argument}`, found `{value}`"));
        match argument.as_str() {
            "--engine" => options.engine = value,
            "--module" => options.module = value,
            "--seeds" => options.seeds = number()?,
            "--one-kind-in" => options.one_kind_in = number()?.max(1) as usize,
            "--benign" => options.benign = number()?,
            "--report" => options.report = Some(value),
            "--fluent-bit" => options.fluent_bits.push(value),
            "--failures" => options.failures = Some(value),
            _ => return Err(format!("unknown option `{argument}`")),
        }
    }
    Ok(options)
}

#[cfg(not(feature = "module"))]
fn module(_path: &str) -> Result<Box<dyn Target>, String> {
    Err("this benchmark was built without the feature `module`".into())
}

#[cfg(feature = "module")]
fn module(path: &str) -> Result<Box<dyn Target>, String> {
    use auditgate_leak_bench::target::Module;
    let bytes = std::fs::read(path)
        .map_err(|error| format!("cannot read the module `{path}`: {error}\nhelp: `make module` builds it"))?;
    let module = Module::new(&bytes).map_err(|error| format!("cannot load `{path}`: {error}"))?;
    Ok(Box::new(module))
}

fn bench() -> Result<bool, String> {
    let options = options().map_err(|error| format!("{error}\n{USAGE}"))?;
    let mut target: Box<dyn Target> = match options.engine.as_str() {
        "native" => Box::new(Native::default()),
        "wasm" => module(&options.module)?,
        "none" => Box::new(PassThrough),
        other => return Err(format!("expected the engine `native`, `wasm` or `none`, found `{other}`\n{USAGE}")),
    };
    let plan = Plan { seeds: options.seeds, one_kind_in: options.one_kind_in, formats: options.formats };
    let terminal = std::io::stderr().is_terminal();
    let results = run(target.as_mut(), plan, |done, all| {
        if terminal {
            let end = if done == all { "\n" } else { " " };
            let _ = write!(std::io::stderr(), "\r{done} of {all} places{end}");
        }
    });
    let benign = (options.benign > 0).then(|| benign::run(target.as_mut(), options.benign));
    let write = |path: &Option<String>, text: String| match path {
        Some(path) => std::fs::write(path, text).map_err(|error| format!("cannot write `{path}`: {error}")),
        None => Ok(()),
    };
    write(&options.report, format!("{:#}\n", report::machine(&results, benign.as_ref())))?;
    write(&options.failures, report::failures(&results, benign.as_ref()))?;
    let _ = std::io::stdout().write_all(report::human(&results, benign.as_ref()).as_bytes());
    let mut met = report::gates(&results, benign.as_ref()).iter().all(|(_, _, met)| *met);
    for program in &options.fluent_bits {
        let outcomes = fluent_bit::run(program, Path::new(&options.module), Path::new("fluent-bit-conf"))?;
        let _ = std::io::stdout().write_all(report::fluent_bit(&outcomes).as_bytes());
        met &= outcomes.iter().all(fluent_bit::Outcome::is_met);
    }
    Ok(met)
}

fn main() -> ExitCode {
    match bench() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::from(2)
        }
    }
}
