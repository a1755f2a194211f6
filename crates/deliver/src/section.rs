//! One destination: what its workers share, and the workers themselves, each a thread of its own. Whoever hands a chunk over waits on a
//! channel; nothing of the work is done on the caller's stack, which in Fluent Bit has 24 KB.

use crate::DeliverError;
use crate::memory::Memory;
use crate::metrics::{Endpoint, Metrics};
use crate::module::{Compiled, Instance};
use crate::plan::Plan;
use crate::quarantine::Quarantine;
use crate::secret::Secrets;
use crate::worker::{Verdict, Worker};
use auditgate::deliver::wire::Progress;
use auditgate::deliver::{Open, Settings, listen};
use auditgate_runner::HmacKey;
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Most workers of one section: as many chunks as Fluent Bit may hand over at once.
const MAX_WORKERS: usize = 16;
/// A worker's stack: the module has one of its own, and half a megabyte of it is wasmtime's limit for what it calls.
const STACK_BYTES: usize = 2 << 20;
/// A line with counters is written that often.
const SUMMARY: Duration = Duration::from_secs(60);
/// Longest wait between two attempts, unless the settings say otherwise.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// More messages than this wait for nobody.
const MAX_MESSAGES: usize = 100;

/// The module that was built before this library.
const MODULE: &[u8] = include_bytes!(env!("AUDITGATE_OUTPUT_MODULE"));

/// How much a message matters; the numbers are Fluent Bit's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Something is broken.
    Error = 1,
    /// Something heals by itself, or is risky.
    Warning = 2,
    /// Good to know.
    Info = 3,
}

/// What the workers of a section share.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) memory: Memory,
    policy: Option<(String, Vec<u8>)>,
    hmac_key: Option<HmacKey>,
    hostname: String,
    quarantine: Option<Quarantine>,
    module: Arc<Compiled>,
    state: Mutex<State>,
    /// A chunk came, or the section stops.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    idle: usize,
    threads: Vec<JoinHandle<()>>,
    stopping: bool,
    /// The receiver does not want to be asked before.
    not_before: Option<Instant>,
    messages: Vec<(Level, String)>,
    last_summary: Option<Instant>,
}

struct Job {
    tag: Vec<u8>,
    chunk: Vec<u8>,
    lines: Option<(u32, u32)>,
    answer: Sender<Verdict>,
}

/// A running destination.
pub struct Section {
    shared: Arc<Shared>,
    _endpoint: Option<Arc<Endpoint>>,
}

impl Section {
    /// Checks everything that can be checked before the first event, and starts one worker; more come when they are needed.
    ///
    /// # Errors
    /// The policy, a secret, a file, the module or the machine does not allow it.
    pub fn start(plan: Plan) -> Result<Self, DeliverError> {
        let shared = Shared::new(plan)?;
        let worker = Worker::new(Arc::clone(&shared))?;
        let address = shared.settings.text("metrics_listen").and_then(listen);
        let endpoint = address.map(|address| Endpoint::join(address, &shared.metrics)).transpose()?;
        let section = Self { shared, _endpoint: endpoint };
        spawn(&section.shared, worker)?;
        Ok(section)
    }

    /// Delivers a chunk of Fluent Bit's, and waits for the verdict. Needs little stack.
    pub fn deliver(&self, tag: &[u8], chunk: &[u8]) -> Verdict {
        self.submit(tag.to_vec(), chunk.to_vec(), None).recv().unwrap_or(Verdict::Again)
    }

    /// Delivers lines of JSON, one record each, all of this time in seconds and nanoseconds.
    pub fn deliver_lines(&self, tag: &[u8], lines: &[u8], time: (u32, u32)) -> Verdict {
        self.submit(tag.to_vec(), lines.to_vec(), Some(time)).recv().unwrap_or(Verdict::Again)
    }

    fn submit(&self, tag: Vec<u8>, chunk: Vec<u8>, lines: Option<(u32, u32)>) -> Receiver<Verdict> {
        let (answer, verdict) = mpsc::channel();
        self.shared.state().jobs.push_back(Job { tag, chunk, lines, answer });
        self.shared.changed.notify_all();
        verdict
    }

    /// What there is to say since the last time; once a minute the counters.
    pub fn take_messages(&self) -> Vec<(Level, String)> {
        let mut state = self.shared.state();
        let mut messages = std::mem::take(&mut state.messages);
        let now = Instant::now();
        let last = *state.last_summary.get_or_insert(now);
        if now.duration_since(last) >= SUMMARY {
            state.last_summary = Some(now);
            messages.push((Level::Info, self.shared.metrics.line()));
        }
        messages
    }

