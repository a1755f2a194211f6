//! `auditgate-pack [--names] [--policy POLICY] IN OUT`: packs a module for `make dist`, or, with the names of its functions, for a
//! profile. `auditgate-pack --mix PLAIN FAST SMALL OUT`: puts the module together from three forms of it, before that.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let keep_names = arguments.first().is_some_and(|first| first == "--names");
    arguments.drain(..usize::from(keep_names));
    let result = match arguments.as_slice() {
        [input, output] => pack(None, input, keep_names).and_then(|packed| write(output, &packed)),
        [option, policy, input, output] if option == "--policy" => {
            pack(Some(policy), input, keep_names).and_then(|packed| write(output, &packed))
        }
        [option, plain, fast, small, output] if option == "--mix" => {
            mix([plain, fast, small]).and_then(|mixed| write(output, &mixed))
        }
        _ => {
            complain(
                "usage: auditgate-pack [--names] [--policy POLICY] IN OUT\n       auditgate-pack --mix PLAIN FAST SMALL OUT",
            );
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn pack(policy: Option<&String>, input: &str, keep_names: bool) -> Result<Vec<u8>, String> {
    let module = read(input)?;
    match policy {
        None => auditgate_pack::pack(&module, keep_names).map_err(|error| error.to_string()),
        Some(policy) => {
            let baked = auditgate_pack::bake(&module, policy, &read(policy)?, keep_names);
            baked.map(|(module, _)| module).map_err(|error| error.to_string())
        }
    }
}

fn mix([plain, fast, small]: [&String; 3]) -> Result<Vec<u8>, String> {
    auditgate_pack::mix(&read(plain)?, &read(fast)?, &read(small)?).map_err(|error| error.to_string())
}

fn read(path: &str) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("cannot read `{path}`: {error}"))
}

fn write(path: &str, content: &[u8]) -> Result<(), String> {
    // Fluent Bit 3.1.9 reads the file for every chunk, so it never sees a half-written one.
    let unfinished = format!("{path}.unfinished");
    std::fs::write(&unfinished, content)
        .and_then(|()| std::fs::rename(&unfinished, path))
        .map_err(|error| format!("cannot write `{path}`: {error}"))
}

#[expect(clippy::print_stderr, reason = "errors of a command belong on standard error")]
fn complain(text: &str) {
    eprintln!("{text}");
}
