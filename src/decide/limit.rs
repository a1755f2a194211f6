//! Limits: how many events of a rule have left in the current second; and what was dropped, until a record has told it.
//!
//! Time is that of the records, so the same records give the same answers. The counts live as long as the instance of the
//! module: in Fluent Bit 3.1.9, one chunk.

use super::Attributes;
use crate::stamp::content_hash;

/// Keys that are counted at a time. More of them share the room: the oldest begins anew, so more events leave, never fewer.
const SLOTS: usize = 1024;
/// Slots that one key can have.
const WAYS: usize = 8;

#[derive(Clone, Copy, Default)]
struct Slot {
    key: u64,
    second: u32,
    count: u32,
}

/// What a limit says about an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It leaves.
    Within,
    /// It is the first in this second that does not: only its envelope leaves, so that the gap shows.
    First,
    /// It is dropped.
    Over,
}

/// Counts events by key.
#[derive(Default)]
pub(crate) struct Limiter {
    /// Empty until a rule with a limit decides.
    slots: Vec<Slot>,
}

impl Limiter {
    /// Counts an event with this key. A record from an earlier second counts in the latest one.
    #[inline(never)]
    pub(crate) fn admit(&mut self, (per_second, key): (u32, u64), second: u32) -> Admission {
        if self.slots.is_empty() {
            self.slots.resize(SLOTS, Slot::default());
        }
        let start = key as usize % (SLOTS / WAYS) * WAYS;
        let Some(set) = self.slots.get_mut(start..start + WAYS) else { return Admission::Within };
        let mut chosen = 0;
        let mut least = (u32::MAX, u32::MAX);
        for (index, slot) in set.iter().enumerate() {
            if slot.key == key {
                chosen = index;
                break;
            }
            // Of others the one that has waited longest, then the one that has counted least.
            if (slot.second, slot.count) < least {
                (chosen, least) = (index, (slot.second, slot.count));
            }
        }
        let Some(slot) = set.get_mut(chosen) else { return Admission::Within };
        if slot.key != key || slot.second < second {
            *slot = Slot { key, second, count: 0 };
        }
        slot.count = slot.count.saturating_add(1);
        match slot.count.checked_sub(per_second) {
            None | Some(0) => Admission::Within,
            Some(1) => Admission::First,
            Some(_) => Admission::Over,
        }
    }
}

/// What has a count of its own: the rule, and the values that its limit names.
pub(super) fn key(by: u8, rule: usize, attributes: &Attributes<'_>) -> u64 {
    // In the order of `LIMIT_KEYS`. What an event does not have is a value too.
    let values = [
        attributes.user,
        attributes.verb,
        attributes.resource,
        attributes.namespace,
        attributes.source_ips.last().copied(),
        attributes.user_agent,
        Some(attributes.source.as_bytes()),
        Some(attributes.tag),
    ];
    let mut hash = rule as u64 + 1;
    for (bit, value) in values.into_iter().enumerate() {
        if by >> bit & 1 != 0 {
            hash = (hash.rotate_left(17) ^ value.map_or(1, content_hash)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }
    hash ^ hash >> 32
}

/// Seconds between two records that tell what was dropped.
const TELL_AFTER_SECONDS: u32 = 60;

/// What was dropped by which rule and has not been told by a record that left.
#[derive(Default)]
pub(crate) struct Untold {
    /// The rule's index plus one, 0 for the default; and how many.
    counts: Vec<(usize, u64)>,
    /// When the first of them was dropped.
    since: u32,
}

impl Untold {
    #[inline(never)]
    pub(crate) fn add(&mut self, rule: Option<usize>, second: u32) {
        if self.counts.is_empty() {
            self.since = second;
        }
        let rule = rule.map_or(0, |index| index + 1);
        match self.counts.iter_mut().find(|(other, _)| *other == rule) {
            Some((_, count)) => *count += 1,
            None => self.counts.push((rule, 1)),
        }
    }

    /// What a record of this second has to tell. One of a rule with a limit (`at_once`) tells everything there is.
    #[inline(never)]
    pub(crate) fn take(&mut self, second: u32, at_once: bool) -> Vec<(usize, u64)> {
        let due = at_once || second.saturating_sub(self.since) >= TELL_AFTER_SECONDS;
        if due { core::mem::take(&mut self.counts) } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_lets_so_many_pass_and_the_first_beyond_is_told_apart() {
        let mut limiter = Limiter::default();
        let admitted: Vec<_> = (0..5).map(|_| limiter.admit((2, 7), 100)).collect();
        use Admission::{First, Over, Within};
        assert_eq!(admitted, [Within, Within, First, Over, Over]);
        assert_eq!(limiter.admit((2, 8), 100), Within, "another key");
        assert_eq!(limiter.admit((2, 7), 101), Within, "another second");
        assert_eq!(limiter.admit((2, 7), 99), Within);
        assert_eq!(limiter.admit((2, 7), 99), First, "a late record counts in the latest second");
    }

    #[test]
    fn more_keys_than_room_let_more_pass_never_fewer() {
        let mut limiter = Limiter::default();
        let mut passed = 0;
        for round in 0..3 {
            for key in 0..10_000_u64 {
                let key = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
                passed += usize::from(limiter.admit((1, key ^ key >> 32), 5) == Admission::Within);
            }
            assert!(passed >= 10_000, "round {round}: {passed}");
        }
    }

    #[test]
    fn the_key_is_made_of_what_the_limit_names() {
        let event = Attributes { user: Some(b"a"), verb: Some(b"get"), ..Attributes::default() };
        let other = Attributes { user: Some(b"b"), ..event };
        assert_ne!(key(1, 0, &event), key(1, 0, &other));
        assert_eq!(key(2, 0, &event), key(2, 0, &other));
        assert_ne!(key(2, 0, &event), key(2, 1, &other), "another rule");
        assert_ne!(key(1, 0, &event), key(1, 0, &Attributes::default()));
    }

    #[test]
    fn what_was_dropped_is_told_once_and_after_a_minute() {
        let mut untold = Untold::default();
        untold.add(Some(3), 1000);
        untold.add(None, 1010);
        untold.add(Some(3), 1020);
        assert_eq!(untold.take(1059, false), []);
        assert_eq!(untold.take(1060, false), [(4, 2), (0, 1)]);
        assert_eq!(untold.take(9999, true), []);
        untold.add(Some(3), 2000);
        assert_eq!(untold.take(2000, true), [(4, 1)]);
    }
}
