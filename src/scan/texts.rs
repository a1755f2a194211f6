//! Texts: what is done about the strings that need a close look, whatever place they stand at. Command lines, URIs, messages, JSON in a
//! string, auditd records and plain prose; each leaves as it came but for what is secret in it.

use super::buffer::{PADDING, View};
use super::containers::{Unread, class_of_start};
use super::hints::Hints;
use super::memo::Judged;
use super::paths::{State, effect};
use super::string::{self, Text};
use super::tables::Tables;
use super::walk::{MAX_LEVEL, Walk};
use crate::envelope::Source;
use crate::redact::class::Class;
use crate::redact::judge::{self, Hit};
use crate::redact::names::name;
use crate::redact::own::{Form, Marked};
use crate::redact::tokens::SHORTEST_TOKEN_BYTES;
use crate::redact::{auditd, catalogue, command, messages, start, uri};

impl Walk<'_, '_> {
    /// JSON in a string, or text.
    pub(super) fn free_text(&mut self, text: Text, quote: usize, after: usize, flags: u32) {
        if flags & (effect::URI | effect::MESSAGE | effect::COMMAND) == 0 {
            // Annotations of an event that has not named its resource yet can hold a patch of a Secret.
            let class = self.class().or((flags & effect::STRICT == 0).then_some(Class::Other));
            return self.nested_json(text, quote, after, start::object(class), flags);
        }
        if flags & effect::URI != 0 && self.is_unmarked(text) && self.is_plain_uri(text) {
            return;
        }
        let class = self.class().unwrap_or(Class::Secret);
        let special = move |hints: &Hints, view: View<'_>, start: usize, end: usize, hits: &mut Vec<Hit>| {
            if flags & effect::URI != 0 {
                uri::secret_parts(hints, view, start, end, hits);
            } else if flags & effect::MESSAGE != 0 {
                messages::echoes(class, view, start, end, hits);
            } else {
                let mut parts = Vec::new();
                command::secret_parts(&[view.span(start, end)], &mut parts);
                hits.extend(parts.iter().map(|&(_, from, to)| Hit { start: start + from, end: start + to, id: "N01" }));
            }
        };
        self.judge_text(text, special, flags & effect::URI != 0);
    }

    /// Whether a text that is no JSON has keys that only audit events have, with as many escapes as there are strings around the event.
    fn names_audit_fields(&self, text: Text) -> bool {
        let line = self.text.span(text.start, text.end);
        text.escapes
            && [
                &b"\"audit.k8s.io/"[..],
                b"\"requestURI\\",
                b"\"objectRef\\",
                b"\"responseObject\\",
                b"\"requestObject\\",
                b"\"requestReceivedTimestamp\\",
                b"\"stageTimestamp\\",
                b"\"authorization.k8s.io/",
            ]
            .iter()
            .any(|part| crate::bytes::contains(line, part))
    }

    /// An auditd record in a line: its fields are decoded, redacted and written again. Whether it was one.
    pub(super) fn auditd_record(&mut self, text: Text) -> bool {
        if self.tables.hints.off.all {
            return false;
        }
        let mut line = Vec::new();
        string::decode(self.text.view(), text, &mut line);
        if !auditd::is_record(&line) {
            return false;
        }
        let changes = auditd::changes(&self.tables.hints, &line);
        let mut out = Vec::with_capacity(line.len() + PADDING);
        let mut at = 0;
        for (start, end, with) in &changes {
            if *start >= at {
                out.extend_from_slice(line.get(at..*start).unwrap_or_default());
                out.extend_from_slice(with);
                at = *end;
            }
        }
        out.extend_from_slice(line.get(at..).unwrap_or_default());
        *self.redactions += changes.len() as u32;
        // What is left is looked at like any text.
        let end = out.len();
        out.resize(end + PADDING, 0);
        let mut hits = Vec::new();
        if let Some(view) = View::new(&out) {
            judge::judge(&self.tables.hints, view, 0, end, &mut hits);
            let own = Marked::new(&self.tables.own, view.span(0, end), 0, Form::Json, &mut hits);
            *self.redactions += own.count(&hits);
            match own.write(view.span(0, end), 0, &hits) {
                Some(masked) => self.work.edits.replace(text.start, text.end, &masked),
                None if changes.is_empty() => {}
                None => {
                    self.work.edits.replace_with(text.start, text.end, |arena| string::encode(view.span(0, end), arena))
                }
            }
        }
        true
    }

    /// A line of sshd, sudo or cron that names its secret by its wording. Whether it was one.
    fn log_line(&mut self, text: Text) -> bool {
        let known = if text.escapes {
            let mut line = Vec::new();
            string::decode(self.text.view(), text, &mut line);
            messages::names_a_secret(&line)
        } else {
            messages::names_a_secret(self.text.span(text.start, text.end))
        };
        if known {
            self.judge_text(text, |_, view, from, to, hits| messages::line_parts(view, from, to, hits), false);
        }
        known
    }

    /// A message that journald gives as an array of bytes because it is no UTF-8. If its text holds a secret, it leaves as text.
    pub(super) fn bytes_of_message(&mut self, from: usize, to: usize) {
        let numbers = self.text.span(from + 1, to - 1).split(|&byte| byte == b',');
        let Some(bytes) = numbers.map(byte_of).collect::<Option<Vec<u8>>>() else { return };
        let mut text = Vec::new();
        string::push_mended(&bytes, &mut text);
        let end = text.len();
        text.resize(end + PADDING, 0);
        let Some(view) = View::new(&text) else { return };
        let mut hits = Vec::new();
        judge::judge(&self.tables.hints, view, 0, end, &mut hits);
        let own = Marked::new(&self.tables.own, view.span(0, end), 0, Form::Json, &mut hits);
        if let Some(masked) = own.write(view.span(0, end), 0, &hits) {
            *self.redactions += own.count(&hits);
            self.work.edits.replace(from, to, &[b"\"", masked.as_slice(), b"\""].concat());
        }
    }

    /// Whether a URI needs no closer look: nothing in it stands out, and no name in its query. The ampersands between its pairs may be escaped, as
    /// the API server writes them.
    pub(super) fn is_plain_uri(&mut self, text: Text) -> bool {
        let Tables { keys, paths, hints, .. } = &mut *self.tables;
        let view = self.text.view();
        let Some(query) = uri::find_byte(view, text.start, text.end, b'?') else {
            return !text.escapes && hints.is_plain(view, text.start, text.end);
        };
        let query = query + 1;
        if text.escapes && view.find_special(text.start) < query || !hints.is_plain(view, text.start, query - 1) {
            return false;
        }
        let ampersand: &[u8] = if text.escaped_form { br"\\u0026" } else { br"\u0026" };
        let mut at = query;
        while at < text.end {
            let mut end = at;
            let mut equals = text.end;
            while end < text.end {
                match view.byte(end) {
                    b'&' | b'\\' => break,
                    b'%' => return false,
                    b'=' => equals = equals.min(end),
                    _ => {}
                }
                end += 1;
            }
            let equals = equals.min(end);
            let found = keys.look_up_name(paths, hints, view, at, equals, start::QUIET);
            if end - equals > SHORTEST_TOKEN_BYTES
                || found.name() & name::SECRET != 0
                || view.span(at, equals) == b"command"
            {
                return false;
            }
            let rest = view.span(end, text.end);
            at = match rest.first() {
                Some(b'\\') if !rest.starts_with(ampersand) => return false,
                Some(b'\\') => end + ampersand.len(),
                _ => end + 1,
            };
        }
        true
    }

    /// A string whose text may be JSON: if it is, it is read from `state` on and leaves as a string again.
    pub(super) fn nested_json(&mut self, text: Text, quote: usize, after: usize, state: State, flags: u32) {
        let first = if text.escapes || text.end > text.start { self.text.byte(text.start) } else { 0 };
        let may_be_json = matches!(first, b'{' | b'[' | b' ' | b'\n' | b'\\') && text.end - text.start > 2;
        if !may_be_json {
            return self.no_json(text, quote, after, flags);
        }
        let mut json = Vec::new();
        string::decode(self.text.view(), text, &mut json);
        let json_start = json.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
        if !matches!(json_start, Some(b'{' | b'[')) {
            return self.no_json(text, quote, after, flags);
        }
        let class = (state != start::RECORD).then(|| class_of_start(state));
        if self.level >= self.tables.max_level.min(MAX_LEVEL) || json.len() > self.tables.max_decoded_bytes {
            return self.mask(quote, after, catalogue::NOT_LOOKED_AT, text);
        }
        let state = self.tables.paths.enter(state, self.place);
        match self.nested(json, state, class, 0, 0) {
            Ok((_, false)) => {}
            Ok((out, true)) => self.work.edits.replace_with(text.start, text.end, |arena| string::encode(&out, arena)),
            // No JSON after all, or not to its end.
            Err(Unread::NoJson) if flags & (effect::EVENT | effect::DENIED | effect::PARTLY) == 0 => {
                self.no_json(text, quote, after, flags)
            }
            Err(_) => self.mask(quote, after, catalogue::UNKNOWN_SHAPE, text),
        }
    }

    /// A text that is no JSON. In a line it can be an event that was cut, at its end or, by a reader that lost its place, at its start:
    /// what it holds cannot be known any more.
    fn no_json(&mut self, text: Text, quote: usize, after: usize, flags: u32) {
        if flags & effect::LINE != 0 {
            if self.auditd_record(text) {
                self.envelope.source = Source::Auditd;
                return;
            }
            if self.log_line(text) {
                return;
            }
            if self.names_audit_fields(text) {
                return self.mask(quote, after, catalogue::UNKNOWN_SHAPE, text);
            }
        }
        self.judge_plain_text(text);
    }

    pub(super) fn judge_plain_text(&mut self, text: Text) {
        let plain =
            self.is_short(text) || !text.escapes && self.tables.hints.is_plain(self.text.view(), text.start, text.end);
        if plain && self.is_unmarked(text) {
            return;
        }
        let form = (text.escapes, text.escaped_form);
        if let Some(judged) = self.tables.memo.recall(self.text.span(text.start, text.end), form) {
            *self.redactions += judged.redactions;
            if let Some(masked) = &judged.masked {
                self.work.edits.replace(text.start, text.end, masked);
            }
            return;
        }
        let judged = self.judge_text(text, |_, _, _, _, _| {}, false);
        self.tables.memo.keep(self.text.span(text.start, text.end), form, judged);
    }

    /// Looks closely at the text of a string, and writes the string anew if something in it is secret. `special` adds what the place
    /// of the text makes secret.
    pub(super) fn judge_text(
        &mut self,
        text: Text,
        special: impl FnOnce(&Hints, View<'_>, usize, usize, &mut Vec<Hit>),
        in_uri: bool,
    ) -> Judged {
        let mut hits = core::mem::take(&mut self.work.hits);
        hits.clear();
        let mut decoded = core::mem::take(&mut self.work.scratch);
        let Tables { hints, own, .. } = &*self.tables;
        let mut count = 0;
        let look = |view: View<'_>, start: usize, end: usize| {
            special(hints, view, start, end, &mut hits);
            if !in_uri && !hints.is_plain(view, start, end) {
                judge::judge(hints, view, start, end, &mut hits);
            }
            judge::merge(&mut hits);
            let form = if in_uri { Form::Uri } else { Form::Json };
            let own = Marked::new(own, view.span(start, end), start, form, &mut hits);
            count = own.count(&hits);
            own.write(view.span(start, end), start, &hits)
        };
        let masked = if text.escapes {
            decoded.clear();
            string::decode(self.text.view(), text, &mut decoded);
            let end = decoded.len();
            decoded.resize(end + PADDING, 0);
            View::new(&decoded).and_then(|view| look(view, 0, end))
        } else {
            look(self.text.view(), text.start, text.end)
        };
        if let Some(masked) = &masked {
            self.work.edits.replace(text.start, text.end, masked);
        }
        *self.redactions += count;
        self.work.hits = hits;
        self.work.scratch = decoded;
        Judged { masked, redactions: count }
    }
}

/// A number below 256, with space around it.
fn byte_of(number: &[u8]) -> Option<u8> {
    let digits = number.trim_ascii();
    let decimal = |value: u8, &byte: &u8| value.checked_mul(10)?.checked_add((byte as char).to_digit(10)? as u8);
    if digits.is_empty() { None } else { digits.iter().try_fold(0, decimal) }
}
