//! Members as they were met before: audit events repeat each other, but for some of their values.
//!
//! A template is the text of one member that nothing was to be done about, with the object or array that is its value if that is small.
//! `learn` makes them, [`Walk::follow`] holds them against the text: eight bytes at a time as long as both are the same, and where they
//! differ within a value, that value is read on its own and has to be of the same kind and as harmless. A member that fits is passed over;
//! any other goes the ordinary way. So a template never says more than reading the member would have said, and a wrong guess costs a few
//! comparisons.
//!
//! Templates are found by the path of names to their object and the first bytes of their key; that is a guess, and the rules' state, which
//! decides what holds there, is compared. All of them are forgotten when there is no more room, or when states get new numbers.

use super::buffer::{Stock, View, special_mask};
use super::members::opens;
use super::paths::State;
use super::string::Text;
use super::walk::{Frame, Walk};

/// Places in the table; a power of two.
const PLACES: usize = 4096;

/// Bytes of text that are kept at most.
const STOCK_BYTES: usize = 256 * 1024;

/// Templates that begin alike and are tried one after the other.
const ALTERNATIVES: usize = 6;

/// What records may cost in lessons before they have brought anything, see [`Templates::is_worth`].
const MOST_CREDIT: u32 = 1000;

/// Objects with more keys than this are read the ordinary way as soon as two of them look alike.
const MOST_KEYS: usize = 24;

/// No template.
const NONE: u16 = u16::MAX;

/// No template yet, but a member that begins so has been met.
const MET: u16 = NONE - 1;

/// A value that is not captured.
pub(super) const NO_FIELD: u8 = u8::MAX;

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
    /// It may not differ.
    pub(crate) const FIXED: u8 = 1 << 4;
    /// A string that patterns of the policy are looked for in.
    pub(crate) const SEARCHED: u8 = 1 << 5;
}

/// A value; positions count from the template's beginning.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slot {
    pub(super) start: u16,
    pub(super) end: u16,
    /// Bits of [`slot`].
    pub(super) kind: u8,
    /// The field of the envelope that the value goes to, or [`NO_FIELD`].
    pub(super) field: u8,
}

/// What `learn` found.
#[derive(Default)]
pub(super) struct Lesson {
    pub(super) state: State,
    /// Containers in each other; none if the value is a string, a number or a literal.
    pub(super) depth: u8,
    pub(super) bucket: u8,
    pub(super) key_len: u16,
    /// The text as it came.
    pub(super) text: Vec<u8>,
    pub(super) slots: Vec<Slot>,
}

/// A member. `slots` counts in the list that all templates share.
#[derive(Clone, Copy, Debug, Default)]
struct Template {
    /// Where its text begins in the stock; behind it stands what the pass makes of a container, if that differs.
    text: u32,
    len: u16,
    key_len: u16,
    state: State,
    /// The next one that begins alike.
    next: u16,
    /// Of a value that is no container.
    value: Slot,
    bucket: u8,
    depth: u8,
    /// Of a container.
    slots: (u32, u32),
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
    places: Box<[Place; PLACES]>,
    credit: u32,
}

/// What is known of members that begin alike.
pub(super) enum Known {
    /// Nothing yet; the number to learn it under.
    Nothing(u32),
    /// That they are to be read the ordinary way.
    Ordinary,
    /// Templates, the first of which is at this place.
    Place(usize),
}

/// How far templates led.
pub(super) enum Followed {
    /// To a key that has to be read the ordinary way.
    Key(usize),
    /// To the end of a value that no member follows at once.
    Value(usize),
}

impl Templates {
    pub(super) fn new() -> Self {
        Self {
            stock: Stock::new(),
            list: Vec::new(),
            slots: Vec::new(),
            places: Box::new([Place::default(); PLACES]),
            credit: MOST_CREDIT,
        }
    }

    pub(super) fn forget(&mut self) {
        self.stock.clear();
        self.list.clear();
        self.slots.clear();
        self.places.fill(Place::default());
    }

    /// Between records: makes room, where there is none left.
    pub(super) fn tidy(&mut self) {
        if self.stock.len() > STOCK_BYTES {
            self.forget();
        }
        self.credit = (self.credit + 3).min(MOST_CREDIT);
    }

