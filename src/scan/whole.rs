//! Whole records held against the shapes of earlier ones: [`Walk::record`] passes over those that fit, and reads all others.

use super::buffer::{Stock, View};
use super::members::opens;
use super::shapes::{Branch, LONGEST_BYTES, NONE, Parted};
use super::skip::skip_container;
use super::steps::{Do, NO_MEMBER, Step, number_of_class};
use super::string::Text;
use super::templates::{Slot, TEMPLATES, slot};
use super::walk::{Stop, Walk};
use crate::envelope::Envelope;
use crate::redact::{MASK_BYTE, start};

/// A stretch of a record that is the same as what stands in the stock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    /// Where it is in the record, and how long.
    pub(super) at: usize,
    pub(super) length: usize,
    /// Where what the pass makes of it stands in the stock.
    made: usize,
}

/// Where a record parts from the tree.
#[derive(Clone, Copy)]
struct Missed {
    /// The step in front of which it does.
    step: u16,
    at: usize,
}

impl Default for Missed {
    fn default() -> Self {
        Self { step: NONE, at: 0 }
    }
}

impl Walk<'_, '_> {
    /// Reads a record.
    pub(crate) fn record(&mut self) -> Result<(), Stop> {
        if !TEMPLATES {
            return self.read_whole();
        }
        let Err(Missed { step, at }) = self.follow_whole() else { return Ok(()) };
        let length = self.text.len();
        let word = if at < length { self.text.view().word(at) as u32 } else { 0 };
        let parted = Parted { step, word, length };
        let is_worth = length <= LONGEST_BYTES && self.tables.shapes.is_worth(parted);
        let came = if is_worth { self.text.text().to_vec() } else { Vec::new() };
        self.read_whole()?;
        if is_worth && !self.survey(&came) {
            self.tables.shapes.is_shapeless(parted);
        }
        Ok(())
    }

    fn read_whole(&mut self) -> Result<(), Stop> {
        self.run(start::RECORD)?;
        self.finish_bodies();
        self.finish_names();
        Ok(())
    }

    /// Passes over the record if it is of a known shape.
    #[inline(never)]
    fn follow_whole(&mut self) -> Result<(), Missed> {
        // Out of the tree for as long as it is walked, so that they can be looked at beside it.
        let steps = core::mem::take(&mut self.tables.shapes.steps);
        let before = *self.redactions;
        let followed = self.follow_steps(&steps);
        self.tables.shapes.steps = steps;
        if followed.is_err_and(|missed| missed.at > 0) {
            self.envelope.clear();
            self.work.edits.clear();
            *self.redactions = before;
        }
        followed
    }

