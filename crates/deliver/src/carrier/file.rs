//! A file that is replaced when it is full, and standard output.

use super::{Carrier, Reply, Request};
use crate::DeliverError;
use auditgate::deliver::Settings;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Writers of one process take turns, whichever file is theirs: two of them may have the same.
static TURN: Mutex<()> = Mutex::new(());

pub(super) struct Rotating {
    path: PathBuf,
    max_bytes: u64,
    max_files: u32,
}

impl Rotating {
    pub(super) fn open(settings: &Settings) -> Result<Self, DeliverError> {
        let path = PathBuf::from(settings.text("path").unwrap_or_default());
        let rotating = Self {
            max_bytes: settings.bytes("max_file_bytes").unwrap_or(100 << 20),
            max_files: settings.number("max_files").unwrap_or(5),
            path,
        };
        let opened = append(&rotating.path);
        let cannot =
            |error| DeliverError::new("D008", format!("`path`: cannot write `{}`: {error}", rotating.path.display()));
        opened.map_err(cannot)?;
        Ok(rotating)
    }

    fn write(&self, body: &[u8]) -> io::Result<()> {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = append(&self.path)?;
        let size = file.metadata()?.len();
        if size > 0 && size + body.len() as u64 > self.max_bytes {
            self.rotate()?;
            file = append(&self.path)?;
        }
        file.write_all(body)?;
        file.sync_data()
    }

    /// `path` becomes `path.1`, `path.1` becomes `path.2`; the last one goes.
    fn rotate(&self) -> io::Result<()> {
        let numbered = |number: u32| PathBuf::from(format!("{}.{number}", self.path.display()));
        for number in (1..self.max_files).rev() {
            if numbered(number).exists() {
                fs::rename(numbered(number), numbered(number + 1))?;
            }
        }
        fs::rename(&self.path, numbered(1))
    }
}

pub(super) fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

impl Carrier for Rotating {
    fn send(&mut self, request: &Request<'_>) -> Reply {
        self.write(request.body)
            .map_or_else(|error| Reply::Failed(format!("cannot write the file: {error}")), |()| Reply::taken())
    }
}

pub(super) struct Stdout;

impl Carrier for Stdout {
    fn send(&mut self, request: &Request<'_>) -> Reply {
        let mut out = io::stdout().lock();
        let written = out.write_all(request.body).and_then(|()| out.flush());
        written
            .map_or_else(|error| Reply::Failed(format!("cannot write standard output: {error}")), |()| Reply::taken())
    }
}
