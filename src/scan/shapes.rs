//! Whole records as they were met before: most events are like an earlier one from the first byte to the last, but for some values.
//!
//! The shapes of records stand in one tree. A branch is a piece of a record with the `steps` in it: values that may be any other harmless one
//! of their kind, strings that are read on their own if they are not (`reading`), what is to be changed, and what is to be taken note of. Where
//! shapes part, branches that can follow are brothers. `survey` and `changes` draw a record's shape,
//! [`Walk::follow_whole`](super::walk::Walk) holds a record against the tree, eight bytes at a time as long as both are the same; one that fits
//! nowhere goes the ordinary way. As with `templates`, a shape never says more than reading the record would have said.

use super::buffer::Stock;
use super::keys::Member;
use super::steps::{NO_MEMBER, Respelling, Step};
use crate::bytes;
use crate::envelope::Source;
use crate::redact::class::Class;

/// Bytes of text that are kept at most before everything is forgotten, between records.
const STOCK_BYTES: usize = 256 * 1024;

/// Steps that are kept at most, likewise.
const MOST_STEPS: usize = 16 * 1024;

/// Brothers at most; the one that was used last is tried first, and the last one gives way.
const MOST_BROTHERS: usize = 32;

/// Longer records are no part of the tree.
pub(super) const LONGEST_BYTES: usize = 12 * 1024;

/// What a shape costs to draw: so many records pay for it, that those of which none is like another cost little. A module that was just loaded has
/// little credit: a Fluent Bit that loads it for every chunk would not live to see the gain.
const COST: u32 = 16;
const FIRST_CREDIT: u32 = 4 * COST;
const MOST_CREDIT: u32 = 64 * COST;

/// Pairs of places for how records parted from the tree lately; a power of two.
const TALLIES: usize = 1024;

/// Records whose lengths are in one step of so many bytes may be of one shape.
const ALIKE_BYTES: usize = 32;

/// What counts as so many records that parted from the tree alike: one of them had no shape.
const HOPELESS: u16 = 64;

/// No branch.
pub(super) const NONE: u16 = u16::MAX;

/// A piece of the tree, which ends behind a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Branch {
    /// Where in the stock the text of the record stands that the steps are taken from, from the position `begin` on; behind it stands what the
    /// pass made of it, if `raw`.
    text: u32,
    begin: u16,
    /// How long that text is.
    pub(super) len: u16,
    /// Where in that record the branch begins.
    pub(super) from: u16,
    /// Its steps: first, and behind the last one.
    pub(super) first: u16,
    pub(super) last: u16,
    /// The record is a raw line, so that the pass changes it.
    pub(super) raw: bool,
    /// The first branch that can follow, and the next one that can stand here instead.
    pub(super) next: u16,
    pub(super) brother: u16,
}

impl Branch {
    /// What has to be added to a position of the branch's record for the position in the stock; wraps.
    #[inline(always)]
    pub(super) fn base(&self) -> usize {
        (self.text as usize).wrapping_sub(usize::from(self.begin))
    }
}

/// What is known at the end of a record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    pub(super) source: Source,
    pub(super) class: Option<Class>,
    /// How far the record's last bracket is from the end of its text.
    pub(super) behind: usize,
    /// Redactions that no step counts.
    pub(super) redactions: u32,
}

/// How a record parted from the tree.
#[derive(Clone, Copy)]
pub(super) struct Parted {
    /// The step in front of which it does.
    pub(super) step: u16,
    /// What it goes on with there: no more than the next key begins with, because a value behind it would make every record another case.
    pub(super) word: u32,
    /// Bytes of the record. Those of one shape are about as long.
    pub(super) length: usize,
}

/// Records that parted from the tree alike.
#[derive(Clone, Copy, Default)]
struct Tally {
    tag: u16,
    times: u16,
}

/// The tree.
pub(crate) struct Shapes {
    pub(super) stock: Stock,
    pub(super) branches: Vec<Branch>,
    pub(super) steps: Vec<Step>,
    pub(super) ends: Vec<End>,
    pub(super) respellings: Vec<Respelling>,
    /// What is known of the strings that may have to be read, each once.
    pub(super) members: Vec<Member>,
    /// The branch that is tried first.
    pub(super) root: u16,
    tallies: Box<[[Tally; 2]; TALLIES]>,
    credit: u32,
}

