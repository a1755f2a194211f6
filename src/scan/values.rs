//! What happens to the keys, strings and numbers that the pass stops at: masks, removals, and what their neighbours say about them.

use super::frame::{close, pair};
use super::keys::Member;
use super::paths::effect;
use super::string::{self, Text};
use super::tables::Tables;
use super::walk::Walk;
use crate::envelope::Source;
use crate::redact::class::Class;
use crate::redact::names::{self, name};
use crate::redact::{catalogue, is_mask, push_mask, push_value_mask, start};

/// What a truncated value keeps at its beginning.
const TRUNCATED_BYTES: usize = 16;

/// Bytes of the longest name of a member that names a pair: `parameterName`.
const LONGEST_PAIR_NAME: usize = 13;

impl Walk<'_, '_> {
    /// A key that says something about its object, or is long enough to hold a token itself.
    #[cold]
    #[inline(never)]
    pub(super) fn special_key(&mut self, text: Text, member: Member) {
        let named = member.name();
        self.work.note_key(text);
        if named & name::DATA != 0 {
            self.frame.pair |= pair::DATA;
        }
        if named & name::LONG == 0
            || member.effects() & effect::LINE != 0
            || self.tables.paths.effects(self.frame.state).flags & effect::KEEP != 0
        {
            return;
        }
        self.judge_plain_text(text);
    }

    /// A string that something is to be done about, or that has to be looked at closely.
    #[cold]
    #[inline(never)]
    pub(super) fn special_string(&mut self, member: usize, text: Text, span: (usize, usize), of: Member) {
        let (quote, after) = span;
        let of = self.counted(of);
        let (flags, named) = (of.effects(), of.name());
        self.place = of.state();
        self.capture_string(of, text);
        if flags & effect::ANNOTATION != 0 {
            self.envelope.capture_annotation(self.work.last_key(), text);
        }
        if flags & effect::POLICY != 0 && self.own_string(member, text, span, of) {
            return;
        }
        if flags & effect::REMOVE != 0 {
            return self.remove(member, after);
        }
        if self.frame.close & close::PATCH != 0 && self.patch_member(text, span, flags, named) {
            return;
        }
        if flags & effect::KEEP != 0 {
            return;
        }
        if self.frame.close & close::COMMAND != 0 {
            self.work.arguments.push(text);
            return;
        }
        if flags & effect::BODY != 0 {
            self.envelope.capture_body(flags & effect::RESPONSE != 0, member, after);
            // A body that is a string is of no known shape.
            return match self.class() {
                Some(Class::Secret) | None => self.mask(quote, after, catalogue::UNKNOWN_SHAPE, text),
                Some(_) => self.free_text(text, quote, after, flags),
            };
        }
        if flags & effect::PATCH != 0 && self.class() == Some(Class::Secret) {
            return self.mask(quote, after, catalogue::UNKNOWN_SHAPE, text);
        }
        if flags & effect::MASK != 0 {
            let entry = self.tables.paths.effects(of.state()).entry;
            return self.mask(quote, after, entry, text);
        }
        if named & name::KIND != 0 {
            self.kind(text);
        }
        if named & name::SECRET != 0 {
            return self.mask(quote, after, catalogue::BY_NAME, text);
        }
        self.name_decides(text, named);
        if named & name::PAIR_VALUE != 0 {
            match self.name_of_pair(self.frame.keys) {
                Some(name) if self.own_pair(name, span) => return,
                Some(name) if self.is_secret_name(name) => return self.mask(quote, after, catalogue::BY_NAME, text),
                Some(_) => {}
                None => self.note_value(quote, after),
            }
        }
        if flags & effect::EXEMPT != 0 {
            return self.own_text(text);
        }
        if flags & (effect::EVENT | effect::LINE) != 0 {
            if self.envelope.source == Source::Record {
                self.envelope.source = Source::Text;
            }
            return self.nested_json(text, quote, after, start::RECORD, flags);
        }
        if flags & effect::TRUNCATE != 0 {
            return self.truncate(text, quote, after);
        }
        self.free_text(text, quote, after, flags);
    }

    /// A number or literal that something is to be done about.
    #[cold]
    #[inline(never)]
    pub(super) fn special_scalar(&mut self, member: usize, span: (usize, usize), of: Member) {
        let (at, after) = span;
        let of = self.counted(of);
        let (flags, named) = (of.effects(), of.name());
        let effects = self.tables.paths.effects(of.state());
        if flags & effect::CAPTURE != 0 {
            self.envelope.capture(effects.field, Text { start: at, end: after, escapes: false, escaped_form: false });
        }
        if flags & effect::POLICY != 0 && self.own_scalar(member, span, of) {
            return;
        }
        if flags & effect::REMOVE != 0 {
            return self.remove(member, after);
        }
        if self.frame.close & close::PATCH != 0 && named & name::PAIR_VALUE != 0 {
            return self.note_value(at, after);
        }
        let is_number = !matches!(self.text.byte(at), b't' | b'f' | b'n');
        if flags & effect::KEEP != 0 || !is_number {
            return;
        }
        if flags & effect::MASK != 0 {
            self.mask(at, after, effects.entry, Text::default());
        } else if named & name::SECRET != 0 {
            self.mask(at, after, catalogue::BY_NAME, Text::default());
        } else if named & name::PAIR_VALUE != 0 {
            match self.name_of_pair(self.frame.keys) {
                Some(name) if self.own_pair(name, span) => {}
                Some(name) if self.is_secret_name(name) => self.mask(at, after, catalogue::BY_NAME, Text::default()),
                Some(_) => {}
                None => self.note_value(at, after),
            }
        }
    }

