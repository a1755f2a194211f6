//! Runs every combination through a target and keeps the counts.

use std::collections::BTreeMap;

use auditgate::format::{self, Format, Item, Options};

use crate::case::{self, Case, Demand, Entry, Form};
use crate::checks;
use crate::judge::Judge;
use crate::keep::{KeepList, changed};
use crate::kinds::Kind;
use crate::places::Place;
use crate::plant::Encoding;
use crate::target::Target;

/// Sample events kept for each place.
const SAMPLES_PER_PLACE: usize = 3;

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Seeds for each kind, place and encoding.
    pub seeds: u64,
    /// Of the kinds, one in so many for each place and encoding, in turn: all places and all kinds are met at a fraction
    /// of the cost. 1 for all.
    pub one_kind_in: usize,
    /// Whether every answer is written in every output format as well, and looked through there.
    pub formats: bool,
}

/// Cases and how many of them leaked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records run.
    pub cases: u64,
    /// Records that still show a piece of their secret.
    pub leaks: u64,
}

impl Tally {
    /// Adds another.
    pub fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.leaks += other.leaks;
    }

    /// Leaks for each case; 0 where nothing was run.
    pub fn rate(self) -> f64 {
        if self.cases == 0 { 0.0 } else { self.leaks as f64 / self.cases as f64 }
    }
}

/// One combination, by position in the lists of places and kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Combination {
    /// Position of the place.
    pub place: usize,
    /// Position of the kind.
    pub kind: usize,
    /// The encoding.
    pub encoding: Encoding,
    /// The form.
    pub form: Form,
}

/// A record that leaked or came out wrong.
pub struct Sample {
    /// What was combined.
    pub combination: Combination,
    /// Which seed.
    pub seed: u64,
    /// What went wrong: the way to the leak, or the fault.
    pub what: String,
    /// What went in.
    pub record: String,
    /// What came out.
    pub answer: String,
}

/// Everything that was counted.
pub struct Results {
    /// The places.
    pub places: Vec<Entry<Place>>,
    /// The kinds.
    pub kinds: Vec<Entry<Kind>>,
    /// Cases and leaks.
    pub tallies: BTreeMap<Combination, Tally>,
    /// Records run.
    pub records: u64,
    /// Answers that are not one valid JSON object, by fault.
    pub faults: BTreeMap<String, u64>,
    /// Answers that became placeholders though their record was well formed.
    pub placeholders: u64,
    /// Answers that changed when they were redacted again, and how many were tried.
    pub unstable: Tally,
    /// Answers written in an output format that show a secret, by format.
    pub formats: BTreeMap<String, Tally>,
    /// What changed then, by paths.
    pub unstable_paths: BTreeMap<String, u64>,
    /// Fields of the keep-list that changed though nothing was planted in them, by path.
    pub damaged: BTreeMap<String, u64>,
    /// Samples of leaks, a few for each place.
    pub leaks: Vec<Sample>,
    /// Samples of everything else that went wrong.
    pub wrong: Vec<Sample>,
}

impl Results {
    /// Whether either half of a combination is held out.
    pub fn held_out(&self, combination: &Combination) -> bool {
        self.places.get(combination.place).is_none_or(|place| place.held_out)
            || self.kinds.get(combination.kind).is_none_or(|kind| kind.held_out)
    }

    /// What is demanded of a combination.
    pub fn demand(&self, combination: &Combination) -> Demand {
        match (self.places.get(combination.place), self.kinds.get(combination.kind)) {
            (Some(place), Some(kind)) => Demand::of(&kind.item, &place.item),
            _ => Demand::FreeContext,
        }
    }

    /// The sum over the combinations that `choose` takes.
    pub fn sum(&self, choose: impl Fn(&Combination) -> bool) -> Tally {
        let mut sum = Tally::default();
        self.tallies.iter().filter(|(combination, _)| choose(combination)).for_each(|(_, tally)| sum.add(*tally));
        sum
    }
}

/// The first seed of a combination. Seeds choose among the variants of an encoding, of which there are two to four: with one
/// seed each, different combinations meet different ones.
pub fn first_seed(place: usize, kind: usize) -> u64 {
    ((place + 5 * kind) % 12) as u64
}

