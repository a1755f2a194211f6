//! Formats that are one line of text: CEF (ArcSight), LEEF 2.0 (QRadar), syslog (RFC 5424, RFC 3164).
//!
//! What an event holds cannot break out of its field: what ends a field or a line is escaped, as is every control character.
//! Sources: ArcSight's "Implementing Common Event Format", IBM's "Log Event Extended Format".

use super::severity::{self, CEF, SYSLOG};
use super::table::{From, Row, row};
use super::{Item, Options, time};
use crate::json;
use crate::number;
use crate::source::{Fact, Facts};

/// The extension of CEF.
pub(crate) const CEF_ROWS: &[Row] = &[
    row("rt", From::Millis(Fact::Time)),
    row("start", From::Millis(Fact::Started)),
    row("externalId", From::Fact(Fact::Id)),
    row("act", From::Fact(Fact::Action)),
    row("outcome", From::Fact(Fact::Outcome)),
    row("reason", From::Fact(Fact::Reason)),
    row("suser", From::Fact(Fact::User)),
    row("suid", From::Fact(Fact::UserId)),
    row("duser", From::Fact(Fact::Impersonated)),
    row("duser", From::Fact(Fact::TargetUser)),
    row(
        "src",
        From::Made("the address that a client cannot make up, if it is IPv4", |facts, out| address(facts, false, out)),
    ),
    row("c6a2", From::Made("the same, if it is IPv6", |facts, out| address(facts, true, out))),
    row(
        "c6a2Label",
        From::Made("`Source IPv6 Address`, if it is IPv6", |facts, out| {
            let mut found = Vec::new();
            address(facts, true, &mut found);
            out.extend_from_slice(if found.is_empty() { b"" } else { b"\"Source IPv6 Address\"" });
        }),
    ),
    row("spt", From::Number(Fact::Port)),
    row("request", From::Fact(Fact::Uri)),
    row("requestClientApplication", From::Fact(Fact::UserAgent)),
    row("dvchost", From::Fact(Fact::Host)),
    row("dproc", From::Fact(Fact::Process)),
    row("dpid", From::Number(Fact::Pid)),
    row("filePath", From::Fact(Fact::Executable)),
    row("cs1Label", From::Choice(Fact::Namespace, &[("", ""), ("*", "\"namespace\"")])),
    row("cs1", From::Fact(Fact::Namespace)),
    row("cs2Label", From::Choice(Fact::Resource, &[("", ""), ("*", "\"resource\"")])),
    row("cs2", From::Made("`resource/subresource`", resource)),
    row("cs3Label", From::Choice(Fact::Name, &[("", ""), ("*", "\"name\"")])),
    row("cs3", From::Fact(Fact::Name)),
    row("cs4Label", From::Choice(Fact::Groups, &[("", ""), ("*", "\"groups\"")])),
    row("cs4", From::Made("the user's groups, separated by commas", groups)),
    row("cs5Label", From::Choice(Fact::Command, &[("", ""), ("*", "\"command\"")])),
    row("cs5", From::Fact(Fact::Command)),
    row("cs6Label", From::Choice(Fact::Cluster, &[("", ""), ("*", "\"cluster\"")])),
    row("cs6", From::Fact(Fact::Cluster)),
    row("cn1Label", From::Choice(Fact::Code, &[("", ""), ("*", "\"responseCode\"")])),
    row("cn1", From::Number(Fact::Code)),
    row("msg", From::Fact(Fact::Message)),
];

/// The attributes of LEEF.
pub(crate) const LEEF_ROWS: &[Row] = &[
    row("devTime", From::Millis(Fact::Time)),
    row("cat", From::Fact(Fact::Action)),
    row("sev", From::Severity(&CEF)),
    row("externalId", From::Fact(Fact::Id)),
    row("usrName", From::Fact(Fact::User)),
    row("accountName", From::Fact(Fact::TargetUser)),
    row("role", From::Made("the user's groups, separated by commas", groups)),
    row("src", From::Fact(Fact::Address)),
    row("srcPort", From::Number(Fact::Port)),
    row("identHostName", From::Fact(Fact::Host)),
    row("resource", From::Made("`resource/subresource`", resource)),
    row("objectName", From::Fact(Fact::Name)),
    row("namespace", From::Fact(Fact::Namespace)),
    row("apiGroup", From::Fact(Fact::ApiGroup)),
    row("url", From::Fact(Fact::Uri)),
    row("userAgent", From::Fact(Fact::UserAgent)),
    row("responseCode", From::Number(Fact::Code)),
    row("outcome", From::Fact(Fact::Outcome)),
    row("reason", From::Fact(Fact::Reason)),
    row("process", From::Fact(Fact::Process)),
    row("command", From::Fact(Fact::Command)),
    row("cluster", From::Fact(Fact::Cluster)),
    row("msg", From::Fact(Fact::Message)),
];

