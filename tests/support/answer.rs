//! The engine as the tests of what leaves call it.

use auditgate::scan::{PADDING, Padded};
use auditgate::{Context, Engine, Outcome};

/// The engine's answer to a record of the year 2023, or the rule that dropped it.
pub fn answer(engine: &mut Engine, tag: &str, record: &[u8]) -> Result<Vec<u8>, String> {
    let context = Context { tag: tag.as_bytes(), seconds: 1_700_000_000, nanoseconds: 5 };
    let mut bytes = record.to_vec();
    bytes.resize(record.len() + PADDING, 0);
    match engine.process(context, &mut Padded::new(&mut bytes).ok_or("no padding")?) {
        Outcome::Record(out) => Ok(out.to_vec()),
        Outcome::Dropped { rule } => Err(rule.to_owned()),
    }
}
