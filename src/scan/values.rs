//! What happens to the values that the pass stops at: masks, removals, raw lines, JSON in strings, and texts that need a close look.

use super::buffer::{PADDING, Padded};
use super::hints::Hints;
use super::keys::{Keys, Member, UNKNOWN};
use super::paths::{Builder, Paths, State, effect};
use super::string::{self, Text};
use super::walk::{Frame, MAX_LEVEL, Walk, Work, close, pair};
use crate::envelope::{Envelope, Field, Source};
use crate::policy::Policy;
use crate::redact::class::{CLASSES, Class};
use crate::redact::names::{self, name};
use crate::redact::{catalogue, is_mask, push_mask, start};

/// The rules, compiled, and the memory of what they said.
pub(crate) struct Tables {
    pub(crate) keys: Keys,
    pub(crate) paths: Paths,
    pub(crate) hints: Hints,
    /// Containers that may be open in the output; what is deeper leaves as a string.
    pub(super) fold_depth: usize,
    /// Containers that may be open at all.
    pub(super) max_depth: usize,
    spare: Vec<Work>,
    /// Bodies that came before the field that says what they are: span in the record, text.
    deferred: Vec<(usize, usize, Vec<u8>)>,
}

/// Containers in each other that Fluent Bit takes back safely: its outputs run on a stack of 24 KB in 3.1.9 and abort at 27, its decoder loses the
/// chunk from 31 (3.1.9) or 63 (5.1.1) on.
const FOLD_DEPTH: usize = 22;

/// How far into a line is looked for the id of an audit event.
const LINE_PEEK_BYTES: usize = 16 * 1024;

/// What a truncated value keeps at its beginning.
const TRUNCATED_BYTES: usize = 16;

impl Tables {
    pub(crate) fn new(policy: &Policy) -> Self {
        let mut keys = Keys::new();
        let mut builder = Builder::new();
        catalogue::add_patterns(&mut builder, &mut keys, policy.asks_for_annotations());
        let paths = builder.build(&keys, start::COUNT);
        let max_depth = policy.limits().max_depth as usize;
        Self {
            keys,
            paths,
            hints: Hints::new(),
            fold_depth: FOLD_DEPTH,
            max_depth,
            spare: Vec::new(),
            deferred: Vec::new(),
        }
    }

    /// Forgets what the last record left, and what too many different records have brought; between records only.
    pub(crate) fn tidy(&mut self) {
        self.deferred.clear();
        if self.paths.tidy() {
            self.keys.forget();
        }
    }

    /// What holds for the items of an array at the place `state`.
    pub(super) fn item_of(&mut self, state: State, named: u8) -> Member {
        let item = self.paths.item();
        let state = self.paths.step(state, item);
        Member::new(state, self.paths.effects(state).flags, named, 0)
    }
}

impl Work {
    /// Leaves out the member that starts at `member`, with one of the commas around it.
    pub(crate) fn remove(&mut self, text: &Padded<'_>, member: usize, after: usize) {
        let mut before = member;
        while before > 0 && text.byte(before - 1) <= b' ' {
            before -= 1;
        }
        // The first member, or the first one that stays: the comma behind it goes.
        let leading = before == 0 || text.byte(before - 1) != b',' || self.removed_leading == member && member > 0;
        if !leading {
            self.edits.replace(before - 1, after, b"");
        } else {
            let mut end = after;
            while matches!(text.byte(end), b' ' | b'\t' | b'\n' | b'\r') {
                end += 1;
            }
            end = if text.byte(end) == b',' { end + 1 } else { after };
            while text.byte(end) <= b' ' && end < text.len() && end > after {
                end += 1;
            }
            self.removed_leading = end;
            self.edits.replace(member, end, b"");
        }
    }
}

impl Walk<'_, '_> {
    /// Where the inside of a container stands that effects are asked for, and what is to be done when it closes.
    #[cold]
    #[inline(never)]
    pub(super) fn on_open(&mut self, outer: u32, member: Member, key: usize) -> (State, u32) {
        let (state, bits) = self.inside(outer, member);
        if bits & (close::REMOVE | close::REMEMBER) != 0 {
            let depth = self.work.open_frames() + 1;
            self.work.notes(depth).member = key;
        }
        (state, bits)
    }