    /// Remembers the value of a pair or patch operation, because what decides about it has not come yet.
    pub(super) fn note_value(&mut self, start: usize, end: usize) {
        self.frame.pair |= pair::VALUE;
        let depth = self.work.open_frames();
        self.work.notes(depth).value = Text { start, end, ..Text::default() };
    }

    /// The value of the member of the open object that names its pair, if it has been read and is a string; `from` is where the object's
    /// keys begin.
    fn name_of_pair(&self, from: usize) -> Option<Text> {
        let view = self.text.view();
        let quote = if self.escaped_form { 2 } else { 1 };
        let keys = self.work.repeats.keys.get(from..).unwrap_or_default();
        keys.iter().find_map(|&start| {
            let start = start as usize;
            let key = view.span(start, start + LONGEST_PAIR_NAME + 1);
            let length = key.iter().position(|&byte| byte == b'"')?;
            if !names::is_pair_name(key.get(..length)?) {
                return None;
            }
            let mut at = start + length + quote;
            while matches!(view.byte(at), b' ' | b'\t' | b'\n' | b'\r' | b':') {
                at += 1;
            }
            (view.byte(at) == b'"').then(|| string::read_again(view, at + 1, self.escaped_form))
        })
    }

    /// Whether the items of an array that is the value of a pair are secret, by the pair's name; the frame of the pair has been put away.
    #[cold]
    #[inline(never)]
    pub(super) fn is_array_of_secrets(&mut self) -> bool {
        let keys = self.work.frames.last().map_or(0, |frame| frame.keys);
        self.name_of_pair(keys).is_some_and(|name| self.is_secret_name(name))
    }

    /// An object that calls itself a Secret.
    pub(super) fn kind(&mut self, text: Text) {
        let kind = self.text.span(text.start, text.end);
        if !matches!(kind, b"Secret" | b"SecretList")
            || self.class() == Some(Class::Secret)
            || self.frame.pair & pair::KIND != 0
        {
            return;
        }
        self.frame.pair |= pair::KIND;
        if self.level > 0 || self.work.open_frames() > 0 {
            if self.frame.pair & pair::DATA != 0 {
                self.frame.close |= close::SECRET;
            } else {
                self.frame.state = self.tables.paths.enter(start::EMBEDDED_SECRET, self.frame.state);
            }
        }
    }

    pub(super) fn is_secret_name(&mut self, text: Text) -> bool {
        let Tables { keys, paths, hints, .. } = &mut *self.tables;
        let view = self.text.view();
        let found = if text.escapes {
            keys.look_up_decoded(paths, hints, view, text, start::QUIET, &mut self.work.scratch)
        } else {
            keys.look_up_name(paths, hints, view, text.start, text.end, start::QUIET)
        };
        found.name() & name::SECRET != 0
    }

    /// Puts a mask in the place of a value.
    pub(super) fn mask(&mut self, start: usize, end: usize, entry: u16, text: Text) {
        let value = self.text.span(text.start, text.end);
        if text.end > 0 && (is_mask(value) || value.is_empty()) {
            return;
        }
        self.work.edits.replace_with(start, end, |out| push_value_mask(out, entry, text.end - text.start));
        *self.redactions += 1;
    }

    pub(super) fn mask_inside(&mut self, text: Text) {
        if is_mask(self.text.span(text.start, text.end)) || text.start == text.end {
            return;
        }
        self.work.edits.replace_with(text.start, text.end, |out| push_mask(out, catalogue::id(catalogue::TOKEN_NAME)));
        *self.redactions += 1;
    }

    fn truncate(&mut self, text: Text, quote: usize, after: usize) {
        if text.end - text.start <= 2 * TRUNCATED_BYTES || text.escapes {
            return self.free_text(text, quote, after, 0);
        }
        if !self.is_unmarked(text) && self.tables.own.fits(self.text.span(text.start, text.end)) {
            let entry = self.tables.paths.effects(self.place).entry;
            return self.mask(quote, after, entry, text);
        }
        let head = self.text.span(text.start, text.start + TRUNCATED_BYTES);
        self.work.edits.replace_with(text.start, text.end, |out| {
            out.extend_from_slice(head);
            out.extend_from_slice(b"...");
        });
        *self.redactions += 1;
    }

    pub(super) fn remove(&mut self, member: usize, after: usize) {
        self.work.edits.leave_out(member, after);
        *self.redactions += 1;
    }
}
