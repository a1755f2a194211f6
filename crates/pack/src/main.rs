//! `auditgate-pack [--names] IN OUT`: packs a module for `make dist`, or, with the names of its functions, for a profile.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (keep_names, files) = match arguments.as_slice() {
        [option, files @ ..] if option == "--names" => (true, files),
        files => (false, files),
    };
    let [input, output] = files else {
        complain("usage: auditgate-pack [--names] IN OUT");
        return ExitCode::from(2);
    };
    match pack_file(Path::new(input), Path::new(output), keep_names) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn pack_file(input: &Path, output: &Path, keep_names: bool) -> Result<(), String> {
    let module = std::fs::read(input).map_err(|error| format!("cannot read `{}`: {error}", input.display()))?;
    let packed = auditgate_pack::pack(&module, keep_names).map_err(|error| error.to_string())?;
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
