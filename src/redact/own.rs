//! What a policy's own redaction rules make of a value, or of a part of a text.
//!
//! Whatever an action leaves of a value is too little to be the value, and doing it twice gives the same as doing it once.

use super::judge::{Hit, SHORTEST_RUN};
use super::{MASK_START, decode, is_mask, push_mask, uri};
use crate::policy::{Action, Policy, address};
use crate::scan::encode;
use auditgate_own::{Finder, Found, Names, Pattern, Patterns, Pseudonyms, Words, join, push_prefix};

/// Whether this build follows redaction rules of a policy's own, and an allow-list.
pub(crate) const OWN_RULES: bool = cfg!(feature = "own-rules");

/// Characters that stay of a value, and how long one is of which so many stay.
const LAST_CHARS: usize = 4;
const LAST_OF_CHARS: usize = 20;

/// More bytes than anything that these rules write and whose end is a word's: a mask with the longest name, and the last characters.
const LONGEST_WRITTEN: usize = 128;

/// What stands behind a text that was cut.
const CUT: &[u8] = b"...";

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As the inside of a JSON string.
    Json,
    /// The same, and it is a URI: values are those of its query, and what is put in has no brackets.
    Uri,
    /// As it is.
    Raw,
}

impl Form {
    fn push(self, text: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Raw => out.extend_from_slice(text),
            _ => encode(text, out),
        }
    }

    fn push_new(self, text: &[u8], out: &mut Vec<u8>) {
        for part in text.chunks(1) {
            match (self, part) {
                (Self::Uri, b"[") => out.extend_from_slice(b"%5B"),
                (Self::Uri, b"]") => out.extend_from_slice(b"%5D"),
                _ => self.push(part, out),
            }
        }
    }
}

/// The rules, as far as values are concerned.
#[derive(Clone, Default)]
pub(crate) struct Own {
    /// Names and actions, by index.
    rules: Vec<(String, Action)>,
    finder: Finder,
    pseudonyms: Option<Pseudonyms>,
}

impl Own {
    /// The rules of a policy; patterns are those of the rules with a bit in `active`.
    pub(crate) fn new(policy: &Policy, active: u128) -> Self {
        let rules = &policy.redact().rules;
        let mut patterns = Vec::new();
        let mut names = Names::default();
        for (index, rule) in rules.iter().enumerate().filter(|(index, _)| active >> index & 1 != 0) {
            // Every pattern of a checked policy compiles.
            patterns
                .extend(rule.patterns.iter().filter_map(|text| Some((index as u8, Pattern::new(&text.name).ok()?))));
            // What keeps a member says nothing about texts.
            for words in rule.keys.iter().filter(|_| rule.action != Action::Keep).filter_map(|name| Words::new(name)) {
                names.add(words, index as u8);
            }
        }
        let patterns = if patterns.is_empty() { Patterns::default() } else { Patterns::new(patterns) };
        Self {
            rules: rules.iter().map(|rule| (rule.name.clone(), rule.action)).collect(),
            finder: Finder::new(patterns, names),
            pseudonyms: policy.pseudonyms().cloned(),
        }
    }

