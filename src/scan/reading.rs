//! Strings of a known shape that are read the ordinary way, in the middle of a record that is followed: those of which not every one is harmless.
//!
//! Only what has nothing to do with what stands around it can be read so. What was made of the string that was met when the shape was drawn, the
//! shape remembers.

use super::buffer::View;
use super::frame::Frame;
use super::keys::{Member, watch};
use super::members::opens;
use super::paths::effect;
use super::steps::Step;
use super::string::{self, Text};
use super::walk::Walk;

impl Walk<'_, '_> {
    /// Reads the string at `start`, which stands in the place of a step; its end. `None` if it cannot be read on its own.
    #[inline(never)]
    pub(super) fn read_string(&mut self, text: View<'_>, step: &Step, start: usize) -> Option<usize> {
        let member = self.tables.shapes.member(step)?;
        self.read_as(text, member, step.escaped, start)
    }

    fn read_as(&mut self, text: View<'_>, member: Member, escaped: bool, start: usize) -> Option<usize> {
        let special = text.find_special(start);
        let mut string = Text { start, end: special, escapes: false, escaped_form: escaped };
        if opens(text, special, escaped) {
            // As in `members`.
            let exempt = member.flags & effect::EXEMPT != 0;
            if member.flags & watch::STRING == 0 && (exempt || self.is_harmless(text, text.word(start), start, special))
            {
                self.capture_string(member, string);
                return Some(special);
            }
        } else {
            string = string::finish(self.text, &mut self.work.edits, start, special, escaped).ok()?;
            self.unwrap_string(string);
        }
        let after = string.end + 1 + usize::from(escaped);
        self.frame = Frame::default();
        self.special_string(start - 1, string, (start - 1, after), member);
        Some(string.end)
    }

    /// Takes note of a string that is a field.
    pub(super) fn capture_string(&mut self, member: Member, string: Text) {
        if member.flags & effect::CAPTURE != 0 {
            self.envelope.capture(self.tables.paths.effects(member.state()).field, string);
        }
    }

    /// Does with the string `start..end` what was done with the one that was met there, which is the same.
    #[inline(never)]
    pub(super) fn write_again(&mut self, step: &Step, start: usize, end: usize) {
        let member = self.tables.shapes.member(step).unwrap_or_default();
        self.capture_string(member, Text { start, end, escapes: true, escaped_form: step.escaped });
        if step.written != 0 {
            let (from, to) = step.around(start, end);
            let respelling = self.tables.shapes.respelling(step);
            self.work.edits.replace(from, to, self.tables.shapes.stock.span(respelling.from, respelling.to));
            *self.redactions += respelling.redactions;
        }
    }

    /// Reads the string that was met at a step, of a record that came as `came`, as it will be read in others, and remembers what becomes of it.
    /// `None` if that is not what the pass made of it.
    pub(super) fn try_reading(&mut self, step: &mut Step, came: &[u8]) -> Option<()> {
        let mut member = self.tables.shapes.member(step)?;
        // The record's fields have been taken note of.
        member.flags &= !effect::CAPTURE;
        let (start, end) = (usize::from(step.start), usize::from(step.end));
        let (from, to) = step.around(start, end);
        let (mut expected, mut found) = (Vec::new(), Vec::new());
        self.work.edits.render(self.text, from, to, &mut expected);
        let made = self.text.span(from, to).to_vec();
        let edits = core::mem::take(&mut self.work.edits);
        let redactions = core::mem::take(self.redactions);
        self.text.overwrite(from, came.get(from..to).unwrap_or_default());
        let reached = self.read_as(self.text.unbound_view(), member, step.escaped, start);
        self.text.overwrite(from, &made);
        self.work.edits.render(self.text, from, to, &mut found);
        self.work.edits = edits;
        let count = core::mem::replace(self.redactions, redactions);
        if reached != Some(end) || found != expected {
            return None;
        }
        if found != made || count > 0 {
            step.written = self.tables.shapes.keep_respelling(&found, count);
        }
        Some(())
    }
}
