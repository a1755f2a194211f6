//! The built module against the list of what it may export, import and use: `src/module/interface.txt`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use auditgate_pack::{Interface, check};

fn module() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/dist/auditgate.wasm");
    std::fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}\nhelp: run `make module`"))
}

#[test]
fn the_module_exports_and_imports_what_is_listed_and_nothing_else() {
    assert_eq!(Interface::of(&module()).unwrap(), Interface::listed());
}

#[test]
fn the_module_uses_no_feature_that_an_old_fluent_bit_lacks() {
    check(&module()).unwrap();
}

/// Fluent Bit 3.1.9 loads the module for every chunk, at about 25 microseconds a kilobyte.
#[test]
fn the_module_stays_small() {
    const MAX_BYTES: usize = 400_000;
    let bytes = module().len();
    assert!(bytes < MAX_BYTES, "{bytes} bytes");
}