    /// Whether the rules look for nothing in texts.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        !OWN_RULES || self.finder.is_empty()
    }

    /// Whether a key may be a text that the rules look for something in.
    pub(crate) fn may_fit_key(&self, key: &[u8]) -> bool {
        OWN_RULES && self.finder.may_fit_key(key)
    }

    /// Whether a text may hold something that the rules look for.
    pub(crate) fn may_fit(&self, text: &[u8]) -> bool {
        !self.is_empty() && (self.finder.may_fit(text) || self.is_encoded(text))
    }

    pub(crate) fn action(&self, rule: u8) -> Action {
        self.rules.get(usize::from(rule)).map_or(Action::Mask, |(_, action)| *action)
    }

    /// Whether an action leaves a part of the value: then the catalogue still decides about what is secret.
    pub(crate) fn is_partial(&self, rule: u8) -> bool {
        matches!(self.action(rule), Action::Truncate { .. } | Action::Last4 | Action::IpPrefix { .. })
    }

    fn name(&self, rule: u8) -> &[u8] {
        self.rules.get(usize::from(rule)).map_or(&[], |(name, _)| name.as_bytes())
    }

    /// Appends what stands in the place of a value; `None` where it stays. `whole` demands that nothing of it stays.
    #[inline(never)]
    pub(crate) fn replace(&self, rule: u8, value: &[u8], whole: bool, out: &mut Vec<u8>) -> Option<()> {
        if value.is_empty() || self.is_written(value) {
            return None;
        }
        let from = out.len();
        match (self.action(rule), &self.pseudonyms) {
            (Action::Hmac, Some(pseudonyms)) => pseudonyms.push(self.name(rule), value, out),
            (Action::Truncate { max_chars }, _) if !whole => {
                let end = char_end(value, max_chars as usize);
                let rest = value.get(end..).unwrap_or_default();
                if rest.is_empty() {
                    return None;
                }
                out.extend_from_slice(value.get(..end).unwrap_or_default());
                out.extend_from_slice(CUT);
            }
            (Action::IpPrefix { ipv4, ipv6 }, _) if !whole => match address::parse(value) {
                Some(address) => push_prefix(address, ipv4, ipv6, !value.contains(&b':'), out),
                None => self.push_mask(rule, out),
            },
            (Action::Last4, _) if !whole && chars(value) >= LAST_OF_CHARS => {
                self.push_mask(rule, out);
                let last = char_end(value, chars(value) - LAST_CHARS);
                out.extend_from_slice(value.get(last..).unwrap_or_default());
            }
            (Action::Remove, _) if !whole => {}
            _ => self.push_mask(rule, out),
        }
        if out.get(from..) == Some(value) {
            out.truncate(from);
            return None;
        }
        Some(())
    }

    /// Whether a value is one that these rules or the catalogue wrote.
    fn is_written(&self, value: &[u8]) -> bool {
        is_mask(value) || self.own_len(value) == Some(value.len())
    }

    fn push_mask(&self, rule: u8, out: &mut Vec<u8>) {
        out.extend_from_slice(MASK_START);
        out.extend_from_slice(self.name(rule));
        out.push(b']');
    }

    /// The length of what these rules wrote at the beginning of a text, if they did.
    fn own_len(&self, text: &[u8]) -> Option<usize> {
        if let Some(len) = self.pseudonyms.as_ref().and_then(|pseudonyms| pseudonyms.prefix_len(text)) {
            return Some(len);
        }
        let inner = text.strip_prefix(MASK_START)?;
        let name_len = inner.iter().take(64).position(|byte| *byte == b']')?;
        let name = inner.get(..name_len)?;
        let mask = MASK_START.len() + name_len + 1;
        let (_, action) = self.rules.iter().find(|(known, _)| known.as_bytes() == name)?;
        let rest = text.get(mask..).unwrap_or_default();
        let last4 = *action == Action::Last4 && chars(rest) == LAST_CHARS;
        Some(if last4 { text.len() } else { mask })
    }

    /// The parts of a text that the rules choose; what they wrote themselves stays.
    #[inline(never)]
    pub(crate) fn mark(&self, text: &[u8], offset: usize, form: Form) -> Vec<Found> {
        let mut found = self.finder.find(text, form != Form::Uri);
        if form == Form::Uri {
            uri::named_values(text, self.finder.names(), &mut found);
        }
        if found.is_empty() {
            return Vec::new();
        }
        join(&mut found);
        let mut written = Vec::new();
        for at in text.iter().enumerate().filter(|(_, byte)| matches!(byte, b'[' | b'h')).map(|(at, _)| at) {
            let rest = text.get(at..).unwrap_or_default();
            // Behind `[redacted:name]` four characters of a value may stand, and nothing says where they end but the end of a word.
            let start = rest.get(..rest.len().min(LONGEST_WRITTEN)).unwrap_or_default();
            let word = start.iter().position(u8::is_ascii_whitespace).unwrap_or(start.len());
            if let Some(len) = self.own_len(rest.get(..word).unwrap_or_default()).or_else(|| mask_len(rest)) {
                written.push((at, at + len));
            }
        }
        // Both are in order, so what ends in front of one part is not looked at for the next.
        let mut done = 0;
        found.retain(|part| {
            done += written.iter().skip(done).take_while(|(_, to)| *to <= part.start).count();
            let mut around = written.iter().skip(done).take_while(|(from, _)| *from <= part.start);
            let ours = around.any(|(_, to)| part.end <= *to);
            let value = text.get(part.start..part.end).unwrap_or_default();
            !ours && self.rewrite(*part, value, form, &mut Vec::new()).is_some()
        });
        for part in &mut found {
            (part.start, part.end) = (part.start + offset, part.end + offset);
        }
        found
    }

    /// [`Self::replace`] for a part of a text. In a URI the value is what its percent escapes stand for; a name keeps some value, for without
    /// one the next word would be it.
    fn rewrite(&self, part: Found, value: &[u8], form: Form, out: &mut Vec<u8>) -> Option<()> {
        let whole = part.named && self.action(part.rule) == Action::Remove;
        if form == Form::Uri && value.contains(&b'%') {
            return self.replace(part.rule, &decode::percent(value), true, out);
        }
        self.replace(part.rule, value, whole, out)
    }

    /// Whether a decoded text holds anything that the rules look for, but for what they wrote themselves.
    pub(crate) fn fits(&self, text: &[u8]) -> bool {
        !self.is_empty() && !self.mark(text, 0, Form::Raw).is_empty()
    }

    /// Whether a text as a whole is a short encoding of what the rules look for; the catalogue looks into longer ones.
    fn is_encoded(&self, text: &[u8]) -> bool {
        let digits = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
        if self.is_empty() || text.len() >= SHORTEST_RUN || !digits.iter().all(|&byte| decode::sextet(byte).is_some()) {
            return false;
        }
        let fits = |bytes: &[u8]| bytes.iter().all(|byte| (0x20..0x7f).contains(byte)) && self.fits(bytes);
        fits(&decode::base64(digits)) || decode::hex(digits).is_some_and(|bytes| fits(&bytes))
    }

    /// What stands in the place of an argument behind a flag that a rule names: `--customer-id`, `4711`. `whole` demands that nothing of
    /// it stays.
    pub(crate) fn argument(&self, flag: &[u8], value: &[u8], whole: bool) -> Option<Vec<u8>> {
        if self.is_empty() {
            return None;
        }
        let rule = self.finder.names().rule_of_flag(flag).filter(|_| !value.starts_with(b"-"))?;
        let mut out = Vec::new();
        let whole = whole || self.action(rule) == Action::Remove;
        match self.replace(rule, value, whole, &mut out) {
            Some(()) => Some(out),
            None => self.is_written(value).then(|| value.to_vec()),
        }
    }

    /// Appends what stands in the place of a part that a rule chose.
    pub(crate) fn push_mark(&self, mark: Found, value: &[u8], form: Form, out: &mut Vec<u8>) {
        let mut instead = Vec::new();
        match self.rewrite(mark, value, form, &mut instead) {
            Some(()) => form.push_new(&instead, out),
            None => form.push(value, out),
        }
    }

    /// Makes hits of the catalogue and marks of patterns disjoint: where they overlap, the hit covers both.
    pub(crate) fn settle(hits: &mut Vec<Hit>, marks: &mut Vec<Found>) {
        let mut from = 0;
        marks.retain(|mark| {
            // Both are in order, and neither overlap among themselves.
            while hits.get(from).is_some_and(|hit| hit.end <= mark.start) {
                from += 1;
            }
            match hits.get_mut(from).filter(|hit| hit.start < mark.end) {
                Some(hit) => {
                    (hit.start, hit.end) = (hit.start.min(mark.start), hit.end.max(mark.end));
                    false
                }
                None => true,
            }
        });
        super::judge::merge(hits);
    }
}

