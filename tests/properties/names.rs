//! A name decides about its value wherever both stand: as a member, in a pair of any order, in a text, on a command line, in a query.

use crate::cases;
use crate::check::{answer, leaks};
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

/// JSON in which `name` says what `secret` is.
fn told(random: &mut Random, name: &str, secret: &str, own: bool) -> String {
    let text = match random.below(4) {
        0 => {
            // A number, which has no text to be looked into.
            let digits = secret.bytes().map(|byte| char::from(b'1' + byte % 9)).collect::<String>();
            return member_or_pair(random, name, &digits[..15], own);
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
        let digits = secret.bytes().map(|byte| char::from(b'1' + byte % 9)).collect::<String>();
        let shown = if record.contains(&digits[..15]) { digits[..15].to_owned() } else { secret };
        assert!(!leaks(&out, &shown), "seed {seed}, {name}\n{record}\n{out}");
    }
}
