//! Members held against templates: [`Walk::follow`] passes over those that fit.

use super::buffer::{Stock, View, special_mask};
use super::members::opens;
use super::string::Text;
use super::templates::{Known, NO_FIELD, NONE, Slot, Template, Templates, begins_like_secret, slot};
use super::walk::Walk;

/// Objects with more keys than this are read the ordinary way as soon as two of them look alike.
const MOST_KEYS: usize = 24;

/// From the position `from` of a template on, its text stands `by` behind in the record.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shift {
    from: usize,
    by: usize,
}

/// How far templates led.
pub(super) enum Followed {
    /// To a key that has to be read the ordinary way.
    Key(usize),
    /// To the end of a value that no member follows at once.
    Value(usize),
}

/// The position of the record that a position of a template stands for; `shifts` are in order.
fn position(shifts: &[Shift], at: u16, from: impl Fn(usize, usize) -> bool) -> usize {
    let at = usize::from(at);
    shifts.iter().rev().find(|shift| from(shift.from, at)).map_or(at, |shift| at.wrapping_add(shift.by))
}

impl Walk<'_, '_> {
    /// Passes over the members from `at` on that there are templates for; those of the first one are at `place`.
    #[inline(never)]
    pub(super) fn follow<const ESCAPED: bool>(&mut self, mut place: usize, mut at: usize) -> Followed {
        let text: View<'_> = self.text.unbound_view();
        loop {
            let after = self.try_all::<ESCAPED>(text, place, at);
            if after == 0 {
                self.frame.learn = at as u32;
                let key = at + if ESCAPED { 2 } else { 1 };
                self.frame.ticket = Templates::ticket(self.frame.site, text, key, ESCAPED);
                return Followed::Key(at);
            }
            if text.byte(after) != b',' || !opens(text, after + 1, ESCAPED) {
                return Followed::Value(after);
            }
            at = after + 1;
            match self.tables.templates.look_up(self.frame.site, text, at, ESCAPED) {
                Known::Place(next) => place = next,
                Known::Nothing(ticket) => {
                    self.frame.learn = at as u32;
                    self.frame.ticket = ticket;
                    return Followed::Key(at);
                }
                Known::Ordinary => return Followed::Key(at),
            }
        }
    }

    /// The position behind the member at `at`, if it is like one of the templates at `place`; else zero.
    #[inline(always)]
    fn try_all<const ESCAPED: bool>(&mut self, text: View<'_>, place: usize, at: usize) -> usize {
        let mut previous = NONE;
        let mut index = self.tables.templates.first(place);
        while let Some(template) = self.tables.templates.list.get(usize::from(index)) {
            let next = template.next;
            if template.state == self.frame.state {
                let after = if template.depth == 0 {
                    let Template { text: base, len, key_len, value, bucket, .. } = *template;
                    let same = text.same_bytes(
                        at,
                        self.tables.templates.stock.unbound_view(),
                        base as usize,
                        usize::from(len),
                    );
                    self.take_scalar::<ESCAPED>(text, at, same, (usize::from(len), key_len, bucket, value))
                } else {
                    self.try_container::<ESCAPED>(text, usize::from(index), at)
                };
                if after != 0 {
                    if previous != NONE {
                        self.tables.templates.prefer(place, previous, index, next);
                    }
                    return after;
                }
            }
            (previous, index) = (index, next);
        }
        0
    }

    /// A member whose value is a string, a number or a literal, and of which `same` bytes are the same as those of a template.
    #[inline(always)]
    fn take_scalar<const ESCAPED: bool>(
        &mut self,
        text: View<'_>,
        at: usize,
        same: usize,
        of: (usize, u16, u8, Slot),
    ) -> usize {
        let (len, key_len, bucket, value) = of;
        let start = at + usize::from(value.start);
        let mut end = at + usize::from(value.end);
        // A number that is the same so far may go on.
        if same < len || value.kind & slot::SCALAR != 0 {
            if same < usize::from(value.start) {
                return 0;
            }
            match self.fits(text, value, start, ESCAPED) {
                Some(found) => end = found,
                None => return 0,
            }
        }
        if !self.take_key::<ESCAPED>(at, key_len, bucket) {
            return 0;
        }
        if ESCAPED {
            self.text.set_pair(at, *b" \"");
            self.text.set_pair(at + 2 + usize::from(key_len), *b"\" ");
            if value.kind & slot::SCALAR == 0 {
                self.text.set_pair(start - 2, *b" \"");
                self.text.set_pair(end, *b"\" ");
            }
        }
        if value.field != NO_FIELD {
            let escaped_form = ESCAPED && value.kind & slot::SCALAR == 0;
            self.envelope.capture(value.field, Text { start, end, escapes: false, escaped_form });
        }
        end + (len - usize::from(value.end))
    }

