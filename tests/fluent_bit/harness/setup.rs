//! A run of Fluent Bit that is about to start: its configuration, its folder, its environment.

use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{FluentBit, Folder, module, project};

/// A run that is about to start.
#[derive(Debug)]
pub struct Setup {
    fluent_bit: FluentBit,
    pub(super) folder: Folder,
    configuration: String,
    module: PathBuf,
    pub(super) probe: bool,
    pub(super) time_limit: Duration,
    pub(super) pod: bool,
    trusted: Option<PathBuf>,
    dry_run: bool,
    appended: Vec<(String, Vec<u8>)>,
    environment: Vec<(String, String)>,
    arguments: Vec<String>,
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
            trusted: None,
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

    /// Puts `certificates` in the place of those that the machine trusts, for this run alone: for outputs that have no setting for it.
    pub fn machine_trusts(mut self, certificates: PathBuf) -> Self {
        self.trusted = Some(certificates);
        self
    }

    /// One more argument on the command line.
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// The file of its configuration.
    pub fn configuration(&self) -> &str {
        &self.configuration
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
    /// Lets Fluent Bit look at the configuration, and says what it said.
    pub fn dry_run(mut self) -> (ExitStatus, String) {
        self.probe = false;
        self.dry_run = true;
        let mut process = self.start(Path::new("/nonexistent.log"));
        let status = process.wait().unwrap();
        (status, self.read("fluent-bit.log"))
    }

    pub(super) fn output(&self) -> PathBuf {
        self.folder.0.join(if self.probe { "probe/all.txt" } else { "out/default.jsonl" })
    }

    /// A file in the folder of the run, as text; empty if there is none.
    pub fn read(&self, name: &str) -> String {
        fs::read(self.folder.0.join(name)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Appends what is to be appended, once the pipeline runs: inputs may begin at the end of what they find.
    pub(super) fn append_all(&self, process: &mut Child) {
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
            let mut command = if let Some(trusted) = &self.trusted {
                let mut command = Command::new("unshare");
                command.args(["--mount", "--map-root-user", "sh", "-c", TRUST, "sh"]).arg(trusted);
                command.arg(&self.fluent_bit.program);
                command
            } else {
                Command::new(&self.fluent_bit.program)
            };
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
            .args(&self.arguments)
            .current_dir(folder)
            .env("AUDIT_LOG", log)
            .env("AUDITGATE_WASM", &self.module)
            .env("AUDITGATE_POLICY", folder.join("policy"))
            .env("STATE_DIR", folder.join("state"))
            .env("OUT_DIR", folder.join("out"))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(messages.try_clone().unwrap())
            .stderr(messages)
            .spawn()
            .unwrap()
    }
}

/// Fluent Bit looks for the authorities that the machine trusts in one folder, and in this file first.
const TRUST: &str =
    "mount -t tmpfs trust /etc/ssl/certs && cp \"$1\" /etc/ssl/certs/ca-bundle.crt && shift && exec \"$@\"";

/// All files below a folder.
pub(super) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}
