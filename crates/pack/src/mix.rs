//! One module of three that hold the same functions: each function as the compiler wrote it, made fast, or made small.
//!
//! Binaryen's passes make code faster in Fluent Bit's interpreter by a tenth, and larger; others make it smaller, and slower. So the
//! functions that run for every byte of every event are taken from the one, all others from the smaller of the rest.

use crate::PackError;
use crate::interface::invalid;
use crate::linked::Linked;
use wasm_encoder::{CodeSection, Module, RawSection};
use wasmparser::{Parser, Payload};

/// Parts of the names of the functions in which nearly all of the time is spent.
const HOT: [&str; 18] = [
    "<auditgate::engine::Engine>::process",
    "<auditgate::envelope::Envelope>::capture",
    "<auditgate::stamp::Stamp>::",
    "spec_extend",
    "memcmp",
    "auditgate_filter",
    "<auditgate::scan::walk::Walk>::is_plain_uri",
    "auditgate::scan::string::finish",
    "<auditgate::scan::hints::Hints>::is_suspicious",
    "<auditgate::scan::walk::Walk>::follow",
    "<auditgate::scan::walk::Walk>::run",
    "<auditgate::scan::walk::Walk>::try_container",
    "<auditgate::redact::judge::Judge>::find",
    "auditgate::redact::names::is_secret",
    "auditgate::scan::repeats::",
    "auditgate::scan::string::encode",
    "auditgate::scan::string::read_again",
    "auditgate_unpack",
];

/// The mixed module, with everything but the functions' bodies as in `small`.
///
/// # Errors
/// They do not hold the same functions, or are no modules.
pub fn mix(plain: &[u8], fast: &[u8], small: &[u8]) -> Result<Vec<u8>, PackError> {
    let linked = Linked::of(plain)?;
    if Linked::of(fast)?.names != linked.names || Linked::of(small)?.names != linked.names {
        return Err(PackError::Invalid("expected the same functions in all modules to be mixed".into()));
    }
    let mut code = CodeSection::new();
    let bodies = bodies(plain)?.into_iter().zip(bodies(fast)?).zip(bodies(small)?);
    for (index, ((plain, fast), small)) in (linked.imported_functions..).zip(bodies) {
        let name = linked.names.get(&index).map(|name| format!("{:#}", rustc_demangle::demangle(name)));
        let is_hot = name.is_some_and(|name| HOT.iter().any(|hot| name.contains(hot)));
        code.raw(match () {
            () if is_hot => fast,
            () if small.len() < plain.len() => small,
            () => plain,
        });
    }
    let mut mixed = Module::new();
    for payload in Parser::new(0).parse_all(small) {
        match payload.map_err(invalid)? {
            Payload::CodeSectionStart { .. } => drop(mixed.section(&code)),
            other => {
                if let Some((id, range)) = other.as_section() {
                    mixed.section(&RawSection { id, data: small.get(range).unwrap_or_default() });
                }
            }
        }
    }
    Ok(mixed.finish())
}

/// The bodies of all functions.
fn bodies(module: &[u8]) -> Result<Vec<&[u8]>, PackError> {
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CodeSectionEntry(body) = payload.map_err(invalid)? {
            bodies.push(body.as_bytes());
        }
    }
    Ok(bodies)
}
