//! The table of properties in docs/output.md is the one that the code has. `BLESS=1` writes it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

const BEGIN: &str = "<!-- properties -->\n";
const END: &str = "<!-- end -->";

#[test]
fn the_documented_properties_are_those_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/output.md");
    let text = fs::read_to_string(&path).unwrap();
    let (front, rest) = text.split_once(BEGIN).unwrap();
    let (documented, back) = rest.split_once(END).unwrap();
    let table = auditgate::deliver::table();
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, format!("{front}{BEGIN}{table}{END}{back}")).unwrap();
        return;
    }
    assert!(documented == table, "run the test with BLESS=1, and look at what changed in docs/output.md");
}
