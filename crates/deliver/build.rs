//! Finds the module that the output role carries inside.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let module = env::var_os("AUDITGATE_OUTPUT_MODULE").map(PathBuf::from).unwrap_or_else(|| {
        let here = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
        here.join("../../dist/auditgate-output.wasm")
    });
    say(&format!("rerun-if-changed={}", module.display()));
    say("rerun-if-env-changed=AUDITGATE_OUTPUT_MODULE");
    // Machine code of it is put in by `make dist`; without, the module is compiled when a destination starts.
    say("rerun-if-env-changed=AUDITGATE_PRECOMPILED");
    let nothing = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default().join("nothing");
    let precompiled = env::var_os("AUDITGATE_PRECOMPILED").map(PathBuf::from).and_then(|path| path.canonicalize().ok());
    if let Err(error) = std::fs::write(&nothing, "") {
        say(&format!("error=cannot write `{}`: {error}", nothing.display()));
        return ExitCode::FAILURE;
    }
    let precompiled = precompiled.unwrap_or(nothing);
    say(&format!("rerun-if-changed={}", precompiled.display()));
    say(&format!("rustc-env=AUDITGATE_PRECOMPILED={}", precompiled.display()));
    match module.canonicalize() {
        Ok(path) => {
            say(&format!("rustc-env=AUDITGATE_OUTPUT_MODULE={}", path.display()));
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(&format!("error=no module to put inside: `{}`: {error}", module.display()));
            say("error=help: run `make module`, or set AUDITGATE_OUTPUT_MODULE to an auditgate-output.wasm");
            ExitCode::FAILURE
        }
    }
}

/// This is how a build script speaks to cargo.
fn say(line: &str) {
    println!("cargo::{line}");
}
