//! A run of Fluent Bit: until when it goes on, and what left.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::ExitStatus;
use std::thread::sleep;
use std::time::{Duration, Instant};

use auditgate_generate::Marker;

use super::setup::files_below;
use super::{Setup, shorten};
use crate::process::{POD_STOP_LIMIT, STOP_LIMIT, kill_group, peak_rss_kb, stop};
use crate::records::Record;

/// What a run waits for.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// So many records have left; a run that stands still before fails the test by its counts.
    Records(usize),
    /// So much time has passed: for runs that may let nothing out.
    Elapsed(Duration),
}

impl Setup {
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

    /// A file in the folder of the run, as text; empty if there is none.
    pub fn read(&self, name: &str) -> String {
        self.setup.read(name)
    }

    /// Chunks that wait on disk.
    pub fn waiting(&self) -> usize {
        let files = files_below(&self.setup.folder.0.join("state"));
        files.iter().filter(|path| path.extension().is_some_and(|end| end == "flb")).count()
    }

    /// Bytes that wait on disk, and what else Fluent Bit keeps there.
    pub fn stored(&self) -> u64 {
        files_below(&self.setup.folder.0.join("state")).iter().map(|path| fs::metadata(path).unwrap().len()).sum()
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