/// Runs a plan; `progress` hears how many places of how many are done.
pub fn run(target: &mut dyn Target, plan: Plan, mut progress: impl FnMut(usize, usize)) -> Results {
    let mut results = Results {
        places: case::places(),
        kinds: case::kinds(),
        tallies: BTreeMap::new(),
        records: 0,
        faults: BTreeMap::new(),
        placeholders: 0,
        unstable: Tally::default(),
        unstable_paths: BTreeMap::new(),
        formats: BTreeMap::new(),
        damaged: BTreeMap::new(),
        leaks: Vec::new(),
        wrong: Vec::new(),
    };
    let keep = KeepList::default();
    let places: Vec<Place> = results.places.iter().map(|entry| entry.item).collect();
    let kinds: Vec<Kind> = results.kinds.iter().map(|entry| entry.item).collect();
    for (place_at, place) in places.iter().enumerate() {
        progress(place_at, places.len());
        for (kind_at, kind) in kinds.iter().enumerate() {
            for (encoding_at, encoding) in Encoding::ALL.into_iter().enumerate() {
                if (place_at + kind_at + encoding_at) % plan.one_kind_in.max(1) != 0 {
                    continue;
                }
                for round in 0..plan.seeds {
                    let seed = round + first_seed(place_at, kind_at);
                    let case = Case::new(kind, place, encoding, seed);
                    for (form, tag, record) in &case.records {
                        let combination = Combination { place: place_at, kind: kind_at, encoding, form: *form };
                        let answer =
                            one(target, &keep, &mut results, combination, (seed, round == 0), &case, tag, record);
                        if let Some(answer) = answer.filter(|_| plan.formats) {
                            formatted(&mut results, combination, &case, tag, &answer);
                        }
                    }
                }
            }
        }
    }
    progress(places.len(), places.len());
    results
}

#[expect(clippy::too_many_arguments, reason = "the parts of one case, taken apart by the only caller")]
fn one(
    target: &mut dyn Target,
    keep: &KeepList,
    results: &mut Results,
    combination: Combination,
    (seed, check_again): (u64, bool),
    case: &Case,
    tag: &str,
    record: &str,
) -> Option<Vec<u8>> {
    results.records += 1;
    let sample = |what: String, answer: &[u8]| Sample {
        combination,
        seed,
        what,
        record: record.to_owned(),
        answer: String::from_utf8_lossy(answer).into_owned(),
    };
    let Some(answer) = target.answer(tag, record) else {
        *results.faults.entry("dropped".into()).or_default() += 1;
        return None;
    };
    let judge = Judge::new(case.secret.bodies.iter().map(|body| (0, body.as_str())));
    let leak = judge.find(&answer);
    let tally = Tally { cases: 1, leaks: u64::from(leak.is_some()) };
    results.tallies.entry(combination).or_default().add(tally);
    if let Some(leak) = leak {
        let kept = results.leaks.iter().rev().take_while(|kept| kept.combination.place == combination.place).count();
        let new_kind = results.leaks.last().is_none_or(|kept| kept.combination.kind != combination.kind);
        if kept < SAMPLES_PER_PLACE && new_kind {
            results.leaks.push(sample(leak.way, &answer));
        }
    }
    if let Some(fault) = checks::fault(&answer) {
        if !results.faults.contains_key(&fault) {
            results.wrong.push(sample(fault.clone(), &answer));
        }
        *results.faults.entry(fault).or_default() += 1;
        return None;
    }
    if checks::is_placeholder(&answer) {
        if results.placeholders < 5 {
            results.wrong.push(sample("placeholder".into(), &answer));
        }
        results.placeholders += 1;
        return None;
    }
    if check_again {
        let again = String::from_utf8_lossy(&answer).into_owned();
        let second = target.answer(tag, &again).unwrap_or_default();
        let unstable = !checks::same_record(&answer, &second);
        if unstable {
            let paths = changed(&again, &second).join(", ");
            if !results.unstable_paths.contains_key(&paths) {
                results.wrong.push(sample(format!("a second run changes {paths}"), &answer));
            }
            *results.unstable_paths.entry(paths).or_default() += 1;
        }
        results.unstable.add(Tally { cases: 1, leaks: u64::from(unstable) });
        if combination.form == Form::Parsed && tag == "audit.k8s" {
            for path in keep.damaged(record, &answer, Some(&judge)) {
                if !results.damaged.contains_key(&path) {
                    results.wrong.push(sample(format!("damaged {path}"), &answer));
                }
                *results.damaged.entry(path).or_default() += 1;
            }
        }
    }
    Some(answer)
}

/// Looks for the secret in an answer as each output format writes it.
fn formatted(results: &mut Results, combination: Combination, case: &Case, tag: &str, answer: &[u8]) {
    let judge = Judge::new(case.secret.bodies.iter().map(|body| (0, body.as_str())));
    let item = Item { event: answer, tag: tag.as_bytes(), seconds: 1_772_611_931, nanoseconds: 0 };
    let free = results.demand(&combination) != Demand::Structured;
    for name in Format::names() {
        let Some(format) = Format::from_name(name) else { continue };
        let mut out = Vec::new();
        format::write(format, &item, &Options::default(), &mut out);
        let tally = results.formats.entry(name.to_owned()).or_default();
        tally.cases += 1;
        // What the answer itself shows is counted there.
        if judge.find(&out).is_some() && !(free && judge.find(answer).is_some()) {
            tally.leaks += 1;
        }
    }
}
