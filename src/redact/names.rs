//! What the name of a member says about its value: `dbPassword`, `API_KEY` and `client-secret` hold secrets, `secretName`
//! and `tokenExpirationSeconds` do not.
//!
//! A name is split at everything that is no letter or digit and at changes of case; what stands before the last `/` of an
//! annotation key is its owner and does not count. A harmless last word says that the value is about the secret.

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

/// What a word does to a name; bits.
mod word {
    /// Makes it secret as one of the last two words.
    pub(super) const SECRET: u8 = 1;
    /// As the last word, turns it harmless: the value is about the secret.
    pub(super) const HARMLESS: u8 = 1 << 1;
    /// Makes it secret in front of `key`.
    pub(super) const OF_KEY: u8 = 1 << 2;
    /// Is secret behind `OF_KEY`.
    pub(super) const KEY: u8 = 1 << 3;
    /// Is a file name of a key behind `id`: `id_rsa`.
    pub(super) const AFTER_ID: u8 = 1 << 4;
    /// Is secret behind `connection`.
    pub(super) const STRING: u8 = 1 << 5;
    /// `id`
    pub(super) const ID: u8 = 1 << 6;
    /// `connection`
    pub(super) const CONNECTION: u8 = 1 << 7;
}

/// Words that are secret wherever they stand in a name, also inside a longer word.
const STRONG: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "apikey",
    "secretkey",
    "accesskey",
    "privatekey",
    "dockerconfigjson",
    "dockercfg",
];

/// Words that a longer word may end with: `authtoken`.
const ENDINGS: &[&str] = &["token", "secret", "pwd", "credentials"];

/// All words that say something, and what.
const WORDS: &[(&str, u8)] = &words();

const SECRET_WORDS: [&str; 32] = [
    "password",
    "passwd",
    "passphrase",
    "apikey",
    "secretkey",
    "accesskey",
    "privatekey",
    "dockerconfigjson",
    "dockercfg",
    "secret",
    "secrets",
    "token",
    "tokens",
    "pwd",
    "pass",
    "passcode",
    "credential",
    "credentials",
    "cookie",
    "cookies",
    "jwt",
    "dsn",
    "bearer",
    "authorization",
    "htpasswd",
    "connectionstring",
    "kubeconfig",
    "otp",
    "psk",
    "userdata",
    "sas",
    "passwords",
];
const HARMLESS_WORDS: [&str; 70] = [
    "ref",
    "refs",
    "name",
    "names",
    "namespace",
    "path",
    "paths",
    "file",
    "files",
    "mount",
    "expiration",
    "seconds",
    "ttl",
    "type",
    "id",
    "ids",
    "policy",
    "count",
    "length",
    "version",
    "audience",
    "audiences",
    "kind",
    "store",
    "provider",
    "enabled",
    "url",
    "uri",
    "endpoint",
    "expires",
    "expiry",
    "at",
    "timestamp",
    "time",
    "size",
    "limit",
    "class",
    "selector",
    "mode",
    "format",
    "issuer",
    "strategy",
    "reviews",
    "reason",
    "status",
    "rotation",
    "hint",
    "algorithm",
    "days",
    "minutes",
    "hours",
    "min",
    "max",
    "template",
    "group",
    "kid",
    "accessor",
    "cleaner",
    "controller",
    "volume",
    "volumes",
    "projection",
    "mounts",
    "required",
    "disabled",
    "creation",
    "review",
    "request",
    "stdin",
    "prompt",
];
const KEY_OWNERS: [&str; 26] = [
    "private",
    "secret",
    "api",
    "access",
    "master",
    "shared",
    "signing",
    "encryption",
    "account",
    "storage",
    "client",
    "tls",
    "ssh",
    "hmac",
    "license",
    "service",
    "server",
    "rsa",
    "auth",
    "aes",
    "session",
    "app",
    "root",
    "deploy",
    "consumer",
    "encrypt",
];
const OTHER_WORDS: [(&str, u8); 9] = [
    ("key", word::KEY),
    ("keys", word::KEY),
    ("base64", word::KEY),
    ("rsa", word::AFTER_ID | word::OF_KEY),
    ("ed25519", word::AFTER_ID),
    ("ecdsa", word::AFTER_ID),
    ("string", word::STRING),
    ("id", word::ID | word::HARMLESS),
    ("connection", word::CONNECTION),
];

