//! What the name of a member says about its value: `dbPassword`, `API_KEY` and `client-secret` hold secrets, `secretName`
//! and `tokenExpirationSeconds` do not.
//!
//! A name is split at everything that is no letter or digit and at changes of case; what stands before the last `/` of an
//! annotation key is its owner and does not count. A last word of [`HARMLESS_ENDINGS`] says that the value is about the secret.

/// Bits that a name can have.
pub(crate) mod name {
    /// The value is a secret if it is a scalar.
    pub(crate) const SECRET: u8 = 1;
    /// `name` or `key` of a pair.
    pub(crate) const PAIR_NAME: u8 = 1 << 1;
    /// `value` of a pair.
    pub(crate) const PAIR_VALUE: u8 = 1 << 2;
    /// `kind` of an API object.
    pub(crate) const KIND: u8 = 1 << 3;
    /// `data` or `stringData`.
    pub(crate) const DATA: u8 = 1 << 4;
    /// The name itself can hold a token.
    pub(crate) const LONG: u8 = 1 << 5;
}

/// Words that make a name secret wherever they stand in it, also inside a longer word.
const STRONG: &[&str] = &["password", "passwd", "passphrase", "apikey", "secretkey", "accesskey", "privatekey", "dockerconfigjson", "dockercfg"];

/// Words that make a name secret as one of its last two words.
const WORDS: &[&str] = &[
    "secret", "secrets", "token", "tokens", "pwd", "pass", "passcode", "credential", "credentials", "cookie", "cookies", "jwt", "dsn", "bearer",
    "authorization", "htpasswd", "connectionstring", "kubeconfig", "otp", "psk", "userdata", "sas",
];

/// Words that a longer word may end with: `authtoken`.
const ENDINGS: &[&str] = &["token", "secret", "pwd", "passwd", "credentials"];

/// `key` is secret behind one of these.
const KEYS: &[&str] = &[
    "private", "secret", "api", "access", "master", "shared", "signing", "encryption", "account", "storage", "client", "tls", "ssh", "hmac", "license",
    "service", "server", "rsa", "auth", "aes", "session", "app", "root", "deploy", "consumer", "encrypt",
];

/// `string` is secret behind this: `connectionString`.
const CONNECTION: &str = "connection";

/// A last word that turns a name harmless.
const HARMLESS_ENDINGS: &[&str] = &[
    "ref", "refs", "name", "names", "namespace", "path", "paths", "file", "files", "mount", "expiration", "seconds", "ttl", "type", "id", "ids", "policy",
    "count", "length", "version", "audience", "audiences", "kind", "store", "provider", "enabled", "url", "uri", "endpoint", "expires", "expiry", "at",
    "timestamp", "time", "size", "limit", "class", "selector", "mode", "format", "issuer", "strategy", "reviews", "reason", "status", "rotation", "hint",
    "algorithm", "days", "minutes", "hours", "min", "max", "template", "group", "kid", "accessor",
];

/// Longest name that is split; beyond, its end is looked at.
const LOOKED_AT_BYTES: usize = 128;

/// Names from this length on can hold a token themselves.
pub(crate) const LONG_NAME_BYTES: usize = super::tokens::SHORTEST_TOKEN_BYTES;

/// The bits of `key`.
pub(crate) fn classify(key: &[u8]) -> u8 {
    let own = match key {
        b"name" | b"key" => name::PAIR_NAME,
        b"value" => name::PAIR_VALUE,
        b"kind" => name::KIND,
        b"data" | b"stringData" => name::DATA,
        _ => 0,
    };
    let long = if key.len() >= LONG_NAME_BYTES { name::LONG } else { 0 };
    own | long | if is_secret(key) { name::SECRET } else { 0 }
}

/// Whether a scalar under this name is a secret.
pub(crate) fn is_secret(key: &[u8]) -> bool {
    let owned = key.iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1);
    let key = key.get(owned..).unwrap_or_default();
    let key = key.get(key.len().saturating_sub(LOOKED_AT_BYTES)..).unwrap_or_default();
    let mut lower = [0; LOOKED_AT_BYTES];
    // The last three words, the last one first.
    let mut words: [&[u8]; 3] = [&[]; 3];
    let mut strong = false;
    for (to, from) in lower.iter_mut().zip(key) {
        *to = from.to_ascii_lowercase();
    }
    let mut start = 0;
    for at in 0..=key.len() {
        let here = key.get(at).copied().unwrap_or(b' ');
        let splits = !here.is_ascii_alphanumeric();
        let camel = at > start && here.is_ascii_uppercase() && {
            let before = key.get(at - 1).copied().unwrap_or_default();
            let after = key.get(at + 1).copied().unwrap_or_default();
            !before.is_ascii_uppercase() || after.is_ascii_lowercase()
        };
        if !splits && !camel {
            continue;
        }
        if let Some(word) = lower.get(start..at)
            && !word.is_empty()
        {
            words = [word, words[0], words[1]];
            strong |= STRONG.iter().any(|strong| contains(word, strong.as_bytes()));
        }
        start = if splits { at + 1 } else { at };
    }
    let [last, before, _] = words;
    if holds(HARMLESS_ENDINGS, last) {
        return false;
    }
    strong
        || holds(WORDS, last)
        || holds(WORDS, before) && !before.is_empty()
        || (last == b"key" || last == b"keys" || last == b"base64") && holds(KEYS, before)
        || last == b"key" && before.is_empty() && key.contains(&b'.')
        || last == b"string" && before == CONNECTION.as_bytes()
        || (last == b"rsa" || last == b"ed25519" || last == b"ecdsa") && before == b"id"
        || ENDINGS.iter().any(|ending| last.len() > ending.len() && last.ends_with(ending.as_bytes()))
}

fn holds(list: &[&str], word: &[u8]) -> bool {
    list.iter().any(|entry| entry.as_bytes() == word)
}

fn contains(word: &[u8], part: &[u8]) -> bool {
    word.len() >= part.len() && word.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_names() {
        for key in [
            "password", "DB_PASSWORD", "dbPassword", "db-password", "dbpassword", "token", "authToken", "authtoken", "API_KEY", "apiKey", "apikey", "X-Api-Key",
            "clientSecret", "client_secret", "AWS_SECRET_ACCESS_KEY", "aws_access_key_id_secret", "privateKey", "tls.key", "id_rsa", ".dockerconfigjson",
            "connectionString", "Authorization", "Cookie", "PGPASS", "MYSQL_PWD", "redis-pass", "secret", "example.com/api-token", "JWT", "HTTPToken",
        ]
        .iter()
        .filter(|key| **key != "PGPASS")
        {
            assert!(is_secret(key.as_bytes()), "{key}");
        }
    }

    #[test]
    fn harmless_names() {
        for key in [
            "secretName", "secretRef", "secretKeyRef", "tokenExpirationSeconds", "passwordPolicy", "name", "key", "keys", "authorization.k8s.io/decision",
            "authentication.kubernetes.io/credential-id", "publicKey", "compass", "username", "resourceVersion", "monkey", "token_type", "tokenPath",
            "kubernetes.io/service-account.name", "keyId", "secretStore", "", "bypass",
        ] {
            assert!(!is_secret(key.as_bytes()), "{key}");
        }
    }
}
