//! Key names where a text assigns to them: `name=value`, `"name": value`, `--name value`, and the arguments of an auditd record.
//!
//! Text has no grammar, so a value ends where most programs would end it: at its quote, or else at white space, `&`, `;`, `,`, a quote or a
//! closing bracket. What begins with an opening bracket goes to the end of its line.

use crate::{Found, Words};
use alloc::vec::Vec;

/// Longest name that is looked at.
const MAX_NAME_BYTES: usize = 64;

/// What a mask begins with; one value is one mask.
const MASK_START: &[u8] = b"[redacted:";

/// Names, each with the number of its rule.
#[derive(Clone, Debug, Default)]
pub struct Names(Vec<(Words, u8)>);

impl Names {
    /// Adds a name; of two that fit the one that was added first counts.
    pub fn add(&mut self, name: Words, rule: u8) {
        self.0.push((name, rule));
    }

    /// Whether there is no name.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rule of a name.
    pub fn rule_of(&self, name: &[u8]) -> Option<u8> {
        if self.0.is_empty() || name.is_empty() {
            return None;
        }
        let name = Words::split(name);
        self.0.iter().find(|(words, _)| words.fits(&name)).map(|(_, rule)| *rule)
    }

    /// The rule of a flag without its value, `--name` or `-name`: the argument behind it is the value.
    pub fn rule_of_flag(&self, argument: &[u8]) -> Option<u8> {
        let name = argument.strip_prefix(b"--").or_else(|| argument.strip_prefix(b"-"))?;
        if name.iter().all(|&byte| is_name_byte(byte)) { self.rule_of(name) } else { None }
    }

    /// Whether a text can assign to anything.
    pub fn may_fit(&self, text: &[u8]) -> bool {
        !self.0.is_empty() && text.iter().any(|byte| matches!(byte, b'=' | b':' | b'-'))
    }

    /// Appends the values of all names. They are in order and do not overlap.
    pub fn find(&self, text: &[u8], found: &mut Vec<Found>) {
        if !self.may_fit(text) {
            return;
        }
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            let value = match byte {
                b'=' | b':' => self.assigned(text, at),
                b' ' | b'"' => self.flagged(text, at),
                _ => None,
            };
            at += 1;
            if let Some(value) = value {
                found.push(value);
                at = value.end;
            }
        }
    }

    fn assigned(&self, text: &[u8], at: usize) -> Option<Found> {
        let before = text.get(..at)?;
        let next = text.get(at + 1).copied().unwrap_or_default();
        // `password: x` and `"password":1`, but not `system:masters`.
        let apart = matches!(next, b' ' | b'"' | b'\'' | b'\t' | b'\\') || before.ends_with(b"\"");
        if text.get(at) == Some(&b':') && !apart {
            return None;
        }
        let end = before.iter().rposition(|byte| !matches!(byte, b' ' | b'"' | b'\'' | b'\\'))? + 1;
        let rule = self.rule_of(before.get(name_start(before, end)..end)?)?;
        // `name = value`, but in `name= other` nothing is assigned.
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        let spaced = text.get(at) == Some(&b':') || before.last().is_some_and(blank);
        let blanks = text.get(at + 1..)?.iter().take_while(|byte| spaced && blank(byte)).count();
        value(text, at + 1 + blanks, rule)
    }

    /// A flag that ends at `at`, and the word behind it. In a record of auditd both are quoted, and the second is called `a2=`.
    fn flagged(&self, text: &[u8], at: usize) -> Option<Found> {
        let start = name_start(text, at);
        let flag = text.get(start..at)?;
        let before = start.checked_sub(1).and_then(|at| text.get(at));
        if !flag.starts_with(b"-") || before.is_some_and(|byte| !matches!(byte, b' ' | b'"' | b'\'' | b'\n')) {
            return None;
        }
        let rule = self.rule_of_flag(flag)?;
        let rest = text.get(at..)?;
        let mut from = at + rest.iter().take_while(|byte| matches!(byte, b' ' | b'"')).count();
        let word = text.get(from..)?;
        if let Some(digits) = word.strip_prefix(b"a") {
            let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if length > 0 && digits.get(length) == Some(&b'=') {
                from += length + 2;
            }
        }
        value(text, from, rule).filter(|value| text.get(value.start) != Some(&b'-'))
    }
}

/// Where the name begins that ends at `end`.
fn name_start(text: &[u8], end: usize) -> usize {
    let name = text.get(..end).unwrap_or_default().iter().rev().take(MAX_NAME_BYTES);
    end - name.take_while(|byte| is_name_byte(**byte)).count()
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii() || matches!(byte, b'_' | b'-' | b'.')
}

