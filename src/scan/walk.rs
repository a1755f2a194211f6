//! The pass itself: from the first byte of a record to the last, once, with a place in the rules at every step.
//!
//! It checks that the text is JSON, keeps a frame for each open object or array, asks `paths` what holds at each place,
//! and notes what has to change. Values that nothing is to be done about cost a look-up of their key and the search for
//! their end. What needs a decision about a value is in `values`.

use super::buffer::{Padded, View};
use super::commands::Arguments;
use super::edits::Edits;
use super::follow::Shift;
use super::frame::{Frame, close, pair};
use super::keys::{Member, watch};
use super::learn::is_teachable;
use super::members::{Reached, TWO_LOOPS};
use super::pairs::Waiting;
use super::paths::{State, effect};
use super::repeats::Repeats;
use super::string::{self, Malformed, Text};
use super::tables::Tables;
use super::templates::TEMPLATES;
use super::whole::Stretch;
use crate::envelope::{Envelope, Source};
use crate::redact::judge::Hit;
use crate::redact::names::name;

/// How many texts may be nested in each other: JSON in a string of JSON in a string.
pub(crate) const MAX_LEVEL: u8 = 3;

/// Why a pass ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Not JSON.
    Malformed,
    /// Nested deeper than the limit `max_depth`.
    TooDeep,
}

impl From<Malformed> for Stop {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// What few containers have to remember of their members.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Notes {
    /// Number of containers around the one that this belongs to.
    depth: usize,
    /// Position of the container's own key.
    pub(super) member: usize,
    /// The value of a patch operation, quotes included.
    pub(super) value: Text,
    /// The path of a patch operation.
    pub(super) pointer: Text,
    /// The operation has two paths.
    pub(super) doubled: bool,
    /// How many of the container's keys are in the table of `repeats`.
    entered: usize,
    /// Where the container stands, of which the inside is read from another place.
    pub(super) place: State,
    /// How many items have been counted.
    pub(super) items: usize,
}

/// What a pass needs besides the text and the rules; kept between records.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) edits: Edits,
    pub(super) frames: Vec<Frame>,
    pub(super) repeats: Repeats,
    notes: Vec<Notes>,
    /// Strings of the innermost array of arguments.
    pub(super) arguments: Vec<Text>,
    /// Halves of command lines whose other half may come.
    pub(super) halves: Vec<Arguments>,
    /// Values of pairs whose names may not all have come yet.
    pub(super) waiting: Vec<Waiting>,
    pub(super) scratch: Vec<u8>,
    pub(super) hits: Vec<Hit>,
    /// How the template that was last compared lies over the text.
    pub(super) shifts: Vec<Shift>,
    /// What of a raw line is the same as in known shapes.
    pub(super) stretches: Vec<Stretch>,
    no_notes: Notes,
    last_key: Text,
}

impl Work {
    /// The notes of the innermost container, which is `depth` deep.
    pub(super) fn notes(&mut self, depth: usize) -> &mut Notes {
        if self.notes.last().is_none_or(|notes| notes.depth != depth) {
            self.notes.push(Notes { depth, ..Notes::default() });
        }
        let last = self.notes.len() - 1;
        // There is a last one: it has just been looked at or pushed.
        self.notes.get_mut(last).unwrap_or(&mut self.no_notes)
    }

    /// Takes the notes of the container that closes.
    pub(super) fn take_notes(&mut self, depth: usize) -> Notes {
        let own = self.notes.pop_if(|notes| notes.depth >= depth).filter(|notes| notes.depth == depth);
        own.unwrap_or(Notes { depth, ..Notes::default() })
    }

    /// Remembers the key of the member that is being read.
    pub(super) fn note_key(&mut self, key: Text) {
        self.last_key = key;
    }

    /// The key of the member that is being read, where rules ask for it.
    pub(super) fn last_key(&self) -> Text {
        self.last_key
    }

    /// Number of containers around the present one.
    pub(super) fn open_frames(&self) -> usize {
        self.frames.len()
    }
}

