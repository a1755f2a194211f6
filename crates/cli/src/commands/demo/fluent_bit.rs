//! The demonstration inside a real Fluent Bit, with the configuration that is recommended for production.

use super::super::MODULE;
use super::Results;
use crate::exit::Failure;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const CONFIGURATION: &str = include_str!("../../../../../fluent-bit-conf/kubernetes-audit.yaml");
/// What it includes, found beside it.
const INPUT: &str = include_str!("../../../../../fluent-bit-conf/input.yaml");
const CONFIGURATION_NAME: &str = "fluent-bit-conf/kubernetes-audit.yaml";
/// How long the events may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How often the result is looked at.
const INTERVAL: Duration = Duration::from_millis(50);

/// A Fluent Bit on this machine.
pub(super) struct FluentBit {
    program: PathBuf,
    /// `5.1.1`
    version: String,
}

/// The one that FLUENT_BIT names, or the first on the PATH.
///
/// # Errors
/// FLUENT_BIT names something else.
pub(super) fn find() -> Result<Option<FluentBit>, Failure> {
    let named = env::var_os("FLUENT_BIT").filter(|path| !path.is_empty()).map(PathBuf::from);
    let program = named.clone().unwrap_or_else(|| "fluent-bit".into());
    let output = Command::new(&program).arg("--version").stderr(Stdio::null()).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    // `Fluent Bit v5.1.1`
    let version = text.strip_prefix("Fluent Bit v").and_then(|rest| rest.split_whitespace().next());
    match (version, named) {
        (Some(version), _) => Ok(Some(FluentBit { program, version: version.to_owned() })),
        (None, None) => Ok(None),
        (None, Some(named)) => {
            Err(Failure::Failed(format!("FLUENT_BIT: expected a Fluent Bit, found `{}`", named.display())))
        }
    }
}

impl FluentBit {
    /// Runs the events, and waits until all of them are back.
    pub(super) fn run(&self, events: &[&str]) -> Result<Results, Failure> {
        let folder = Folder::new()?;
        let expected = events.len();
        let log_lines: String = events.iter().flat_map(|event| [event, "\n"]).collect();
        let at = |name: &str| folder.0.join(name);
        for (name, content) in [
            ("auditgate.wasm", MODULE),
            ("audit.log", log_lines.as_bytes()),
            ("fluent-bit.yaml", CONFIGURATION.as_bytes()),
            ("input.yaml", INPUT.as_bytes()),
        ] {
            fs::write(at(name), content).map_err(|error| Failure::file("cannot write", &at(name), &error))?;
        }
        for name in ["policy", "state", "out"] {
            fs::create_dir(at(name)).map_err(|error| Failure::file("cannot make", &at(name), &error))?;
        }
        let log = fs::File::create(at("log")).map_err(|error| Failure::file("cannot write", &at("log"), &error))?;
        let child = Command::new(&self.program)
            .arg("-c")
            .arg(at("fluent-bit.yaml"))
            .env("AUDIT_LOG", at("audit.log"))
            .env("AUDITGATE_WASM", at("auditgate.wasm"))
            .env("AUDITGATE_POLICY", at("policy"))
            .env("STATE_DIR", at("state"))
            .env("OUT_DIR", at("out"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|error| Failure::file("cannot start", &self.program, &error))?;
        let lines = wait(Running(child), &at("out").join("default.jsonl"), expected);
        if lines.len() < expected {
            let log = fs::read_to_string(at("log")).unwrap_or_default();
            let reason = log.lines().filter(|line| line.contains("error")).take(5).collect::<Vec<_>>().join("\n  ");
            let found = lines.len();
            return Err(Failure::Failed(format!(
                "expected {expected} records back from Fluent Bit, found {found}\n  {reason}"
            )));
        }
        let engine = format!("Fluent Bit {}", self.version);
        let heading = format!("{engine} ({}), as {CONFIGURATION_NAME} sets it up", self.program.display());
        Ok(Results { lines, heading, engine })
    }
}

/// What has left when all of it did, or when time is up, or when Fluent Bit ended.
fn wait(mut fluent_bit: Running, output: &Path, expected: usize) -> Vec<String> {
    let started = Instant::now();
    loop {
        let ended = fluent_bit.0.try_wait().is_ok_and(|status| status.is_some());
        let text = fs::read_to_string(output).unwrap_or_default();
        let lines = text.lines().count();
        if lines >= expected || ended || started.elapsed() > TIMEOUT {
            return text.lines().map(String::from).collect();
        }
        sleep(INTERVAL);
    }
}

/// A process that ends with this value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A folder that is gone with this value.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, Failure> {
        let path = env::temp_dir().join(format!("auditgate-demo-{}", std::process::id()));
        fs::create_dir(&path).map_err(|error| Failure::file("cannot make", &path, &error))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
