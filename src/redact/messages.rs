//! Messages whose wording says where the secret is: errors of the API server that echo an object, and lines of sshd, sudo and cron.
//!
//! Sources: the error texts of k8s.io/apimachinery (field errors, decoders, patches) and sigs.k8s.io/structured-merge-diff; OpenSSH's auth.c,
//! sudo's logging.c and cron's do_command.c.

use super::class::Class;
use super::judge::Hit;
use super::{MASK_START, command};
use crate::bytes::find;
use crate::scan::View;

/// What stands in front of an echo, which goes to the end of the message.
const ECHOES: &[&[u8]] = &[
    b"Invalid value: ",
    b"Duplicate value: ",
    b"Unsupported value: ",
    b"error found in ",
    b"unrecognized type: ",
    b"unable to parse ",
    b"is missing in '",
    b", got &",
];

/// The same, where the echo is a list as Go prints it.
const LIST: &[u8] = b"The order in patch list:";
/// The same, where the echo is a map.
const MAP: &[u8] = b"map: map[";
/// In front of a reason, behind whose first line the API server may show what differs.
const FORBIDDEN: &[u8] = b"Forbidden: ";

/// Longest name of a type, with its package, that is looked at.
const LONGEST_TYPE_BYTES: usize = 128;

/// Finds what the error message `from..end`, about an object of `class`, shows of the object.
pub(crate) fn echoes(class: Class, text: View<'_>, from: usize, end: usize, hits: &mut Vec<Hit>) {
    let message = text.span(from, end);
    let mut cut = |start: usize| {
        let rest = message.get(start..).unwrap_or_default();
        if !rest.is_empty() && !rest.starts_with(MASK_START) {
            hits.push(Hit { start: from + start, end, id: "K14" });
        }
    };
    for words in ECHOES {
        if let Some(at) = find(message, words) {
            cut(at + words.len());
        }
    }
    // Most messages have none of these, and show nothing that Go prints.
    if message.iter().any(|byte| matches!(byte, b'[' | b'{' | b'\n')) {
        printed(message, &mut cut);
    }
    // An object in words that are not known; no message that says what was wrong with a Secret needs braces.
    if class == Class::Secret
        && let Some(at) = message.iter().position(|&byte| byte == b'{')
    {
        cut(at);
    }
    if class == Class::OauthToken {
        // The name of a token is the token: it stands in quotes, or alone.
        let first = message.iter().position(|&byte| byte == b'"').map_or(0, |at| at + 1);
        let last = message.iter().rposition(|&byte| byte == b'"').filter(|&at| at > first).unwrap_or(message.len());
        if !super::is_mask(message.get(first..last).unwrap_or_default()) {
            hits.push(Hit { start: from + first, end: from + last, id: "K19" });
        }
    }
}

/// Calls `cut` where a message shows what Go prints of an object: a list, a map, a difference, or a whole one with its type.
fn printed(message: &[u8], cut: &mut impl FnMut(usize)) {
    if let Some(at) = find(message, LIST) {
        cut(at + LIST.len());
    }
    if let Some(at) = find(message, MAP) {
        cut(at + b"map: ".len());
    }
    if let Some(at) = find(message, FORBIDDEN)
        && let Some(line) = message.iter().skip(at).position(|&byte| byte == b'\n')
    {
        cut(at + line + 1);
    }
    let mut braces = message.iter().enumerate().filter(|&(_, &byte)| byte == b'{');
    if let Some((at, _)) = braces.find(|&(at, _)| ends_with_type(message.get(..at).unwrap_or_default())) {
        cut(at + 1);
    }
}

/// Whether a text ends with a type as Go writes it in front of what it holds: `core.PodSpec`.
fn ends_with_type(text: &[u8]) -> bool {
    let from = text.len().saturating_sub(LONGEST_TYPE_BYTES);
    let mut parts = text.get(from..).unwrap_or_default().rsplitn(2, |&byte| byte == b'.');
    let name = parts.next().unwrap_or_default();
    let package = parts.next().unwrap_or_default();
    let length = package.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let package = package.get(package.len() - length..).unwrap_or_default();
    name.first().is_some_and(u8::is_ascii_uppercase)
        && name.iter().all(u8::is_ascii_alphanumeric)
        && package.first().is_some_and(u8::is_ascii_lowercase)
}

