//! `auditgate-generate`: writes audit events on standard output, one a line, and a manifest of the planted secrets.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::process::ExitCode;

use auditgate_generate::{Class, Event, Generator, Options, Profile};

const USAGE: &str = "\
makes Kubernetes audit events with planted secrets, one a line, on standard output

usage: auditgate-generate [OPTION]...

  --events N        number of events (default 1000)
  --seed N          equal seeds make equal events (default 1)
  --profile NAME    mixed, cluster, small, large, benign or secrets (default mixed)
  --min-bytes N     least size of an event
  --max-bytes N     largest size of an event, at least 4096 more than the least
  --manifest FILE   write the planted secrets to FILE: the marker that all of them hold on the first line, then one secret a line
  --help            this text
";

struct Arguments {
    options: Options,
    manifest: Option<String>,
}

fn parse(arguments: impl Iterator<Item = String>) -> Result<Option<Arguments>, String> {
    let mut parsed = Arguments { options: Options::default(), manifest: None };
    let mut arguments = arguments;
    while let Some(name) = arguments.next() {
        if matches!(name.as_str(), "--help" | "-h") {
            return Ok(None);
        }
        let mut value = || arguments.next().ok_or(format!("expected a value after `{name}`, found the end"));
        match name.as_str() {
            "--events" => parsed.options.events = number(&name, &value()?)?,
            "--seed" => parsed.options.seed = number(&name, &value()?)?,
            "--min-bytes" => parsed.options.min_bytes = number(&name, &value()?)? as usize,
            "--max-bytes" => parsed.options.max_bytes = number(&name, &value()?)? as usize,
            "--manifest" => parsed.manifest = Some(value()?),
            "--profile" => {
                let wanted = value()?;
                parsed.options.profile =
                    Profile::ALL.into_iter().find(|profile| profile.name() == wanted).ok_or(format!(
                        "expected mixed, cluster, small, large, benign or secrets after `--profile`, found `{wanted}`"
                    ))?;
            }
            _ => return Err(format!("expected an option, found `{name}`")),
        }
    }
    Ok(Some(parsed))
}

fn number(name: &str, value: &str) -> Result<u64, String> {
    value.parse().map_err(|_| format!("expected a number after `{name}`, found `{value}`"))
}

fn main() -> ExitCode {
    let arguments = match parse(std::env::args().skip(1)) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => return finish(io::stdout().write_all(USAGE.as_bytes())),
        Err(message) => return usage_error(&message),
    };
    match Generator::new(arguments.options) {
        Ok(generator) => finish(write(generator, arguments.manifest.as_deref())),
        Err(error) => usage_error(&error.to_string()),
    }
}

fn usage_error(message: &str) -> ExitCode {
    // There is nowhere to report that standard error is closed.
    let _ = writeln!(io::stderr(), "error: {message}\nhelp: auditgate-generate --help lists the options");
    ExitCode::from(2)
}

fn finish(result: io::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // Who reads the events has seen enough: `auditgate-generate | head`.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(generator: Generator, manifest: Option<&str>) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut manifest = manifest.map(File::create).transpose()?.map(BufWriter::new);
    if let Some(manifest) = &mut manifest {
        let classes: Vec<_> = Class::ALL.iter().map(|class| format!("\"{}\"", class.id())).collect();
        writeln!(manifest, r#"{{"marker":"{}","classes":[{}]}}"#, generator.marker().as_str(), classes.join(","))?;
    }
    for event in generator {
        out.write_all(event.json.as_bytes())?;
        out.write_all(b"\n")?;
        if let Some(manifest) = &mut manifest {
            write_secrets(manifest, &event)?;
        }
    }
    out.flush()?;
    manifest.map_or(Ok(()), |mut manifest| manifest.flush())
}

/// Paths and secrets hold nothing that JSON would have to escape: keys of generated events are plain.
fn write_secrets(manifest: &mut impl Write, event: &Event) -> io::Result<()> {
    for planted in &event.planted {
        writeln!(
            manifest,
            r#"{{"event":{},"auditID":"{}","class":"{}","path":"{}","secret":"{}"}}"#,
            event.number,
            event.audit_id,
            planted.class.id(),
            planted.path,
            planted.secret
        )?;
    }
    Ok(())
}
