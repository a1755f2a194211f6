//! Programs that receive what outputs send: a second Fluent Bit, rsyslog, Kafka's broker, VictoriaLogs, emulators of Amazon's and Azure's services.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::harness::{FluentBit, Folder, Line, project};
use crate::process::kill_group;

/// A receiver that runs until it is dropped.
#[derive(Debug)]
pub struct Receiver {
    pub port: u16,
    process: Child,
    folder: Folder,
}

impl Receiver {
    /// A Fluent Bit with one input, behind TLS. Properties are given as `key value`.
    pub fn fluent_bit(program: &Path, input: &str, properties: &[&str]) -> Self {
        let folder = Folder::new();
        let port = free_port();
        let certificate = certificate();
        let out = folder.0.join("out");
        let properties: String = properties.iter().map(|property| format!("    {property}\n")).collect();
        let text = format!(
            "[SERVICE]\n    Flush 0.2\n    HTTP_Server Off\n\
             [INPUT]\n    Name {input}\n    Listen 127.0.0.1\n    Port {port}\n    Tag received\n    tls on\n    tls.verify off\n    \
             tls.crt_file {}\n    tls.key_file {}\n{properties}\
             [OUTPUT]\n    Name file\n    Match *\n    Path {}\n    File received.txt\n",
            certificate.join("cert.pem").display(),
            certificate.join("key.pem").display(),
            out.display(),
        );
        let path = folder.0.join("receiver.conf");
        fs::write(&path, text).unwrap();
        Self::start(Command::new(program).arg("-c").arg(path), port, folder)
    }

    /// An rsyslog that takes messages over TLS, and writes them as they came.
    pub fn rsyslog(program: &Path) -> Self {
        Self::command(|port, folder| {
            let certificate = certificate();
            let (folder, pem, key) = (folder.display(), certificate.join("cert.pem"), certificate.join("key.pem"));
            let text = format!(
                "global(workDirectory=\"{folder}\" maxMessageSize=\"1m\" parser.escapeControlCharacterTab=\"off\"\n \
                 defaultNetstreamDriverCAFile=\"{pem}\" defaultNetstreamDriverCertFile=\"{pem}\" defaultNetstreamDriverKeyFile=\"{key}\")\n\
                 module(load=\"imtcp\" StreamDriver.Name=\"ossl\" StreamDriver.Mode=\"1\" StreamDriver.AuthMode=\"anon\")\n\
                 template(name=\"all\" type=\"string\" string=\"%rawmsg%\\n\")\n\
                 input(type=\"imtcp\" port=\"{port}\" address=\"127.0.0.1\")\n\
                 action(type=\"omfile\" file=\"{folder}/out/received.txt\" template=\"all\")\n",
                pem = pem.display(),
                key = key.display(),
            );
            let path = format!("{folder}/rsyslog.conf");
            fs::write(&path, text).unwrap();
            let mut command = Command::new(program);
            command.args(["-n", "-f", &path, "-i", &format!("{folder}/pid")]);
            command
        })
    }

    /// The broker inside librdkafka, and the input of Fluent Bit that starts it and reads from it; `None` if it was built without.
    /// The broker chooses its port, and speaks no TLS.
    pub fn kafka(program: &Path) -> Option<Self> {
        let folder = Folder::new();
        let text = format!(
            "[SERVICE]\n    Flush 0.2\n[INPUT]\n    Name kafka\n    Brokers localhost:1\n    Topics kubernetes-audit\n    Group_Id test\n    \
             rdkafka.test.mock.num.brokers 1\n    rdkafka.auto.offset.reset earliest\n    rdkafka.allow.auto.create.topics true\n    \
             rdkafka.topic.metadata.refresh.interval.ms 500\n[OUTPUT]\n    Name file\n    Match *\n    Path {}\n    File received.txt\n",
            folder.0.join("out").display()
        );
        let path = folder.0.join("receiver.conf");
        fs::write(&path, text).unwrap();
        let mut receiver = Self { port: 0, process: spawn(Command::new(program).arg("-c").arg(path), &folder), folder };
        let deadline = Instant::now() + Duration::from_secs(20);
        while Instant::now() < deadline && receiver.process.try_wait().unwrap().is_none() {
            let log = receiver.log();
            let at = log.split("replaced with 127.0.0.1:").nth(1).and_then(|rest| rest.lines().next());
            if let Some(port) = at.and_then(|port| port.trim().parse().ok()) {
                receiver.port = port;
                return Some(receiver);
            }
            sleep(Duration::from_millis(50));
        }
        assert!(receiver.log().contains("kafka"), "the receiver did not start:\n{}", receiver.log());
        None
    }