/// In front of a user that sshd does not know: often a password, typed at the wrong prompt.
const UNKNOWN_USER: &[u8] = b"nvalid user ";
/// In front of a command line that sudo ran.
const SUDO: &[u8] = b" COMMAND=";
/// In front of a command line that cron ran.
const CRON: &[u8] = b" CMD (";
/// The same, when it has ended.
const CRON_END: &[u8] = b" CMDEND (";

/// Whether a line is one that [`line_parts`] knows.
pub(crate) fn names_a_secret(line: &[u8]) -> bool {
    [UNKNOWN_USER, SUDO, CRON, CRON_END].iter().any(|words| find(line, words).is_some())
}

/// Finds the secret parts of a line of sshd, sudo or cron.
pub(crate) fn line_parts(text: View<'_>, from: usize, end: usize, hits: &mut Vec<Hit>) {
    let line = text.span(from, end);
    if let Some(start) = find(line, UNKNOWN_USER).map(|at| at + UNKNOWN_USER.len()) {
        let rest = line.get(start..).unwrap_or_default();
        let length = find(rest, b" from ").or_else(|| in_front_of_address(rest)).unwrap_or(rest.len());
        let user = rest.get(..length).unwrap_or_default();
        let user = user.split(|&byte| byte == b' ' && length == rest.len()).next().unwrap_or_default();
        if !user.is_empty() && !is_user_name(user) && !super::is_mask(user) {
            hits.push(Hit { start: from + start, end: from + start + user.len(), id: "L05" });
        }
    }
    for words in [SUDO, CRON, CRON_END] {
        if let Some(start) = find(line, words).map(|at| at + words.len()) {
            let rest = line.get(start..).unwrap_or_default();
            let mut parts = Vec::new();
            command::secret_parts(&[rest], &mut parts);
            hits.extend(parts.iter().map(|&(_, first, stop)| Hit {
                start: from + start + first,
                end: from + start + stop,
                id: "N01",
            }));
        }
    }
}

/// Where the address begins of `hunter2 192.0.2.7 port 22 [preauth]`, the space in front of it.
fn in_front_of_address(text: &[u8]) -> Option<usize> {
    const PORT: &[u8] = b" port ";
    let port = text.windows(PORT.len()).rposition(|words| words == PORT)?;
    text.get(..port)?.iter().rposition(|&byte| byte == b' ')
}

