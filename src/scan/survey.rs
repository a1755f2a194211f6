//! Draws the shape of a record that has been read, for `shapes`.
//!
//! What may differ in a record of that shape is a list of what is known to be harmless: strings, numbers and literals at places that no rule
//! asks anything of but to look out for tokens, and strings that can be read on their own. Everything else is part of the shape as it stands.

use super::buffer::View;
use super::changes;
use super::keys::Member;
use super::paths::{State, effect};
use super::shapes::End;
use super::skip::skip_container;
use super::steps::{Do, NO_MEMBER, Step};
use super::string;
use super::templates::slot;
use super::walk::Walk;
use crate::bytes;
use crate::redact::class::Class;
use crate::redact::names::name;
use crate::redact::start;

/// Containers in each other at most.
const DEEPEST: usize = 20;

/// Steps at most.
const MOST_STEPS: usize = 1024;

/// Effects of which a record has no shape, because they ask for more than the record says.
const SHAPELESS: u32 = effect::POLICY | effect::INDEXED | effect::LINE | effect::EVENT | effect::ANNOTATION;

/// Effects beside that of a mask with which a string is masked whatever it says.
const MASKED_ANYWAY: u32 = effect::MASK | effect::EXEMPT | effect::STRICT;

/// Effects below which everything is as it stands.
const AS_IT_STANDS: u32 = effect::COMMAND | effect::MESSAGE | effect::TRUNCATE | effect::PATCH | effect::POINTER;

/// Effects of which none has to do with what stands around the string, so that the string can be read on its own.
const READABLE: u32 = effect::EXEMPT
    | effect::STRICT
    | effect::CAPTURE
    | effect::KEEP
    | effect::URI
    | effect::MESSAGE
    | effect::TRUNCATE
    | effect::COMMAND
    | effect::PAIRS
    | effect::MASK;

/// A shape that is being drawn.
#[derive(Default)]
pub(super) struct Survey<'a> {
    /// The record as it came.
    came: &'a [u8],
    pub(super) drawn: Vec<Step>,
    in_body: bool,
    depth: usize,
    /// The text of a string inside the record, in which nothing can be read on its own.
    pub(super) is_inside: bool,
}

impl Survey<'_> {
    /// That of a text inside a string, which has no bodies and stands in the plain form.
    pub(super) fn inside() -> Self {
        Self { in_body: true, is_inside: true, ..Self::default() }
    }

    pub(super) fn step(&mut self, start: usize, end: usize, step: Step) {
        // Records that have a shape are short.
        self.drawn.push(Step { start: start as u16, end: end as u16, ..step });
    }

    /// Whether the quote at `at` was one of the escaped form.
    pub(super) fn was_escaped(&self, at: usize) -> bool {
        self.came.get(at) == Some(&b'\\')
    }
}

impl Walk<'_, '_> {
    /// Adds the shape of the record, which was `came`, to the tree; whether it has one.
    #[cold]
    #[inline(never)]
    pub(super) fn survey(&mut self, came: &[u8]) -> bool {
        self.try_to_survey(came).is_some()
    }

    fn try_to_survey(&mut self, came: &[u8]) -> Option<()> {
        let class = self.class();
        if self.envelope.unpacked.is_some() || self.envelope.ambiguous || class == Some(Class::OauthToken) {
            return None;
        }
        let mut survey = Survey { came, ..Survey::default() };
        let record = Member::new(start::RECORD, 0, 0, 0);
        let first = self.blanks(0);
        let after = self.survey_value(&mut survey, record, (first, first), false)?;
        let length = self.text.len();
        if self.blanks(after) != length || after != self.envelope.end || !self.is_unwrapped(&survey) {
            return None;
        }
        changes::take_in(&mut survey.drawn, &mut self.work.edits, &mut self.tables.shapes)?;
        for step in survey.drawn.iter_mut().filter(|step| step.what == Do::Read) {
            self.try_reading(step, came)?;
        }
        survey.step(length, length, Step { what: Do::End, ..Step::default() });
        let redactions = self.redactions.checked_sub(self.redactions_of(&survey.drawn))?;
        let end = End { source: self.envelope.source, class, behind: length - after, redactions };
        self.tables.shapes.add(&mut survey.drawn, end, came, self.text.text());
        Some(())
    }

