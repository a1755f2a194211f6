//! What the policy's rules say of a record that has been read: what they look at, where it goes, and down to which level it is lowered.

use crate::decide::{Admission, Attributes, Limiter, Untold, Verdict};
use crate::engine::Context;
use crate::envelope::{Envelope, Field, Source, text_of};
use crate::policy::{Level, Policy, Rule};
use crate::scan::{Padded, Work, decode};
use crate::stamp::of_rule;

/// What the rules look at.
pub(crate) struct Judged<'a> {
    pub(crate) envelope: &'a Envelope,
    pub(crate) record: &'a Padded<'a>,
    pub(crate) context: Context<'a>,
}

/// What the rules say of a record that leaves.
pub(crate) struct Ruling<'p> {
    /// The rule's number; none for the default.
    index: Option<usize>,
    rule: &'p str,
    routes: &'p str,
    /// How many records each rule has dropped since this was told last.
    pub(crate) dropped: Vec<(&'p str, u64)>,
    /// The limit that only lets the record's envelope leave.
    pub(crate) limited: Option<u32>,
}

impl<'p> Ruling<'p> {
    /// What the default rule says, where there are no others.
    pub(crate) fn of(rule: &'p Rule) -> Self {
        Self { index: None, rule: &rule.name, routes: &rule.routes, dropped: Vec::new(), limited: None }
    }
}

/// What the stamps say of a rule, written once for each rule and each source of records.
pub(crate) fn remembered<'m>(of_rules: &'m mut Vec<Vec<u8>>, source: Source, ruling: &Ruling<'_>) -> &'m [u8] {
    let place = ruling.index.map_or(0, |index| index + 1) * Source::COUNT + source as usize;
    if of_rules.len() <= place {
        of_rules.resize(place + 1, Vec::new());
    }
    let Some(text) = of_rules.get_mut(place) else { return &[] };
    if text.is_empty() {
        *text = of_rule(source, ruling.routes, ruling.rule);
    }
    text
}

/// Asks the rules and lowers the record to its level, or answers the index of the rule that drops it. A module with a policy inside that asks for
/// nothing of this lacks the function (crates/pack).
#[inline(never)]
pub(crate) fn apply_rules<'p>(
    policy: &'p Policy,
    judged: &Judged<'_>,
    limiter: &mut Limiter,
    untold: &mut Untold,
    work: &mut Work,
) -> Result<Ruling<'p>, Option<usize>> {
    let Judged { envelope, record, context } = *judged;
    let decision = with_attributes(envelope, context, record, |attributes| policy.decide(attributes));
    let stays = decision.verdict == Verdict::Keep;
    let admission = match decision.limit {
        Some(limit) if stays => limiter.admit(limit, context.seconds),
        _ => Admission::Within,
    };
    if !stays || admission == Admission::Over {
        untold.add(decision.rule_index, context.seconds);
        return Err(decision.rule_index);
    }
    let told = untold.take(context.seconds, decision.limit.is_some());
    let dropped = told.iter().map(|&(rule, count)| (policy.rule_name(rule.checked_sub(1)), count)).collect();
    if decision.level < Level::RequestResponse {
        lower(decision.level, envelope, record, work);
    }
    let limited = decision.limit.filter(|_| admission == Admission::First).map(|(per_second, _)| per_second);
    Ok(Ruling { index: decision.rule_index, rule: decision.rule, routes: decision.routes, dropped, limited })
}

/// What the rules look at, for as long as `then` runs.
pub(crate) fn with_attributes<T>(
    envelope: &Envelope,
    context: Context<'_>,
    record: &Padded<'_>,
    then: impl FnOnce(&Attributes<'_>) -> T,
) -> T {
    let source = envelope.source.name();
    let view = record.view();
    let owned = |text| {
        let mut out = Vec::new();
        decode(view, text, &mut out);
        out
    };
    let field = |field| envelope.field(field).map(owned);
    let single = [
        Field::Username,
        Field::Verb,
        Field::Stage,
        Field::Resource,
        Field::Subresource,
        Field::ApiGroup,
        Field::Namespace,
        Field::Name,
        Field::RequestUri,
        Field::UserAgent,
        Field::Message,
        Field::AuditId,
    ]
    .map(field);
    let [
        user,
        verb,
        stage,
        resource,
        subresource,
        api_group,
        namespace,
        name,
        request_uri,
        user_agent,
        message,
        audit_id,
    ] = &single;
    let groups: Vec<Vec<u8>> = envelope.groups().iter().copied().map(owned).collect();
    let source_ips: Vec<Vec<u8>> = envelope.source_ips().iter().copied().map(owned).collect();
    let annotations: Vec<(Vec<u8>, Vec<u8>)> =
        envelope.annotations().iter().map(|&(key, value)| (owned(key), owned(value))).collect();
    let groups: Vec<&[u8]> = groups.iter().map(Vec::as_slice).collect();
    let source_ips: Vec<&[u8]> = source_ips.iter().map(Vec::as_slice).collect();
    let annotations: Vec<(&[u8], &[u8])> =
        annotations.iter().map(|(key, value)| (key.as_slice(), value.as_slice())).collect();
    let has_object = resource.is_some() || envelope.has_object();
    then(&Attributes {
        source,
        tag: context.tag,
        user: user.as_deref(),
        groups: &groups,
        verb: verb.as_deref(),
        stage: stage.as_deref(),
        resource: resource.as_deref().or(has_object.then_some(&[])),
        subresource: subresource.as_deref(),
        api_group: api_group.as_deref(),
        namespace: namespace.as_deref(),
        name: name.as_deref(),
        request_uri: request_uri.as_deref(),
        response_code: envelope
            .field(Field::Code)
            .and_then(|code| core::str::from_utf8(text_of(view, code, &mut Vec::new())).ok()?.parse().ok()),
        user_agent: user_agent.as_deref(),
        message: message.as_deref(),
        source_ips: &source_ips,
        annotations: &annotations,
        audit_id: audit_id.as_deref(),
    })
}

/// Lowers an event to a level: the bodies that are above it go, and the event says so. Never raises one.
fn lower(level: Level, envelope: &Envelope, record: &Padded<'_>, work: &mut Work) {
    match envelope.field(Field::Level) {
        Some(text) => {
            let own = Level::from_name(record.span(text.start, text.end)).unwrap_or(Level::RequestResponse);
            if own <= level {
                return;
            }
            work.edits.replace(text.start, text.end, level.as_str().as_bytes());
        }
        // Google Cloud's entries have bodies and do not say at which level.
        None if envelope.source == Source::Kubernetes => {}
        None => return,
    }
    for &(is_response, member, after) in envelope.bodies() {
        if is_response || level < Level::Request {
            work.edits.leave_out(member, after);
        }
    }
}
