//! Finds the modules that the command line carries inside: packed, to run them or to hand them on, and as the linker wrote them, whole and lean, to
//! put policies into them.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

/// Environment variables that name the files, and where they are otherwise.
const MODULES: [(&str, &str); 4] = [
    ("AUDITGATE_MODULE", "dist/auditgate.wasm"),
    ("AUDITGATE_FORMATS_MODULE", "dist/auditgate-formats.wasm"),
    ("AUDITGATE_LINKED", "dist/auditgate-linked.wasm"),
    (LEAN, "dist/auditgate-lean-linked.wasm"),
];

/// Only makes modules smaller: what stands behind [`INSTEAD`] does in its place.
const LEAN: &str = "AUDITGATE_LEAN_LINKED";
const INSTEAD: &str = "dist/auditgate-linked.wasm";

fn main() -> ExitCode {
    let here = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default().join("../..");
    let mut result = ExitCode::SUCCESS;
    for (variable, file) in MODULES {
        let mut module = env::var_os(variable).map(PathBuf::from).unwrap_or_else(|| here.join(file));
        say(&format!("rerun-if-changed={}", module.display()));
        say(&format!("rerun-if-env-changed={variable}"));
        if variable == LEAN && !module.exists() {
            say(&format!(
                "warning=no `{}`: `auditgate bake` makes larger modules; run `make module`",
                module.display()
            ));
            module = here.join(INSTEAD);
        }
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