/// The value that begins at `from`, if there is one.
fn value(text: &[u8], from: usize, rule: u8) -> Option<Found> {
    let rest = text.get(from..)?;
    let escapes = rest.iter().take_while(|byte| **byte == b'\\').count();
    let start = from + escapes;
    let value = text.get(start..)?;
    let first = *value.first()?;
    let ends = |test: &dyn Fn(u8) -> bool, from: usize| {
        let inner = text.get(from..).unwrap_or_default();
        from + inner.iter().position(|byte| test(*byte)).unwrap_or(inner.len())
    };
    let (start, end) = match first {
        b'"' | b'\'' => {
            let mut end = ends(&|byte| byte == first, start + 1);
            // Where the quotes are escaped themselves, one that closes is escaped as well; elsewhere an escaped one does not close.
            while escapes == 0 && end < text.len() && text.get(end - 1) == Some(&b'\\') {
                end = ends(&|byte| byte == first, end + 1);
            }
            while escapes > 0 && end > start + 1 && text.get(end - 1) == Some(&b'\\') {
                end -= 1;
            }
            (start + 1, end)
        }
        b'[' if value.starts_with(MASK_START) => (start, (ends(&|byte| byte == b']', start) + 1).min(text.len())),
        b'[' | b'{' => (start, ends(&|byte| byte == b'\n', start)),
        _ => (start, ends(&|byte| byte.is_ascii_whitespace() || b"&;,\"')}]\x1d".contains(&byte), start)),
    };
    (end > start && text.get(start..end) != Some(b"null")).then_some(Found { start, end, rule, named: true })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn marked(text: &str) -> alloc::string::String {
        let mut names = Names::default();
        names.add(Words::new("employee_id").unwrap(), 1);
        names.add(Words::new("*_iban").unwrap(), 2);
        let mut found = Vec::new();
        names.find(text.as_bytes(), &mut found);
        let mut out = alloc::string::String::from(text);
        for Found { start, end, rule, .. } in found.into_iter().rev() {
            out.replace_range(start..end, if rule == 1 { "<1>" } else { "<2>" });
        }
        out
    }

    #[test]
    fn values_are_found_by_the_names_that_they_are_assigned_to() {
        for (text, expected) in [
            ("employee_id=4711", "employee_id=<1>"),
            ("x employeeId=4711, y=2", "x employeeId=<1>, y=2"),
            ("employee-id = 4711\nother = 4", "employee-id = <1>\nother = 4"),
            ("a=1&EMPLOYEE_ID=4711&b=2", "a=1&EMPLOYEE_ID=<1>&b=2"),
            ("employee_id: 4711", "employee_id: <1>"),
            ("{\"employeeId\":\"47 11\",\"customerIban\": 5}", "{\"employeeId\":\"<1>\",\"customerIban\": <2>}"),
            (r#"{\"employeeId\":\"47 11\",\"x\":1}"#, r#"{\"employeeId\":\"<1>\",\"x\":1}"#),
            (r#"employee_id="a\"b" c"#, r#"employee_id="<1>" c"#),
            ("{\"employeeId\":{\"a\":1},\"b\":2}\nc", "{\"employeeId\":<1>\nc"),
            ("app --employee-id 4711 -v", "app --employee-id <1> -v"),
            ("app -employeeId 'a b'", "app -employeeId '<1>'"),
            ("app --employee-id=4711", "app --employee-id=<1>"),
            ("app --employee-id -v", "app --employee-id -v"),
            ("argc=3 a1=\"--employee-id\" a2=\"4711\" a3=\"x\"", "argc=3 a1=\"--employee-id\" a2=\"<1>\" a3=\"x\""),
            ("a1=\"--iban=DE1\" uid=0", "a1=\"--iban=<2>\" uid=0"),
            ("employee_id= x employee_id: y", "employee_id= x employee_id: <1>"),
            ("employee_id=[redacted:x] employee_id=", "employee_id=<1> employee_id="),
            ("employee_id=null", "employee_id=null"),
            ("employee_ids=4711 old_employee_id=4 employee_id", "employee_ids=4711 old_employee_id=4 employee_id"),
            ("employee_id:4711 the--employee-id x", "employee_id:4711 the--employee-id x"),
            ("=", "="),
        ] {
            assert_eq!(marked(text), expected, "{text}");
        }
    }
}