/// One pass over one text.
pub(crate) struct Walk<'w, 'r> {
    pub(super) text: &'w mut Padded<'r>,
    pub(super) tables: &'w mut Tables,
    pub(super) work: &'w mut Work,
    pub(super) envelope: &'w mut Envelope,
    /// The event stands in the escaped form, see `string`.
    pub(super) escaped_form: bool,
    /// How many texts this one is nested in.
    pub(super) level: u8,
    /// How many containers it is nested in.
    pub(super) depth: usize,
    /// What the name of the text says about it, bits of [`name`].
    pub(super) named: u8,
    /// The pass is in a raw line, whose members become the record's.
    pub(super) lifted: bool,
    /// The innermost open container, while others than the loop have it.
    pub(super) frame: Frame,
    /// The place of the string that is looked at.
    pub(super) place: State,
    pub(super) redactions: &'w mut u32,
}

impl<'w, 'r> Walk<'w, 'r> {
    pub(crate) fn new(
        text: &'w mut Padded<'r>,
        tables: &'w mut Tables,
        work: &'w mut Work,
        envelope: &'w mut Envelope,
        redactions: &'w mut u32,
        level: u8,
        depth: usize,
    ) -> Self {
        work.edits.clear();
        work.frames.clear();
        work.repeats.clear();
        work.notes.clear();
        work.arguments.clear();
        work.halves.clear();
        work.waiting.clear();
        Self {
            text,
            tables,
            work,
            envelope,
            escaped_form: false,
            level,
            depth,
            named: 0,
            lifted: false,
            frame: Frame::default(),
            place: 0,
            redactions,
        }
    }

    /// Reads the whole text, whose value stands at the place `state`. Returns the position behind the value.
    pub(super) fn run(&mut self, state: State) -> Result<usize, Stop> {
        let at = self.skip_space(0)?;
        let after = match self.text.byte(at) {
            b'{' | b'[' => self.containers(at, state)?,
            _ => self.scalar(at, state)?,
        };
        let end = self.skip_space(after)?;
        if end == self.text.len() { Ok(after) } else { Err(Stop::Malformed) }
    }

    fn containers(&mut self, at: usize, state: State) -> Result<usize, Stop> {
        let flags = self.tables.paths.effects(state).flags;
        let mut closing = if flags & effect::COMMAND != 0 && self.level > 0 { close::COMMAND } else { 0 };
        if flags & effect::INDEXED != 0 {
            closing |= close::INDEXED;
        }
        self.frame = self.open(at, state, closing, self.named, 1);
        let first = self.skip_space(at + 1)?;
        // An empty container is like one whose members have all been read.
        let mut behind_value = self.text.byte(first) == if self.frame.item.is_none() { b'}' } else { b']' };
        let mut at = first;
        loop {
            let reached = match (TWO_LOOPS, self.escaped_form) {
                (true, true) => self.members(at, behind_value, true)?,
                (true, false) => self.members(at, behind_value, false)?,
                (false, escaped) => self.members(at, behind_value, escaped)?,
            };
            match reached {
                Reached::End(end) => {
                    self.envelope.end = end;
                    return Ok(end);
                }
                Reached::Line(inside) | Reached::Event(inside) => (at, behind_value) = (inside, false),
                Reached::LineEnd(behind) => (at, behind_value) = (behind, true),
            }
        }
    }

    /// Skips white space in front of a key's quote.
    #[cold]
    #[inline(never)]
    pub(super) fn skip_to_quote(&mut self, at: usize) -> Result<usize, Stop> {
        let at = self.skip_space(at)?;
        let opens = if self.escaped_form {
            self.text.pair(at) == u16::from_le_bytes(*b"\\\"")
        } else {
            self.text.byte(at) == b'"'
        };
        if opens { Ok(at) } else { Err(Stop::Malformed) }
    }

