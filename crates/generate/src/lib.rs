//! Makes Kubernetes audit events: seeded, the same for ever, with the shapes and sizes of real ones.
//!
//! Tests and measurements need volume, sizes and planted secrets that no recorded log can give. The events follow
//! `k8s.io/apiserver/pkg/apis/audit/v1`: its keys in its order, compact, escaped as Go's encoder does.
//!
//! ```
//! use auditgate_generate::{Generator, Options};
//!
//! let generator = Generator::new(Options { events: 3, seed: 1, ..Options::default() })?;
//! for event in generator {
//!     assert!(event.json.starts_with('{'));
//! }
//! # Ok::<(), auditgate_generate::OptionsError>(())
//! ```
//!
//! - [`Generator`]: an iterator of [`Event`]s; event `n` depends on the options and `n` alone.
//! - [`Planted`]: a secret in an event: where, which class of place, which text.
//! - [`Marker`]: finds any of a run's secrets in any output, encoded or not.
//! - [`node_log`]: what auditd writes on a node.

mod canary;
mod envelope;
mod node;
mod objects;
mod pen;
mod random;
mod shapes;
mod world;

use std::fmt;

pub use canary::{Class, Marker, Planted};
pub use node::node_log;
pub use random::Random;

use envelope::Version;
use pen::{Content, Pen};

/// Which events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// A cluster's mix: median about 2 KB, a tail to 300 KB and more; about one event in eight holds secrets.
    Mixed,
    /// A quiet cluster's log by number of events: leases, reads and probes by their documented periods, and some work.
    Cluster,
    /// Compact events, 1 to 5 KB each.
    Small,
    /// 0.5 to 1 MB each, unless sizes are given.
    Large,
    /// The mix without a secret, and without anything that the built-in catalogue takes out for another reason.
    Benign,
    /// Every event holds at least one secret.
    Secrets,
}

impl Profile {
    /// All profiles.
    pub const ALL: [Self; 6] = [Self::Mixed, Self::Cluster, Self::Small, Self::Large, Self::Benign, Self::Secrets];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mixed => "mixed",
            Self::Cluster => "cluster",
            Self::Small => "small",
            Self::Large => "large",
            Self::Benign => "benign",
            Self::Secrets => "secrets",
        }
    }
}

/// What to make.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Number of events.
    pub events: u64,
    /// Equal seeds make equal events.
    pub seed: u64,
    /// Which events.
    pub profile: Profile,
    /// Least size of an event in bytes, 0 for no limit.
    pub min_bytes: usize,
    /// Largest size of an event in bytes, `usize::MAX` for no limit.
    pub max_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { events: 1000, seed: 1, profile: Profile::Mixed, min_bytes: 0, max_bytes: usize::MAX }
    }
}

/// Room between the least and the largest size that is always enough.
const ROOM_BYTES: usize = 4096;
/// How often another event is tried when one is too large; the mix's median is half of the room.
const ATTEMPTS: u64 = 1000;

/// The sizes leave no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionsError {
    min_bytes: usize,
    max_bytes: usize,
}

impl fmt::Display for OptionsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "expected a largest size of at least {ROOM_BYTES} bytes more than the least size of {}, found {}",
            self.min_bytes, self.max_bytes
        )
    }
}

impl std::error::Error for OptionsError {}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Number, from 0.
    pub number: u64,
    /// `auditID`, unique in a run.
    pub audit_id: String,
    /// The event on one line, without a line end.
    pub json: String,
    /// The secrets in it.
    pub planted: Vec<Planted>,
}

/// Makes the events of a run, one after the other.
#[derive(Clone, Debug)]
pub struct Generator {
    options: Options,
    marker: Marker,
    next: u64,
}

impl Generator {
    /// A generator of `options.events` events.
    ///
    /// # Errors
    /// If the sizes leave less than 4,096 bytes of room.
    pub fn new(mut options: Options) -> Result<Self, OptionsError> {
        if options.profile == Profile::Large && options.min_bytes == 0 && options.max_bytes == usize::MAX {
            (options.min_bytes, options.max_bytes) = (500_000, 1_000_000);
        }
        if options.max_bytes < options.min_bytes.saturating_add(ROOM_BYTES) {
            return Err(OptionsError { min_bytes: options.min_bytes, max_bytes: options.max_bytes });
        }
        Ok(Self { options, marker: Marker::new(options.seed), next: 0 })
    }

    /// The characters that every secret of this run begins with, behind its format's prefix.
    pub fn marker(&self) -> &Marker {
        &self.marker
    }

    /// Event number `number`, whatever was made before.
    pub fn event(&self, number: u64) -> Event {
        let mut smallest = self.attempt(number, 0);
        for attempt in 1..ATTEMPTS {
            if smallest.json.len() <= self.options.max_bytes {
                break;
            }
            let event = self.attempt(number, attempt);
            if event.json.len() < smallest.json.len() {
                smallest = event;
            }
        }
        smallest
    }

    fn attempt(&self, number: u64, attempt: u64) -> Event {
        let Options { seed, profile, min_bytes, max_bytes, .. } = self.options;
        let noise = profile != Profile::Benign;
        let content = Content { secrets: noise && profile != Profile::Small, noise };
        let random = Random::new(seed, number.wrapping_mul(ATTEMPTS).wrapping_add(attempt));
        let mut pen = Pen::new(random, content, &self.marker);

        // The last twelve digits are the number under a permutation that the seed chooses: no two events share them.
        let permuted = (number ^ Random::new(seed, u64::MAX - 1).bits()) & 0xffff_ffff_ffff;
        let audit_id = format!(
            "{}-4{}-{}{}-{permuted:012x}",
            hyphenated(&mut pen),
            pen.random.hex(3),
            pen.random.pick(&["8", "9", "a", "b"]),
            pen.random.hex(3)
        );

        let draft = if min_bytes > 0 {
            // The frame and the body's own beginning take up to 3 KB, the text that fills up adds some ten bytes.
            let most = max_bytes.saturating_sub(ROOM_BYTES).min(min_bytes.saturating_mul(2)).max(min_bytes);
            let bytes = pen.random.between(min_bytes as u64, most as u64) as usize;
            shapes::sized(&mut pen, bytes, noise)
        } else {
            shapes::draft(&mut pen, profile)
        };
        let version = match pen.random.below(100) {
            0..3 => Version::ListItem,
            3..5 => Version::V1Beta1,
            _ => Version::V1,
        };
        let microseconds = objects::EPOCH + number.wrapping_mul(17_000) % 31_000_000_000_000 + pen.random.below(17_000);
        envelope::write(&mut pen, version, &audit_id, microseconds, &draft.request, &draft.plants, |pen| {
            for (key, body) in [("requestObject", draft.request_body), ("responseObject", draft.response_body)] {
                if let Some(body) = body {
                    pen.key(key);
                    body(pen);
                }
            }
        });
        let (json, planted) = pen.finish();
        Event { number, audit_id, json, planted }
    }
}

fn hyphenated(pen: &mut Pen<'_>) -> String {
    format!("{}-{}", pen.random.hex(8), pen.random.hex(4))
}

impl Iterator for Generator {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        (self.next < self.options.events).then(|| {
            let event = self.event(self.next);
            self.next += 1;
            event
        })
    }
}
