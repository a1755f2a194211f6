//! The loop over members and items, which nearly all of the time is spent in. An interpreter runs it, so it is written for few instructions:
//! what it needs stands in local variables, the frame of the open container is handed to the other functions through
//! `Walk::frame` and taken back, and everything that is rare is somewhere else.
//!
//! It exists twice, for plain events and for those in the escaped form of a raw line (see `string`); once, where size counts more.

use super::buffer::{View, special_mask};
use super::follow::Followed;
use super::frame::{Frame, close, pair};
use super::keys::watch;
use super::learn::TEMPLATE_BYTES;
use super::paths::effect;
use super::string::Text;
use super::tables::Tables;
use super::templates::{Known, TEMPLATES};
use super::walk::{Stop, Walk};
use crate::redact::tokens::SHORTEST_TOKEN_BYTES;

/// Whether the loop exists once for each form.
pub(super) const TWO_LOOPS: bool = TEMPLATES;

/// How far the loop got.
pub(super) enum Reached {
    /// The end of the outermost container; the position behind it.
    End(usize),
    /// The first member of a raw line.
    Line(usize),
    /// The first member of an event that was a string.
    Event(usize),
    /// The end of a raw line; the position behind its quote.
    LineEnd(usize),
}

/// A string that ended at the first special byte, or did not.
struct Quick {
    /// The eight bytes behind its opening quote.
    first: u64,
    start: usize,
    end: usize,
    /// The closing quote stands at `end`.
    ended: bool,
}

/// Two bytes as they are loaded.
const fn two(bytes: [u8; 2]) -> u16 {
    u16::from_le_bytes(bytes)
}

impl Walk<'_, '_> {
    /// Reads members from `at` on: behind a bracket or comma, or, if `behind_value`, behind a value.
    #[inline(always)]
    pub(super) fn members(&mut self, mut at: usize, mut behind_value: bool, escaped: bool) -> Result<Reached, Stop> {
        // Bytes of a quote.
        let quote = if escaped { 2 } else { 1 };
        let text: View<'_> = self.text.unbound_view();
        let mut frame = self.frame;
        loop {
            if !behind_value {
                let mut start = at;
                let member;
                if let Some(item) = frame.item {
                    member = item;
                } else {
                    if !opens(text, at, escaped) {
                        at = self.skip_to_quote(at)?;
                    }
                    if TEMPLATES && frame.site != 0 && frame.pair == 0 {
                        match self.tables.templates.look_up(frame.site, text, at, escaped) {
                            Known::Place(place) => {
                                self.frame = frame;
                                let followed = if escaped {
                                    self.follow::<true>(place, at)
                                } else {
                                    self.follow::<false>(place, at)
                                };
                                frame = self.frame;
                                match followed {
                                    Followed::Key(key) => (start, at) = (key, key),
                                    Followed::Value(after) => {
                                        (at, behind_value) = (after, true);
                                        continue;
                                    }
                                }
                            }
                            Known::Nothing(ticket) => (frame.learn, frame.ticket) = (at as u32, ticket),
                            Known::Ordinary => {}
                        }
                    }
                    let key = self.quick_string(text, at, escaped);
                    if key.ended {
                        let Tables { keys, paths, hints, .. } = &mut *self.tables;
                        member = keys.look_up(paths, hints, text, (key.start, key.end), key.first, frame.state);
                        at = key.end + quote;
                        let bit = 1u64 << member.bucket();
                        if frame.seen & bit != 0 {
                            self.frame = frame;
                            self.check_repeated_key(key.start, key.end);
                        }
                        frame.seen |= bit;
                        if member.flags & watch::KEY != 0 {
                            self.frame = frame;
                            self.special_key(
                                Text { start: key.start, end: key.end, escapes: false, escaped_form: escaped },
                                member,
                            );
                            frame = self.frame;
                        }
                    } else {
                        self.frame = frame;
                        (member, at) = self.slow_key(key.start, key.end)?;
                        frame = self.frame;
                        frame.seen |= 1 << member.bucket();
                    }
                    self.work.repeats.keys.push(key.start as u32);
                    if text.byte(at) == b':' {
                        at += 1;
                    } else {
                        at = self.expect(at, b':')?;
                    }
                }

                if !opens(text, at, escaped) && (text.byte(at) <= b' ' || escaped && text.byte(at) == b'\\') {
                    at = self.skip_space(at)?;
                }
                if opens(text, at, escaped) {
                    if !escaped
                        && member.flags & (effect::LINE | effect::EVENT) != 0
                        && !self.lifted
                        && let Some(inside) = self.try_line(frame, member, start, at)
                    {
                        return Ok(inside);
                    }
                    let value = self.quick_string(text, at, escaped);
                    let from = at + quote - 1;
                    let plain = value.ended
                        && (member.flags & watch::STRING | frame.strings()) == 0
                        && (member.flags & watch::NAME == 0 || frame.pair & pair::VALUE == 0)
                        && (member.flags & watch::KIND == 0 || value.first as u16 != two(*b"Se"))
                        && (member.flags & effect::EXEMPT != 0
                            || self.is_harmless(text, value.first, value.start, value.end));
                    if plain {
                        if member.flags & effect::CAPTURE != 0 {
                            let field = self.tables.paths.effects(member.state()).field;
                            self.envelope.capture(
                                field,
                                Text { start: value.start, end: value.end, escapes: false, escaped_form: escaped },
                            );
                        }
                        at = value.end + quote;
                    } else {
                        let mut span =
                            Text { start: value.start, end: value.end, escapes: false, escaped_form: escaped };
                        if !value.ended {
                            span = self.slow_string(value.start, value.end)?;
                        }
                        at = span.end + quote;
                        self.frame = frame;
                        self.special_string(start, span, (from, at), member);
                        frame = self.frame;
                    }
                } else if text.byte(at) | 0x20 == b'{' {
                    let (state, closing) = if member.effects() | frame.close & close::MEMBERS == 0 {
                        (member.state(), 0)
                    } else {
                        self.frame = frame;
                        self.on_open(frame.close, member, start)
                    };
                    if closing & close::SKIP != 0 {
                        at = self.leave_out_container(start, at)?;
                    } else {
                        self.work.frames.push(frame);
                        let deep = if self.work.frames.len() + self.depth >= self.tables.fold_depth {
                            self.open_deep()?
                        } else {
                            0
                        };
                        let site = if frame.item.is_none() {
                            frame.site_inside(text.word(start), state)
                        } else {
                            frame.site_inside(1, state)
                        };
                        frame = self.open(at, state, closing | deep, member.name(), site);
                        at += 1;
                        let bracket = if frame.item.is_none() { b'}' } else { b']' };
                        if text.byte(at) != bracket {
                            if text.byte(at) > b' ' {
                                continue;
                            }
                            at = self.skip_space(at)?;
                            if text.byte(at) != bracket {
                                continue;
                            }
                        }
                    }
                } else {
                    self.frame = frame;
                    at = self.other_value(start, at, member)?;
                    frame = self.frame;
                }
            }
            behind_value = false;
            if TEMPLATES && frame.learn != 0 {
                self.may_learn(frame, at);
                frame.learn = 0;
            }

            // What follows a value.
            loop {
                let byte = text.byte(at);
                at += 1;
                if byte == b',' {
                    break;
                }
                if byte == if frame.item.is_none() { b'}' } else { b']' } {
                    if escaped && self.work.frames.is_empty() {
                        self.frame = frame;
                        return Ok(Reached::LineEnd(self.end_of_line(at)?));
                    }
                    if frame.close != 0 {
                        self.close_special(frame, at);
                    }
                    self.work.repeats.keys.truncate(frame.keys);
                    match self.work.frames.pop() {
                        Some(outer) => {
                            frame = outer;
                            if TEMPLATES && frame.learn != 0 {
                                self.may_learn(frame, at);
                                frame.learn = 0;
                            }
                        }
                        None => return Ok(Reached::End(at)),
                    }
                } else {
                    at = self.after_value(at - 1)?;
                }
            }
        }
    }

