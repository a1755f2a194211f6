//! Cases of a policy test: YAML (or JSON) beside the policy.

use crate::detections;
use crate::exit::Failure;
use crate::input::Input;
use crate::place::Place;
use serde::Deserialize;
use serde_json::Value;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    cases: Vec<CaseText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseText {
    name: String,
    /// The event itself,
    event: Option<Value>,
    /// or a file of events beside this one, all of which have to fulfil the case,
    fixture: Option<PathBuf>,
    /// or one of the events that known detections fire on.
    detection: Option<String>,
    /// Of a fixture, this line alone.
    line: Option<usize>,
    tag: Option<String>,
    expect: ExpectText,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct ExpectText {
    rule: Option<String>,
    dropped: Option<bool>,
    to: Option<Vec<String>>,
    level: Option<String>,
    #[serde(default)]
    redacted: Vec<String>,
    #[serde(default)]
    kept: Vec<String>,
    error: Option<String>,
}

/// One case.
pub(super) struct Case {
    pub(super) name: String,
    /// Events, as bytes of one record each.
    pub(super) events: Vec<Vec<u8>>,
    pub(super) tag: String,
    pub(super) expect: Expect,
}

/// What a case expects; what it does not name may be anything.
pub(super) struct Expect {
    pub(super) rule: Option<String>,
    pub(super) dropped: Option<bool>,
    pub(super) to: Option<Vec<String>>,
    pub(super) level: Option<String>,
    /// Something stands at these places, and does not leave as it came.
    pub(super) redacted: Vec<Place>,
    /// Something stands at these places, and leaves as it came.
    pub(super) kept: Vec<Place>,
    pub(super) error: Option<String>,
}

/// Reads the cases of a file.
pub(super) fn read(path: &Path) -> Result<Vec<Case>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::file("cannot read the cases", path, &error))?;
    let file: File =
        serde_saphyr::from_str(&text).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
    file.cases.into_iter().map(|case| build(case, path)).collect()
}

fn build(case: CaseText, path: &Path) -> Result<Case, Failure> {
    let wrong = |what: String| Failure::Failed(format!("{}: case `{}`: {what}", path.display(), case.name));
    let places = |texts: &[String]| -> Result<Vec<Place>, Failure> {
        texts.iter().map(|text| Place::parse(text).map_err(wrong)).collect()
    };
    let expect = Expect {
        redacted: places(&case.expect.redacted)?,
        kept: places(&case.expect.kept)?,
        rule: case.expect.rule,
        dropped: case.expect.dropped,
        to: case.expect.to,
        level: case.expect.level,
        error: case.expect.error,
    };
    let events = match (case.event, case.fixture, case.detection) {
        (Some(event), None, None) => vec![event.to_string().into_bytes()],
        (None, Some(file), None) => {
            let events = lines(&path.with_file_name(file))?;
            match case.line {
                None => events,
                Some(line) => {
                    let found = events.len();
                    let event = line.checked_sub(1).and_then(|index| events.into_iter().nth(index));
                    vec![event.ok_or_else(|| wrong(format!("expected a line {line}, found {found} lines")))?]
                }
            }
        }
        (None, None, Some(id)) => {
            let all = detections::all()?;
            let known: Vec<&str> = all.iter().map(|detection| detection.id.as_str()).collect();
            let found = all.iter().find(|detection| detection.id == id);
            let found = found.ok_or_else(|| wrong(format!("expected one of {}, found `{id}`", known.join(", "))))?;
            vec![found.event.to_string().into_bytes()]
        }
        _ => return Err(wrong("expected one of `event`, `fixture` and `detection`".into())),
    };
    Ok(Case { name: case.name, events, tag: case.tag.unwrap_or_else(|| "audit".into()), expect })
}

fn lines(path: &Path) -> Result<Vec<Vec<u8>>, Failure> {
    let mut input = Input::open(path)?;
    let (mut line, mut lines) = (Vec::new(), Vec::new());
    while input.read_line(&mut line)? {
        lines.push(line.clone());
    }
    Ok(lines)
}