    fn inside(&mut self, outer: u32, member: Member) -> (State, u32) {
        let (value, flags, named) = (member.state(), member.effects(), member.name());
        if flags & effect::REMOVE != 0 {
            return (start::QUIET, close::REMOVE);
        }
        if outer & close::PATCH != 0 && named & name::PAIR_VALUE != 0 {
            return (start::QUIET, close::PATCH_VALUE);
        }
        if flags & effect::MASK != 0 {
            return (value, 0);
        }
        if flags & effect::BODY != 0 {
            let which = if flags & effect::RESPONSE != 0 { close::RESPONSE } else { 0 };
            return match self.class() {
                Some(class) => (start::object(Some(class)), close::REMEMBER | which),
                None => (start::QUIET, close::BODY | close::REMEMBER | which),
            };
        }
        if flags & effect::EVENT != 0 {
            return (start::QUIET, close::EVENT);
        }
        if flags & effect::OBJECT != 0 {
            return (start::object(self.class()), 0);
        }
        let mut bits = 0;
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
        (value, bits)
    }

    /// What the bodies of this event are; a text inside an event inherits it.
    pub(super) fn class(&mut self) -> Option<Class> {
        if self.envelope.class.is_none() {
            self.envelope.class = self.envelope.class(self.text.view());
        }
        self.envelope.class
    }

    /// A key that says something about its object, or is long enough to hold a token itself.
    #[cold]
    #[inline(never)]
    pub(super) fn special_key(&mut self, text: Text, member: Member) {
        let named = member.name();
        self.work.note_key(text);
        if named & name::DATA != 0 {
            self.frame.pair |= pair::DATA;
        }
        if named & name::LONG == 0 || self.tables.paths.effects(self.frame.state).flags & effect::KEEP != 0 {
            return;
        }
        self.judge_plain_text(text);
    }

    /// A raw line in the string at `at`, if it holds an audit event: the pass goes on inside it, as if its members were the record's own.
    #[cold]
    #[inline(never)]
    pub(super) fn try_line(&mut self, member: usize, at: usize) -> Option<usize> {
        let quote = if self.text.byte(at) == b'"' { at } else { return None };
        let view = self.text.view();
        let mut brace = quote + 1;
        while view.byte(brace) == b' ' {
            brace += 1;
        }
        let head = view.span(brace, (brace + LINE_PEEK_BYTES).min(self.text.len()));
        const EVENT: &[u8] = br#"{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/"#;
        const ID: &[u8] = br#"\"auditID\":"#;
        // The line's own end is a quote without a backslash; what is behind it belongs to other members.
        let is_event = head.starts_with(EVENT)
            || head.starts_with(b"{") && {
                let found = head.windows(ID.len()).position(|window| window == ID);
                found.is_some_and(|found| !ends_before(head, found)) && !is_list(head)
            };
        is_event.then(|| self.enter_line(member, brace))
    }

    /// A string that something is to be done about, or that has to be looked at closely.
    #[cold]
    #[inline(never)]
    pub(super) fn special_string(&mut self, member: usize, text: Text, span: (usize, usize), of: Member) {
        let (quote, after) = span;
        let (flags, named) = (of.effects(), of.name());
        if flags & effect::CAPTURE != 0 {
            self.envelope.capture(self.tables.paths.effects(of.state()).field, text);
        }
        if flags & effect::ANNOTATION != 0 {
            self.envelope.capture_annotation(self.work.last_key(), text);
        }
        if flags & effect::REMOVE != 0 {
            return self.remove(member, after);
        }
        if self.frame.close & close::PATCH != 0 && self.patch_member(text, span, flags, named) {
            return;
        }
        if flags & effect::KEEP != 0 {
            return;
        }
        if self.frame.close & close::COMMAND != 0 {
            self.work.arguments.push(text);
            return;
        }
        if flags & effect::BODY != 0 {
            self.envelope.capture_body(flags & effect::RESPONSE != 0, member, after);
            // A body that is a string is of no known shape.
            return match self.class() {
                Some(Class::Secret) | None => self.mask(quote, after, catalogue::UNKNOWN_SHAPE, text),
                Some(_) => self.free_text(text, quote, after, flags),
            };
        }
        if flags & effect::PATCH != 0 && self.class() == Some(Class::Secret) {
            return self.mask(quote, after, catalogue::UNKNOWN_SHAPE, text);
        }
        if flags & effect::MASK != 0 {
            let entry = self.tables.paths.effects(of.state()).entry;
            return self.mask(quote, after, entry, text);
        }
        if named & name::KIND != 0 {
            self.kind(text);
        }
        if named & name::SECRET != 0 {
            return self.mask(quote, after, catalogue::BY_NAME, text);
        }
        if named & name::PAIR_NAME != 0 && self.frame.pair & pair::VALUE != 0 && self.is_secret_name(text) {
            let depth = self.work.open_frames();
            let value = self.work.notes(depth).value;
            self.mask(value.start, value.end, catalogue::BY_NAME, Text::default());
        }
        if named & name::PAIR_VALUE != 0 {
            match self.name_of_pair() {
                Some(name) if self.is_secret_name(name) => return self.mask(quote, after, catalogue::BY_NAME, text),
                Some(_) => {}
                None => self.note_value(quote, after),
            }
        }
        if flags & effect::EXEMPT != 0 {
            return;
        }
        if flags & (effect::EVENT | effect::LINE) != 0 {
            if self.envelope.source == Source::Record {
                self.envelope.source = Source::Text;
            }
            return self.nested_json(text, quote, after, start::RECORD, flags);
        }
        if flags & effect::TRUNCATE != 0 {
            return self.truncate(text, quote, after);
        }
        self.free_text(text, quote, after, flags);
    }

