//! Lists of events: `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[…]}`, as the API server's webhook sends them, parsed or as
//! the text of a raw line.

use super::part::is_end;
use crate::json::{self, Member};
use crate::source::TEXT;
use memchr::memmem;

/// The events of a list, each a record with what stood around the list in it; `None` if the record is no list, or not to its end.
pub(super) fn events(record: &[u8]) -> Option<Vec<Vec<u8>>> {
    // Nearly all records are told from lists by this.
    memmem::find(record, b"EventList")?;
    let members: Vec<Member<'_>> = json::members(record).collect();
    if !is_end(record, members.last()?.value, b'}') {
        return None;
    }
    if let Some(events) = items(&members, &[]) {
        return Some(events);
    }
    let line = members.iter().position(|member| TEXT.iter().any(|key| key.as_bytes() == member.key))?;
    let mut text = Vec::new();
    json::text(members.get(line)?.value, &mut text);
    let inside: Vec<Member<'_>> = json::members(&text).collect();
    if !is_end(&text, inside.last()?.value, b'}') {
        return None;
    }
    let around: Vec<Member<'_>> =
        members.iter().enumerate().filter(|(index, _)| *index != line).map(|(_, member)| *member).collect();
    items(&inside, &around)
}

fn items(list: &[Member<'_>], around: &[Member<'_>]) -> Option<Vec<Vec<u8>>> {
    let only = |key: &[u8]| {
        let mut found = list.iter().filter(|member| member.key == key);
        found.next().filter(|_| found.next().is_none()).map(|member| member.value)
    };
    let version = only(b"apiVersion").filter(|version| version.starts_with(b"\"audit.k8s.io/"))?;
    only(b"kind").filter(|kind| *kind == b"\"EventList\"")?;
    let items = only(b"items")?;
    let all: Vec<&[u8]> = json::items(items).collect();
    if !all.iter().all(|item| item.starts_with(b"{")) || !is_end(items, all.last()?, b']') {
        return None;
    }
    let beside = list.iter().filter(|member| !matches!(member.key, b"kind" | b"apiVersion" | b"metadata" | b"items"));
    let beside: Vec<&Member<'_>> = beside.chain(around).collect();
    Some(all.into_iter().map(|item| event(item, version, &beside)).collect())
}

/// One event, named as one if it does not do so itself.
fn event(item: &[u8], version: &[u8], beside: &[&Member<'_>]) -> Vec<u8> {
    let mut parts = Vec::new();
    for (key, value) in [(&b"kind"[..], &b"\"Event\""[..]), (b"apiVersion", version)] {
        if json::member(item, key).is_none() {
            parts.push([b"\"", key, b"\":", value].concat());
        }
    }
    let inside = item.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}")).unwrap_or_default().trim_ascii();
    if !inside.is_empty() {
        parts.push(inside.to_vec());
    }
    parts.extend(beside.iter().map(|member| [b"\"", member.key, b"\":", member.value].concat()));
    [b"{", parts.join(&b',').as_slice(), b"}"].concat()
}
