//! The account of one chunk: which events are settled, which are on their way, what comes next.

mod fates;

use super::batch::{Batch, Pieces, State};
use super::chunk::Chunk;
use super::event::{Event, Stamp};
use super::receiver::{Judgement, Receiver, receiver};
use super::settings::Settings;
use super::time;
use super::wire::{Answer, Begin, Counts, Later, Progress, Refused, Request, Step};
use crate::engine::{Context, Engine, Outcome};
use crate::format::{self, Format, Item};
use crate::gather::{Gather, Origin};
use crate::scan::{PADDING, Padded};
use std::collections::{BTreeMap, VecDeque};

/// Acknowledgements are asked for after so long, then after twice as long, and so on.
const FIRST_WAIT_MS: u32 = 100;
const LONGEST_WAIT_MS: u32 = 2000;

/// Delivers chunks to one destination, one after the other. It keeps its buffers between them.
pub struct Session {
    engine: Engine,
    receiver: Box<dyn Receiver>,
    format: Format,
    options: format::Options,
    destination: String,
    gzip: bool,
    max_events: usize,
    max_bytes: usize,
    ack_timeout_ms: u32,
    /// The record that the engine works on.
    record: Vec<u8>,
    formatted: Vec<u8>,
    pieces: Pieces,
    /// Open pieces of records that several came of.
    siblings: BTreeMap<usize, usize>,
    settled: Vec<u8>,
    counts: Counts,
    queue: VecDeque<Batch>,
    /// What the request that is on its way carries.
    sent: Sent,
    /// Batches that the receiver has taken and not acknowledged.
    awaited: Vec<(u64, Batch)>,
    waited_ms: u32,
    next_wait_ms: u32,
    /// Why the chunk has to come again.
    later: Option<(u32, String)>,
    refused: Vec<(String, usize)>,
    /// Refused while the receiver has not accepted a single event: perhaps it is the settings that are wrong.
    suspected: Vec<(String, usize)>,
    has_accepted: bool,
    /// Nothing of this chunk may be put off any more.
    is_last: bool,
    body: Vec<u8>,
    /// Index of the event in work; the host looks here when the module has stopped.
    cursor: u32,
}

/// What is on its way.
#[derive(Debug)]
enum Sent {
    Nothing,
    /// The open pieces of a batch.
    Batch(Vec<usize>, Batch),
    /// A question for acknowledgements.
    Question,
    /// Time passes before such a question.
    Pause,
}

impl Session {
    pub(super) fn new(engine: Engine, settings: &Settings, hostname: &str, channel: &str) -> Result<Self, String> {
        let name = settings.text("format").unwrap_or("native");
        let Some(format) = Format::from_name(name) else {
            let names: Vec<&str> = Format::names().collect();
            return Err(format!("D002: `format`: expected one of {}", names.join(", ")));
        };
        let receiver = receiver(settings, format, settings.text("hostname").unwrap_or(hostname), channel);
        let (max_events, max_bytes) = receiver.limits();
        Ok(Self {
            engine,
            receiver,
            format,
            options: format::Options { host: hostname.to_owned(), ..format::Options::default() },
            destination: settings.destination().to_owned(),
            gzip: settings.kind.compresses() && settings.text("compress") != Some("none"),
            max_events: settings.number("batch_max_events").map_or(max_events, |number| number as usize),
            max_bytes: settings.bytes("batch_max_bytes").map_or(max_bytes, |bytes| bytes as usize),
            ack_timeout_ms: settings.number("ack_timeout").unwrap_or(60) * 1000,
            record: Vec::new(),
            formatted: Vec::new(),
            pieces: Pieces::default(),
            siblings: BTreeMap::new(),
            settled: Vec::new(),
            counts: Counts::default(),
            queue: VecDeque::new(),
            sent: Sent::Nothing,
            awaited: Vec::new(),
            waited_ms: 0,
            next_wait_ms: FIRST_WAIT_MS,
            later: None,
            refused: Vec::new(),
            suspected: Vec::new(),
            has_accepted: false,
            is_last: false,
            body: Vec::new(),
            cursor: 0,
        })
    }

    /// Where the index of the event in work stands.
    pub fn cursor(&self) -> &u32 {
        &self.cursor
    }