    /// A number or literal that something is to be done about.
    #[cold]
    #[inline(never)]
    pub(super) fn special_scalar(&mut self, member: usize, span: (usize, usize), of: Member) {
        let (at, after) = span;
        let (flags, named) = (of.effects(), of.name());
        let effects = self.tables.paths.effects(of.state());
        if flags & effect::CAPTURE != 0 {
            self.envelope.capture(effects.field, Text { start: at, end: after, escapes: false, escaped_form: false });
        }
        if flags & effect::REMOVE != 0 {
            return self.remove(member, after);
        }
        if self.frame.close & close::PATCH != 0 && named & name::PAIR_VALUE != 0 {
            return self.note_value(at, after);
        }
        let is_number = !matches!(self.text.byte(at), b't' | b'f' | b'n');
        if flags & effect::KEEP != 0 || !is_number {
            return;
        }
        if flags & effect::MASK != 0 {
            self.mask(at, after, effects.entry, Text::default());
        } else if named & name::SECRET != 0 {
            self.mask(at, after, catalogue::BY_NAME, Text::default());
        } else if named & name::PAIR_VALUE != 0 {
            match self.name_of_pair() {
                Some(name) if self.is_secret_name(name) => self.mask(at, after, catalogue::BY_NAME, Text::default()),
                Some(_) => {}
                None => self.note_value(at, after),
            }
        }
    }

    /// Remembers the value of a pair or patch operation, because what decides about it has not come yet.
    fn note_value(&mut self, start: usize, end: usize) {
        self.frame.pair |= pair::VALUE;
        let depth = self.work.open_frames();
        self.work.notes(depth).value = Text { start, end, ..Text::default() };
    }

    /// The value of the member `name` or `key` of the open object, if it has been read and is a string.
    fn name_of_pair(&self) -> Option<Text> {
        let view = self.text.view();
        let quote = if self.escaped_form { 2 } else { 1 };
        let keys = self.work.repeats.keys.get(self.frame.keys..).unwrap_or_default();
        keys.iter().find_map(|&start| {
            let start = start as usize;
            let length = if view.span(start, start + 5) == b"name\"" { 4 } else { 3 };
            if length == 3 && view.span(start, start + 4) != b"key\"" {
                return None;
            }
            let mut at = start + length + quote;
            while matches!(view.byte(at), b' ' | b'\t' | b'\n' | b'\r' | b':') {
                at += 1;
            }
            (view.byte(at) == b'"').then(|| string::read_again(view, at + 1, self.escaped_form))
        })
    }

