//! Starts a real Fluent Bit with a configuration of this project, feeds it a log, and reads what left.
//!
//! The configuration is used as it stands in `fluent-bit-conf/`. One output is added on the command line, the probe: it matches
//! every tag and writes tag, time and record of all that any output could have got. `setup` is a run before it starts, `run` what it did.

mod run;
mod setup;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

pub use run::{Run, Until, run_all};
pub use setup::Setup;

/// The two lines of Fluent Bit that are supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// 4.1 and up: one instance of the module, a module that does not load stops the start.
    Newer,
    /// 3.1: the module is loaded for every chunk, a module that does not load lets everything pass.
    Older,
}

/// A Fluent Bit on this machine.
#[derive(Clone, Debug)]
pub struct FluentBit {
    pub line: Line,
    pub program: PathBuf,
}

impl FluentBit {
    /// Finds one by `FLUENT_BIT`, `FLUENT_BIT_OLD` or `PATH`. Without one the test says so and does nothing, unless
    /// `REQUIRE_FLUENT_BIT` is set: then it fails.
    pub fn find(line: Line) -> Option<Self> {
        let variable = if line == Line::Newer { "FLUENT_BIT" } else { "FLUENT_BIT_OLD" };
        let candidates = std::env::var_os(variable).into_iter().chain([std::ffi::OsString::from("fluent-bit")]);
        let found = candidates
            .map(|program| Self { line, program: program.into() })
            .find(|candidate| candidate.is_of_its_line());
        if found.is_none() {
            let name = std::thread::current().name().unwrap_or("a test").to_owned();
            let message = format!("SKIPPED {name}: no Fluent Bit of this line; set {variable} to its program");
            assert!(std::env::var_os("REQUIRE_FLUENT_BIT").is_none(), "{message}");
            // Not eprintln: the test runner would keep it to itself.
            std::io::stderr().write_all(format!("{message}\n").as_bytes()).unwrap();
        }
        found
    }

    /// The program.
    pub fn program(&self) -> &Path {
        &self.program
    }

    fn is_of_its_line(&self) -> bool {
        let Ok(output) = Command::new(&self.program).arg("--version").output() else { return false };
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let version = text.split_once("Fluent Bit v").map_or("", |(_, version)| version);
        let mut numbers = version.split(['.', '\n', ' ']).map_while(|number| number.parse::<u32>().ok());
        let version = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
        match self.line {
            Line::Newer => version >= (4, 1),
            Line::Older => version.0 == 3,
        }
    }
}

/// The module under test: `AUDITGATE_WASM`, or what `make dist` made.
pub fn module() -> PathBuf {
    let path = std::env::var_os("AUDITGATE_WASM").map_or_else(|| project().join("dist/auditgate.wasm"), PathBuf::from);
    assert!(path.is_file(), "expected the module at {}; `make dist` makes it", path.display());
    path
}

/// The root of the project.
pub fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the corpus as text.
pub fn corpus() -> String {
    fs::read_to_string(project().join("tests/corpus/kubernetes/falco-traces.jsonl")).unwrap()
}

/// A folder of its own for a run, removed when the run is dropped and its test did not fail.
#[derive(Debug)]
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("auditgate-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = Self(std::env::temp_dir().join(name));
        for part in ["out", "state", "policy", "probe", "conf"] {
            fs::create_dir_all(folder.0.join(part)).unwrap();
        }
        folder
    }

    /// Writes a file, and the folders it stands in.
    pub(super) fn write(&self, name: &str, content: &[u8]) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() && std::env::var_os("KEEP_FLUENT_BIT_RUNS").is_none() {
            // A folder that cannot be removed is no reason to fail.
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}
/// The first `length` bytes or so: for messages.
pub fn shorten(text: &str, length: usize) -> &str {
    let end = (0..=length.min(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap_or_default();
    &text[..end]
}