    /// How long to wait before the attempt after so many: a second, then twice as long each time, up to what the settings allow.
    pub fn pause(&self, attempts: u32) -> Duration {
        Duration::from_secs(1u64.checked_shl(attempts.saturating_sub(1)).unwrap_or(u64::MAX))
            .min(self.shared.longest_pause())
    }

    /// The counters, by the ends of their names in Prometheus.
    pub fn counters(&self) -> Vec<(&'static str, u64)> {
        self.shared.metrics.counters().map(|(name, _, value)| (name, value)).collect()
    }

    /// The counters as a line.
    pub fn summary(&self) -> String {
        self.shared.metrics.line()
    }
}

impl Drop for Section {
    fn drop(&mut self) {
        self.shared.state().stopping = true;
        self.shared.changed.notify_all();
        loop {
            let threads = std::mem::take(&mut self.shared.state().threads);
            if threads.is_empty() {
                return;
            }
            // A thread that panicked has stopped as well.
            threads.into_iter().for_each(|thread| drop(thread.join()));
        }
    }
}

/// Starts a thread that works until the section stops.
fn spawn(shared: &Arc<Shared>, mut worker: Worker) -> Result<(), DeliverError> {
    let own = Arc::clone(shared);
    let work = move || {
        while let Some(job) = own.next_job() {
            own.help_if_needed();
            let delivered = catch_unwind(AssertUnwindSafe(|| worker.deliver(&job.tag, &job.chunk, job.lines)));
            let verdict = delivered.unwrap_or_else(|_| {
                own.log(Level::Error, "H008: a worker panicked and is started again".into());
                // Nothing of what it left is used again; where a new one cannot start, the old one tells why at the next chunk.
                if let Ok(new) = Worker::new(Arc::clone(&own)) {
                    worker = new;
                }
                Verdict::Again
            });
            // Nobody waits any more only if the caller's thread is gone.
            let _ = job.answer.send(verdict);
        }
    };
    let builder = std::thread::Builder::new().name("auditgate".into()).stack_size(STACK_BYTES);
    let thread = builder.spawn(work).map_err(|error| DeliverError::new("H005", format!("no thread: {error}")))?;
    shared.state().threads.push(thread);
    Ok(())
}

