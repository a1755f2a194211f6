//! The pass itself: from the first byte of a record to the last, once, with a place in the rules at every step.
//!
//! It checks that the text is JSON, keeps a frame for each open object or array, asks `paths` what holds at each place,
//! and notes what has to change. Values that nothing is to be done about cost a look-up of their key and the search for
//! their end. What needs a decision about a value is in `values`.

use super::buffer::Padded;
use super::edits::Edits;
use super::keys::Member;
use super::paths::{State, effect};
use super::string::{self, Malformed, Text};
use super::values::Tables;
use crate::envelope::{Envelope, Source};
use crate::redact::names::name;
use crate::redact::start;
use crate::redact::tokens::SHORTEST_TOKEN_BYTES;

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

/// What is to be done when a container closes; bits of [`Frame::close`].
pub(super) mod close {
    /// Leave the member out.
    pub(crate) const REMOVE: u16 = 1;
    /// A body that came before the event said what it is: put it aside.
    pub(crate) const BODY: u16 = 1 << 1;
    /// Write it as a string: nested too deep for Fluent Bit.
    pub(crate) const FOLD: u16 = 1 << 2;
    /// Command line arguments.
    pub(crate) const COMMAND: u16 = 1 << 3;
    /// An operation of a JSON patch.
    pub(crate) const PATCH: u16 = 1 << 4;
    /// The value of such an operation.
    pub(crate) const PATCH_VALUE: u16 = 1 << 5;
    /// Has turned out to be a Secret after its data was read.
    pub(crate) const SECRET: u16 = 1 << 6;
    /// An audit event inside the record.
    pub(crate) const EVENT: u16 = 1 << 7;
    /// A body, whose place is to be remembered.
    pub(crate) const REMEMBER: u16 = 1 << 8;
    /// With `REMEMBER`: the response's.
    pub(crate) const RESPONSE: u16 = 1 << 9;

    /// Bits that have to do with the strings directly inside.
    pub(crate) const STRINGS: u16 = COMMAND | PATCH;
}

/// One open object or array. Small, because one is kept and fetched for each container of each event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// A bit for each key, to notice repeated ones.
    seen: u64,
    /// Position of the bracket.
    pub(super) start: usize,
    /// Where this frame's keys begin in `Work::keys`.
    keys: usize,
    pub(super) state: State,
    /// Place of the items of an array; [`OBJECT`] in an object.
    item: State,
    /// Bits of [`close`].
    pub(super) close: u16,
    /// Bits of [`name`] that the container's own key had; items of an array inherit them.
    pub(super) name: u8,
    /// What is known of the members so far, see `values`.
    pub(super) pair: u8,
}

/// In [`Frame::item`]: the container is an object.
const OBJECT: State = State::MAX;

/// What few containers have to remember of their members.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Notes {
    /// Number of containers around the one that this belongs to.
    depth: usize,
    /// Position of the container's own key.
    pub(super) member: usize,
    /// The value of a pair whose name has not come yet, or of a patch operation, quotes included.
    pub(super) value: Text,
    /// The path of a patch operation.
    pub(super) pointer: Text,
}

