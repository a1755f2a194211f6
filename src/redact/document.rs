//! The documentation of the catalogue, made from the catalogue.

use super::catalogue::ENTRIES;
use super::tokens::FORMATS;
use crate::scan::describe;

/// The page `docs/redaction.md`.
pub fn document() -> String {
    let mut page = String::from(
        "# What is redacted\n\nMade from the catalogue in `src/redact`; change it there and run `BLESS=1 cargo test --test documents`.\n\n\
         A mask is `[redacted:<id>]` with an id of these tables, and for values of Secrets the length of the value in bytes. Ids are neutral \
         on purpose: a mask that holds a word like \"password\" would raise alerts.\n\n## Places\n\n| id | paths | what happens | what stands there |\n|---|---|---|---|\n",
    );
    for entry in ENTRIES {
        let paths = if entry.paths.is_empty() {
            "anywhere".to_owned()
        } else {
            entry.paths.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ")
        };
        page.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            entry.id,
            paths.replace('|', "\\|"),
            describe(entry.flags),
            entry.what
        ));
    }
    page.push_str(
        "| D01 | any text | masked | a base64, hexadecimal, percent or JSON encoding, up to three in each other, of something secret; gzip in base64 |\n\
         | L03 | auditd `TTY`, `USER_TTY`: `data` | masked | keystrokes |\n\n## Token formats\n\nFound in any text and in keys, by their fixed part and the \
         shortest body in bytes; a token ends at the first byte that is not of its alphabet.\n\n| id | fixed part | body | token |\n|---|---|---|---|\n",
    );
    for format in FORMATS {
        page.push_str(&format!("| {} | `{}` | {} | {} |\n", format.id, format.prefix, format.body, format.what));
    }
    page
}
