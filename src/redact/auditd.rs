//! Records of Linux auditd: `type=EXECVE msg=audit(...): argc=3 a0="mysql" a1=2D70...`.
//!
//! The kernel writes a value in quotes, or as upper case hexadecimal digits without quotes if it holds a quote, a space or anything that is no
//! printable ASCII. A long argument comes in pieces, `a2_len=9000 a2[0]=... a2[1]=...`. What is redacted is written again by the same rule.
//! Source: kernel/auditsc.c and kernel/audit.c of Linux.

use super::command;
use super::decode;
use super::judge::{Hit, judge};
use super::own::{Form, Marked};
use crate::bytes::find;
use crate::scan::{Hints, PADDING, View};

/// Arguments of one record that are looked at.
const MAX_ARGUMENTS: usize = 4096;

/// One field of the record.
pub(crate) struct Field<'a> {
    pub(crate) name: &'a [u8],
    /// Span of the value, quotes included.
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) value: Vec<u8>,
}

/// A span of the record and what stands there instead.
pub(crate) type Change = (usize, usize, Vec<u8>);

/// Whether a text is an auditd record: as auditd and ausearch write it, behind the head of syslog, or as journald does, which puts the type
/// alone in front.
pub(crate) fn is_record(text: &[u8]) -> bool {
    let journal = [&b"EXECVE argc="[..], b"PROCTITLE proctitle=", b"USER_CMD pid=", b"TTY tty ", b"USER_TTY pid="];
    let head = text.get(..text.len().min(256)).unwrap_or_default();
    text.starts_with(b"type=")
        || text.starts_with(b"node=")
        || journal.iter().any(|start| text.starts_with(start))
        || find(head, b"audit(").is_some() && find(head, b"type=").is_some()
}

/// The records of a text and where they begin: one, or those of one event that were put together, a line each.
pub(crate) fn records(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut start = 0;
    core::iter::from_fn(move || {
        let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
        let next = [&b"\ntype="[..], b"\nnode="].iter().filter_map(|head| find(rest, head)).min();
        let record = rest.get(..next.unwrap_or(rest.len()))?;
        let at = start;
        start += record.len() + 1;
        Some((at, record))
    })
}

/// What has to change in a text of records, in its order.
pub(crate) fn changes(hints: &Hints, text: &[u8]) -> Vec<Change> {
    let mut changes = Vec::new();
    // A long command line goes over several records of its event.
    let mut command = Vec::new();
    let mut event = None;
    for (at, record) in records(text) {
        let mut fields = fields(record);
        for field in &mut fields {
            (field.start, field.end) = (field.start + at, field.end + at);
        }
        let value = |name: &[u8]| fields.iter().find(|field| field.name == name).map(|field| field.value.clone());
        let kind =
            value(b"type").unwrap_or_else(|| record.split(|&byte| byte == b' ').next().unwrap_or_default().to_vec());
        if !matches!(kind.as_slice(), b"EXECVE" | b"1309") {
            of_record(hints, &kind, &fields, &mut changes);
            continue;
        }
        let id = value(b"msg");
        if id != event || id.is_none() {
            execve(hints, &command, &mut changes);
            command.clear();
        }
        event = id;
        command.append(&mut fields);
    }
    execve(hints, &command, &mut changes);
    changes.sort_by_key(|change| change.0);
    changes
}

