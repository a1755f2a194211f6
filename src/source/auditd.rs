//! Records of Linux auditd: raw, enriched (what the numbers mean stands behind a group separator, in capitals) and as `ausearch -i`
//! prints them (`msg=audit(11/22/2026 17:55:40.123:456) : `, values bare, in the reader's own time zone).

use super::facts::{Fact, Facts, Shape};
use crate::json;
use crate::redact::auditd::{Field, fields, records};

pub(super) use crate::redact::auditd::is_record;

/// Where a record has its facts; the first field that is there. Enriched fields come first: they name what others number.
pub(crate) const FIELDS: &[(Fact, &str)] = &[
    (Fact::Pid, "pid"),
    (Fact::ParentPid, "ppid"),
    (Fact::Process, "comm"),
    (Fact::Executable, "exe"),
    (Fact::Directory, "cwd"),
    (Fact::Command, "proctitle"),
    (Fact::Command, "cmd"),
    (Fact::User, "AUID"),
    (Fact::User, "acct"),
    (Fact::User, "UID"),
    (Fact::UserId, "auid"),
    (Fact::UserId, "uid"),
    (Fact::Terminal, "terminal"),
    (Fact::Terminal, "tty"),
    (Fact::Address, "addr"),
    (Fact::Host, "node"),
    (Fact::Session, "ses"),
    (Fact::Key, "key"),
    (Fact::Name, "name"),
];

/// Types that tell of a process.
const PROCESS: &[&str] = &["EXECVE", "SYSCALL", "PROCTITLE", "CWD", "PATH"];

/// Types that tell of somebody proving who they are; their names begin so.
const LOGIN: &[&str] = &["USER_", "CRED_", "LOGIN", "GRP_AUTH", "ANOM_LOGIN"];

/// Fields that the kernel writes as hexadecimal digits if they hold a quote, a space or what is not ASCII.
const ENCODED: &[&str] = &["comm", "exe", "cwd", "name", "acct", "key", "proctitle", "cmd"];

/// Reads a record, or the records of one event: what was executed comes first, because it tells most.
pub(super) fn read(facts: &mut Facts<'_>, text: &[u8]) {
    let mut all: Vec<&[u8]> = records(text).map(|(_, record)| record).collect();
    all.sort_by_key(|record| !crate::bytes::contains(record.get(..256).unwrap_or(record), b"type=EXECVE "));
    all.into_iter().for_each(|record| one(facts, record));
}

fn one(facts: &mut Facts<'_>, line: &[u8]) {
    let interpreted = crate::bytes::contains(line, b") : ");
    let fields = fields(line);
    let value = |name: &str| fields.iter().find(|field| field.name == name.as_bytes());
    let kind = value("type").map(|field| field.value.as_slice()).unwrap_or_default();
    let starts = |names: &[&str]| names.iter().any(|name| kind.starts_with(name.as_bytes()));
    if starts(PROCESS) {
        facts.shape = Shape::Process;
    } else if starts(LOGIN) && facts.shape == Shape::Other {
        facts.shape = Shape::Login;
    }
    facts.set_text(Fact::Program, b"auditd");
    facts.set_text(Fact::Action, &kind.to_ascii_lowercase());
    if let Some((time, serial)) = time_of(line) {
        facts.set_text(Fact::AuditId, serial);
        facts.set_text(Fact::Time, &time);
    }
    for &(fact, name) in FIELDS {
        let Some(field) = value(name) else { continue };
        let text = if interpreted && matches!(name, "proctitle" | "cmd") {
            // Bare, and the last field of its record.
            line.get(field.start..).unwrap_or_default().trim_ascii().to_vec()
        } else {
            decoded(field, line, interpreted)
        };
        // What is not known: `?`, `(none)`, `(null)`, and -1 as an unsigned number.
        if !matches!(text.as_slice(), b"?" | b"(none)" | b"(null)" | b"unset" | b"4294967295") {
            // A title keeps its arguments apart by zeros.
            let text: Vec<u8> = text.iter().map(|&byte| if byte == 0 { b' ' } else { byte }).collect();
            // `ausearch -i` names users where the kernel numbers them.
            let is_number = text.iter().all(u8::is_ascii_digit);
            facts.set_text(if fact == Fact::UserId && !is_number { Fact::User } else { fact }, &text);
        }
    }
    if kind == b"EXECVE" {
        arguments(facts, &fields, line, interpreted);
    }
    let result = value("res").or_else(|| value("success")).or_else(|| value("result"));
    match result.map(|field| field.value.as_slice()) {
        Some(b"success" | b"yes" | b"1") => facts.set_text(Fact::Outcome, b"success"),
        Some(b"failed" | b"no" | b"0" | b"failure") => facts.set_text(Fact::Outcome, b"failure"),
        _ => {}
    }
}

