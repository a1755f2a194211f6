//! A name decides about its value wherever both stand: as a member, in a pair of any order, in a text, on a command line, in a query.

use crate::cases;
use crate::check::{answer, base64, leaks};
use crate::random::Random;
use crate::{body_field, event, wrapped};
use auditgate::Engine;
use auditgate::policy::compile;

/// Names of secrets.
const SECRET: [&str; 7] =
    ["DB_PASSWORD", "apiKey", "client-secret", "authToken", "x-api-key", "passphrase", "PGPASSWORD"];

/// Names that the policy asks for.
const OWN: [&str; 4] = ["EMPLOYEE_ID", "employeeId", "employee-id", "employee.id"];

const POLICY: &str = "apiVersion: auditgate/v1\nkind: Policy\nredact: {rules: [{name: r, keys: [employee_id]}]}\n";

/// Members in any order.
fn object(random: &mut Random, mut members: Vec<String>) -> String {
    for at in (1..members.len()).rev() {
        members.swap(at, random.below(at + 1));
    }
    format!("{{{}}}", members.join(","))
}

/// A value that a name decides about, or a list of them; below an object only names of the policy's do.
fn value(random: &mut Random, scalar: &str, depth: usize, own: bool) -> String {
    match random.below(if depth == 0 { 1 } else { 4 }) {
        1 | 2 => {
            let first = value(random, scalar, depth - 1, own);
            let other = random.json(1, None);
            if random.chance(50) { format!("[{first} ,{other}]") } else { format!("[ {other},{first}]") }
        }
        3 if own => {
            let inner = value(random, scalar, depth - 1, own);
            let other = random.json(1, None);
            object(random, vec![format!("\"a\":{inner}"), format!("\"b\":{other}")])
        }
        _ => scalar.to_owned(),
    }
}

/// A number of that secret's own.
fn digits(secret: &str) -> String {
    secret.bytes().take(15).map(|byte| char::from(b'1' + byte % 9)).collect()
}

/// JSON in which `name` says what `secret` is.
fn told(random: &mut Random, name: &str, secret: &str, own: bool) -> String {
    let text = match random.below(4) {
        0 => {
            // A number, which has no text to be looked into.
            return member_or_pair(random, name, &digits(secret), own);
        }
        1 => {
            let space = random.pick(&["", " "]);
            let text = format!("{}{name}{}{space}{secret}", random.pick(&["", "a ", "x=1 "]), random.pick(&["=", ":"]));
            return format!(
                "{{\"note\":{}}}",
                random.literal(&if space.is_empty() { text.replace(':', "=") } else { text.replace('=', ":") })
            );
        }
        2 => {
            let flag = format!("--{}", name.replace(['_', '.'], "-"));
            let arguments = [random.literal("run"), random.literal(&flag), random.literal(secret)].join(",");
            return format!(
                "{{\"containers\":[{{\"name\":\"c\",\"{}\":[{arguments}]}}]}}",
                random.pick(&["args", "command"])
            );
        }
        _ => random.literal(secret),
    };
    member_or_pair(random, name, &text, own)
}

fn member_or_pair(random: &mut Random, name: &str, scalar: &str, own: bool) -> String {
    let value = value(random, scalar, 2, own);
    let more = random.json(1, None);
    let more = format!("{}:{more}", random.literal("more"));
    if random.chance(30) {
        let member = format!("{}:{value}", random.literal(name));
        return object(random, vec![member, more]);
    }
    let key = random.pick(&["name", "key", "Name", "header", "parameterKey"]);
    let value_key = random.pick(&["value", "values", "default", "Value", "parameterValue"]);
    let mut members = vec![
        format!("{}:{}", random.literal(key), random.literal(name)),
        format!("{}:{value}", random.literal(value_key)),
        more,
    ];
    if random.chance(20) {
        members.push(format!("{}:\"plain\"", random.literal(if key == "key" { "name" } else { "key" })));
    }
    if random.chance(20) {
        members.push(format!("\"inner\":{{\"value\":[\"x\"],\"{key}\":\"mode\"}}"));
    }
    object(random, members)
}

#[test]
fn a_name_decides_wherever_it_stands() {
    let policy = compile("policy.yaml", POLICY.as_bytes()).unwrap_or_else(|error| panic!("{}", error.render()));
    let (mut plain, mut with_policy) = (Engine::new(), Engine::with_policy(policy));
    for seed in 0..cases() {
        let random = &mut Random::new(seed ^ 0x7000_0000);
        let own = random.chance(50);
        let name = random.pick(if own { &OWN } else { &SECRET });
        let secret = random.text("abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789", 24);
        let told = told(random, name, &secret, own);
        let depth = random.below(4);
        let body = random.json(depth, Some(&told));
        let (resource, field) = (random.pick(&["pods", "widgets", "configmaps"]), body_field(random));
        let event = event(random, resource, field, &body);
        let record = wrapped(random, event);
        let engine = if own || random.chance(50) { &mut with_policy } else { &mut plain };
        let out = answer(engine, record.as_bytes());
        let digits = digits(&secret);
        let shown = if record.contains(&digits) { digits } else { secret };
        assert!(!leaks(&out, &shown), "seed {seed}, {name}\n{record}\n{out}");
    }
}

