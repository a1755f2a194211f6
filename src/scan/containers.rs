//! What happens to objects and arrays that rules ask something about: what their inside is read as, and what is put off until their end.

use super::buffer::{PADDING, Padded, View};
use super::frame::{Frame, close};
use super::keys::Member;
use super::paths::{State, effect};
use super::string::{self, Text};
use super::walk::{MAX_LEVEL, Walk};
use crate::envelope::{Envelope, Field};
use crate::policy::Action;
use crate::redact::class::{CLASSES, Class};
use crate::redact::names::name;
use crate::redact::{catalogue, start, uri};

impl Walk<'_, '_> {
    /// Where the inside of a container stands that effects are asked for, and what is to be done when it closes.
    #[cold]
    #[inline(never)]
    pub(super) fn on_open(&mut self, outer: u32, member: Member, key: usize) -> (State, u32) {
        let member = self.counted(member);
        let (state, bits) = self.inside(outer, member);
        if bits & (close::REMOVE | close::REMEMBER | close::COMMAND) != 0 {
            let depth = self.work.open_frames() + 1;
            let notes = self.work.notes(depth);
            (notes.member, notes.place) = (key, member.state());
        }
        (state, bits)
    }

    fn inside(&mut self, outer: u32, member: Member) -> (State, u32) {
        let (value, mut flags, named) = (member.state(), member.effects(), member.name());
        let in_patch = outer & close::PATCH != 0 && named & name::PAIR_VALUE != 0;
        if flags & effect::POLICY != 0 && !(in_patch && flags & effect::OWN == 0) {
            let rule = self.tables.paths.effects(value).own;
            let action = self.tables.own.action(rule);
            if flags & effect::DENIED != 0 || flags & effect::OWN != 0 && action == Action::Remove {
                return (self.tables.paths.unseen(value), close::REMOVE);
            }
            if flags & effect::OWN != 0 && !self.tables.own.is_partial(rule) {
                flags &= !(effect::REMOVE | effect::MASK);
            }
            if flags & effect::OWN != 0 && action == Action::Keep {
                flags &= !(effect::COMMAND | effect::LINE);
            }
        }
        if flags & effect::REMOVE != 0 {
            return (start::QUIET, close::SKIP);
        }
        if in_patch {
            return (start::QUIET, close::PATCH_VALUE);
        }
        if flags & effect::MASK != 0 {
            return (value, 0);
        }
        if flags & effect::BODY != 0 {
            let which = if flags & effect::RESPONSE != 0 { close::RESPONSE } else { 0 };
            return match self.class() {
                Some(class) => (self.tables.paths.enter(start::object(Some(class)), value), close::REMEMBER | which),
                None => (start::QUIET, close::BODY | close::REMEMBER | which),
            };
        }
        if flags & effect::EVENT != 0 {
            // The one event of an envelope is the record's own; the items of a list are read each by itself.
            let is_own = self.level == 0 && self.frame.item.is_none() && self.envelope.is_blank();
            return if is_own { (start::RECORD, 0) } else { (start::QUIET, close::EVENT) };
        }
        if flags & effect::OBJECT != 0 {
            let class = self.class();
            return (self.tables.paths.enter(start::object(class), value), 0);
        }
        let mut bits = if flags & effect::INDEXED != 0 { close::INDEXED } else { 0 };
        if flags & effect::COMMAND != 0 {
            self.work.arguments.clear();
            bits |= close::COMMAND;
        }
        if flags & effect::PATCH != 0 {
            bits |= close::PATCH;
        }
        if flags & effect::LINE != 0 {
            bits |= close::BYTES;
        }
        if flags & effect::LOWERED != 0 {
            bits |= close::REMEMBER | if flags & effect::RESPONSE != 0 { close::RESPONSE } else { 0 };
        }
        (value, bits)
    }

    /// What the bodies of this event are; a text inside an event inherits it.
    pub(super) fn class(&mut self) -> Option<Class> {
        if self.tables.hints.off.all {
            return Some(Class::Other);
        }
        if self.envelope.class.is_none() {
            self.envelope.class = self.envelope.class(self.text.view());
        }
        self.envelope.class
    }

    /// What was put off until the container's end.
    #[cold]
    #[inline(never)]
    pub(super) fn close_special(&mut self, frame: Frame, after: usize) {
        let bits = frame.close;
        let depth = self.work.open_frames();
        let notes = self.work.take_notes(depth);
        if bits & close::COMMAND != 0 {
            self.command_line(notes.member);
        }
        if bits & close::PAIR != 0 {
            self.close_pair_value(frame.start);
        }
        if bits & close::BYTES != 0 && frame.item.is_some() {
            self.bytes_of_message(frame.start, after);
        }
        if bits & close::PATCH_VALUE != 0 {
            self.note_patch_value_of(depth.saturating_sub(1), frame.start, after);
        }
        if bits & close::PATCH != 0 {
            self.patch_value(notes);
        }
        if bits & close::SECRET != 0 {
            let class = self.class();
            let state = self.tables.paths.enter(start::EMBEDDED_SECRET, frame.state);
            self.again(frame.start, after, state, class, 0);
        }
        if bits & close::EVENT != 0 {
            self.again(frame.start, after, start::RECORD, None, 0);
        }
        if bits & close::BODY != 0 {
            let mut body = Vec::new();
            self.work.edits.take_out(self.text, (frame.start, after), true, &mut body);
            self.tables.deferred.push((frame.start, after, body, notes.place));
        }
        if bits & close::REMEMBER != 0 {
            self.envelope.capture_body(bits & close::RESPONSE != 0, notes.member, after);
        }
        if bits & close::REMOVE != 0 {
            self.remove(notes.member, after);
        }
        if bits & close::FOLD != 0 {
            let mut json = Vec::new();
            self.work.edits.take_out(self.text, (frame.start, after), false, &mut json);
            self.work.edits.replace_with(frame.start, after, |out| {
                out.push(b'"');
                string::encode(&json, out);
                out.push(b'"');
            });
        }
    }

