//! Makes templates: reads members again that nothing was to be done about, and notes where their values are.
//!
//! What may be in a template is a list of what is known to be harmless; whatever a rule asks for beyond it ends the row. A value that had
//! to be looked at closely stays as it is, so that only the very same one fits.

use super::keys::{Member, watch};
use super::paths::{State, effect};
use super::string;
use super::tables::Tables;
use super::templates::{Lesson, Part, Slot, slot};
use super::walk::{Frame, Walk, close};
use crate::redact::names::name;

/// Bytes of a template at most.
const TEMPLATE_BYTES: usize = 1024;

/// Bytes of an object or array in it at most: larger ones have templates of their own for their members.
const NESTED_BYTES: usize = 320;

/// Containers in each other in a template at most.
const NESTED_DEPTH: usize = 6;

/// Effects that a member of a template may have.
const HARMLESS: u32 = effect::EXEMPT | effect::STRICT | effect::CAPTURE | effect::KEEP;

/// What a lesson costs in `Templates::credit`, of which each record brings one.
const COST: u32 = 2;

/// A lesson that is being learnt.
struct Student {
    lesson: Lesson,
    /// Where the template begins in the record.
    start: usize,
    /// Where the escaped form had its quotes.
    quotes: Vec<usize>,
}

impl Student {
    /// A position of the record as one of the template.
    fn position(&self, at: usize) -> u16 {
        (at - self.start).min(usize::from(u16::MAX)) as u16
    }

    fn slot(&mut self, start: usize, end: usize, kind: u8) {
        let (start, end) = (self.position(start), self.position(end));
        self.lesson.slots.push(Slot { start, end, kind, field: 0 });
    }

    fn capture(&mut self, start: usize, end: usize, kind: u8, field: u8) {
        let (start, end) = (self.position(start), self.position(end));
        self.lesson.captures.push(Slot { start, end, kind, field });
    }
}

/// Whether templates may be used in a container of that name, with that to do when it closes.
#[inline(always)]
pub(super) fn is_teachable(closing: u32, named: u8) -> bool {
    closing & close::STRINGS | u32::from(named & name::SECRET) == 0
}

impl Walk<'_, '_> {
    /// Makes a template of the members of the object that closes, from the one on that no template was known for.
    #[cold]
    #[inline(never)]
    pub(super) fn learn(&mut self, frame: Frame) {
        let start = frame.learn as usize;
        if self.tables.templates.credit < COST || frame.pair != 0 {
            return;
        }
        self.tables.templates.credit -= COST;
        let lesson = Lesson { state: frame.state, ..Lesson::default() };
        let mut student = Student { lesson, start, quotes: Vec::new() };
        self.study_members(&mut student, frame.state, start, 0);
        let Student { mut lesson, quotes, .. } = student;
        let stop = lesson.parts.last().map_or(0, |part| part.end);
        lesson.slots.retain(|slot| slot.end <= stop);
        lesson.captures.retain(|slot| slot.end <= stop);
        let now = self.text.span(start, start + usize::from(stop));
        lesson.text = now.to_vec();
        for quote in quotes {
            if let Some(pair) = lesson.text.get_mut(quote..quote + 2) {
                pair.copy_from_slice(b"\\\"");
            }
        }
        self.tables.templates.keep(frame.ticket, &lesson, self.escaped_form.then_some(now));
    }

    /// Reads members from `at` on as long as they may be in a template; the position behind the last one, if it is the object's last.
    fn study_members(&mut self, student: &mut Student, state: State, mut at: usize, depth: usize) -> Option<usize> {
        loop {
            at = self.skip_blanks(at);
            let member_start = at;
            let (key_start, key_end, after) = self.study_string(student, at)?;
            let Tables { keys, paths, hints, .. } = &mut *self.tables;
            let member = keys.look_up_name(paths, hints, self.text.view(), key_start, key_end, state);
            let colon = self.skip_blanks(after);
            if member.flags & watch::KEY != 0 || self.text.byte(colon) != b':' {
                return None;
            }
            let value = self.skip_blanks(colon + 1);
            at = self.study_value(student, member, value, depth)?;
            if depth == 0 {
                if at - student.start > TEMPLATE_BYTES || self.work.edits.touch(member_start, at) {
                    return None;
                }
                let seen = student.lesson.parts.last().map_or(0, |part| part.seen) | 1 << member.bucket();
                let (key, end) = (student.position(key_start), student.position(at));
                student.lesson.parts.push(Part { seen, key, key_len: (key_end - key_start) as u16, end });
            }
            let next = self.skip_blanks(at);
            if self.text.byte(next) != b',' {
                return Some(next);
            }
            at = next + 1;
        }
    }