/// What separates LEEF's attributes. Nothing else of a line is a tab: control characters are escaped.
const LEEF_DELIMITER: u8 = b'\t';

/// Longest value in bytes of a line format. What is longer is cut, and ends in three dots: receivers drop what is over their line.
pub(crate) const MAX_VALUE_BYTES: usize = 8_192;

fn address(facts: &Facts<'_>, v6: bool, out: &mut Vec<u8>) {
    let mut found = Vec::new();
    super::ecs::address(facts, &mut found);
    if found.contains(&b':') == v6 {
        out.extend_from_slice(&found);
    }
}

fn resource(facts: &Facts<'_>, out: &mut Vec<u8>) {
    let text = [facts.text(Fact::Resource), facts.text(Fact::Subresource)].join(&b'/');
    let text = text.strip_suffix(b"/").unwrap_or(&text);
    if !text.is_empty() {
        out.extend_from_slice(&json::quoted(text));
    }
}

fn groups(facts: &Facts<'_>, out: &mut Vec<u8>) {
    let Some(list) = facts.json(Fact::Groups) else { return };
    let mut texts = Vec::new();
    for item in json::items(list) {
        if !texts.is_empty() {
            texts.push(b',');
        }
        json::text(item, &mut texts);
    }
    if !texts.is_empty() {
        out.extend_from_slice(&json::quoted(&texts));
    }
}

/// Longest part in bytes of a header: CEF's limit for a name.
const MAX_HEADER_BYTES: usize = 512;

/// Vendor, product, version and event of the headers.
fn header(facts: &Facts<'_>) -> [Vec<u8>; 4] {
    let mut event = Vec::new();
    resource(facts, &mut event);
    let mut words = facts.text(Fact::Action);
    if event.len() > 2 {
        words.push(b' ');
        json::text(&event, &mut words);
    }
    if words.is_empty() {
        words.extend_from_slice(b"message");
    }
    let (vendor, product) = if facts.shape.is_kubernetes() {
        (&b"Kubernetes"[..], b"audit".to_vec())
    } else {
        let program = facts.text(Fact::Program);
        (&b"Linux"[..], if program.is_empty() { b"log".to_vec() } else { program })
    };
    let version = facts.text(Fact::ApiVersion);
    let version = version.rsplit(|&byte| byte == b'/').next().filter(|text| !text.is_empty()).unwrap_or(b"1");
    [vendor.to_vec(), product, version.to_vec(), words].map(|mut part| {
        cut(&mut part, MAX_HEADER_BYTES);
        // Parsers in use stumble over escapes in a header, and names of programs and resources need none.
        part.iter_mut().filter(|byte| matches!(byte, b'|' | b'\\' | b'=' | 0..0x20)).for_each(|byte| *byte = b'_');
        part
    })
}

/// `CEF:0|vendor|product|version|id|name|severity|extension`
pub(crate) fn cef(facts: &Facts<'_>, out: &mut Vec<u8>) {
    let [vendor, product, version, event] = header(facts);
    out.extend_from_slice(b"CEF:0");
    for part in [&vendor, &product, &version, &event, &event] {
        out.push(b'|');
        out.extend_from_slice(part);
    }
    out.push(b'|');
    out.extend_from_slice(severity::of(facts).on(&CEF).as_bytes());
    out.push(b'|');
    attributes(CEF_ROWS, facts, b' ', b"=", out);
}

