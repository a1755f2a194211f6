//! Rows of members as they were met before: audit events repeat each other, but for some of their values.
//!
//! A template is the text of some members that followed each other in an object, smaller objects and arrays inside them included, and that
//! nothing was to be done about. `learn` makes them, [`Walk::follow`] holds them against the text: eight bytes at a time as long as both
//! are the same, and where they differ within a value, that value is read on its own and has to be of the same kind and as harmless.
//! What fits is passed over at once, up to the last member that fits; everything else goes the ordinary way. So a template never says more
//! than reading the members would have said, and a wrong guess costs a few comparisons.
//!
//! Templates are found by the path of names to their object and the first bytes of their first key; that is a guess, and the rules'
//! state, which decides what holds there, is compared. All of them are forgotten when there is no more room, or when states get new numbers.

use super::buffer::{Stock, View, special_mask};
use super::members::opens;
use super::paths::State;
use super::string::Text;
use super::walk::{Frame, Walk};

/// Places in the table; a power of two.
const PLACES: usize = 1024;

/// Bytes of text that are kept at most.
const STOCK_BYTES: usize = 128 * 1024;

/// Templates that begin alike and are tried one after the other.
const ALTERNATIVES: usize = 6;

/// Objects with more keys than this are read the ordinary way.
const MOST_KEYS: usize = 24;

/// No template.
pub(super) const NONE: u16 = u16::MAX;

/// What a value may be that differs from the template's; bits of [`Slot::kind`].
pub(super) mod slot {
    /// A number or a literal.
    pub(crate) const SCALAR: u8 = 1;
    /// A string that has to be harmless.
    pub(crate) const CHECKED: u8 = 1 << 1;
    /// A string that may be the kind of a Secret.
    pub(crate) const KIND: u8 = 1 << 2;
    /// A request URI.
    pub(crate) const URI: u8 = 1 << 3;
}

/// A value; positions count from the template's beginning.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slot {
    pub(super) start: u16,
    pub(super) end: u16,
    /// Bits of [`slot`]; of a value that is captured, whether it is a string.
    pub(super) kind: u8,
    /// The field of the envelope that a captured value goes to.
    pub(super) field: u8,
}

/// A member of the object itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Part {
    /// The buckets of this key and all before it.
    pub(super) seen: u64,
    /// Where the key is, behind its quote.
    pub(super) key: u16,
    /// The key's length in bytes.
    pub(super) key_len: u16,
    /// Where the member ends.
    pub(super) end: u16,
}

/// A row of members. Numbers of slots and parts are places in the lists that all templates share.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Template {
    /// Where its text begins in the stock; behind the text stands what the pass makes of it, if that differs.
    text: usize,
    len: usize,
    state: State,
    /// The next one that begins alike.
    next: u16,
    /// Containers in each other.
    depth: usize,
    slots: (u32, u32),
    captures: (u32, u32),
    parts: (u32, u32),
}

/// What `learn` found.
#[derive(Default)]
pub(super) struct Lesson {
    pub(super) state: State,
    pub(super) depth: usize,
    /// The text as it came.
    pub(super) text: Vec<u8>,
    pub(super) slots: Vec<Slot>,
    pub(super) captures: Vec<Slot>,
    pub(super) parts: Vec<Part>,
}

/// From the position `from` of a template on, its text stands `by` behind in the record.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shift {
    from: usize,
    by: usize,
}

#[derive(Clone, Copy, Default)]
struct Place {
    /// Tells what is looked for from what falls on the same place; zero is free.
    tag: u32,
    /// The template that is tried first.
    head: u16,
}

/// All templates.
pub(crate) struct Templates {
    stock: Stock,
    list: Vec<Template>,
    slots: Vec<Slot>,
    captures: Vec<Slot>,
    parts: Vec<Part>,
    places: Box<[Place; PLACES]>,
    /// What may still be learnt; grows with every record, so that records of which none is like another cost little.
    pub(super) credit: u32,
}

/// What is known of an object's members from one key on.
pub(super) enum Known {
    /// Nothing yet; the number to learn it under.
    Nothing(u32),
    /// That the member is to be read the ordinary way.
    Ordinary,
    /// Templates, the first of which is at this place.
    Place(usize),
}

impl Templates {
    pub(super) fn new() -> Self {
        Self {
            stock: Stock::new(),
            list: Vec::new(),
            slots: Vec::new(),
            captures: Vec::new(),
            parts: Vec::new(),
            places: Box::new([Place::default(); PLACES]),
            credit: 64,
        }
    }

    pub(super) fn forget(&mut self) {
        self.stock.clear();
        self.list.clear();
        self.slots.clear();
        self.captures.clear();
        self.parts.clear();
        self.places.fill(Place::default());
    }

    /// Between records: makes room, where there is none left.
    pub(super) fn tidy(&mut self) {
        if self.stock.len() > STOCK_BYTES {
            self.forget();
        }
        self.credit = (self.credit + 1).min(64);
    }