#[expect(clippy::indexing_slicing, reason = "evaluated when the module is compiled; a mistake does not compile")]
const fn words() -> [(&'static str, u8); 32 + 70 + 26 + 9] {
    let mut all = [("", 0); 32 + 70 + 26 + 9];
    let mut used = 0;
    let lists: [(&[&str], u8); 3] =
        [(&SECRET_WORDS, word::SECRET), (&HARMLESS_WORDS, word::HARMLESS), (&KEY_OWNERS, word::OF_KEY)];
    let mut list = 0;
    while list < lists.len() {
        let mut at = 0;
        while at < lists[list].0.len() {
            all[used] = (lists[list].0[at], lists[list].1);
            used += 1;
            at += 1;
        }
        list += 1;
    }
    let mut at = 0;
    while at < OTHER_WORDS.len() {
        all[used] = OTHER_WORDS[at];
        used += 1;
        at += 1;
    }
    all
}

/// Number of places in the table of words; a power of two.
const TABLE_PLACES: usize = 512;

/// Hash and bits of each word, found by its hash; places taken are passed over.
static TABLE: [(u32, u8); TABLE_PLACES] = table();

#[expect(clippy::indexing_slicing, reason = "evaluated when the module is compiled; a mistake does not compile")]
const fn table() -> [(u32, u8); TABLE_PLACES] {
    let mut table = [(0, 0); TABLE_PLACES];
    let mut at = 0;
    while at < WORDS.len() {
        let hash = hash_of(WORDS[at].0.as_bytes());
        let mut place = hash as usize % TABLE_PLACES;
        while table[place].1 != 0 && table[place].0 != hash {
            place = (place + 1) % TABLE_PLACES;
        }
        table[place] = (hash, table[place].1 | WORDS[at].1);
        at += 1;
    }
    table
}

/// FNV-1a.
const HASH_START: u32 = 0x811c_9dc5;
const HASH_FACTOR: u32 = 0x0100_0193;

#[expect(clippy::indexing_slicing, reason = "evaluated when the module is compiled; a mistake does not compile")]
const fn hash_of(word: &[u8]) -> u32 {
    let mut hash = HASH_START;
    let mut at = 0;
    while at < word.len() {
        hash = (hash ^ word[at] as u32).wrapping_mul(HASH_FACTOR);
        at += 1;
    }
    hash
}

/// What the word with this hash says.
fn bits_of(hash: u32) -> u8 {
    let mut place = hash as usize % TABLE_PLACES;
    while let Some(&(known, bits)) = TABLE.get(place)
        && bits != 0
    {
        if known == hash {
            return bits;
        }
        place = (place + 1) % TABLE_PLACES;
    }
    0
}

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
    let (mut last, mut before) = (0, 0);
    let mut words = 0;
    let mut inside = false;
    let mut start = 0;
    let mut hash = HASH_START;
    let mut after_upper = true;
    let mut after = 0;
    let mut compound = false;
    for (at, byte) in key.iter().copied().chain([b' ']).enumerate() {
        let lower = LOWER.get(usize::from(byte)).copied().unwrap_or_default();
        let upper = byte.wrapping_sub(b'A') < 26;
        let begins = upper && (!after_upper || key.get(at + 1).is_some_and(u8::is_ascii_lowercase));
        if (lower == 0 || begins) && at > start {
            before = last;
            last = bits_of(hash);
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
        hash = if lower == 0 { HASH_START } else { (hash ^ u32::from(lower)).wrapping_mul(HASH_FACTOR) };
        after_upper = upper;
    }
    if last & word::HARMLESS != 0 {
        return false;
    }
    inside
        || (last | before) & word::SECRET != 0
        || last & word::KEY != 0
            && (before & word::OF_KEY != 0 || words == 1 && key.contains(&b'.') && key.ends_with(b"key"))
        || last & word::AFTER_ID != 0 && before & word::ID != 0
        || last & word::STRING != 0 && before & word::CONNECTION != 0
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
            "JWT",
            "HTTPToken",
        ] {
            assert!(is_secret(key.as_bytes()), "{key}");
        }
    }

    #[test]
    fn every_word_has_a_hash_of_its_own() {
        for (index, (one, _)) in WORDS.iter().enumerate() {
            for (other, _) in WORDS.iter().skip(index + 1) {
                assert!(one == other || hash_of(one.as_bytes()) != hash_of(other.as_bytes()), "{one} and {other}");
            }
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
        ] {
            assert!(!is_secret(key.as_bytes()), "{key}");
        }
    }
}
