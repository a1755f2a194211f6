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

use super::buffer::{Stock, View, end_mask};
use super::frame::Frame;
use super::paths::State;

/// Whether this build uses templates.
pub(super) const TEMPLATES: bool = cfg!(feature = "templates");

/// Places in the table; a power of two.
const PLACES: usize = 4096;

/// Bytes of text that are kept at most.
const STOCK_BYTES: usize = 256 * 1024;

/// Templates that begin alike and are tried one after the other.
const ALTERNATIVES: usize = 10;

/// What records may cost in lessons before they have brought anything, see [`Templates::is_worth`].
const MOST_CREDIT: u32 = 1000;

/// No template.
pub(super) const NONE: u16 = u16::MAX;

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

/// Whether a kind that begins with these bytes may be that of a Secret, so that it may not differ.
#[inline(always)]
pub(super) fn begins_like_secret(first: u64) -> bool {
    first as u16 == u16::from_le_bytes(*b"Se")
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
pub(super) struct Template {
    /// Where its text begins in the stock; behind it stands what the pass makes of a container, if that differs.
    pub(super) text: u32,
    pub(super) len: u16,
    pub(super) key_len: u16,
    pub(super) state: State,
    /// The next one that begins alike.
    pub(super) next: u16,
    /// Of a value that is no container.
    pub(super) value: Slot,
    pub(super) bucket: u8,
    pub(super) depth: u8,
    /// Of a container.
    pub(super) slots: (u32, u32),
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
    pub(super) stock: Stock,
    pub(super) list: Vec<Template>,
    pub(super) slots: Vec<Slot>,
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

    /// The number that a member is learnt under whose key begins at `key`, in the object at `site`: of a key of more than eleven bytes, these say it.
    #[inline(always)]
    pub(super) fn ticket(site: u32, text: View<'_>, key: usize, escaped: bool) -> u32 {
        let mut word = text.word(key);
        let end = end_mask(word, if escaped { b'\\' } else { b'"' });
        word = if end != 0 { word & (end ^ (end - 1)) } else { word ^ text.word(key + 8) << 40 };
        ((word ^ u64::from(site)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
    }

    /// What is known of the member at `at`, in the object at `site`.
    #[inline(always)]
    pub(super) fn look_up(&self, site: u32, text: View<'_>, at: usize, escaped: bool) -> Known {
        let ticket = Self::ticket(site, text, at + if escaped { 2 } else { 1 }, escaped);
        let mut index = index_of(ticket);
        let mut place = self.place(index);
        if place.tag != ticket {
            index ^= 1;
            place = self.place(index);
        }
        if place.tag != ticket || place.head == MET {
            Known::Nothing(ticket)
        } else if place.head < MET {
            Known::Place(index)
        } else {
            Known::Ordinary
        }
    }

    #[inline(always)]
    fn place(&self, index: usize) -> Place {
        self.places.get(index).copied().unwrap_or_default()
    }

    /// The template that is tried first at a place.
    #[inline(always)]
    pub(super) fn first(&self, place: usize) -> u16 {
        self.place(place).head
    }

    /// The place of members with that number, if they have been met.
    fn find(&mut self, ticket: u32) -> Option<&mut Place> {
        let index = index_of(ticket);
        let index = if self.place(index).tag == ticket { index } else { index ^ 1 };
        self.places.get_mut(index).filter(|place| place.tag == ticket)
    }

    /// Notes that members with that number have been met, in the place of those that there are fewer templates for.
    fn meet(&mut self, ticket: u32) {
        let index = index_of(ticket);
        let index = if self.place(index).head < MET && self.place(index).tag != 0 { index ^ 1 } else { index };
        if let Some(place) = self.places.get_mut(index) {
            *place = Place { tag: ticket, head: MET };
        }
    }

    /// Whether a member is worth a lesson: when one that begins so was met before, and there is credit. Each record brings some, so that records of
    /// which none is like another cost little; what has alternatives already costs more.
    pub(super) fn is_worth(&mut self, ticket: u32) -> bool {
        let Some(&mut Place { head: mut last, .. }) = self.find(ticket) else {
            self.meet(ticket);
            return false;
        };
        let mut cost = 1;
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
        if let Some(place) = self.find(ticket) {
            place.head = NONE;
        }
    }

    /// Keeps what was learnt. `made_of_it` is the text of a container after the pass.
    pub(super) fn keep(&mut self, ticket: u32, lesson: &Lesson, made_of_it: Option<&[u8]>) {
        let new = self.list.len() as u16;
        let Some(place) = self.find(ticket).filter(|_| new < MET) else { return };
        let head = core::mem::replace(&mut place.head, new);
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
            next: if head == MET { NONE } else { head },
            value: lesson.slots.first().copied().unwrap_or_default(),
            bucket: lesson.bucket,
            depth: lesson.depth,
            slots: (first, self.slots.len() as u32),
        };
        self.list.push(template);
        let mut last = new;
        for _ in 1..ALTERNATIVES {
            last = self.list.get(usize::from(last)).map_or(NONE, |template| template.next);
        }
        if let Some(last) = self.list.get_mut(usize::from(last)) {
            last.next = NONE;
        }
    }

    /// Lets `index` be tried first the next time; `previous` stands in front of it.
    pub(super) fn prefer(&mut self, place: usize, previous: u16, index: u16, next: u16) {
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

impl Frame {
    /// Where templates for the members of a container are looked for that stands behind a key that begins with `word`, at the place `state`.
    #[inline(always)]
    pub(super) fn site_inside(self, word: u64, state: State) -> u32 {
        (self.site ^ word as u32 ^ (word >> 32) as u32).wrapping_mul(0x9e37_79b1) ^ u32::from(state) << 8 | 1
    }
}
