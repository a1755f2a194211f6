//! Request URIs: the arguments of `exec` and `attach`, query values with secret names, tokens in paths.
//!
//! The query keeps its names, their order and everything that is not secret, byte for byte: Elastic's rules read
//! `command=...&(container|stdin|stdout|stderr)=`.

use super::command;
use super::decode;
use super::judge::{Hit, judge};
use super::names;
use crate::bytes::find;
use crate::scan::{Hints, View};
use auditgate_own::{Found, Names};

/// Finds the secret parts of the URI `start..end` of `text`.
pub(crate) fn secret_parts(hints: &Hints, text: View<'_>, start: usize, end: usize, hits: &mut Vec<Hit>) {
    let query = find_byte(text, start, end, b'?').map_or(end, |at| at + 1);
    judge(hints, text, start, query, hits);
    // Values of `command`, in order: start, end, decoded.
    let mut arguments: Vec<(usize, usize, Vec<u8>)> = Vec::new();
    let mut at = query;
    while at < end {
        let stop = find_byte(text, at, end, b'&').unwrap_or(end);
        let equals = find_byte(text, at, stop, b'=').unwrap_or(stop);
        let name = decode_form(text.span(at, equals));
        let value = (equals + 1).min(stop);
        let decoded = decode_form(text.span(value, stop));
        let known = super::is_mask(&decoded);
        if name == b"command" {
            arguments.push((value, stop, decoded));
        } else if (names::is_secret(&name) || is_signature(&name)) && stop > value && !known {
            hits.push(Hit { start: value, end: stop, id: "N01" });
        } else if !known {
            judge(hints, text, value, stop, hits);
            // A value that is one only once decoded.
            whole_value(hints, text, &decoded, value, stop, hits);
        }
        at = stop + 1;
    }
    let bytes: Vec<&[u8]> = arguments.iter().map(|(_, _, decoded)| decoded.as_slice()).collect();
    let mut parts = Vec::new();
    command::secret_parts(&bytes, &mut parts);
    for (index, (start, stop, decoded)) in arguments.iter().enumerate() {
        match command::parts_of(&parts, index) {
            [] => {
                judge(hints, text, *start, *stop, hits);
                whole_value(hints, text, decoded, *start, *stop, hits);
            }
            // `--flag=value` without anything to decode: only the value goes.
            &[(_, from, to)] if decoded.len() == stop - start => {
                hits.push(Hit { start: start + from, end: start + to, id: "N01" });
            }
            _ => hits.push(Hit { start: *start, end: *stop, id: "N01" }),
        }
    }
}

/// Adds the values that key names of the policy choose: in the query, and in the arguments of `command`.
pub(crate) fn named_values(uri: &[u8], names: &Names, found: &mut Vec<Found>) {
    let mut flag = None;
    let mut at = uri.iter().position(|&byte| byte == b'?').map_or(uri.len(), |at| at + 1);
    while !names.is_empty() && at < uri.len() {
        let pair = uri.get(at..).and_then(|rest| rest.split(|&byte| byte == b'&').next()).unwrap_or_default();
        let equals = pair.iter().position(|&byte| byte == b'=').unwrap_or(pair.len());
        let name = decode_form(pair.get(..equals).unwrap_or_default());
        let (start, stop) = (at + pair.len().min(equals + 1), at + pair.len());
        let argument = decode_form(uri.get(start..stop).unwrap_or_default());
        let whole = |rule| Found { start, end: stop, rule, named: true };
        if name != b"command" {
            found.extend(names.rule_of(&name).map(whole));
        } else if let Some(rule) = flag.filter(|_| !argument.starts_with(b"-")) {
            found.push(whole(rule));
        } else if argument.len() == stop - start {
            // One with percent escapes goes as a whole: it is an encoding.
            let mut inside = Vec::new();
            names.find(&argument, &mut inside);
            found.extend(inside.iter().map(|part| Found { start: start + part.start, end: start + part.end, ..*part }));
        }
        flag = names.rule_of_flag(&argument).filter(|_| name == b"command");
        at = stop + 1;
    }
}

