//! What is known of programs that take a secret behind a short flag.

/// What the value of a short flag is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Secret,
    /// `user:password`, or `user%password`.
    Pair,
    /// A secret behind `login`, anything else elsewhere: `docker run -p 80:80`.
    OfLogin,
}

/// Programs whose short flags take a secret: the start of the program's name, the flags, and what their value is.
pub(super) const SHORT_FLAGS: &[(&[u8], &[u8], Value)] = &[
    (b"mysql", b"p", Value::Secret),
    (b"mariadb", b"p", Value::Secret),
    (b"mongo", b"p", Value::Secret),
    (b"cqlsh", b"p", Value::Secret),
    (b"sshpass", b"p", Value::Secret),
    (b"7z", b"p", Value::Secret),
    (b"redis", b"a", Value::Secret),
    (b"ldap", b"w", Value::Secret),
    (b"sqlcmd", b"P", Value::Secret),
    (b"bcp", b"P", Value::Secret),
    (b"ipmitool", b"P", Value::Secret),
    (b"mosquitto", b"P", Value::Secret),
    (b"zip", b"P", Value::Secret),
    (b"unzip", b"P", Value::Secret),
    (b"snmp", b"cAX", Value::Secret),
    (b"docker", b"p", Value::OfLogin),
    (b"podman", b"p", Value::OfLogin),
    (b"nerdctl", b"p", Value::OfLogin),
    (b"buildah", b"p", Value::OfLogin),
    (b"skopeo", b"p", Value::OfLogin),
    (b"helm", b"p", Value::OfLogin),
    (b"oras", b"p", Value::OfLogin),
    (b"crane", b"p", Value::OfLogin),
    (b"oc", b"p", Value::OfLogin),
    (b"az", b"p", Value::OfLogin),
    (b"curl", b"uU", Value::Pair),
    (b"wget", b"u", Value::Pair),
    (b"ctr", b"u", Value::Pair),
    (b"etcdctl", b"u", Value::Pair),
    (b"smbclient", b"U", Value::Pair),
    (b"rpcclient", b"U", Value::Pair),
];

/// Letters that may stand in front of such a flag behind one hyphen, because they take no value: `curl -sku`. None are known of the other programs.
pub(super) const BUNDLED: &[(&[u8], &[u8])] = &[
    (b"mysql", b"ABCEfnNqstvX"),
    (b"mariadb", b"ABCEfnNqstvX"),
    (b"sshpass", b"v"),
    (b"ldap", b"AcCILMnNQtuvVxZ"),
    (b"sqlcmd", b"CEIN"),
    (b"ipmitool", b"v"),
    (b"zip", b"0123456789ADFTXceghjklmoqruvy"),
    (b"unzip", b"CDKLMUVWXZaflnopqtuvz"),
    (b"curl", b"012346#BGIJLMNORSVZafgijklnpqsv"),
    (b"smbclient", b"ENPegkq"),
    (b"rpcclient", b"NPk"),
];
