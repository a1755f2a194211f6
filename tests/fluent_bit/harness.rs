//! Starts a real Fluent Bit with a configuration of this project, feeds it a log, and reads what left.
//!
//! The configuration is used as it stands in `fluent-bit-conf/`. One output is added on the command line, the probe: it matches
//! every tag and writes tag, time and record of all that any output could have got.

use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use auditgate_generate::Marker;

use crate::process::{POD_STOP_LIMIT, STOP_LIMIT, kill_group, peak_rss_kb, stop};
use crate::records::Record;

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
    fn write(&self, name: &str, content: &[u8]) {
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

/// A run that is about to start.
#[derive(Debug)]
pub struct Setup {
    fluent_bit: FluentBit,
    folder: Folder,
    configuration: String,
    module: PathBuf,
    probe: bool,
    time_limit: Duration,
    pod: bool,
    dry_run: bool,
    appended: Vec<(String, Vec<u8>)>,
    environment: Vec<(String, String)>,
    arguments: Vec<String>,
}

/// What a run waits for.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// So many records have left; a run that stands still before fails the test by its counts.
    Records(usize),
    /// So much time has passed: for runs that may let nothing out.
    Elapsed(Duration),
}

impl Setup {
    /// A run of `configuration`, a file name in `fluent-bit-conf/`.
    pub fn new(fluent_bit: &FluentBit, configuration: &str) -> Self {
        let setup = Self::empty(fluent_bit, configuration);
        // A copy, so that a test can change it; includes are found beside it.
        let shipped = project().join("fluent-bit-conf");
        for path in files_below(&shipped) {
            let name = Path::new("conf").join(path.strip_prefix(&shipped).unwrap());
            setup.folder.write(name.to_str().unwrap(), &fs::read(&path).unwrap());
        }
        setup
    }

    /// A run of a configuration that the test writes itself, with [`Setup::file`] and names that begin with `conf/`.
    pub fn empty(fluent_bit: &FluentBit, configuration: &str) -> Self {
        Self {
            fluent_bit: fluent_bit.clone(),
            folder: Folder::new(),
            configuration: configuration.to_owned(),
            module: module(),
            probe: true,
            time_limit: Duration::from_secs(90),
            pod: false,
            dry_run: false,
            appended: Vec::new(),
            environment: Vec::new(),
            arguments: Vec::new(),
        }
    }

    /// A file in the folder of the run.
    pub fn file(self, name: &str, content: &[u8]) -> Self {
        self.folder.write(name, content);
        self
    }

    /// What is appended to a file of the folder once Fluent Bit runs.
    pub fn append(mut self, name: &str, content: &[u8]) -> Self {
        self.folder.write(name, b"");
        // As auditd has its log, and `ausearch` wants it.
        fs::set_permissions(self.folder.0.join(name), Permissions::from_mode(0o640)).unwrap();
        self.appended.push((name.to_owned(), content.to_vec()));
        self
    }

    /// An environment variable.
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs inside a root folder like that of a pod: see `chart/pod.sh`.
    pub fn in_pod(mut self) -> Self {
        self.pod = true;
        self
    }

    /// One more argument on the command line.
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// The folder of the run.
    pub fn folder(&self) -> &Path {
        &self.folder.0
    }

    /// Another module.
    pub fn module(mut self, path: PathBuf) -> Self {
        self.module = path;
        self
    }

    /// A module with these bytes.
    pub fn module_bytes(self, bytes: &[u8]) -> Self {
        let path = self.folder.0.join("module.wasm");
        fs::write(&path, bytes).unwrap();
        self.module(path)
    }

    /// `auditgate.yaml` with this text.
    pub fn policy(self, text: &str) -> Self {
        fs::write(self.folder.0.join("policy/auditgate.yaml"), text).unwrap();
        self
    }

    /// Replaces a piece of one of the configuration's files, or of what it includes; it has to be there.
    pub fn edit(self, file: &str, from: &str, to: &str) -> Self {
        let mut files =
            [file, "input.yaml", "input.conf"].map(|name| self.folder.0.join("conf").join(name)).into_iter();
        let (path, text) = files
            .find_map(|path| fs::read_to_string(&path).ok().filter(|text| text.contains(from)).map(|text| (path, text)))
            .unwrap_or_else(|| panic!("{file} has no `{from}`"));
        fs::write(path, text.replace(from, to)).unwrap();
        self
    }

    /// Without the probe: only what the configuration itself lets out is written.
    pub fn without_probe(mut self) -> Self {
        self.probe = false;
        self
    }

    /// How long a run may take; 90 s if nothing is said.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// Runs Fluent Bit over `log` and stops it.
    pub fn run(self, log: &[u8], until: Until) -> Run {
        let path = self.folder.0.join("audit.log");
        fs::write(&path, log).unwrap();
        self.run_file(&path, until)
    }

