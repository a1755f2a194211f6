//! The engine: a record in, a decision and the bytes that may leave out. No I/O, no clock, no randomness, no globals.

use crate::decide::{Limiter, Untold};
#[cfg(any(feature = "output", not(target_family = "wasm")))]
use crate::envelope::Field;
use crate::envelope::{Envelope, Source};
use crate::policy::Policy;
use crate::redact::own::OWN_RULES;
use crate::report::Report;
use crate::ruling::{Judged, Ruling, apply_rules, remembered, with_attributes};
use crate::scan::{Padded, Stop, Tables, Variants, Walk, Work, active_rules, encode};
use crate::stamp::{Fault, Stamp, of_rule};
#[cfg(not(target_family = "wasm"))]
use crate::{decide::Attributes, policy::Level};

/// What the host knows of a record besides its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Fluent Bit's tag.
    pub tag: &'a [u8],
    /// The record's time, seconds since 1970.
    pub seconds: u32,
    /// The record's time, nanoseconds within the second.
    pub nanoseconds: u32,
}

/// Room for the decision map, which is longer only if it tells of many rules.
const STAMP_BYTES: usize = 512;

/// What becomes of a record.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// One JSON object that may leave.
    Record(&'a [u8]),
    /// Nothing leaves; the named rule of the policy says so.
    Dropped {
        /// Name of the rule.
        rule: &'a str,
    },
}

