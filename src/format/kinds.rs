//! Which formats there are, and what stands around their bodies in a request.

/// What a body holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// The event in its own shape, with the stamp.
    Native,
    /// The event in its own shape, on one line, without the stamp.
    Raw,
}

/// A format by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    name: &'static str,
    body: Body,
}

/// What stands around the bodies of one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// In front of the first body.
    pub head: &'static str,
    /// Between two.
    pub between: &'static str,
    /// Behind the last.
    pub tail: &'static str,
    /// The batch's `Content-Type`.
    pub content_type: &'static str,
}

const LINES: Frame = Frame { head: "", between: "\n", tail: "\n", content_type: "application/x-ndjson" };

/// Every format.
const FORMATS: &[Format] = &[Format { name: "native", body: Body::Native }, Format { name: "raw", body: Body::Raw }];

impl Format {
    /// The format of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        FORMATS.iter().copied().find(|format| format.name == name)
    }

    /// The names of all formats.
    pub fn names() -> impl Iterator<Item = &'static str> {
        FORMATS.iter().map(|format| format.name)
    }

    /// The name.
    pub fn name(self) -> &'static str {
        self.name
    }

    pub(super) fn body(self) -> Body {
        self.body
    }

    /// What stands around the bodies of one batch, where the receiver takes several at once.
    pub fn frame(self) -> Frame {
        LINES
    }
}
