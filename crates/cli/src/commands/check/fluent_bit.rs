//! `auditgate check --fluent-bit`: traps in a configuration of Fluent Bit, with all that it includes.

use super::super::{Format, print};
use crate::exit::{Failure, complain};
use crate::style::{Style, counted};
use auditgate_fluent_bit_check::{Included, Severity, check};
use serde_json::json;
use std::io;
use std::path::{Path, PathBuf};

pub(super) fn run(path: &Path, version: Option<Version>, format: Format, deny_warnings: bool) -> Result<(), Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::file("cannot read", path, &error))?;
    let beside = path.parent().unwrap_or(Path::new(""));
    let version = version.map(|Version(major, minor, patch)| (major, minor, patch));
    let report = check(&path.display().to_string(), &text, version, &mut |pattern| included(beside, pattern));
    complain(format_args!("{}", report.render()));
    let sound = !report.has_errors();
    match format {
        Format::Json => print(&format!("{}\n", json!({"sound": sound, "findings": report.to_json()})))?,
        Format::Human => {
            let style = Style::of(&io::stdout());
            let count = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count() as u64;
            let verdict = if sound { style.green("sound") } else { style.red("not sound") };
            let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
            print(&format!("{verdict}: {}, {}\n", counted(errors, "error"), counted(warnings, "warning")))?;
        }
    }
    match (sound, report.findings.is_empty()) {
        (false, _) => Err(Failure::Failed(format!("`{}` is not sound", path.display()))),
        (true, false) if deny_warnings => Err(Failure::Expectation),
        (true, _) => Ok(()),
    }
}

/// The files that a pattern stands for: a name, or a name with `*` in its last part.
fn included(beside: &Path, pattern: &str) -> Vec<Included> {
    let path = beside.join(pattern);
    let read = |path: PathBuf| std::fs::read_to_string(&path).ok().map(|text| (path.display().to_string(), text));
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some((start, end)) = name.split_once('*') else { return read(path).into_iter().collect() };
    let folder = path.parent().unwrap_or(beside);
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    found.retain(|path| {
        path.file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| name.starts_with(start) && name.ends_with(end))
    });
    found.sort();
    found.into_iter().filter_map(read).collect()
}

/// `4.1.1`
#[derive(Clone, Copy)]
pub(crate) struct Version(u32, u32, u32);

impl std::str::FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Vec<u32> = text.split('.').map_while(|number| number.parse().ok()).collect();
        match numbers.as_slice() {
            [major, minor, patch] => Ok(Self(*major, *minor, *patch)),
            _ => Err("expected a version such as 5.1.1".to_owned()),
        }
    }
}
