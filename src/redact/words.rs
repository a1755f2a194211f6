//! The words that names are made of, and what each says; found by their hash.

use super::names::{HASH_START, hash_on};

/// What a word does to a name; bits.
pub(super) mod word {
    /// Makes it secret as one of the last two words.
    pub(crate) const SECRET: u16 = 1;
    /// As the last word, turns it harmless: the value is about the secret.
    pub(crate) const HARMLESS: u16 = 1 << 1;
    /// Makes it secret in front of `key`.
    pub(crate) const OF_KEY: u16 = 1 << 2;
    /// Is secret behind `OF_KEY`.
    pub(crate) const KEY: u16 = 1 << 3;
    /// Is a file name of a key behind `id`: `id_rsa`.
    pub(crate) const AFTER_ID: u16 = 1 << 4;
    /// Is secret behind `connection`.
    pub(crate) const STRING: u16 = 1 << 5;
    /// `id`
    pub(crate) const ID: u16 = 1 << 6;
    /// `connection`
    pub(crate) const CONNECTION: u16 = 1 << 7;
    /// Makes it secret wherever it stands.
    pub(crate) const STRONG: u16 = 1 << 8;
}

/// Words that are secret wherever they stand in a name, also inside a longer word.
#[rustfmt::skip]
pub(super) const STRONG: &[&str] = &[
    "password", "passwd", "passphrase", "apikey", "secretkey", "accesskey", "privatekey", "dockerconfigjson", "dockercfg", "passwords",
];

/// Words that a longer word may end with: `authtoken`.
pub(super) const ENDINGS: &[&str] = &["token", "secret", "pwd", "credentials"];

/// Words that are secret as one of the last two.
#[rustfmt::skip]
const SECRET: &[&str] = &[
    "secret", "secrets", "token", "tokens", "pwd", "pass", "passcode", "credential", "credentials", "cookie", "cookies", "jwt", "dsn",
    "bearer", "authorization", "htpasswd", "connectionstring", "kubeconfig", "otp", "psk", "userdata", "sas", "creds", "cred", "assertion",
    "pw", "storepass", "keypass", "requirepass", "masterauth", "bindpw", "rootpw", "macaroon", "signingkey", "encryptionkey", "sharedkey",
];

/// What is said about a secret, not the secret.
#[rustfmt::skip]
const HARMLESS: &[&str] = &[
    "ref", "refs", "name", "names", "namespace", "path", "paths", "file", "files", "mount", "expiration", "seconds", "ttl", "type", "id",
    "ids", "policy", "count", "length", "version", "audience", "audiences", "kind", "store", "provider", "enabled", "url", "uri",
    "endpoint", "expires", "expiry", "at", "timestamp", "time", "size", "limit", "class", "selector", "mode", "format", "issuer",
    "strategy", "reviews", "reason", "status", "rotation", "hint", "algorithm", "days", "minutes", "hours", "min", "max", "template",
    "group", "kid", "accessor", "cleaner", "controller", "volume", "volumes", "projection", "mounts", "required", "disabled", "creation",
    "review", "request", "stdin", "prompt", "arn", "alias", "header", "usage", "usages", "location", "dir", "directory", "label", "prefix",
    "lifetime", "interval", "duration", "field", "column",
];

/// Whose keys are secret.
#[rustfmt::skip]
const KEY_OWNERS: &[&str] = &[
    "private", "secret", "api", "access", "master", "shared", "signing", "encryption", "account", "storage", "client", "tls", "ssh", "hmac",
    "license", "service", "server", "rsa", "auth", "aes", "session", "app", "root", "deploy", "consumer", "encrypt", "certificate",
    "crypto", "webhook", "jwt", "cookie",
];

const OTHERS: &[(&str, u16)] = &[
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

/// Number of places in the table of words; a power of two.
const TABLE_PLACES: usize = 512;

/// Hash and bits of each word, found by its hash; places taken are passed over.
static TABLE: [(u32, u16); TABLE_PLACES] = table();

#[expect(clippy::indexing_slicing, reason = "evaluated when the module is compiled; a mistake does not compile")]
const fn table() -> [(u32, u16); TABLE_PLACES] {
    let mut table = [(0, 0); TABLE_PLACES];
    let lists: [(&[&str], u16); 4] =
        [(STRONG, word::STRONG), (SECRET, word::SECRET), (HARMLESS, word::HARMLESS), (KEY_OWNERS, word::OF_KEY)];
    let mut list = 0;
    while list < lists.len() {
        let mut at = 0;
        while at < lists[list].0.len() {
            enter(&mut table, lists[list].0[at], lists[list].1);
            at += 1;
        }
        list += 1;
    }
    let mut at = 0;
    while at < OTHERS.len() {
        enter(&mut table, OTHERS[at].0, OTHERS[at].1);
        at += 1;
    }
    table
}

#[expect(clippy::indexing_slicing, reason = "evaluated when the module is compiled; a mistake does not compile")]
const fn enter(table: &mut [(u32, u16); TABLE_PLACES], word: &str, bits: u16) {
    let hash = hash_of(word.as_bytes());
    let mut place = hash as usize % TABLE_PLACES;
    while table[place].1 != 0 && table[place].0 != hash {
        place = (place + 1) % TABLE_PLACES;
    }
    table[place] = (hash, table[place].1 | bits);
}

#[expect(clippy::indexing_slicing, reason = "evaluated when the module is compiled; a mistake does not compile")]
const fn hash_of(word: &[u8]) -> u32 {
    let mut hash = HASH_START;
    let mut at = 0;
    while at < word.len() {
        hash = hash_on(hash, word[at]);
        at += 1;
    }
    hash
}

/// What the word with this hash says.
pub(super) fn bits_of(hash: u32) -> u16 {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_a_hash_of_its_own() {
        let lists = [STRONG, SECRET, HARMLESS, KEY_OWNERS];
        let words: Vec<&str> =
            lists.into_iter().flatten().copied().chain(OTHERS.iter().map(|(word, _)| *word)).collect();
        for (index, one) in words.iter().enumerate() {
            for other in words.iter().skip(index + 1) {
                assert!(one == other || hash_of(one.as_bytes()) != hash_of(other.as_bytes()), "{one} and {other}");
            }
        }
    }
}