    /// Notes the key of the member at `at`, if the object does not have it yet.
    #[inline(always)]
    fn take_key<const ESCAPED: bool>(&mut self, at: usize, key_len: u16, bucket: u8) -> bool {
        let bit = 1 << bucket;
        let start = at + if ESCAPED { 2 } else { 1 };
        if self.frame.seen & bit != 0 {
            let object = (self.frame.keys, self.frame.start);
            let end = start + usize::from(key_len);
            let key = Text { start, end, escapes: false, escaped_form: ESCAPED };
            if self.work.repeats.keys.len() - self.frame.keys > MOST_KEYS
                || self.work.repeats.contains(self.text.view(), key, object, false, 0).0
            {
                return false;
            }
        }
        self.frame.seen |= bit;
        self.work.repeats.keys.push(start as u32);
        true
    }

    /// The end of the value at `start`, if it may stand in a slot.
    #[inline(always)]
    pub(super) fn fits(&mut self, text: View<'_>, slot: Slot, start: usize, escaped: bool) -> Option<usize> {
        if slot.kind & (slot::SCALAR | slot::FIXED) != 0 {
            return if slot.kind & slot::FIXED != 0 { None } else { self.plain_scalar(start) };
        }
        let first = text.word(start);
        let mask = special_mask(first);
        let end = if mask != 0 { start + (mask.trailing_zeros() >> 3) as usize } else { text.find_special(start + 8) };
        let plain = opens(text, end, escaped)
            && (slot.kind == 0
                || (slot.kind & slot::KIND == 0 || !begins_like_secret(first))
                    && (slot.kind & slot::CHECKED == 0 || self.is_harmless(text, first, start, end))
                    && (slot.kind & (slot::URI | slot::SEARCHED) == 0
                        || self.fits_closely(slot, Text { start, end, escapes: false, escaped_form: escaped })));
        plain.then_some(end)
    }

    /// Whether a value may stand in a slot that asks for more than most.
    #[inline(never)]
    fn fits_closely(&mut self, slot: Slot, text: Text) -> bool {
        (slot.kind & slot::URI == 0 || self.is_plain_uri(text))
            && (slot.kind & slot::SEARCHED == 0 || self.is_unmarked(text))
    }

    /// A member whose value is an object or array.
    #[inline(never)]
    fn try_container<const ESCAPED: bool>(&mut self, text: View<'_>, template: usize, at: usize) -> usize {
        let Some(template) = self.tables.templates.list.get(template) else { return 0 };
        let Template { text: base, len, key_len, bucket, slots: (first, last), .. } = *template;
        let deepest = self.work.frames.len() + self.depth + 1 + usize::from(template.depth);
        if deepest >= self.tables.fold_depth {
            return 0;
        }
        let stock = self.tables.templates.stock.unbound_view();
        let (len, base, mut index, last) = (usize::from(len), base as usize, first as usize, last as usize);
        let mut by = at;
        let mut from = 0;
        self.work.shifts.clear();
        self.work.shifts.push(Shift { from, by });
        loop {
            from += text.same_bytes(from.wrapping_add(by), stock, base + from, len - from);
            if from >= len {
                break;
            }
            let slot = loop {
                match self.tables.templates.slots.get(index) {
                    Some(slot) if index < last && usize::from(slot.start) <= from => {
                        index += 1;
                        if usize::from(slot.end) >= from {
                            break *slot;
                        }
                    }
                    _ => return 0,
                }
            };
            let start = usize::from(slot.start).wrapping_add(by);
            let Some(end) = self.fits(text, slot, start, ESCAPED) else { return 0 };
            from = usize::from(slot.end);
            by = end.wrapping_sub(from);
            self.work.shifts.push(Shift { from, by });
        }
        if !self.take_key::<ESCAPED>(at, key_len, bucket) {
            return 0;
        }
        let templates = &self.tables.templates;
        let slots = templates.slots.get(first as usize..last).unwrap_or_default();
        for slot in slots.iter().filter(|slot| slot.field != NO_FIELD) {
            // An empty value of the template begins where it ends.
            let start = position(&self.work.shifts, slot.start, |from, at| from < at);
            let end = position(&self.work.shifts, slot.end, |from, at| from <= at);
            let escaped_form = ESCAPED && slot.kind & slot::SCALAR == 0;
            self.envelope.capture(slot.field, Text { start, end, escapes: false, escaped_form });
        }
        if ESCAPED {
            // What is the same gets the quotes of the plain form.
            let made_of_it = base + Stock::behind(len);
            let mut slots = slots.iter();
            for (index, shift) in self.work.shifts.iter().enumerate() {
                let next = self.work.shifts.get(index + 1).map(|next| next.from);
                let differs = next.and_then(|next| slots.find(|slot| usize::from(slot.end) == next));
                let stop = differs.map_or(len, |slot| usize::from(slot.start));
                let same = templates.stock.span(made_of_it + shift.from, made_of_it + stop);
                self.text.overwrite(shift.from.wrapping_add(shift.by), same);
            }
        }
        len.wrapping_add(by)
    }
}