/// A line of a log that holds the secret behind its name.
fn line(random: &mut Random, name: &str, secret: &str) -> String {
    let flag = name.replace(['_', '.'], "-");
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02X}")).collect::<String>();
    let text = match random.below(20) {
        0 => format!("{name}={secret}"),
        1 => format!("{name}: {secret}"),
        2 => format!("\"{name}\":\"{secret}\""),
        3 => format!("{name}=\"{secret}\""),
        4 => format!("{name}='{secret}'"),
        5 => format!("{name} = {secret}"),
        6 => format!("--{flag} {secret}"),
        7 => format!("--{flag}={secret}"),
        8 => format!("docker run -e {}={secret} image", name.replace(['-', '.'], "_")),
        9 => format!("https://host.example/x?a=1&{name}={secret}&y=1"),
        10 => format!("https://user:{secret}@host.example/"),
        11 => format!("{} {secret}", random.pick(&["Authorization: Bearer", "authorization: Basic", "X-Api-Key:"])),
        12 => format!("<{flag}>{secret}</{flag}>"),
        13 => format!("a: b\n{name}: {secret}\nc: d"),
        14 => format!("{{\"msg\":\"x\",{}:{}}}", random.literal(name), random.literal(secret)),
        15 => format!("level=info {name}=\"{secret}\" msg=\"x y\""),
        16 => {
            return format!("type=EXECVE msg=audit(1700000000.1:1): argc=3 a0=\"app\" a1=\"--{flag}\" a2=\"{secret}\"");
        }
        17 => {
            let shell = hex(&format!("app --{flag} {secret} -v"));
            return format!("type=EXECVE msg=audit(1700000000.1:1): argc=3 a0=\"sh\" a1=\"-c\" a2={shell}");
        }
        18 => {
            let title = hex(&format!("app\0--{flag}\0{secret}"));
            return format!("type=PROCTITLE msg=audit(1700000000.1:1): proctitle={title}");
        }
        _ => format!("ops : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/app --{flag} {secret}"),
    };
    let text = match random.below(6) {
        0 => base64(text.as_bytes()),
        1 => hex(&text),
        2 => text.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        _ => text,
    };
    let before = random.pick(&[
        "",
        "",
        "2026-03-04T09:12:11.1Z stdout F ",
        "Mar  4 09:12:11 host app[1]: ",
        "msg ",
        "caf\u{e9}: ",
        "[",
        "(",
        "\"",
        "\t",
    ]);
    format!("{before}{text}{}", random.pick(&["", "", " and more", "\n", ", x", ")"]))
}

#[test]
fn a_name_decides_in_lines_of_logs() {
    let mut engine = Engine::new();
    for seed in 0..cases() {
        let random = &mut Random::new(seed ^ 0x7100_0000);
        let name = random.pick(&SECRET);
        let secret = random.text("abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789", 24);
        let line = line(random, name, &secret);
        let key = random.pick(&["log", "message", "MESSAGE"]);
        let record = format!("{{\"stream\":\"stderr\",\"{key}\":{}}}", random.literal(&line));
        let out = answer(&mut engine, record.as_bytes());
        assert!(!leaks(&out, &secret), "seed {seed}, {name}\n{line}\n{out}");
    }
}

/// A text with some of its characters percent-encoded.
fn percent(random: &mut Random, text: &str) -> String {
    let share = random.pick(&["0", "20", "100"]).parse().unwrap();
    text.bytes()
        .map(|byte| if random.chance(share) { format!("%{byte:02x}") } else { char::from(byte).to_string() })
        .collect()
}

#[test]
fn a_name_decides_in_queries() {
    let policy = compile("policy.yaml", POLICY.as_bytes()).unwrap_or_else(|error| panic!("{}", error.render()));
    let mut engine = Engine::with_policy(policy);
    for seed in 0..cases() {
        let random = &mut Random::new(seed ^ 0x7200_0000);
        let name = if random.chance(50) { random.pick(&OWN) } else { random.pick(&SECRET) };
        let secret = random.text("abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789", 24);
        let flag = name.replace(['_', '.'], "-");
        let query = match random.below(4) {
            0 => format!("{}={}", percent(random, name), percent(random, &secret)),
            1 => format!("command=run&command=--{}&command={}", percent(random, &flag), percent(random, &secret)),
            2 => format!("command=run&command={}", percent(random, &format!("--{flag}={secret}"))),
            _ => format!(
                "command=sh&command=-c&command={}",
                percent(random, &format!("run --{flag} {secret}")).replace(' ', "+")
            ),
        };
        let uri = format!(
            "/api/v1/namespaces/a/pods/b/exec?{}{query}{}",
            random.pick(&["", "a=1&"]),
            random.pick(&["", "&stdout=true"])
        );
        let event = event(random, "pods", "requestObject", "{}");
        let event = event.replacen('{', &format!("{{\"requestURI\":{},", random.literal(&uri)), 1);
        let record = wrapped(random, event);
        let out = answer(&mut engine, record.as_bytes());
        assert!(!leaks(&out, &secret), "seed {seed}, {name}\n{record}\n{out}");
    }
}
