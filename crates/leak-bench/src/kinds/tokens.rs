//! Tokens with a fixed shape: prefix, alphabet, length and, where the format has one, checksum, as their issuers publish
//! them (GitHub's token formats of 2021, GitLab's token overview, Slack's token types, npm's token format, and so on).

use super::{Kind, Secret, Shape};
use crate::codec::{base62, base64_url, crc32};
use crate::rng::{ALNUM, BASE32, BECH32, DIGITS, HEX, LOWER, Rng, UPPER, WORD};

/// A token of a public prefix and a secret body.
pub(crate) fn token(prefix: &str, body: String) -> Secret {
    Secret { text: format!("{prefix}{body}"), bodies: vec![body] }
}

const fn fixed(id: &'static str, group: &'static str, make: fn(&mut Rng) -> Secret) -> Kind {
    Kind { id, group, shape: Shape::Fixed, make }
}

/// The body of GitHub's and npm's tokens: thirty characters and their checksum.
pub(crate) fn with_checksum(rng: &mut Rng) -> String {
    let body = rng.text(ALNUM, 30);
    let sum = base62(crc32(body.as_bytes()), 6);
    body + &sum
}

/// A service account's JWT; its header and payload are no secret, its signature is.
pub(crate) fn service_account_jwt(rng: &mut Rng) -> Secret {
    let header = format!(r#"{{"alg":"RS256","kid":"{}"}}"#, rng.text(WORD, 43));
    let payload = format!(
        r#"{{"aud":["https://kubernetes.default.svc"],"exp":1767225600,"iat":1735689600,"iss":"https://kubernetes.default.svc","jti":"{}","kubernetes.io":{{"namespace":"team-a","serviceaccount":{{"name":"builder","uid":"{}"}}}},"sub":"system:serviceaccount:team-a:builder"}}"#,
        rng.uuid(),
        rng.uuid()
    );
    let signature = base64_url(&rng.bytes(256));
    let text = format!("{}.{}.{signature}", base64_url(header.as_bytes()), base64_url(payload.as_bytes()));
    Secret { text, bodies: vec![signature] }
}

/// A PEM private key: random bytes behind the header that its format always begins with.
pub(crate) fn pem(rng: &mut Rng, label: &str, header: &str, len: usize) -> Secret {
    let body = format!("{header}{}", crate::codec::base64(&rng.bytes(len)));
    let letters: Vec<char> = body.chars().collect();
    let lines: Vec<String> = letters.chunks(64).map(|line| line.iter().collect()).collect();
    let dashes = "-".repeat(5);
    let text = format!(
        "{dashes}{} {label}{dashes}\n{}\n{dashes}{} {label}{dashes}\n",
        ["BE", "GIN"].concat(),
        lines.join("\n"),
        ["E", "ND"].concat()
    );
    let mut bodies: Vec<String> = lines;
    if let Some(first) = bodies.first_mut() {
        *first = first.chars().skip(header.len()).collect();
    }
    Secret { text, bodies }
}

fn private_key(prefix: &str) -> String {
    format!("{prefix}{}", ["PRIV", "ATE KEY"].concat())
}

pub(crate) const KINDS: &[Kind] = &[
    fixed("github-classic", "forge", |r| token(r.pick(&["ghp_", "gho_", "ghu_", "ghs_", "ghr_"]), with_checksum(r))),
    fixed("github-fine-grained", "forge", |r| {
        let (id, key) = (r.text(ALNUM, 22), r.text(ALNUM, 59));
        Secret { text: format!("github_pat_{id}_{key}"), bodies: vec![id, key] }
    }),
    fixed("gitlab-personal", "forge", |r| {
        token(r.pick(&["glpat-", "gldt-", "glrt-", "glft-", "glsoat-"]), r.text(WORD, 20))
    }),
    fixed("gitlab-trigger", "forge", |r| token("glptt-", r.text(HEX, 40))),
    fixed("gitlab-agent", "forge", |r| token("glagent-", r.text(WORD, 50))),
    fixed("aws-access-key-id", "cloud", |r| token(r.pick(&["AKIA", "ASIA", "ABIA", "ACCA"]), r.text(BASE32, 16))),
    fixed("azure-client-secret", "cloud", |r| {
        let (head, digit, len) = (r.text(ALNUM, 3), r.text(DIGITS, 1), 31 + r.below(4));
        let body = r.text(WORD, len);
        Secret { text: format!("{head}{digit}Q~{body}"), bodies: vec![body] }
    }),
    fixed("gcp-api-key", "cloud", |r| token("AIza", r.text(WORD, 35))),
    fixed("gcp-oauth-access", "cloud", |r| token("ya29.", r.text(WORD, 120))),
    fixed("alibaba-key-id", "cloud", |r| token("LTAI", r.text(ALNUM, 20))),
    fixed("digitalocean", "cloud", |r| token(r.pick(&["dop_v1_", "doo_v1_", "dor_v1_"]), r.text(HEX, 64))),
    fixed("heroku", "cloud", |r| token("HRKU-AA", r.text(WORD, 58))),
    fixed("cloudflare-origin", "cloud", |r| {
        let (id, key) = (r.text(HEX, 24), r.text(HEX, 146));
        Secret { text: format!("v1.0-{id}-{key}"), bodies: vec![key] }
    }),
    fixed("slack-bot", "messaging", |r| {
        let (a, b) = (r.text(DIGITS, 12), r.text(DIGITS, 12));
        token(&format!("xoxb-{a}-{b}-"), r.text(ALNUM, 24))
    }),
    fixed("slack-app", "messaging", |r| {
        let (a, b) = (r.text(UPPER, 10), r.text(DIGITS, 13));
        token(&format!("xapp-1-A{a}-{b}-"), r.text(HEX, 64))
    }),
    fixed("slack-webhook", "messaging", |r| {
        let (a, b) = (r.text(UPPER, 10), r.text(UPPER, 10));
        token(&format!("https://hooks.slack.com/services/T{a}/B{b}/"), r.text(ALNUM, 24))
    }),
    fixed("sendgrid", "messaging", |r| {
        let (a, b) = (r.text(WORD, 22), r.text(WORD, 43));
        Secret { text: format!("SG.{a}.{b}"), bodies: vec![a, b] }
    }),
    fixed("twilio", "messaging", |r| token("SK", r.text(HEX, 32))),
    fixed("stripe", "payment", |r| {
        let (prefix, len) =
            (format!("{}k_{}_", r.pick(&["s", "r"]), r.pick(&["live", "test", "prod"])), 24 + r.below(76));
        token(&prefix, r.text(ALNUM, len))
    }),
    fixed("shopify", "payment", |r| token(r.pick(&["shpat_", "shpca_", "shppa_", "shpss_"]), r.text(HEX, 32))),
    fixed("npm", "registry", |r| token("npm_", with_checksum(r))),
    fixed("pypi", "registry", |r| {
        let len = 140 + r.below(30);
        token("pypi-AgEIcHlwaS5vcmc", r.text(WORD, len))
    }),
    fixed("docker", "registry", |r| token("dckr_pat_", r.text(WORD, 27))),
    fixed("jfrog-key", "registry", |r| token("AKCp", r.text(ALNUM, 69))),
    fixed("postman", "service", |r| {
        let (id, key) = (r.text(HEX, 24), r.text(HEX, 34));
        Secret { text: format!("PMAK-{id}-{key}"), bodies: vec![id, key] }
    }),
    fixed("openai", "ai", |r| {
        let (prefix, len) =
            (r.pick(&["sk-", "sk-proj-", "sk-svcacct-"]), r.pick(&["20", "58", "74"]).parse().unwrap_or(20));
        let (a, b) = (r.text(ALNUM, len), r.text(ALNUM, len));
        Secret { text: format!("{prefix}{a}T3BlbkFJ{b}"), bodies: vec![a, b] }
    }),
    fixed("anthropic", "ai", |r| {
        let prefix = r.pick(&["sk-ant-api03-", "sk-ant-admin01-"]);
        let body = r.text(WORD, 93);
        Secret { text: format!("{prefix}{body}AA"), bodies: vec![body] }
    }),
    fixed("databricks", "service", |r| token("dapi", r.text(HEX, 32))),
    fixed("vault-service", "infrastructure", |r| {
        let len = 90 + r.below(31);
        token("hvs.", r.text(WORD, len))
    }),
    fixed("terraform", "infrastructure", |r| {
        let (id, len) = (r.text(ALNUM, 14), 60 + r.below(11));
        let key = r.text(WORD, len);
        Secret { text: format!("{id}.atlasv1.{key}"), bodies: vec![key] }
    }),
    fixed("pulumi", "infrastructure", |r| token("pul-", r.text(HEX, 40))),
    fixed("doppler", "infrastructure", |r| token("dp.pt.", r.text(ALNUM, 43))),
    fixed("1password-service", "infrastructure", |r| {
        let body = base64_url(&r.bytes(300));
        token("ops_eyJ", body)
    }),
    fixed("age", "infrastructure", |r| token("AGE-SECRET-KEY-1", r.text(BECH32, 58))),
    fixed("grafana-service", "observability", |r| {
        let (body, sum) = (r.text(ALNUM, 32), r.text(HEX, 8));
        Secret { text: format!("glsa_{body}_{sum}"), bodies: vec![body] }
    }),
    fixed("grafana-cloud", "observability", |r| {
        let body = base64_url(&r.bytes(90));
        token("glc_eyJ", body)
    }),
    fixed("sentry-user", "observability", |r| token("sntryu_", r.text(HEX, 64))),
    fixed("dynatrace", "observability", |r| {
        let (id, key) = (r.text(UPPER, 24), r.text(UPPER, 64));
        Secret { text: format!("dt0c01.{id}.{key}"), bodies: vec![key] }
    }),
    fixed("newrelic", "observability", |r| token("NRAK-", r.text(UPPER, 27))),
    fixed("linear", "service", |r| token("lin_api_", r.text(ALNUM, 40))),
    fixed("planetscale", "service", |r| {
        token(r.pick(&["pscale_tkn_", "pscale_pw_", "pscale_oauth_"]), r.text(WORD, 43))
    }),
    fixed("kubernetes-jwt", "kubernetes", service_account_jwt),
    fixed("openshift-token", "kubernetes", |r| token("sha256~", r.text(WORD, 43))),
    fixed("pem-rsa", "key", |r| pem(r, &private_key("RSA "), "MIIEpAIBAAKCAQEA", 1170)),
    fixed("pem-pkcs8", "key", |r| pem(r, &private_key(""), "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj", 1170)),
    fixed("pem-openssh", "key", |r| {
        pem(r, &private_key("OPENSSH "), "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAAB", 330)
    }),
    fixed("fly", "cloud", |r| {
        let body = r.text(WORD, 43);
        token("fo1_", body)
    }),
    fixed("notion", "service", |r| {
        let digits = r.text(DIGITS, 11);
        let body = r.text(ALNUM, 35);
        Secret { text: format!("ntn_{digits}{body}"), bodies: vec![body] }
    }),
    fixed("prefect", "service", |r| token("pnu_", r.text(LOWER, 36))),
];