/// What is to go in a text: the catalogue's hits and the parts that rules choose, disjoint and in order.
pub(crate) struct Marked<'o> {
    own: &'o Own,
    marks: Vec<Found>,
    form: Form,
}

impl<'o> Marked<'o> {
    /// Looks at a text that begins at `offset`; the hits of the catalogue there are settled with what the rules choose.
    pub(crate) fn new(own: &'o Own, text: &[u8], offset: usize, form: Form, hits: &mut Vec<Hit>) -> Self {
        let mut marks = Vec::new();
        if !own.is_empty() {
            marks = own.mark(text, offset, form);
            Own::settle(hits, &mut marks);
            if hits.is_empty() && marks.is_empty() && own.is_encoded(text) {
                hits.push(Hit { start: offset, end: offset + text.len(), id: "D01" });
            }
        }
        Self { own, marks, form }
    }

    /// How many parts go.
    pub(crate) fn count(&self, hits: &[Hit]) -> u32 {
        (hits.len() + self.marks.len()) as u32
    }

    /// The text that begins at `offset` without hits and marks; `None` where there are none.
    pub(crate) fn write(&self, text: &[u8], offset: usize, hits: &[Hit]) -> Option<Vec<u8>> {
        if hits.is_empty() && self.marks.is_empty() {
            return None;
        }
        let span = |start: usize, end: usize| text.get(start - offset..end - offset).unwrap_or_default();
        let mut out = Vec::with_capacity(text.len());
        let mut at = offset;
        let mut marks = self.marks.iter().peekable();
        let mut hits = hits.iter().peekable();
        loop {
            let next_hit = hits.peek().map_or(usize::MAX, |hit| hit.start);
            if OWN_RULES && let Some(mark) = marks.next_if(|mark| mark.start < next_hit) {
                self.form.push(span(at, mark.start), &mut out);
                self.own.push_mark(*mark, span(mark.start, mark.end), self.form, &mut out);
                at = mark.end;
            } else if let Some(hit) = hits.next() {
                self.form.push(span(at, hit.start), &mut out);
                let mut mask = Vec::new();
                push_mask(&mut mask, hit.id);
                self.form.push_new(&mask, &mut out);
                at = hit.end;
            } else {
                break;
            }
        }
        self.form.push(span(at, offset + text.len()), &mut out);
        Some(out)
    }
}

/// The length of a mask of the catalogue at the beginning of a text.
fn mask_len(text: &[u8]) -> Option<usize> {
    let end = text.iter().take(32).position(|byte| *byte == b']')? + 1;
    is_mask(text.get(..end)?).then_some(end)
}

fn chars(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

/// Where the first `count` characters end.
fn char_end(text: &[u8], count: usize) -> usize {
    let starts = text.iter().enumerate().filter(|(_, byte)| **byte & 0xc0 != 0x80);
    starts.map(|(at, _)| at).nth(count).unwrap_or(text.len())
}