    /// How many of the redactions the steps count themselves.
    fn redactions_of(&self, drawn: &[Step]) -> u32 {
        let of_step = |step: &Step| match step.what {
            Do::Mask => 1,
            Do::Read => self.tables.shapes.respelling(step).redactions,
            _ => 0,
        };
        drawn.iter().map(of_step).sum()
    }

    /// Whether the pass has changed no more of the record than the quotes and blanks of a raw line, each in its place, and no value.
    fn is_unwrapped(&self, survey: &Survey<'_>) -> bool {
        let (came, made) = (survey.came, self.text.text());
        if bytes::same(came, made) {
            return true;
        }
        let in_place = came.iter().zip(made).all(|(came, made)| came == made || matches!(made, b' ' | b'"'));
        let value = |step: &Step| usize::from(step.start)..usize::from(step.end);
        let stays = |step: &Step| step.what == Do::BodyBegins || came.get(value(step)) == made.get(value(step));
        in_place && survey.drawn.iter().all(stays)
    }

    /// Surveys the value at `span.1` of the member at `span.0`; the position behind it.
    pub(super) fn survey_value(
        &mut self,
        survey: &mut Survey<'_>,
        member: Member,
        span: (usize, usize),
        fixed: bool,
    ) -> Option<usize> {
        let (effects, named) = (member.effects(), member.name());
        if effects & SHAPELESS != 0 || survey.drawn.len() > MOST_STEPS {
            return None;
        }
        let fixed = fixed || named & name::PAIR_VALUE != 0;
        let readable = !fixed && !survey.is_inside && effects & !READABLE == 0 && named & name::KIND == 0;
        let fixed = fixed || effects & AS_IT_STANDS != 0;
        let masked = effects & effect::MASK != 0 || named & name::SECRET != 0;
        let stands = fixed || masked || effects & effect::REMOVE != 0;
        match self.text.byte(span.1) {
            b'"' if masked && !fixed && effects & !MASKED_ANYWAY == 0 => self.survey_masked(survey, member, span.1),
            b'"' => {
                let number = if readable { self.tables.shapes.number_of(member) } else { NO_MEMBER };
                self.survey_string(survey, member, span.1, stands, number)
            }
            b'{' | b'[' if effects & effect::REMOVE != 0 => {
                Self::survey_left_out(survey, self.text.view(), span, fixed)
            }
            b'{' | b'[' => self.survey_container(survey, member, span, fixed || named & name::SECRET != 0),
            _ => {
                let end = self.plain_scalar(span.1)?;
                let kind = if stands { slot::FIXED } else { slot::SCALAR };
                self.survey_scalar(survey, member, (span.1, end), kind, NO_MEMBER)?;
                Some(end)
            }
        }
    }

    /// A container that is left out whatever is in it.
    fn survey_left_out(survey: &mut Survey<'_>, view: View<'_>, span: (usize, usize), fixed: bool) -> Option<usize> {
        let (quote, bracket) = span;
        let escaped = quote > 0 && survey.was_escaped(quote - 1);
        let end = skip_container(view, bracket, escaped)?;
        let field = u8::try_from(bracket - quote).ok()?;
        if !fixed && field > 0 {
            survey.step(bracket, end, Step { what: Do::LeaveOut, field, escaped, ..Step::default() });
        }
        Some(end)
    }

