//! JSON in a string as part of a shape: `last-applied-configuration` repeats the object that it stands in.
//!
//! The pass reads such a text decoded, and has changed nothing in it. Values in it that are known to be harmless may be other ones, as they
//! stand in the string: with a backslash in front of each quote.

use super::buffer::{PADDING, Padded, View};
use super::containers::class_of_start;
use super::keys::Member;
use super::paths::effect;
use super::shapes::LONGEST_BYTES;
use super::steps::{Do, Step};
use super::string::{self, Text};
use super::survey::Survey;
use super::walk::{MAX_LEVEL, Walk};
use crate::envelope::Envelope;
use crate::redact::class::Class;
use crate::redact::start;

impl Walk<'_, '_> {
    /// Surveys the JSON in a string of the member; `None` if it stays as it stands.
    pub(super) fn survey_inner(&mut self, survey: &mut Survey<'_>, member: Member, text: Text) -> Option<()> {
        let is_json = text.escapes && matches!(self.text.byte(text.start), b'{' | b'[');
        if !is_json
            || survey.was_escaped(text.end)
            || member.effects() & !effect::STRICT != 0
            || member.name() != 0
            || self.level >= self.tables.max_level.min(MAX_LEVEL)
            || LONGEST_BYTES > self.tables.max_decoded_bytes
            || self.work.edits.touch(text.start, text.end)
        {
            return None;
        }
        let mut json = Vec::new();
        string::decode(self.text.view(), text, &mut json);
        let length = json.len();
        json.resize(length + PADDING, 0);
        let class = self.class().or((member.effects() == 0).then_some(Class::Other));
        let first = start::object(class);
        let state = self.tables.paths.enter(first, member.state());
        if self.tables.paths.effects(state).flags & (effect::COMMAND | effect::INDEXED) != 0 {
            return None;
        }
        let mut padded = Padded::new(&mut json)?;
        let mut work = self.tables.spare.pop().unwrap_or_default();
        let mut envelope = Envelope::inside(Some(class_of_start(first)));
        let mut redactions = 0;
        let mut inner = Survey::inside();
        let mut walk =
            Walk::new(&mut padded, self.tables, &mut work, &mut envelope, &mut redactions, self.level + 1, 0);
        let after = walk.survey_value(&mut inner, Member::new(state, 0, 0, 0), (0, 0), false);
        let is_whole = after.is_some_and(|after| walk.blanks(after) == length);
        self.tables.spare.push(work);
        if !is_whole || inner.drawn.iter().any(|step| step.what != Do::Value) {
            return None;
        }
        let steps = in_string(self.text.view(), text, &inner.drawn)?;
        survey.drawn.extend(steps);
        Some(())
    }
}

/// The steps of a decoded text where they stand in the string; `None` if that is written so that it cannot be told simply.
fn in_string(view: View<'_>, string: Text, steps: &[Step]) -> Option<Vec<Step>> {
    let mut decoded = 0;
    let mut at = string.start;
    let mut found = Vec::new();
    let mut go_to = |position: u16| {
        while decoded < position {
            at += match (view.byte(at), view.byte(at + 1)) {
                (b'\\', b'u') | (0x80.., _) => return None,
                (b'\\', _) => 2,
                _ => 1,
            };
            decoded += 1;
        }
        (at < string.end).then_some(at as u16)
    };
    for step in steps {
        let (start, end) = (go_to(step.start)?, go_to(step.end)?);
        if end - start != step.end - step.start {
            return None;
        }
        found.push(Step { start, end, escaped: true, ..*step });
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
    use super::*;

    /// Where the value `x` of a decoded text is found in the string that it is the text of.
    fn place(string: &str) -> Option<usize> {
        let mut bytes = string.as_bytes().to_vec();
        let end = bytes.len();
        bytes.resize(end + PADDING, 0);
        let view = View::new(&bytes).unwrap();
        let text = Text { start: 0, end, escapes: true, escaped_form: false };
        let mut decoded = Vec::new();
        string::decode(view, text, &mut decoded);
        let at = decoded.iter().position(|&byte| byte == b'x').unwrap() as u16;
        let found = in_string(view, text, &[Step { start: at, end: at + 1, ..Step::default() }])?;
        assert!(found[0].escaped && found[0].end == found[0].start + 1);
        Some(found[0].start.into())
    }

    #[test]
    fn values_are_found_where_they_stand_in_the_string() {
        for string in [r#"{\"a\":\"x\"}"#, r#"{\"\\\\\":\"\n\t\/x\"}"#, r#"[x]"#] {
            assert_eq!(place(string), string.find('x'), "{string}");
        }
        for string in
            [r#"{\"\u00e9\":\"x\"}"#, "{\\\"\u{e9}\\\":\\\"x\\\"}", r#"{\"a\":\"\u0078\"}"#, r#"{\"\ud83d\ude00\":x}"#]
        {
            assert_eq!(place(string), None, "{string}");
        }
    }
}
