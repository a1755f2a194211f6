//! A second Fluent Bit as receiver: takes records over the forward protocol, acknowledges them and writes them to a file.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::harness::FluentBit;
use crate::process::ended_well;
use crate::records::Record;

/// A receiver, running or stopped; what it got stays.
#[derive(Debug)]
pub struct Receiver {
    fluent_bit: FluentBit,
    folder: PathBuf,
    name: String,
    pub port: u16,
    process: Option<Child>,
}

impl Receiver {
    /// One that is not running yet, on a port that nobody else uses.
    pub fn new(fluent_bit: &FluentBit, folder: &Path, name: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        Self { fluent_bit: fluent_bit.clone(), folder: folder.to_owned(), name: name.to_owned(), port, process: None }
    }

    /// Listens from now on.
    pub fn start(&mut self) {
        let messages = File::create(self.folder.join(format!("{}.log", self.name))).unwrap();
        let mut command = Command::new(self.fluent_bit.program());
        command.args(["-f", "0.2", "-i", "forward", "-p", "listen=127.0.0.1", "-p", &format!("port={}", self.port)]);
        command.args(["-o", "file", "-m", "*", "-p", &format!("file={}.txt", self.name)]);
        command.arg("-p").arg(format!("path={}", self.folder.display()));
        let process = command.stdin(Stdio::null()).stdout(messages.try_clone().unwrap()).stderr(messages).spawn();
        self.process = Some(process.unwrap());
    }

    /// Stops listening, as at an upgrade of the destination: what was acknowledged is written.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            assert!(ended_well(&mut process), "the receiver {} did not stop", self.name);
        }
    }

    /// Lines received so far.
    pub fn count(&self) -> usize {
        self.text().lines().count()
    }

    /// All that was received.
    pub fn records(&self) -> Vec<Record> {
        self.text().lines().map(Record::parse).collect()
    }

    /// The lines that are complete.
    fn text(&self) -> String {
        let mut text = fs::read_to_string(self.folder.join(format!("{}.txt", self.name))).unwrap_or_default();
        // It may be writing the last line just now.
        text.truncate(text.rfind('\n').map_or(0, |end| end + 1));
        text
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            // It may be gone already.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