    /// What was put off until the container's end.
    #[cold]
    #[inline(never)]
    pub(super) fn close_special(&mut self, frame: Frame, after: usize) {
        let bits = frame.close;
        let depth = self.work.open_frames();
        let notes = self.work.take_notes(depth);
        if bits & close::COMMAND != 0 {
            self.command_line();
        }
        if bits & close::BYTES != 0 && frame.item.is_some() {
            self.bytes_of_message(frame.start, after);
        }
        if bits & close::PATCH_VALUE != 0 {
            self.work.notes(depth.saturating_sub(1)).value = Text { start: frame.start, end: after, ..Text::default() };
        }
        if bits & close::PATCH != 0 {
            self.patch_value(notes.value, notes.pointer);
        }
        if bits & close::SECRET != 0 {
            let class = self.class();
            self.again(frame.start, after, start::EMBEDDED_SECRET, class);
        }
        if bits & close::EVENT != 0 {
            self.again(frame.start, after, start::RECORD, None);
        }
        if bits & close::BODY != 0 {
            let mut body = Vec::new();
            self.work.edits.take_out(self.text, frame.start, after, &mut body);
            self.tables.deferred.push((frame.start, after, body));
        }
        if bits & close::REMEMBER != 0 {
            self.envelope.capture_body(bits & close::RESPONSE != 0, notes.member, after);
        }
        if bits & close::REMOVE != 0 {
            self.remove(notes.member, after);
        }
        if bits & close::FOLD != 0 {
            let mut json = Vec::new();
            self.work.edits.take_out(self.text, frame.start, after, &mut json);
            self.work.edits.replace_with(frame.start, after, |out| {
                out.push(b'"');
                string::encode(&json, out);
                out.push(b'"');
            });
        }
    }

    /// Bodies that were read before the event said what they are.
    pub(crate) fn finish_bodies(&mut self) {
        for (from, to, body) in core::mem::take(&mut self.tables.deferred) {
            let class = self.class().unwrap_or(Class::Secret);
            let out = self.nested(body, start::object(Some(class)), Some(class), 1).map(|(out, _)| out);
            self.replace_nested(from, to, out);
        }
    }

    /// Identifiers that are secrets because of their resource: OpenShift's OAuth tokens are called like the tokens.
    pub(crate) fn finish_names(&mut self) {
        if self.level > 0 || self.class() != Some(Class::OauthToken) {
            return;
        }
        if let Some(name) = self.envelope.field(Field::Name) {
            self.mask_inside(name);
        }
        if let Some(uri) = self.envelope.field(Field::RequestUri) {
            let mut path = Vec::new();
            string::decode(self.text.view(), uri, &mut path);
            let end = path.iter().position(|&byte| byte == b'?').unwrap_or(path.len());
            let last = path
                .get(..end)
                .and_then(|path| path.iter().rposition(|&byte| byte == b'/'))
                .map_or(0, |slash| slash + 1);
            let name = path.get(last..end).unwrap_or_default();
            if name.is_empty()
                || name.starts_with(b"oauth")
                || name.starts_with(b"useroauth")
                || name.starts_with(b"%5Bredacted:")
            {
                return;
            }
            self.work.edits.replace_with(uri.start, uri.end, |out| {
                string::encode(path.get(..last).unwrap_or_default(), out);
                out.extend_from_slice(b"%5Bredacted:K19%5D");
                string::encode(path.get(end..).unwrap_or_default(), out);
            });
            *self.redactions += 1;
        }
    }

    fn mask_inside(&mut self, text: Text) {
        if is_mask(self.text.span(text.start, text.end)) || text.start == text.end {
            return;
        }
        self.work.edits.replace_with(text.start, text.end, |out| push_mask(out, catalogue::id(catalogue::TOKEN_NAME)));
        *self.redactions += 1;
    }

    /// Reads a container again from another place in the rules.
    fn again(&mut self, from: usize, to: usize, state: State, class: Option<Class>) {
        let mut json = Vec::new();
        self.work.edits.take_out(self.text, from, to, &mut json);
        let depth = self.depth + self.work.open_frames();
        let out = self.nested(json, state, class, depth).map(|(out, _)| out);
        self.replace_nested(from, to, out);
    }

    fn replace_nested(&mut self, from: usize, to: usize, out: Option<Vec<u8>>) {
        match out {
            Some(out) => self.work.edits.replace(from, to, &out),
            None => self.mask(from, to, catalogue::NOT_LOOKED_AT, Text::default()),
        }
    }

    /// A pass over a text inside this one: what leaves, and whether that differs. `None` if it is no JSON or nested too deep.
    pub(super) fn nested(
        &mut self,
        mut json: Vec<u8>,
        state: State,
        class: Option<Class>,
        depth: usize,
    ) -> Option<(Vec<u8>, bool)> {
        if self.level >= MAX_LEVEL {
            return None;
        }
        let length = json.len();
        json.resize(length + PADDING, 0);
        let mut work = self.tables.spare.pop().unwrap_or_default();
        let mut envelope = Envelope::inside(class);
        let deferred = core::mem::take(&mut self.tables.deferred);
        let mut text = Padded::new(&mut json)?;
        let before = *self.redactions;
        let mut walk =
            Walk::new(&mut text, self.tables, &mut work, &mut envelope, self.redactions, self.level + 1, depth);
        let result = walk.run(state);
        if result.is_ok() {
            walk.finish_bodies();
        }
        let mut out = Vec::with_capacity(length);
        let changed = *self.redactions != before || work.edits.any();
        work.edits.render(&text, 0, length, &mut out);
        self.tables.spare.push(work);
        self.tables.deferred = deferred;
        if result.is_err() {
            *self.redactions = before;
            return None;
        }
        Some((out, changed))
    }