    #[inline(always)]
    fn follow_steps(&mut self, all: &[Step]) -> Result<(), Missed> {
        let text: View<'_> = self.text.unbound_view();
        let stock = self.tables.shapes.stock.unbound_view();
        let (mut at, mut member) = (0_usize, 0);
        let (mut parent, mut previous, mut index) = (NONE, NONE, self.tables.shapes.root);
        let mut missed = Missed::default();
        self.work.stretches.clear();
        'branches: loop {
            let Some(branch) = self.tables.shapes.branches.get(usize::from(index)) else { return Err(missed) };
            let Branch { len, from, first, last, raw, next, brother, .. } = *branch;
            let base = branch.base();
            let mut from = usize::from(from);
            let mut steps = all.get(usize::from(first)..usize::from(last)).unwrap_or_default().iter();
            let stop = steps.as_slice().last().map_or(0, |step| usize::from(step.end));
            let number = |left: &[Step]| last - left.len() as u16;
            // What is at `from` in the branch's record is at `from` plus this in the record.
            let mut by = at.wrapping_sub(from);
            loop {
                let same = text.same_bytes(from.wrapping_add(by), stock, base.wrapping_add(from), stop - from);
                let reached = from + same;
                if raw {
                    let made = base.wrapping_add(from) + Stock::behind(usize::from(len));
                    self.work.stretches.push(Stretch {
                        at: from.wrapping_add(by),
                        length: same.min(stop - from),
                        made,
                    });
                }
                // What lies behind.
                let step = loop {
                    let Some(step) = steps.as_slice().first() else {
                        at = stop.wrapping_add(by);
                        if previous != NONE {
                            self.tables.shapes.prefer(parent, previous, index);
                        }
                        (parent, previous, index) = (index, NONE, next);
                        missed = Missed { step: last, at };
                        continue 'branches;
                    };
                    let end = usize::from(step.end);
                    if end >= reached && (end > reached || step.is_value()) {
                        break step;
                    }
                    if step.what == Do::Value {
                        steps.next();
                        continue;
                    }
                    let goes_on = match step.what {
                        Do::Decided => number_of_class(self.class()) == step.kind,
                        Do::End => end.wrapping_add(by) == text.len(),
                        _ => true,
                    };
                    if !goes_on {
                        break step;
                    }
                    steps.next();
                    let (start, end) = (usize::from(step.start).wrapping_add(by), end.wrapping_add(by));
                    match step.what {
                        Do::Value | Do::Decided => {}
                        Do::Read => self.write_again(step, start, end),
                        Do::Field | Do::Capture => capture(self.envelope, step, start, end),
                        Do::BodyBegins => member = start,
                        Do::BodyEnds => self.envelope.capture_body(step.field != 0, member, end),
                        Do::End => {
                            self.end_of_shape(step.field);
                            return Ok(());
                        }
                        Do::Mask | Do::LeaveOut | Do::Respell | Do::Omit => self.change(step, start, end),
                    }
                };
                let start = usize::from(step.start);
                let end = if start > reached || !step.is_value() {
                    None
                } else {
                    self.take_value(text, step, start.wrapping_add(by))
                };
                let Some(end) = end else {
                    let left = number(steps.as_slice());
                    if left > first || start <= reached && step.member != NO_MEMBER {
                        return Err(Missed { step: left, at: reached.wrapping_add(by) });
                    }
                    // Brothers part in front of their first step.
                    self.work.stretches.pop_if(|_| raw);
                    let parts = reached.wrapping_add(by);
                    if parts >= missed.at {
                        missed.at = parts;
                    }
                    (previous, index) = (index, brother);
                    continue 'branches;
                };
                steps.next();
                from = usize::from(step.end);
                by = end.wrapping_sub(from);
            }
        }
    }

    /// The end of a value that differs from the one that was met, if it may stand there; what is to be done about it is done.
    #[inline(always)]
    fn take_value(&mut self, text: View<'_>, step: &Step, start: usize) -> Option<usize> {
        let end = match step.what {
            Do::Mask => end_of_masked(text, start, step.escaped),
            Do::LeaveOut => end_of_left_out(text, start, step.escaped),
            Do::Read => None,
            _ => self.fits(text, Slot { kind: step.kind, ..Slot::default() }, start, step.escaped),
        };
        let Some(end) = end else { return self.read_string(text, step, start) };
        match step.what {
            Do::Value => {}
            Do::Field => capture(self.envelope, step, start, end),
            _ => self.change(step, start, end),
        }
        Some(end)
    }

    /// Makes the change of a step that stands at `start..end` in the record.
    #[inline(never)]
    fn change(&mut self, step: &Step, start: usize, end: usize) {
        let edits = &mut self.work.edits;
        match step.what {
            Do::Respell => {
                let respelling = self.tables.shapes.respelling(step);
                edits.replace(start, end, self.tables.shapes.stock.span(respelling.from, respelling.to));
            }
            Do::Omit => edits.leave_out(start, end),
            Do::Mask => {
                step.change(start, end, edits);
                *self.redactions += 1;
            }
            _ => step.change(start, end, edits),
        }
    }

    fn end_of_shape(&mut self, number: u8) {
        for stretch in &self.work.stretches {
            let made = self.tables.shapes.stock.span(stretch.made, stretch.made + stretch.length);
            self.text.overwrite(stretch.at, made);
        }
        let Some(end) = self.tables.shapes.ends.get(usize::from(number)) else { return };
        self.envelope.source = end.source;
        self.envelope.class = end.class;
        self.envelope.end = self.text.len() - end.behind;
        *self.redactions += end.redactions;
    }
}

/// The end of a string that is masked whatever it says; `None` if that asks for a closer look.
fn end_of_masked(text: View<'_>, start: usize, escaped: bool) -> Option<usize> {
    let end = text.find_special(start);
    let is_plain = opens(text, end, escaped) && end > start && text.byte(start) != MASK_BYTE;
    is_plain.then_some(end)
}

/// The end of a value that is left out, if it is a container.
fn end_of_left_out(text: View<'_>, start: usize, escaped: bool) -> Option<usize> {
    let is_container = matches!(text.byte(start), b'{' | b'[');
    is_container.then(|| skip_container(text, start, escaped)).flatten()
}

#[inline(always)]
fn capture(envelope: &mut Envelope, step: &Step, start: usize, end: usize) {
    let escaped_form = step.escaped && step.kind & slot::SCALAR == 0;
    envelope.capture(step.field, Text { start, end, escapes: false, escaped_form });
}
