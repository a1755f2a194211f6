//! The combinations: kind x place x encoding x seed, each as one or two records.

use crate::json::{Style, write};
use crate::kinds::{self, Kind, Secret, Shape};
use crate::places::{self, Class, Place, Record};
use crate::plant::{Encoding, Plant};
use crate::rng::Rng;
use crate::{codec, held_out};

/// A kind or a place, and whether it is held out.
pub struct Entry<T> {
    /// The kind or place.
    pub item: T,
    /// Kept out of the development of the rules.
    pub held_out: bool,
}

fn entries<T>(development: Vec<T>, held_out: Vec<T>) -> Vec<Entry<T>> {
    let mark = |held_out| move |item| Entry { item, held_out };
    development.into_iter().map(mark(false)).chain(held_out.into_iter().map(mark(true))).collect()
}

/// All kinds.
pub fn kinds() -> Vec<Entry<Kind>> {
    entries(kinds::development(), held_out::kinds())
}

/// All places.
pub fn places() -> Vec<Entry<Place>> {
    entries(places::development(), held_out::places())
}

/// How a record reaches the filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// Parsed by the shipper.
    Parsed,
    /// The raw line under one key.
    Raw,
    /// The event as a string in Azure's envelope, as a raw line under one key.
    Enveloped,
}

/// One record with one secret in it.
pub struct Case {
    /// The secret.
    pub secret: Secret,
    /// The records to run, each with its tag.
    pub records: Vec<(Form, &'static str, String)>,
}

impl Case {
    /// Builds the case; the same arguments give the same bytes.
    pub fn new(kind: &Kind, place: &Place, encoding: Encoding, seed: u64) -> Self {
        let secret = (kind.make)(&mut Rng::new(&["secret", kind.id, place.id], seed));
        let rng = Rng::new(&["place", place.id, place.group, kind.id, encoding.name()], seed);
        let mut style_rng = Rng::new(&["style", place.id, kind.id, encoding.name()], seed);
        let mut plant = Plant::new(&secret, encoding, seed, rng);
        let record = (place.build)(&mut plant);
        let needle: String = plant.text.chars().take(12).collect();
        let style = Style { html: seed.is_multiple_of(2), escape: plant.escape_event.then_some(needle.as_str()) };
        let inside = |text: &str| format!("\"{}\"", codec::json_inside(text, style.html, || false));
        let records = match record {
            Record::Kubernetes(event) => {
                let line = write(&event, &style, &mut style_rng);
                let log = format!("{{\"log\":{},\"stream\":\"stdout\"}}", inside(&line));
                let envelope = format!(
                    "{{\"category\":\"kube-audit\",\"properties\":{{\"log\":{},\"pod\":\"kube-apiserver-1\"}},\"time\":\"2026-01-02T03:04:05Z\"}}",
                    inside(&line)
                );
                let enveloped = format!("{{\"log\":{}}}", inside(&envelope));
                let mut records = vec![(Form::Parsed, "audit.k8s", line), (Form::Raw, "audit.k8s", log)];
                if seed.is_multiple_of(2) {
                    records.push((Form::Enveloped, "audit.k8s", enveloped));
                }
                records
            }
            Record::Line(line) => {
                let escaped = |rng: &mut Rng| write(&serde_json::Value::String(line.clone()), &style, rng);
                let key = style_rng.pick(&["message", "MESSAGE"]);
                let parsed = format!("{{\"log\":{}}}", escaped(&mut style_rng));
                vec![
                    (Form::Parsed, "audit.linux", parsed),
                    (Form::Raw, "audit.linux", format!("{{\"{key}\":{}}}", inside(&line))),
                ]
            }
            Record::Fields(fields) => vec![(Form::Parsed, "audit.linux", write(&fields, &style, &mut style_rng))],
        };
        Self { secret, records }
    }
}

/// What is demanded of a combination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Demand {
    /// No leak at all.
    Structured,
    /// At most one in two hundred.
    FreeFixed,
    /// Reported, not gated.
    FreeContext,
}

impl Demand {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Structured, Self::FreeFixed, Self::FreeContext];

    /// What a kind in a place has to meet.
    pub fn of(kind: &Kind, place: &Place) -> Self {
        match (place.class, kind.shape) {
            (Class::Structured, _) => Self::Structured,
            (Class::Free, Shape::Fixed) => Self::FreeFixed,
            (Class::Free, Shape::Context) => Self::FreeContext,
        }
    }

    /// Name for the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Structured => "structured",
            Self::FreeFixed => "free text, fixed shape",
            Self::FreeContext => "free text, no shape",
        }
    }
}
