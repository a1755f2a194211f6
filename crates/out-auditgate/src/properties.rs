//! Reads a section's properties.
//!
//! Fluent Bit accepts any property of an external plugin and tells only those that are asked for by name. So misspelt ones are found by
//! asking: for every name that is one slip away from a known one, and for the names that Fluent Bit's own outputs use.

use crate::abi::Api;
use auditgate::deliver::{FOREIGN, PROPERTIES, Problem, Property, unknown};
use std::collections::BTreeSet;
use std::ffi::CString;

/// What names are made of.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz_.-";

/// The section's properties, and what is wrong with their names.
pub(crate) fn read(api: &Api) -> (Vec<(String, String)>, Vec<Problem>) {
    let value = |name: &str| api.property(&CString::new(name).ok()?);
    let mut pairs: Vec<(String, String)> = Vec::new();
    for property in PROPERTIES {
        pairs.extend(value(property.name).map(|value| (property.name.to_owned(), value)));
    }
    let slips: BTreeSet<String> = PROPERTIES
        .iter()
        .flat_map(|property| slips(property.name))
        .chain(FOREIGN.iter().map(|(name, _)| (*name).to_owned()))
        .filter(|name| Property::of_name(name).is_none())
        .collect();
    let problems = slips.iter().filter(|name| value(name).is_some()).map(|name| unknown(name)).collect();
    (pairs, problems)
}

/// Every name that is one letter more, one less, another one, or two in the wrong order.
fn slips(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut all = Vec::new();
    for at in 0..=letters.len() {
        let (front, back) = letters.split_at(at);
        let join = |middle: &[char], rest: usize| {
            let rest = back.get(rest..).unwrap_or_default();
            front.iter().chain(middle).chain(rest).collect::<String>()
        };
        all.extend(LETTERS.chars().map(|letter| join(&[letter], 0)));
        if let [first, rest @ ..] = back {
            all.push(join(&[], 1));
            all.extend(LETTERS.chars().map(|letter| join(&[letter], 1)));
            if let [second, ..] = rest {
                all.push(join(&[*second, *first], 2));
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_is_found() {
        for slip in ["endpont", "endpooint", "emdpoint", "nedpoint", "endpoints", "endpoint."] {
            assert!(slips("endpoint").iter().any(|name| name == slip), "{slip}");
        }
    }
}
