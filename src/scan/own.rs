//! The policy's own redaction rules and its allow-list, where the pass meets a value that they say something about. What they do comes
//! before the catalogue; an action that leaves a part of a value gives way to the catalogue where that finds a secret.

use super::buffer::{PADDING, View};
use super::frame::close;
use super::keys::Member;
use super::paths::effect;
use super::string::{self, Text};
use super::walk::Walk;
use crate::policy::Action;
use crate::redact::judge;
use crate::redact::names::name;
use crate::redact::own::{Form, Marked, OWN_RULES};
use crate::redact::tokens::SHORTEST_TOKEN_BYTES;

/// Stands in the place of a value that is not in the allow-list and cannot be left out.
const NOT_ALLOWED: &[u8] = b"\"[redacted:A01]\"";

impl Walk<'_, '_> {
    /// What holds for the next item of an array of which the policy names single items.
    pub(super) fn counted(&mut self, member: Member) -> Member {
        if !OWN_RULES || self.frame.close & close::INDEXED == 0 || self.frame.item.is_none() {
            return member;
        }
        let depth = self.work.open_frames();
        let notes = self.work.notes(depth);
        let index = notes.items;
        notes.items += 1;
        let symbol = self.tables.paths.index(&self.tables.keys, index);
        let state = self.tables.paths.step(self.frame.state, symbol);
        Member::new(state, self.tables.paths.effects(state).flags, member.name(), 0)
    }

    /// Whether a rule of the policy's own decides about a string, so that the catalogue does not.
    #[inline(never)]
    pub(super) fn own_string(&mut self, member: usize, text: Text, span: (usize, usize), of: Member) -> bool {
        let (flags, named) = (of.effects(), of.name());
        let denied = flags & (effect::DENIED | effect::PARTLY) != 0;
        let rule = self.tables.paths.effects(of.state()).own;
        let in_patch = self.frame.close & close::PATCH != 0;
        let partial = !denied && self.tables.own.is_partial(rule);
        if in_patch && denied && named & name::PAIR_VALUE != 0 {
            // It stands where the operation's path says.
            return false;
        }
        if partial && (in_patch || self.is_secret_place(flags, named)) {
            return false;
        }
        if denied && flags & effect::OWN == 0 && self.holds_events(text, flags) {
            // Of the events in it the allow-list says what leaves.
            return false;
        }
        self.tell_siblings(text, span, of);
        if denied || self.tables.own.action(rule) == Action::Remove {
            self.leave_out(member, span);
            return true;
        }
        if self.tables.own.action(rule) == Action::Keep {
            // Whether an argument is secret, the one in front of it says.
            return self.frame.close & close::COMMAND == 0;
        }
        let mut value = Vec::new();
        string::decode(self.text.view(), text, &mut value);
        let whole = partial && self.holds_secret(&mut value);
        self.put(span, rule, &value, whole);
        true
    }

    /// Whether a rule of the policy's own decides about a number or a literal.
    #[inline(never)]
    pub(super) fn own_scalar(&mut self, member: usize, span: (usize, usize), of: Member) -> bool {
        let (flags, named) = (of.effects(), of.name());
        let rule = self.tables.paths.effects(of.state()).own;
        let denied = flags & (effect::DENIED | effect::PARTLY) != 0;
        if denied || self.tables.own.action(rule) == Action::Remove {
            self.leave_out(member, span);
            return true;
        }
        if self.tables.own.is_partial(rule) && self.is_secret_place(flags, named) {
            return false;
        }
        let value = self.text.span(span.0, span.1).to_vec();
        if self.tables.own.action(rule) != Action::Keep && value != b"null" {
            self.put(span, rule, &value, false);
        }
        true
    }

    /// Whether the catalogue masks a value here whatever it is.
    fn is_secret_place(&self, flags: u32, named: u8) -> bool {
        flags & (effect::MASK | effect::REMOVE | effect::BODY) != 0
            || named & (name::SECRET | name::PAIR_VALUE) != 0
            || self.frame.close & close::COMMAND != 0
    }

    /// Whether a text is an event in an envelope, or a line that is a list of events.
    fn holds_events(&self, text: Text, flags: u32) -> bool {
        let span = self.text.span(text.start, text.end);
        let is_list = flags & effect::LINE != 0 && crate::bytes::contains(span, b"EventList");
        (flags & effect::EVENT != 0 || is_list) && span.starts_with(b"{")
    }

    /// What other members have to know of this one, though it leaves changed or not at all.
    fn tell_siblings(&mut self, text: Text, span: (usize, usize), of: Member) {
        let (flags, named) = (of.effects(), of.name());
        if self.frame.close & close::PATCH != 0 && named & name::PAIR_VALUE == 0 {
            self.patch_member(text, span, flags, named);
        }
        if self.frame.close & close::COMMAND != 0 {
            self.work.arguments.push(text);
        }
        if flags & effect::BODY != 0 {
            self.envelope.capture_body(flags & effect::RESPONSE != 0, span.0, span.1);
        }
        if named & name::KIND != 0 {
            self.kind(text);
        }
        self.name_decides(text, named);
    }

