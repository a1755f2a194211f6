//! Places in an event: `requestObject.spec.containers[*].env[*].value`.
//!
//! Steps are separated by dots. `*` is any key, `**` any number of steps (none included), `[3]` an item of a list, `[*]` any
//! item; a key that has dots in it is written `["example.com/key"]`.

use super::text::{number, split};

/// A place, or a set of places, in an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// From the event inwards.
    pub steps: Vec<Step>,
}

/// One step into an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The value under this key.
    Key(String),
    /// The value under any key.
    AnyKey,
    /// The item at this index, from 0.
    Index(u32),
    /// Any item.
    AnyIndex,
    /// Any number of steps.
    Deep,
}

/// Most steps in a path.
const MAX_STEPS: usize = 32;

/// What is wrong with a path: the character where, from 0, and what.
pub type PathError = (usize, &'static str);

impl Path {
    /// Reads a path as policies write it.
    ///
    /// # Errors
    /// What is wrong with it, and the character where, from 0.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let mut steps = Vec::new();
        let mut rest = text;
        loop {
            let at = text.chars().count() - rest.chars().count();
            let step;
            (step, rest) = if rest.starts_with('[') { bracket(rest, at)? } else { word(rest, at)? };
            if step == Step::Deep && steps.last() == Some(&Step::Deep) {
                return Err((at, "`**` follows `**`"));
            }
            if steps.len() == MAX_STEPS {
                return Err((at, "more than 32 steps"));
            }
            steps.push(step);
            if rest.is_empty() {
                break;
            }
            if let Some(behind) = rest.strip_prefix('.') {
                rest = behind;
            } else if !rest.starts_with('[') {
                return Err((text.chars().count() - rest.chars().count(), "expected `.` or `[`"));
            }
        }
        if steps.iter().all(|step| *step == Step::Deep) {
            return Err((0, "`**` alone is every place"));
        }
        Ok(Self { steps })
    }
}

#[inline(never)]
fn word(rest: &str, at: usize) -> Result<(Step, &str), PathError> {
    let end = rest.bytes().position(|byte| matches!(byte, b'.' | b'[')).unwrap_or(rest.len());
    let (word, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let step = match word {
        "" => return Err((at, "a step is missing")),
        "*" => Step::AnyKey,
        "**" => Step::Deep,
        _ if word.bytes().any(|byte| matches!(byte, b'*' | b']' | b'"')) => {
            return Err((at, "`*` stands for a whole step; a key with it is written `[\"...\"]`"));
        }
        key => Step::Key(key.into()),
    };
    Ok((step, rest))
}

#[inline(never)]
fn bracket(rest: &str, at: usize) -> Result<(Step, &str), PathError> {
    let inside = rest.strip_prefix('[').unwrap_or(rest);
    if let Some(quoted) = inside.strip_prefix('"') {
        let end = quoted.as_bytes().windows(2).position(|pair| pair == b"\"]");
        return match end.and_then(|end| Some((quoted.get(..end)?, quoted.get(end + 2..)?))) {
            Some(("", _)) => Err((at, "the key is empty")),
            Some((key, rest)) => Ok((Step::Key(key.into()), rest)),
            None => Err((at, "the `[\"` is not closed by `\"]`")),
        };
    }
    let Some((index, rest)) = split(inside, b']') else {
        return Err((at, "the `[` is not closed"));
    };
    if index == "*" {
        return Ok((Step::AnyIndex, rest));
    }
    match number(index) {
        Some(index) => Ok((Step::Index(index), rest)),
        None => Err((at, "expected a number, `*` or a key in double quotes between the brackets")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Step {
        Step::Key(text.into())
    }

    #[test]
    fn reads_every_kind_of_step() {
        let path = Path::parse("requestObject.spec.containers[*].env[0].*.**[\"a.b/c\"]").map(|path| path.steps);
        let steps = vec![
            key("requestObject"),
            key("spec"),
            key("containers"),
            Step::AnyIndex,
            key("env"),
            Step::Index(0),
            Step::AnyKey,
            Step::Deep,
            key("a.b/c"),
        ];
        assert_eq!(path, Ok(steps));
    }

    #[test]
    fn says_where_a_path_is_wrong() {
        for (text, at) in [
            ("", 0),
            ("a..b", 2),
            ("a.", 2),
            ("a.b*", 2),
            ("a[x]", 1),
            ("a[1", 1),
            ("a[\"b]", 1),
            ("a[0]b", 4),
            ("**", 0),
            ("**.**.a", 3),
        ] {
            assert_eq!(Path::parse(text).map_err(|(at, _)| at), Err(at), "{text}");
        }
    }
}
