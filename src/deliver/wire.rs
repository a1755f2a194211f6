//! What crosses the edge between the module and its host, as bytes: numbers are little-endian, text and lists stand behind
//! their length. Both sides use this file; [`VERSION`] changes with it.

/// The version of the contract: host and module have to agree.
pub const VERSION: u32 = 3;

/// The host hands over a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begin<'a> {
    /// Fluent Bit's tag.
    pub tag: &'a [u8],
    /// Concatenated events in Fluent Bit's msgpack, or lines of JSON.
    pub chunk: &'a [u8],
    /// Present if the chunk is lines: one record each, all of this time in seconds and nanoseconds.
    pub lines: Option<(u32, u32)>,
    /// What of this chunk needs no work any more, as [`Progress::settled`] told before.
    pub settled: &'a [u8],
    /// Indexes of events at which the module stopped, twice: they leave as placeholders.
    pub poisoned: &'a [u32],
    /// The last attempt: what cannot be delivered now is refused.
    pub last: bool,
}

/// What the module wants next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Bytes for the receiver; the host comes back with the answer.
    Send(Request<'a>),
    /// To be called again after so many milliseconds.
    Wait(u32),
    /// The chunk is over: every event is settled, or the rest has to be tried again.
    Done(Option<Later<'a>>),
}

/// Why a chunk has to come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Later<'a> {
    /// Not before so many milliseconds, if the receiver said so; otherwise 0.
    pub after_ms: u32,
    /// What happened, without a byte of an event.
    pub reason: &'a str,
}

/// Bytes for the receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// Appended to the endpoint's path; it may carry a query.
    pub path: &'a str,
    /// Headers besides those of authentication.
    pub headers: Vec<(&'a str, &'a str)>,
    /// The body as it goes out.
    pub body: &'a [u8],
    /// Its size before compression.
    pub raw_bytes: u32,
    /// Events in it.
    pub events: u32,
}

/// What has come of a chunk so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress<'a> {
    /// One bit for each event, lowest first: accepted, dropped by a rule, not for this destination, or refused.
    pub settled: &'a [u8],
    /// Counters of this chunk so far.
    pub counts: Counts,
    /// Events that the receiver will never take, since the last step. The host keeps them before it remembers `settled`.
    pub refused: Vec<Refused<'a>>,
}

/// An event that the receiver will never take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused<'a> {
    /// The receiver's reason, shortened.
    pub reason: &'a str,
    /// What would have been delivered of the event, redacted as ever.
    pub event: &'a [u8],
}

/// Counters of one chunk, as it came this time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events in the chunk that were not settled before.
    pub events: u32,
    /// Accepted by the receiver.
    pub sent: u32,
    /// Dropped by a rule of the policy.
    pub dropped: u32,
    /// For other destinations.
    pub elsewhere: u32,
    /// Refused for good by the receiver.
    pub refused: u32,
    /// Left as placeholders because the module stopped at them.
    pub poisoned: u32,
    /// Came out of lists.
    pub listed: u32,
    /// Records that were put into another one.
    pub joined: u32,
    /// Records that waited for others in vain.
    pub apart: u32,
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// The receiver answered; a carrier without status codes says 200 for bytes that were taken.
    Response {
        /// HTTP's status code.
        status: u16,
        /// The receiver's `Retry-After`, in milliseconds, or 0.
        retry_after_ms: u32,
        /// The body, up to a limit.
        body: &'a [u8],
    },
    /// No answer came: whatever the receiver did with the request is unknown.
    Failed {
        /// What happened, without a byte of an event.
        reason: &'a str,
    },
    /// The time asked for has passed.
    Waited,
    /// The host is about to stop: no more waiting.
    Stopping,
}

impl Begin<'_> {
    /// Appends the message.
    pub fn write(&self, out: &mut Vec<u8>) {
        put_bytes(out, self.tag);
        put_bytes(out, self.chunk);
        let (seconds, nanoseconds) = self.lines.unwrap_or_default();
        [u32::from(self.lines.is_some()), seconds, nanoseconds, u32::from(self.last)]
            .iter()
            .for_each(|number| put_u32(out, *number));
        put_bytes(out, self.settled);
        put_u32(out, self.poisoned.len() as u32);
        self.poisoned.iter().for_each(|index| put_u32(out, *index));
    }

    /// Reads a message; the list of poisoned events comes back as the second part.
    pub fn read(bytes: &[u8]) -> Option<(Begin<'_>, Vec<u32>)> {
        let mut reader = Reader(bytes);
        let (tag, chunk) = (reader.bytes()?, reader.bytes()?);
        let (are_lines, seconds, nanoseconds) = (reader.u32()? == 1, reader.u32()?, reader.u32()?);
        let (last, lines) = (reader.u32()? == 1, are_lines.then_some((seconds, nanoseconds)));
        let settled = reader.bytes()?;
        let poisoned = (0..reader.u32()?).map(|_| reader.u32()).collect::<Option<Vec<_>>>()?;
        Some((Begin { tag, chunk, lines, settled, poisoned: &[], last }, poisoned))
    }
}

impl Progress<'_> {
    /// Appends the message.
    pub fn write(&self, out: &mut Vec<u8>) {
        put_bytes(out, self.settled);
        let Counts { events, sent, dropped, elsewhere, refused, poisoned, listed, joined, apart } = self.counts;
        [events, sent, dropped, elsewhere, refused, poisoned, listed, joined, apart]
            .iter()
            .for_each(|count| put_u32(out, *count));
        put_u32(out, self.refused.len() as u32);
        for refused in &self.refused {
            put_bytes(out, refused.reason.as_bytes());
            put_bytes(out, refused.event);
        }
    }
}