    fn survey_container(
        &mut self,
        survey: &mut Survey<'_>,
        member: Member,
        span: (usize, usize),
        fixed: bool,
    ) -> Option<usize> {
        let effects = member.effects();
        let is_body = effects & (effect::BODY | effect::LOWERED) != 0;
        if survey.depth >= DEEPEST || is_body && survey.in_body {
            return None;
        }
        let mut state = member.state();
        if effects & (effect::BODY | effect::OBJECT) != 0 {
            // Only what the record had said by then counts.
            let class = self.class_at(span.1)?;
            state = self.tables.paths.enter(start::object(Some(class)), state);
        }
        if is_body {
            survey.in_body = true;
            let key = span.0 - usize::from(span.0 > 0 && survey.was_escaped(span.0 - 1));
            survey.step(key, span.1, Step { what: Do::BodyBegins, ..Step::default() });
        }
        survey.depth += 1;
        let end = if self.text.byte(span.1) == b'{' {
            self.survey_object(survey, state, span.1, fixed)?
        } else {
            self.survey_array(survey, state, member.name(), span.1, fixed)?
        };
        survey.depth -= 1;
        if is_body {
            survey.in_body = false;
            let is_response = u8::from(effects & effect::RESPONSE != 0);
            survey.step(end, end, Step { what: Do::BodyEnds, field: is_response, ..Step::default() });
        }
        Some(end)
    }

    fn survey_array(
        &mut self,
        survey: &mut Survey<'_>,
        state: State,
        named: u8,
        bracket: usize,
        fixed: bool,
    ) -> Option<usize> {
        let item = self.tables.item_of(state, named & name::SECRET);
        let mut at = self.blanks(bracket + 1);
        if self.text.byte(at) == b']' {
            return Some(at + 1);
        }
        loop {
            at = self.survey_value(survey, item, (at, at), fixed)?;
            match self.survey_end(&mut at, b']')? {
                true => return Some(at),
                false => at = self.blanks(at),
            }
        }
    }

    fn survey_object(&mut self, survey: &mut Survey<'_>, state: State, bracket: usize, fixed: bool) -> Option<usize> {
        let first = survey.drawn.len();
        let mut is_pair = false;
        let mut at = self.blanks(bracket + 1);
        if self.text.byte(at) == b'}' {
            return Some(at + 1);
        }
        loop {
            let quote = at;
            if self.text.byte(quote) != b'"' {
                return None;
            }
            let view = self.text.view();
            let key = string::read_again(view, quote + 1, false);
            if key.escapes || view.find_special(key.start) != key.end {
                return None;
            }
            let super::tables::Tables { keys, paths, hints, .. } = &mut *self.tables;
            let member = keys.look_up_name(paths, hints, view, key.start, key.end, state);
            is_pair |= member.name() & name::PAIR_VALUE != 0;
            let colon = self.blanks(key.end + 1);
            if self.text.byte(colon) != b':' {
                return None;
            }
            let value = self.blanks(colon + 1);
            at = self.survey_value(survey, member, (quote, value), fixed)?;
            if self.survey_end(&mut at, b'}')? {
                break;
            }
            at = self.blanks(at);
        }
        if is_pair {
            // Of a pair the name says what the value is: neither may differ.
            let steps = survey.drawn.split_off(first);
            if steps.iter().any(|step| step.what == Do::Field) {
                return None;
            }
            survey.drawn.extend(steps.into_iter().filter(|step| step.what != Do::Value));
        }
        Some(at)
    }

    /// Goes behind what follows a value: a comma, or the bracket that closes. Whether it was that.
    fn survey_end(&self, at: &mut usize, bracket: u8) -> Option<bool> {
        let end = self.blanks(*at);
        *at = end + 1;
        match self.text.byte(end) {
            b',' => Some(false),
            byte if byte == bracket => Some(true),
            _ => None,
        }
    }

    /// Skips white space of a text that has been read.
    pub(super) fn blanks(&self, mut at: usize) -> usize {
        while matches!(self.text.byte(at), b' ' | b'\t' | b'\n' | b'\r') {
            at += 1;
        }
        at
    }
}
