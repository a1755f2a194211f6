//! sshd, sudo and PAM: who proved who they are, from where, and what they ran. Sources: auth.c and auth2.c of OpenSSH, logging.c
//! of sudo, pam_unix of Linux-PAM.

use super::facts::{Fact, Facts, Shape};

/// A message: `{}` stands for anything, a name in braces for a fact. A word has no space in it; a user's name may have, so it
/// reaches as far as it can: what a client calls itself cannot move the address behind it.
struct Pattern {
    text: &'static str,
    action: &'static str,
    /// `success`, `failure` or nothing.
    outcome: &'static str,
}

const fn pattern(text: &'static str, action: &'static str, outcome: &'static str) -> Pattern {
    Pattern { text, action, outcome }
}

const SSHD: &[Pattern] = &[
    pattern("Accepted {method} for {user} from {address} port {port} {}", "ssh_login", "success"),
    pattern("Failed {method} for invalid user {user} from {address} port {port} {}", "ssh_login", "failure"),
    pattern("Failed {method} for {user} from {address} port {port} {}", "ssh_login", "failure"),
    pattern("Invalid user {user} from {address} port {port}", "ssh_login", "failure"),
    pattern("Invalid user {user} from {address}", "ssh_login", "failure"),
    pattern(
        "error: maximum authentication attempts exceeded for invalid user {user} from {address} port {port} {}",
        "ssh_login",
        "failure",
    ),
    pattern(
        "error: maximum authentication attempts exceeded for {user} from {address} port {port} {}",
        "ssh_login",
        "failure",
    ),
    pattern("User {user} from {address} not allowed because {}", "ssh_login", "failure"),
    pattern("Disconnected from invalid user {user} {address} port {port} {}", "ssh_disconnect", ""),
    pattern("Disconnected from authenticating user {user} {address} port {port} {}", "ssh_disconnect", ""),
    pattern("Disconnected from user {user} {address} port {port}", "ssh_disconnect", ""),
    pattern("Connection closed by invalid user {user} {address} port {port} {}", "ssh_disconnect", ""),
    pattern("Connection closed by authenticating user {user} {address} port {port} {}", "ssh_disconnect", ""),
    pattern("Received disconnect from {address} port {port}:{}", "ssh_disconnect", ""),
];

const PAM: &[Pattern] = &[
    pattern("pam_unix({}:session): session opened for user {target} by {user}", "session_opened", "success"),
    pattern("pam_unix({}:session): session closed for user {target}", "session_closed", "success"),
    pattern(
        "pam_unix({}:auth): authentication failure; {} rhost={address} {} user={user}",
        "authentication",
        "failure",
    ),
    pattern("pam_unix({}:auth): authentication failure; {} rhost={address} user={user}", "authentication", "failure"),
    pattern("pam_unix({}:auth): authentication failure; {} rhost=  user={user}", "authentication", "failure"),
    pattern("pam_unix({}:auth): authentication failure; {} rhost={address}", "authentication", "failure"),
    pattern("pam_unix({}:auth): authentication failure; {}", "authentication", "failure"),
];

/// Every message: its pattern, what was done, how it ended.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn messages() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    SSHD.iter().chain(PAM).map(|pattern| (pattern.text, pattern.action, pattern.outcome))
}

/// Reads a message of sshd, sudo or PAM; others are left alone.
pub(super) fn read(facts: &mut Facts<'_>, program: &[u8], message: &[u8]) {
    let is_sshd = program.starts_with(b"sshd");
    let patterns = PAM.iter().chain(if is_sshd { SSHD } else { &[] });
    for pattern in patterns {
        let mut found = Vec::new();
        if !fit(pattern.text.as_bytes(), message, &mut found) {
            continue;
        }
        facts.shape = Shape::Login;
        facts.set_text(Fact::Action, pattern.action.as_bytes());
        facts.set_text(Fact::Outcome, pattern.outcome.as_bytes());
        for (name, value) in found {
            let (fact, value) = match name {
                b"method" => (Fact::Method, value),
                b"address" => (Fact::Address, value),
                b"port" => (Fact::Port, value),
                // `root(uid=0)`; `(uid=0)` where nobody is known.
                b"target" => (Fact::TargetUser, before(value, b'(')),
                b"user" => (Fact::User, before(value, b'(')),
                _ => continue,
            };
            facts.set_text(fact, value);
        }
        if facts.json(Fact::User).is_none() {
            let user = facts.text(Fact::TargetUser);
            facts.set_text(Fact::User, &user);
        }
        return;
    }
    if program == b"sudo" {
        sudo(facts, message);
    }
}

