//! The rules, compiled for the pass.

use super::hints::Hints;
use super::keys::{Keys, Member};
use super::paths::{Builder, Paths, State};
use super::templates::Templates;
use super::walk::Work;
use crate::policy::Policy;
use crate::redact::{catalogue, start};

/// Containers in each other that Fluent Bit takes back safely: its outputs run on a stack of 24 KB in 3.1.9 and abort at 27, its decoder loses the
/// chunk from 31 (3.1.9) or 63 (5.1.1) on.
const FOLD_DEPTH: usize = 22;

/// The rules, compiled, and the memory of what they said.
pub(crate) struct Tables {
    pub(crate) keys: Keys,
    pub(crate) paths: Paths,
    pub(crate) hints: Hints,
    pub(super) templates: Templates,
    /// Containers that may be open in the output; what is deeper leaves as a string.
    pub(super) fold_depth: usize,
    /// Containers that may be open at all.
    pub(super) max_depth: usize,
    pub(super) spare: Vec<Work>,
    /// Bodies that came before the field that says what they are: span in the record, text.
    pub(super) deferred: Vec<(usize, usize, Vec<u8>)>,
}

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
            templates: Templates::new(),
            fold_depth: FOLD_DEPTH,
            max_depth,
            spare: Vec::new(),
            deferred: Vec::new(),
        }
    }

    /// Forgets what the last record left, and what too many different records have brought; between records only.
    pub(crate) fn tidy(&mut self) {
        self.deferred.clear();
        self.templates.tidy();
        if self.paths.tidy() {
            self.keys.forget();
            self.templates.forget();
        }
    }

    /// Gives the buffers back that records were worked on in.
    pub(crate) fn settle(&mut self) {
        self.spare = Vec::new();
        self.deferred = Vec::new();
    }

    /// What holds for the items of an array at the place `state`.
    pub(super) fn item_of(&mut self, state: State, named: u8) -> Member {
        let item = self.paths.item();
        let state = self.paths.step(state, item);
        Member::new(state, self.paths.effects(state).flags, named, 0)
    }
}
