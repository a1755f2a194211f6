//! What the pass changed in a record, as steps of its shape.
//!
//! A value that is masked whatever it says, and a container that is left out, may be other ones the next time. Every other change is one of
//! text that may not differ, so that it is the same change the next time.

use super::edits::{Change, Edits};
use super::shapes::Shapes;
use super::steps::{Do, NO_MEMBER, Step};
use crate::redact::push_value_mask;

impl Step {
    /// The part of the record that a step changes whatever stands there; `None` for other steps.
    fn changes(&self) -> Option<(usize, usize)> {
        let (start, end) = (usize::from(self.start), usize::from(self.end));
        match self.what {
            Do::Mask => Some(self.around(start, end)),
            Do::LeaveOut => Some((start - usize::from(self.field), end)),
            _ => None,
        }
    }

    /// The string `start..end` with its quotes.
    pub(super) fn around(&self, start: usize, end: usize) -> (usize, usize) {
        (start - 1, end + 1 + usize::from(self.escaped))
    }

    /// Makes the change of a step whose value stands at `start..end`.
    pub(super) fn change(&self, start: usize, end: usize, edits: &mut Edits) {
        if self.what == Do::Mask {
            let (from, to) = self.around(start, end);
            edits.replace_with(from, to, |out| push_value_mask(out, self.number(), end - start));
        } else {
            edits.leave_out(start - usize::from(self.field), end);
        }
    }
}

/// Gives every change its step; `None` if there is one that a shape cannot hold.
pub(super) fn take_in(drawn: &mut Vec<Step>, edits: &mut Edits, shapes: &mut Shapes) -> Option<()> {
    let changes = edits.in_force();
    let mut made = vec![false; changes.len()];
    drawn.retain_mut(|step| {
        let own = step.changes();
        let found = own.and_then(|(start, end)| {
            let found = changes.binary_search_by_key(&start, |change| change.start).ok();
            found.filter(|&index| changes.get(index).is_some_and(|change| change.is_of(step, end)))
        });
        if let Some(made) = found.and_then(|index| made.get_mut(index)) {
            *made = true;
        } else if step.member != NO_MEMBER {
            if own.is_some() {
                step.what = Do::Read;
            }
            let (start, end) = step.around(step.start.into(), step.end.into());
            let first = changes.partition_point(|change| change.start < start);
            for (_, made) in changes.iter().zip(&mut made).skip(first).take_while(|(change, _)| change.end <= end) {
                *made = true;
                step.what = Do::Read;
            }
        }
        // What has not been changed after all stays as it stands.
        own.is_none() || found.is_some() || step.member != NO_MEMBER
    });
    let values: Vec<(u16, u16)> =
        drawn.iter().filter(|step| step.is_value()).map(|step| (step.start, step.end)).collect();
    let before = drawn.len();
    for (change, _) in changes.iter().zip(made).filter(|(_, made)| !made) {
        let (start, end) = (change.start as u16, change.end as u16);
        let next = values.partition_point(|value| value.1 <= start);
        let touches = values.get(next).is_some_and(|value| value.0 < end);
        if touches || start == end {
            return None;
        }
        let what = if change.leaves_out { Do::Omit } else { Do::Respell };
        let written = if change.leaves_out { 0 } else { shapes.keep_respelling(change.with, 0) };
        drawn.push(Step { start, end, what, written, ..Step::default() });
    }
    if drawn.len() > before {
        drawn.sort_by_key(|step| step.end);
    }
    Some(())
}

impl Change<'_> {
    /// Whether it is what `step` would have done, of which it has the beginning.
    fn is_of(&self, step: &Step, end: usize) -> bool {
        if self.end != end || self.leaves_out != (step.what == Do::LeaveOut) {
            return false;
        }
        let mut mask = Vec::new();
        if !self.leaves_out {
            push_value_mask(&mut mask, step.number(), usize::from(step.end - step.start));
        }
        mask == self.with
    }
}
