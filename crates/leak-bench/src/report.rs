//! Adds the counts up: tables for people, JSON for machines, the list of leaks for whoever mends them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::{Value, json};

use crate::benign::Benign;
use crate::case::{Case, Demand};
use crate::fluent_bit::Outcome;
use crate::json::{Raw, SEPARATOR};
use crate::judge::Judge;
use crate::plant::Encoding;
use crate::run::{Combination, Results, Sample, Tally};

/// The share of fixed-shape tokens in free text that may leak.
pub const MAX_FREE_RATE: f64 = 0.005;

/// The gates and whether they are met: name, what was measured, met.
pub fn gates(results: &Results, benign: Option<&Benign>) -> Vec<(String, String, bool)> {
    let mut gates = Vec::new();
    for (name, held_out) in [("development", false), ("held out", true)] {
        let of = |demand| results.sum(|c| results.held_out(c) == held_out && results.demand(c) == demand);
        let (structured, free) = (of(Demand::Structured), of(Demand::FreeFixed));
        if structured.cases > 0 {
            let measured = format!("{} of {}", structured.leaks, structured.cases);
            gates.push((format!("structured places, {name}: no leak"), measured, structured.leaks == 0));
        }
        if free.cases > 0 {
            let measured = format!("{} of {} ({:.3} %)", free.leaks, free.cases, free.rate() * 100.0);
            gates.push((
                format!("fixed shapes in free text, {name}: at most 0.5 %"),
                measured,
                free.rate() <= MAX_FREE_RATE,
            ));
        }
    }
    let faults: u64 = results.faults.values().sum();
    gates.push(("every answer is one valid JSON object".into(), format!("{faults} are not"), faults == 0));
    gates.push((
        "no placeholder for a well-formed record".into(),
        format!("{} were", results.placeholders),
        results.placeholders == 0,
    ));
    let unstable = results.unstable;
    gates.push((
        "redacting twice changes nothing".into(),
        format!("{} of {} changed", unstable.leaks, unstable.cases),
        unstable.leaks == 0,
    ));
    let damaged: u64 = results.damaged.values().sum();
    gates.push(("detection fields without a plant stay".into(), format!("{damaged} changed"), damaged == 0));
    let formats =
        results.formats.values().fold((0, 0), |(cases, leaks), tally| (cases + tally.cases, leaks + tally.leaks));
    if formats.0 > 0 {
        let leaking: Vec<&str> =
            results.formats.iter().filter(|(_, tally)| tally.leaks > 0).map(|(name, _)| name.as_str()).collect();
        let measured =
            format!("{} of {} in {} formats {}", formats.1, formats.0, results.formats.len(), leaking.join(" "));
        gates.push(("nothing comes back in an output format".into(), measured, formats.1 == 0));
    }
    if let Some(benign) = benign {
        let damaged: usize = benign.damaged.values().sum();
        gates.push(("detection fields of benign events stay".into(), format!("{damaged} changed"), damaged == 0));
        let faults: usize = benign.faults.values().sum();
        gates.push(("benign events leave valid".into(), format!("{faults} do not"), faults == 0));
    }
    gates
}

fn rate(tally: Tally) -> String {
    match (tally.cases, tally.leaks) {
        (0, _) => "-".into(),
        (cases, 0) => format!("0 of {cases}"),
        (cases, leaks) => format!("{leaks} of {cases} ({:.2} %)", tally.rate() * 100.0),
    }
}

/// A table with one row a name and one column a demand; combinations that are held out do not appear.
fn table(out: &mut String, results: &Results, title: &str, name: impl Fn(&Combination) -> Option<String>) {
    let mut rows: BTreeMap<String, BTreeMap<Demand, Tally>> = BTreeMap::new();
    for (combination, tally) in results.tallies.iter().filter(|(combination, _)| !results.held_out(combination)) {
        if let Some(row) = name(combination) {
            rows.entry(row).or_default().entry(results.demand(combination)).or_default().add(*tally);
        }
    }
    let heads: Vec<&str> = Demand::ALL.iter().map(|demand| demand.name()).collect();
    let _ = writeln!(out, "| {title} | {} |\n|---|---|---|---|", heads.join(" | "));
    for (row, tallies) in rows {
        let cells: Vec<String> =
            Demand::ALL.iter().map(|d| rate(tallies.get(d).copied().unwrap_or_default())).collect();
        let _ = writeln!(out, "| {row} | {} |", cells.join(" | "));
    }
    out.push('\n');
}