    /// Makes a template of the member that ends in front of `end`, if it is short.
    #[inline(always)]
    fn may_learn(&mut self, frame: Frame, end: usize) {
        let start = frame.learn as usize;
        if end - start <= TEMPLATE_BYTES {
            self.learn(frame.ticket, frame.state, start, end);
        }
    }

    /// The string whose opening quote is at `at`, as far as its first special byte.
    #[inline(always)]
    fn quick_string(&mut self, text: View<'_>, at: usize, escaped: bool) -> Quick {
        let start = if escaped {
            self.text.set_pair(at, *b" \"");
            at + 2
        } else {
            at + 1
        };
        let first = text.word(start);
        let mask = special_mask(first);
        let end = if mask != 0 { start + (mask.trailing_zeros() >> 3) as usize } else { text.find_special(start + 8) };
        let ended = opens(text, end, escaped);
        if escaped && ended {
            self.text.set_pair(end, *b"\" ");
        }
        Quick { first, start, end, ended }
    }

    /// Whether nothing in the text of a string stands out, of which `first` is the first eight bytes.
    #[inline(always)]
    pub(super) fn is_harmless(&self, text: View<'_>, first: u64, start: usize, end: usize) -> bool {
        // `{` or `[`: JSON in a string.
        if first as u8 | 0x20 == b'{' {
            return end - start < 2;
        }
        end - start < SHORTEST_TOKEN_BYTES || self.tables.hints.is_plain(text, start, end)
    }
}

/// Whether a quote of the form stands at `at`.
#[inline(always)]
pub(super) fn opens(text: View<'_>, at: usize, escaped: bool) -> bool {
    if escaped { text.pair(at) == two(*b"\\\"") } else { text.byte(at) == b'"' }
}
