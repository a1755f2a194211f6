//! What rules look for in texts: patterns, and key names where a text assigns to them.

use crate::Names;
use crate::pattern::Patterns;
use alloc::vec::Vec;

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// The number of the rule that it is chosen by.
    pub rule: u8,
    /// It is the value of a name, so something has to stand there.
    pub named: bool,
}

/// Patterns and names.
#[derive(Clone, Debug, Default)]
pub struct Finder {
    patterns: Patterns,
    names: Names,
}

impl Finder {
    /// Takes both.
    pub fn new(patterns: Patterns, names: Names) -> Self {
        Self { patterns, names }
    }

    /// The names alone.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Whether nothing is looked for.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty() && self.names.is_empty()
    }

    /// Whether a key can hold a match of a pattern; a key assigns nothing.
    pub fn may_fit_key(&self, key: &[u8]) -> bool {
        self.patterns.may_fit(key)
    }

    /// Whether a text can hold anything that is looked for.
    pub fn may_fit(&self, text: &[u8]) -> bool {
        self.patterns.may_fit(text) || self.names.may_fit(text)
    }

    /// What a text holds, of names only if `assigns`.
    pub fn find(&self, text: &[u8], assigns: bool) -> Vec<Found> {
        let mut fits = Vec::new();
        self.patterns.find(text, &mut fits);
        let mut found: Vec<Found> =
            fits.into_iter().map(|(start, end, rule)| Found { start, end, rule, named: false }).collect();
        if assigns {
            self.names.find(text, &mut found);
        }
        found
    }
}

/// Orders what was found; what overlaps becomes one part, of the rule that comes first.
pub fn join(found: &mut Vec<Found>) {
    found.sort_unstable();
    found.dedup_by(|next, last| {
        let overlaps = next.start < last.end;
        if overlaps {
            (last.end, last.rule) = (last.end.max(next.end), last.rule.min(next.rule));
            last.named |= next.named;
        }
        overlaps
    });
}
