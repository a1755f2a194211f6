//! One chunk from beginning to end: the module says what to send, the carrier sends it, the module judges the answer.

use crate::DeliverError;
use crate::carrier::{Carrier, Reply, carrier};
use crate::memory::Past;
use crate::module::{Instance, Stopped};
use crate::section::{Level, Shared};
use auditgate::deliver::wire::{Answer, Begin, Counts, Step};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// What is to become of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every event is with the receiver, or has its place elsewhere.
    Done,
    /// The chunk has to come again.
    Again,
}

/// More calls that do not come to their end than this, and the chunk has to come again.
const MAX_TRAPS: u32 = 64;

pub(crate) struct Worker {
    shared: Arc<Shared>,
    instance: Option<Instance>,
    pub(crate) carrier: Box<dyn Carrier>,
}

/// What happened to a chunk that did not come to its end.
enum Trouble {
    /// The module stopped.
    Trap(Stopped),
    /// The host cannot go on.
    Host(String),
}

/// What is known of a chunk on its way.
#[derive(Default)]
struct Account {
    settled: Vec<u8>,
    /// Events at which the module stopped, and how often.
    suspects: Vec<(u32, u32)>,
    poisoned: Vec<u32>,
    traps: u32,
}

impl Worker {
    pub(crate) fn new(shared: Arc<Shared>) -> Result<Self, DeliverError> {
        let carrier = carrier(&shared.settings, &shared.secrets)?;
        let instance = Some(shared.instance()?);
        Ok(Self { shared, instance, carrier })
    }

    /// Delivers a chunk; `lines` says that it is JSON, one record a line, all of this time, and not Fluent Bit's msgpack.
    pub(crate) fn deliver(&mut self, tag: &[u8], chunk: &[u8], lines: Option<(u32, u32)>) -> Verdict {
        let shared = Arc::clone(&self.shared);
        let metrics = &shared.metrics;
        let Past { settled, attempts } = shared.memory.take(chunk);
        let mut account = Account { settled, ..Account::default() };
        let most = shared.settings.number("retry_max_attempts");
        let last = most.is_some_and(|most| attempts + 1 >= most);
        metrics.chunks.fetch_add(1, Ordering::Relaxed);
        shared.wait_for_receiver();
        let (open, reason) = loop {
            let (settled, poisoned) = (account.settled.clone(), account.poisoned.clone());
            let begin = Begin { tag, chunk, lines, settled: &settled, poisoned: &poisoned, last };
            let mut counts = Counts::default();
            let result = self.attempt(begin, &mut account, &mut counts);
            let settled = counts.sent + counts.dropped + counts.elsewhere + counts.refused;
            let open = counts.events.saturating_sub(settled);
            let reason = match result {
                Err(Trouble::Trap(stopped)) if self.restart(&stopped, &mut account) => {
                    // What is still open is counted by the next attempt.
                    metrics.count(&Counts { events: settled, ..counts });
                    continue;
                }
                Ok(None) => {
                    metrics.count(&counts);
                    return Verdict::Done;
                }
                Ok(Some((after_ms, reason))) => {
                    shared.leave_alone(Duration::from_millis(u64::from(after_ms)));
                    reason
                }
                Err(Trouble::Host(reason)) => reason,
                Err(Trouble::Trap(stopped)) => stopped.reason,
            };
            metrics.count(&counts);
            break (open, reason);
        };
        metrics.retried.fetch_add(u64::from(open), Ordering::Relaxed);
        metrics.chunks_retried.fetch_add(1, Ordering::Relaxed);
        shared.log(Level::Warning, format!("D020: {open} events have to come again: {reason}"));
        shared.memory.keep(chunk, Past { settled: account.settled, attempts: most.map_or(0, |_| attempts + 1) });
        Verdict::Again
    }

    /// Replaces an instance that stopped; `false` if there is no point in going on.
    fn restart(&mut self, stopped: &Stopped, account: &mut Account) -> bool {
        self.shared.metrics.traps.fetch_add(1, Ordering::Relaxed);
        account.traps += 1;
        self.instance = None;
        let event =
            stopped.event.map_or_else(|| "an unknown event".into(), |event| format!("event {event} of a chunk"));
        self.shared.log(
            Level::Error,
            format!("H003: the module stopped at {event} ({}) and is started again", stopped.reason),
        );
        if let Some(event) = stopped.event {
            match account.suspects.iter_mut().find(|(suspect, _)| *suspect == event) {
                Some((_, times)) => *times += 1,
                None => account.suspects.push((event, 1)),
            }
            let twice = account.suspects.iter().filter(|(_, times)| *times >= 2).map(|(suspect, _)| *suspect);
            account.poisoned = twice.collect();
        }
        account.traps <= MAX_TRAPS
    }

    /// Works on the chunk until it is over: `None` if all is settled, otherwise when and why it has to come again.
    fn attempt(
        &mut self,
        begin: Begin<'_>,
        account: &mut Account,
        counts: &mut Counts,
    ) -> Result<Option<(u32, String)>, Trouble> {
        let Self { shared, instance, carrier } = self;
        let instance = match instance {
            Some(instance) => instance,
            none => none.insert(shared.instance().map_err(|error| Trouble::Host(error.to_string()))?),
        };
        let mut stepped = instance.begin(&begin);
        loop {
            let (progress, step) = stepped.map_err(Trouble::Trap)?;
            shared.keep_refused(&progress).map_err(|error| Trouble::Host(format!("the quarantine: {error}")))?;
            account.settled = progress.settled.to_vec();
            *counts = progress.counts;
            let reply = match step {
                Step::Done(None) => return Ok(None),
                Step::Done(Some(later)) => return Ok(Some((later.after_ms, later.reason.to_owned()))),
                Step::Wait(ms) => {
                    shared.sleep(Duration::from_millis(u64::from(ms)));
                    None
                }
                Step::Send(request) => {
                    let start = Instant::now();
                    let reply = carrier.send(&request);
                    shared.metrics.request(request.raw_bytes, request.body.len(), start.elapsed());
                    Some(reply)
                }
            };
            stepped = instance.answer(&match &reply {
                Some(Reply::Response { status, retry_after_ms, body }) => {
                    Answer::Response { status: *status, retry_after_ms: *retry_after_ms, body }
                }
                Some(Reply::Failed(reason)) => Answer::Failed { reason },
                None if shared.is_stopping() => Answer::Stopping,
                None => Answer::Waited,
            });
        }
    }
}