    /// Reads on in a string whose first special byte, at `special`, is not its end.
    #[cold]
    #[inline(never)]
    pub(super) fn slow_string(&mut self, start: usize, special: usize) -> Result<Text, Stop> {
        let text = string::finish(self.text, &mut self.work.edits, start, special, self.escaped_form)?;
        if self.escaped_form {
            self.text.set_pair(text.end, *b"\" ");
            self.unwrap_string(text);
        }
        Ok(text)
    }

    /// Takes the outer string's backslashes out of a string of a raw line.
    pub(super) fn unwrap_string(&mut self, text: Text) {
        if text.escapes && text.escaped_form {
            let view = self.text.view();
            self.work.edits.replace_with(text.start, text.end, |out| string::unwrap_outer(view, text, out));
        }
    }

    /// A key that has escapes, or characters that are not ASCII; also the position behind its quote.
    #[cold]
    #[inline(never)]
    pub(super) fn slow_key(&mut self, start: usize, special: usize) -> Result<(Member, usize), Stop> {
        let key = self.slow_string(start, special)?;
        let Tables { keys, paths, hints, .. } = &mut *self.tables;
        let state = self.frame.state;
        let member = if key.escapes {
            self.frame.pair |= pair::ESCAPES;
            keys.look_up_decoded(paths, hints, self.text.view(), key, state, &mut self.work.scratch)
        } else {
            keys.look_up_name(paths, hints, self.text.view(), key.start, key.end, state)
        };
        self.check_repeated(key);
        if member.flags & watch::KEY != 0 {
            self.special_key(key, member);
        }
        Ok((member, key.end + if self.escaped_form { 2 } else { 1 }))
    }

    /// A key without escapes that falls into a bucket that has been used.
    #[cold]
    #[inline(never)]
    pub(super) fn check_repeated_key(&mut self, start: usize, end: usize) {
        self.check_repeated(Text { start, end, escapes: false, escaped_form: self.escaped_form });
    }

    /// A key that the object may have already: the later one gets a number, so that nothing is lost.
    fn check_repeated(&mut self, key: Text) {
        let frame = self.frame;
        let depth = self.work.frames.len();
        let entered = self.work.notes.last().filter(|notes| notes.depth == depth).map_or(0, |notes| notes.entered);
        let escapes = frame.pair & pair::ESCAPES != 0;
        let (repeated, now_entered) =
            self.work.repeats.contains(self.text.view(), key, (frame.keys, frame.start), escapes, entered);
        if now_entered != entered {
            self.work.notes(depth).entered = now_entered;
        }
        if repeated {
            self.work.edits.number_key(key.end, key.start);
        }
    }

    #[inline(always)]
    pub(super) fn open(&mut self, at: usize, state: State, mut closing: u32, named: u8, site: u32) -> Frame {
        if named & name::PAIR_VALUE != 0 {
            closing |= self.open_pair_value(at);
        }
        let item =
            if self.text.byte(at) == b'{' { None } else { Some(self.tables.item_of(state, named & name::SECRET)) };
        let keys = self.work.repeats.keys.len();
        let site = if TEMPLATES && is_teachable(closing, named) { site } else { 0 };
        Frame { start: at, keys, state, item, close: closing, site, ..Frame::default() }
    }

    /// Whether a container that is opened now has to be folded, or is too deep altogether.
    #[cold]
    #[inline(never)]
    pub(super) fn open_deep(&self) -> Result<u32, Stop> {
        if self.work.frames.len() >= self.tables.max_depth {
            return Err(Stop::TooDeep);
        }
        Ok(if self.work.frames.len() + self.depth == self.tables.fold_depth { close::FOLD } else { 0 })
    }

    /// White space, or the end of the text where a value must follow.
    #[cold]
    #[inline(never)]
    pub(super) fn skip_space(&mut self, mut at: usize) -> Result<usize, Stop> {
        loop {
            match self.text.byte(at) {
                b' ' | b'\t' | b'\n' | b'\r' => at += 1,
                // White space of the event, escaped in the outer string.
                b'\\' if self.escaped_form && matches!(self.text.byte(at + 1), b'n' | b'r' | b't') => {
                    self.text.set_pair(at, *b"  ");
                    at += 2;
                }
                _ => return Ok(at),
            }
        }
    }

