//! `auditgate-pack [--names] [--policy POLICY] IN OUT`: packs a module for `make dist`, or, with the names of its functions, for a
//! profile.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let keep_names = arguments.first().is_some_and(|first| first == "--names");
    arguments.drain(..usize::from(keep_names));
    let (policy, input, output) = match arguments.as_slice() {
        [input, output] => (None, input, output),
        [option, policy, input, output] if option == "--policy" => (Some(policy.as_str()), input, output),
        _ => {
            complain("usage: auditgate-pack [--names] [--policy POLICY] IN OUT");
            return ExitCode::from(2);
        }
    };
    match pack_file(Path::new(input), Path::new(output), policy, keep_names) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn pack_file(input: &Path, output: &Path, policy: Option<&str>, keep_names: bool) -> Result<(), String> {
    let read = |path: &Path| std::fs::read(path).map_err(|error| format!("cannot read `{}`: {error}", path.display()));
    let module = read(input)?;
    let packed = match policy {
        None => auditgate_pack::pack(&module, keep_names).map_err(|error| error.to_string())?,
        Some(policy) => {
            let baked = auditgate_pack::bake(&module, policy, &read(Path::new(policy))?, keep_names);
            baked.map_err(|error| error.to_string())?.0
        }
    };
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