/// One engine per thread; it keeps its buffers between records.
pub struct Engine {
    policy: Policy,
    /// Why nothing but envelopes may leave.
    locked: Option<Fault>,
    tables: Tables,
    variants: Variants,
    work: Work,
    envelope: Envelope,
    limiter: Limiter,
    untold: Untold,
    report: Report,
    output: Vec<u8>,
    /// What stamps say of each rule, for each source of records.
    of_rules: Vec<Vec<u8>>,
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine {
    /// An engine with the built-in policy: the whole catalogue, nothing dropped, one destination.
    pub fn new() -> Self {
        Self::with_policy(Policy::builtin())
    }

    /// Whether this build follows a policy: one made without `own-rules` does not follow one that has redaction rules of its own.
    pub fn can_follow(policy: &Policy) -> bool {
        OWN_RULES || !policy.redact().is_own()
    }

    /// An engine that follows a checked policy.
    pub fn with_policy(policy: Policy) -> Self {
        let variants = Variants::new(&policy);
        Self {
            tables: Tables::new(&policy, variants.active),
            variants,
            locked: None,
            work: Work::default(),
            envelope: Envelope::default(),
            limiter: Limiter::default(),
            untold: Untold::default(),
            report: Report::default(),
            output: Vec::new(),
            of_rules: Vec::new(),
            policy,
        }
    }

    /// An engine that lets nothing but envelopes leave, because its policy does not check.
    pub fn locked_down() -> Self {
        let mut engine = Self::new();
        engine.lock_down();
        engine
    }

    /// From here on lets nothing but envelopes leave.
    pub fn lock_down(&mut self) {
        self.locked = Some(Fault::Policy);
        self.tables.ask_for_all_fields();
    }

    /// From here on [`attributes`](Self::attributes) and [`event_level`](Self::event_level) know every field of an event. Until then those that
    /// neither the policy nor the stamp asks for are not noted where a record is like an earlier one.
    #[cfg(not(target_family = "wasm"))]
    pub fn ask_for_all_fields(&mut self) {
        self.tables.ask_for_all_fields();
    }

    /// Forgets what the records so far have left in buffers, so that memory holds only what is worth keeping.
    pub fn settle(&mut self) {
        self.tables.settle();
        self.work = Work::default();
        self.envelope = Envelope::default();
        self.report = Report::default();
        self.output = Vec::new();
    }

    /// Decides about one record. The record's bytes are scratch space afterwards.
    pub fn process<'e>(&'e mut self, context: Context<'_>, record: &mut Padded<'_>) -> Outcome<'e> {
        self.output.clear();
        self.envelope.clear();
        self.tables.tidy();
        self.report.bytes_in += record.len() as u64;
        let length = record.len();
        if length > self.policy.limits().max_event_bytes as usize {
            return self.placeholder(context, record, Fault::TooLarge);
        }
        let (read, redactions) =
            if self.variants.conditional { self.read_conditionally(context, record) } else { self.read(record) };
        let is_object = self.envelope.end > 0 && record.text().get(self.envelope.end - 1) == Some(&b'}');
        let fault = match read {
            Err(Stop::Malformed) => Some(Fault::Malformed),
            Err(Stop::TooDeep) => Some(Fault::TooDeep),
            Ok(_) if !is_object => Some(Fault::NoObject),
            Ok(_) if self.envelope.ambiguous => Some(Fault::Ambiguous),
            Ok(_) => self.locked,
        };
        if let Some(fault) = fault {
            return self.placeholder(context, record, fault);
        }
        self.envelope.split_method(record.view());
        self.envelope.source = if self.envelope.is_audit_event() {
            Source::Kubernetes
        } else {
            self.envelope.recognise(record.view(), context.tag)
        };
        let ruling = if self.policy.forwards_all() {
            Ruling::of(self.policy.default_rule())
        } else {
            let judged = Judged { envelope: &self.envelope, record, context };
            let found = apply_rules(&self.policy, &judged, &mut self.limiter, &mut self.untold, &mut self.work);
            match found {
                Ok(ruling) => ruling,
                Err(index) => {
                    let rule = self.policy.rule_name(index);
                    self.report.count_dropped(rule);
                    return Outcome::Dropped { rule };
                }
            }
        };
        let stamp = Stamp {
            envelope: &self.envelope,
            record,
            of_rule: remembered(&mut self.of_rules, self.envelope.source, &ruling),
            redactions,
            policy: self.policy.hash(),
            fault: None,
            hidden: if ruling.limited.is_some() {
                self.tables.hidden_fields(&self.envelope, record)
            } else {
                self.tables.hidden_id
            },
            dropped: &ruling.dropped,
            limited: ruling.limited,
        };
        if stamp.limited.is_some() {
            stamp.placeholder(context, &mut self.output);
        } else {
            // Room for all at once: a long output that grows would be twice as long for a moment.
            self.output.reserve_exact(self.work.edits.longest(length) + STAMP_BYTES);
            let end = self.envelope.end - 1;
            match self.envelope.unpacked {
                Some(event) => render_unpacked(&mut self.work, record, event, end, &mut self.output),
                None => self.work.edits.render(record, 0, end, &mut self.output),
            }
            stamp.append(&mut self.output);
        }
        self.report.count_record(redactions, self.output.len());
        self.finish()
    }

    /// The pass over a record; also the number of redactions.
    fn read(&mut self, record: &mut Padded<'_>) -> (Result<(), Stop>, u32) {
        let mut redactions = 0;
        let mut walk = Walk::new(record, &mut self.tables, &mut self.work, &mut self.envelope, &mut redactions, 0, 0);
        let read = walk.record();
        (read, redactions)
    }

    /// The pass over a record where redaction rules have conditions. What they ask for is known at the end of a pass only: it is made with
    /// the rules that held for the last record, and once more if others hold for this one.
    #[cold]
    #[inline(never)]
    fn read_conditionally(&mut self, context: Context<'_>, record: &mut Padded<'_>) -> (Result<(), Stop>, u32) {
        let before = record.text().to_vec();
        let first = self.read(record);
        let source = self.envelope.source;
        if self.envelope.is_audit_event() {
            self.envelope.source = Source::Kubernetes;
        }
        let policy = &self.policy;
        let active = with_attributes(&self.envelope, context, record, |attributes| active_rules(policy, attributes));
        self.envelope.source = source;
        if first.0.is_err() || active == self.variants.active {
            return first;
        }
        self.variants.change(active, &self.policy, &mut self.tables);
        record.overwrite(0, &before);
        self.envelope.clear();
        self.tables.tidy();
        self.read(record)
    }

    /// Gives the memory of the last answer back.
    pub fn forget_output(&mut self) {
        self.output = Vec::new();
    }

    /// The policy that the engine follows.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What the rules saw of the record that [`process`](Self::process) was given last; see [`ask_for_all_fields`](Self::ask_for_all_fields).
    #[cfg(not(target_family = "wasm"))]
    pub fn attributes<T>(
        &self,
        context: Context<'_>,
        record: &Padded<'_>,
        then: impl FnOnce(&Attributes<'_>) -> T,
    ) -> T {
        with_attributes(&self.envelope, context, record, then)
    }

    /// The level that the record came with which [`process`](Self::process) was given last, likewise.
    #[cfg(not(target_family = "wasm"))]
    pub fn event_level(&self, record: &Padded<'_>) -> Option<Level> {
        let level = self.envelope.field(Field::Level)?;
        Level::from_name(record.span(level.start, level.end))
    }

    /// Counters since the engine was made.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The record that [`process`](Self::process) returned.
    #[cfg(feature = "output")]
    pub(crate) fn output(&self) -> &[u8] {
        self.output.strip_suffix(b"\0").unwrap_or(&self.output)
    }

    /// When the event of the record that was processed last happened, as far as it says: the text of its time.
    #[cfg(feature = "output")]
    pub(crate) fn event_time<'r>(&self, record: &'r Padded<'_>) -> Option<&'r [u8]> {
        let fields = [Field::StageTimestamp, Field::RequestReceived];
        let text = fields.iter().find_map(|field| self.envelope.field(*field))?;
        Some(record.span(text.start, text.end))
    }

    /// The record that [`process`](Self::process) returned, with a zero byte behind it.
    pub fn output_with_nul(&self) -> &[u8] {
        &self.output
    }

    fn finish(&mut self) -> Outcome<'_> {
        self.output.push(0);
        Outcome::Record(self.output.get(..self.output.len() - 1).unwrap_or_default())
    }

    #[cold]
    fn placeholder(&mut self, context: Context<'_>, record: &Padded<'_>, fault: Fault) -> Outcome<'_> {
        if self.variants.conditional && self.variants.active != u128::MAX {
            // Whether conditions hold is not known: all rules do.
            self.variants.change(u128::MAX, &self.policy, &mut self.tables);
        }
        let hidden = self.tables.hidden_fields(&self.envelope, record);
        let rule = self.policy.default_rule();
        let stamp = Stamp {
            envelope: &self.envelope,
            record,
            of_rule: &of_rule(self.envelope.source, &rule.routes, &rule.name),
            redactions: 0,
            // What is locked down follows no policy.
            policy: if self.locked.is_some() { *b"00000000" } else { self.policy.hash() },
            fault: Some(fault),
            hidden,
            dropped: &[],
            limited: None,
        };
        self.output.clear();
        stamp.placeholder(context, &mut self.output);
        self.report.count_placeholder(fault.code(), self.output.len());
        self.finish()
    }
}

/// Appends a record up to `end`, the event in it as the string that it was; unless that is in what has been written anew as a whole.
#[cold]
#[inline(never)]
fn render_unpacked(work: &mut Work, record: &Padded<'_>, event: (usize, usize), end: usize, out: &mut Vec<u8>) {
    let (from, to) = event;
    if work.edits.enclose(from, to) {
        return work.edits.render(record, 0, end, out);
    }
    let mut json = Vec::new();
    work.edits.render(record, from, to, &mut json);
    work.edits.render(record, 0, from, out);
    out.push(b'"');
    encode(json.trim_ascii_end(), out);
    out.push(b'"');
    work.edits.render(record, to, end, out);
}