/// The tables.
pub fn human(results: &Results, benign: Option<&Benign>) -> String {
    let mut out = String::new();
    let count = |held_out: bool| {
        (
            results.kinds.iter().filter(|kind| kind.held_out == held_out).count(),
            results.places.iter().filter(|place| place.held_out == held_out).count(),
        )
    };
    let ((kinds, places), (held_kinds, held_places)) = (count(false), count(true));
    if results.records == 0 {
        return out;
    }
    let _ = writeln!(
        out,
        "{} records: {kinds} kinds of secret x {places} places x {} encodings, and {held_kinds} kinds and {held_places} places held out.\nCells: records that leaked, of all.\n",
        results.records,
        Encoding::ALL.len()
    );
    let place = |c: &Combination| results.places.get(c.place).map(|place| place.item.group.to_owned());
    let kind = |c: &Combination| results.kinds.get(c.kind).map(|kind| kind.item.group.to_owned());
    table(&mut out, results, "place", place);
    table(&mut out, results, "kind", kind);
    table(&mut out, results, "encoding", |c| Some(c.encoding.name().to_owned()));
    table(&mut out, results, "form", |c| Some(format!("{:?}", c.form).to_lowercase()));
    let held = |demand| rate(results.sum(|c| results.held_out(c) && results.demand(c) == demand));
    let _ = writeln!(
        out,
        "Held out: structured {}; free text, fixed shape {}; free text, no shape {}.\n",
        held(Demand::Structured),
        held(Demand::FreeFixed),
        held(Demand::FreeContext)
    );
    if let Some(benign) = benign {
        let changed: usize = benign.changed.values().sum();
        let _ =
            writeln!(out, "Benign: {changed} values changed in {} of {} events.", benign.changed_events, benign.events);
        let mut paths: Vec<_> = benign.changed.iter().collect();
        paths.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (path, count) in paths.into_iter().take(30) {
            let _ = writeln!(out, "  {count:6}  {path}");
        }
        out.push('\n');
    }
    for (gate, measured, met) in gates(results, benign) {
        let _ = writeln!(out, "{}  {gate}: {measured}", if met { "met   " } else { "MISSED" });
    }
    out
}

/// What runs in a real Fluent Bit showed.
pub fn fluent_bit(outcomes: &[Outcome]) -> String {
    let mut out = String::new();
    for outcome in outcomes {
        let (sent, left) = outcome.lines;
        let cells: Vec<String> =
            outcome.tallies.iter().map(|(demand, tally)| format!("{} {}", demand.name(), rate(*tally))).collect();
        let _ = writeln!(
            out,
            "{}  {}: {left} of {sent} lines left; {}; in its log at debug level {}",
            if outcome.is_met() { "met   " } else { "MISSED" },
            outcome.name,
            cells.join("; "),
            outcome.in_log
        );
        if !outcome.leaking_places.is_empty() {
            let shown = outcome.leaking_places.get(..12).unwrap_or(&outcome.leaking_places);
            let _ = writeln!(out, "        {} places, such as {}", outcome.leaking_places.len(), shown.join("; "));
        }
    }
    out
}

