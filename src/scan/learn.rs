//! Makes templates: reads a member again that nothing was to be done about, and notes where its values are.
//!
//! What may be in a template is a list of what is known to be harmless; whatever a rule asks for beyond it makes the member an ordinary one. A
//! string that had to be looked at closely stays as it is, so that only the very same one fits.

use super::frame::close;
use super::keys::{Member, watch};
use super::paths::{State, effect};
use super::string;
use super::tables::Tables;
use super::templates::{Lesson, NO_FIELD, Slot, begins_like_secret, slot};
use super::walk::Walk;
use crate::redact::names::name;

/// Bytes of a template at most: the members of larger containers have templates of their own.
pub(super) const TEMPLATE_BYTES: usize = 400;

/// Containers in each other in a template at most.
const NESTED_DEPTH: u8 = 6;

/// Effects that a member of a template may have.
const HARMLESS: u32 = effect::EXEMPT | effect::STRICT | effect::CAPTURE | effect::KEEP;

/// A lesson that is being learnt.
struct Student {
    lesson: Lesson,
    /// Where the template begins in the record.
    start: usize,
    /// Where the escaped form had its quotes.
    quotes: Vec<usize>,
    /// No member of that name can be in a template, whatever its value is.
    hopeless: bool,
}

impl Student {
    fn slot(&mut self, start: usize, end: usize, kind: u8, field: Option<u8>) {
        // Templates are short.
        let (start, end) = ((start - self.start) as u16, (end - self.start) as u16);
        self.lesson.slots.push(Slot { start, end, kind, field: field.unwrap_or(NO_FIELD) });
    }
}

/// Whether templates may be used in a container of that name, with that to do when it closes.
#[inline(always)]
pub(super) fn is_teachable(closing: u32, named: u8) -> bool {
    closing & close::STRINGS | u32::from(named & name::SECRET) == 0
}

impl Walk<'_, '_> {
    /// Makes a template of the member from `start` to `end`, whose key no template was known for.
    #[cold]
    #[inline(never)]
    pub(super) fn learn(&mut self, ticket: u32, state: State, start: usize, end: usize) {
        if !self.tables.templates.is_worth(ticket) || self.work.edits.touch(start, end) {
            return;
        }
        let lesson = Lesson { state, ..Lesson::default() };
        let mut student = Student { lesson, start, quotes: Vec::new(), hopeless: false };
        let read = self.study_member(&mut student, state, start, 0);
        let Student { mut lesson, quotes, hopeless, .. } = student;
        if read != Some(end) {
            // What is inside a container may be different the next time; the member itself is what it is.
            if lesson.depth == 0 && hopeless {
                self.tables.templates.give_up(ticket);
            }
            return;
        }
        let now = self.text.span(start, end);
        lesson.text = now.to_vec();
        for quote in quotes {
            if let Some(pair) = lesson.text.get_mut(quote..quote + 2) {
                pair.copy_from_slice(b"\\\"");
            }
        }
        self.tables.templates.keep(ticket, &lesson, self.escaped_form.then_some(now));
    }

    /// Reads the member whose key is at `at` or behind white space there; the position behind it, if it may be in a template.
    fn study_member(&mut self, student: &mut Student, state: State, at: usize, depth: u8) -> Option<usize> {
        let (key_start, key_end, after) = self.study_string(student, self.blanks(at))?;
        if self.text.span(key_start, key_end).contains(&b'\\') {
            // What it is called, it does not say as it stands: the next value may be a secret.
            student.hopeless = true;
            return None;
        }
        let Tables { keys, paths, hints, .. } = &mut *self.tables;
        let member = keys.look_up_name(paths, hints, self.text.view(), key_start, key_end, state);
        let colon = self.blanks(after);
        if member.flags & watch::KEY != 0 || self.text.byte(colon) != b':' {
            student.hopeless = true;
            return None;
        }
        if depth == 0 {
            student.lesson.bucket = member.bucket() as u8;
            student.lesson.key_len = (key_end - key_start) as u16;
        }
        self.study_value(student, member, self.blanks(colon + 1), depth)
    }

