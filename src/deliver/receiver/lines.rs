//! A file, or standard output: one event a line.

use super::super::batch::Frame;
use super::super::event::Event;
use super::Receiver;

pub(super) struct Lines(Frame);

impl Lines {
    pub(super) fn new() -> Self {
        Self(Frame { head: Vec::new(), between: b"\n", tail: b"\n" })
    }
}

impl Receiver for Lines {
    fn limits(&self) -> (usize, usize) {
        (usize::MAX, usize::MAX)
    }

    fn write(&self, event: &Event<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(event.body);
    }

    fn frame(&self) -> &Frame {
        &self.0
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        Vec::new()
    }
}