impl Step<'_> {
    /// Appends the message: what has come of the chunk, and what comes next.
    pub fn write(&self, progress: &Progress<'_>, out: &mut Vec<u8>) {
        progress.write(out);
        match self {
            Self::Send(request) => {
                put_u32(out, 1);
                put_bytes(out, request.path.as_bytes());
                put_u32(out, request.headers.len() as u32);
                for (name, value) in &request.headers {
                    put_bytes(out, name.as_bytes());
                    put_bytes(out, value.as_bytes());
                }
                put_u32(out, request.raw_bytes);
                put_u32(out, request.events);
                put_bytes(out, request.body);
            }
            Self::Wait(ms) => {
                put_u32(out, 2);
                put_u32(out, *ms);
            }
            Self::Done(None) => put_u32(out, 3),
            Self::Done(Some(later)) => {
                put_u32(out, 4);
                put_u32(out, later.after_ms);
                put_bytes(out, later.reason.as_bytes());
            }
        }
    }

    /// Reads a message.
    pub fn read(bytes: &[u8]) -> Option<(Progress<'_>, Step<'_>)> {
        let mut reader = Reader(bytes);
        let settled = reader.bytes()?;
        let counts = Counts {
            events: reader.u32()?,
            sent: reader.u32()?,
            dropped: reader.u32()?,
            elsewhere: reader.u32()?,
            refused: reader.u32()?,
            poisoned: reader.u32()?,
            listed: reader.u32()?,
            joined: reader.u32()?,
            apart: reader.u32()?,
        };
        let refused = (0..reader.u32()?)
            .map(|_| Some(Refused { reason: reader.text()?, event: reader.bytes()? }))
            .collect::<Option<Vec<_>>>()?;
        let step = match reader.u32()? {
            1 => {
                let path = reader.text()?;
                let headers =
                    (0..reader.u32()?).map(|_| Some((reader.text()?, reader.text()?))).collect::<Option<Vec<_>>>()?;
                let (raw_bytes, events, body) = (reader.u32()?, reader.u32()?, reader.bytes()?);
                Step::Send(Request { path, headers, body, raw_bytes, events })
            }
            2 => Step::Wait(reader.u32()?),
            3 => Step::Done(None),
            4 => Step::Done(Some(Later { after_ms: reader.u32()?, reason: reader.text()? })),
            _ => return None,
        };
        Some((Progress { settled, counts, refused }, step))
    }
}

impl Answer<'_> {
    /// Appends the message.
    pub fn write(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Response { status, retry_after_ms, body } => {
                put_u32(out, 1);
                put_u32(out, u32::from(status));
                put_u32(out, retry_after_ms);
                put_bytes(out, body);
            }
            Self::Failed { reason } => {
                put_u32(out, 2);
                put_bytes(out, reason.as_bytes());
            }
            Self::Waited => put_u32(out, 3),
            Self::Stopping => put_u32(out, 4),
        }
    }

    /// Reads a message.
    pub fn read(bytes: &[u8]) -> Option<Answer<'_>> {
        let mut reader = Reader(bytes);
        Some(match reader.u32()? {
            1 => Answer::Response {
                status: u16::try_from(reader.u32()?).ok()?,
                retry_after_ms: reader.u32()?,
                body: reader.bytes()?,
            },
            2 => Answer::Failed { reason: reader.text()? },
            3 => Answer::Waited,
            4 => Answer::Stopping,
            _ => return None,
        })
    }
}

/// Appends a number.
pub(super) fn put_u32(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&number.to_le_bytes());
}

/// Appends bytes behind their length.
pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_u32(out, bytes.len() as u32);
    out.extend_from_slice(bytes);
}

/// Reads from the front; `None` where the message ends too early.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn u32(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*number))
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = self.u32()? as usize;
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        core::str::from_utf8(self.bytes()?).ok()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn messages_arrive_as_they_left_and_cut_ones_do_not() {
        let steps = [
            Step::Send(Request { path: "/_bulk", headers: vec![("a", "b")], body: b"xyz", raw_bytes: 9, events: 2 }),
            Step::Wait(250),
            Step::Done(None),
            Step::Done(Some(Later { after_ms: 7, reason: "status 429" })),
        ];
        let counts = Counts {
            events: 6,
            sent: 1,
            dropped: 2,
            elsewhere: 3,
            refused: 4,
            poisoned: 5,
            listed: 7,
            joined: 8,
            apart: 9,
        };
        let progress =
            Progress { settled: &[5, 1], counts, refused: vec![Refused { reason: "mapping", event: b"{}" }] };
        for step in steps {
            let mut message = Vec::new();
            step.write(&progress, &mut message);
            assert_eq!(Step::read(&message).unwrap(), (progress.clone(), step));
            assert!((0..message.len()).all(|len| Step::read(&message[..len]).is_none()));
        }
        for answer in [
            Answer::Response { status: 429, retry_after_ms: 1000, body: b"slow down" },
            Answer::Failed { reason: "reset" },
            Answer::Waited,
            Answer::Stopping,
        ] {
            let mut message = Vec::new();
            answer.write(&mut message);
            assert_eq!(Answer::read(&message), Some(answer));
            assert!((0..message.len()).all(|len| Answer::read(&message[..len]).is_none()));
        }
        let begin = Begin { tag: b"t", chunk: b"c", lines: Some((7, 8)), settled: b"s", poisoned: &[4, 9], last: true };
        let mut message = Vec::new();
        begin.write(&mut message);
        assert_eq!(Begin::read(&message).unwrap(), (Begin { poisoned: &[], ..begin }, vec![4, 9]));
    }
}