/// `alice : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/home ; USER=root ; COMMAND=/bin/id -u`
fn sudo(facts: &mut Facts<'_>, message: &[u8]) {
    let text = message.trim_ascii();
    let Some(split) = crate::bytes::find(text, b" : ") else { return };
    let (user, rest) = text.split_at(split);
    let rest = rest.get(3..).unwrap_or_default();
    // The command is last and may hold anything.
    let (rest, command) = match crate::bytes::find(rest, b"COMMAND=") {
        Some(at) => (rest.get(..at).unwrap_or_default(), rest.get(at + 8..).unwrap_or_default()),
        None => (rest, &b""[..]),
    };
    let mut failure = &b""[..];
    for part in rest.split(|&byte| byte == b';') {
        let part = part.trim_ascii();
        let mut halves = part.splitn(2, |&byte| byte == b'=');
        match (halves.next().unwrap_or_default(), halves.next()) {
            (b"TTY", Some(value)) => facts.set_text(Fact::Terminal, value),
            (b"PWD", Some(value)) => facts.set_text(Fact::Directory, value),
            (b"USER", Some(value)) => facts.set_text(Fact::TargetUser, value),
            (words, None) if failure.is_empty() => failure = words,
            _ => {}
        }
    }
    if command.is_empty() && failure.is_empty() {
        return;
    }
    facts.shape = Shape::Login;
    facts.set_text(Fact::User, user);
    facts.set_text(Fact::Command, command);
    facts.set_text(Fact::Action, b"sudo_command");
    facts.set_text(Fact::Reason, failure);
    facts.set_text(Fact::Outcome, if failure.is_empty() { b"success" } else { b"failure" });
}

fn before(text: &[u8], end: u8) -> &[u8] {
    text.split(|&byte| byte == end).next().unwrap_or_default()
}

/// Fits a message to a pattern from its end to its beginning, so that a user's name is the longest that fits.
fn fit<'p, 't>(pattern: &'p [u8], text: &'t [u8], found: &mut Vec<(&'p [u8], &'t [u8])>) -> bool {
    let Some(open) = pattern.iter().rposition(|&byte| byte == b'{') else { return pattern == text };
    let Some(close) = pattern.iter().rposition(|&byte| byte == b'}') else { return false };
    let (Some(before), Some(name), Some(after)) =
        (pattern.get(..open), pattern.get(open + 1..close), pattern.get(close + 1..))
    else {
        return false;
    };
    let Some(text) = text.strip_suffix(after) else { return false };
    // What stands in front of this place and behind the one before it.
    let fixed = before.iter().rposition(|&byte| byte == b'}').map_or(0, |at| at + 1);
    let Some(fixed_text) = before.get(fixed..) else { return false };
    if fixed == 0 {
        let Some(value) = text.strip_prefix(fixed_text) else { return false };
        found.push((name, value));
        return is_fit(name, value);
    }
    let mut end = text.len() + 1;
    while let Some(at) = last(text.get(..end - 1).unwrap_or_default(), fixed_text) {
        let (head, value) = text.split_at(at);
        let value = value.get(fixed_text.len()..).unwrap_or_default();
        let known = found.len();
        found.push((name, value));
        if is_fit(name, value) && fit(before.get(..fixed).unwrap_or_default(), head, found) {
            return true;
        }
        found.truncate(known);
        // Only what may hold spaces can reach further.
        if !matches!(name, b"" | b"user") {
            return false;
        }
        end = at + fixed_text.len();
        if end == 0 {
            return false;
        }
    }
    false
}

fn is_fit(name: &[u8], value: &[u8]) -> bool {
    let is_word = !value.is_empty() && !value.contains(&b' ');
    match name {
        b"" | b"user" => true,
        b"port" => is_word && value.iter().all(u8::is_ascii_digit),
        b"address" => {
            is_word
                && value
                    .iter()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':' | b'-' | b'_' | b'%'))
        }
        _ => is_word,
    }
}

fn last(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).rposition(|window| window == part)
}
