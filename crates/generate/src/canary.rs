//! Secrets that are made up at run time and can be found again in any output.
//!
//! The body of every secret begins with the run's marker, ten characters that occur nowhere else. Who looks for the marker
//! (plain, in base64 at any alignment, twice in base64, in hexadecimal) has looked for every secret at once.

use crate::random::Random;

/// Capital letters and the digits 2 to 7: what every token format takes, AWS access keys included.
const MARKER_ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Letters and digits.
const ALPHANUMERIC: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// Length of the marker in characters: 50 bits, so no output holds it by chance.
const MARKER_LENGTH: usize = 10;

/// What a secret looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Password,
    GitHub,
    GitLab,
    Npm,
    Google,
    Aws,
    Stripe,
    Jwt,
}

/// The kinds that are known by their shape alone, wherever they stand.
pub(crate) const TOKENS: [Kind; 7] =
    [Kind::GitHub, Kind::GitLab, Kind::Npm, Kind::Google, Kind::Aws, Kind::Stripe, Kind::Jwt];

/// A secret that stands in an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    /// Where, as a JSON pointer (RFC 6901). A secret inside a string of JSON has the pointer of that string.
    pub path: String,
    /// Which kind of place: `secret.data`, `env`, `uri` ... ([`Class`]).
    pub class: Class,
    /// The secret, before any encoding.
    pub secret: String,
}

macro_rules! classes {
    ($($(#[doc = $doc:literal])* $name:ident = $id:literal,)*) => {
        /// The kinds of places in which secrets are planted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Class { $($(#[doc = $doc])* $name,)* }
        impl Class {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
            /// The name in a manifest.
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }
        }
    };
}

classes! {
    /// `data` of a Secret, base64.
    SecretData = "secret.data",
    /// `stringData` of a Secret.
    SecretStringData = "secret.stringData",
    /// A Secret inside a Table's row.
    SecretTable = "secret.table",
    /// A Secret inside a List.
    SecretList = "secret.list",
    /// A merge, strategic or apply patch of a Secret.
    SecretPatch = "secret.patch",
    /// A JSON patch of a Secret.
    SecretJsonPatch = "secret.json-patch",
    /// A Secret's body that is a string.
    SecretUnknownShape = "secret.unknown-shape",
    /// A Helm release inside a Secret: base64 of base64 of gzip.
    SecretHelm = "secret.helm",
    /// `last-applied-configuration` and its like on a Secret or ConfigMap.
    LastApplied = "last-applied",
    /// The same on a workload: JSON in a string.
    LastAppliedWorkload = "last-applied.workload",
    /// `status.token` of a TokenRequest.
    TokenRequest = "token-request",
    /// `spec.token` of a TokenReview.
    TokenReview = "token-review",
    /// Text inside a ConfigMap, behind a secret-named key.
    ConfigMap = "configmap",
    /// A container's environment variable.
    Environment = "env",
    /// A container's arguments or a probe's headers.
    Arguments = "args",
    /// `requestURI`.
    Uri = "uri",
    /// `responseStatus.message` that echoes the object.
    StatusMessage = "status.message",
    /// A webhook's patch in the event's annotations.
    WebhookPatch = "webhook-patch",
    /// Values of a custom resource.
    CustomResource = "custom-resource",
    /// A token in free text.
    FreeText = "free-text",
}

/// The characters by which every secret of a run is recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    plain: String,
    needles: Vec<String>,
}

impl Marker {
    /// The marker of the runs with this seed.
    pub fn new(seed: u64) -> Self {
        let plain = Random::new(seed, u64::MAX).text(MARKER_ALPHABET, MARKER_LENGTH);
        let once = base64_cores(plain.as_bytes());
        let twice: Vec<_> = once.iter().flat_map(|core| base64_cores(core.as_bytes())).collect();
        let hex = plain.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
        let mut needles = vec![plain.clone(), hex.to_uppercase(), hex];
        needles.extend(once);
        needles.extend(twice);
        Self { plain, needles }
    }

    /// The marker as it stands in a secret.
    pub fn as_str(&self) -> &str {
        &self.plain
    }

    /// Every way in which the marker is looked for: plain, hexadecimal, base64 once and twice at each alignment.
    pub fn needles(&self) -> &[String] {
        &self.needles
    }

