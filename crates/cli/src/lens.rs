//! One event through the native engine, with what `check`, `explain`, `test` and `stats` want to know besides the answer.

use auditgate::decide::Attributes;
use auditgate::policy::{Level, Policy};
use auditgate::scan::{PADDING, Padded};
use auditgate::{Context, Engine, Outcome};

/// The time of events that have none. It stands in placeholders, and limits count by it.
const SECONDS: u32 = 1_700_000_000;

pub(crate) struct Lens {
    engine: Engine,
    buffer: Vec<u8>,
}

/// What was seen of an event.
pub(crate) struct Seen<T> {
    /// What left of it; nothing if it was dropped.
    pub(crate) left: Option<Vec<u8>>,
    /// What the caller made of what the rules saw.
    pub(crate) noted: T,
}

impl Lens {
    pub(crate) fn new(policy: Policy) -> Self {
        let mut engine = Engine::with_policy(policy);
        engine.ask_for_all_fields();
        Self { engine, buffer: Vec::new() }
    }

    pub(crate) fn policy(&self) -> &Policy {
        self.engine.policy()
    }

    /// Runs a record. `note` gets what the rules saw, and the level that the event came with.
    pub(crate) fn look<T>(
        &mut self,
        tag: &str,
        record: &[u8],
        note: impl FnOnce(&Policy, &Attributes<'_>, Option<Level>) -> T,
    ) -> Option<Seen<T>> {
        let seconds = event_seconds(record).unwrap_or(SECONDS);
        let context = Context { tag: tag.as_bytes(), seconds, nanoseconds: 0 };
        self.buffer.clear();
        self.buffer.extend_from_slice(record);
        self.buffer.extend_from_slice(&[0; PADDING]);
        let mut padded = Padded::new(&mut self.buffer)?;
        let left = match self.engine.process(context, &mut padded) {
            Outcome::Record(answer) => Some(answer.to_vec()),
            Outcome::Dropped { .. } => None,
        };
        let level = self.engine.event_level(&padded);
        let noted =
            self.engine.attributes(context, &padded, |attributes| note(self.engine.policy(), attributes, level));
        Some(Seen { left, noted })
    }
}

/// An event's own time in seconds since 1970, as a parser of Fluent Bit would take it. The calendar is that of
/// <https://howardhinnant.github.io/date_algorithms.html#days_from_civil>.
fn event_seconds(record: &[u8]) -> Option<u32> {
    const KEY: &[u8] = b"requestReceivedTimestamp";
    let behind = record.windows(KEY.len()).rposition(|window| window == KEY)? + KEY.len();
    let text = record.get(behind..)?;
    let start = text.iter().take(8).position(u8::is_ascii_digit)?;
    let text = std::str::from_utf8(text.get(start..start + 19)?).ok()?;
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u32>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (year, month) = if month > 2 { (year, month - 3) } else { (year.checked_sub(1)?, month + 9) };
    let days = (year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day).checked_sub(719_469)?;
    days.checked_mul(86_400)?.checked_add(number(11..13)? * 3600 + number(14..16)? * 60 + number(17..19)?)
}

#[cfg(test)]
mod tests {
    use super::event_seconds;

    #[test]
    fn events_bring_their_own_time() {
        let at = |text: &str| event_seconds(text.as_bytes());
        assert_eq!(at(r#"{"requestReceivedTimestamp":"2018-10-25T13:58:49.730588Z"}"#), Some(1_540_475_929));
        assert_eq!(at(r#"{"log":"{\"requestReceivedTimestamp\":\"2026-03-01T00:00:00Z\"}"}"#), Some(1_772_323_200));
        assert_eq!(at(r#"{"requestReceivedTimestamp":"yesterday, somewhere"}"#), None);
        assert_eq!(at(r#"{"requestReceivedTimestamp":"0000-01-01T00:00:00Z"}"#), None);
        assert_eq!(at("{}"), None);
    }
}
