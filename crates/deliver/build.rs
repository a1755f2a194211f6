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
