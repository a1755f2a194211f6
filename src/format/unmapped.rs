//! What the Open Cybersecurity Schema Framework has no place for: it stands under `unmapped`, so that nothing is lost.

use super::ecs;
use crate::json;
use crate::source::{Facts, Shape, TEXT};

/// Members of an audit event that have a place of their own.
const MAPPED: &[&str] = &[
    "kind",
    "apiVersion",
    "level",
    "auditID",
    "verb",
    "requestURI",
    "userAgent",
    "objectRef",
    "requestReceivedTimestamp",
    "stageTimestamp",
    "insertId",
    "timestamp",
    "receiveTimestamp",
];

/// Members of a user that have one.
const MAPPED_OF_USER: &[&str] = &["username", "uid", "groups"];

/// An audit event without what has a place, and Azure's envelope around it.
pub(super) fn of_kubernetes(facts: &Facts<'_>, out: &mut Vec<u8>) {
    out.push(b'{');
    for member in facts.event.iter().filter(|member| !is_one_of(member.key, MAPPED)) {
        match member.key {
            b"user" => object("user", members_but(member.value, MAPPED_OF_USER), out),
            b"requestObject" | b"responseObject" if member.value.starts_with(b"{") => {}
            // All addresses are elsewhere, unless one is none.
            b"sourceIPs" if json::items(member.value).all(ecs::text_is_address) => {}
            _ => push(member.key, member.value, out),
        }
    }
    if facts.shape == Shape::Aks {
        for member in json::members(facts.record) {
            if member.key == b"properties" {
                object("properties", members_but(member.value, &["log"]), out);
            } else {
                push(member.key, member.value, out);
            }
        }
    }
    out.push(b'}');
}

/// The record without its text.
pub(super) fn of_record(facts: &Facts<'_>, out: &mut Vec<u8>) {
    out.push(b'{');
    for member in facts.event.iter().filter(|member| !is_one_of(member.key, &TEXT)) {
        push(member.key, member.value, out);
    }
    out.push(b'}');
}

fn is_one_of(key: &[u8], names: &[&str]) -> bool {
    names.iter().any(|name| name.as_bytes() == key)
}

fn members_but<'a>(value: &'a [u8], names: &[&str]) -> Vec<json::Member<'a>> {
    json::members(value).filter(|member| !is_one_of(member.key, names)).collect()
}

fn object(key: &str, members: Vec<json::Member<'_>>, out: &mut Vec<u8>) {
    if members.is_empty() {
        return;
    }
    let mut inside = vec![b'{'];
    members.iter().for_each(|member| push(member.key, member.value, &mut inside));
    inside.push(b'}');
    push(key.as_bytes(), &inside, out);
}

fn push(key: &[u8], value: &[u8], out: &mut Vec<u8>) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    out.extend_from_slice(&[b"\"", key, b"\":", value].concat());
}
