//! The forms that texts have, and what they mean.

use crate::policy::model::{Network, Resource, Wildcard};
use crate::policy::path::Path;
use crate::policy::schema::Form;
use crate::policy::text::{has, number, split};
use auditgate_own::{Pattern, PatternError, Words};

/// What is wrong with a text, and what to write.
pub(super) struct Wrong {
    /// The character where, from 0, if it is known.
    pub(super) offset: Option<usize>,
    pub(super) message: &'static str,
    pub(super) help: &'static str,
}

pub(super) const CREDENTIALS: &str = "credentials stand in the URL";
const STAR: &str = "a `*` in the middle";
const STAR_HELP: &str = "a `*` may stand at the start, at the end or at both";
/// Words that detections look for in values; a mask with one of them in it would raise alerts.
const ALARMING: [&[u8]; 4] = [b"password", b"passphrase", b"access_key", b"access-key"];
const SCHEMES: [&str; 7] = ["https://", "http://", "tls://", "tcp://", "udp://", "file://", "stdout:"];

/// Whether a text has a form.
pub(super) fn check(form: Form, text: &str, kubernetes: bool) -> Result<(), Wrong> {
    let (fits, message, help) = match form {
        Form::Any => return Ok(()),
        Form::Filled => (!text.is_empty(), "empty text", "remove it, or write what belongs there"),
        Form::Name | Form::Class if !is_name(text) => {
            (false, "not a name", "1 to 63 lower-case letters, digits, `-` and `_`, beginning with a letter or digit")
        }
        Form::Name => return Ok(()),
        Form::Class => (
            !is_alarming(text),
            "the name holds a word that detections look for",
            "choose a neutral name: it stands in the mask",
        ),
        Form::Wildcard => (kubernetes || wildcard(text).is_some(), STAR, STAR_HELP),
        Form::Url => (url(text).is_some(), "not a path", "write `/healthz`, `/healthz*` or `*`"),
        Form::Group => (
            group(text, kubernetes).is_some(),
            "not an API group",
            "write the group without its version, for example `apps`; the core group is `\"\"`",
        ),
        Form::Resource => (
            resource(text, kubernetes).is_some(),
            "not a resource",
            "write `pods`, `pods/log`, `pods/*`, `*/status`, or `*` for every resource and subresource",
        ),
        Form::Codes => (codes(text).is_some(), "not a response code", "write `403`, `4xx` or `500-599`"),
        Form::Network => {
            (network(text).is_some(), "not a network", "write `10.0.0.0/8`, `2001:db8::/32` or an address")
        }
        Form::Share => (
            share(text).is_some(),
            "not a share",
            "write a number above 0 and up to 1, such as `0.05`, or a percentage, such as `5%`",
        ),
        Form::Path => match Path::parse(text) {
            Ok(_) => return Ok(()),
            Err((offset, message)) => {
                let help = "write a path such as `requestObject.spec.containers[*].env[*].value`";
                return Err(Wrong { offset: Some(offset), message, help });
            }
        },
        Form::Pattern => match Pattern::new(text) {
            Ok(_) => return Ok(()),
            Err(PatternError { at, message, help }) => return Err(Wrong { offset: Some(at), message, help }),
        },
        Form::KeyName => (
            Words::new(text).is_some(),
            "not a key name",
            "write a name with a letter or digit in it, such as `employee_id`; a `*` may stand at either end",
        ),
        Form::Option => return Ok(()),
        Form::Format => (
            is_format(text),
            "not a format",
            "write one of docs/formats, such as `native`, `ecs`, `ocsf`, `cef`, `splunk_hec` or `syslog+cef`",
        ),
        Form::Endpoint if has(authority(text), b'@') => (false, CREDENTIALS, "write them under `auth`, by reference"),
        Form::Endpoint => (is_endpoint(text), "not an endpoint", "write a URL such as `https://siem.example.com:8088`"),
    };
    if fits { Ok(()) } else { Err(Wrong { offset: None, message, help }) }
}

#[inline(never)]
pub(super) fn is_truth_value(text: &str) -> bool {
    matches!(text, "true" | "True" | "TRUE" | "false" | "False" | "FALSE")
}

/// What YAML takes for a number, as far as anyone writes it in a policy.
#[inline(never)]
pub(super) fn is_number(text: &str) -> bool {
    let digits = text.as_bytes();
    let digits = digits.strip_prefix(b"-").or(digits.strip_prefix(b"+")).unwrap_or(digits);
    let mut dots = 0;
    for byte in digits {
        match byte {
            b'.' => dots += 1,
            b'0'..=b'9' => {}
            _ => return false,
        }
    }
    dots <= 1 && digits.len() > dots && digits.first() != Some(&b'.')
}

#[cfg(feature = "formats")]
fn is_format(text: &str) -> bool {
    crate::format::Format::from_name(text).is_some()
}

/// A module without formats does not know their names; whoever checks a policy in front does.
#[cfg(not(feature = "formats"))]
fn is_format(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'+'))
}

#[inline(never)]
fn is_name(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
        && text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && text.len() <= 63
}

fn is_alarming(text: &str) -> bool {
    ALARMING.iter().any(|word| text.as_bytes().windows(word.len()).any(|window| window == *word))
}

