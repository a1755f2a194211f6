//! Pieces of one chunk, and requests made of them.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;

/// The level at which bodies are compressed: audit events repeat themselves so much that higher ones gain little for their time.
const LEVEL: u32 = 1;

/// What becomes of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It waits, or is on its way.
    Open,
    /// The receiver has it, or will never take it.
    Settled,
    /// It has to come again with the chunk.
    Later,
}

/// One event as its receiver wants it, and where it came from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// Index of the event in the chunk.
    pub(super) event: usize,
    start: usize,
    end: usize,
    pub(super) state: State,
}

/// The pieces of one chunk, in their order.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    bytes: Vec<u8>,
    pub(super) all: Vec<Piece>,
}

/// What stands around the pieces of one request.
#[derive(Clone, Debug, Default)]
pub(super) struct Frame {
    pub(super) head: Vec<u8>,
    pub(super) between: &'static [u8],
    pub(super) tail: &'static [u8],
}

/// Pieces that share a request, by their indexes.
pub(super) type Batch = core::ops::Range<usize>;

impl Pieces {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.all.clear();
    }

    /// Adds what `write` appends.
    pub(super) fn add(&mut self, event: usize, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        write(&mut self.bytes);
        self.all.push(Piece { event, start, end: self.bytes.len(), state: State::Open });
    }

    /// The piece's bytes.
    pub(super) fn text(&self, piece: &Piece) -> &[u8] {
        self.bytes.get(piece.start..piece.end).unwrap_or_default()
    }

    /// Indexes of the open pieces of a batch.
    pub(super) fn open(&self, batch: &Batch) -> Vec<usize> {
        let all = self.all.get(batch.clone()).unwrap_or_default();
        let indexes = all.iter().zip(batch.clone());
        indexes.filter(|(piece, _)| piece.state == State::Open).map(|(_, index)| index).collect()
    }

    /// Cuts all pieces into batches.
    pub(super) fn batches(&self, max_events: usize, max_bytes: usize) -> impl Iterator<Item = Batch> + use<> {
        let (mut batches, mut start, mut bytes) = (Vec::new(), 0, 0);
        for (index, piece) in self.all.iter().enumerate() {
            let size = piece.end - piece.start;
            if index > start && (index - start >= max_events || bytes + size > max_bytes) {
                batches.push(start..index);
                (start, bytes) = (index, 0);
            }
            bytes += size + 1;
        }
        if start < self.all.len() {
            batches.push(start..self.all.len());
        }
        batches.into_iter()
    }

    /// Writes the body of a request and returns its size before compression.
    pub(super) fn body(&self, indexes: &[usize], frame: &Frame, gzip: bool, out: &mut Vec<u8>) -> usize {
        let pieces = indexes.iter().filter_map(|index| self.all.get(*index)).map(|piece| self.text(piece));
        let mut raw = 0;
        let mut parts = |write: &mut dyn FnMut(&[u8])| {
            let mut part = |bytes: &[u8]| {
                raw += bytes.len();
                write(bytes);
            };
            part(&frame.head);
            for (index, piece) in pieces.clone().enumerate() {
                if index > 0 {
                    part(frame.between);
                }
                part(piece);
            }
            part(frame.tail);
        };
        out.clear();
        if gzip {
            let mut encoder = GzEncoder::new(out, Compression::new(LEVEL));
            // Writing to memory does not fail.
            parts(&mut |bytes| drop(encoder.write_all(bytes)));
            drop(encoder.finish());
        } else {
            parts(&mut |bytes| out.extend_from_slice(bytes));
        }
        raw
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::io::Read as _;

    fn pieces(texts: &[&str]) -> Pieces {
        let mut pieces = Pieces::default();
        texts
            .iter()
            .enumerate()
            .for_each(|(event, text)| pieces.add(event, |out| out.extend_from_slice(text.as_bytes())));
        pieces
    }

    #[test]
    fn batches_keep_both_bounds_and_the_order() {
        let pieces = pieces(&["aaaa", "bb", "c", "dddddddddd", "e"]);
        let cut = |events, bytes| pieces.batches(events, bytes).collect::<Vec<_>>();
        assert_eq!(cut(2, 100), [0..2, 2..4, 4..5]);
        assert_eq!(cut(100, 7), [0..2, 2..3, 3..4, 4..5]);
        assert_eq!(cut(100, 1000), [0..5; 1]);
        assert!(Pieces::default().batches(1, 1).next().is_none());
    }

    #[test]
    fn a_body_is_framed_and_holds_what_is_asked_for() {
        let pieces = pieces(&["1", "2", "3"]);
        let frame = Frame { head: b"[".to_vec(), between: b",", tail: b"]" };
        let mut out = Vec::new();
        assert_eq!(pieces.body(&[0, 2], &frame, false, &mut out), 5);
        assert_eq!(out, b"[1,3]");
        assert_eq!(pieces.body(&[0, 1, 2], &frame, true, &mut out), 7);
        let mut text = String::new();
        flate2::read::GzDecoder::new(out.as_slice()).read_to_string(&mut text).unwrap();
        assert_eq!(text, "[1,2,3]");
    }
}
