//! A line on a terminal that says how far the work is. Written nowhere else.

use crate::style::{Style, bytes, counted};
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_millis(100);
/// Events between two looks at the clock.
const EVENTS: u64 = 64;

pub(crate) struct Progress {
    started: Instant,
    shown: Option<Instant>,
    /// Bytes to come, where all inputs know them.
    total_bytes: Option<u64>,
    on_terminal: bool,
}

impl Progress {
    /// Nothing is shown where results go to the same terminal, or where it is unwanted.
    pub(crate) fn start(total_bytes: Option<u64>, wanted: bool) -> Self {
        let on_terminal = wanted && io::stderr().is_terminal() && !io::stdout().is_terminal();
        Self { started: Instant::now(), shown: None, total_bytes, on_terminal }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn show(&mut self, events: u64, bytes_in: u64) {
        if !self.on_terminal || !events.is_multiple_of(EVENTS) {
            return;
        }
        let now = Instant::now();
        if now.duration_since(self.shown.unwrap_or(self.started)) < INTERVAL {
            return;
        }
        self.shown = Some(now);
        let share = match self.total_bytes {
            Some(total @ 1..) => format!("{:3}%  ", (bytes_in.saturating_mul(100) / total).min(100)),
            _ => String::new(),
        };
        let rate = speed(bytes_in, now.duration_since(self.started));
        let style = Style::of(&io::stderr());
        let line = format!("{share}{}  {}  {rate}", counted(events, "event"), bytes(bytes_in));
        let _ = write!(io::stderr(), "\r\x1b[K{}", style.dim(&line));
    }

    /// Takes the line away.
    pub(crate) fn finish(&mut self) {
        if self.shown.take().is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

/// Megabytes a second.
pub(crate) fn speed(bytes: u64, time: Duration) -> String {
    format!("{:.1} MB/s", bytes as f64 / 1e6 / time.as_secs_f64().max(1e-9))
}