#[inline(never)]
pub(super) fn wildcard(text: &str) -> Option<Wildcard> {
    let (rest, open_start) = strip(text, text.strip_prefix('*'));
    let (rest, open_end) = strip(rest, rest.strip_suffix('*'));
    (!has(rest, b'*')).then(|| Wildcard { text: rest.into(), open_start, open_end: open_end || text == "*" })
}

fn strip<'t>(whole: &'t str, stripped: Option<&'t str>) -> (&'t str, bool) {
    (stripped.unwrap_or(whole), stripped.is_some())
}

/// `*`, or text that begins with `/` and may end with `*`.
#[inline(never)]
pub(super) fn url(text: &str) -> Option<Wildcard> {
    let (bare, open_end) = strip(text, text.strip_suffix('*'));
    let fits = (text.starts_with('/') || text == "*") && !has(bare, b'*');
    fits.then(|| Wildcard { text: bare.into(), open_start: false, open_end })
}

/// Kubernetes knows `*` alone as a wildcard of groups.
#[inline(never)]
pub(super) fn group(text: &str, kubernetes: bool) -> Option<Wildcard> {
    let fits = text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'*'))
        && !matches!(text.as_bytes().first(), Some(b'-' | b'.'))
        && !matches!(text.as_bytes().last(), Some(b'-' | b'.'))
        && (!kubernetes || text == "*" || !has(text, b'*'));
    if fits { wildcard(text) } else { None }
}

#[inline(never)]
pub(super) fn resource(text: &str, kubernetes: bool) -> Option<Resource> {
    if text == "*" {
        return Some(Resource::Any);
    }
    if kubernetes {
        // As Kubernetes reads it: text that no request can have simply fits none.
        return Some(match (text.strip_suffix("/*"), text.strip_prefix("*/")) {
            (Some(resource), _) => Resource::WithSubresources(Wildcard::literal(resource)),
            (None, Some(subresource)) => Resource::Subresource(Wildcard::literal(subresource)),
            _ => Resource::Exact(text.into()),
        });
    }
    let (resource, subresource) = split(text, b'/').map_or((text, None), |(resource, sub)| (resource, Some(sub)));
    if resource.is_empty() || subresource.is_some_and(|sub| sub.is_empty() || has(sub, b'/')) || text == "*/*" {
        return None;
    }
    let resource = wildcard(resource)?;
    let Some(subresource) = subresource else {
        return Some(if resource.is_literal() {
            Resource::Exact(text.into())
        } else {
            Resource::Parts(resource, None)
        });
    };
    let subresource = wildcard(subresource)?;
    Some(if subresource.is_any() {
        Resource::WithSubresources(resource)
    } else if resource.is_any() {
        Resource::Subresource(subresource)
    } else if resource.is_literal() && subresource.is_literal() {
        Resource::Exact(text.into())
    } else {
        Resource::Parts(resource, Some(subresource))
    })
}

/// `403`, `4xx` or `500-599`.
#[inline(never)]
pub(super) fn codes(text: &str) -> Option<(u16, u16)> {
    if let Some(class) = text.strip_suffix("xx") {
        let class = number(class).filter(|class| (1..=5).contains(class))? as u16;
        return Some((class * 100, class * 100 + 99));
    }
    let (first, last) = split(text, b'-').unwrap_or((text, text));
    let code = |text: &str| number(text).filter(|code| (100..=599).contains(code)).map(|code| code as u16);
    Some((code(first)?, code(last)?)).filter(|(first, last)| first <= last)
}

#[inline(never)]
pub(super) fn network(text: &str) -> Option<Network> {
    let (address, bits) = split(text, b'/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let width = if has(address, b':') { 128 } else { 32 };
    let address = crate::policy::address::parse(address.as_bytes())?;
    let bits = bits.map_or(Some(width), number).filter(|bits| *bits <= width)? + 128 - width;
    Some(Network { address, bits: bits as u8 })
}

/// A share between 0 and 1, or a percentage, in millionths; decimals beyond the sixth are refused.
#[inline(never)]
pub(super) fn share(text: &str) -> Option<u32> {
    let (number, percent) = strip(text, text.strip_suffix('%'));
    let share = millionths(number)? / if percent { 100 } else { 1 };
    (1..=1_000_000).contains(&share).then_some(share)
}

/// A decimal number times a million, without the size that floating-point parsing has.
#[inline(never)]
fn millionths(text: &str) -> Option<u32> {
    let (whole, decimals) = split(text, b'.').unwrap_or((text, "0"));
    if decimals.len() > 6 {
        return None;
    }
    let mut parts = number(decimals)?;
    for _ in decimals.len()..6 {
        parts *= 10;
    }
    number(whole)?.checked_mul(1_000_000)?.checked_add(parts)
}

/// Host and port of a URL, and credentials if there are any.
#[inline(never)]
fn authority(text: &str) -> &str {
    let Some((_, rest)) = split(text, b':') else { return "" };
    let rest = rest.strip_prefix("//").unwrap_or_default();
    let end = rest.bytes().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

fn is_endpoint(text: &str) -> bool {
    let local = text.starts_with("file://") || text == "stdout:";
    SCHEMES.iter().any(|scheme| text.starts_with(scheme)) && (local || !authority(text).is_empty())
}