    /// The span of a string without escapes, and the position behind it.
    fn study_string(&self, student: &mut Student, at: usize) -> Option<(usize, usize, usize)> {
        if self.text.byte(at) != b'"' || at - student.start > TEMPLATE_BYTES {
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

    fn study_value(&mut self, student: &mut Student, member: Member, at: usize, depth: usize) -> Option<usize> {
        let (effects, named) = (member.effects(), member.name());
        match self.text.byte(at) {
            b'"' => {
                let (start, end, after) = self.study_string(student, at)?;
                if effects & !(HARMLESS | effect::URI) != 0 || named & (name::SECRET | name::PAIR_VALUE) != 0 {
                    return None;
                }
                let view = self.text.view();
                let first = view.word(start);
                if named & name::KIND != 0 && first as u16 == u16::from_le_bytes(*b"Se") {
                    return None;
                }
                let kept = effects & (effect::KEEP | effect::EXEMPT) != 0;
                let simple = view.find_special(start) == end;
                if simple && (kept || effects & effect::URI != 0 || self.is_harmless(view, first, start, end)) {
                    let checked = if kept {
                        0
                    } else if effects & effect::URI != 0 {
                        slot::URI
                    } else {
                        slot::CHECKED
                    };
                    let kind = if named & name::KIND != 0 { slot::KIND } else { 0 };
                    student.slot(start, end, checked | kind);
                } else if effects & (effect::CAPTURE | effect::URI) != 0
                    || matches!(first as u8, b'{' | b'[' | b' ' | b'\n' | b'\\')
                {
                    return None;
                }
                if effects & effect::CAPTURE != 0 {
                    student.capture(start, end, 0, self.tables.paths.effects(member.state()).field);
                }
                Some(after)
            }
            open @ (b'{' | b'[') => {
                if effects & !HARMLESS != 0 || named & name::SECRET != 0 || depth >= NESTED_DEPTH {
                    return None;
                }
                student.lesson.depth = student.lesson.depth.max(depth + 1);
                let close = if open == b'{' { b'}' } else { b']' };
                let mut end = self.skip_blanks(at + 1);
                if self.text.byte(end) != close {
                    end = if open == b'{' {
                        self.study_members(student, member.state(), end, depth + 1)?
                    } else {
                        self.study_items(student, member.state(), end, depth + 1)?
                    };
                }
                (end - at < NESTED_BYTES && self.text.byte(end) == close).then_some(end + 1)
            }
            _ => {
                let end = self.plain_scalar(at)?;
                let watched = u32::from(named & (name::SECRET | name::PAIR_VALUE)) | effects & !HARMLESS;
                if watched != 0 {
                    return None;
                }
                student.slot(at, end, slot::SCALAR);
                if effects & effect::CAPTURE != 0 {
                    student.capture(at, end, slot::SCALAR, self.tables.paths.effects(member.state()).field);
                }
                Some(end)
            }
        }
    }

    fn study_items(&mut self, student: &mut Student, state: State, mut at: usize, depth: usize) -> Option<usize> {
        let item = self.tables.item_of(state, 0);
        loop {
            at = self.skip_blanks(at);
            at = self.study_value(student, item, at, depth)?;
            let next = self.skip_blanks(at);
            if self.text.byte(next) != b',' {
                return Some(next);
            }
            at = next + 1;
        }
    }

    /// Skips white space of a text that has been read.
    fn skip_blanks(&self, mut at: usize) -> usize {
        while matches!(self.text.byte(at), b' ' | b'\t' | b'\n' | b'\r') {
            at += 1;
        }
        at
    }
}
