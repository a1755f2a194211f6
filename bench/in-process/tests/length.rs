//! An event costs in proportion to its length, whatever somebody wrote into it: WebAssembly instructions of a long one against a short one.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stderr, reason = "a skipped test has to say so")]

use auditgate_bench::{FILTER, Subject};
use std::path::Path;

/// Bytes of the short event's text, and how many times as long the other one's is.
const SHORT_BYTES: usize = 8 * 1024;
const TIMES: usize = 16;

/// What a byte of the long event may cost, one of the short event being 1.
const MOST: f64 = 1.8;

/// What a text is made of, over and over; `{n}` is a number that grows.
const TEXTS: &[&str] = &[
    "a",
    "7f83b165",
    "abcdefghijklmnopqrstuvwx-",
    "abcdefghijklmnopqrstuvwx/",
    "abcdefghijklmnopqrstuvwx_{n}=",
    "0123456789abcdef0123+",
    "c2VjcmV0IHRleHQgaGVyZQ==",
    "aGVsbG8gd29ybGQgaGVsbG8g",
    "eyJ",
    "eyJhbGciOiJub25lIn0.",
    "ghp_",
    "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8 ",
    "Bearer ",
    "Basic dTpw ",
    "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----",
    "LS0tLS1CRUdJTi",
    "H4sIAAAA",
    "password=",
    "password=x ",
    "password: x, ",
    "--password ",
    "a=b&",
    "token=a&",
    "command=--password&",
    "http://me:pw@host/ ",
    "://",
    "%41",
    "%25",
    r"\\u0041",
    r"\\\\",
    r"\u0026",
    r"\n",
    r#"\""#,
    r#"{\"a\":"#,
    r#"[\"a\","#,
    "</password>",
    "<password>",
    "kind: Secret ",
    "data: ",
    "'",
    "`",
    "{",
    "[",
    ": ",
    "=",
    "- ",
    "sh -c ",
    "'sh -c ",
    "curl -u me:pw ",
    "type=EXECVE msg=audit(1.1:1): a0=",
    "Failed password for ",
    "\u{fc}",
    "\u{1f680} ",
    "word ",
    "[redacted:T01]",
];

