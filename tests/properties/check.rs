//! What has to hold for every answer, and a judge that is simple and on its own: the secret's pieces, as they are and in what
//! base64, hexadecimal and percent encoding make of them.

use auditgate::Engine;
use serde_json::Value;

/// The deepest answer that the oldest supported Fluent Bit takes.
const MAX_DEPTH: usize = 28;

/// The engine's answer, checked: one JSON object, UTF-8, no NUL, unique keys, shallow.
pub fn answer(engine: &mut Engine, record: &[u8]) -> String {
    let out = crate::answer::answer(engine, "audit.k8s", record)
        .unwrap_or_else(|rule| panic!("dropped by {rule}: {}", show(record)));
    let text = String::from_utf8(out).unwrap_or_else(|error| panic!("{error}: {}", show(record)));
    assert!(!text.contains('\0'), "a NUL for {}", show(record));
    let value: Value =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}\nfor {}", show(record)));
    assert!(value.is_object(), "no object: {text}");
    assert!(depth(&value) <= MAX_DEPTH, "depth {} for {}", depth(&value), show(record));
    // Of doubled keys serde_json keeps one; then its own text is shorter by a colon and more.
    assert_eq!(members(&text), count(&value), "a doubled key in {text}\nfor {}", show(record));
    text
}

fn show(record: &[u8]) -> String {
    String::from_utf8_lossy(&record[..record.len().min(3000)]).into_owned()
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn count(value: &Value) -> usize {
    match value {
        Value::Object(map) => map.len() + map.values().map(count).sum::<usize>(),
        Value::Array(items) => items.iter().map(count).sum(),
        _ => 0,
    }
}

/// Members of all objects in a valid JSON text: the colons outside strings.
fn members(text: &str) -> usize {
    let (mut in_string, mut escaped, mut colons) = (false, false, 0);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b':' if !in_string => colons += 1,
            _ => {}
        }
    }
    colons
}

/// Eight bytes in a row are looked for at every fourth place: eleven in a row are found for certain.
const PIECE: usize = 8;
const STEP: usize = 4;

/// Whether a piece of the secret can be read in the answer.
pub fn leaks(answer: &str, secret: &str) -> bool {
    let mut texts = vec![answer.to_owned()];
    if let Ok(value) = serde_json::from_str::<Value>(answer) {
        strings(&value, &mut texts, 3);
    }
    let pieces = secret.as_bytes().windows(PIECE).step_by(STEP).flat_map(forms).collect::<Vec<_>>();
    texts.iter().any(|text| pieces.iter().any(|piece| text.contains(piece.as_str())))
}

/// Keys and values, and what those hold that are JSON themselves.
fn strings(value: &Value, out: &mut Vec<String>, levels: usize) {
    let mut text = |text: &str| {
        out.push(text.to_owned());
        if levels > 0
            && let Ok(inner) = serde_json::from_str::<Value>(text)
        {
            strings(&inner, out, levels - 1);
        }
    };
    match value {
        Value::Object(map) => {
            map.keys().for_each(|key| text(key));
            map.values().for_each(|value| strings(value, out, levels));
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, out, levels)),
        Value::String(string) => text(string),
        _ => {}
    }
}

/// A piece as it is, in hexadecimal of both cases, percent-encoded, and in base64 at its three alignments, once and twice.
fn forms(piece: &[u8]) -> Vec<String> {
    let plain = String::from_utf8_lossy(piece).into_owned();
    let hex: String = piece.iter().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = piece.iter().map(|byte| format!("%{byte:02X}")).collect();
    let mut forms = vec![plain, hex.to_uppercase(), hex, percent];
    for once in aligned(piece) {
        forms.extend(aligned(once.as_bytes()));
        forms.push(once);
    }
    forms
}

/// What base64 makes of the bytes wherever they begin: the characters that depend on them alone.
fn aligned(bytes: &[u8]) -> Vec<String> {
    (0..3)
        .map(|lead| {
            let padded = [vec![0; lead], bytes.to_vec()].concat();
            let text = base64(&padded);
            let (skip, whole) = ([0, 2, 3][lead], padded.len() * 8 / 6);
            text[skip..whole].to_owned()
        })
        .collect()
}

pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, &byte| word << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let digit = ALPHABET[(word >> (18 - 6 * at)) as usize & 63];
            out.push(if at <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}
