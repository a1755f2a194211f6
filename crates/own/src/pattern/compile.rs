//! The tree becomes steps, and what every match has to hold becomes known, so that texts without it are passed over.

use super::class::Class;
use super::parse::{Edge, Node, PatternError, parse};
use alloc::vec::Vec;

/// Most steps of one pattern.
pub const MAX_STEPS: usize = 1024;

/// One step of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A byte of the class with this number, then the next step.
    Byte(u16),
    /// Both this step and the next one.
    Fork(u16),
    /// This step.
    Jump(u16),
    /// The next step, if the place is such an edge.
    At(Edge),
    /// The match is complete.
    Done,
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    pub(super) steps: Vec<Step>,
    pub(super) classes: Vec<Class>,
    /// Two classes that stand side by side in every match, or alternatives of such; none if there are none.
    pub(super) pairs: Vec<(Class, Class)>,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let node = parse(text)?;
        let error = |message, help| Err(PatternError { at: 0, message, help });
        if fits_nothing(&node) {
            return error("the pattern fits the empty text", "ask for one character at least");
        }
        let mut pattern = Self { steps: Vec::new(), classes: Vec::new(), pairs: Vec::new() };
        pattern.emit(&node);
        pattern.push(Step::Done);
        if pattern.steps.len() > MAX_STEPS {
            return error(
                "the pattern is too large",
                "repeat less: it has at most 1024 steps, and `x{100}` has a hundred",
            );
        }
        pattern.pairs = best_pairs(&node).map(|(_, pairs)| pairs).unwrap_or_default();
        Ok(pattern)
    }

    fn push(&mut self, step: Step) -> usize {
        // What is over the limit is not kept, only counted.
        if self.steps.len() <= MAX_STEPS {
            self.steps.push(step);
        }
        self.steps.len() - 1
    }

    fn set(&mut self, at: usize, step: Step) {
        if let Some(held) = self.steps.get_mut(at) {
            *held = step;
        }
    }

    fn next(&self) -> u16 {
        self.steps.len() as u16
    }

    fn emit(&mut self, node: &Node) {
        if self.steps.len() > MAX_STEPS {
            return;
        }
        match node {
            Node::One(class) => {
                let number = self.classes.iter().position(|known| known == class).unwrap_or_else(|| {
                    self.classes.push(*class);
                    self.classes.len() - 1
                });
                self.push(Step::Byte(number as u16));
            }
            Node::At(edge) => {
                self.push(Step::At(*edge));
            }
            Node::All(all) => all.iter().for_each(|node| self.emit(node)),
            Node::Any(all) => {
                let mut ends = Vec::new();
                for (index, node) in all.iter().enumerate() {
                    let last = index + 1 == all.len();
                    let fork = if last { 0 } else { self.push(Step::Done) };
                    self.emit(node);
                    if !last {
                        ends.push(self.push(Step::Done));
                        self.set(fork, Step::Fork(self.next()));
                    }
                }
                let end = self.next();
                ends.into_iter().for_each(|at| self.set(at, Step::Jump(end)));
            }
            Node::Repeat(node, least, most) => self.repeat(node, *least, *most),
        }
    }

    fn repeat(&mut self, node: &Node, least: u32, most: Option<u32>) {
        for _ in 0..least {
            self.emit(node);
        }
        match most {
            None => {
                let fork = self.push(Step::Done);
                self.emit(node);
                self.push(Step::Jump(fork as u16));
                self.set(fork, Step::Fork(self.next()));
            }
            Some(most) => {
                let mut forks = Vec::new();
                for _ in least..most {
                    forks.push(self.push(Step::Done));
                    self.emit(node);
                }
                let end = self.next();
                forks.into_iter().for_each(|at| self.set(at, Step::Fork(end)));
            }
        }
    }
}

fn fits_nothing(node: &Node) -> bool {
    match node {
        Node::One(_) => false,
        Node::At(_) => true,
        Node::All(all) => all.iter().all(fits_nothing),
        Node::Any(all) => all.iter().any(fits_nothing),
        Node::Repeat(node, least, _) => *least == 0 || fits_nothing(node),
    }
}

/// Two neighbouring classes of every match that fit the fewest pairs of bytes, and how many those are.
type Pairs = (u32, Vec<(Class, Class)>);

fn best_pairs(node: &Node) -> Option<Pairs> {
    match node {
        Node::One(_) | Node::At(_) => None,
        Node::All(all) => {
            let mut best: Option<Pairs> = None;
            let mut before: Option<Class> = None;
            for node in all {
                let mut candidates = [None, None];
                let [beside, inside] = &mut candidates;
                let pair = |one: Class, two: Class| (one.len() * two.len(), [(one, two)].to_vec());
                match node {
                    Node::At(_) => {}
                    Node::One(class) => {
                        *beside = before.map(|before| pair(before, *class));
                        before = Some(*class);
                    }
                    Node::Repeat(inner, least @ 1.., _) => {
                        if let Node::One(class) = **inner {
                            *beside = before.map(|before| pair(before, class));
                            *inside = (*least > 1).then(|| pair(class, class));
                            before = Some(class);
                        } else {
                            *inside = best_pairs(inner);
                            before = None;
                        }
                    }
                    _ => {
                        *inside = best_pairs(node);
                        before = None;
                    }
                }
                for candidate in candidates.into_iter().flatten() {
                    if best.as_ref().is_none_or(|best| candidate.0 < best.0) {
                        best = Some(candidate);
                    }
                }
            }
            best
        }
        Node::Any(all) => {
            let mut joined = (0, Vec::new());
            for node in all {
                let (count, mut pairs) = best_pairs(node)?;
                joined.0 += count;
                joined.1.append(&mut pairs);
            }
            Some(joined)
        }
        Node::Repeat(node, 1.., _) => best_pairs(node),
        Node::Repeat(..) => None,
    }
}