impl Shapes {
    pub(super) fn new() -> Self {
        Self {
            stock: Stock::new(),
            branches: Vec::new(),
            steps: Vec::new(),
            ends: Vec::new(),
            respellings: vec![Respelling::default()],
            members: vec![Member::default()],
            root: NONE,
            tallies: Box::new([[Tally::default(); 2]; TALLIES]),
            credit: FIRST_CREDIT,
        }
    }

    pub(super) fn forget(&mut self) {
        self.stock.clear();
        self.branches.clear();
        self.steps.clear();
        self.ends.clear();
        self.respellings.truncate(1);
        self.members.truncate(1);
        self.tallies.fill([Tally::default(); 2]);
        self.root = NONE;
    }

    /// Between records: makes room, where there is none left.
    pub(super) fn tidy(&mut self) {
        if self.stock.len() > STOCK_BYTES
            || self.steps.len().max(self.respellings.len()).max(self.members.len()) > MOST_STEPS
            || self.ends.len() > usize::from(u8::MAX)
        {
            self.forget();
        }
        self.credit = (self.credit + 1).min(MOST_CREDIT);
    }

    /// Whether the shape of a record is worth drawing that parted from the tree so: when one did before, and there is credit. The more did
    /// in spite of the shapes that were drawn, the more are let pass before the next.
    pub(super) fn is_worth(&mut self, parted: Parted) -> bool {
        let Some(tally) = self.tally(parted) else { return false };
        tally.times = tally.times.saturating_add(1);
        let worth = tally.times > 1 && tally.times.is_power_of_two() && self.credit >= COST;
        if worth {
            self.credit -= COST;
        }
        worth
    }

    /// Remembers that the record which parted so has no shape, so that others will hardly have one.
    pub(super) fn is_shapeless(&mut self, parted: Parted) {
        if let Some(tally) = self.tally(parted) {
            tally.times = tally.times.max(HOPELESS);
        }
    }