    /// The number that the members from the key on that begins with `word` are learnt under, in the object at `site`.
    #[inline(always)]
    pub(super) fn ticket(site: u32, word: u64) -> u32 {
        ((word ^ u64::from(site)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
    }

    /// What is known from the key on that begins with `word`, in the object at `site`.
    #[inline(always)]
    pub(super) fn look_up(&self, site: u32, word: u64) -> Known {
        let ticket = Self::ticket(site, word);
        let index = index_of(ticket);
        match self.places.get(index) {
            Some(place) if place.tag != ticket => Known::Nothing(ticket),
            Some(place) if place.head != NONE => Known::Place(index),
            _ => Known::Ordinary,
        }
    }

    /// Keeps what was learnt; nothing, if the members from there on are to be read the ordinary way. `made_of_it` is the text after the pass.
    pub(super) fn keep(&mut self, ticket: u32, lesson: &Lesson, made_of_it: Option<&[u8]>) {
        let Some(place) = self.places.get_mut(index_of(ticket)) else { return };
        if place.tag != ticket {
            *place = Place { tag: ticket, head: NONE };
        }
        if lesson.parts.is_empty() || self.list.len() >= usize::from(NONE) {
            return;
        }
        let text = self.stock.push(&lesson.text);
        if let Some(made_of_it) = made_of_it {
            self.stock.push(made_of_it);
        }
        let template = Template {
            text,
            len: lesson.text.len(),
            state: lesson.state,
            next: place.head,
            depth: lesson.depth,
            slots: append(&mut self.slots, &lesson.slots),
            captures: append(&mut self.captures, &lesson.captures),
            parts: append(&mut self.parts, &lesson.parts),
        };
        place.head = self.list.len() as u16;
        let mut last = place.head;
        self.list.push(template);
        for _ in 1..ALTERNATIVES {
            last = self.list.get(usize::from(last)).map_or(NONE, |template| template.next);
        }
        if let Some(last) = self.list.get_mut(usize::from(last)) {
            last.next = NONE;
        }
    }

    /// Lets `index` be tried first the next time; `previous` stands in front of it.
    fn prefer(&mut self, place: usize, previous: u16, index: u16, next: u16) {
        let Some(place) = self.places.get_mut(place) else { return };
        if let Some(previous) = self.list.get_mut(usize::from(previous)) {
            previous.next = next;
        }
        if let Some(template) = self.list.get_mut(usize::from(index)) {
            template.next = core::mem::replace(&mut place.head, index);
        }
    }
}

#[inline(always)]
fn index_of(ticket: u32) -> usize {
    (ticket >> (32 - PLACES.trailing_zeros())) as usize
}

fn append<T: Copy>(list: &mut Vec<T>, more: &[T]) -> (u32, u32) {
    let start = list.len() as u32;
    list.extend_from_slice(more);
    (start, list.len() as u32)
}

fn row<T>(list: &[T], range: (u32, u32)) -> &[T] {
    list.get(range.0 as usize..range.1 as usize).unwrap_or_default()
}

/// Turns positions of a template into positions of the record, for positions in ascending order.
struct Map<'a> {
    shifts: &'a [Shift],
    at: usize,
}

impl<'a> Map<'a> {
    fn new(shifts: &'a [Shift]) -> Self {
        Self { shifts, at: 0 }
    }

    #[inline(always)]
    fn record(&mut self, position: u16) -> usize {
        let position = usize::from(position);
        while self.shifts.get(self.at + 1).is_some_and(|next| next.from <= position) {
            self.at += 1;
        }
        position.wrapping_add(self.shifts.get(self.at).map_or(0, |shift| shift.by))
    }
}

impl Walk<'_, '_> {
    /// Passes over the members from `at` on that a template of `place` has; the position behind the last one, or zero.
    #[inline(never)]
    pub(super) fn follow<const ESCAPED: bool>(&mut self, place: usize, at: usize) -> usize {
        if self.work.repeats.keys.len() - self.frame.keys > MOST_KEYS {
            return 0;
        }
        let head = self.tables.templates.places.get(place).map_or(NONE, |place| place.head);
        let (mut previous, mut index) = (NONE, head);
        let room = self.tables.fold_depth.saturating_sub(self.work.frames.len() + self.depth + 1);
        while let Some(&template) = self.tables.templates.list.get(usize::from(index)) {
            if template.state == self.frame.state && template.depth < room {
                let reached = self.compare::<ESCAPED>(&template, at);
                let after = self.accept::<ESCAPED>(&template, reached);
                if after > 0 {
                    if previous != NONE {
                        self.tables.templates.prefer(place, previous, index, template.next);
                    }
                    return after;
                }
            }
            (previous, index) = (index, template.next);
        }
        0
    }

