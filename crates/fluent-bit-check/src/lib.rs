//! Reads configurations of Fluent Bit, classic and YAML, and finds the traps in them: what would let audit events pass the module
//! by, or lose them.
//!
//! No I/O of its own: what a configuration includes is asked of the caller.
//!
//! ```
//! let text = "[INPUT]\n    Name tail\n    Path /var/log/audit.log\n[OUTPUT]\n    Name stdout\n    Match *\n";
//! let report = auditgate_fluent_bit_check::check("audit.conf", text, None, &mut |_| Vec::new());
//! assert!(report.findings.iter().any(|finding| finding.code == "F002"));
//! ```
//!
//! - [`check`]: reads and judges.
//! - [`Report`]: findings with code, place, reason and help; as text and as JSON.
//! - [`CODES`]: every code, for the documentation.

mod classic;
mod configuration;
mod report;
mod traps;
mod yaml;

pub use report::{CODES, Finding, Report, Severity, document};

use configuration::Configuration;

/// A file that a configuration includes: its name and text.
pub type Included = (String, String);

/// Judges the configuration `text` of the file `name`. `version` is that of the Fluent Bit that will run it, if it is known.
/// `include` gives the files that a pattern, taken from the place of the configuration, stands for.
pub fn check(
    name: &str,
    text: &str,
    version: Option<(u32, u32, u32)>,
    include: &mut dyn FnMut(&str) -> Vec<Included>,
) -> Report {
    let mut configuration = Configuration::default();
    let is_yaml = [".yaml", ".yml"].iter().any(|extension| name.ends_with(extension));
    let read = if is_yaml { yaml::read } else { classic::read };
    let mut findings = match read(name, text, include, &mut configuration) {
        Ok(()) if configuration.is_empty() => vec![Finding::new(
            "F001",
            configuration::Place { file: name.to_owned(), line: 1, column: 1 },
            "expected a configuration of Fluent Bit, found no input, no filter and no output".to_owned(),
        )],
        Ok(()) => traps::find(&configuration, version),
        Err(finding) => vec![finding],
    };
    findings.sort_by(|a, b| (a.severity, &a.place).cmp(&(b.severity, &b.place)));
    Report { findings }
}