/// `LEEF:2.0|vendor|product|version|event|x09|attributes`
pub(crate) fn leef(facts: &Facts<'_>, out: &mut Vec<u8>) {
    let [vendor, product, version, event] = header(facts);
    out.extend_from_slice(b"LEEF:2.0");
    for part in [&vendor, &product, &version, &event] {
        out.push(b'|');
        out.extend_from_slice(part);
    }
    out.extend_from_slice(b"|x09|");
    attributes(LEEF_ROWS, facts, LEEF_DELIMITER, &[], out);
}

fn attributes(rows: &[Row], facts: &Facts<'_>, delimiter: u8, special: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    let mut written = "";
    for row in rows.iter() {
        let mut value = Vec::new();
        super::table::value(&row.from, facts, &mut value);
        if value.is_empty() || row.to == written {
            continue;
        }
        written = row.to;
        if out.len() > start {
            out.push(delimiter);
        }
        out.extend_from_slice(row.to.as_bytes());
        out.push(b'=');
        let mut text = Vec::new();
        json::text(&value, &mut text);
        cut(&mut text, MAX_VALUE_BYTES);
        escape(&text, special, out);
    }
}

/// Cuts a text at a character's beginning.
fn cut(text: &mut Vec<u8>, longest: usize) {
    if text.len() > longest {
        let mut end = longest - 3;
        while text.get(end).is_some_and(|byte| byte & 0xc0 == 0x80) {
            end -= 1;
        }
        text.truncate(end);
        text.extend_from_slice(b"...");
    }
}

/// Appends a text in which backslashes, the characters `special` and line breaks are escaped. Neither format has an escape for other
/// control characters, so they become spaces.
fn escape(text: &[u8], special: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        match byte {
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            0..0x20 | 0x7f => out.push(b' '),
            _ => {
                if byte == b'\\' || special.contains(&byte) {
                    out.push(b'\\');
                }
                out.push(byte);
            }
        }
    }
}

/// Facility "log audit" of RFC 5424.
const FACILITY: u64 = 13;

/// What stands in front of a syslog message: RFC 5424, or the older RFC 3164.
pub(crate) fn syslog(rfc3164: bool, facts: &Facts<'_>, item: &Item<'_>, options: &Options, out: &mut Vec<u8>) {
    let severity = severity::of(facts).on(&SYSLOG).parse::<u64>().unwrap_or(6);
    out.push(b'<');
    number::push(out, FACILITY * 8 + severity);
    out.push(b'>');
    let (seconds, nanoseconds) = time::parse(&facts.text(Fact::Time)).unwrap_or((item.seconds, item.nanoseconds));
    let host = facts.text(Fact::Host);
    let host = if host.is_empty() { options.host.as_bytes() } else { &host };
    let program = if facts.shape.is_kubernetes() { b"k8s-audit".to_vec() } else { facts.text(Fact::Program) };
    let program = if program.is_empty() { b"auditgate".to_vec() } else { program };
    let pid = facts.text(Fact::Pid);
    if rfc3164 {
        time::push_rfc3164(seconds, out);
        out.push(b' ');
        // There is no word for no host in RFC 3164, and what is no name ends the header for some receivers.
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
        let host: Vec<u8> = host.iter().copied().filter(is_name).collect();
        let program: Vec<u8> = program.iter().copied().filter(is_name).collect();
        word(if host.is_empty() { b"unknown" } else { &host }, 255, out);
        out.push(b' ');
        word(&program, 32, out);
        if !pid.is_empty() {
            out.push(b'[');
            word(&pid, 16, out);
            out.push(b']');
        }
        out.extend_from_slice(b": ");
        return;
    }
    out.extend_from_slice(b"1 ");
    time::push_rfc5424(seconds, nanoseconds, out);
    // HOSTNAME, APP-NAME, PROCID, MSGID with the lengths of RFC 5424, section 6; no structured data.
    let action = facts.text(Fact::Action);
    for (text, length) in [(host, 255), (&program, 48), (&pid, 128), (&action, 32)] {
        out.push(b' ');
        word(text, length, out);
    }
    out.extend_from_slice(b" - ");
}

/// A word of a syslog header: printable ASCII, `-` if there is none.
fn word(text: &[u8], longest: usize, out: &mut Vec<u8>) {
    let start = out.len();
    let printable = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'[' | b']' | b':');
    out.extend(text.iter().filter(|byte| printable(byte)).take(longest));
    if out.len() == start {
        out.push(b'-');
    }
}