    /// See `sentinel.py`.
    pub fn sentinel() -> Self {
        Self::command(|port, folder| {
            let mut command = Command::new("python3");
            command.arg(project().join("tests/fluent_bit/sentinel.py")).arg(port.to_string());
            command.args(["cert.pem", "key.pem"].map(|name| certificate().join(name)));
            command.arg(folder.join("out/received.txt"));
            command
        })
    }

    /// A server that is started with its port.
    pub fn command(command: impl FnOnce(u16, &Path) -> Command) -> Self {
        let folder = Folder::new();
        let port = free_port();
        let mut command = command(port, &folder.0);
        Self::start(&mut command, port, folder)
    }

    fn start(command: &mut Command, port: u16, folder: Folder) -> Self {
        let receiver = Self { port, process: spawn(command, &folder), folder };
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "the receiver did not start:\n{}", receiver.log());
            sleep(Duration::from_millis(50));
        }
        receiver
    }

    /// What a receiving Fluent Bit wrote.
    pub fn received(&self) -> String {
        fs::read(self.folder.0.join("out/received.txt"))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.0.join("receiver.log")).unwrap_or_default()
    }
}

fn spawn(command: &mut Command, folder: &Folder) -> Child {
    use std::os::unix::process::CommandExt as _;
    let log = File::create(folder.0.join("receiver.log")).unwrap();
    command.process_group(0).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()
}

impl Drop for Receiver {
    fn drop(&mut self) {
        kill_group(&self.process);
        let _ = self.process.wait();
    }
}

/// The Fluent Bit that receives: the newest there is.
pub fn receiving_fluent_bit(sender: &FluentBit) -> PathBuf {
    static NEWER: OnceLock<Option<FluentBit>> = OnceLock::new();
    let newer = NEWER.get_or_init(|| FluentBit::find(Line::Newer));
    newer.as_ref().unwrap_or(sender).program.clone()
}

/// A folder with `cert.pem` for `localhost`, which signs itself, and `key.pem`.
pub fn certificate() -> &'static Path {
    static FOLDER: OnceLock<Folder> = OnceLock::new();
    &FOLDER
        .get_or_init(|| {
            let folder = Folder::new();
            let output = Command::new("openssl")
                .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
                // Not an authority: the plugin takes none for a server.
                .args(["-addext", "basicConstraints=critical,CA:FALSE"])
                .args([
                    "-addext",
                    "subjectAltName=DNS:localhost,IP:127.0.0.1,DNS:login.microsoftonline.com",
                    "-keyout",
                    "key.pem",
                    "-out",
                    "cert.pem",
                ])
                .current_dir(&folder.0)
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            folder
        })
        .0
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Says what was not tested.
pub fn skipped(what: &str, why: &str) {
    std::io::stderr().write_all(format!("SKIPPED {what}: {why}\n").as_bytes()).unwrap();
}

/// A program that an environment variable names, or one in the `PATH`.
pub fn program(variable: &str, name: &str, version: &str) -> Option<PathBuf> {
    let program = std::env::var_os(variable).map_or_else(|| PathBuf::from(name), PathBuf::from);
    Command::new(&program).arg(version).output().is_ok().then_some(program)
}