/// Where it stands; `{}` is the text.
const PLACES: &[(&str, &str)] = &[
    ("the URI", r#"{"objectRef":{"resource":"pods"},"requestURI":"/api?{}"}"#),
    ("the user agent", r#"{"userAgent":"{}"}"#),
    ("an annotation", r#"{"annotations":{"a":"{}"}}"#),
    (
        "an argument",
        r#"{"objectRef":{"resource":"pods"},"requestObject":{"spec":{"containers":[{"command":["{}"]}]}}}"#,
    ),
    ("a variable", r#"{"objectRef":{"resource":"pods"},"requestObject":{"env":[{"name":"A","value":"{}"}]}}"#),
    ("a message", r#"{"objectRef":{"resource":"pods"},"responseStatus":{"message":"{}"}}"#),
    ("a body", r#"{"objectRef":{"resource":"configmaps"},"requestObject":{"data":{"a":"{}"}}}"#),
    ("a body before its resource", r#"{"requestObject":{"data":{"a":"{}"}},"objectRef":{"resource":"configmaps"}}"#),
    ("a key", r#"{"objectRef":{"resource":"pods"},"requestObject":{"{}":1}}"#),
    ("a line", r#"{"log":"{}"}"#),
];

/// What an object or array is made of, over and over.
const MEMBERS: &[(&str, &str)] = &[
    ("members", r#"{"objectRef":{"resource":"pods"},"requestObject":{"x":{{}"z":1}}}"#),
    ("items", r#"{"objectRef":{"resource":"pods"},"requestObject":{"x":[{}1]}}"#),
    ("operations", r#"{"objectRef":{"resource":"pods"},"requestObject":[{}{"op":"test","path":""}]}"#),
    ("members before their resource", r#"{"requestObject":{{}"z":1},"objectRef":{"resource":"pods"}}"#),
    ("members of a Secret", r#"{"objectRef":{"resource":"secrets"},"requestObject":{{}"z":1}}"#),
    ("members of a record", r#"{{}"z":1}"#),
];
const PIECES: &[(&str, &str)] = &[
    ("members", r#""k{n}":"v","#),
    ("members", r#""k":"v","#),
    ("members", r#""\u006b":"v","#),
    ("members", r#""password{n}":"v","#),
    ("members", r#""name":"a","value":"b","#),
    ("members", r#""value":["b"],"n\u0061me":"a","#),
    // More keys than are remembered.
    ("members", r#""q{n}":1,"value":[{"value":1}],"#),
    ("members", r#""name":"customer_id","value":{"a":["b"]},"#),
    ("members", r#""kind":"Secret","data":{"a":"b"},"#),
    ("items", r#"{"name":"password","value":"v"},"#),
    ("items", r#"{"value":"v","name":"password"},"#),
    ("items", r#"{"kind":"Secret","data":{"a{n}":"b"}},"#),
    ("items", r#"{"data":{"a{n}":"b"},"kind":"Secret"},"#),
    ("items", r#"{"value":["v",{"value":1}],"name":"customer_id"},"#),
    ("items", "[],"),
    ("items", "1e5,"),
    ("items", r#"{"a{n}":{"b{n}":{"c":"d"}}},"#),
    ("operations", r#"{"op":"add","path":"/a/b","value":["v"]},"#),
    ("operations", r#"{"value":{"name":"password","value":["v"]},"name":"customer_id","path":"/a/b"},"#),
    ("members before their resource", r#""name":"password","value":"b","#),
    ("members of a Secret", r#""k{n}":[1],"data":{"a":1},"#),
    ("members of a record", r#""k{n}":{"a":"{\"b\":\"c\"}"},"#),
];

/// `frame` with `piece` in it, over and over, `bytes` long.
fn event(frame: &str, piece: &str, bytes: usize) -> String {
    let mut text = String::new();
    let mut number = 0;
    while text.len() < bytes {
        text.push_str(&piece.replace("{n}", &number.to_string()));
        number += 1;
    }
    let (head, tail) = frame.split_once("{}").unwrap();
    format!("{head}{text}{tail}")
}

/// Rules of one's own, of all kinds that look into texts.
const POLICY: &str = r#"
apiVersion: auditgate/v1
kind: Policy
redact:
  rules:
  - {name: customer, keys: [customer_id, "*_iban"]}
  - {name: employee, patterns: ['EMP-[0-9]{6}']}
  - {name: words, patterns: ['(a|b)*c', 'e+f', '[0-9a-f]{8}x']}
  - {name: notes, paths: ["requestObject.**.note"], action: truncate}
"#;

#[test]
fn a_byte_costs_the_same_in_a_long_event() {
    let module = |name: &str| std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dist").join(name));
    let (Ok(module), Ok(linked)) = (module("auditgate.wasm"), module("auditgate-linked.wasm")) else {
        eprintln!("SKIPPED: no dist/auditgate.wasm; `make module` makes it");
        return;
    };
    let (baked, _) = auditgate_pack::bake(&linked, "length", POLICY.as_bytes(), false).unwrap();
    let own = ["customer_id=1 ", "customerId: ", "--customer-id ", "EMP-", "EMP-123456", "ab", "e", "1234567"];
    let texts = PLACES.iter().flat_map(|place| TEXTS.iter().chain(&own).map(move |text| (*place, *text)));
    let pieces = PIECES.iter().map(|(kind, piece)| (*MEMBERS.iter().find(|frame| frame.0 == *kind).unwrap(), *piece));
    let cases: Vec<_> = texts.chain(pieces).collect();
    let mut failures = Vec::new();
    for (rules, module) in [("the catalogue", module), ("rules of one's own", baked)] {
        let mut subject = Subject::module(&module, FILTER, true).unwrap();
        let mut cost = |event: &str| {
            let before = subject.fuel();
            subject.process(event.as_bytes(), |_| {}).unwrap();
            (subject.fuel() - before) as f64 / event.len() as f64
        };
        for ((what, frame), piece) in &cases {
            let short = cost(&event(frame, piece, SHORT_BYTES));
            let long = cost(&event(frame, piece, SHORT_BYTES * TIMES));
            if long > short * MOST {
                failures.push(format!("{rules}, {what} of {piece}: {short:.1} instructions a byte, then {long:.1}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
