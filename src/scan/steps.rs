//! Steps: what there is to do at the places of a shape, see `shapes`.

use crate::redact::class::Class;

/// What there is to do at a place of a shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Do {
    /// Stands a value there that is another one, it has to be of the same kind, bits of a template's slot, or is read.
    #[default]
    Value,
    /// The same, and the value is the field `field`.
    Field,
    /// What stands there is the field `field`, and may not differ.
    Capture,
    /// A string in which something was changed: as it was, it leaves as it left then, and any other one is read.
    Read,
    /// A string that is masked whatever it says: `kind` and `field` are the number of the catalogue's entry, the lower byte first.
    Mask,
    /// A container whose member is left out whatever is in it; the member begins `field` bytes in front of it.
    LeaveOut,
    /// What stands there may not differ and leaves in another spelling.
    Respell,
    /// What stands there may not differ and is left out.
    Omit,
    /// Behind a field that says what the bodies are: they are of the class `kind` by then, as [`number_of_class`] has it.
    Decided,
    /// The key of a body.
    BodyBegins,
    /// The end of a body; of the response's, if `field` is not zero.
    BodyEnds,
    /// The end of the record; `field` is the number of its [`End`](super::shapes::End).
    End,
}

/// A place of a shape; positions count from where the text of its branch was in its record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) start: u16,
    pub(super) end: u16,
    pub(super) what: Do,
    /// Bits of [`slot`](super::templates::slot).
    pub(super) kind: u8,
    pub(super) field: u8,
    /// The value stands in the escaped form of a raw line.
    pub(super) escaped: bool,
    /// The number of the member in [`Shapes::members`](super::shapes::Shapes) as which the string is read where it is not as harmless as `kind` asks; [`NO_MEMBER`] if
    /// then the record is not of the shape.
    pub(super) member: u16,
    /// The number in [`Shapes::respellings`](super::shapes::Shapes) of what is written instead of what was met; zero if that leaves as it is.
    pub(super) written: u16,
}

/// What stands there is not read on its own.
pub(super) const NO_MEMBER: u16 = 0;

/// What is written instead of something.
#[derive(Clone, Copy, Default)]
pub(super) struct Respelling {
    /// Where it stands in the stock.
    pub(super) from: usize,
    pub(super) to: usize,
    /// How many redactions it holds that its step counts.
    pub(super) redactions: u32,
}

impl Step {
    /// Whether the step says the same as another one behind the same text.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let says = |step: &Self| match step.what {
            // Whether a string that may be read has to be, the string says.
            Do::Field | Do::Mask | Do::Read if step.member != NO_MEMBER => (Do::Value, step.kind, step.field),
            _ => (step.what, step.kind, step.field),
        };
        (self.escaped, self.member) == (other.escaped, other.member) && says(self) == says(other)
    }

    /// Whether another value may stand there.
    pub(super) fn is_value(&self) -> bool {
        matches!(self.what, Do::Value | Do::Field | Do::Read | Do::Mask | Do::LeaveOut)
    }

    /// The number in `kind` and `field`.
    pub(super) fn number(&self) -> u16 {
        u16::from_le_bytes([self.kind, self.field])
    }
}

/// A number for what an event's bodies are; zero if that is not known yet.
pub(super) fn number_of_class(class: Option<Class>) -> u8 {
    class.map_or(0, |class| class as u8 + 1)
}
