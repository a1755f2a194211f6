//! What Linux writes: the journal, syslog, auditd, sshd, sudo and PAM, and containers. A record is a map, or one line under
//! `log`, `message`, `MESSAGE` or `exec`.

use super::facts::{Fact, Facts, Shape};
use super::{auditd, fill, login, text_at};
use crate::format::Item;
use crate::json;

/// Members of the journal (systemd.journal-fields(7)), as they are and with their underscores stripped, and what Fluent Bit's
/// parsers for syslog and containers make.
pub(crate) const RECORD: &[(Fact, &str)] = &[
    (Fact::Time, "time"),
    (Fact::Program, "SYSLOG_IDENTIFIER"),
    (Fact::Program, "ident"),
    (Fact::Process, "_COMM"),
    (Fact::Process, "COMM"),
    (Fact::Pid, "_PID"),
    (Fact::Pid, "PID"),
    (Fact::Pid, "SYSLOG_PID"),
    (Fact::Pid, "pid"),
    (Fact::Host, "_HOSTNAME"),
    (Fact::Host, "HOSTNAME"),
    (Fact::Executable, "_EXE"),
    (Fact::Executable, "EXE"),
    (Fact::Command, "_CMDLINE"),
    (Fact::Command, "CMDLINE"),
    (Fact::Session, "_AUDIT_SESSION"),
    (Fact::Session, "AUDIT_SESSION"),
    (Fact::Facility, "SYSLOG_FACILITY"),
    (Fact::Pod, "kubernetes>pod_name"),
];

/// Members that hold the text, the first that is there.
pub(crate) const TEXT: [&str; 4] = ["log", "message", "MESSAGE", "exec"];

/// Reads a record of any source but Kubernetes' audit.
pub(super) fn read<'a>(item: &Item<'a>) -> Facts<'a> {
    let members = json::members(item.event).collect();
    let mut facts = Facts::new(item.event, members, Shape::Other);
    let text = TEXT.iter().find_map(|key| text_at(&facts, key)).unwrap_or_default();
    let (head, line) = strip_head(&text);
    if let Some(time) = head.time {
        facts.set_text(Fact::Time, time);
    }
    let program = text_at(&facts, "SYSLOG_IDENTIFIER").or_else(|| text_at(&facts, "ident"));
    let program = program.as_deref().unwrap_or(head.program);
    if auditd::is_record(line) {
        auditd::read(&mut facts, line);
    } else {
        login::read(&mut facts, program, line);
    }
    // What the event says of itself comes first: the process behind the journal's members may be the one that reports.
    fill(&mut facts, RECORD);
    facts.set_text(Fact::Program, head.program);
    facts.set_text(Fact::Pid, head.pid);
    facts.set_text(Fact::Host, head.host);
    facts.set_text(Fact::Message, line.trim_ascii_end());
    facts
}

/// What stands in front of a line's message.
#[derive(Default)]
struct Head<'a> {
    time: Option<&'a [u8]>,
    host: &'a [u8],
    program: &'a [u8],
    pid: &'a [u8],
}

/// Takes off what container runtimes and syslog put in front: `2026-11-22T17:55:40.1Z stdout F `, `<34>`,
/// `Nov 22 17:55:40 host sshd[123]: `.
fn strip_head(text: &[u8]) -> (Head<'_>, &[u8]) {
    let mut head = Head::default();
    let mut words = text.splitn(4, |&byte| byte == b' ');
    if let (Some(time), Some(b"stdout" | b"stderr"), Some(b"F" | b"P"), Some(rest)) =
        (words.next(), words.next(), words.next(), words.next())
    {
        head.time = Some(time);
        return (head, rest);
    }
    let mut rest = text;
    if let Some(inside) = text.strip_prefix(b"<")
        && let Some(end) = inside.iter().take(4).position(|&byte| byte == b'>')
    {
        rest = inside.get(end + 1..).unwrap_or_default();
    }
    // `Mmm dd hh:mm:ss ` is 16 bytes long (RFC 3164), and two words follow.
    let is_date = rest.get(15) == Some(&b' ') && rest.get(9) == Some(&b':') && rest.get(12) == Some(&b':');
    if is_date && let Some(behind) = rest.get(16..) {
        let mut words = behind.splitn(3, |&byte| byte == b' ');
        if let (Some(host), Some(tag), Some(message)) = (words.next(), words.next(), words.next())
            && let Some(tag) = tag.strip_suffix(b":")
        {
            let mut parts = tag.splitn(2, |&byte| byte == b'[');
            head.host = host;
            head.program = parts.next().unwrap_or_default();
            head.pid = parts.next().and_then(|pid| pid.strip_suffix(b"]")).unwrap_or_default();
            return (head, message);
        }
    }
    (head, rest)
}

#[cfg(test)]
mod tests {
    use super::strip_head;

    #[test]
    fn heads_are_taken_off() {
        for (line, host, program, pid, message) in [
            ("2026-11-22T17:55:40.123456789Z stdout F hello there", "", "", "", "hello there"),
            ("Nov  2 07:05:40 node-1 sshd[4711]: Accepted", "node-1", "sshd", "4711", "Accepted"),
            ("<86>Nov 22 17:55:40 node-1 sudo: alice : x", "node-1", "sudo", "", "alice : x"),
            ("<34>just text", "", "", "", "just text"),
            ("no head: at all", "", "", "", "no head: at all"),
            ("", "", "", "", ""),
        ] {
            let (head, rest) = strip_head(line.as_bytes());
            let found = (head.host, head.program, head.pid, rest);
            assert_eq!(found, (host.as_bytes(), program.as_bytes(), pid.as_bytes(), message.as_bytes()), "{line}");
        }
    }
}