/// Whether a text has the shape of user names that `useradd` makes.
fn is_user_name(text: &[u8]) -> bool {
    text.len() <= 32
        && text.first().is_some_and(|&byte| byte.is_ascii_lowercase() || byte == b'_')
        && text
            .iter()
            .all(|&byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::scan::PADDING;

    fn masked(text: &str, find: impl FnOnce(View<'_>, usize, usize, &mut Vec<Hit>)) -> String {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(text.len() + PADDING, 0);
        let mut hits = Vec::new();
        find(View::new(&bytes).unwrap(), 0, text.len(), &mut hits);
        crate::redact::judge::merge(&mut hits);
        let mut out = text.to_owned();
        for hit in hits.iter().rev() {
            out.replace_range(hit.start..hit.end, &format!("<{}>", hit.id));
        }
        out
    }

    #[test]
    fn echoes_are_cut() {
        for (class, text, expected) in [
            (Class::Other, "spec.a: Invalid value: \"x\": must be y", "spec.a: Invalid value: <K14>"),
            (Class::Other, ".data.a: expected string, got &{x}", ".data.a: expected string, got &<K14>"),
            (Class::Other, "Object 'Kind' is missing in '{\"a\":1}'", "Object 'Kind' is missing in '<K14>"),
            (Class::Other, "pods \"web-{0}\" not found", "pods \"web-{0}\" not found"),
            (
                Class::Other,
                "Pod \"web\" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.x`\n  core.PodSpec{\n- a",
                "Pod \"web\" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.x`\n<K14>",
            ),
            (Class::Other, "spec: Forbidden: is immutable\n  string(\n- \"x\"", "spec: Forbidden: is immutable\n<K14>"),
            (Class::Other, "spec: Forbidden: is immutable", "spec: Forbidden: is immutable"),
            (Class::Other, "Forbidden: a\n[redacted:K14]", "Forbidden: a\n[redacted:K14]"),
            (Class::Other, "cannot take &v1.PodSpec{a:\"x\"} as it is", "cannot take &v1.PodSpec{<K14>"),
            (Class::Other, "[]core.EnvVar{core.EnvVar{a}}", "[]core.EnvVar{<K14>"),
            (Class::Other, "core.PodSpec{[redacted:K14]", "core.PodSpec{[redacted:K14]"),
            (Class::Other, "a.b{x} {x} A.B{x} 1.B{x} a.B {x} .B{x}", "a.b{x} {x} A.B{x} 1.B{x} a.B {x} .B{x}"),
            (
                Class::Other,
                "The order in patch list:\n[map[name:A value:x]]\n doesn't match $setElementOrder list:\n[map[name:A]]\n",
                "The order in patch list:<K14>",
            ),
            (Class::Other, "map: map[value:x] does not contain declared merge key: name", "map: <K14>"),
            (Class::Other, "unknown patch type: x in map: map[a:b]", "unknown patch type: x in map: <K14>"),
            (Class::Other, "expected a map: map of names", "expected a map: map of names"),
            (Class::Secret, "cannot apply {\"a\":1} to it", "cannot apply <K14>"),
            (Class::Secret, "secrets \"db\" not found", "secrets \"db\" not found"),
            (Class::OauthToken, "oauthaccesstokens \"abc\" not found", "oauthaccesstokens \"<K19>\" not found"),
            (Class::OauthToken, "abc", "<K19>"),
        ] {
            assert_eq!(masked(text, |view, from, end, hits| echoes(class, view, from, end, hits)), expected);
        }
    }

    #[test]
    fn users_and_commands_in_lines() {
        for (text, expected) in [
            ("Invalid user Hunter2 x from 1.2.3.4 port 22", "Invalid user <L05> from 1.2.3.4 port 22"),
            (
                "Failed password for invalid user oracle from 1.2.3.4",
                "Failed password for invalid user oracle from 1.2.3.4",
            ),
            (
                "Connection closed by invalid user Hunter2! 1.2.3.4 port 22 [preauth]",
                "Connection closed by invalid user <L05> 1.2.3.4 port 22 [preauth]",
            ),
            (
                "Disconnected from invalid user on port 22 fe80::1%eth0 port 22",
                "Disconnected from invalid user <L05> fe80::1%eth0 port 22",
            ),
            (
                "Connection closed by invalid user admin 1.2.3.4 port 22 [preauth]",
                "Connection closed by invalid user admin 1.2.3.4 port 22 [preauth]",
            ),
            (
                "Connection closed by invalid user  1.2.3.4 port 22",
                "Connection closed by invalid user  1.2.3.4 port 22",
            ),
            ("for invalid user Hunter2! [preauth]", "for invalid user <L05> [preauth]"),
            ("Invalid user  from 1.2.3.4", "Invalid user  from 1.2.3.4"),
            (
                "ops : TTY=pts/0 ; COMMAND=/bin/mysql -uroot -phunter2 db",
                "ops : TTY=pts/0 ; COMMAND=/bin/mysql -uroot -p<N01> db",
            ),
            ("(root) CMD (curl -u me:hunter2 http://x)", "(root) CMD (curl -u me:<N01> http://x)"),
            ("(root) CMDEND (curl -u me:hunter2 http://x)", "(root) CMDEND (curl -u me:<N01> http://x)"),
        ] {
            assert!(names_a_secret(text.as_bytes()));
            assert_eq!(masked(text, line_parts), expected);
        }
    }
}
