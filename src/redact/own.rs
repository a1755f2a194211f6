//! What a policy's own redaction rules make of a value, or of a part of a text.
//!
//! Whatever an action leaves of a value is too little to be the value, and doing it twice gives the same as doing it once.

use super::judge::Hit;
use super::{MASK_START, is_mask};
use crate::policy::{Action, Policy, address};
use auditgate_own::{Finder, Pattern, Pseudonyms, push_prefix};

/// Characters that stay of a value, and how long one is of which so many stay.
const LAST_CHARS: usize = 4;
const LAST_OF_CHARS: usize = 20;

/// What stands behind a text that was cut.
const CUT: &[u8] = b"...";

/// A part of a text that fits a pattern of the rule with this index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) rule: u8,
}

/// The rules, as far as values are concerned.
#[derive(Default)]
pub(crate) struct Own {
    /// Names and actions, by index.
    rules: Vec<(String, Action)>,
    pub(crate) finder: Finder,
    pseudonyms: Option<Pseudonyms>,
}

impl Own {
    /// The rules of a policy; patterns are those of the rules with a bit in `active`.
    pub(crate) fn new(policy: &Policy, active: u128) -> Self {
        let rules = &policy.redact().rules;
        let mut patterns = Vec::new();
        for (index, rule) in rules.iter().enumerate().filter(|(index, _)| active >> index & 1 != 0) {
            // Every pattern of a checked policy compiles.
            patterns
                .extend(rule.patterns.iter().filter_map(|text| Some((index as u8, Pattern::new(&text.name).ok()?))));
        }
        Self {
            rules: rules.iter().map(|rule| (rule.name.clone(), rule.action)).collect(),
            finder: if patterns.is_empty() { Finder::default() } else { Finder::new(patterns) },
            pseudonyms: policy.pseudonyms().cloned(),
        }
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
        if value.is_empty() || is_mask(value) || self.own_len(value) == Some(value.len()) {
            return None;
        }
        let from = out.len();
        match (self.action(rule), &self.pseudonyms) {
            (Action::Hmac, Some(pseudonyms)) => pseudonyms.push(self.name(rule), value, out),
            (Action::Truncate { max_chars }, _) if !whole => {
                let end = char_end(value, max_chars as usize);
                let rest = value.get(end..).unwrap_or_default();
                if rest.is_empty() || rest == CUT {
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

    /// Appends the parts of a text that fit patterns; what the rules wrote themselves stays.
    #[inline(never)]
    pub(crate) fn mark(&self, text: &[u8], offset: usize, marks: &mut Vec<Mark>) {
        let mut found = Vec::new();
        self.finder.find(text, &mut found);
        if found.is_empty() {
            return;
        }
        let mut written = Vec::new();
        for at in text.iter().enumerate().filter(|(_, byte)| matches!(byte, b'[' | b'h')).map(|(at, _)| at) {
            let rest = text.get(at..).unwrap_or_default();
            // Behind `[redacted:name]` four characters of a value may stand, and nothing says where they end but the end of a word.
            let word = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
            if let Some(len) = self.own_len(rest.get(..word).unwrap_or_default()).or_else(|| mask_len(rest)) {
                written.push((at, at + len));
            }
        }
        let ours = |start: usize, end: usize| written.iter().any(|(from, to)| *from <= start && end <= *to);
        let others = found.into_iter().filter(|(start, end, _)| !ours(*start, *end));
        marks.extend(others.map(|(start, end, rule)| Mark { start: offset + start, end: offset + end, rule }));
    }

    /// Makes hits of the catalogue and marks of patterns disjoint: where they overlap, the hit covers both.
    pub(crate) fn settle(hits: &mut Vec<Hit>, marks: &mut Vec<Mark>) {
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
