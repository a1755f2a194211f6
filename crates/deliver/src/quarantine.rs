//! Where events go that the receiver will never take: a file, one JSON object a line, `{"time":...,"reason":"...","event":"..."}`. The
//! event stands there as it would have been delivered, redacted.

use crate::DeliverError;
use auditgate::deliver::Settings;
use auditgate::deliver::wire::Refused;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) struct Quarantine {
    path: PathBuf,
    max_bytes: u64,
    turn: Mutex<()>,
}

impl Quarantine {
    /// The quarantine of a destination that has one; writing is tried at once.
    pub(crate) fn open(settings: &Settings) -> Result<Option<Self>, DeliverError> {
        let Some(path) = settings.text("quarantine") else { return Ok(None) };
        let max_bytes = settings.bytes("quarantine_max_bytes").unwrap_or(1 << 30);
        let quarantine = Self { path: path.into(), max_bytes, turn: Mutex::default() };
        match quarantine.append() {
            Ok(_) => Ok(Some(quarantine)),
            Err(error) => Err(DeliverError::new("D008", format!("`quarantine`: cannot write `{path}`: {error}"))),
        }
    }

    fn append(&self) -> io::Result<File> {
        OpenOptions::new().create(true).append(true).mode(0o600).open(&self.path)
    }

    /// Keeps events, on disk when this returns.
    pub(crate) fn keep(&self, refused: &[Refused<'_>]) -> io::Result<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut lines = String::new();
        for Refused { reason, event } in refused {
            let event = String::from_utf8_lossy(event);
            lines += &serde_json::json!({"time": now, "reason": reason, "event": event}).to_string();
            lines.push('\n');
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = self.append()?;
        if file.metadata()?.len() + lines.len() as u64 > self.max_bytes {
            return Err(io::Error::other("the quarantine is full"));
        }
        file.write_all(lines.as_bytes())?;
        file.sync_data()
    }
}
