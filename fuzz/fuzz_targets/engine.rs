//! Arbitrary bytes into the engine: no panic, the answer one JSON object without NUL, and no canary in it.
//!
//! The first byte says where the rest goes: it is the whole record, or stands before, in or behind a Secret's event that holds
//! a canary with the shape of a token, or in a raw line, bare or in Azure's envelope. Whatever the bytes do to the event around it, the canary must not leave.
//! It also says whether the engine has met the same record before with nothing to hide in the canary's place, often enough to remember it.
#![no_main]

use auditgate::scan::{PADDING, Padded};
use auditgate::{Context, Engine, Outcome};
use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;

/// The body of a token, different for every input: the fuzzer, which sees what is compared, cannot bring it in itself.
fn body(data: &[u8]) -> String {
    let mut state = data
        .iter()
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    (0..36)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(letters[(state >> 33) as usize % letters.len()])
        })
        .collect()
}

fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else { return };
    let body = body(data);
    let token = ["gh", "p_", &body].concat();
    thread_local!(static ENGINE: RefCell<Engine> = RefCell::new(Engine::new()));
    ENGINE.with_borrow_mut(|engine| {
        let meetings = if first / 7 % 2 == 1 { 3 } else { 0 };
        for harmless in ["", "x", "abc"].iter().take(meetings) {
            check(engine, &record(first % 7, rest, harmless), &body);
        }
        check(engine, &record(first % 7, rest, &token), &body);
    });
});

/// The bytes as they come, or around, in and behind an event that holds `token`.
fn record(shape: u8, rest: &[u8], token: &str) -> Vec<u8> {
    let event = |before: &[u8], inside: &[u8], behind: &[u8]| {
        let mut out = b"{".to_vec();
        out.extend_from_slice(before);
        out.extend_from_slice(br#""kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a1","stage":"ResponseComplete","objectRef":{"resource":"secrets"},"requestObject":{"data":{"k":""#);
        out.extend_from_slice(token.as_bytes());
        out.extend_from_slice(b"\"}");
        out.extend_from_slice(inside);
        out.push(b'}');
        out.extend_from_slice(behind);
        out.push(b'}');
        out
    };
    match shape {
        0 => rest.to_vec(),
        1 => event(rest, b"", b""),
        2 => event(b"", rest, b""),
        3 => event(b"", b"", rest),
        4 => [b"{\"log\":", rest, b",\"x\":\"", token.as_bytes(), b"\"}"].concat(),
        inside => {
            let mut line = String::from_utf8_lossy(&event(b"", rest, b"")).into_owned();
            if inside == 6 {
                line = format!(r#"{{"category":"kube-audit","properties":{{"log":{}}}}}"#, serde_json::Value::from(line));
            }
            format!("{{\"log\":{}}}", serde_json::Value::from(line)).into_bytes()
        }
    }
}

fn check(engine: &mut Engine, record: &[u8], body: &str) {
    let mut bytes = record.to_vec();
    bytes.resize(record.len() + PADDING, 0);
    let context = Context { tag: b"audit.k8s", seconds: 1_700_000_000, nanoseconds: 0 };
    let mut padded = Padded::new(&mut bytes).expect("the padding is zero");
    let Outcome::Record(answer) = engine.process(context, &mut padded) else {
        panic!("the built-in policy drops nothing");
    };
    let text = std::str::from_utf8(answer).expect("UTF-8");
    assert!(!text.contains('\0'), "NUL");
    let value: serde_json::Value = serde_json::from_str(text).expect("JSON");
    assert!(value.is_object(), "one object");
    let leaks = body.as_bytes().windows(8).any(|piece| text.as_bytes().windows(8).any(|at| at == piece));
    assert!(!leaks, "the canary left");
}
