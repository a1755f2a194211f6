//! JSON patches (RFC 6902): the value of an operation is treated as what stands at the operation's path.

use super::keys::UNKNOWN;
use super::paths::effect;
use super::string::{self, Text};
use super::walk::{Notes, Walk};
use crate::redact::class::Class;
use crate::redact::names::{self, name};
use crate::redact::{catalogue, start};

impl Walk<'_, '_> {
    /// `path` and `value` of an operation of a JSON patch; whether that was all there is to do.
    pub(super) fn patch_member(&mut self, text: Text, span: (usize, usize), flags: u32, named: u8) -> bool {
        if named & name::PAIR_VALUE != 0 {
            self.note_patch_value(span, text);
            return true;
        }
        if flags & effect::POINTER != 0 {
            let depth = self.work.open_frames();
            let notes = self.work.notes(depth);
            notes.doubled |= notes.pointer.end != 0;
            notes.pointer = text;
        }
        false
    }

    /// Remembers the value of the open operation until its path is known. Of two, nobody knows which one counts: the earlier one goes.
    pub(super) fn note_patch_value(&mut self, span: (usize, usize), text: Text) {
        // Where a name decides, what is read at the end is a mask.
        self.names_decide(span, text);
        let depth = self.work.open_frames();
        self.note_patch_value_of(depth, span.0, span.1);
    }

    /// The same for the operation that is `depth` deep.
    pub(super) fn note_patch_value_of(&mut self, depth: usize, start: usize, end: usize) {
        let notes = self.work.notes(depth);
        let earlier = core::mem::replace(&mut notes.value, Text { start, end, ..Text::default() });
        if earlier.end != 0 {
            self.mask(earlier.start, earlier.end, catalogue::UNKNOWN_SHAPE, Text::default());
        }
    }

    /// The value of a patch operation stands at the place that the operation's path names.
    pub(super) fn patch_value(&mut self, notes: Notes) {
        let Notes { value, pointer: path, doubled, .. } = notes;
        if value.end == 0 {
            return;
        }
        if doubled {
            return self.mask(value.start, value.end, catalogue::UNKNOWN_SHAPE, Text::default());
        }
        // The policy's own paths go from the list of operations on.
        let place = self.work.frames.last().map_or(start::RECORD, |frame| frame.state);
        let class = self.class();
        let mut state = self.tables.paths.enter(start::object(class), place);
        let mut whole = true;
        let mut pointer = Vec::new();
        string::decode(self.text.view(), path, &mut pointer);
        let mut secret = false;
        for segment in pointer.split(|&byte| byte == b'/').skip(1) {
            let segment = unescape_pointer(segment);
            let index = segment.iter().all(u8::is_ascii_digit) || segment == b"-";
            let symbol = match self.tables.keys.symbol(&segment) {
                UNKNOWN if index => {
                    let index = core::str::from_utf8(&segment).ok().and_then(|digits| digits.parse().ok());
                    self.tables.paths.index(&self.tables.keys, index.unwrap_or(usize::MAX))
                }
                symbol => self.tables.paths.named(symbol, &segment),
            };
            state = self.tables.paths.step(state, symbol);
            secret = names::is_secret(&segment) && !self.tables.hints.off.all;
            whole = false;
            let flags = self.tables.paths.effects(state).flags;
            if flags & effect::OBJECT != 0 {
                state = self.tables.paths.enter(start::object(class), state);
                whole = true;
            }
            if flags & effect::REMOVE != 0 {
                state = start::CLOSED;
            }
        }
        // The value of a pair, whose name is elsewhere: `/spec/containers/0/env/0/value`.
        let mut last = pointer.rsplit(|&byte| byte == b'/');
        let of_pair = last.next() == Some(b"value")
            && last
                .next()
                .is_some_and(|index| index == b"-" || !index.is_empty() && index.iter().all(u8::is_ascii_digit));
        let (from, to) = (value.start, value.end);
        let scalar = !matches!(self.text.byte(from), b'{' | b'[');
        let own = self.tables.paths.effects(state).flags & effect::POLICY != 0;
        if scalar && (secret || of_pair && !self.tables.hints.off.all) && !own {
            return self.mask_value(from, to, catalogue::BY_NAME);
        }
        // The whole body in an operation; a Secret's is an object.
        if scalar && class == Some(Class::Secret) && whole {
            return self.mask_value(from, to, catalogue::UNKNOWN_SHAPE);
        }
        self.again(from, to, state, class, if secret { name::SECRET } else { 0 });
    }
}

/// `~1` is `/` and `~0` is `~` (RFC 6901).
fn unescape_pointer(segment: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(segment.len());
    let mut bytes = segment.iter();
    while let Some(&byte) = bytes.next() {
        if byte == b'~' {
            out.push(if bytes.next() == Some(&b'1') { b'/' } else { b'~' });
        } else {
            out.push(byte);
        }
    }
    out
}

impl Walk<'_, '_> {
    /// Masks a scalar, quotes included, unless it is a mask or says nothing.
    pub(super) fn mask_value(&mut self, start: usize, end: usize, entry: u16) {
        let quoted = self.text.byte(start) == b'"';
        // In the escaped form a closing quote takes two bytes.
        let (lead, trail) = if !quoted { (0, 0) } else { (1, if self.escaped_form { 2 } else { 1 }) };
        let text = Text { start: start + lead, end: end - trail, ..Text::default() };
        if quoted || !matches!(self.text.byte(start), b't' | b'f' | b'n') {
            self.mask(start, end, entry, text);
        }
    }
}