    /// Takes a chunk and says what comes first.
    pub fn begin(&mut self, begin: &Begin<'_>, poisoned: &[u32], out: &mut Vec<u8>) {
        self.pieces.clear();
        self.settled.clear();
        self.settled.extend_from_slice(begin.settled);
        self.counts = Counts::default();
        (self.sent, self.later, self.is_last) = (Sent::Nothing, None, begin.last);
        self.awaited.clear();
        self.suspected.clear();
        (self.waited_ms, self.next_wait_ms) = (0, FIRST_WAIT_MS);
        let mut chunk = Chunk::new(begin.chunk, begin.lines);
        // What is put together stands in one chunk, so that the account of a chunk is all there is to remember.
        let mut gather = Gather::new(self.engine.policy().join());
        for index in 0.. {
            self.record.clear();
            let Some(time) = chunk.next(&mut self.record) else { break };
            let origin = Origin { index, seconds: time.seconds, nanoseconds: time.nanoseconds };
            if !gather.take(origin, &self.record) {
                self.look_at(origin, begin, poisoned);
            }
            self.look_at_gathered(&mut gather, begin, poisoned);
        }
        gather.finish();
        self.look_at_gathered(&mut gather, begin, poisoned);
        let gathered = gather.gathered();
        (self.counts.listed, self.counts.joined, self.counts.apart) =
            (gathered.listed, gathered.joined, gathered.apart);
        self.count_siblings();
        self.queue = self.pieces.batches(self.max_events, self.max_bytes).collect();
        self.next(out);
    }

    fn look_at_gathered(&mut self, gather: &mut Gather, begin: &Begin<'_>, poisoned: &[u32]) {
        while let Some((origin, record)) = gather.pop() {
            self.record = record;
            self.look_at(origin, begin, poisoned);
        }
    }

    /// Works on the record in work, unless it has been settled before.
    fn look_at(&mut self, origin: Origin, begin: &Begin<'_>, poisoned: &[u32]) {
        if has_bit(begin.settled, origin.index) {
            return;
        }
        self.cursor = origin.index as u32;
        self.counts.events += 1;
        let context = Context { tag: begin.tag, seconds: origin.seconds, nanoseconds: origin.nanoseconds };
        if poisoned.contains(&self.cursor) {
            // What stopped the module twice is not shown to it a third time: no JSON leaves as a placeholder.
            self.counts.poisoned += 1;
            self.record.clear();
        }
        #[cfg(feature = "stumble")]
        stumble(&self.record);
        self.take(origin.index, context);
    }

    /// Notes how many pieces came of one record where there are several: it is settled when the last of them is.
    fn count_siblings(&mut self) {
        self.siblings.clear();
        for pieces in self.pieces.all.chunk_by(|one, next| one.event == next.event) {
            let Some(piece) = pieces.first() else { continue };
            // Others that the same record held have been dropped.
            if let Some(byte) = self.settled.get_mut(piece.event / 8) {
                *byte &= !(1 << (piece.event % 8));
            }
            if pieces.len() > 1 {
                self.siblings.insert(piece.event, pieces.len());
            }
        }
    }

    /// Decides about the record in work, and makes its piece.
    fn take(&mut self, index: usize, context: Context<'_>) {
        let Self { engine, record, formatted, pieces, .. } = self;
        record.resize(record.len() + PADDING, 0);
        let Some(mut padded) = Padded::new(record) else { return };
        if !matches!(engine.process(context, &mut padded), Outcome::Record(_)) {
            self.counts.dropped += 1;
            self.settle(index);
            return;
        }
        let time = engine
            .event_time(&padded)
            .and_then(time::read)
            .unwrap_or((i64::from(context.seconds), context.nanoseconds));
        let record = engine.output();
        let stamp = Stamp::of(record);
        if !stamp.goes_to(&self.destination) {
            self.counts.elsewhere += 1;
            self.settle(index);
            return;
        }
        let body = if self.format.name() == "native" {
            record
        } else {
            let item = Item { event: record, tag: context.tag, seconds: time.0, nanoseconds: time.1 };
            formatted.clear();
            format::write(self.format, &item, &self.options, formatted);
            formatted
        };
        let event = Event { body, record, id: stamp.id, time };
        pieces.add(index, |out| self.receiver.write(&event, out));
    }

    /// Takes an answer and says what comes next.
    pub fn answer(&mut self, answer: &Answer<'_>, out: &mut Vec<u8>) {
        match (*answer, core::mem::replace(&mut self.sent, Sent::Nothing)) {
            (Answer::Waited, Sent::Pause) => return self.ask(out),
            (Answer::Stopping, _) => {
                // That is no fault of the receiver's: somebody starts again.
                self.is_last = false;
                self.put_off(0, "Fluent Bit is stopping");
            }
            (Answer::Failed { reason }, _) => self.put_off(0, reason),
            (Answer::Response { status, retry_after_ms, body }, Sent::Batch(indexes, batch)) => {
                match self.receiver.judge(status, body, indexes.len()) {
                    Judgement::Accepted => self.accept(&indexes),
                    Judgement::Acknowledge(id) => self.awaited.push((id, batch)),
                    Judgement::Later(reason) => self.put_off(retry_after_ms, &reason),
                    Judgement::Split(reason) => self.split(&indexes, &batch, &reason),
                    Judgement::Doubtful(reason) => indexes.iter().for_each(|index| self.refuse(*index, &reason)),
                    Judgement::Each(fates) => self.each(&indexes, fates),
                }
            }
            (Answer::Response { status, retry_after_ms, body }, Sent::Question) => {
                match self.receiver.acknowledged(status, body) {
                    Ok(ids) => self.acknowledge(&ids),
                    Err(reason) => self.put_off(retry_after_ms, &reason),
                }
            }
            _ => self.put_off(0, "an answer to no request"),
        }
        self.next(out);
    }