/// What a pass needs besides the text and the rules; kept between records.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) edits: Edits,
    frames: Vec<Frame>,
    /// Positions of the keys of all open objects, behind the quote.
    keys: Vec<usize>,
    notes: Vec<Notes>,
    /// Strings of the innermost array of arguments.
    pub(super) arguments: Vec<Text>,
    pub(super) scratch: Vec<u8>,
    no_notes: Notes,
    last_key: Text,
    /// Where the last removed member ended that no kept member of its object stands in front of.
    pub(super) removed_leading: usize,
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
    /// The pass is in a raw line, whose members become the record's.
    lifted: bool,
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
        work.keys.clear();
        work.notes.clear();
        work.arguments.clear();
        work.removed_leading = 0;
        Self { text, tables, work, envelope, escaped_form: false, level, depth, lifted: false, redactions }
    }

    /// Reads the whole text, whose value stands at the place `state`. Returns the position behind the value.
    pub(crate) fn run(&mut self, state: State) -> Result<usize, Stop> {
        let at = self.skip_space(0)?;
        let after = match self.text.byte(at) {
            b'{' | b'[' => self.containers(at, state)?,
            _ => self.scalar(at, state)?,
        };
        let end = self.skip_space(after)?;
        if end == self.text.len() { Ok(after) } else { Err(Stop::Malformed) }
    }

    fn containers(&mut self, at: usize, state: State) -> Result<usize, Stop> {
        let mut frame = self.open(at, state, 0, 0)?;
        let mut at = at + 1;
        if let Some(after) = self.empty(&frame, at)? {
            at = match self.close(&mut frame, after)? {
                Some(at) => at,
                None => return Ok(after),
            };
        }
        loop {
            // A member or an item starts here, but for white space.
            let start = at;
            let member;
            if frame.item == OBJECT {
                let quote = self.open_quote(at)?;
                member = self.key(&mut frame, quote, &mut at)?;
                if self.text.byte(at) == b':' {
                    at += 1;
                } else {
                    at = self.expect(at, b':')?;
                }
            } else {
                let flags = self.tables.paths.effects(frame.item).flags;
                member = Member { state: frame.item, name: frame.name, bucket: 0, flags };
            }

            // The value.
            let mut byte = self.text.byte(at);
            if byte <= b' ' || (byte == b'\\' && self.escaped_form && self.text.byte(at + 1) != b'"') {
                at = self.skip_space(at)?;
                byte = self.text.byte(at);
            }
            if byte == b'"' || byte == b'\\' {
                if member.flags & effect::LINE != 0
                    && !self.lifted
                    && let Some(inside) = self.try_line(start, at)
                {
                    at = inside;
                    continue;
                }
                at = self.string_value(&mut frame, start, at, member)?;
            } else if byte | 0x20 == b'{' {
                let (state, closing) = if member.flags | u32::from(frame.close & close::PATCH) == 0 {
                    (member.state, 0)
                } else {
                    self.on_open(frame.close, member, start)
                };
                self.work.frames.push(frame);
                frame = self.open(at, state, closing, member.name)?;
                at += 1;
                match self.empty(&frame, at)? {
                    None => continue,
                    Some(after) => at = after,
                }
                at = match self.close(&mut frame, at)? {
                    Some(at) => at,
                    None => return Ok(at),
                };
            } else {
                at = self.other_value(&mut frame, start, at, member)?;
            }

            // What follows a value.
            loop {
                let byte = self.text.byte(at);
                if byte == b',' {
                    at += 1;
                    break;
                }
                if byte == if frame.item == OBJECT { b'}' } else { b']' } {
                    at += 1;
                    at = match self.close(&mut frame, at)? {
                        Some(at) => at,
                        None => return Ok(at),
                    };
                } else {
                    at = self.after_value(at)?;
                }
            }
        }
    }

    /// The quote that a key starts with: skips white space, and makes an escaped quote a plain one.
    #[inline(always)]
    fn open_quote(&mut self, at: usize) -> Result<usize, Stop> {
        if self.escaped_form {
            if self.text.pair(at) == u16::from_le_bytes(*b"\\\"") {
                self.text.set_pair(at, *b" \"");
                return Ok(at + 1);
            }
        } else if self.text.byte(at) == b'"' {
            return Ok(at);
        }
        self.open_quote_behind_space(at)
    }

    #[cold]
    fn open_quote_behind_space(&mut self, at: usize) -> Result<usize, Stop> {
        let at = self.skip_space(at)?;
        if !self.escaped_form {
            return if self.text.byte(at) == b'"' { Ok(at) } else { Err(Stop::Malformed) };
        }
        if self.text.pair(at) != u16::from_le_bytes(*b"\\\"") {
            return Err(Stop::Malformed);
        }
        self.text.set_pair(at, *b" \"");
        Ok(at + 1)
    }

    /// Reads the string behind the quote at `quote`; `after` becomes the position behind its closing quote.
    #[inline(always)]
    pub(super) fn string(&mut self, quote: usize, after: &mut usize) -> Result<Text, Stop> {
        let start = quote + 1;
        let special = self.text.view().find_special(start);
        let byte = self.text.byte(special);
        let text = if byte == b'"' && !self.escaped_form
            || byte == b'\\' && self.escaped_form && self.text.byte(special + 1) == b'"'
        {
            Text { start, end: special, escapes: false, escaped_form: self.escaped_form }
        } else {
            string::finish(self.text, &mut self.work.edits, start, special, self.escaped_form)?
        };
        if self.escaped_form {
            self.text.set_pair(text.end, *b"\" ");
            *after = text.end + 2;
            if text.escapes {
                self.unwrap_string(text);
            }
        } else {
            *after = text.end + 1;
        }
        Ok(text)
    }

    /// Takes the outer string's backslashes out of a string that has escapes of its own.
    #[cold]
    fn unwrap_string(&mut self, text: Text) {
        let view = self.text.view();
        self.work.edits.replace_with(text.start, text.end, |out| string::unwrap_outer(view, text, out));
    }

    #[inline(always)]
    fn key(&mut self, frame: &mut Frame, quote: usize, after: &mut usize) -> Result<Member, Stop> {
        let text = self.string(quote, after)?;
        let Tables { keys, paths, hints, .. } = &mut *self.tables;
        let member = if text.escapes {
            keys.look_up_decoded(paths, hints, self.text.view(), text, frame.state, &mut self.work.scratch)
        } else {
            keys.look_up(paths, hints, self.text.view(), text.start, text.end, frame.state)
        };
        let bit = 1u64 << member.bucket;
        if frame.seen & bit != 0 {
            self.check_repeated(frame.keys, text);
        }
        frame.seen |= bit;
        self.work.keys.push(text.start);
        if member.name & (name::LONG | name::DATA) != 0 || member.flags & effect::ANNOTATION != 0 {
            let mut own = *frame;
            self.special_key(&mut own, text, member.name);
            *frame = own;
        }
        Ok(member)
    }

    /// A key that the object may have already: Fluent Bit would keep both. The later one gets a number, so that nothing is lost.
    #[cold]
    #[inline(never)]
    fn check_repeated(&mut self, first: usize, text: Text) {
        let view = self.text.view();
        let (word, length) = (view.word(text.start), text.end - text.start);
        let repeated = self.work.keys.get(first..).unwrap_or_default().iter().any(|&start| {
            let maybe = text.escapes || length < 8 || view.word(start) == word;
            maybe && self.same_key(start, text)
        });
        if repeated {
            let position = text.start as u64;
            self.work.edits.replace_with(text.end, text.end, |out| {
                out.push(b'#');
                crate::number::push(out, position);
            });
        }
    }

    /// Whether the key that starts at `start` is the same as `text`, perhaps in another spelling.
    fn same_key(&self, start: usize, text: Text) -> bool {
        let view = self.text.view();
        let own = view.span(text.start, text.end);
        let behind = view.byte(start + own.len());
        if view.span(start, start + own.len()) == own && (behind == b'"' || behind == b'\\' && text.escaped_form) {
            return true;
        }
        // With escapes in one of them, all that is sure is that they share a bucket: they count as the same.
        let mut end = view.find_special(start);
        while end < text.start && view.byte(end) >= 0x80 {
            end = view.find_special(end + 1);
        }
        text.escapes || view.byte(end) == b'\\' && (!text.escaped_form || view.byte(end + 1) != b'"')
    }

    #[inline(always)]
    fn open(&mut self, at: usize, state: State, closing: u16, named: u8) -> Result<Frame, Stop> {
        let mut closing = closing;
        if self.work.frames.len() + self.depth >= self.tables.fold_depth {
            closing |= self.open_deep()?;
        }
        let item = if self.text.byte(at) == b'{' { OBJECT } else { self.tables.step_item(state) };
        Ok(Frame { seen: 0, start: at, keys: self.work.keys.len(), state, item, close: closing, name: named & name::SECRET, pair: 0 })
    }

    #[cold]
    #[inline(never)]
    fn open_deep(&self) -> Result<u16, Stop> {
        if self.work.frames.len() >= self.tables.max_depth {
            return Err(Stop::TooDeep);
        }
        Ok(if self.work.frames.len() + self.depth == self.tables.fold_depth { close::FOLD } else { 0 })
    }

    /// Whether the container that was just opened closes at once; the position behind the bracket.
    #[inline(always)]
    fn empty(&mut self, frame: &Frame, at: usize) -> Result<Option<usize>, Stop> {
        let bracket = if frame.item == OBJECT { b'}' } else { b']' };
        let byte = self.text.byte(at);
        if byte == bracket {
            return Ok(Some(at + 1));
        }
        if byte == b'"' || byte == b'{' || byte == b'\\' && !self.escaped_form {
            return Ok(None);
        }
        let at = self.skip_space(at)?;
        Ok((self.text.byte(at) == bracket).then_some(at + 1))
    }

    /// Ends `frame`, whose bracket stands in front of `after`, and goes back to the one around it. `None` at the outermost one.
    #[inline(always)]
    fn close(&mut self, frame: &mut Frame, after: usize) -> Result<Option<usize>, Stop> {
        if self.lifted && self.work.frames.is_empty() {
            return self.end_of_line(after).map(Some);
        }
        if frame.close != 0 {
            self.close_special(*frame, after);
        }
        self.work.keys.truncate(frame.keys);
        match self.work.frames.pop() {
            Some(outer) => {
                *frame = outer;
                Ok(Some(after))
            }
            None => {
                self.envelope.end = after;
                Ok(None)
            }
        }
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
    fn expect(&mut self, at: usize, byte: u8) -> Result<usize, Stop> {
        let at = self.skip_space(at)?;
        if self.text.byte(at) == byte { Ok(at + 1) } else { Err(Stop::Malformed) }
    }

    #[cold]
    fn after_value(&mut self, at: usize) -> Result<usize, Stop> {
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
    fn end_of_line(&mut self, after: usize) -> Result<usize, Stop> {
        let quote = self.skip_space(after)?;
        if self.text.byte(quote) != b'"' {
            return Err(Stop::Malformed);
        }
        self.text.blank(after - 1, quote + 1);
        self.escaped_form = false;
        self.lifted = false;
        Ok(quote + 1)
    }

    #[inline(always)]
    fn string_value(&mut self, frame: &mut Frame, start: usize, at: usize, member: Member) -> Result<usize, Stop> {
        let quote = self.open_quote(at)?;
        let mut after = 0;
        let text = self.string(quote, &mut after)?;
        let flags = member.flags;
        if flags & effect::CAPTURE != 0 {
            self.envelope.capture(self.tables.paths.effects(member.state).field, text);
        }
        let watched = member.name & (name::SECRET | name::PAIR_NAME | name::PAIR_VALUE | name::KIND);
        let special = flags & !(effect::EXEMPT | effect::STRICT | effect::CAPTURE) | u32::from(watched) | u32::from(frame.close & close::STRINGS);
        if special == 0 && !text.escapes {
            let may_be_json = self.text.byte(text.start) | 0x20 == b'{';
            if !may_be_json && text.end - text.start < SHORTEST_TOKEN_BYTES || flags & effect::EXEMPT != 0 {
                return Ok(after);
            }
            if !may_be_json && self.tables.hints.is_plain(self.text.view(), text.start, text.end) {
                return Ok(after);
            }
        } else if special == u32::from(name::KIND) && !self.is_secret_kind(text) {
            return Ok(after);
        }
        let mut own = *frame;
        self.special_string(&mut own, start, text, (quote, after), member);
        *frame = own;
        Ok(after)
    }

    /// Whether a `kind` is that of a Secret or a list of them.
    #[inline(always)]
    fn is_secret_kind(&self, text: Text) -> bool {
        self.text.pair(text.start) == u16::from_le_bytes(*b"Se") || text.escapes
    }

    /// A number or a literal.
    fn other_value(&mut self, frame: &mut Frame, start: usize, at: usize, member: Member) -> Result<usize, Stop> {
        let after = self.literal_or_number(at)?;
        let watched = u32::from(member.name & (name::SECRET | name::PAIR_VALUE)) | member.flags & (effect::MASK | effect::REMOVE | effect::CAPTURE);
        if watched | u32::from(frame.close & close::PATCH) != 0 {
            let mut own = *frame;
            self.special_scalar(&mut own, start, (at, after), member);
            *frame = own;
        }
        Ok(after)
    }

    fn literal_or_number(&mut self, at: usize) -> Result<usize, Stop> {
        let word = self.text.word(at) as u32;
        if word == u32::from_le_bytes(*b"true") || word == u32::from_le_bytes(*b"null") {
            return Ok(at + 4);
        }
        if word == u32::from_le_bytes(*b"fals") && self.text.byte(at + 4) == b'e' {
            return Ok(at + 5);
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
        let member = Member { state, flags: self.tables.paths.effects(state).flags, ..Member::default() };
        let mut frame = self.open(at, start::QUIET, 0, 0)?;
        if self.text.byte(at) == b'"' { self.string_value(&mut frame, at, at, member) } else { self.other_value(&mut frame, at, at, member) }
    }
}
