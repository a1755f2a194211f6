//! Looks for patterns in texts.

use super::compile::{Pattern, Step};
use super::parse::Edge;
use alloc::vec;
use alloc::vec::Vec;

/// Bytes that may be looked at again, for each byte of a text, and what short texts have on top of it: a text that is made to be
/// matched over and over counts as one match.
const WORK_PER_BYTE: usize = 16;
const WORK_FREE: usize = 4096;

/// Several patterns, and room to run them.
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    patterns: Vec<(u8, Pattern)>,
    /// A bit for each pair of bytes that a match needs to have in it; empty if some pattern needs none.
    pairs: Vec<u64>,
}

/// The ways to match that are followed at once, those that began earlier first.
#[derive(Default)]
struct Ways {
    /// The step, and where the match began.
    list: Vec<(u16, usize)>,
    /// For each step, the place at which it was last entered, plus one.
    entered: Vec<usize>,
    open: Vec<u16>,
}

impl Patterns {
    /// Takes patterns, each with a number; of two that fit at the same place the one with the smaller number counts.
    pub fn new(patterns: Vec<(u8, Pattern)>) -> Self {
        let mut pairs = vec![0_u64; 1024];
        for (_, pattern) in &patterns {
            if pattern.pairs.is_empty() {
                pairs.clear();
            }
            for (first, second) in &pattern.pairs {
                for low in (0..=255_u8).filter(|byte| first.has(*byte)) {
                    for high in (0..=255_u8).filter(|byte| second.has(*byte)) {
                        let pair = usize::from(u16::from_le_bytes([low, high]));
                        if let Some(word) = pairs.get_mut(pair >> 6) {
                            *word |= 1 << (pair & 63);
                        }
                    }
                }
            }
        }
        Self { patterns, pairs }
    }

    /// Whether there is no pattern.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether a text can hold a match, as far as its pairs of bytes tell.
    pub fn may_fit(&self, text: &[u8]) -> bool {
        if self.pairs.is_empty() {
            return !self.patterns.is_empty();
        }
        let mut last = 0_usize;
        text.iter().enumerate().any(|(at, byte)| {
            let pair = usize::from(*byte) << 8 | last;
            last = usize::from(*byte);
            at > 0 && self.pairs.get(pair >> 6).is_some_and(|word| word >> (pair & 63) & 1 != 0)
        })
    }

    /// Whether a text holds a match.
    pub fn fits(&self, text: &[u8]) -> bool {
        let mut found = Vec::new();
        self.find(text, &mut found);
        !found.is_empty()
    }

    /// Appends all matches: start, end, the pattern's number. They are in order and do not overlap, and cut no character.
    pub fn find(&self, text: &[u8], found: &mut Vec<(usize, usize, u8)>) {
        if !self.may_fit(text) {
            return;
        }
        let mut work = WORK_FREE + WORK_PER_BYTE * text.len();
        for (number, pattern) in &self.patterns {
            let mut at = 0;
            while let Some((start, end)) = pattern.find(text, at, &mut work) {
                found.push((start, end, *number));
                at = end;
            }
        }
        if self.patterns.len() > 1 {
            found.sort_unstable_by_key(|(start, _, number)| (*start, *number));
        }
        let mut kept: Vec<(usize, usize, u8)> = Vec::with_capacity(found.len());
        for (mut start, mut end, number) in found.drain(..) {
            let inside = |at: usize| text.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
            while inside(start) && start > 0 {
                start -= 1;
            }
            while inside(end) {
                end += 1;
            }
            match kept.last_mut() {
                // Where matches overlap, what both cover goes the way of the first.
                Some(last) if start < last.1 => last.1 = last.1.max(end),
                _ => kept.push((start, end, number)),
            }
        }
        *found = kept;
    }
}

impl Pattern {
    /// The first match from `from` on, and of those that begin there the longest. Takes a byte of work for each byte looked at; without
    /// any left, the rest of the text is the match.
    fn find(&self, text: &[u8], from: usize, work: &mut usize) -> Option<(usize, usize)> {
        let mut now = Ways { entered: vec![0; self.steps.len()], ..Ways::default() };
        let mut next = Ways { entered: vec![0; self.steps.len()], ..Ways::default() };
        let mut best: Option<(usize, usize)> = None;
        let mut at = from;
        loop {
            if best.is_none() {
                self.enter(&mut now, 0, at, at, text);
            }
            let byte = text.get(at).copied();
            for &(step, start) in &now.list {
                if best.is_some_and(|(first, _)| start > first) {
                    break;
                }
                match (self.steps.get(usize::from(step)), byte) {
                    (Some(Step::Done), _) => best = Some((start, at)),
                    (Some(Step::Byte(class)), Some(byte))
                        if self.classes.get(usize::from(*class)).is_some_and(|class| class.has(byte)) =>
                    {
                        self.enter(&mut next, step + 1, start, at + 1, text);
                    }
                    _ => {}
                }
            }
            if byte.is_none() || next.list.is_empty() && best.is_some() {
                return best;
            }
            core::mem::swap(&mut now, &mut next);
            next.list.clear();
            at += 1;
            *work = work.saturating_sub(1);
            if *work == 0 {
                return Some((best.map_or(from, |(start, _)| start), text.len()));
            }
        }
    }

    /// Follows a way to the next byte that it needs, over everything that needs none.
    fn enter(&self, ways: &mut Ways, step: u16, start: usize, at: usize, text: &[u8]) {
        ways.open.push(step);
        while let Some(step) = ways.open.pop() {
            let Some(entered) = ways.entered.get_mut(usize::from(step)) else { continue };
            if *entered == at + 1 {
                continue;
            }
            *entered = at + 1;
            match self.steps.get(usize::from(step)) {
                Some(Step::Fork(other)) => ways.open.extend([*other, step + 1]),
                Some(Step::Jump(other)) => ways.open.push(*other),
                Some(Step::At(edge)) if !is_edge(*edge, text, at) => {}
                Some(Step::At(_)) => ways.open.push(step + 1),
                _ => ways.list.push((step, start)),
            }
        }
    }
}

fn is_edge(edge: Edge, text: &[u8], at: usize) -> bool {
    let word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    match edge {
        Edge::Start => at == 0,
        Edge::End => at == text.len(),
        Edge::Word => word(at.checked_sub(1).and_then(|before| text.get(before))) != word(text.get(at)),
    }
}
