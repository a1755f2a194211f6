//! Finds the module that the command line carries inside: packed, to run it or to hand it on, and as the linker wrote it, to put policies into it.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

/// Environment variables that name the files, and where they are otherwise.
const MODULES: [(&str, &str); 3] = [
    ("AUDITGATE_MODULE", "dist/auditgate.wasm"),
    ("AUDITGATE_FORMATS_MODULE", "dist/auditgate-formats.wasm"),
    ("AUDITGATE_LINKED", "dist/auditgate-linked.wasm"),
];

fn main() -> ExitCode {
    let here = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let mut result = ExitCode::SUCCESS;
    for (variable, file) in MODULES {
        let module = env::var_os(variable).map(PathBuf::from).unwrap_or_else(|| here.join("../..").join(file));
        say(&format!("rerun-if-changed={}", module.display()));
        say(&format!("rerun-if-env-changed={variable}"));
        match module.canonicalize() {
            Ok(path) => say(&format!("rustc-env={variable}={}", path.display())),
            Err(error) => {
                say(&format!("error=no module to put inside: `{}`: {error}", module.display()));
                say(&format!("error=help: run `make module`, or set {variable}"));
                result = ExitCode::FAILURE;
            }
        }
    }
    result
}

/// This is how a build script speaks to cargo.
fn say(line: &str) {
    println!("cargo::{line}");
}
