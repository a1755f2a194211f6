//! `auditgate-pack IN OUT`: packs a module for `make dist`.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output] = arguments.as_slice() else {
        complain("usage: auditgate-pack IN OUT");
        return ExitCode::from(2);
    };
    match pack_file(Path::new(input), Path::new(output)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn pack_file(input: &Path, output: &Path) -> Result<(), String> {
    let module = std::fs::read(input).map_err(|error| format!("cannot read `{}`: {error}", input.display()))?;
    let packed = auditgate_pack::pack(&module).map_err(|error| error.to_string())?;
    // Fluent Bit 3.1.9 reads the file for every chunk, so it never sees a half-written one.
    let unfinished = output.with_extension("unfinished");
    std::fs::write(&unfinished, packed)
        .and_then(|()| std::fs::rename(&unfinished, output))
        .map_err(|error| format!("cannot write `{}`: {error}", output.display()))
}

#[expect(clippy::print_stderr, reason = "errors of a command belong on standard error")]
fn complain(text: &str) {
    eprintln!("{text}");
}