    /// The same with a log that exists.
    pub fn run_file(self, log: &Path, until: Until) -> Run {
        let mut process = self.start(log);
        self.append_all(&mut process);
        let path = self.output();
        let deadline = Instant::now() + self.time_limit;
        let mut counter = LineCounter::default();
        let mut last_progress = Instant::now();
        let mut peak_kb = 0;
        let started = Instant::now();
        let mut status = None;
        while status.is_none() && Instant::now() < deadline {
            sleep(Duration::from_millis(50));
            status = process.try_wait().unwrap();
            peak_kb = peak_kb.max(peak_rss_kb(&process));
            if counter.advance(&path) {
                last_progress = Instant::now();
            }
            let done = match until {
                Until::Records(records) => counter.lines >= records || last_progress.elapsed() > STANDSTILL,
                Until::Elapsed(duration) => started.elapsed() > duration,
            };
            if done {
                break;
            }
        }
        let timed_out = Instant::now() >= deadline;
        // What should not be there any more has one more flush to show itself.
        if status.is_none() && matches!(until, Until::Records(_)) {
            sleep(AFTERMATH);
            peak_kb = peak_kb.max(peak_rss_kb(&process));
        }
        let (status, stopped_by_us) = match status {
            Some(status) => (Some(status), false),
            None => (stop(&mut process, if self.pod { POD_STOP_LIMIT } else { STOP_LIMIT }), true),
        };
        assert!(status.is_some() || self.pod, "Fluent Bit did not stop within {STOP_LIMIT:?}");
        kill_group(&process);
        counter.advance(&path);
        Run {
            log: self.read("fluent-bit.log"),
            written: counter.lines,
            status,
            stopped_by_us,
            timed_out,
            peak_kb,
            setup: self,
        }
    }

    /// Lets Fluent Bit look at the configuration, and says what it said.
    pub fn dry_run(mut self) -> (ExitStatus, String) {
        self.probe = false;
        self.dry_run = true;
        let mut process = self.start(Path::new("/nonexistent.log"));
        let status = process.wait().unwrap();
        (status, self.read("fluent-bit.log"))
    }

    fn output(&self) -> PathBuf {
        self.folder.0.join(if self.probe { "probe/all.txt" } else { "out/default.jsonl" })
    }