impl Shared {
    /// Reads and opens everything that a section is made of.
    fn new(plan: Plan) -> Result<Arc<Self>, DeliverError> {
        let Plan { settings, policy, hmac_key } = plan;
        let own_module = settings.text("module").map(|path| {
            std::fs::read(path)
                .map_err(|error| DeliverError::new("D008", format!("`module`: cannot read `{path}`: {error}")))
        });
        let own_module = own_module.transpose()?;
        let metrics = Arc::new(Metrics::new(settings.destination(), settings.kind.name()));
        let shared = Arc::new(Self {
            secrets: Arc::new(Secrets::read(&settings)?),
            policy,
            hmac_key,
            hostname: hostname(),
            quarantine: Quarantine::open(&settings)?,
            module: Compiled::load(own_module.as_deref().unwrap_or(MODULE))?,
            memory: Memory::default(),
            state: Mutex::default(),
            changed: Condvar::new(),
            metrics,
            settings,
        });
        if shared.settings.flag("tls_verify") == Some(false) {
            shared
                .log(Level::Warning, "D021: `tls_verify off`: whoever answers at the endpoint gets the events".into());
        }
        Ok(shared)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_job(&self) -> Option<Job> {
        let mut state = self.state();
        loop {
            // What was handed over before the end is answered before the end.
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.stopping {
                return None;
            }
            state.idle += 1;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    /// Another worker, if a chunk waits for one. Made here and not where the chunk came in: there is no stack for it there.
    fn help_if_needed(self: &Arc<Self>) {
        let state = self.state();
        let enough = state.jobs.len() <= state.idle || state.threads.len() >= MAX_WORKERS || state.stopping;
        drop(state);
        if enough {
            return;
        }
        if let Err(error) = Worker::new(Arc::clone(self)).and_then(|worker| spawn(self, worker)) {
            self.log(Level::Warning, format!("{error}"));
        }
    }

    /// A new session of the module.
    pub(crate) fn instance(&self) -> Result<Instance, DeliverError> {
        let policy = self.policy.as_ref().map(|(name, text)| (name.as_str(), text.as_slice()));
        let channel = channel()?;
        let hmac_key = self.hmac_key.as_ref().map(HmacKey::bytes);
        let open = Open { settings: &self.settings, policy, hmac_key, hostname: &self.hostname, channel: &channel };
        let mut message = Vec::new();
        open.write(&mut message);
        Instance::open(&self.module, &message)
    }

    /// Puts aside what the receiver will never take.
    pub(crate) fn keep_refused(&self, progress: &Progress<'_>) -> io::Result<()> {
        let Some(first) = progress.refused.first() else { return Ok(()) };
        let quarantine = self.quarantine.as_ref().ok_or_else(|| io::Error::other("there is none"))?;
        quarantine.keep(&progress.refused)?;
        self.log(Level::Warning, format!("D022: {} events quarantined: {}", progress.refused.len(), first.reason));
        Ok(())
    }

    /// The receiver wants to be left alone for a while.
    pub(crate) fn leave_alone(&self, time: Duration) {
        if !time.is_zero() {
            self.state().not_before = Instant::now().checked_add(time);
        }
    }

    /// A receiver that wants to be left alone for longer is asked again after this.
    pub(crate) fn longest_pause(&self) -> Duration {
        self.settings.number("retry_max_wait_ms").map_or(LONGEST_PAUSE, |ms| Duration::from_millis(u64::from(ms)))
    }

    /// Waits until the receiver may be asked.
    pub(crate) fn wait_for_receiver(&self) {
        let not_before = self.state().not_before;
        let wait = not_before.map_or(Duration::ZERO, |time| time.saturating_duration_since(Instant::now()));
        self.sleep(wait.min(self.longest_pause()));
    }

    /// Waits, unless the section stops.
    pub(crate) fn sleep(&self, time: Duration) {
        let end = Instant::now() + time;
        let mut state = self.state();
        while !state.stopping {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.state().stopping
    }

    pub(crate) fn log(&self, level: Level, message: String) {
        let mut state = self.state();
        if state.messages.len() < MAX_MESSAGES {
            state.messages.push((level, message));
        }
    }
}

/// This machine's name; empty if nobody knows it.
fn hostname() -> String {
    let read = |path| std::fs::read_to_string(path).ok().map(|name: String| name.trim().to_owned());
    let named = read("/proc/sys/kernel/hostname").or_else(|| std::env::var("HOSTNAME").ok());
    named.filter(|name| !name.is_empty()).unwrap_or_default()
}

/// A random name in the form of a UUID (RFC 9562, version 4).
fn channel() -> Result<String, DeliverError> {
    let mut bytes = [0; 16];
    let random = ring::rand::SystemRandom::new();
    ring::rand::SecureRandom::fill(&random, &mut bytes)
        .map_err(|_| DeliverError::new("H005", "the machine gives no random numbers".into()))?;
    let number = u128::from_be_bytes(bytes) & !(0xf << 76 | 0xc << 60) | (4 << 76 | 8 << 60);
    let digits = format!("{number:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| digits.get(range).unwrap_or_default());
    Ok(parts.join("-"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::carrier::{Carrier, Reply, Request};

    /// A way to no receiver.
    struct Panics;

    impl Carrier for Panics {
        #[expect(clippy::panic, reason = "that is what it is for")]
        fn send(&mut self, _: &Request<'_>) -> Reply {
            panic!("a mistake")
        }
    }

    #[test]
    fn a_worker_that_panics_is_replaced() {
        let path = std::env::temp_dir().join(format!("auditgate-panics-{}", std::process::id()));
        let file = path.display().to_string();
        let pairs =
            [("type", "file"), ("path", file.as_str())].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let shared = Shared::new(Plan::new(&pairs).unwrap()).unwrap();
        let mut worker = Worker::new(Arc::clone(&shared)).unwrap();
        worker.carrier = Box::new(Panics);
        spawn(&shared, worker).unwrap();
        let section = Section { shared, _endpoint: None };
        let deliver = || section.deliver_lines(b"audit", b"{\"kind\":\"Event\"}", (1, 0));
        assert_eq!(deliver(), Verdict::Again);
        let said: Vec<String> = section.take_messages().into_iter().map(|(_, message)| message).collect();
        assert_eq!(said, ["H008: a worker panicked and is started again"]);
        assert_eq!(deliver(), Verdict::Done);
        drop(section);
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_channel_is_a_random_uuid() {
        let (one, other) = (channel().unwrap(), channel().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(one.chars().nth(14) == Some('4') && "89ab".contains(one.chars().nth(19).unwrap()), "{one}");
    }
}
