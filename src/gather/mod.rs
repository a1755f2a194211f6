//! Records that are not events yet: lists of events are taken apart, and, where a policy asks for it, the records of one auditd event and
//! the parts of one line of a container are put together. For the output role and the command line; the filter role gives back one record
//! for each that it gets, and cannot hold any.
//!
//! It works in front of redaction, so that a secret that is cut in two is found. What does not come together leaves as it came. No I/O and no
//! clock: times are those of records.

mod list;
mod part;

use crate::policy::Join;
use part::{Kind, Part};
use std::collections::VecDeque;

/// Events that are being put together at a time; at one more the oldest leaves as it is.
const MAX_OPEN: usize = 64;
/// Longest text that is put together, in bytes; a longer one leaves in its parts.
const MAX_JOINED_BYTES: usize = 1 << 20;
/// So much later, in milliseconds, no further part is expected. That is what auditd's own tools wait for.
const LONGEST_WAIT_MS: u64 = 2_000;

/// Where a record stood, and its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Number of the record.
    pub index: usize,
    /// The record's time, seconds since 1970.
    pub seconds: u32,
    /// The record's time, nanoseconds within the second.
    pub nanoseconds: u32,
}

/// What was done to records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gathered {
    /// Lists that were taken apart.
    pub lists: u32,
    /// Events that came out of them.
    pub listed: u32,
    /// Records that went into another one.
    pub joined: u32,
    /// Records that waited for others in vain, and left as they came.
    pub apart: u32,
}

/// Takes records apart and puts them together.
#[derive(Debug)]
pub struct Gather {
    join: Join,
    open: VecDeque<Group>,
    ready: VecDeque<(Origin, Vec<u8>)>,
    gathered: Gathered,
}

/// Parts of one event.
#[derive(Debug)]
struct Group {
    kind: Kind,
    /// What all parts share.
    key: Vec<u8>,
    /// When the last of them was written, in milliseconds; none where that is not known.
    time_ms: Option<u64>,
    /// Records, and the texts in them.
    parts: Vec<(Origin, Vec<u8>, Vec<u8>)>,
    bytes: usize,
}

impl Gather {
    /// Joins what the policy asks for.
    pub fn new(join: Join) -> Self {
        Self { join, open: VecDeque::new(), ready: VecDeque::new(), gathered: Gathered::default() }
    }

    /// Takes a record; `false` if it goes on as it is. What has become of records that were taken, [`pop`](Self::pop) says.
    pub fn take(&mut self, origin: Origin, record: &[u8]) -> bool {
        if let Some(events) = list::events(record) {
            self.gathered.lists += 1;
            self.gathered.listed += events.len() as u32;
            self.ready.extend(events.into_iter().map(|event| (origin, event)));
            return true;
        }
        let Some(part) = part::of(record, self.join) else { return false };
        self.close_old(part.time_ms.unwrap_or(u64::from(origin.seconds) * 1_000));
        let found = self.open.iter().position(|group| group.kind == part.kind && group.key == part.key);
        if part.is_last && found.is_none() {
            return false;
        }
        self.add(origin, record, part, found);
        true
    }

    fn add(&mut self, origin: Origin, record: &[u8], part: Part, found: Option<usize>) {
        let index = found.unwrap_or_else(|| {
            if self.open.len() >= MAX_OPEN
                && let Some(oldest) = self.open.pop_front()
            {
                self.leave_apart(oldest);
            }
            let group = Group { kind: part.kind, key: part.key, time_ms: None, parts: Vec::new(), bytes: 0 };
            self.open.push_back(group);
            self.open.len() - 1
        });
        let Some(group) = self.open.get_mut(index) else { return };
        group.time_ms = part.time_ms.or(Some(u64::from(origin.seconds) * 1_000));
        group.bytes += part.text.len();
        group.parts.push((origin, record.to_vec(), part.text));
        let too_long = group.bytes > MAX_JOINED_BYTES;
        let is_whole = part.is_last || group.kind == Kind::Auditd && part::is_whole(group.texts());
        if too_long || is_whole {
            let Some(group) = self.open.remove(index) else { return };
            if too_long { self.leave_apart(group) } else { self.put_together(group) }
        }
    }

    /// Ends what no further part is expected of.
    fn close_old(&mut self, now_ms: u64) {
        let is_old = |group: &Group| group.time_ms.is_some_and(|time| now_ms > time + LONGEST_WAIT_MS);
        while let Some(index) = self.open.iter().position(is_old) {
            let Some(group) = self.open.remove(index) else { return };
            self.close(group);
        }
    }

    /// Says that no more records come.
    pub fn finish(&mut self) {
        while let Some(group) = self.open.pop_front() {
            self.close(group);
        }
    }

    /// An auditd event need not say that it is over; a line of a container whose end is missing is none.
    fn close(&mut self, group: Group) {
        if group.kind == Kind::Auditd { self.put_together(group) } else { self.leave_apart(group) }
    }

    fn leave_apart(&mut self, group: Group) {
        self.gathered.apart += group.parts.len() as u32;
        self.ready.extend(group.parts.into_iter().map(|(origin, record, _)| (origin, record)));
    }

    fn put_together(&mut self, mut group: Group) {
        if group.parts.len() == 1 {
            return self.ready.extend(group.parts.pop().map(|(origin, record, _)| (origin, record)));
        }
        let text = group.texts().collect::<Vec<_>>().join(group.kind.between());
        // Members around the text are those of the last part: it says that the line is over.
        let whole = group.parts.last().and_then(|(_, record, own)| part::with_text(record, own, &text));
        match (whole, group.parts.first()) {
            (Some(whole), Some((origin, ..))) => {
                self.gathered.joined += group.parts.len() as u32 - 1;
                self.ready.push_back((*origin, whole));
            }
            _ => self.leave_apart(group),
        }
    }

    /// The next record for redaction, and where it, or its first part, came from.
    pub fn pop(&mut self) -> Option<(Origin, Vec<u8>)> {
        self.ready.pop_front()
    }

    /// What was done so far.
    pub fn gathered(&self) -> Gathered {
        self.gathered
    }
}

impl Group {
    fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.parts.iter().map(|(_, _, text)| text.as_slice())
    }
}

#[cfg(test)]
mod tests;
