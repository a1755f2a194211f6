//! `auditgate-precompile IN OUT`: machine code of the output role's module, for `make dist` to put into the plugin.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output] = arguments.as_slice() else {
        complain("usage: auditgate-precompile IN OUT");
        return ExitCode::from(2);
    };
    match precompile(input, output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn precompile(input: &str, output: &str) -> Result<(), String> {
    let module = std::fs::read(input).map_err(|error| format!("cannot read `{input}`: {error}"))?;
    let code = auditgate_deliver::precompile(&module).map_err(|error| error.to_string())?;
    std::fs::write(output, code).map_err(|error| format!("cannot write `{output}`: {error}"))
}

#[expect(clippy::print_stderr, reason = "errors of a command belong on standard error")]
fn complain(text: &str) {
    eprintln!("{text}");
}
