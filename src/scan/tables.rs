//! The rules, compiled for the pass.

use super::buffer::Padded;
use super::hints::Hints;
use super::keys::{Keys, Member};
use super::memo::Memo;
use super::own_paths::Purpose;
use super::paths::{Builder, Paths, State, effect};
use super::shapes::Shapes;
use super::string;
use super::templates::{TEMPLATES, Templates};
use super::variants::MANAGED_FIELDS;
use super::walk::Work;
use crate::envelope::{ALWAYS_ASKED, ELSEWHERE, Envelope, FIELDS, Field};
use crate::policy::{Action, Path, Policy, Step};
use crate::redact::own::Own;
use crate::redact::{Off, catalogue, start};
use auditgate_own::Words;

/// Containers in each other that Fluent Bit takes back safely: its outputs run on a stack of 24 KB in 3.1.9 and abort at 27, its decoder loses the
/// chunk from 31 (3.1.9) or 63 (5.1.1) on.
const FOLD_DEPTH: usize = 22;

/// The rules, compiled, and the memory of what they said.
pub(crate) struct Tables {
    pub(crate) keys: Keys,
    pub(crate) paths: Paths,
    pub(crate) hints: Hints,
    pub(super) shapes: Shapes,
    pub(super) templates: Templates,
    pub(super) memo: Memo,
    pub(crate) own: Own,
    /// Containers that may be open in the output; what is deeper leaves as a string.
    pub(super) fold_depth: usize,
    /// Containers that may be open at all.
    pub(super) max_depth: usize,
    /// The set of the audit's id, if a rule of the policy takes it out.
    pub(crate) hidden_id: u32,
    /// The fields of an event that somebody asks for once it has been read, a bit each: shapes note no others.
    pub(super) asked_fields: u32,
    /// How often an encoding inside an encoding is taken off, and the most bytes that a text in a text may have.
    pub(super) max_level: u8,
    pub(super) max_decoded_bytes: usize,
    pub(super) spare: Vec<Work>,
    /// Bodies that came before the field that says what they are: span in the record, text, place.
    pub(super) deferred: Vec<(usize, usize, Vec<u8>, State)>,
}

impl Tables {
    /// The tables of a policy of whose redaction rules those with a bit in `active` hold; the last bit is [`MANAGED_FIELDS`].
    pub(crate) fn new(policy: &Policy, active: u128) -> Self {
        let mut keys = Keys::new();
        let mut builder = Builder::new();
        let off = Off::new(policy.redact(), policy.omits_managed_fields() && active & MANAGED_FIELDS != 0);
        catalogue::add_patterns(&mut builder, &mut keys, policy.asks_for_annotations(), &off);
        let own = Own::new(policy, active);
        add_own(&mut builder, &mut keys, policy, active);
        builder.own.searches = !own.is_empty();
        let paths = builder.build(&keys, start::COUNT);
        let limits = policy.limits();
        let mut hints = Hints::new();
        hints.max_decodings = limits.max_decode_depth as u8;
        hints.max_decoded_bytes = limits.max_decoded_bytes as usize;
        hints.off = off;
        hints.own = own.clone();
        let mut tables = Self {
            hidden_id: 0,
            asked_fields: if policy.forwards_all() && !policy.redacts_by_event() { ALWAYS_ASKED } else { u32::MAX },
            keys,
            paths,
            hints,
            own,
            shapes: Shapes::new(),
            templates: Templates::new(),
            memo: Memo::default(),
            fold_depth: FOLD_DEPTH,
            max_depth: limits.max_depth as usize,
            max_level: limits.max_decode_depth as u8,
            max_decoded_bytes: limits.max_decoded_bytes as usize,
            spare: Vec::new(),
            deferred: Vec::new(),
        };
        if tables.field_effects("auditID") & effect::OWN != 0 {
            tables.hidden_id = Field::AuditId.bit();
        }
        tables
    }

    /// What rules of the policy say of a field of the event; to keep it is to say nothing.
    fn field_effects(&mut self, path: &str) -> u32 {
        let mut state = start::RECORD;
        for name in path.split('.') {
            let symbol = self.paths.named(self.keys.symbol(name.as_bytes()), name.as_bytes());
            state = self.paths.step(state, symbol);
        }
        let effects = self.paths.effects(state);
        let keeps = self.own.action(effects.own) == Action::Keep;
        effects.flags & effect::POLICY & if keeps { !effect::OWN } else { u32::MAX }
    }

    /// The fields of an envelope that a rule or the allow-list takes out, a bit each.
    #[cold]
    pub(crate) fn hidden_fields(&mut self, envelope: &Envelope, record: &Padded<'_>) -> u32 {
        let mut hidden = self.hidden_id;
        for &(field, path) in FIELDS.iter().chain(ELSEWHERE) {
            let Some(text) = envelope.field(field) else { continue };
            let mut value = Vec::new();
            string::decode(record.view(), text, &mut value);
            // The id of an event stands in the decision map, which always leaves.
            if self.field_effects(path) != 0 && field != Field::AuditId || self.own.fits(&value) {
                hidden |= field.bit();
            }
        }
        hidden
    }

    /// From here on somebody asks for every field.
    pub(crate) fn ask_for_all_fields(&mut self) {
        self.asked_fields = u32::MAX;
        self.shapes.forget();
    }

    /// Forgets what the last record left, and what too many different records have brought; between records only.
    pub(crate) fn tidy(&mut self) {
        self.deferred.clear();
        if TEMPLATES {
            self.shapes.tidy();
            self.templates.tidy();
        }
        if self.paths.tidy() {
            self.keys.forget();
            if TEMPLATES {
                self.templates.forget();
            }
        }
    }

    /// Gives the buffers back that records were worked on in.
    pub(crate) fn settle(&mut self) {
        self.spare = Vec::new();
        self.memo = Memo::default();
        self.deferred = Vec::new();
    }

    /// What holds for the items of an array at the place `state`.
    pub(super) fn item_of(&mut self, state: State, named: u8) -> Member {
        let item = self.paths.item();
        let state = self.paths.step(state, item);
        Member::new(state, self.paths.effects(state).flags, named, 0)
    }
}

/// Adds the places that a policy names, in the order of its rules.
fn add_own(builder: &mut Builder, keys: &mut Keys, policy: &Policy, active: u128) {
    let redact = policy.redact();
    for (index, rule) in redact.rules.iter().enumerate().filter(|(index, _)| active >> index & 1 != 0) {
        for path in &rule.paths {
            builder.add_own(keys, path, Purpose::Rule(index as u8));
        }
        for words in rule.keys.iter().filter_map(|name| Words::new(name)) {
            builder.add_own_name(words, index as u8, rule.action == Action::Keep);
        }
    }
    builder.own.allows = redact.allow.is_some();
    if builder.own.allows {
        // Where the catalogue finds events inside of a record: in a list, and in an envelope of AKS.
        let key = |name: &str| Step::Key(name.to_owned());
        for steps in [vec![key("items"), Step::AnyIndex], vec![key("properties"), key("log")]] {
            builder.add_own(keys, &Path { steps }, Purpose::Event);
        }
    }
    for path in redact.allow.iter().flatten() {
        builder.add_own(keys, path, Purpose::Allow);
    }
}