    /// What is known of records that parted from the tree so. It has one of two places, and takes it from the rarer of two others.
    fn tally(&mut self, parted: Parted) -> Option<&mut Tally> {
        let Parted { step, word, length } = parted;
        let kind = u64::from(step) | ((length / ALIKE_BYTES) as u64) << 16;
        let ticket = ((u64::from(word) ^ kind.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32;
        let tag = (ticket >> 16) as u16;
        let [one, other] = self.tallies.get_mut(ticket as usize % TALLIES)?;
        let found = if one.tag == tag || other.tag != tag && one.times <= other.times { one } else { other };
        if found.tag != tag {
            *found = Tally { tag, times: 0 };
        }
        Some(found)
    }

    /// Lets `index` be tried first the next time behind `parent`; `previous` stands in front of it.
    pub(super) fn prefer(&mut self, parent: u16, previous: u16, index: u16) {
        let after = self.branches.get(usize::from(index)).map_or(NONE, |branch| branch.brother);
        if let Some(previous) = self.branches.get_mut(usize::from(previous)) {
            previous.brother = after;
        }
        let head = core::mem::replace(self.head(parent), index);
        if let Some(branch) = self.branches.get_mut(usize::from(index)) {
            branch.brother = head;
        }
    }

    /// What follows `parent` first; without one, what records begin with.
    fn head(&mut self, parent: u16) -> &mut u16 {
        match self.branches.get_mut(usize::from(parent)) {
            Some(branch) => &mut branch.next,
            None => &mut self.root,
        }
    }

    /// Keeps what is written instead of something; its number.
    pub(super) fn keep_respelling(&mut self, text: &[u8], redactions: u32) -> u16 {
        let from = self.stock.push(text);
        self.respellings.push(Respelling { from, to: from + text.len(), redactions });
        self.respellings.len() as u16 - 1
    }

    /// What a step writes instead of what was met.
    pub(super) fn respelling(&self, step: &Step) -> Respelling {
        self.respellings.get(usize::from(step.written)).copied().unwrap_or_default()
    }

    /// The number of a member as which a string may be read.
    pub(super) fn number_of(&mut self, member: Member) -> u16 {
        let member = member.without_bucket();
        let known = self.members.iter().position(|known| *known == member);
        known.unwrap_or_else(|| {
            self.members.push(member);
            self.members.len() - 1
        }) as u16
    }

    /// The member as which the string of a step may be read.
    pub(super) fn member(&self, step: &Step) -> Option<Member> {
        self.members.get(usize::from(step.member)).copied().filter(|_| step.member != NO_MEMBER)
    }

    /// Adds the shape of a record whose text was `came`, and is `made` after the pass.
    pub(super) fn add(&mut self, drawn: &mut [Step], end: End, came: &[u8], made: &[u8]) {
        let known = self.ends.iter().position(|known| *known == end);
        let number = known.unwrap_or_else(|| {
            self.ends.push(end);
            self.ends.len() - 1
        });
        if let Some(last) = drawn.last_mut() {
            last.field = number as u8;
        }
        let (mut parent, mut done) = (NONE, 0);
        let mut index = self.root;
        // Down the tree as far as it is the same.
        while let Some(&Branch { first, last, next, brother, .. }) = self.branches.get(usize::from(index)) {
            let same = self.same_steps(index, drawn, done, came);
            if same == 0 {
                index = brother;
                continue;
            }
            done += usize::from(same);
            if same < last - first {
                self.split(index, first + same);
            }
            (parent, index) = (index, if same < last - first { NONE } else { next });
        }
        let rest = drawn.get(done..).unwrap_or_default();
        let number = self.branches.len();
        if rest.is_empty() || number >= usize::from(NONE) {
            return;
        }
        let begin = end_of(drawn, done);
        let from = usize::from(begin);
        let raw = !bytes::same(came, made);
        let came = came.get(from..).unwrap_or_default();
        let text = self.stock.push(came) as u32;
        if raw {
            self.stock.push(made.get(from..).unwrap_or_default());
        }
        let first = self.steps.len() as u16;
        self.steps.extend_from_slice(rest);
        let brother = core::mem::replace(self.head(parent), number as u16);
        self.branches.push(Branch {
            text,
            begin,
            len: came.len() as u16,
            from: begin,
            first,
            last: self.steps.len() as u16,
            raw,
            next: NONE,
            brother,
        });
        let mut last = number as u16;
        for _ in 1..MOST_BROTHERS {
            last = self.branches.get(usize::from(last)).map_or(NONE, |branch| branch.brother);
        }
        if let Some(last) = self.branches.get_mut(usize::from(last)) {
            last.brother = NONE;
        }
    }

    /// How many steps of a branch are those of a shape from the step `done` on, with the same text in front of each.
    fn same_steps(&self, index: u16, drawn: &[Step], done: usize, came: &[u8]) -> u16 {
        let Some(branch) = self.branches.get(usize::from(index)) else { return 0 };
        let steps = self.steps.get(usize::from(branch.first)..usize::from(branch.last)).unwrap_or_default();
        let base = branch.base();
        let (mut theirs, mut mine) = (branch.from, end_of(drawn, done));
        let mut same = 0;
        for (step, other) in steps.iter().zip(drawn.get(done..).unwrap_or_default()) {
            // A step that began in front of the one before it ends behind it, and may not differ.
            let end = |step: &Step| if step.is_value() { step.start } else { step.end };
            let text = self.stock.span(base.wrapping_add(theirs.into()), base.wrapping_add(end(step).into()));
            let other_text = came.get(usize::from(mine)..usize::from(end(other))).unwrap_or_default();
            let same_place = step.start.wrapping_sub(theirs) == other.start.wrapping_sub(mine);
            if !step.is_like(other) || !same_place || !bytes::same(text, other_text) {
                break;
            }
            (theirs, mine) = (step.end, other.end);
            same += 1;
        }
        same
    }

    /// Makes two branches of one, the second of which begins with the step `at`.
    fn split(&mut self, index: u16, at: u16) {
        let new = self.branches.len();
        let from = self.steps.get(usize::from(at).wrapping_sub(1)).map_or(0, |step| step.end);
        let Some(branch) = self.branches.get_mut(usize::from(index)).filter(|_| new < usize::from(NONE)) else {
            return;
        };
        let rest = Branch { first: at, from, brother: NONE, ..*branch };
        (branch.last, branch.next) = (at, new as u16);
        self.branches.push(rest);
    }
}

/// Where a shape goes on behind its first `done` steps.
fn end_of(drawn: &[Step], done: usize) -> u16 {
    done.checked_sub(1).and_then(|last| drawn.get(last)).map_or(0, |step| step.end)
}
