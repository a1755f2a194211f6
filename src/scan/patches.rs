//! JSON patches (RFC 6902): the value of an operation is treated as what stands at the operation's path.

use super::keys::UNKNOWN;
use super::paths::effect;
use super::string::{self, Text};
use super::walk::Walk;
use crate::redact::class::Class;
use crate::redact::names::{self, name};
use crate::redact::{catalogue, start};

impl Walk<'_, '_> {
    /// `path` and `value` of an operation of a JSON patch; whether that was all there is to do.
    pub(super) fn patch_member(&mut self, text: Text, span: (usize, usize), flags: u32, named: u8) -> bool {
        if named & name::PAIR_VALUE != 0 {
            self.note_value(span.0, span.1);
            return true;
        }
        if flags & effect::POINTER != 0 {
            let depth = self.work.open_frames();
            self.work.notes(depth).pointer = text;
        }
        false
    }

    /// The value of a patch operation stands at the place that the operation's path names.
    pub(super) fn patch_value(&mut self, value: Text, path: Text) {
        if value.end == 0 {
            return;
        }
        let mut state = start::object(self.class());
        let mut pointer = Vec::new();
        string::decode(self.text.view(), path, &mut pointer);
        let mut secret = false;
        for segment in pointer.split(|&byte| byte == b'/').skip(1) {
            let segment = unescape_pointer(segment);
            let index = segment.iter().all(u8::is_ascii_digit) || segment == b"-";
            let symbol = match self.tables.keys.symbol(&segment) {
                UNKNOWN if index => self.tables.paths.item(),
                symbol => symbol,
            };
            state = self.tables.paths.step(state, symbol);
            secret = names::is_secret(&segment);
            let flags = self.tables.paths.effects(state).flags;
            if flags & effect::OBJECT != 0 {
                state = start::object(self.class());
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
        let class = self.class();
        if scalar && (secret || of_pair) {
            return self.mask_value(from, to, catalogue::BY_NAME);
        }
        // The whole body in an operation; a Secret's is an object.
        if scalar && class == Some(Class::Secret) && state == start::object(class) {
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
