//! What becomes of the events of a request: accepted, refused for good, or to come again.

use super::super::batch::{Batch, State};
use super::super::receiver::Fate;
use super::Session;

/// So many events are refused one after the other before the settings are blamed.
const MAX_SUSPECTED: usize = 16;
/// More than this of a receiver's reason is not kept.
const MAX_REASON_CHARS: usize = 300;

impl Session {
    pub(super) fn accept(&mut self, indexes: &[usize]) {
        for index in indexes {
            self.counts.sent += 1;
            self.close(*index);
        }
        self.has_accepted |= !indexes.is_empty();
        if self.has_accepted {
            let suspected = core::mem::take(&mut self.suspected);
            suspected.into_iter().for_each(|(reason, index)| self.refuse(index, &reason));
        }
    }

    /// Marks the batches of these acknowledgements as accepted.
    pub(super) fn acknowledge(&mut self, ids: &[u64]) {
        let awaited = core::mem::take(&mut self.awaited);
        let (done, awaited): (Vec<_>, Vec<_>) = awaited.into_iter().partition(|(id, _)| ids.contains(id));
        self.awaited = awaited;
        for (_, batch) in done {
            self.accept(&self.pieces.open(&batch));
        }
    }

    /// Sends the halves of a batch, so that what the receiver cannot take is found; alone it is refused for good.
    pub(super) fn split(&mut self, indexes: &[usize], batch: &Batch, reason: &str) {
        if let [index] = indexes {
            return self.refuse(*index, reason);
        }
        let Some(middle) = indexes.get(indexes.len() / 2).copied() else { return };
        self.queue.push_front(middle..batch.end);
        self.queue.push_front(batch.start..middle);
    }

    pub(super) fn each(&mut self, indexes: &[usize], fates: Vec<Fate>) {
        for (index, fate) in indexes.iter().zip(fates) {
            match fate {
                Fate::Accepted => self.accept(&[*index]),
                Fate::Refused(reason) => self.refuse(*index, &reason),
                Fate::Later => {
                    if let Some(piece) = self.pieces.all.get_mut(*index) {
                        piece.state = State::Later;
                    }
                }
            }
        }
    }

    /// An event is refused for good, once it is sure that the receiver takes others.
    pub(super) fn refuse(&mut self, index: usize, reason: &str) {
        if !self.has_accepted {
            if let Some(piece) = self.pieces.all.get_mut(index) {
                piece.state = State::Later;
            }
            self.suspected.push((reason.to_owned(), index));
            if self.suspected.len() >= MAX_SUSPECTED {
                self.put_off(0, &["the receiver has taken nothing so far: ", reason].concat());
            }
            return;
        }
        self.keep_refused(index, reason);
    }

    fn keep_refused(&mut self, index: usize, reason: &str) {
        self.counts.refused += 1;
        self.refused.push((reason.chars().take(MAX_REASON_CHARS).collect(), index));
        self.close(index);
    }

    /// Refuses all that is not settled.
    pub(super) fn give_up(&mut self, reason: &str) {
        let reason = ["given up after the last attempt: ", reason].concat();
        for index in 0..self.pieces.all.len() {
            if self.pieces.all.get(index).is_some_and(|piece| piece.state != State::Settled) {
                self.keep_refused(index, &reason);
            }
        }
    }

    /// Ends the work on this chunk for now.
    pub(super) fn put_off(&mut self, after_ms: u32, reason: &str) {
        self.later = Some((after_ms, reason.to_owned()));
    }

    fn close(&mut self, index: usize) {
        let Some(piece) = self.pieces.all.get_mut(index) else { return };
        piece.state = State::Settled;
        let event = piece.event;
        if let Some(open) = self.siblings.get_mut(&event) {
            *open -= 1;
            if *open > 0 {
                return;
            }
        }
        self.settle(event);
    }

    pub(super) fn settle(&mut self, event: usize) {
        if self.settled.len() <= event / 8 {
            self.settled.resize(event / 8 + 1, 0);
        }
        if let Some(byte) = self.settled.get_mut(event / 8) {
            *byte |= 1 << (event % 8);
        }
    }
}
