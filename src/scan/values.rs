//! What happens to the keys, strings and numbers that the pass stops at: masks, removals, and what their neighbours say about them.

use super::frame::{close, pair};
use super::keys::Member;
use super::paths::effect;
use super::string::{self, Text};
use super::walk::Walk;
use crate::envelope::Source;
use crate::redact::class::Class;
use crate::redact::names::name;
use crate::redact::{catalogue, is_mask, push_mask, push_value_mask, start};

/// What a truncated value keeps at its beginning.
const TRUNCATED_BYTES: usize = 16;

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
        if named & name::PAIR_VALUE != 0 && self.names_decide(span, text) {
            return;
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
            return self.note_patch_value(span, Text::default());
        }
        let is_number = !matches!(self.text.byte(at), b't' | b'f' | b'n');
        if flags & effect::KEEP != 0 || !is_number {
            return;
        }
        if flags & effect::PATCH != 0 && self.class() == Some(Class::Secret) {
            self.mask(at, after, catalogue::UNKNOWN_SHAPE, Text::default());
        } else if flags & effect::MASK != 0 {
            self.mask(at, after, effects.entry, Text::default());
        } else if named & name::SECRET != 0 {
            self.mask(at, after, catalogue::BY_NAME, Text::default());
        } else if named & name::PAIR_VALUE != 0 {
            self.names_decide(span, Text::default());
        }
    }

    /// An object that calls itself a Secret.
    pub(super) fn kind(&mut self, text: Text) {
        let Some(is_list) = self.kind_of_secret(text) else { return };
        if self.class() == Some(Class::Secret) || self.frame.pair & pair::KIND != 0 {
            return;
        }
        self.frame.pair |= pair::KIND;
        if self.level > 0 || self.work.open_frames() > 0 {
            let state = self.tables.paths.enter(start::EMBEDDED_SECRET, self.frame.state);
            // What is read again is read as a Secret from its beginning.
            if self.frame.state == state {
                return;
            }
            // Whether the items of a list have been read is not known.
            if is_list || self.frame.pair & pair::DATA != 0 {
                self.frame.close |= close::SECRET;
            } else {
                self.frame.state = state;
            }
        }
    }

    /// Whether the kind is that of a list of Secrets; `None` if it is no Secret's at all.
    fn kind_of_secret(&mut self, text: Text) -> Option<bool> {
        let is_list = |kind: &[u8]| match kind {
            b"Secret" => Some(false),
            b"SecretList" => Some(true),
            _ => None,
        };
        if !text.escapes {
            return is_list(self.text.span(text.start, text.end));
        }
        let decoded = &mut self.work.scratch;
        decoded.clear();
        string::decode(self.text.view(), text, decoded);
        is_list(decoded)
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