    /// The number that a member is learnt under that begins with `word`, in the object at `site`.
    #[inline(always)]
    fn ticket(site: u32, word: u64) -> u32 {
        ((word ^ u64::from(site)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
    }

    /// What is known of members that begin with `word`, in the object at `site`.
    #[inline(always)]
    pub(super) fn look_up(&self, site: u32, word: u64) -> Known {
        let ticket = Self::ticket(site, word);
        let index = index_of(ticket);
        match self.places.get(index) {
            Some(place) if place.tag != ticket => Known::Nothing(ticket),
            Some(place) if place.head < MET => Known::Place(index),
            Some(place) if place.head == MET => Known::Nothing(ticket),
            _ => Known::Ordinary,
        }
    }

    /// Whether a member is worth a lesson: when one that begins so was met before, and there is credit. Each record brings some, so that records of
    /// which none is like another cost little; what has alternatives already costs more.
    pub(super) fn is_worth(&mut self, ticket: u32) -> bool {
        let Some(place) = self.places.get_mut(index_of(ticket)) else { return false };
        if place.tag != ticket {
            *place = Place { tag: ticket, head: MET };
            return false;
        }
        let mut cost = 1;
        let mut last = place.head;
        while let Some(template) = self.list.get(usize::from(last)) {
            cost *= 2;
            last = template.next;
        }
        let enough = self.credit >= cost;
        if enough {
            self.credit -= cost;
        }
        enough
    }

    /// From now on members that begin so are read the ordinary way.
    pub(super) fn give_up(&mut self, ticket: u32) {
        if let Some(place) = self.places.get_mut(index_of(ticket)) {
            *place = Place { tag: ticket, head: NONE };
        }
    }

    /// Keeps what was learnt. `made_of_it` is the text of a container after the pass.
    pub(super) fn keep(&mut self, ticket: u32, lesson: &Lesson, made_of_it: Option<&[u8]>) {
        let place = self.places.get_mut(index_of(ticket)).filter(|_| self.list.len() < usize::from(MET));
        let Some(place) = place else { return };
        let text = self.stock.push(&lesson.text) as u32;
        let first = self.slots.len() as u32;
        if lesson.depth > 0 {
            self.slots.extend_from_slice(&lesson.slots);
            if let Some(made_of_it) = made_of_it {
                self.stock.push(made_of_it);
            }
        }
        let template = Template {
            text,
            len: lesson.text.len() as u16,
            key_len: lesson.key_len,
            state: lesson.state,
            next: if place.head == MET { NONE } else { place.head },
            value: lesson.slots.first().copied().unwrap_or_default(),
            bucket: lesson.bucket,
            depth: lesson.depth,
            slots: (first, self.slots.len() as u32),
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
                self.frame.ticket = Templates::ticket(self.frame.site, text.word(at));
                return Followed::Key(at);
            }
            if text.byte(after) != b',' || !opens::<ESCAPED>(text, after + 1) {
                return Followed::Value(after);
            }
            at = after + 1;
            match self.tables.templates.look_up(self.frame.site, text.word(at)) {
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
        let mut index = self.tables.templates.places.get(place).map_or(NONE, |place| place.head);
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
            match self.fits::<ESCAPED>(text, value, start) {
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
    fn fits<const ESCAPED: bool>(&mut self, text: View<'_>, slot: Slot, start: usize) -> Option<usize> {
        if slot.kind & (slot::SCALAR | slot::FIXED) != 0 {
            return if slot.kind & slot::FIXED != 0 { None } else { self.plain_scalar(start) };
        }
        let first = text.word(start);
        let mask = special_mask(first);
        let end = if mask != 0 { start + (mask.trailing_zeros() >> 3) as usize } else { text.find_special(start + 8) };
        let plain = opens::<ESCAPED>(text, end)
            && (slot.kind == 0
                || (slot.kind & slot::KIND == 0 || first as u16 != u16::from_le_bytes(*b"Se"))
                    && (slot.kind & slot::CHECKED == 0 || self.is_harmless(text, first, start, end))
                    && (slot.kind & (slot::URI | slot::SEARCHED) == 0
                        || self.fits_closely(slot, Text { start, end, escapes: false, escaped_form: ESCAPED })));
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
            let Some(end) = self.fits::<ESCAPED>(text, slot, start) else { return 0 };
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

impl Frame {
    /// Where templates for the members of a container are looked for that stands behind a key that begins with `word`, at the place `state`.
    #[inline(always)]
    pub(super) fn site_inside(self, word: u64, state: State) -> u32 {
        (self.site ^ word as u32 ^ (word >> 32) as u32).wrapping_mul(0x9e37_79b1) ^ u32::from(state) << 8 | 1
    }
}
