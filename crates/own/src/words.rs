//! Names of keys, compared word by word: `employeeId`, `EMPLOYEE_ID` and `employee-id` are the same name.
//!
//! A name is split at everything that is no letter or digit, and where a capital begins a word.

use alloc::vec::Vec;

/// A name that a rule asks for; a `*` at either end stands for any words, or none.
#[derive(Clone, Debug)]
pub struct Words {
    /// Each word with a space before and behind it.
    words: Vec<u8>,
    open_start: bool,
    open_end: bool,
}

impl Words {
    /// Reads a name; `None` if there is no word in it, or a `*` elsewhere than at its ends.
    pub fn new(name: &str) -> Option<Self> {
        let rest = name.strip_prefix('*').unwrap_or(name);
        let open_start = rest.len() < name.len();
        let bare = rest.strip_suffix('*').unwrap_or(rest);
        let words = split(bare.as_bytes());
        if bare.bytes().any(|byte| byte == b'*') || words.len() < 3 {
            return None;
        }
        Some(Self { words, open_start, open_end: bare.len() < rest.len() })
    }

    /// Whether a name, as [`split`] gives it, is the one asked for.
    pub fn fits(&self, name: &[u8]) -> bool {
        let words = self.words.as_slice();
        match (self.open_start, self.open_end) {
            (false, false) => name == words,
            (true, false) => name.ends_with(words),
            (false, true) => name.starts_with(words),
            (true, true) => name.windows(words.len()).any(|window| window == words),
        }
    }

    /// The words of a name, small letters, each between spaces.
    pub fn split(name: &[u8]) -> Vec<u8> {
        split(name)
    }
}

fn split(name: &[u8]) -> Vec<u8> {
    let mut words = Vec::with_capacity(name.len() + 4);
    words.push(b' ');
    let mut after_capital = true;
    for (at, byte) in name.iter().enumerate() {
        let letter = byte.is_ascii_alphanumeric() || !byte.is_ascii();
        let capital = byte.is_ascii_uppercase();
        let begins = capital && (!after_capital || name.get(at + 1).is_some_and(u8::is_ascii_lowercase));
        if (begins || !letter) && words.last() != Some(&b' ') {
            words.push(b' ');
        }
        if letter {
            words.push(byte.to_ascii_lowercase());
        }
        after_capital = capital;
    }
    if words.last() != Some(&b' ') {
        words.push(b' ');
    }
    words
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn fits(asked: &str, name: &str) -> bool {
        Words::new(asked).unwrap().fits(&Words::split(name.as_bytes()))
    }

    #[test]
    fn names_are_the_same_in_every_case() {
        for name in
            ["employeeId", "EmployeeID", "EMPLOYEE_ID", "employee-id", "employee.id", "employee id", "_employee__id_"]
        {
            assert!(fits("employee_id", name) && fits("employeeId", name), "{name}");
            assert!(!fits("employee", name) && !fits("id", name) && !fits("employee_ids", name), "{name}");
        }
        assert!(!fits("employee_id", "employeeid") && !fits("employee_id", "oldEmployeeId"));
        assert!(fits("HTTPToken", "http_token") && fits("straße", "straße"));
    }

    #[test]
    fn a_star_stands_for_whole_words() {
        assert!(fits("*_iban", "customerIban") && fits("*_iban", "iban") && !fits("*iban", "customerIbanNumber"));
        assert!(fits("iban*", "iban-number") && !fits("iban*", "ibanNumber2".trim_start_matches("iban")));
        assert!(fits("*iban*", "customerIbanNumber") && !fits("*iban*", "caribana"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for name in ["", "*", "**", "-", "a*b", "***"] {
            assert!(Words::new(name).is_none(), "{name}");
        }
    }
}