    /// A file in the folder of the run, as text; empty if there is none.
    pub fn read(&self, name: &str) -> String {
        fs::read(self.folder.0.join(name)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Appends what is to be appended, once the pipeline runs: inputs may begin at the end of what they find.
    fn append_all(&self, process: &mut Child) {
        let deadline = Instant::now() + Duration::from_secs(10);
        // One that refuses to start never says so, and is not fed.
        while !self.appended.is_empty() && !self.read("fluent-bit.log").contains("stream processor started") {
            if Instant::now() > deadline || process.try_wait().unwrap().is_some() {
                return;
            }
            sleep(Duration::from_millis(50));
        }
        for (name, content) in &self.appended {
            sleep(Duration::from_millis(100));
            let mut file = File::options().append(true).open(self.folder.0.join(name)).unwrap();
            file.write_all(content).unwrap();
        }
    }

    /// Starts Fluent Bit over `log`, or starts it again.
    pub fn start(&self, log: &Path) -> Child {
        let folder = &self.folder.0;
        let messages = File::options().create(true).append(true).open(folder.join("fluent-bit.log")).unwrap();
        let mut command = if self.pod {
            let mut command = Command::new(project().join("tests/fluent_bit/chart/pod.sh"));
            command.arg(folder).arg(&self.fluent_bit.program).arg("-c");
            command.arg(Path::new("/fluent-bit/etc").join(&self.configuration));
            command
        } else {
            let mut command = Command::new(&self.fluent_bit.program);
            command.arg("-c").arg(folder.join("conf").join(&self.configuration));
            command
        };
        if self.dry_run {
            command.arg("--dry-run");
        }
        if self.probe {
            command.args(["-o", "file", "-m", "*", "-p", "file=all.txt", "-p"]);
            command.arg(format!("path={}", folder.join("probe").display()));
        }
        command
            // A group of its own: commands of its inputs outlive Fluent Bit, and end with the group.
            .process_group(0)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .args(&self.arguments)
            .current_dir(folder)
            .env("AUDIT_LOG", log)
            .env("AUDITGATE_WASM", &self.module)
            .env("AUDITGATE_POLICY", folder.join("policy"))
            .env("STATE_DIR", folder.join("state"))
            .env("OUT_DIR", folder.join("out"))
            .stdin(Stdio::null())
            .stdout(messages.try_clone().unwrap())
            .stderr(messages)
            .spawn()
            .unwrap()
    }
}

/// All files below a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// Runs all of them at the same time: runs that mostly wait.
pub fn run_all<T: Send>(cases: impl IntoIterator<Item = (T, Setup)>, log: &[u8], until: Until) -> Vec<(T, Run)> {
    std::thread::scope(|scope| {
        let runs: Vec<_> =
            cases.into_iter().map(|(case, setup)| scope.spawn(move || (case, setup.run(log, until)))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    })
}

/// No new record for so long: the run is over, whatever it has brought.
const STANDSTILL: Duration = Duration::from_secs(15);
/// Waited at the end, longer than one flush.
const AFTERMATH: Duration = Duration::from_millis(1300);
/// Counts the lines of a growing file without reading a byte twice.
#[derive(Debug, Default)]
struct LineCounter {
    reader: Option<BufReader<File>>,
    lines: usize,
}

impl LineCounter {
    /// True if there were new ones.
    fn advance(&mut self, path: &Path) -> bool {
        if self.reader.is_none() {
            self.reader = File::open(path).ok().map(|file| BufReader::with_capacity(1 << 20, file));
        }
        let Some(reader) = &mut self.reader else { return false };
        let before = self.lines;
        loop {
            let bytes = reader.fill_buf().unwrap();
            if bytes.is_empty() {
                return self.lines > before;
            }
            self.lines += bytes.iter().filter(|&&byte| byte == b'\n').count();
            let length = bytes.len();
            reader.consume(length);
        }
    }
}

/// A run that is over.
#[derive(Debug)]
pub struct Run {
    setup: Setup,
    /// What Fluent Bit said.
    pub log: String,
    /// Records that any output could have got; without the probe, those that the configuration let out.
    pub written: usize,
    /// None if it had to be killed.
    status: Option<ExitStatus>,
    stopped_by_us: bool,
    timed_out: bool,
    /// Peak of the resident memory.
    pub peak_kb: u64,
}

impl Run {
    /// All that left, with tag and time.
    pub fn records(&self) -> Vec<Record> {
        self.probe_text().lines().map(Record::parse).collect()
    }

    /// What left, as text.
    pub fn probe_text(&self) -> String {
        let bytes = fs::read(self.setup.output()).unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_else(|error| {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.as_bytes();
            let around = String::from_utf8_lossy(&bytes[at.saturating_sub(300)..bytes.len().min(at + 60)]);
            panic!("expected valid UTF-8 in the output, found byte {:#04x} in `{around}`", bytes[at])
        })
    }

    /// What the configuration's own outputs wrote: file by file, as bytes.
    pub fn delivered(&self) -> Vec<u8> {
        let folder = fs::read_dir(self.setup.folder.0.join("out")).unwrap();
        folder.flat_map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect()
    }

    /// Whether Fluent Bit ended by itself with a failure, as 4.1 and later do when a module does not load.
    pub fn refused_to_start(&self) -> bool {
        !self.stopped_by_us && !self.status.is_some_and(|status| status.success())
    }

    /// Fails unless Fluent Bit ran until it was stopped and then ended well.
    pub fn assert_ended_well(&self) {
        assert!(self.stopped_by_us, "Fluent Bit ended by itself: {:?}\n{}", self.status, self.log);
        assert!(self.status.is_none_or(|status| status.success()), "{:?}\n{}", self.status, self.log);
        assert!(!self.timed_out, "not done after {:?}: {} records", self.setup.time_limit, self.written);
    }

    /// Fails if a secret of `marker` can be read in what left, or in what Fluent Bit said.
    pub fn assert_no_secret(&self, marker: &Marker) {
        for (what, text) in [
            ("what left", self.probe_text()),
            ("what was delivered", String::from_utf8_lossy(&self.delivered()).into_owned()),
            ("Fluent Bit's own log", self.log.clone()),
        ] {
            if let Some((at, needle)) = marker.find_in(&text) {
                let from = (at.saturating_sub(400)..at).find(|&index| text.is_char_boundary(index)).unwrap_or(at);
                panic!("a secret is readable as `{needle}` in {what}: `{}`", shorten(&text[from..], 500));
            }
        }
    }

    /// Fails if Fluent Bit complained.
    pub fn assert_no_error_lines(&self) {
        let errors: Vec<_> =
            self.log.lines().filter(|line| line.contains("[error]")).map(|line| shorten(line, 300)).collect();
        assert!(
            errors.is_empty(),
            "{} error lines, the first: {:#?}",
            errors.len(),
            errors.iter().take(5).collect::<Vec<_>>()
        );
    }
}

/// The first `length` bytes or so: for messages.
pub fn shorten(text: &str, length: usize) -> &str {
    let end = (0..=length.min(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap_or_default();
    &text[..end]
}
