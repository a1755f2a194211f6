//! Secrets without a shape of their own, or with one that is shared with harmless things: known by where they stand.

use super::{Kind, Secret, Shape};
use crate::codec::base64;
use crate::rng::{ALNUM, BASE64, HEX, LOWER, Rng};

const fn context(id: &'static str, group: &'static str, make: fn(&mut Rng) -> Secret) -> Kind {
    Kind { id, group, shape: Shape::Context, make }
}

/// Something a person might choose: pronounceable, with digits and a sign; no word of any event.
pub(crate) fn password(rng: &mut Rng) -> String {
    let mut out = String::new();
    for _ in 0..5 {
        out.push_str(&rng.text("BCDFGHJKLMNPQRSTVWXZbcdfghjklmnpqrstvwxz", 1));
        out.push_str(&rng.text("aeiouy", 1));
    }
    out.push_str(&rng.text("0123456789", 4));
    out.push_str(rng.pick(&["!", "#", "?", "*", "$", "@"]));
    out.push_str(rng.pick(&["x", "Q", "7", ""]));
    out
}

/// Several made-up words with spaces between them.
pub(crate) fn passphrase(rng: &mut Rng) -> String {
    let word = |rng: &mut Rng| {
        let consonants = "bcdfghjklmnpqrstvwxz";
        format!(
            "{}{}{}{}",
            rng.text(consonants, 2),
            rng.text("aeiouy", 1),
            rng.text(consonants, 2),
            rng.text("aeiou", 1)
        )
    };
    (0..5).map(|_| word(rng)).collect::<Vec<_>>().join(" ")
}

pub(crate) const KINDS: &[Kind] = &[
    context("password", "human", |r| Secret::whole(password(r))),
    context("passphrase", "human", |r| Secret::whole(passphrase(r))),
    context("aws-secret-key", "key", |r| Secret::whole(r.text(BASE64, 40))),
    context("uuid-key", "key", |r| Secret::whole(r.uuid())),
    context("dsn", "connection", |r| {
        let password = r.text(ALNUM, 18);
        let scheme = r.pick(&["postgres", "mysql", "amqp", "mongodb+srv"]);
        Secret { text: format!("{scheme}://app:{password}@db.internal.example:5432/orders"), bodies: vec![password] }
    }),
    context("basic-auth", "connection", |r| {
        let password = password(r);
        Secret { text: format!("Basic {}", base64(format!("deploy:{password}").as_bytes())), bodies: vec![password] }
    }),
    context("bootstrap-token", "kubernetes", |r| {
        let (id, body) = (r.text(LOWER, 6), r.text(LOWER, 16));
        Secret { text: format!("{id}.{body}"), bodies: vec![body] }
    }),
    context("hex-key", "key", |r| Secret::whole(r.text(HEX, 32))),
];
