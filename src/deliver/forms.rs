//! Values of properties, read from text.

pub(super) fn is_pair(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| !name.is_empty())
}

pub(super) fn number(value: &str) -> Option<u32> {
    value.parse().ok()
}

pub(super) fn flag(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" => Some(true),
        "off" | "false" | "no" => Some(false),
        _ => None,
    }
}

pub(super) fn bytes(value: &str) -> Option<u64> {
    let value = value.trim_end_matches(['b', 'B']);
    let digits = value.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit: u64 = match value.get(digits.len()..)? {
        "" => 1,
        "k" | "K" => 1 << 10,
        "m" | "M" => 1 << 20,
        "g" | "G" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u32>().ok().filter(|number| *number > 0).map(|number| u64::from(number) * unit)
}

/// Where a secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretPlace<'a> {
    /// In an environment variable.
    Environment(&'a str),
    /// In a file.
    File(&'a str),
}

/// Reads `env:NAME` and `file:/path`.
pub fn secret_place(value: &str) -> Option<SecretPlace<'_>> {
    match value.split_once(':')? {
        (_, "") => None,
        ("env", name) => Some(SecretPlace::Environment(name)),
        ("file", path) => Some(SecretPlace::File(path)),
        _ => None,
    }
}

/// Reads a port, which means the loopback address, or an address and a port.
pub fn listen(value: &str) -> Option<core::net::SocketAddr> {
    let loopback = core::net::IpAddr::V4(core::net::Ipv4Addr::LOCALHOST);
    value.parse::<u16>().map(|port| (loopback, port).into()).or_else(|_| value.parse()).ok()
}

/// A scheme, a host, and no credentials that a log could show.
pub(super) fn is_url(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else { return false };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    matches!(scheme, "http" | "https" | "tcp" | "tls" | "udp")
        && !authority.is_empty()
        && !authority.contains('@')
        && !value.contains(['#', ' '])
        && value.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_and_nothing_else_behind_them() {
        let sizes = ["7", "512K", "2mb", "1G", "1GB"].map(bytes);
        assert_eq!(sizes, [7, 512 << 10, 2 << 20, 1 << 30, 1 << 30].map(Some));
        assert_eq!(["", "K", "0", "-1", "1T", "1KK", "1.5M"].map(bytes), [None; 7]);
    }
}