    fn next(&mut self, out: &mut Vec<u8>) {
        while let (None, Some(batch)) = (&self.later, self.queue.pop_front()) {
            let open = self.pieces.open(&batch);
            if !open.is_empty() {
                return self.send(open, batch, out);
            }
        }
        if self.later.is_none() && !self.awaited.is_empty() {
            return self.pause(out);
        }
        let later = self.later.take().unwrap_or((0, "the receiver wants some events later".into()));
        if self.is_last {
            self.give_up(&later.1);
        }
        let is_over = self.pieces.all.iter().all(|piece| piece.state == State::Settled);
        let step = if is_over { None } else { Some(Later { after_ms: later.0, reason: &later.1 }) };
        self.write(&Step::Done(step), out);
    }

    fn send(&mut self, open: Vec<usize>, batch: Batch, out: &mut Vec<u8>) {
        let mut body = core::mem::take(&mut self.body);
        let raw_bytes = self.pieces.body(&open, self.receiver.frame(), self.gzip, &mut body);
        let mut headers = self.receiver.headers();
        if self.gzip {
            headers.push(("Content-Encoding", "gzip"));
        }
        let (raw_bytes, events) = (raw_bytes as u32, open.len() as u32);
        let request = Request { path: self.receiver.path(), headers, body: &body, raw_bytes, events };
        write(&mut self.refused, &self.pieces, &self.settled, self.counts, &Step::Send(request), out);
        self.body = body;
        self.sent = Sent::Batch(open, batch);
    }

    /// Lets time pass before the next question for acknowledgements.
    fn pause(&mut self, out: &mut Vec<u8>) {
        if self.waited_ms >= self.ack_timeout_ms {
            self.put_off(0, "the indexer did not acknowledge in time");
            return self.next(out);
        }
        let wait = self.next_wait_ms;
        self.waited_ms += wait;
        self.next_wait_ms = (wait * 2).min(LONGEST_WAIT_MS);
        self.sent = Sent::Pause;
        self.write(&Step::Wait(wait), out);
    }

    fn ask(&mut self, out: &mut Vec<u8>) {
        let ids: Vec<u64> = self.awaited.iter().map(|(id, _)| *id).collect();
        let body = self.receiver.question(&ids);
        let (path, headers) = (self.receiver.question_path(), self.receiver.headers());
        let request = Request { path, headers, body: &body, raw_bytes: body.len() as u32, events: 0 };
        write(&mut self.refused, &self.pieces, &self.settled, self.counts, &Step::Send(request), out);
        self.sent = Sent::Question;
    }

    fn write(&mut self, step: &Step<'_>, out: &mut Vec<u8>) {
        write(&mut self.refused, &self.pieces, &self.settled, self.counts, step, out);
    }
}

fn has_bit(bits: &[u8], index: usize) -> bool {
    bits.get(index / 8).is_some_and(|byte| byte >> (index % 8) & 1 != 0)
}

/// Stops the module at about one event of a hundred, always the same ones.
#[cfg(feature = "stumble")]
fn stumble(record: &[u8]) {
    if !record.is_empty() && record.len() % 97 == 0 {
        #[expect(clippy::panic, reason = "that is what this feature is for")]
        {
            panic!("stumbled")
        }
    }
}

/// Writes a step, and forgets the refused events that it tells of.
fn write(
    refused: &mut Vec<(String, usize)>,
    pieces: &Pieces,
    settled: &[u8],
    counts: Counts,
    step: &Step<'_>,
    out: &mut Vec<u8>,
) {
    let told = refused
        .iter()
        .filter_map(|(reason, index)| Some(Refused { reason, event: pieces.text(pieces.all.get(*index)?) }));
    let progress = Progress { settled, counts, refused: told.collect() };
    out.clear();
    step.write(&progress, out);
    drop(progress);
    refused.clear();
}

#[cfg(test)]
mod tests;
