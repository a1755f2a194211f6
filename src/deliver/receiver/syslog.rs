//! Syslog: RFC 5424 messages, over TCP and TLS with octet counting or one a line (RFC 6587, RFC 5425), over UDP one a datagram
//! (RFC 5426).
//!
//! Syslog has no answer. Over TCP and TLS the host closes its side and waits for the receiver to do the same: it has then read
//! everything. Over UDP nothing is known.

use super::super::batch::Frame;
use super::super::event::Event;
use super::super::settings::Settings;
use super::super::time;
use super::Receiver;
use crate::number;

/// Facility 13 (log audit), severity 6 (informational).
const PRIORITY: &[u8] = b"<110>1 ";
/// What stands at the end of a message that was too long.
const CUT: &[u8] = b" [cut by auditgate]";

pub(super) struct Syslog {
    frame: Frame,
    counts_octets: bool,
    is_udp: bool,
    max_message_bytes: usize,
    /// ` HOSTNAME APP-NAME - audit - `.
    header: Vec<u8>,
}

impl Syslog {
    pub(super) fn new(settings: &Settings, hostname: &str) -> Self {
        let is_udp = settings.text("endpoint").is_some_and(|endpoint| endpoint.starts_with("udp://"));
        let name = |text: &str, limit: usize| -> String {
            let name: String = text.chars().filter(char::is_ascii_graphic).take(limit).collect();
            if name.is_empty() { "-".into() } else { name }
        };
        let app_name = name(settings.text("app_name").unwrap_or("auditgate"), 48);
        let default = if is_udp { 64 << 10 } else { 1 << 20 };
        let largest = if is_udp { 65_000 } else { 64 << 20 };
        let counts_octets = !is_udp && settings.text("framing") != Some("lines");
        Self {
            frame: Frame { head: Vec::new(), between: b"", tail: b"" },
            counts_octets,
            is_udp,
            max_message_bytes: settings.bytes("max_message_bytes").unwrap_or(default).clamp(480, largest) as usize,
            header: format!(" {} {app_name} - audit - ", name(hostname, 255)).into_bytes(),
        }
    }
}

impl Receiver for Syslog {
    fn limits(&self) -> (usize, usize) {
        if self.is_udp { (1, usize::MAX) } else { (usize::MAX, 4 << 20) }
    }

    fn write(&self, event: &Event<'_>, out: &mut Vec<u8>) {
        let mut message = PRIORITY.to_vec();
        let mut stamp = Vec::new();
        time::push(&mut stamp, event.time);
        // RFC 5424 has microseconds at most.
        message.extend_from_slice(stamp.get(..26).unwrap_or_default());
        message.push(b'Z');
        message.extend_from_slice(&self.header);
        let room = self.max_message_bytes.saturating_sub(message.len());
        // Between JSON's tokens a line break is a blank; in a string there is none.
        let flat = |byte: &u8| if matches!(byte, b'\n' | b'\r' | 0) { b' ' } else { *byte };
        if event.body.len() <= room {
            message.extend(event.body.iter().map(flat));
        } else {
            let mut end = room.saturating_sub(CUT.len());
            while event.body.get(end).is_some_and(|byte| byte & 0xc0 == 0x80) {
                end -= 1;
            }
            message.extend(event.body.get(..end).unwrap_or_default().iter().map(flat));
            message.extend_from_slice(CUT);
        }
        if self.counts_octets {
            number::push(out, message.len() as u64);
            out.push(b' ');
        }
        out.extend_from_slice(&message);
        if !self.counts_octets && !self.is_udp {
            out.push(b'\n');
        }
    }

    fn frame(&self) -> &Frame {
        &self.frame
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        Vec::new()
    }
}
