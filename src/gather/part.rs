//! Parts: which records belong together, and what one record of them is.
//!
//! Sources: auditd's event rules (audit-userspace, `lib` and `auparse`): one time and serial number, one event; the kernel ends it with `EOE` or
//! `PROCTITLE`, `ausearch` prints it in the other order. Kubernetes' CRI logging format: `TIME STREAM P|F TEXT`. Docker's json-file driver cuts
//! lines after 16 KiB.

use crate::json::{self, Member};
use crate::policy::Join;
use crate::source::TEXT;

/// Docker cuts a line here.
const DOCKER_BYTES: usize = 16 * 1024;

/// Beginnings of the types of records that programs write, and that stand alone.
const ALONE: [&str; 14] = [
    "USER", "CRED_", "ADD_", "DEL_", "GRP_", "ACCT_", "CHGRP_", "CHUSER_", "SERVICE_", "SYSTEM_", "DAEMON_", "CRYPTO_",
    "ROLE_", "VIRT_",
];

/// What is put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Records of one auditd event.
    Auditd,
    /// Parts of one line of a container.
    Line,
}

impl Kind {
    /// What stands between two texts.
    pub(super) fn between(self) -> &'static [u8] {
        if self == Self::Auditd { b"\n" } else { b"" }
    }
}

/// A record that may be a part.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) kind: Kind,
    /// What it shares with the other parts.
    pub(super) key: Vec<u8>,
    /// What it says itself.
    pub(super) text: Vec<u8>,
    /// When it was written, in milliseconds, if it says so.
    pub(super) time_ms: Option<u64>,
    /// Nothing comes behind it.
    pub(super) is_last: bool,
}

/// Reads a record as a part; `None` for a record that stands alone.
pub(super) fn of(record: &[u8], join: Join) -> Option<Part> {
    if !join.auditd && !join.partial_lines {
        return None;
    }
    let members: Vec<Member<'_>> = json::members(record).collect();
    let line = members.iter().find(|member| TEXT.iter().any(|key| key.as_bytes() == member.key))?;
    if !line.value.starts_with(b"\"") || !is_end(record, members.last()?.value, b'}') {
        return None;
    }
    let mut text = Vec::new();
    json::text(line.value, &mut text);
    if join.auditd
        && let Some((id, time_ms)) = auditd_id(&text)
    {
        return Some(Part { kind: Kind::Auditd, key: key(id, &members, &[line.key]), text, time_ms, is_last: false });
    }
    if join.partial_lines { line_part(&members, line, text) } else { None }
}

/// What tells the parts of one event from those of others: what all parts have besides their text.
fn key(own: &[u8], members: &[Member<'_>], but: &[&[u8]]) -> Vec<u8> {
    let mut key = own.to_vec();
    for member in members.iter().filter(|member| !but.contains(&member.key)) {
        key.extend_from_slice(&[b"\0", member.key, b"\0", member.value].concat());
    }
    key
}

/// `node=… type=SYSCALL msg=audit(1700000000.123:456):`: the machine, the time and the number, and the time in milliseconds.
fn auditd_id(text: &[u8]) -> Option<(&[u8], Option<u64>)> {
    let kind = text.strip_prefix(b"type=").or_else(|| {
        let at = crate::bytes::find(text, b" type=").filter(|_| text.starts_with(b"node="))?;
        text.get(at + 6..)
    })?;
    if ALONE.iter().any(|alone| kind.starts_with(alone.as_bytes())) {
        return None;
    }
    let start = crate::bytes::find(text, b"msg=audit(")? + 10;
    let inside = text.get(start..)?.split(|&byte| byte == b')').next()?;
    let mut parts = inside.rsplit(|&byte| byte == b':');
    let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    if !parts.next().is_some_and(is_number) {
        return None;
    }
    let time = parts.next().and_then(|time| core::str::from_utf8(time).ok()).and_then(|time| {
        let (seconds, millis) = time.split_once('.')?;
        Some(seconds.parse::<u64>().ok()?.checked_mul(1_000)? + millis.parse::<u16>().ok().map(u64::from)?)
    });
    Some((inside, time))
}

/// Whether an auditd event is complete.
pub(super) fn is_whole<'a>(texts: impl Iterator<Item = &'a [u8]>) -> bool {
    let (mut call, mut title, mut end) = (false, false, false);
    for text in texts {
        let has = |name: &[u8]| crate::bytes::contains(text.get(..text.len().min(256)).unwrap_or_default(), name);
        call |= has(b"type=SYSCALL ");
        title |= has(b"type=PROCTITLE ");
        end |= has(b"type=EOE ");
    }
    end || call && title
}

/// A line of a container, raw or parsed, of which a part or the last part stands in the record.
fn line_part(members: &[Member<'_>], line: &Member<'_>, text: Vec<u8>) -> Option<Part> {
    let value = |key: &[u8]| members.iter().find(|member| member.key == key).map(|member| member.value);
    let part = |key, text, is_last| Some(Part { kind: Kind::Line, key, text, time_ms: None, is_last });
    if let Some((head, inside)) = cri_head(&text) {
        let is_last = head.ends_with(b" F ");
        let stream = head.split(|&byte| byte == b' ').nth(1).unwrap_or_default();
        return part(key(stream, members, &[line.key]), inside.to_vec(), is_last);
    }
    let stream = value(b"stream").filter(|stream| matches!(*stream, b"\"stdout\"" | b"\"stderr\""))?;
    let key = key(stream, members, &[line.key, b"time", b"logtag", b"_p"]);
    match value(b"logtag").or_else(|| value(b"_p")) {
        Some(b"\"P\"") => part(key, text, false),
        Some(_) => part(key, text, true),
        None => {
            let is_last = text.ends_with(b"\n");
            if is_last || text.len() >= DOCKER_BYTES { part(key, text, is_last) } else { None }
        }
    }
}

/// `TIME STREAM P|F ` in front of a raw line, and what is behind it.
fn cri_head(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut words = text.splitn(4, |&byte| byte == b' ');
    let (time, stream, tag, rest) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let fits = time.get(10) == Some(&b'T') && matches!(stream, b"stdout" | b"stderr") && matches!(tag, b"P" | b"F");
    fits.then(|| text.split_at(text.len() - rest.len()))
}

/// A record with another text in the place of its own, of which `own` is the end; all else as it is.
pub(super) fn with_text(record: &[u8], own: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let line = json::members(record).find(|member| TEXT.iter().any(|key| key.as_bytes() == member.key))?;
    let start = offset(record, line.value);
    let mut whole = Vec::new();
    json::text(line.value, &mut whole);
    whole.truncate(whole.len().checked_sub(own.len())?);
    whole.extend_from_slice(text);
    Some([record.get(..start)?, &json::quoted(&whole), record.get(start + line.value.len()..)?].concat())
}

/// Where a part of a text begins in it.
fn offset(text: &[u8], part: &[u8]) -> usize {
    part.as_ptr().addr() - text.as_ptr().addr()
}

/// Whether behind `last`, which is a part of `text`, nothing stands but a bracket.
pub(super) fn is_end(text: &[u8], last: &[u8], bracket: u8) -> bool {
    let behind = text.get(offset(text, last) + last.len()..).unwrap_or_default();
    behind.trim_ascii() == [bracket]
}
