//! Plants secrets in audit events and judges what leaves: the leak benchmark of auditgate.
//!
//! The planter and the judge know the formats of audit events and of secrets; of the redactor they know nothing.
//! `kinds` and `places` say what is planted where, `plant` in which encoding, `case` puts the combinations together,
//! `judge` looks for what is left, `checks`, `keep` and `benign` for what was damaged, `report` adds up.

pub mod benign;
pub mod case;
pub mod checks;
mod codec;
pub mod fluent_bit;
mod held_out;
pub mod json;
pub mod judge;
pub mod keep;
pub mod kinds;
pub mod places;
pub mod plant;
pub mod report;
pub mod rng;
pub mod run;
pub mod target;
