#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod configurations;
mod manifests;

use super::*;
use crate::scan::PADDING;

/// The text with its hits replaced by `<id>`.
pub(crate) fn judged(text: &str) -> String {
    let hints = Hints::new();
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(text.len() + PADDING, 0);
    let mut hits = Vec::new();
    judge(&hints, View::new(&bytes).unwrap(), 0, text.len(), &mut hits);
    let mut out = String::new();
    let mut at = 0;
    for hit in hits {
        out.push_str(text.get(at..hit.start).unwrap());
        out.push_str(&format!("<{}>", hit.id));
        at = hit.end;
    }
    out + text.get(at..).unwrap()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, &byte| word << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        let digits = (0..=chunk.len()).map(|at| DIGITS.get((word >> (18 - 6 * at)) as usize & 63).unwrap());
        out.extend(digits.map(|&digit| char::from(digit)));
    }
    out
}

fn github() -> String {
    format!("gh{}_{}", 'p', "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8")
}

#[test]
fn tokens_end_where_their_alphabet_ends() {
    let token = github();
    for (before, after) in
        [("", ""), ("token ", " end"), ("x=", "&y"), ("(", ")"), ("a", "%26"), ("\n", "\r\n"), ("{\"a\":\"", "\"}")]
    {
        assert_eq!(judged(&format!("{before}{token}{after}")), format!("{before}<T01>{after}"));
    }
}

#[test]
fn assignments_flags_and_urls() {
    for (text, expected) in [
        ("login password=hunter22 ok", "login password=<N01> ok"),
        ("db.host=h\ndb.password = a b c\ndb.pool=1", "db.host=h\ndb.password = <N01>\ndb.pool=1"),
        ("password=[redacted:N01] x token=[redacted:T01]", "password=[redacted:N01] x token=[redacted:T01]"),
        ("url?token=abc12345&x=1", "url?token=<N01>&x=1"),
        ("db_password: 's3cr3t value'\nuser: me", "db_password: '<N01>'\nuser: me"),
        ("{\"apiKey\":\"abc\",\"user\":\"me\"}", "{\"apiKey\":\"<N01>\",\"user\":\"me\"}"),
        ("run --password hunter22 --user me", "run --password <N01> --user me"),
        ("run --token Basic abc def && ls", "run --token <N01> && ls"),
        ("-Xmx1g -DapiKey=hunter22 -Dmode=fast", "-Xmx1g -DapiKey=<N01> -Dmode=fast"),
        ("run --password=hunter22 --user me", "run --password=<N01> --user me"),
        ("postgres://app:hunter22@db:5432/x", "postgres://app:<N01>@db:5432/x"),
        ("curl -H 'Authorization: Bearer abc def' x", "curl -H 'Authorization: <N01>' x"),
        ("https://host:8443/path@v1 and more", "https://host:8443/path@v1 and more"),
        ("secretName: web-tls and tokenPath=/var/run/x", "secretName: web-tls and tokenPath=/var/run/x"),
        ("system:serviceaccount:kube-system:token-cleaner", "system:serviceaccount:kube-system:token-cleaner"),
        ("password=$(DB_PASSWORD) and password=${X}", "password=$(DB_PASSWORD) and password=${X}"),
        ("x password=true and token: null, secret: no", "x password=true and token: null, secret: no"),
        ("oauth2:token:abcdefgh and more", "oauth2:token:abcdefgh and more"),
        ("run --password --user me", "run --password --user me"),
        ("https://me:p@ss@host/x https://deploy@host/x", "https://me:<N01>@host/x https://deploy@host/x"),
        ("https://abcdefghij0123456789@host/x", "https://<N01>@host/x"),
        ("/api/token oauth2/token 169.254.169.254/latest", "/api/token oauth2/token 169.254.169.254/latest"),
    ] {
        assert_eq!(judged(text), expected);
    }
}