    /// How far the text from `at` on fits; `Work::shifts` holds where it stands.
    #[inline(always)]
    fn compare<const ESCAPED: bool>(&mut self, template: &Template, at: usize) -> usize {
        let text: View<'_> = self.text.unbound_view();
        let stock = self.tables.templates.stock.unbound_view();
        let (mut slot, last_slot) = (template.slots.0 as usize, template.slots.1 as usize);
        let mut by = at;
        let mut from = 0;
        self.work.shifts.clear();
        self.work.shifts.push(Shift { from, by });
        loop {
            from +=
                text.same_bytes(from.wrapping_add(by), stock, template.text + from, template.len.saturating_sub(from));
            let found = loop {
                match self.tables.templates.slots.get(slot) {
                    _ if slot >= last_slot => return from,
                    Some(found) if usize::from(found.end) < from => slot += 1,
                    Some(found) => break *found,
                    None => return from,
                }
            };
            let start = usize::from(found.start);
            if start > from {
                return from;
            }
            let Some(end) = self.fits::<ESCAPED>(text, found, start.wrapping_add(by)) else { return start };
            slot += 1;
            from = usize::from(found.end);
            by = end.wrapping_sub(from);
            self.work.shifts.push(Shift { from, by });
        }
    }

    /// The end of the value at `start`, if it may stand in a slot.
    fn fits<const ESCAPED: bool>(&mut self, text: View<'_>, slot: Slot, start: usize) -> Option<usize> {
        if slot.kind & slot::SCALAR != 0 {
            return self.plain_scalar(start);
        }
        let first = text.word(start);
        let mask = special_mask(first);
        let end = if mask != 0 { start + (mask.trailing_zeros() >> 3) as usize } else { text.find_special(start + 8) };
        let plain = opens::<ESCAPED>(text, end)
            && (slot.kind & slot::KIND == 0 || first as u16 != u16::from_le_bytes(*b"Se"))
            && (slot.kind & slot::CHECKED == 0 || self.is_harmless(text, first, start, end))
            && (slot.kind & slot::URI == 0
                || self.is_plain_uri(Text { start, end, escapes: false, escaped_form: ESCAPED }));
        plain.then_some(end)
    }

    /// Takes the members that fit as read; the position behind the last one, or zero if there is none.
    #[inline(always)]
    fn accept<const ESCAPED: bool>(&mut self, template: &Template, reached: usize) -> usize {
        let templates = &self.tables.templates;
        let parts = row(&templates.parts, template.parts);
        let mut count = 0;
        while parts.get(count).is_some_and(|part| usize::from(part.end) <= reached) {
            count += 1;
        }
        let Some(mut last) = count.checked_sub(1).and_then(|last| parts.get(last)).copied() else { return 0 };
        let known = self.work.repeats.keys.len();
        if self.frame.seen & last.seen != 0 {
            // A key that looks like one that was there before.
            let mut map = Map::new(&self.work.shifts);
            for (index, part) in parts.iter().take(count).enumerate() {
                let start = map.record(part.key);
                let key = Text { start, end: start + usize::from(part.key_len), escapes: false, escaped_form: ESCAPED };
                let object = (self.frame.keys, self.frame.start);
                if self.work.repeats.contains(self.text.view(), key, object, false, 0).0 {
                    let Some(before) = index.checked_sub(1).and_then(|last| parts.get(last)) else { return 0 };
                    (count, last) = (index, *before);
                    break;
                }
            }
        }
        self.frame.seen |= last.seen;
        let mut map = Map::new(&self.work.shifts);
        for part in parts.iter().take(count) {
            self.work.repeats.keys.push(map.record(part.key) as u32);
        }
        debug_assert_eq!(self.work.repeats.keys.len(), known + count);
        let mut map = Map::new(&self.work.shifts);
        for capture in row(&templates.captures, template.captures).iter().take_while(|capture| capture.end <= last.end)
        {
            // One less and one more: a value that is empty in the template begins where it ends.
            let start = map.record(capture.start - 1) + 1;
            let end = map.record(capture.end);
            let escaped_form = ESCAPED && capture.kind & slot::SCALAR == 0;
            self.envelope.capture(capture.field, Text { start, end, escapes: false, escaped_form });
        }
        if ESCAPED {
            self.write_plain(template, usize::from(last.end));
        }
        Map::new(&self.work.shifts).record(last.end)
    }

    /// Writes over what has been read what the pass would have made of it: quotes of the plain form.
    fn write_plain(&mut self, template: &Template, end: usize) {
        let templates = &self.tables.templates;
        let made_of_it = template.text + Stock::behind(template.len);
        let mut slots = row(&templates.slots, template.slots).iter();
        for (index, shift) in self.work.shifts.iter().enumerate() {
            if shift.from >= end {
                break;
            }
            // As far as the next value that differs.
            let next = self.work.shifts.get(index + 1).map_or(end, |next| next.from);
            let stop = slots.find(|slot| usize::from(slot.end) == next).map_or(end, |slot| usize::from(slot.start));
            let same = templates.stock.span(made_of_it + shift.from, made_of_it + stop.min(end));
            self.text.overwrite(shift.from.wrapping_add(shift.by), same);
        }
    }
}

impl Frame {
    /// Where templates for the members of a container are looked for that stands behind a key that begins with `word`.
    #[inline(always)]
    pub(super) fn site_inside(self, word: u64) -> u32 {
        (self.site ^ word as u32 ^ (word >> 32) as u32).wrapping_mul(0x9e37_79b1) | 1
    }
}
