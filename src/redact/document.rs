//! The documentation of the catalogue, made from the catalogue.

use super::catalogue::ENTRIES;
use super::guide::{KUBERNETES, LINUX, Row};
use super::tokens::FORMATS;
use crate::scan::{PADDING, Padded, describe};
use crate::{Context, Engine, Outcome};

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
    for (title, rows) in [("Kubernetes", KUBERNETES), ("Linux, and any text", LINUX)] {
        page.push_str(&format!("\n## {title}: what, why, and an example\n"));
        for row in rows {
            let (resource, group) = row.of;
            page.push_str(&format!(
                "\n### {}: {}\n\n{}. {} Source: {}.\n\n",
                row.id,
                row.what,
                capital(row.action),
                row.why,
                row.source
            ));
            if !resource.is_empty() {
                page.push_str(&format!("In an event about `{resource}`{}:\n\n", in_group(group)));
            }
            page.push_str(&format!("```\n{}\n{}\n```\n", row.example, answer(row)));
        }
    }
    page.push_str(
        "\n## Token formats\n\nFound in any text and in keys, by their fixed part and the shortest body in bytes; a token ends at the first byte that is \
         not of its alphabet, and goes on in `\\u0041` and `%41` that are.\n\n| id | fixed part | body | token |\n|---|---|---|---|\n",
    );
    for format in FORMATS {
        page.push_str(&format!("| {} | `{}` | {} | {} |\n", format.id, format.prefix, format.body, format.what));
    }
    page
}

fn in_group(group: &str) -> String {
    if group.is_empty() { String::new() } else { format!(" of {group}") }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// What the engine makes of a row's example: the same members, or the record; without the stamp.
pub(super) fn answer(row: &Row) -> String {
    let (resource, group) = row.of;
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    let head = if resource.is_empty() {
        String::new()
    } else {
        let name = if resource.starts_with("oauth") { r#","name":"hunter2hunter2""# } else { "" };
        format!(
            r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a","stage":"ResponseComplete","verb":"get","objectRef":{{"resource":"{resource}","subresource":"{subresource}","apiGroup":"{group}"{name}}},"#
        )
    };
    let mut bytes =
        if head.is_empty() { row.example.to_owned() } else { format!("{head}{}}}", row.example) }.into_bytes();
    let length = bytes.len();
    bytes.resize(length + PADDING, 0);
    let context = Context { tag: b"audit", seconds: 0, nanoseconds: 0 };
    let mut engine = Engine::new();
    let Some(mut record) = Padded::new(&mut bytes) else { return String::new() };
    let Outcome::Record(out) = engine.process(context, &mut record) else { return String::new() };
    let text = String::from_utf8_lossy(out).into_owned();
    // The name of a token in `objectRef` is part of the head, whose length so changes.
    let text = text.split_once(r#","auditgate":{"#).map_or(text.clone(), |(text, _)| text.to_owned());
    let members = text.split_once(r#""apiGroup":""#).and_then(|(_, rest)| rest.split_once("},"));
    members.map_or_else(|| format!("{text}}}"), |(_, members)| members.to_owned())
}