#[test]
fn names_may_have_escapes() {
    for (text, expected) in [
        (r#"x {"p\u0061ssword":"a b"}"#, r#"x {"p\u0061ssword":"<N01>"}"#),
        (r#"x {"\\u0070assword": "a b"}"#, r#"x {"\\u0070assword": "<N01>"}"#),
        ("see passwor%64=a b", "see passwor%64=<N01> b"),
        // As without escapes: behind the first word of a line the value goes to the line's end.
        ("x\n p%61ssword=a b\nc", "x\n p%61ssword=<N01>\nc"),
        (r"x\p%61ges=a C:\token=b", r"x\p%61ges=a C:\token=<N01>"),
    ] {
        assert_eq!(judged(text), expected, "{text}");
    }
}

#[test]
fn encodings_are_looked_into() {
    let token = github();
    let base64 = base64(format!("user:{token}").as_bytes());
    let twice = self::base64(base64.as_bytes());
    let shifted = format!("/var/tmp-a/{}", self::base64(format!("user:{token}").as_bytes()));
    let hex: String = token.bytes().map(|byte| format!("{byte:02X}")).collect();
    let unicode: String = token.bytes().map(|byte| format!("\\u00{byte:02x}")).collect();
    let percent: String = token.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let (number, packed) = (format!("0x{hex}"), format!("H4sI{}", "AAAAAAAAAAN9".repeat(4)));
    let packed_hex = format!("1f8b08{}", "00".repeat(20));
    let umlaut = self::base64(format!("M\u{fc}ller:{token}").as_bytes());
    for encoded in [umlaut, base64, twice, shifted, hex, number, packed, packed_hex, percent, unicode] {
        assert_eq!(judged(&format!("value {encoded} end")), "value <D01> end", "{encoded}");
    }
}

#[test]
fn digests_and_names_are_left_alone() {
    for text in [
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "docker-pullable://nginx@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "ValidatingAdmissionWebhookConfigurationList is fine",
        "RBAC: allowed by ClusterRoleBinding \"system:basic-user\" of ClusterRole \"system:basic-user\" to Group \"system:authenticated\"",
        "eyJhIjoiYiJ9eyJhIjoiYiJ9eyJhIjoiYiJ9eyJhIjoiYiJ9",
        "-----BEGIN CERTIFICATE-----",
    ] {
        assert_eq!(judged(text), text);
    }
}

/// Words follow `Bearer` and `Basic` in prose, too.
#[test]
fn authorization_needs_more_than_its_first_word() {
    let basic = |bytes: &[u8]| format!("Basic {} x", base64(bytes));
    assert_eq!(judged(&basic(b"me:hunter22")), "Basic <T48> x");
    assert_eq!(judged("Bearer a1b2c3d4-e5f6g7h8 x"), "Bearer <T47> x");
    for text in [
        "Bearer authentication-is-required",
        "Bearer https://idp.example.com/v2",
        &basic(b"hello world"),
        &basic(b"\x01:\x02\x03\x04\x05\x06\x07\x08"),
    ] {
        assert_eq!(judged(text), *text);
    }
}

#[test]
fn hits_are_put_in_order_and_joined_where_they_touch() {
    let hit = |start: usize, end: usize| Hit { start, end, id: "N01" };
    let mut hits = vec![hit(7, 9), hit(0, 2), hit(2, 3), hit(5, 5), hit(7, 8), hit(8, 12)];
    merge(&mut hits);
    assert_eq!(hits, [hit(0, 3), hit(7, 12)]);
}

/// Each of these was made to be walked again from every place in it.
#[test]
fn the_work_is_in_proportion_to_the_length() {
    let access_key = ["AK", "IA"].concat();
    for part in [
        "-",
        "--",
        "%41",
        "%41 ",
        "eyJ",
        "eyJhbGciOiJIUzI1NiJ9.",
        "--password ",
        &access_key,
        "://a:b",
        "a=",
        "YWJj",
        "token:\n- a\n",
        "token: |\n",
        "</a>",
        "PWD=a;",
        "token=\"\"\"",
    ] {
        let hints = Hints::new();
        let mut bytes = part.repeat(100_000 / part.len()).into_bytes();
        let end = bytes.len();
        bytes.resize(end + PADDING, 0);
        let judge = Judge::new(&hints, View::new(&bytes).unwrap(), 0, end, 0);
        judge.find(&mut Vec::new());
        let spent = WORK_FREE + WORK_PER_BYTE * end - judge.work.get();
        assert!(spent < 4 * end, "`{part}`: {spent} of {end} bytes");
    }
    // What is looked at in front of or behind each place has a limit as well.
    let deep: String = (0..2000).map(|depth| format!("{:depth$}token: |\n", "")).collect();
    for text in ["value=".repeat(10_000), deep] {
        assert!(judged(&text).len() < text.len() / 10);
    }
    // Where nothing better is known, the whole text goes.
    assert_eq!(judged(&"password=$(".repeat(10_000)), "<D01>");
    for part in ["kind: Secret\n", "{kind: Secret, ", "kind: Secret}"] {
        assert_eq!(judged(&part.repeat(10_000)), "<D01>");
    }
    assert_eq!(judged(&"-----\n".repeat(10_000)), "-----\n".repeat(10_000));
}

#[test]
fn private_keys_are_cut_to_their_end_line() {
    let key = ["-----BEGIN RSA ", "PRIVATE KEY-----\nMIIEpAIBAAKC\n-----END RSA ", "PRIVATE KEY-----"].concat();
    assert_eq!(judged(&format!("x {key} y")), "x <T45> y");
}

#[test]
fn encoded_private_keys_go_on_in_the_next_lines() {
    let begin = ["LS0tLS1CRUdJTiBSU0EgUFJJ", "VkFURSBLRVktLS0tLQ"].concat();
    let text = format!("a: {begin}AAAABBBB\n  CCCCDDDD\r\n  EEEE==\nb: FFFF\n");
    assert_eq!(judged(&text), "a: <T46>\nb: FFFF\n");
}

#[test]
fn tokens_go_on_in_escapes() {
    let token = github();
    let (head, tail) = token.split_at(38);
    for escaped in ["\\u0041", "\\\\u004A", "%41", "\\x41"] {
        assert_eq!(judged(&format!("x {head}{escaped}{tail}& y")), "x <T01>& y");
    }
    assert_eq!(judged(&format!("x {token}%26y=1")), "x <T01>%26y=1");
}

#[test]
fn base64_of_pem_is_secret_if_it_is_of_a_private_key() {
    let pem = |kind: &str| base64(["-----BEGIN ", kind, "-----\nMIIEpAIBAAKC"].concat().as_bytes());
    let private = ["PRIV", "ATE KEY"].concat();
    for kind in ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "] {
        assert_eq!(judged(&format!("tls.crt {}", pem(&[kind, &private].concat()))), "tls.crt <T46>", "{kind}");
    }
    for kind in ["CERTIFICATE", "CERTIFICATE REQUEST", "PUBLIC KEY", "PGP PUBLIC KEY BLOCK", "jwt and no more"] {
        let text = format!("ca: {}", pem(kind));
        assert_eq!(judged(&text), text);
    }
    let cut = base64(["-----BEGIN ", "CERTIFICATE-----"].concat().as_bytes());
    assert_eq!(judged(&format!("x {}", cut.get(..32).unwrap())), format!("x {}", cut.get(..32).unwrap()));
    // Cut before it says what it is of.
    let cut = pem(&["RSA ", &private].concat());
    assert_eq!(judged(&format!("x {}", cut.get(..32).unwrap())), "x <T46>");
}

#[test]
fn elements_and_manifests() {
    for (text, expected) in [
        ("<user>me</user><password>hunter22 x</password>", "<user>me</user><password><N01></password>"),
        (
            "<name>fs.s3a.secret.key</name>\n <value>hunter22</value>",
            "<name>fs.s3a.secret.key</name>\n <value><N01></value>",
        ),
        ("<name>mode</name><value>fast and furious</value>", "<name>mode</name><value>fast and furious</value>"),
        (
            "apiVersion: v1\nkind: Secret\ndata:\n  a: aHVudGVy\n  b: eA==\ntype: Opaque\n---\nkind: ConfigMap\ndata:\n  a: b\n",
            "apiVersion: v1\nkind: Secret\ndata:\n  <D02>\ntype: Opaque\n---\nkind: ConfigMap\ndata:\n  a: b\n",
        ),
        ("stringData: {a: hunter22}\nkind: Secret\n", "stringData: <D02>\nkind: Secret\n"),
        (
            "list:\n- kind: Secret\n  stringData:\n    a: hunter22\n",
            "list:\n- kind: Secret\n  stringData:\n    <D02>\n",
        ),
        (
            "kind: ConfigMap\ndata:\n  a: b\n---\nkind: Secret\ndata:\n  a: hunter22\n",
            "kind: ConfigMap\ndata:\n  a: b\n---\nkind: Secret\ndata:\n  <D02>\n",
        ),
        (
            "saw {\"kind\":\"SecretList\",\"stringData\":{\"a\":\"x\"}} twice",
            "saw {\"kind\":\"SecretList\",\"stringData<D02>",
        ),
        ("saw {\"kind\":\"Secret\",\"data[redacted:D02]", "saw {\"kind\":\"Secret\",\"data[redacted:D02]"),
        ("issuerRef:\n  kind: Secret\n  name: ca\n", "issuerRef:\n  kind: Secret\n  name: ca\n"),
        ("saw {\"kind\":\"Secret\",\"data\":{\"a\":\"eHg=\"}} twice", "saw {\"kind\":\"Secret\",\"data<D02>"),
    ] {
        assert_eq!(judged(text), expected);
    }
}

#[test]
fn every_format_has_a_shortest_body_and_ends_where_its_alphabet_does() {
    use crate::redact::tokens::{Before, FORMATS, class_of};
    for format in FORMATS.iter().filter(|format| !matches!(format.id, "T42" | "T45" | "T46" | "T47" | "T48")) {
        let digit = |at: usize| {
            let all: Vec<u8> = (b'0'..=b'z')
                .filter(u8::is_ascii_alphanumeric)
                .filter(|&byte| class_of(byte) & format.alphabet != 0)
                .collect();
            char::from(all.get(at * 7 % all.len()).copied().unwrap())
        };
        let body = |length: u16| (0..usize::from(length)).map(digit).collect::<String>();
        let lead = if matches!(format.before, Before::Reach(_)) { "" } else { "x " };
        for tail in ["", "&y", ", y", "}", ")", "%26y", "\"", "\n"] {
            let token = format!("{}{}", format.prefix, body(format.body));
            let expected = format!("{lead}<{}>{tail}", format.id);
            assert_eq!(judged(&format!("{lead}{token}{tail}")), expected, "{}", format.prefix);
        }
        let short = format!("x {}{} y", format.prefix, body(format.body - 1));
        assert!(!judged(&short).contains(&format!("<{}>", format.id)), "{short}");
    }
}

#[test]
fn syntax_is_seen_whatever_stands_beside_it() {
    let hints = Hints::new();
    for (before, name, after) in [
        ("", "password:", "\t"),
        ("", "password=", "\t"),
        ("", "password=", "\u{fc}"),
        ("", "password: ", "\u{fc}"),
        ("\u{fc}", "http://me:", ""),
        ("\n", "--password ", ""),
        ("\t", "--password ", ""),
        ("(", "--password ", ""),
        ("`", "--password ", ""),
        ("\u{2013}", "--password ", ""),
    ] {
        for lead in 0..4 {
            let tail = if name.starts_with("http") { "@host" } else { "" };
            let text = format!("{}{before}{name}{after}hunter2hunter2{tail}", " ".repeat(lead));
            let mut padded = text.clone().into_bytes();
            padded.resize(text.len() + PADDING, 0);
            assert!(!hints.is_plain(View::new(&padded).unwrap(), 0, text.len()), "{text:?}");
            assert!(!judged(&text).contains("hunter2"), "{text:?}");
        }
    }
}
