//! The kinds kept out of development.

use crate::codec::base64_url;
use crate::kinds::{Kind, Secret, Shape, pem, token};
use crate::rng::{ALNUM, BASE64, DIGITS, HEX, WORD};

const fn fixed(id: &'static str, group: &'static str, make: fn(&mut crate::rng::Rng) -> Secret) -> Kind {
    Kind { id, group, shape: Shape::Fixed, make }
}

pub(crate) const KINDS: &[Kind] = &[
    fixed("gitlab-oauth-application", "forge", |r| token("gloas-", r.text(HEX, 64))),
    fixed("gitlab-runner-registration", "forge", |r| token("GR1348941", r.text(WORD, 20))),
    fixed("aws-bedrock", "cloud", |r| token("ABSK", r.text(BASE64, 128))),
    fixed("gcp-oauth-client-secret", "cloud", |r| token("GOCSPX-", r.text(WORD, 28))),
    fixed("rubygems", "registry", |r| token("rubygems_", r.text(HEX, 48))),
    fixed("jfrog-reference", "registry", |r| token("cmVmd", r.text(ALNUM, 59))),
    fixed("huggingface", "ai", |r| token("hf_", r.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 34))),
    fixed("vault-batch", "infrastructure", |r| {
        let len = 138 + r.below(160);
        token("hvb.", r.text(WORD, len))
    }),
    fixed("sourcegraph", "service", |r| token("sgp_", r.text(HEX, 40))),
    fixed("square-access", "payment", |r| token(r.pick(&["EAAA", "sq0atp-"]), r.text(WORD, 60))),
    fixed("grafana-api-key", "observability", |r| token("eyJrIjoi", base64_url(&r.bytes(75)))),
    fixed("slack-user", "messaging", |r| {
        let (kind, a, b, c) = (r.pick(&["xoxp", "xoxe"]), r.text(DIGITS, 12), r.text(DIGITS, 12), r.text(DIGITS, 13));
        token(&format!("{kind}-{a}-{b}-{c}-"), r.text(HEX, 32))
    }),
    fixed("pem-ec", "key", |r| pem(r, &["EC PRIV", "ATE KEY"].concat(), "MHcCAQEEI", 115)),
    Kind {
        id: "azure-storage-key",
        group: "key",
        shape: Shape::Context,
        make: |r| {
            let body = r.text(BASE64, 86);
            Secret { text: format!("{body}=="), bodies: vec![body] }
        },
    },
];