/// What has to change in one record that is no command line in arguments.
fn of_record(hints: &Hints, kind: &[u8], fields: &[Field<'_>], changes: &mut Vec<Change>) {
    match kind {
        b"TTY" | b"USER_TTY" | b"1319" | b"1124" => {
            // Keystrokes: passwords are among them.
            for field in fields.iter().filter(|field| field.name == b"data" && field.value != b"[redacted:L03]") {
                changes.push((field.start, field.end, b"[redacted:L03]".to_vec()));
            }
        }
        _ => {
            for field in fields.iter().filter(|field| matches!(field.name, b"proctitle" | b"cmd")) {
                // A title keeps the arguments apart, a command is one line.
                let arguments: Vec<&[u8]> =
                    field.value.split(|&byte| field.name == b"proctitle" && byte == 0).collect();
                if let Some(masked) = mask_arguments(hints, &arguments) {
                    // What was neither quoted nor in digits is text, and stays text.
                    let as_text = field.end - field.start == field.value.len();
                    let masked = masked.join(&0);
                    changes.push((field.start, field.end, if as_text { masked } else { encode(&masked) }));
                }
            }
        }
    }
}

/// What has to change in the records of one command line in arguments.
fn execve(hints: &Hints, fields: &[Field<'_>], changes: &mut Vec<Change>) {
    // Number of the argument, its value, and the fields that it stands in.
    let mut arguments: Vec<(usize, Vec<u8>, Vec<usize>)> = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        let Some(number) = argument_number(field.name) else { continue };
        let full = arguments.len() >= MAX_ARGUMENTS;
        match arguments.iter_mut().find(|argument| argument.0 == number) {
            Some((_, value, places)) => {
                value.extend_from_slice(&field.value);
                places.push(index);
            }
            None if !full => arguments.push((number, field.value.clone(), vec![index])),
            None => {}
        }
    }
    let values: Vec<&[u8]> = arguments.iter().map(|(_, value, _)| value.as_slice()).collect();
    let Some(masked) = mask_arguments(hints, &values) else { return };
    for ((number, value, places), masked) in arguments.iter().zip(&masked) {
        if value == masked {
            continue;
        }
        let encoded = encode(masked);
        for (nth, field) in places.iter().filter_map(|&place| fields.get(place)).enumerate() {
            // The first piece takes the whole argument, the others are empty.
            changes.push((field.start, field.end, if nth == 0 { encoded.clone() } else { b"\"\"".to_vec() }));
        }
        for field in fields.iter().filter(|field| length_number(field.name) == Some(*number)) {
            let mut length = Vec::new();
            crate::number::push(&mut length, masked.len() as u64);
            changes.push((field.start, field.end, length));
        }
    }
}

/// The arguments without their secrets; `None` if they have none.
fn mask_arguments(hints: &Hints, arguments: &[&[u8]]) -> Option<Vec<Vec<u8>>> {
    let mut parts = Vec::new();
    command::secret_parts(arguments, &mut parts);
    let mut changed = false;
    let masked = arguments
        .iter()
        .enumerate()
        .map(|(index, argument)| {
            let mut hits: Vec<Hit> =
                command::parts_of(&parts, index).iter().map(|&(_, start, end)| Hit { start, end, id: "N01" }).collect();
            let mut padded = argument.to_vec();
            padded.resize(argument.len() + PADDING, 0);
            if let Some(view) = View::new(&padded) {
                judge(hints, view, 0, argument.len(), &mut hits);
            }
            super::judge::merge(&mut hits);
            let flag = index.checked_sub(1).and_then(|flag| arguments.get(flag));
            let masked = match flag.and_then(|flag| hints.own.argument(flag, argument, !hits.is_empty())) {
                Some(named) => Some(named),
                None => Marked::new(&hints.own, argument, 0, Form::Raw, &mut hits).write(argument, 0, &hits),
            };
            let masked = masked.unwrap_or_else(|| argument.to_vec());
            changed |= masked != *argument;
            masked
        })
        .collect();
    changed.then_some(masked)
}

/// The fields of a record; a value ends at a space outside of quotes.
pub(crate) fn fields(text: &[u8]) -> Vec<Field<'_>> {
    let mut fields = Vec::new();
    let mut at = 0;
    while let Some(equals) =
        text.get(at..).and_then(|rest| rest.iter().position(|&byte| byte == b'=')).map(|offset| at + offset)
    {
        let head = text.get(at..equals).unwrap_or_default();
        let name = head.rsplit(|&byte| matches!(byte, b' ' | b'\'' | b'\x1d')).next().unwrap_or_default();
        let start = equals + 1;
        let rest = text.get(start..).unwrap_or_default();
        let (end, value) = match rest.first() {
            Some(b'"') => {
                let inner = rest.get(1..).unwrap_or_default();
                let length = inner.iter().position(|&byte| byte == b'"').unwrap_or(inner.len());
                (start + 1 + length + 1, inner.get(..length).unwrap_or_default().to_vec())
            }
            // A message in quotes holds fields of its own.
            Some(b'\'') => (start + 1, Vec::new()),
            _ => {
                let length =
                    rest.iter().position(|&byte| matches!(byte, b' ' | b'\'' | b'\n' | b'\x1d')).unwrap_or(rest.len());
                let raw = rest.get(..length).unwrap_or_default();
                // `ausearch -i` writes the text as it is: a command line goes on to the end, or to the next field that is known.
                if matches!(name, b"proctitle" | b"cmd") && !(raw.len() >= 2 && raw.iter().all(u8::is_ascii_hexdigit)) {
                    let end =
                        find(rest, b" exe=").or(find(rest, b" terminal=")).or(find(rest, b"\n")).unwrap_or(rest.len());
                    fields.push(Field {
                        name,
                        start,
                        end: start + end,
                        value: rest.get(..end).unwrap_or_default().to_vec(),
                    });
                    at = start + end;
                    continue;
                }
                let escaped = is_escaped_field(name) && raw.len() >= 2 && raw.len() % 2 == 0;
                (start + length, if escaped { decode::hex(raw).unwrap_or_else(|| raw.to_vec()) } else { raw.to_vec() })
            }
        };
        fields.push(Field { name, start, end: end.min(text.len()), value });
        at = end.min(text.len()).max(start);
    }
    fields
}

