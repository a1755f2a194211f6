//! Command lines: which arguments hold secrets. Flags, program and order stay, because detections read them.

use super::names;

/// A secret part of an argument: index of the argument, span in it.
pub(crate) type Part = (usize, usize, usize);

/// Programs whose short flag takes a secret: the start of the program's name, the flag, and whether its value is `user:password`.
const SHORT_FLAGS: &[(&[u8], u8, bool)] = &[
    (b"mysql", b'p', false),
    (b"mariadb", b'p', false),
    (b"mongo", b'p', false),
    (b"sshpass", b'p', false),
    (b"docker", b'p', false),
    (b"podman", b'p', false),
    (b"redis", b'a', false),
    (b"ldap", b'w', false),
    (b"sqlcmd", b'P', false),
    (b"curl", b'u', true),
    (b"wget", b'u', true),
    (b"smbclient", b'U', true),
];

/// Programs that take a whole command line in one argument.
const MAX_WORDS: usize = 4096;

/// Finds the secret parts of `arguments`. Nested command lines (`sh -c "..."`) are split at white space.
pub(crate) fn secret_parts(arguments: &[&[u8]], parts: &mut Vec<Part>) {
    let mut line = Line::default();
    for (index, argument) in arguments.iter().enumerate() {
        line.argument(index, 0, argument, parts);
        if argument.contains(&b' ') {
            let mut inner = Line { nested: true, ..Line::default() };
            let mut at = 0;
            for word in argument.split(|byte| byte.is_ascii_whitespace()).take(MAX_WORDS) {
                if matches!(word, b"|" | b"||" | b"&&" | b";") {
                    inner = Line { nested: true, ..Line::default() };
                } else if !word.is_empty() {
                    inner.argument(index, at, word, parts);
                }
                at += word.len() + 1;
            }
        }
    }
}