    /// Bodies that were read before the event said what they are.
    pub(super) fn finish_bodies(&mut self) {
        for (from, to, body, place) in core::mem::take(&mut self.tables.deferred) {
            let class = self.class().unwrap_or(Class::Secret);
            let state = self.tables.paths.enter(start::object(Some(class)), place);
            let out = self.nested(body, state, Some(class), 1, 0).map(|(out, _)| out);
            self.replace_nested(from, to, out);
        }
    }

    /// Identifiers that are secrets because of their resource: OpenShift's OAuth tokens are called like the tokens.
    pub(super) fn finish_names(&mut self) {
        if self.level > 0 || self.class() != Some(Class::OauthToken) {
            return;
        }
        if let Some(name) = self.envelope.field(Field::Name) {
            self.mask_inside(name);
        }
        if let Some(uri) = self.envelope.field(Field::RequestUri) {
            // Other secrets in it have been masked already, or its escapes rewritten.
            let mut text = Vec::new();
            match self.work.edits.replaced(uri.start, uri.end) {
                Some(written) => {
                    let mut padded = written.to_vec();
                    padded.resize(written.len() + PADDING, 0);
                    let whole = Text { end: written.len(), escapes: true, ..Text::default() };
                    if let Some(view) = View::new(&padded) {
                        string::decode(view, whole, &mut text);
                    }
                }
                None => string::decode(self.text.view(), uri, &mut text),
            }
            let names = uri::token_names(&text);
            if names.is_empty() {
                return;
            }
            *self.redactions += names.len() as u32;
            self.work.edits.replace_with(uri.start, uri.end, |out| {
                let mut at = 0;
                for (start, end) in names {
                    string::encode(text.get(at..start).unwrap_or_default(), out);
                    out.extend_from_slice(b"%5Bredacted:K19%5D");
                    at = end;
                }
                string::encode(text.get(at..).unwrap_or_default(), out);
            });
        }
    }

    /// Reads a value again from another place in the rules; `named` is what its name says about it.
    pub(super) fn again(&mut self, from: usize, to: usize, state: State, class: Option<Class>, named: u8) {
        let mut json = Vec::new();
        self.work.edits.take_out(self.text, (from, to), true, &mut json);
        let depth = self.depth + self.work.open_frames();
        let out = self.nested(json, state, class, depth, named).map(|(out, _)| out);
        self.replace_nested(from, to, out);
    }

    pub(super) fn replace_nested(&mut self, from: usize, to: usize, out: Result<Vec<u8>, Unread>) {
        match out {
            Ok(out) => self.work.edits.replace(from, to, &out),
            Err(_) => self.mask(from, to, catalogue::NOT_LOOKED_AT, Text::default()),
        }
    }

    /// A pass over a text inside this one: what leaves, and whether that differs.
    pub(super) fn nested(
        &mut self,
        mut json: Vec<u8>,
        state: State,
        class: Option<Class>,
        depth: usize,
        named: u8,
    ) -> Result<(Vec<u8>, bool), Unread> {
        if self.level >= MAX_LEVEL {
            return Err(Unread::NoJson);
        }
        let length = json.len();
        json.resize(length + PADDING, 0);
        let mut work = self.tables.spare.pop().unwrap_or_default();
        let mut envelope = Envelope::inside(class);
        let deferred = core::mem::take(&mut self.tables.deferred);
        let mut text = Padded::new(&mut json).ok_or(Unread::NoJson)?;
        let before = *self.redactions;
        let mut walk =
            Walk::new(&mut text, self.tables, &mut work, &mut envelope, self.redactions, self.level + 1, depth);
        walk.named = named;
        let result = walk.run(state);
        if result.is_ok() {
            walk.finish_bodies();
        }
        let mut out = Vec::with_capacity(length);
        let changed = *self.redactions != before || work.edits.any();
        work.edits.render(&text, 0, length, &mut out);
        self.tables.spare.push(work);
        self.tables.deferred = deferred;
        if result.is_err() || envelope.ambiguous {
            *self.redactions = before;
            return Err(if result.is_err() { Unread::NoJson } else { Unread::Ambiguous });
        }
        Ok((out, changed))
    }
}

/// Why a text inside this one could not be read.
#[derive(Clone, Copy)]
pub(super) enum Unread {
    /// It is no JSON, or nested too deep.
    NoJson,
    /// It is an event that says more than once what its bodies are.
    Ambiguous,
}

/// The class that a start is for.
pub(super) fn class_of_start(state: State) -> Class {
    CLASSES.iter().copied().find(|&class| start::object(Some(class)) == state).unwrap_or(Class::Secret)
}