/// Everything as JSON; held-out combinations as totals only.
pub fn machine(results: &Results, benign: Option<&Benign>) -> Value {
    let tally = |tally: Tally| json!({"records": tally.cases, "leaks": tally.leaks, "rate": tally.rate()});
    let by = |choose: &dyn Fn(&Combination) -> bool| {
        let mut map = serde_json::Map::new();
        for demand in Demand::ALL {
            map.insert(demand.name().into(), tally(results.sum(|c| results.demand(c) == demand && choose(c))));
        }
        Value::Object(map)
    };
    let development = |c: &Combination| !results.held_out(c);
    let places: serde_json::Map<String, Value> = results
        .places
        .iter()
        .enumerate()
        .filter(|(_, place)| !place.held_out)
        .map(|(at, place)| {
            (format!("{}: {}", place.item.group, place.item.id), by(&|c| c.place == at && development(c)))
        })
        .collect();
    let kinds: serde_json::Map<String, Value> = results
        .kinds
        .iter()
        .enumerate()
        .filter(|(_, kind)| !kind.held_out)
        .map(|(at, kind)| (kind.item.id.to_owned(), by(&|c| c.kind == at && development(c))))
        .collect();
    let encodings: serde_json::Map<String, Value> = Encoding::ALL
        .iter()
        .map(|encoding| (encoding.name().to_owned(), by(&|c| c.encoding == *encoding && development(c))))
        .collect();
    let gates: Vec<Value> = gates(results, benign)
        .into_iter()
        .map(|(gate, measured, met)| json!({"gate": gate, "measured": measured, "met": met}))
        .collect();
    json!({
        "records": results.records,
        "gates": gates,
        "development": by(&development),
        "held out": by(&|c| results.held_out(c)),
        "places": places, "kinds": kinds, "encodings": encodings,
        "faults": results.faults, "placeholders": results.placeholders, "unstable": tally(results.unstable), "unstable paths": results.unstable_paths, "damaged": results.damaged,
        "benign": benign.map(|benign| json!({"events": benign.events, "changed events": benign.changed_events,
            "changed": benign.changed, "damaged": benign.damaged, "faults": benign.faults})),
    })
}

/// The leaks of the development half by place, each with what leaked and a sample; then everything else that went wrong.
pub fn failures(results: &Results, benign: Option<&Benign>) -> String {
    let mut out = String::new();
    for (at, place) in results.places.iter().enumerate().filter(|(_, place)| !place.held_out) {
        let mut which: BTreeMap<(Demand, &str), (Tally, BTreeSet<&str>)> = BTreeMap::new();
        for (combination, tally) in
            results.tallies.iter().filter(|(c, tally)| c.place == at && tally.leaks > 0 && !results.held_out(c))
        {
            let kind = results.kinds.get(combination.kind).map_or("", |kind| kind.item.id);
            let (sum, kinds) = which.entry((results.demand(combination), combination.encoding.name())).or_default();
            sum.add(*tally);
            kinds.insert(kind);
        }
        which.retain(|(demand, _), _| *demand != Demand::FreeContext);
        if which.is_empty() {
            continue;
        }
        let _ = writeln!(out, "== {}: {}", place.item.group, place.item.id);
        for ((demand, encoding), (tally, kinds)) in which {
            let _ = writeln!(
                out,
                "{}, {encoding}: {} leaks; {}",
                demand.name(),
                tally.leaks,
                kinds.into_iter().collect::<Vec<_>>().join(" ")
            );
        }
        for sample in results.leaks.iter().filter(|s| s.combination.place == at && !results.held_out(&s.combination)) {
            write_sample(&mut out, results, sample);
        }
        out.push('\n');
    }
    for sample in results.wrong.iter().filter(|sample| !results.held_out(&sample.combination)) {
        let _ = writeln!(out, "== WRONG");
        write_sample(&mut out, results, sample);
    }
    if let Some(benign) = benign {
        for (what, event) in &benign.samples {
            let _ = writeln!(out, "== BENIGN, changed or faulty: {what}\n  in  {event}");
        }
    }
    out
}

fn write_sample(out: &mut String, results: &Results, sample: &Sample) {
    let Combination { place, kind, encoding, form } = sample.combination;
    let (Some(place), Some(kind)) = (results.places.get(place), results.kinds.get(kind)) else { return };
    let _ = writeln!(
        out,
        "- {} | {} | {} | {form:?} | seed {} | {}",
        place.item.id,
        kind.item.id,
        encoding.name(),
        sample.seed,
        sample.what
    );
    let secret = Case::new(&kind.item, &place.item, encoding, sample.seed).secret;
    let judge = Judge::new(secret.bodies.iter().map(|body| (0, body.as_str())));
    if let Some(answer) = Raw::parse(&sample.answer) {
        answer.leaves("", &mut |path, text| {
            let shown = format!("{}: {text}", path.replace(SEPARATOR, "."));
            if judge.find(shown.as_bytes()).is_some() {
                let _ = writeln!(out, "  at  {}", shown.chars().take(400).collect::<String>());
            }
        });
    }
    let _ = writeln!(out, "  in  {}", sample.record);
}