fn is_escaped_field(name: &[u8]) -> bool {
    matches!(name, b"proctitle" | b"cmd" | b"data") || argument_number(name).is_some()
}

/// `a12` and `a12[3]` are argument 12.
fn argument_number(name: &[u8]) -> Option<usize> {
    let digits = name.strip_prefix(b"a")?;
    let digits = digits.split(|&byte| byte == b'[').next()?;
    number(digits)
}

/// `a12_len` is the length of argument 12.
fn length_number(name: &[u8]) -> Option<usize> {
    number(name.strip_prefix(b"a")?.strip_suffix(b"_len")?)
}

fn number(digits: &[u8]) -> Option<usize> {
    if digits.is_empty() || digits.len() > 6 {
        return None;
    }
    digits.iter().try_fold(0, |value, &byte| byte.is_ascii_digit().then(|| value * 10 + usize::from(byte & 15)))
}

/// A value as the kernel writes it.
fn encode(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len() + 2);
    if value.iter().all(|&byte| byte != b'"' && (0x21..0x7f).contains(&byte)) {
        out.push(b'"');
        out.extend_from_slice(value);
        out.push(b'"');
    } else {
        for &byte in value {
            for digit in [byte >> 4, byte & 15] {
                out.push(if digit < 10 { b'0' + digit } else { b'A' + digit - 10 });
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn redacted(text: &str) -> String {
        let mut out = text.to_owned();
        for (start, end, with) in changes(&Hints::new(), text.as_bytes()).into_iter().rev() {
            out.replace_range(start..end, std::str::from_utf8(&with).unwrap());
        }
        out
    }

    fn hex(text: &str) -> String {
        text.bytes().map(|byte| format!("{byte:02X}")).collect()
    }

    #[test]
    fn a_command_line_goes_over_several_records_of_its_event() {
        let record = |event: u32, rest: &str| format!("type=EXECVE msg=audit(1700000000.123:{event}): {rest}");
        let (first, more) = (record(7, "argc=3 a0=\"app\" a1=\"--password\""), record(7, "a2=\"hunter2\""));
        assert_eq!(
            redacted(&format!("{first}\n{more}\ntype=EOE")),
            format!("{first}\n{}\ntype=EOE", more.replace("hunter2", "[redacted:N01]"))
        );
        let pieces = [
            record(7, &format!("a0=\"sh\" a1[0]={}", hex("mysql -phun"))),
            record(7, &format!("a1[1]={}", hex("ter2 x"))),
        ];
        let masked = hex("mysql -p[redacted:N01] x");
        assert_eq!(
            redacted(&pieces.join("\n")),
            [record(7, &format!("a0=\"sh\" a1[0]={masked}")), record(7, "a1[1]=\"\"")].join("\n")
        );
        // Another event has arguments of its own.
        let other = format!("{first}\n{}", record(8, "a2=\"hunter2\""));
        assert_eq!(redacted(&other), other);
    }

    #[test]
    fn arguments_are_decoded_and_written_again_by_the_kernels_rule() {
        let head = "type=EXECVE msg=audit(1700000000.123:7): argc=3 a0=\"mysql\"";
        assert_eq!(
            redacted(&format!("{head} a1=\"-uroot\" a2=\"-phunter2\"")),
            format!("{head} a1=\"-uroot\" a2=\"-p[redacted:N01]\"")
        );
        let line = format!("{head} a1=\"-e\" a2={}", hex("run --password hunter2 -v"));
        assert_eq!(redacted(&line), format!("{head} a1=\"-e\" a2={}", hex("run --password [redacted:N01] -v")));
        let pieces = format!("{head} a1_len=26 a1[0]={} a1[1]={}", hex("--db-password=hun"), hex("ter2 x"));
        assert!(
            redacted(&pieces).starts_with(&format!("{head} a1_len=")) && redacted(&pieces).ends_with(" a1[1]=\"\""),
            "{}",
            redacted(&pieces)
        );
        let harmless = format!("{head} a1=\"-h\" a2={}", hex("select 1"));
        assert_eq!(redacted(&harmless), harmless);
    }

    #[test]
    fn titles_commands_and_keystrokes() {
        let title = format!("type=PROCTITLE msg=audit(1.2:3): proctitle={}", hex("vault\0login\0--token\0abc"));
        assert_eq!(
            redacted(&title),
            format!("type=PROCTITLE msg=audit(1.2:3): proctitle={}", hex("vault\0login\0--token\0[redacted:N01]"))
        );
        let command = format!(
            "type=USER_CMD msg=audit(1.2:3): pid=1 msg='cwd=\"/\" cmd={} res=success'",
            hex("curl -u me:hunter2 x")
        );
        assert_eq!(
            redacted(&command),
            format!(
                "type=USER_CMD msg=audit(1.2:3): pid=1 msg='cwd=\"/\" cmd={} res=success'",
                hex("curl -u me:[redacted:N01] x")
            )
        );
        assert_eq!(
            redacted("type=TTY msg=audit(1.2:3): comm=\"bash\" data=68756E746572320D"),
            "type=TTY msg=audit(1.2:3): comm=\"bash\" data=[redacted:L03]"
        );
        for (line, expected) in [
            (
                "type=PROCTITLE msg=audit(03/04/26 09:12:11.123:77) : proctitle=mysql -uroot -phunter2 db",
                "type=PROCTITLE msg=audit(03/04/26 09:12:11.123:77) : proctitle=mysql -uroot -p[redacted:N01] db",
            ),
            (
                "type=USER_CMD msg=audit(1.2:3): pid=1 msg='cwd=/ cmd=curl -u me:hunter2 x exe=/usr/bin/sudo res=success'",
                "type=USER_CMD msg=audit(1.2:3): pid=1 msg='cwd=/ cmd=curl -u me:[redacted:N01] x exe=/usr/bin/sudo res=success'",
            ),
            (
                "EXECVE argc=3 a0=\"mysql\" a1=\"-uroot\" a2=\"-phunter2\"",
                "EXECVE argc=3 a0=\"mysql\" a1=\"-uroot\" a2=\"-p[redacted:N01]\"",
            ),
            (
                "Mar  4 09:12:11 n kernel: audit: type=1309 audit(1.2:3): argc=2 a0=\"x\" a1=\"--token=abc\"",
                "Mar  4 09:12:11 n kernel: audit: type=1309 audit(1.2:3): argc=2 a0=\"x\" a1=\"--token=[redacted:N01]\"",
            ),
        ] {
            assert!(is_record(line.as_bytes()));
            assert_eq!(redacted(line), expected);
        }
        let syscall = "type=SYSCALL msg=audit(1.2:3): arch=c000003e syscall=59 a0=55d0c3 a1=7ffd a2=0 a3=8 comm=\"ls\" exe=\"/bin/ls\" key=\"k\"";
        assert_eq!(redacted(syscall), syscall);
    }
}
