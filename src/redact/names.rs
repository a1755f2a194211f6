//! What the name of a member says about its value: `dbPassword`, `API_KEY` and `client-secret` hold secrets, `secretName`
//! and `tokenExpirationSeconds` do not.
//!
//! A name is split at everything that is no letter or digit and at changes of case; what stands before the last `/` of an
//! annotation key is its owner and does not count. A harmless last word says that the value is about the secret.

use super::words::{ENDINGS, STRONG, bits_of, word};

/// Bits that a name can have.
pub(crate) mod name {
    /// The value is a secret if it is a scalar.
    pub(crate) const SECRET: u8 = 1;
    /// `name` or `key` of a pair, see [`is_pair_name`].
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

/// FNV-1a.
pub(super) const HASH_START: u32 = 0x811c_9dc5;
const HASH_FACTOR: u32 = 0x0100_0193;

/// The hash with one byte more.
pub(super) const fn hash_on(hash: u32, byte: u8) -> u32 {
    (hash ^ byte as u32).wrapping_mul(HASH_FACTOR)
}

/// Longest name that is split; beyond, its end is looked at.
const LOOKED_AT_BYTES: usize = 128;

/// Names from this length on can hold a token themselves.
pub(crate) const LONG_NAME_BYTES: usize = super::tokens::SHORTEST_TOKEN_BYTES;

/// The bits of `key`.
pub(crate) fn classify(key: &[u8]) -> u8 {
    let own = match key {
        b"value" | b"Value" | b"values" | b"default" | b"defaultValue" | b"parameterValue" => name::PAIR_VALUE,
        b"kind" => name::KIND,
        b"data" | b"stringData" => name::DATA,
        _ if is_pair_name(key) => name::PAIR_NAME,
        _ => 0,
    };
    let long = if key.len() >= LONG_NAME_BYTES { name::LONG } else { 0 };
    own | long | if is_secret(key) { name::SECRET } else { 0 }
}

/// Bytes of the longest name of a member that names a pair: `parameterName`.
pub(crate) const LONGEST_PAIR_NAME: usize = 13;

/// Whether the member under `key` names what its neighbour `value` is.
pub(crate) fn is_pair_name(key: &[u8]) -> bool {
    matches!(key, b"name" | b"key" | b"Name" | b"Key" | b"parameterKey" | b"parameterName" | b"header")
}

/// Whether the member under `key` is all that its object is there for, as the attributes of OpenTelemetry have it.
pub(crate) fn is_lone_value(key: &[u8]) -> bool {
    matches!(key, b"stringValue" | b"bytesValue" | b"intValue" | b"doubleValue")
}

/// Whether a scalar under this name is a secret.
pub(crate) fn is_secret(key: &[u8]) -> bool {
    if cfg!(auditgate_empty_catalogue) {
        return false;
    }
    // What the API server says of old tokens: whose they are, and the names of their Secrets.
    if key
        .strip_prefix(b"authentication.k8s.io/")
        .is_some_and(|of| of == b"stale-token" || of.starts_with(b"legacy-token"))
    {
        return false;
    }
    let owned = key.iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1);
    let key = key.get(owned..).unwrap_or_default();
    let key = key.get(key.len().saturating_sub(LOOKED_AT_BYTES)..).unwrap_or_default();
    // The working directory of a process.
    if matches!(key, b"PWD" | b"OLDPWD") {
        return false;
    }
    if is_count(key) {
        return false;
    }
    // What the words before the last one say: the nearest, the one in front of it, and all of them together.
    let (mut last, mut before, mut third, mut all) = (0, 0, 0, 0);
    let mut words = 0;
    let mut inside = false;
    let mut start = 0;
    let mut hash = HASH_START;
    let mut letters_hash = HASH_START;
    let mut after_upper = true;
    let mut after = 0u8;
    let mut compound = false;
    for (at, byte) in key.iter().copied().chain([b' ']).enumerate() {
        let lower = LOWER.get(usize::from(byte)).copied().unwrap_or_default();
        let upper = byte.wrapping_sub(b'A') < 26;
        let begins = upper && (!after_upper || key.get(at + 1).is_some_and(u8::is_ascii_lowercase));
        if (lower == 0 || begins) && at > start {
            (third, before) = (before, last);
            last = bits_of(hash);
            // `password2`
            if last == 0 && after.is_ascii_digit() {
                last = bits_of(letters_hash);
            }
            all |= last;
            words += 1;
            inside |= last == 0 && compound && is_compound(key.get(start..at).unwrap_or_default());
        }
        if lower == 0 || begins {
            start = if lower == 0 { at + 1 } else { at };
            hash = HASH_START;
            compound = false;
        }
        // Two letters that every word has which other words are made with.
        compound |=
            matches!((after, lower), (b's', b's') | (b'k', b'e') | (b'e', b't' | b'n') | (b'p', b'w') | (b'l', b's'));
        after = lower;
        hash = if lower == 0 { HASH_START } else { hash_on(hash, lower) };
        if !lower.is_ascii_digit() {
            letters_hash = hash;
        }
        after_upper = upper;
    }
    if last & word::HARMLESS != 0 {
        return false;
    }
    inside
        || all & word::STRONG != 0
        || (last | before) & word::SECRET != 0
        || last & word::KEY != 0
            && (before & word::OF_KEY != 0 || words == 1 && key.contains(&b'.') && key.ends_with(b"key"))
        // `clientKeyData`, `API_KEY_PROD`
        || before & word::KEY != 0 && third & word::OF_KEY != 0
        || last & word::AFTER_ID != 0 && before & word::ID != 0
        || last & word::STRING != 0 && before & word::CONNECTION != 0
}