    /// The first needle that `text` holds, and where.
    pub fn find_in(&self, text: &str) -> Option<(usize, &str)> {
        self.needles.iter().find_map(|needle| Some((text.find(needle.as_str())?, needle.as_str())))
    }

    pub(crate) fn secret(&self, random: &mut Random, kind: Kind) -> String {
        let body = |random: &mut Random, length: usize| {
            format!("{}{}", self.plain, random.text(ALPHANUMERIC, length.saturating_sub(MARKER_LENGTH)))
        };
        // Prefixes are put together here so that no scanner takes this file for a leak.
        match kind {
            Kind::Password => body(random, 22),
            Kind::GitHub => ["gh", "p_", &body(random, 36)].concat(),
            Kind::GitLab => ["gl", "pat-", &body(random, 20)].concat(),
            Kind::Npm => ["np", "m_", &body(random, 36)].concat(),
            Kind::Google => ["AI", "za", &body(random, 35)].concat(),
            Kind::Aws => ["AK", "IA", &self.plain, &random.text(MARKER_ALPHABET, 6)].concat(),
            Kind::Stripe => ["sk", "_live_", &body(random, 32)].concat(),
            Kind::Jwt => {
                let header =
                    base64(format!(r#"{{"alg":"RS256","kid":"{}"}}"#, random.text(ALPHANUMERIC, 20)).as_bytes(), true);
                let claims = format!(
                    r#"{{"aud":["https://kubernetes.default.svc"],"exp":1790000000,"sub":"system:serviceaccount:default:app-{}"}}"#,
                    random.hex(5)
                );
                format!("{header}.{}.{}", base64(claims.as_bytes(), true), body(random, 86))
            }
        }
    }
}

/// The characters of `text`'s base64 that depend on `text` alone, for each of the three alignments.
fn base64_cores(text: &[u8]) -> Vec<String> {
    (0..3)
        .map(|shift| {
            let shifted: Vec<u8> = std::iter::repeat_n(0, shift).chain(text.iter().copied()).collect();
            let encoded = base64(&shifted, true);
            let first = (shift * 8).div_ceil(6);
            let last = shifted.len() * 8 / 6;
            encoded.get(first..last).unwrap_or_default().to_owned()
        })
        .collect()
}

/// Base64 (RFC 4648), or its URL form without padding.
pub(crate) fn base64(bytes: &[u8], url: bool) -> String {
    let alphabet: &[u8; 64] = if url {
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    } else {
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    };
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = (0..3)
            .fold(0_usize, |group, index| group << 8 | usize::from(chunk.get(index).copied().unwrap_or_default()));
        for index in 0..4 {
            if index <= chunk.len() {
                text.push(alphabet.get(group >> (18 - 6 * index) & 63).copied().map_or('=', char::from));
            } else if !url {
                text.push('=');
            }
        }
    }
    text
}

/// gzip (RFC 1952) with one stored block (RFC 1951, 3.2.4): the form of a Helm release, without a compressor.
pub(crate) fn gzip_stored(bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len().min(0xffff) as u16;
    let bytes = bytes.get(..usize::from(length)).unwrap_or_default();
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1];
    out.extend(length.to_le_bytes());
    out.extend((!length).to_le_bytes());
    out.extend(bytes);
    out.extend(crc32(bytes).to_le_bytes());
    out.extend(u32::from(length).to_le_bytes());
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::{Kind, Marker, TOKENS, base64, crc32};
    use crate::random::Random;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        let cases =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")];
        for (text, encoded) in cases {
            assert_eq!(base64(text.as_bytes(), false), encoded);
        }
    }

    #[test]
    fn crc32_is_that_of_gzip() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn every_kind_is_found_in_every_encoding() {
        let marker = Marker::new(7);
        let mut random = Random::new(7, 0);
        for kind in TOKENS.into_iter().chain([Kind::Password]) {
            let secret = marker.secret(&mut random, kind);
            for before in ["", "x", "xy", "xyz"] {
                let plain = format!("{before}{secret}");
                let once = base64(plain.as_bytes(), false);
                let twice = base64(format!("{before}{once}").as_bytes(), false);
                let hex: String = plain.bytes().map(|byte| format!("{byte:02X}")).collect();
                for text in [plain, once, twice, hex] {
                    assert!(marker.find_in(&text).is_some(), "{kind:?} behind {before:?}");
                }
            }
        }
        assert_eq!(marker.find_in("AAAAAAAAAAAAAAAAAAAAAAAAAA"), None);
    }
}
