//! Whole records held against the shapes of earlier ones: [`Walk::record`] passes over those that fit, and reads all others.

use super::buffer::{Stock, View};
use super::members::opens;
use super::shapes::{Branch, Do, LONGEST_BYTES, NONE, Step};
use super::skip::skip_container;
use super::string::Text;
use super::templates::{Slot, TEMPLATES, slot};
use super::walk::{Stop, Walk};
use crate::envelope::Envelope;
use crate::redact::{MASK_START, start};

/// A stretch of a record that is the same as what stands in the stock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    /// Where it is in the record, and how long.
    at: usize,
    length: usize,
    /// Where what the pass makes of it stands in the stock.
    made: usize,
}

/// Where a record parts from the tree.
struct Missed {
    /// The step in front of which it does.
    step: u16,
    at: usize,
}

impl Walk<'_, '_> {
    /// Reads a record.
    pub(crate) fn record(&mut self) -> Result<(), Stop> {
        if !TEMPLATES {
            return self.read_whole();
        }
        let Err(Missed { step, at }) = self.follow_whole() else { return Ok(()) };
        if at > 0 {
            self.envelope.clear();
            self.work.edits.clear();
        }
        let length = self.text.len();
        let word = if at < length { self.text.view().word(at) } else { 0 };
        let is_worth = length <= LONGEST_BYTES && self.tables.shapes.is_worth(step, word);
        let came = if is_worth { self.text.text().to_vec() } else { Vec::new() };
        self.read_whole()?;
        if is_worth && !self.survey(&came) {
            self.tables.shapes.is_shapeless(step, word);
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
        let text: View<'_> = self.text.unbound_view();
        let stock = self.tables.shapes.stock.unbound_view();
        let (mut at, mut member) = (0_usize, 0);
        let (mut parent, mut previous, mut index) = (NONE, NONE, self.tables.shapes.root);
        let mut missed = Missed { step: NONE, at: 0 };
        self.work.stretches.clear();
        'branches: loop {
            let Some(branch) = self.tables.shapes.branches.get(usize::from(index)) else { return Err(missed) };
            let Branch { record, record_len, from, first, last, raw, next, brother } = *branch;
            let (base, mut from, mut number) = (record as usize, usize::from(from), first);
            let stop =
                self.tables.shapes.steps.get(usize::from(last).wrapping_sub(1)).map_or(0, |step| usize::from(step.end));
            // What is at `from` in the branch's record is at `from` plus this in the record.
            let mut by = at.wrapping_sub(from);
            loop {
                let same = text.same_bytes(from.wrapping_add(by), stock, base + from, stop - from).min(stop - from);
                let reached = from + same;
                if raw && same > 0 {
                    let made = base + Stock::behind(usize::from(record_len)) + from;
                    self.work.stretches.push(Stretch { at: from.wrapping_add(by), length: same, made });
                }
                let mut differs = None;
                let steps = self.tables.shapes.steps.get(usize::from(number)..usize::from(last)).unwrap_or_default();
                for step in steps {
                    let Step { start, end, what, field, .. } = *step;
                    let (start, end) = (usize::from(start), usize::from(end));
                    if end >= reached && (end > reached || step.is_value()) {
                        differs = Some(*step).filter(|step| step.is_value() && start <= reached);
                        break;
                    }
                    number += 1;
                    if what == Do::Value {
                        continue;
                    }
                    let (start, end) = (start.wrapping_add(by), end.wrapping_add(by));
                    match what {
                        Do::Value => {}
                        Do::Field | Do::Capture => capture(self.envelope, *step, start, end),
                        Do::Respell => {
                            let shapes = &self.tables.shapes;
                            let number = usize::from(step.number());
                            let (from, to) = shapes.respellings.get(number).copied().unwrap_or_default();
                            self.work.edits.replace(start, end, shapes.stock.span(from, to));
                        }
                        Do::Omit => self.work.edits.leave_out(start, end),
                        Do::Mask | Do::LeaveOut => step.change(start, end, &mut self.work.edits),
                        Do::BodyBegins => member = end,
                        Do::BodyEnds => self.envelope.capture_body(field != 0, member, end),
                        Do::End if end == text.len() => {
                            self.end_of_shape(field);
                            return Ok(());
                        }
                        Do::End => return Err(Missed { step: number, at: end }),
                    }
                }
                if number >= last {
                    at = stop.wrapping_add(by);
                    if previous != NONE {
                        self.tables.shapes.prefer(parent, previous, index);
                    }
                    (parent, previous, index) = (index, NONE, next);
                    missed = Missed { step: number, at };
                    continue 'branches;
                }
                let value = differs.and_then(|step| {
                    let start = usize::from(step.start).wrapping_add(by);
                    let end = match step.what {
                        Do::Mask => end_of_masked(text, start, step.escaped)?,
                        Do::LeaveOut => end_of_left_out(text, start, step.escaped)?,
                        _ => self.fits(text, Slot { kind: step.kind, ..Slot::default() }, start, step.escaped)?,
                    };
                    Some((step, start, end))
                });
                let Some((step, start, end)) = value else {
                    if number > first {
                        return Err(Missed { step: number, at: reached.wrapping_add(by) });
                    }
                    // Brothers part in front of their first step.
                    self.work.stretches.pop_if(|_| raw && same > 0);
                    let parts = reached.wrapping_add(by);
                    if parts >= missed.at {
                        missed = Missed { step: missed.step, at: parts };
                    }
                    (previous, index) = (index, brother);
                    continue 'branches;
                };
                match step.what {
                    Do::Field => capture(self.envelope, step, start, end),
                    Do::Mask | Do::LeaveOut => step.change(start, end, &mut self.work.edits),
                    _ => {}
                }
                number += 1;
                from = usize::from(step.end);
                by = end.wrapping_sub(from);
            }
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
        *self.redactions = end.redactions;
    }
}

/// The end of a string that is masked whatever it says; `None` if that asks for a closer look.
fn end_of_masked(text: View<'_>, start: usize, escaped: bool) -> Option<usize> {
    let end = text.find_special(start);
    let is_plain = opens(text, end, escaped) && end > start && text.byte(start) != MASK_START[0];
    is_plain.then_some(end)
}

/// The end of a value that is left out, if it is a container.
fn end_of_left_out(text: View<'_>, start: usize, escaped: bool) -> Option<usize> {
    let is_container = matches!(text.byte(start), b'{' | b'[');
    is_container.then(|| skip_container(text, start, escaped)).flatten()
}

#[inline(always)]
fn capture(envelope: &mut Envelope, step: Step, start: usize, end: usize) {
    let escaped_form = step.escaped && step.kind & slot::SCALAR == 0;
    envelope.capture(step.field, Text { start, end, escapes: false, escaped_form });
}
