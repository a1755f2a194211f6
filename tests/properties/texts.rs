//! What leaves of a text does not depend on where in its string it begins: texts are looked at several bytes at a time.

use crate::cases;
use crate::check::{answer, base64};
use crate::random::Random;
use auditgate::Engine;
use serde_json::{Value, json};

const NAMES: &[&str] =
    &["password", "API_KEY", "db.password", "X-Api-Key", "authToken", "user", "note", "ü", "kind", ""];
const BETWEEN: &[&str] = &[
    "=", ":", ": ", ":\t", " = ", "=\t", "\":\"", "%3D", "\\u003d", " ", "\n", "\t", "--", " --", "\n--", "(--", "--ü",
    "://", "@", "/", "&", "?", ",", ";", "'", "\"", "\\\"", "`", "<", "</", ">", "-", "_", "+", "{\"", "\"}", "[",
    "0x", "%", "\\", "ü", "",
];
const WORDS: &[&str] = &[
    "hunter2hunter2",
    "ü-hunter2",
    "a",
    "[redacted:N01]",
    "Bearer ",
    "Basic ",
    "-----BEGIN ",
    "PRIVATE KEY-----",
    "http",
    "$(X)",
    "words and more words",
    "kube-system",
    "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069",
    "Secret",
    "true",
];

fn fragment(random: &mut Random) -> String {
    let (token, _) = random.token();
    match random.below(12) {
        0 => token,
        1 => base64(token.as_bytes()),
        2 => base64(format!("password={}", random.secret()).as_bytes()),
        3 => token.bytes().map(|byte| format!("{byte:02x}")).collect(),
        4 => token.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        5..8 => random.pick(WORDS).to_owned(),
        _ => format!("{}{}", random.pick(NAMES), random.pick(BETWEEN)),
    }
}

/// Two hyphens in the middle of a name may be taken for a flag, or not: they get a space in front of them.
fn without_hyphens_in_names(text: &str) -> String {
    let mut out = String::new();
    for (at, char) in text.char_indices() {
        if text[at..].starts_with("--")
            && out.ends_with(|last: char| last.is_ascii_alphanumeric() || "_.".contains(last))
        {
            out.push(' ');
        }
        out.push(char);
    }
    out
}

/// What leaves of a text behind so much white space, without it.
fn masked(text: &str, lead: usize) -> String {
    let padded = format!("{}{text}", " ".repeat(lead));
    let body = json!({ "objectRef": {"resource": "pods"}, "requestObject": {"note": padded} });
    let out = answer(&mut Engine::new(), body.to_string().as_bytes());
    let out: Value = serde_json::from_str(&out).unwrap();
    let note = out["requestObject"]["note"].as_str().unwrap();
    // A text that is a secret as a whole may go with the space in front of it.
    note.strip_prefix(&" ".repeat(lead)).unwrap_or(note).to_owned()
}

#[test]
fn where_a_text_begins_makes_no_difference() {
    for seed in 0..cases() {
        let random = &mut Random::new(seed ^ 0x7000_0000);
        let mut text = random.pick(BETWEEN).to_owned();
        for _ in 0..2 + random.below(4) {
            text += &fragment(random);
            text += random.pick(BETWEEN);
        }
        // Texts of fewer than 16 bytes are not looked at.
        let text = without_hyphens_in_names(text.trim_start()) + " and so on and on";
        let first = masked(&text, 1);
        for lead in 2..5 {
            assert_eq!(masked(&text, lead), first, "seed {seed}, behind {lead}: {text:?}");
        }
    }
}