    /// Reads what is inside an object or array; the position of its bracket.
    fn study_inside(&mut self, student: &mut Student, member: Member, at: usize, depth: u8) -> Option<usize> {
        let (state, is_object) = (member.state(), self.text.byte(at) == b'{');
        let item = self.tables.item_of(state, 0);
        let close = if is_object { b'}' } else { b']' };
        let mut at = self.blanks(at + 1);
        if self.text.byte(at) == close {
            return Some(at);
        }
        loop {
            at = if is_object {
                self.study_member(student, state, at, depth)?
            } else {
                self.study_value(student, item, self.blanks(at), depth)?
            };
            at = self.blanks(at);
            if self.text.byte(at) != b',' {
                return (self.text.byte(at) == close).then_some(at);
            }
            at += 1;
        }
    }

    /// The span of a string without escapes, and the position behind it.
    fn study_string(&self, student: &mut Student, at: usize) -> Option<(usize, usize, usize)> {
        if self.text.byte(at) != b'"' {
            return None;
        }
        let string = string::read_again(self.text.view(), at + 1, self.escaped_form);
        if string.escapes && self.escaped_form {
            return None;
        }
        if self.escaped_form {
            student.quotes.extend([at - 1 - student.start, string.end - student.start]);
        }
        Some((string.start, string.end, string.end + if self.escaped_form { 2 } else { 1 }))
    }

    fn study_value(&mut self, student: &mut Student, member: Member, at: usize, depth: u8) -> Option<usize> {
        let (effects, named) = (member.effects(), member.name());
        let captured = effects & effect::CAPTURE != 0;
        let field = captured.then(|| self.tables.paths.effects(member.state()).field);
        match self.text.byte(at) {
            b'"' => {
                let (start, end, after) = self.study_string(student, at)?;
                let view = self.text.view();
                let first = view.word(start);
                let is_kind = named & name::KIND != 0;
                if effects & !(HARMLESS | effect::URI) != 0 || named & (name::SECRET | name::PAIR_VALUE) != 0 {
                    student.hopeless = true;
                    return None;
                }
                // A kind with escapes may be that of a Secret.
                if is_kind && (view.span(start, end).starts_with(b"Secret") || view.find_special(start) != end) {
                    return None;
                }
                let kept = effects & (effect::KEEP | effect::EXEMPT) != 0;
                let kind = if view.find_special(start) != end
                    || is_kind && begins_like_secret(first)
                    || !kept && effects & effect::URI == 0 && !self.is_harmless(view, first, start, end)
                {
                    slot::FIXED
                } else if kept {
                    0
                } else if effects & effect::URI != 0 {
                    slot::URI
                } else {
                    slot::CHECKED
                };
                let looked_into =
                    captured || effects & effect::URI != 0 || matches!(first as u8, b'{' | b'[' | b' ' | b'\n' | b'\\');
                if kind == slot::FIXED && looked_into {
                    return None;
                }
                let searched = if self.tables.paths.searches() { slot::SEARCHED } else { 0 };
                student.slot(start, end, if is_kind { kind | slot::KIND } else { kind } | searched, field);
                Some(after)
            }
            // What is inside of a pair's value, the name of the pair says.
            b'{' | b'[' if named & name::PAIR_VALUE != 0 => None,
            b'{' | b'[' => {
                if effects & !HARMLESS != 0 || named & name::SECRET != 0 {
                    student.hopeless = true;
                    return None;
                }
                if depth >= NESTED_DEPTH {
                    return None;
                }
                student.lesson.depth = student.lesson.depth.max(depth + 1);
                self.study_inside(student, member, at, depth + 1).map(|bracket| bracket + 1)
            }
            _ => {
                let end = self.plain_scalar(at)?;
                if u32::from(named & (name::SECRET | name::PAIR_VALUE)) | effects & !HARMLESS != 0 {
                    student.hopeless = true;
                    return None;
                }
                student.slot(at, end, slot::SCALAR, field);
                Some(end)
            }
        }
    }
}