    /// `path` and `value` of an operation of a JSON patch; whether that was all there is to do.
    fn patch_member(&mut self, text: Text, span: (usize, usize), flags: u32, named: u8) -> bool {
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
    fn patch_value(&mut self, value: Text, path: Text) {
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
        // An environment variable's value, whose name is elsewhere.
        let variable = crate::bytes::find(&pointer, b"/env/").is_some() && pointer.ends_with(b"/value");
        let (from, to) = (value.start, value.end);
        let scalar = !matches!(self.text.byte(from), b'{' | b'[');
        if scalar && (secret || variable) {
            return self.mask(from, to, catalogue::BY_NAME, Text::default());
        }
        let class = self.class();
        self.again(from, to, state, class);
    }

    /// An object that calls itself a Secret.
    fn kind(&mut self, text: Text) {
        let kind = self.text.span(text.start, text.end);
        if !matches!(kind, b"Secret" | b"SecretList")
            || self.class() == Some(Class::Secret)
            || self.frame.pair & pair::KIND != 0
        {
            return;
        }
        self.frame.pair |= pair::KIND;
        if self.level > 0 || self.work.open_frames() > 0 {
            if self.frame.pair & pair::DATA != 0 {
                self.frame.close |= close::SECRET;
            } else {
                self.frame.state = start::EMBEDDED_SECRET;
            }
        }
    }

    fn is_secret_name(&mut self, text: Text) -> bool {
        let Tables { keys, paths, hints, .. } = &mut *self.tables;
        let view = self.text.view();
        let found = if text.escapes {
            keys.look_up_decoded(paths, hints, view, text, start::QUIET, &mut self.work.scratch)
        } else {
            keys.look_up_name(paths, hints, view, text.start, text.end, start::QUIET)
        };
        found.name() & name::SECRET != 0
    }

    /// Puts a mask in the place of a value. Values of a Secret leave their length.
    pub(super) fn mask(&mut self, start: usize, end: usize, entry: u16, text: Text) {
        let value = self.text.span(text.start, text.end);
        if text.end > 0 && (is_mask(value) || value.is_empty()) {
            return;
        }
        let id = catalogue::id(entry);
        let length = text.end - text.start;
        self.work.edits.replace_with(start, end, |out| {
            out.push(b'"');
            push_mask(out, id);
            if id == "K01" && length > 0 {
                out.pop();
                out.push(b':');
                crate::number::push(out, length as u64);
                out.push(b']');
            }
            out.push(b'"');
        });
        *self.redactions += 1;
    }

    fn truncate(&mut self, text: Text, quote: usize, after: usize) {
        if text.end - text.start <= 2 * TRUNCATED_BYTES || text.escapes {
            return self.free_text(text, quote, after, 0);
        }
        let head = self.text.span(text.start, text.start + TRUNCATED_BYTES);
        self.work.edits.replace_with(text.start, text.end, |out| {
            out.extend_from_slice(head);
            out.extend_from_slice(b"...");
        });
        *self.redactions += 1;
    }

    fn remove(&mut self, member: usize, after: usize) {
        self.work.remove(self.text, member, after);
        *self.redactions += 1;
    }
}

/// The class that a start is for.
pub(super) fn class_of_start(state: State) -> Class {
    CLASSES.iter().copied().find(|&class| start::object(Some(class)) == state).unwrap_or(Class::Secret)
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

/// Whether the escaped text ends, by a quote without a backslash, before `at`.
fn ends_before(text: &[u8], at: usize) -> bool {
    let mut escaped = false;
    text.iter().take(at).any(|&byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

/// Whether an escaped text is a list of events or an envelope around one, which cannot take the record's place.
fn is_list(text: &[u8]) -> bool {
    let head = text.get(..text.len().min(256)).unwrap_or_default();
    let has = |part: &[u8]| crate::bytes::find(head, part).is_some();
    has(br#"EventList\""#) || has(br#"\"items\":["#) || has(br#"\"category\":\"kube-audit"#)
}