/// What the arguments so far say about the next one.
#[derive(Default)]
struct Line {
    program: Option<(u8, bool)>,
    started: bool,
    /// A user was given the short way, `-uroot`, so `-p` is a password whatever the program.
    short_user: bool,
    /// Words of one argument, split at white space.
    nested: bool,
    next: Next,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Next {
    #[default]
    Plain,
    Secret,
    /// `user:password`
    Pair,
    /// What follows the first word of a secret.
    Rest,
}

impl Line {
    fn argument(&mut self, index: usize, offset: usize, word: &[u8], parts: &mut Vec<Part>) {
        let next = core::mem::take(&mut self.next);
        let mut part = |start: usize| {
            let value = word.get(start..).unwrap_or_default();
            let (from, to) = unquoted(value);
            let whole = value.get(from..to).unwrap_or_default();
            if to > from && !value.starts_with(b"$(") && !value.starts_with(b"${") && !is_done(whole) {
                parts.push((index, offset + start + from, offset + start + to));
            }
        };
        if next == Next::Secret && (!word.starts_with(b"--") || is_pem(word)) {
            part(0);
            // Inside a nested command line an unquoted value goes on to the next flag.
            self.next = if self.nested && !word.starts_with(b"\"") && !word.starts_with(b"'") && !is_done(word) {
                Next::Rest
            } else {
                Next::Plain
            };
            return;
        }
        if next == Next::Rest && (!word.starts_with(b"-") || is_pem(word)) && !matches!(word, b"<" | b">" | b"2>&1") {
            part(0);
            self.next = Next::Rest;
            return;
        }
        if next == Next::Pair {
            if let Some(colon) = word.iter().position(|&byte| byte == b':') {
                part(colon + 1);
            }
            return;
        }
        if !word.starts_with(b"-") || is_pem(word) {
            if let Some(equals) = word.iter().position(|&byte| byte == b'=') {
                if names::is_secret(word.get(..equals).unwrap_or_default()) {
                    part(equals + 1);
                }
            } else if !self.started || program_of(word).is_some() {
                // `env mysql`, `sudo mysql`: the last known program counts.
                self.started = true;
                self.program = program_of(word).or(self.program);
            }
            return;
        }
        let name = word.iter().position(|&byte| byte != b'-').and_then(|at| word.get(at..)).unwrap_or_default();
        let dashes = word.len() - name.len();
        let equals = name
            .iter()
            .position(|&byte| byte == b'=')
            .filter(|&equals| names::is_secret(name.get(..equals).unwrap_or_default()));
        if let Some(equals) = equals {
            part(dashes + equals + 1);
            return;
        }
        if dashes == 1 {
            let flag = name.first().copied().unwrap_or_default();
            let value_here = name.len() > 1;
            self.short_user |= flag == b'u' && value_here;
            let known = self.program.filter(|(secret, _)| *secret == flag);
            let guessed = self.short_user && flag == b'p' && value_here && !name.iter().skip(1).all(u8::is_ascii_digit);
            match known {
                Some((_, false)) if value_here => part(2),
                Some((_, true)) if value_here => {
                    if let Some(colon) = word.iter().position(|&byte| byte == b':') {
                        part(colon + 1);
                    }
                }
                Some((_, pair)) => self.next = if pair { Next::Pair } else { Next::Secret },
                None if guessed => part(2),
                None => {}
            }
            if known.is_some() || guessed {
                return;
            }
        }
        if names::is_secret(name) {
            self.next = Next::Secret;
        } else if name == b"user" && self.program == Some((b'u', true)) {
            self.next = Next::Pair;
        }
    }
}

/// Whether a value is a mask, perhaps with a quote left behind it.
fn is_done(value: &[u8]) -> bool {
    let end = value.iter().position(|&byte| byte == b']').map_or(0, |at| at + 1);
    let (mask, rest) = value.split_at_checked(end).unwrap_or_default();
    super::is_mask(mask) && rest.iter().all(|byte| matches!(byte, b'"' | b'\''))
}

/// Whether a word that begins with hyphens is no flag but a PEM block.
fn is_pem(word: &[u8]) -> bool {
    word.starts_with(b"-----")
}

/// The short flag of a program that takes a secret by one.
fn program_of(word: &[u8]) -> Option<(u8, bool)> {
    let base = word.iter().rposition(|&byte| byte == b'/').and_then(|at| word.get(at + 1..)).unwrap_or(word);
    SHORT_FLAGS.iter().find(|(name, _, _)| base.starts_with(name)).map(|&(_, flag, pair)| (flag, pair))
}

/// The span of a value without the quotes around it.
fn unquoted(value: &[u8]) -> (usize, usize) {
    match value {
        [b'"', inner @ .., b'"'] | [b'\'', inner @ .., b'\''] => (1, 1 + inner.len()),
        _ => (0, value.len()),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn masked(arguments: &[&str]) -> String {
        let bytes: Vec<&[u8]> = arguments.iter().map(|argument| argument.as_bytes()).collect();
        let mut parts = Vec::new();
        secret_parts(&bytes, &mut parts);
        let mut out: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        parts.sort_unstable();
        for (index, start, end) in parts.into_iter().rev() {
            out.get_mut(index).unwrap().replace_range(start..end, "*");
        }
        out.join(" , ")
    }

    #[test]
    fn secret_arguments() {
        for (arguments, expected) in [
            (&["app", "--password", "hunter2", "--user", "me"][..], "app , --password , * , --user , me"),
            (&["app", "--db-password=hunter2", "-v"], "app , --db-password=* , -v"),
            (&["app", "-token", "abc"], "app , -token , *"),
            (&["mysql", "-uroot", "-phunter2", "db"], "mysql , -uroot , -p* , db"),
            (&["-uroot", "-phunter2"], "-uroot , -p*"),
            (&["mysql", "-uroot", "-paGVsbG8=", "db"], "mysql , -uroot , -p* , db"),
            (&["sh", "-c", "vault login --token Basic abc -x"], "sh , -c , vault login --token * * -x"),
            (&["ssh", "-p2222", "host"], "ssh , -p2222 , host"),
            (&["nginx", "-p", "/etc/nginx"], "nginx , -p , /etc/nginx"),
            (
                &["sh", "-c", "mysql -uroot -phunter2 db && curl -u me:hunter2 http://x"],
                "sh , -c , mysql -uroot -p* db && curl -u me:* http://x",
            ),
            (&["env", "DB_PASSWORD=hunter2", "app"], "env , DB_PASSWORD=* , app"),
            (
                &["app", "--password=$(DB_PASSWORD)", "--secret-name=web"],
                "app , --password=$(DB_PASSWORD) , --secret-name=web",
            ),
            (&["/usr/bin/redis-cli", "-a", "hunter2", "ping"], "/usr/bin/redis-cli , -a , * , ping"),
            (&["curl", "http://169.254.169.254/latest/api/token"], "curl , http://169.254.169.254/latest/api/token"),
        ] {
            assert_eq!(masked(arguments), expected);
        }
    }
}