    #[cold]
    pub(super) fn expect(&mut self, at: usize, byte: u8) -> Result<usize, Stop> {
        let at = self.skip_space(at)?;
        if self.text.byte(at) == byte { Ok(at + 1) } else { Err(Stop::Malformed) }
    }

    #[cold]
    pub(super) fn after_value(&mut self, at: usize) -> Result<usize, Stop> {
        let next = self.skip_space(at)?;
        if next == at { Err(Stop::Malformed) } else { Ok(next) }
    }

    /// Starts reading the raw line in the string at `quote` as part of the record around it.
    pub(super) fn enter_line(&mut self, member: usize, brace: usize) -> usize {
        self.text.blank(member, brace + 1);
        self.escaped_form = true;
        self.lifted = true;
        self.envelope.source = Source::Kubernetes;
        brace + 1
    }

    /// The raw line's last bracket is in front of `after`: what follows belongs to the record again.
    #[cold]
    pub(super) fn end_of_line(&mut self, after: usize) -> Result<usize, Stop> {
        let quote = self.skip_space(after)?;
        if self.text.byte(quote) != b'"' {
            return Err(Stop::Malformed);
        }
        self.text.blank(after - 1, quote + 1);
        self.escaped_form = false;
        self.lifted = false;
        Ok(quote + 1)
    }

    /// A number or a literal.
    #[inline(never)]
    pub(super) fn other_value(&mut self, start: usize, at: usize, member: Member) -> Result<usize, Stop> {
        let after = self.literal_or_number(at)?;
        let watched = u32::from(member.name() & (name::SECRET | name::PAIR_VALUE))
            | member.flags & (effect::MASK | effect::REMOVE | effect::CAPTURE | effect::POLICY | effect::PATCH);
        if watched | self.frame.close & close::MEMBERS != 0 {
            self.special_scalar(start, (at, after), member);
        }
        Ok(after)
    }

    /// The end of a number that Fluent Bit can read, or of a literal.
    pub(super) fn plain_scalar(&self, at: usize) -> Option<usize> {
        literal(self.text.view(), at).or_else(|| {
            let number = crate::number::read(self.text.view(), at)?;
            number.finite.then_some(number.end)
        })
    }

    fn literal_or_number(&mut self, at: usize) -> Result<usize, Stop> {
        if let Some(end) = literal(self.text.view(), at) {
            return Ok(end);
        }
        let number = crate::number::read(self.text.view(), at).ok_or(Stop::Malformed)?;
        if !number.finite {
            // Fluent Bit would refuse the whole record: the number leaves as a string.
            let (digits, start) = (self.text.span(at, number.end), at);
            self.work.edits.replace_with(start, number.end, |out| {
                out.push(b'"');
                out.extend_from_slice(digits);
                out.push(b'"');
            });
        }
        Ok(number.end)
    }

    /// A text that is no object and no array.
    fn scalar(&mut self, at: usize, state: State) -> Result<usize, Stop> {
        let member = Member::new(state, self.tables.paths.effects(state).flags, self.named, 0);
        if self.text.byte(at) != b'"' {
            return self.other_value(at, at, member);
        }
        let special = self.text.view().find_special(at + 1);
        let text = self.slow_string(at + 1, special)?;
        self.special_string(at, text, (at, text.end + 1), member);
        Ok(text.end + 1)
    }
}

/// The end of `true`, `false` or `null`.
#[inline(always)]
fn literal(text: View<'_>, at: usize) -> Option<usize> {
    let word = text.word(at) as u32;
    if word == u32::from_le_bytes(*b"true") || word == u32::from_le_bytes(*b"null") {
        return Some(at + 4);
    }
    (word == u32::from_le_bytes(*b"fals") && text.byte(at + 4) == b'e').then_some(at + 5)
}
