//! Token formats with a fixed shape: a prefix (or an infix) that no other text has, and a body of a known alphabet and length.
//!
//! The data is the truth: the filter of byte pairs, the matching and the documentation come from it. Lengths are minimum lengths of the
//! body; a token ends at the first byte that is not of its alphabet, so `&`, `,`, `}`, `)`, `%26`, quotes and line ends all end one.
//! Sources: the vendors' documentation of their token formats, gitleaks' and GitHub's published lists of formats.

/// The alphabet of a token's body, by class bits of [`class_of`].
pub(crate) mod alphabet {
    /// 0-9 a-f A-F
    pub(crate) const HEX: u8 = 1;
    /// 0-9 a-z A-Z
    pub(crate) const ALNUM: u8 = 1 << 1;
    /// Letters, digits, `_` and `-`
    pub(crate) const WORD: u8 = 1 << 2;
    /// `WORD` and `.`
    pub(crate) const DOTTED: u8 = 1 << 3;
    /// Letters, digits, `+`, `/`, `=`, `_` and `-`: any base64
    pub(crate) const BASE64: u8 = 1 << 4;
    /// A-Z 0-9
    pub(crate) const UPPER: u8 = 1 << 5;
    /// 0-9 a-z
    pub(crate) const LOWER: u8 = 1 << 6;
    /// Letters, digits and all of `_-.~/+=:|`
    pub(crate) const LOOSE: u8 = 1 << 7;
}

/// The alphabets that a byte belongs to.
pub(crate) const fn class_of(byte: u8) -> u8 {
    use alphabet::{ALNUM, BASE64, DOTTED, HEX, LOOSE, LOWER, UPPER, WORD};
    match byte {
        b'0'..=b'9' => HEX | ALNUM | WORD | DOTTED | BASE64 | UPPER | LOWER | LOOSE,
        b'a'..=b'f' => HEX | ALNUM | WORD | DOTTED | BASE64 | LOWER | LOOSE,
        b'g'..=b'z' => ALNUM | WORD | DOTTED | BASE64 | LOWER | LOOSE,
        b'A'..=b'F' => HEX | ALNUM | WORD | DOTTED | BASE64 | UPPER | LOOSE,
        b'G'..=b'Z' => ALNUM | WORD | DOTTED | BASE64 | UPPER | LOOSE,
        b'_' | b'-' => WORD | DOTTED | BASE64 | LOOSE,
        b'.' => DOTTED | LOOSE,
        b'+' | b'/' | b'=' => BASE64 | LOOSE,
        b'~' | b':' | b'|' => LOOSE,
        _ => 0,
    }
}

/// What stands before a token for it to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    /// Anything.
    Any,
    /// Not a letter or digit: the prefix alone is not rare enough.
    Boundary,
    /// The token reaches this many bytes to the left of its fixed part, if they are of the body's alphabet.
    Reach(u8),
}

/// One format.
pub(crate) struct Format {
    /// Stable identifier, part of the mask.
    pub(crate) id: &'static str,
    /// The fixed part.
    pub(crate) prefix: &'static str,
    pub(crate) alphabet: u8,
    /// Shortest body in bytes.
    pub(crate) body: u16,
    pub(crate) before: Before,
    /// Vendor and kind, for the documentation.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) what: &'static str,
}

/// The shortest text that any format matches; shorter strings are not looked at.
pub(crate) const SHORTEST_TOKEN_BYTES: usize = 16;

macro_rules! formats {
    ($($id:literal $prefix:expr, $alphabet:ident, $body:literal, $before:expr, $what:literal;)*) => {
        &[$(Format {
            id: $id,
            prefix: $prefix,
            alphabet: alphabet::$alphabet,
            body: $body,
            before: $before,
            #[cfg(not(target_arch = "wasm32"))]
            what: $what,
        }),*]
    };
}

use Before::{Any, Boundary, Reach};

