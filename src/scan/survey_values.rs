//! Draws strings, numbers and literals of a shape, for `survey`.

use super::keys::Member;
use super::paths::effect;
use super::steps::{Do, NO_MEMBER, Step, number_of_class};
use super::string;
use super::survey::Survey;
use super::templates::{begins_like_secret, slot};
use super::walk::Walk;
use crate::envelope::DECIDING;
use crate::redact::class::Class;
use crate::redact::names::name;
use crate::redact::{MASK_BYTE, catalogue};

/// Effects with which a string that is read on its own is read unless it is the very same.
const READ_ANYWAY: u32 = effect::MESSAGE | effect::TRUNCATE | effect::COMMAND | effect::PAIRS | effect::MASK;

impl Walk<'_, '_> {
    /// Notes a value that is no container.
    pub(super) fn survey_scalar(
        &mut self,
        survey: &mut Survey<'_>,
        member: Member,
        span: (usize, usize),
        kind: u8,
        number: u16,
    ) -> Option<()> {
        let (start, end) = span;
        let captured = member.effects() & effect::CAPTURE != 0;
        let field = captured.then(|| self.tables.paths.effects(member.state()).field);
        let field = field.filter(|field| self.tables.asked_fields & (1 << field) != 0);
        let (captured, field) = (field.is_some(), field.unwrap_or_default());
        let escaped = survey.was_escaped(end);
        let is_read = number != NO_MEMBER;
        if kind & slot::FIXED == 0 || is_read {
            // What is captured as it was met has no escapes.
            let what = match captured {
                true if is_read && self.text.view().find_special(start) != end => Do::Read,
                true => Do::Field,
                false => Do::Value,
            };
            survey.step(start, end, Step { what, kind, field, escaped, member: number, ..Step::default() });
        } else if captured {
            if self.text.span(start, end).contains(&b'\\') {
                return None;
            }
            survey.step(
                start,
                end,
                Step { what: Do::Capture, kind: kind & slot::SCALAR, field, escaped, ..Step::default() },
            );
        }
        if captured && DECIDING.contains(&field) {
            let kind = number_of_class(self.class_at(end));
            survey.step(end, end, Step { what: Do::Decided, kind, ..Step::default() });
        }
        Some(())
    }

    /// What the event's bodies are by what it says in front of `position`.
    pub(super) fn class_at(&self, position: usize) -> Option<Class> {
        let class = self.envelope.class_at(self.text.view(), position);
        if self.tables.hints.off.all { Some(Class::Other) } else { class }
    }

    pub(super) fn survey_string(
        &mut self,
        survey: &mut Survey<'_>,
        member: Member,
        quote: usize,
        fixed: bool,
        number: u16,
    ) -> Option<usize> {
        let (effects, named) = (member.effects(), member.name());
        if effects & effect::BODY != 0 {
            return None;
        }
        let is_secret = self.class() == Some(Class::Secret);
        let view = self.text.view();
        let string = string::read_again(view, quote + 1, false);
        let (start, end) = (string.start, string.end);
        let first = view.word(start);
        let is_kind = named & name::KIND != 0;
        // A kind with escapes may be that of a Secret.
        if is_kind && !is_secret && (string.escapes || view.span(start, end).starts_with(b"Secret")) {
            return None;
        }
        let kept = effects & (effect::KEEP | effect::EXEMPT) != 0;
        let is_uri = effects & effect::URI != 0;
        let is_read = number != NO_MEMBER;
        let asks_more = effects & READ_ANYWAY != 0 || named & name::SECRET != 0;
        let stands = fixed || view.find_special(start) != end || is_kind && begins_like_secret(first);
        let mut kind = if is_read && asks_more || !is_read && stands {
            slot::FIXED
        } else if kept {
            0
        } else if is_uri {
            slot::URI
        } else if is_read || self.is_harmless(view, first, start, end) {
            slot::CHECKED
        } else {
            slot::FIXED
        };
        if !fixed && self.survey_inner(survey, member, string).is_some() {
            return Some(end + 1);
        }
        if is_kind {
            kind |= slot::KIND;
        }
        if self.tables.paths.searches() {
            kind |= slot::SEARCHED;
        }
        self.survey_scalar(survey, member, (start, end), kind, number)?;
        Some(end + 1)
    }

    /// A string that is masked whatever it says.
    pub(super) fn survey_masked(&mut self, survey: &mut Survey<'_>, member: Member, quote: usize) -> Option<usize> {
        let view = self.text.view();
        let string = string::read_again(view, quote + 1, false);
        let (start, end) = (string.start, string.end);
        // What has escapes, or is no more than a mask, is read.
        let is_plain = view.find_special(start) == end && end > start && view.byte(start) != MASK_BYTE;
        let what = if is_plain { Do::Mask } else { Do::Read };
        let is_place = member.effects() & effect::MASK != 0;
        let entry = if is_place { self.tables.paths.effects(member.state()).entry } else { catalogue::BY_NAME };
        let [kind, field] = entry.to_le_bytes();
        let number = if survey.is_inside { NO_MEMBER } else { self.tables.shapes.number_of(member) };
        let escaped = survey.was_escaped(end);
        survey.step(start, end, Step { what, kind, field, escaped, member: number, ..Step::default() });
        Some(end + 1)
    }
}