/// Whether a name says how many tokens a language model took or may take: `prompt_tokens`, `maxTokens`.
fn is_count(key: &[u8]) -> bool {
    let of = key.strip_suffix(b"_tokens").or_else(|| key.strip_suffix(b"Tokens"));
    of.is_some_and(|of| {
        matches!(of, b"prompt" | b"completion" | b"input" | b"output" | b"total" | b"max" | b"cached" | b"reasoning")
    })
}

/// The lower case of letters, digits as they are, zero for what splits words.
#[expect(clippy::indexing_slicing, reason = "evaluated when the module is compiled; a mistake does not compile")]
static LOWER: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        if (byte as u8).is_ascii_alphanumeric() {
            table[byte] = (byte as u8).to_ascii_lowercase();
        }
        byte += 1;
    }
    table
};

/// Whether a word that is not known itself holds a strong one or ends with one that words are made with.
fn is_compound(word: &[u8]) -> bool {
    let ends = |ending: &&str| {
        let tail = word.get(word.len().wrapping_sub(ending.len())..);
        tail.is_some_and(|tail| tail.eq_ignore_ascii_case(ending.as_bytes()))
    };
    ENDINGS.iter().any(ends)
        || word.len() > 6
            && STRONG.iter().any(|strong| {
                let first = strong.as_bytes().first().copied().unwrap_or_default();
                word.windows(strong.len()).any(|window| {
                    window.first().is_some_and(|byte| byte | 0x20 == first)
                        && window.eq_ignore_ascii_case(strong.as_bytes())
                })
            })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_names() {
        for key in [
            "password",
            "DB_PASSWORD",
            "dbPassword",
            "db-password",
            "dbpassword",
            "token",
            "authToken",
            "authtoken",
            "API_KEY",
            "apiKey",
            "apikey",
            "X-Api-Key",
            "clientSecret",
            "client_secret",
            "AWS_SECRET_ACCESS_KEY",
            "aws_access_key_id_secret",
            "privateKey",
            "tls.key",
            "id_rsa",
            ".dockerconfigjson",
            "connectionString",
            "Authorization",
            "Cookie",
            "MYSQL_PWD",
            "redis-pass",
            "secret",
            "example.com/api-token",
            "authentication.k8s.io/token",
            "example.com/legacy-token",
            "JWT",
            "HTTPToken",
            "password2",
            "API_TOKEN_2",
            "apiKey1",
            "ADMIN_PASSWORD_FOR_THE_PROXY",
            "client-key-data",
            "API_KEY_PROD",
            "certificateKey",
            "registry-creds",
        ] {
            assert!(is_secret(key.as_bytes()), "{key}");
        }
    }

    #[test]
    fn harmless_names() {
        for key in [
            "secretName",
            "secretRef",
            "secretKeyRef",
            "tokenExpirationSeconds",
            "passwordPolicy",
            "name",
            "key",
            "keys",
            "authorization.k8s.io/decision",
            "authentication.kubernetes.io/credential-id",
            "authentication.k8s.io/stale-token",
            "authentication.k8s.io/legacy-token-manual-secret",
            "publicKey",
            "compass",
            "username",
            "resourceVersion",
            "monkey",
            "token_type",
            "tokenPath",
            "kubernetes.io/service-account.name",
            "keyId",
            "secretStore",
            "",
            "bypass",
            "encryptionKeyArn",
            "passwordPrompt",
            "api-key-header",
            "server-side",
            "keyring2",
            "prompt_tokens",
            "maxTokens",
            "PWD",
        ] {
            assert!(!is_secret(key.as_bytes()), "{key}");
        }
    }
}