/// All formats. Of two that match at one place the first counts.
pub(crate) static FORMATS: &[Format] = formats! {
    "T01" "ghp_", ALNUM, 30, Any, "GitHub personal access token";
    "T01" "gho_", ALNUM, 30, Any, "GitHub OAuth token";
    "T01" "ghu_", ALNUM, 30, Any, "GitHub user token";
    "T01" "ghs_", ALNUM, 30, Any, "GitHub server token";
    "T01" "ghr_", ALNUM, 30, Any, "GitHub refresh token";
    "T01" "github_pat_", WORD, 60, Any, "GitHub fine-grained token";
    "T02" "glpat-", DOTTED, 20, Any, "GitLab personal access token";
    "T02" "gldt-", DOTTED, 20, Any, "GitLab deploy token";
    "T02" "glrt-", DOTTED, 20, Any, "GitLab runner token";
    "T02" "glft-", DOTTED, 20, Any, "GitLab feed token";
    "T02" "glsoat-", DOTTED, 20, Any, "GitLab SCIM token";
    "T02" "glptt-", HEX, 40, Any, "GitLab trigger token";
    "T02" "glcbt-", WORD, 18, Any, "GitLab job token";
    "T02" "glagent-", WORD, 40, Any, "GitLab agent token";
    "T02" "gloas-", HEX, 40, Any, "GitLab OAuth secret";
    "T02" "GR1348941", WORD, 20, Any, "GitLab runner registration token";
    "T03" "AKIA", UPPER, 16, Any, "AWS access key id";
    "T03" "ASIA", UPPER, 16, Any, "AWS temporary access key id";
    "T03" "ABIA", UPPER, 16, Any, "AWS bearer key id";
    "T03" "ACCA", UPPER, 16, Any, "AWS context key id";
    "T03" "A3T", UPPER, 17, Boundary, "AWS access key id";
    "T03" "ABSK", BASE64, 80, Any, "AWS Bedrock key";
    "T04" "Q~", DOTTED, 31, Reach(4), "Azure client secret";
    "T05" "AIza", WORD, 35, Any, "Google API key";
    "T05" "GOCSPX-", WORD, 28, Any, "Google OAuth client secret";
    "T05" "ya29.", DOTTED, 20, Any, "Google OAuth access token";
    "T06" "LTAI", ALNUM, 12, Boundary, "Alibaba access key id";
    "T07" "xoxb-", WORD, 20, Any, "Slack bot token";
    "T07" "xoxp-", WORD, 20, Any, "Slack user token";
    "T07" "xoxe-", WORD, 20, Any, "Slack refresh token";
    "T07" "xoxe.", DOTTED, 20, Any, "Slack configuration token";
    "T07" "xoxa-", WORD, 20, Any, "Slack workspace token";
    "T07" "xoxr-", WORD, 20, Any, "Slack refresh token";
    "T07" "xoxs-", WORD, 20, Any, "Slack session token";
    "T07" "xapp-", WORD, 20, Any, "Slack app token";
    "T07" "hooks.slack.com/services/", LOOSE, 20, Any, "Slack webhook";
    "T08" "sk_live_", ALNUM, 10, Any, "Stripe secret key";
    "T08" "sk_test_", ALNUM, 10, Any, "Stripe test key";
    "T08" "sk_prod_", ALNUM, 10, Any, "Stripe secret key";
    "T08" "rk_live_", ALNUM, 10, Any, "Stripe restricted key";
    "T08" "rk_test_", ALNUM, 10, Any, "Stripe restricted test key";
    "T08" "rk_prod_", ALNUM, 10, Any, "Stripe restricted key";
    "T09" "SG.", DOTTED, 60, Any, "SendGrid key";
    "T10" "SK", HEX, 32, Boundary, "Twilio key";
    "T11" "npm_", ALNUM, 30, Any, "npm token";
    "T12" "pypi-AgEI", WORD, 50, Any, "PyPI token";
    "T13" "rubygems_", HEX, 48, Any, "RubyGems key";
    "T14" "dckr_pat_", WORD, 20, Any, "Docker Hub token";
    "T14" "dckr_oat_", WORD, 20, Any, "Docker Hub organisation token";
    "T15" "AKCp", ALNUM, 60, Any, "JFrog key";
    "T15" "cmVmd", ALNUM, 55, Any, "JFrog reference token";
    "T16" "PMAK-", WORD, 40, Any, "Postman key";
    "T17" "T3BlbkFJ", WORD, 16, Reach(96), "OpenAI key";
    "T18" "sk-ant-", WORD, 60, Any, "Anthropic key";
    "T17" "sk-proj-", WORD, 30, Any, "OpenAI project key";
    "T19" "hf_", ALNUM, 30, Any, "Hugging Face token";
    "T19" "api_org_", ALNUM, 30, Any, "Hugging Face organisation token";
    "T20" "dapi", HEX, 32, Any, "Databricks token";
    "T21" "dop_v1_", HEX, 60, Any, "DigitalOcean token";
    "T21" "doo_v1_", HEX, 60, Any, "DigitalOcean OAuth token";
    "T21" "dor_v1_", HEX, 60, Any, "DigitalOcean refresh token";
    "T22" "HRKU-AA", WORD, 50, Any, "Heroku key";
    "T23" "fo1_", WORD, 30, Any, "Fly.io token";
    "T23" "fm1_", BASE64, 40, Any, "Fly.io macaroon";
    "T23" "fm1r_", BASE64, 40, Any, "Fly.io macaroon";
    "T23" "fm1a_", BASE64, 40, Any, "Fly.io macaroon";
    "T23" "fm2_", BASE64, 40, Any, "Fly.io macaroon";
    "T24" "v1.0-", WORD, 60, Any, "Cloudflare origin key";
    "T25" "hvs.", WORD, 20, Any, "Vault service token";
    "T25" "hvb.", WORD, 60, Any, "Vault batch token";
    "T25" "hvr.", WORD, 20, Any, "Vault recovery token";
    "T26" ".atlasv1.", WORD, 40, Reach(14), "Terraform Cloud token";
    "T27" "pul-", HEX, 40, Any, "Pulumi token";
    "T28" "dp.pt.", ALNUM, 40, Any, "Doppler token";
    "T28" "dp.st.", DOTTED, 40, Any, "Doppler service token";
    "T29" "pnu_", ALNUM, 36, Any, "Prefect token";
    "T30" "ops_eyJ", BASE64, 60, Any, "1Password service account token";
    "T30" "A3-", WORD, 32, Boundary, "1Password secret key";
    "T31" "AGE-SECRET-KEY-1", UPPER, 40, Any, "age secret key";
    "T32" "glsa_", WORD, 32, Any, "Grafana service account token";
    "T32" "glc_", BASE64, 32, Any, "Grafana Cloud token";
    "T32" "eyJrIjoi", BASE64, 40, Any, "Grafana API key";
    "T33" "sntrys_", BASE64, 40, Any, "Sentry token";
    "T33" "sntryu_", HEX, 60, Any, "Sentry user token";
    "T34" "NRAK-", ALNUM, 27, Any, "New Relic key";
    "T35" "dt0c01.", DOTTED, 60, Any, "Dynatrace token";
    "T36" "lin_api_", ALNUM, 40, Any, "Linear key";
    "T37" "ntn_", ALNUM, 40, Any, "Notion token";
    "T38" "sgp_", WORD, 40, Any, "Sourcegraph token";
    "T39" "shpat_", HEX, 32, Any, "Shopify token";
    "T39" "shpca_", HEX, 32, Any, "Shopify custom app token";
    "T39" "shppa_", HEX, 32, Any, "Shopify private app token";
    "T39" "shpss_", HEX, 32, Any, "Shopify shared secret";
    "T40" "EAAA", BASE64, 48, Boundary, "Square access token";
    "T40" "sq0atp-", WORD, 22, Any, "Square access token";
    "T40" "sq0csp-", WORD, 40, Any, "Square OAuth secret";
    "T41" "pscale_tkn_", DOTTED, 30, Any, "PlanetScale token";
    "T41" "pscale_pw_", DOTTED, 30, Any, "PlanetScale password";
    "T41" "pscale_oauth_", DOTTED, 30, Any, "PlanetScale OAuth token";
    "T42" "eyJ", DOTTED, 32, Any, "JSON Web Token";
    "T43" "ZXlK", BASE64, 40, Any, "base64 of a JSON Web Token";
    "T44" "sha256~", WORD, 40, Any, "OpenShift token";
    "T45" "-----BEGIN", LOOSE, 0, Any, "PEM private key";
    "T47" "Bearer ", LOOSE, 16, Any, "token in an authorization header";
    "T48" "Basic ", BASE64, 12, Any, "user and password in an authorization header";
    "T46" "LS0tLS1CRUdJTi", BASE64, 16, Any, "base64 of a PEM private key";
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_format_matches_less_than_the_shortest_token() {
        for format in FORMATS {
            assert!(
                format.prefix.len() + format.body as usize >= SHORTEST_TOKEN_BYTES || format.id == "T45",
                "{}",
                format.prefix
            );
            assert!(format.prefix.is_ascii() && format.prefix.len() >= 2);
        }
    }
}