    /// Whether a decoded text holds a secret or an encoding, so that no part of it may stay. Its padding is added.
    fn holds_secret(&self, value: &mut Vec<u8>) -> bool {
        let end = value.len();
        if matches!(value.iter().find(|byte| !byte.is_ascii_whitespace()), Some(b'{' | b'[')) {
            return true;
        }
        value.resize(end + PADDING, 0);
        let mut hits = Vec::new();
        if let Some(view) = View::new(value) {
            judge::judge(&self.tables.hints, view, 0, end, &mut hits);
        }
        value.truncate(end);
        !hits.is_empty()
    }

    /// Puts in the place of a value what its rule makes of it.
    fn put(&mut self, span: (usize, usize), rule: u8, value: &[u8], whole: bool) {
        let mut out = Vec::new();
        if self.tables.own.replace(rule, value, whole, &mut out).is_none() {
            return;
        }
        self.work.edits.replace_with(span.0, span.1, |arena| {
            arena.push(b'"');
            string::encode(&out, arena);
            arena.push(b'"');
        });
        *self.redactions += 1;
    }

    /// Leaves a member or an item out; what is a text of its own leaves as a mask.
    fn leave_out(&mut self, member: usize, span: (usize, usize)) {
        let mut before = member;
        while before > 0 && self.text.byte(before - 1) <= b' ' {
            before -= 1;
        }
        if before == 0 {
            self.work.edits.replace(span.0, span.1, NOT_ALLOWED);
            *self.redactions += 1;
        } else {
            self.remove(member, span.1);
        }
    }

    /// The rule of the policy that asks for the name of a pair.
    pub(super) fn own_rule(&mut self, pair_name: Text) -> Option<u8> {
        if !self.tables.paths.asks_for_names() {
            return None;
        }
        let mut decoded = Vec::new();
        string::decode(self.text.view(), pair_name, &mut decoded);
        self.tables.paths.rule_of_name(&decoded)
    }

    /// The value of a pair whose name a rule of the policy asks for; whether that was all there is to do.
    pub(super) fn own_pair(&mut self, pair_name: Text, span: (usize, usize)) -> bool {
        let Some(rule) = self.own_rule(pair_name) else { return false };
        if self.tables.own.action(rule) == Action::Keep {
            return true;
        }
        let mut decoded = Vec::new();
        let view = self.text.view();
        if view.byte(span.0) == b'"' {
            string::decode(view, string::read_again(view, span.0 + 1, self.escaped_form), &mut decoded);
        } else {
            decoded.extend_from_slice(view.span(span.0, span.1));
        }
        // The pair stays a pair: its value is not left out, and no part of it stays.
        self.put(span, rule, &decoded, true);
        true
    }

    /// Whether a text that nothing else stands out in needs no closer look for the patterns of the policy either.
    pub(super) fn is_unmarked(&self, text: Text) -> bool {
        let own = &self.tables.own;
        let span = self.text.span(text.start, text.end);
        own.is_empty() || !text.escapes && !own.may_fit(span)
    }

    /// Whether the catalogue would not look at a text either: it is too short to hold a token.
    pub(super) fn is_short(&self, text: Text) -> bool {
        !text.escapes && text.end - text.start < SHORTEST_TOKEN_BYTES && self.tables.paths.searches()
    }

    /// An argument behind a flag that a rule of the policy names: `--customer-id`, `4711`. Whether the rule decides about it.
    pub(super) fn own_argument(&mut self, flag: &[u8], value: &[u8], text: Text, is_secret: bool) -> bool {
        if self.tables.own.is_empty() {
            return false;
        }
        let whole = is_secret || self.holds_secret(&mut value.to_vec());
        let Some(instead) = self.tables.own.argument(flag, value, whole) else { return false };
        if instead != value {
            self.work.edits.replace_with(text.start, text.end, |arena| string::encode(&instead, arena));
            *self.redactions += 1;
        }
        true
    }

    /// Looks for the patterns of the policy alone, where the catalogue exempts a text.
    pub(super) fn own_text(&mut self, text: Text) {
        if self.is_unmarked(text) {
            return;
        }
        let mut decoded = Vec::new();
        string::decode(self.text.view(), text, &mut decoded);
        let mut hits = Vec::new();
        let marked = Marked::new(&self.tables.own, &decoded, 0, Form::Json, &mut hits);
        if let Some(out) = marked.write(&decoded, 0, &hits) {
            self.work.edits.replace(text.start, text.end, &out);
            *self.redactions += marked.count(&hits);
        }
    }
}