/// Seconds, serial: `msg=audit(1700000000.123:456):`. A time that `ausearch` printed has no zone; the record's own is taken.
fn time_of(line: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let start = crate::bytes::find(line, b"msg=audit(")? + 10;
    let inside = line.get(start..)?.split(|&byte| byte == b')').next()?;
    let colon = inside.iter().rposition(|&byte| byte == b':')?;
    let (time, serial) = (inside.get(..colon)?, inside.get(colon + 1..)?);
    let mut out = Vec::new();
    let mut halves = time.splitn(2, |&byte| byte == b'.');
    let seconds = core::str::from_utf8(halves.next()?).ok()?.parse().ok();
    let millis: u32 = core::str::from_utf8(halves.next().unwrap_or(b"0")).ok()?.parse().unwrap_or(0);
    if let Some(seconds) = seconds {
        crate::format::time::push_rfc3339(seconds, millis.min(999) * 1_000_000, &mut out);
    }
    Some((out, serial))
}

/// A field's value without the kernel's encoding; `ausearch -i` has taken that off.
fn decoded(field: &Field<'_>, line: &[u8], interpreted: bool) -> Vec<u8> {
    let raw = line.get(field.start..field.end).unwrap_or_default();
    if interpreted && !raw.starts_with(b"\"") {
        return raw.to_vec();
    }
    let may_be_hex = ENCODED.iter().any(|name| name.as_bytes() == field.name) && raw == field.value.as_slice();
    let upper = |byte: &u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(byte);
    if may_be_hex && raw.len() % 2 == 0 && raw.len() > 2 && raw.iter().all(upper) {
        let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0) as u8;
        let (pairs, _) = raw.as_chunks::<2>();
        return pairs.iter().map(|&[high, low]| digit(high) << 4 | digit(low)).collect();
    }
    field.value.clone()
}

/// `a0=`, `a1[0]=`, `a1[1]=`: the arguments, pieces put together.
fn arguments(facts: &mut Facts<'_>, fields: &[Field<'_>], line: &[u8], interpreted: bool) {
    let mut list: Vec<(&[u8], Vec<u8>)> = Vec::new();
    for field in fields {
        let name = field.name.split(|&byte| byte == b'[').next().unwrap_or_default();
        let is_argument = name.len() > 1 && name.starts_with(b"a") && name.iter().skip(1).all(u8::is_ascii_digit);
        if !is_argument {
            continue;
        }
        let text = if interpreted { decoded(field, line, true) } else { field.value.clone() };
        match list.last_mut().filter(|(last, _)| *last == name) {
            Some((_, value)) => value.extend_from_slice(&text),
            None => list.push((name, text)),
        }
    }
    let quoted: Vec<Vec<u8>> = list.iter().map(|(_, value)| json::quoted(value)).collect();
    let joined: Vec<&[u8]> = list.iter().map(|(_, value)| value.as_slice()).collect();
    facts.set_text(Fact::Command, &joined.join(&b' '));
    facts.set(Fact::Arguments, [b"[", quoted.join(&b',').as_slice(), b"]"].concat());
}