/// Whether a name is that of the signature which makes a URL work without a login: of Azure, AWS and Google Cloud.
fn is_signature(name: &[u8]) -> bool {
    [&b"sig"[..], b"signature", b"X-Amz-Signature", b"X-Goog-Signature"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// The names in the URI of a request for OpenShift's OAuth tokens, which are the tokens: behind the resource, and where a selector
/// asks for one. What is masked as a whole stays.
pub(crate) fn token_names(uri: &[u8]) -> Vec<(usize, usize)> {
    let mut names = Vec::new();
    let query = uri.iter().position(|&byte| byte == b'?').unwrap_or(uri.len());
    let mut start = 0;
    let mut behind_resource = false;
    for segment in uri.get(..query).unwrap_or_default().split(|&byte| byte == b'/') {
        let end = start + segment.len();
        if behind_resource {
            names.push((start, end));
        }
        let is_resource = segment.starts_with(b"oauth") || segment.starts_with(b"useroauth");
        behind_resource = is_resource && segment.ends_with(b"tokens");
        start = end + 1;
    }
    const SELECTOR: &[u8] = b"metadata.name";
    let mut at = query;
    while let Some(found) = uri.get(at..).and_then(|rest| find(rest, SELECTOR)) {
        let mut start = at + found + SELECTOR.len();
        let rest = |start: usize| uri.get(start..).unwrap_or_default();
        // `=`, `==` or `!=`, each sign as it is or in percent.
        while let Some(sign) =
            [&b"="[..], b"!", b"%3D", b"%3d", b"%21"].iter().find(|sign| rest(start).starts_with(sign))
        {
            start += sign.len();
        }
        let length = rest(start).iter().position(|byte| matches!(byte, b'&' | b',')).unwrap_or(rest(start).len());
        names.push((start, start + length));
        at = start + length;
    }
    names.retain(|&(start, end)| {
        let name = uri.get(start..end).unwrap_or_default();
        let masked = name.starts_with(b"%5Bredacted:") && find(name, b"%5D").is_some_and(|at| at + 3 == name.len());
        !name.is_empty() && !masked
    });
    names
}

/// The first place of `byte` in `start..end`.
pub(crate) fn find_byte(text: View<'_>, start: usize, end: usize, byte: u8) -> Option<usize> {
    text.find_byte(start, end, byte)
}

fn whole_value(hints: &Hints, text: View<'_>, decoded: &[u8], start: usize, stop: usize, hits: &mut Vec<Hit>) {
    if decoded == text.span(start, stop) || hits.iter().any(|hit| hit.start >= start && hit.end <= stop) {
        return;
    }
    let mut bytes = decoded.to_vec();
    bytes.resize(decoded.len() + crate::scan::PADDING, 0);
    let mut inner = Vec::new();
    if let Some(view) = View::new(&bytes) {
        judge(hints, view, 0, decoded.len(), &mut inner);
    }
    if !inner.is_empty() || hints.own.fits(decoded) {
        hits.push(Hit { start, end: stop, id: "N01" });
    }
}

/// Decodes a name or value of a query.
fn decode_form(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    decode::percent(&spaced)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn redacted(uri: &str) -> String {
        let mut bytes = uri.as_bytes().to_vec();
        bytes.resize(uri.len() + crate::scan::PADDING, 0);
        let mut hits = Vec::new();
        secret_parts(&Hints::new(), View::new(&bytes).unwrap(), 0, uri.len(), &mut hits);
        crate::redact::judge::merge(&mut hits);
        let mut out = uri.to_owned();
        for hit in hits.iter().rev() {
            out.replace_range(hit.start..hit.end, &format!("<{}>", hit.id));
        }
        out
    }

    #[test]
    fn values_go_and_names_stay() {
        let token = ["gh", "p_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].concat();
        for (uri, expected) in [
            ("/x?token=hunter22&watch=true", "/x?token=<N01>&watch=true"),
            ("/x?a=1&db%5Fpassword=hunter22", "/x?a=1&db%5Fpassword=<N01>"),
            (
                "/x?sig=abc&X-Amz-Signature=def&signature=ghi&sign=1",
                "/x?sig=<N01>&X-Amz-Signature=<N01>&signature=<N01>&sign=1",
            ),
            ("/x?token=%5Bredacted:T01%5D&a=b", "/x?token=%5Bredacted:T01%5D&a=b"),
            ("/x?token=&token", "/x?token=&token"),
            (&format!("/x/{token}/y?a={token}&b=c"), "/x/<T01>/y?a=<T01>&b=c"),
            // Secret only once it is decoded.
            ("/x?a=run+--password+hunter22&b=c", "/x?a=<N01>&b=c"),
        ] {
            assert_eq!(redacted(uri), expected, "{uri}");
        }
    }

    #[test]
    fn commands_keep_what_is_not_secret() {
        let token = ["gh", "p_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].concat();
        for (arguments, expected) in [
            ("command=mysql&command=-phunter22&tty=true", "command=mysql&command=-p<N01>&tty=true"),
            (
                "command=app&command=--token&command=abc&stdin=true",
                "command=app&command=--token&command=<N01>&stdin=true",
            ),
            ("command=app&command=--token%3Dabc", "command=app&command=<N01>"),
            ("command=mysql+-uroot+-phunter22", "command=mysql+-uroot+-p<N01>"),
            ("command=app+--token+abc+--password+x", "command=<N01>"),
            ("command=curl&command=-sku&command=e:hunter2", "command=curl&command=-sku&command=e:<N01>"),
            ("command=sh&command=a+password:+hunter22", "command=sh&command=<N01>"),
            (&format!("command=echo&command={token}"), "command=echo&command=<T01>"),
            ("command=app&command=%5Bredacted:N01%5D", "command=app&command=%5Bredacted:N01%5D"),
            ("command=cat&command=/etc/shadow&container=c", "command=cat&command=/etc/shadow&container=c"),
        ] {
            assert_eq!(redacted(&format!("/exec?{arguments}")), format!("/exec?{expected}"), "{arguments}");
        }
    }
}
