//! What others rely on: the events are valid, the same for ever, of real sizes, and the manifest tells where each secret is.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, HashSet};

use auditgate_generate::{Class, Event, Generator, Options, Profile};
use serde_json::Value;

fn events(events: u64, seed: u64, profile: Profile) -> Vec<Event> {
    Generator::new(Options { events, seed, profile, ..Options::default() }).unwrap().collect()
}

/// FNV-1a, 64 bits.
fn hash(events: &[Event]) -> u64 {
    events
        .iter()
        .flat_map(|event| event.json.bytes())
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// A change of these numbers makes every recorded measurement and every failing seed worthless: change them knowingly.
#[test]
fn the_same_seed_makes_the_same_events_for_ever() {
    let hashes = Profile::ALL.map(|profile| {
        format!(
            "{} {:016x}",
            profile.name(),
            hash(&events(if profile == Profile::Large { 3 } else { 300 }, 1, profile))
        )
    });
    assert_eq!(
        hashes,
        [
            "mixed 5c8776c2329ebb59",
            "cluster 5f941aad3fcdad43",
            "small 2b8d28aef26ea556",
            "large 3dd76d5c928404a1",
            "benign fe6252fe7f772b87",
            "secrets 0cae3345c5e4596b",
        ]
    );
}

#[test]
fn another_seed_makes_other_events() {
    assert_ne!(hash(&events(10, 1, Profile::Mixed)), hash(&events(10, 2, Profile::Mixed)));
}

#[test]
fn an_event_does_not_depend_on_those_before_it() {
    let generator = Generator::new(Options { events: 50, ..Options::default() }).unwrap();
    let all: Vec<_> = generator.clone().collect();
    assert_eq!(generator.event(49), *all.last().unwrap());
}

#[test]
fn every_event_is_an_audit_event_on_one_line() {
    let mut ids = HashSet::new();
    for event in events(3000, 2, Profile::Mixed) {
        let value: Value = serde_json::from_str(&event.json).unwrap_or_else(|error| panic!("{error}: {}", event.json));
        assert!(!event.json.contains('\n'));
        assert_eq!(value["auditID"], event.audit_id.as_str());
        for key in ["level", "stage", "requestURI", "verb", "user", "requestReceivedTimestamp"] {
            assert!(!value[key].is_null(), "{key} is missing in {}", event.json);
        }
        let compact = serde_json::to_string(&value).unwrap().len();
        assert!(compact <= event.json.len(), "a repeated key or a space in {}", event.json);
        assert!(ids.insert(event.audit_id));
    }
}

#[test]
fn the_manifest_points_at_each_secret() {
    let mut seen: BTreeMap<&str, usize> = Class::ALL.iter().map(|class| (class.id(), 0)).collect();
    let generator =
        Generator::new(Options { events: 2000, seed: 3, profile: Profile::Secrets, ..Options::default() }).unwrap();
    let marker = generator.marker().clone();
    for event in generator {
        assert!(!event.planted.is_empty(), "no secret in {}", event.json);
        let value: Value = serde_json::from_str(&event.json).unwrap();
        let mut rest = value.clone();
        for planted in &event.planted {
            *seen.entry(planted.class.id()).or_default() += 1;
            assert!(planted.secret.contains(marker.as_str()));
            let text = value.pointer(&planted.path).and_then(Value::as_str).expect(&planted.path);
            assert!(marker.find_in(text).is_some(), "{} does not hold its secret in {}", planted.path, event.json);
            *rest.pointer_mut(&planted.path).unwrap() = Value::Null;
        }
        assert_eq!(
            marker.find_in(&rest.to_string()),
            None,
            "a secret that the manifest does not tell of in {}",
            event.json
        );
    }
    assert!(seen.values().all(|&count| count > 0), "{seen:?}");
}

#[test]
fn the_mix_has_the_sizes_of_a_real_log() {
    let mut sizes: Vec<_> = events(5000, 4, Profile::Mixed).iter().map(|event| event.json.len()).collect();
    sizes.sort_unstable();
    let (median, high, largest) = (sizes[2500], sizes[4950], sizes[4999]);
    assert!((1700..2500).contains(&median), "median {median}");
    assert!((10_000..100_000).contains(&high), "99th percentile {high}");
    assert!(largest > 200_000, "largest {largest}");
}

#[test]
fn a_benign_run_holds_nothing_that_would_be_redacted() {
    let generator =
        Generator::new(Options { events: 2000, seed: 5, profile: Profile::Benign, ..Options::default() }).unwrap();
    let marker = generator.marker().clone();
    for event in generator {
        assert!(event.planted.is_empty());
        assert_eq!(marker.find_in(&event.json), None);
        for taken_out in ["managedFields", "last-applied", "Invalid value", "\"token\":", "BEGIN"] {
            assert!(!event.json.contains(taken_out), "{taken_out} in {}", event.json);
        }
    }
}

#[test]
fn sizes_are_kept() {
    for (min_bytes, max_bytes) in
        [(0, 4096), (0, 10_000), (100_000, 104_096), (500_000, 1_000_000), (5_000_000, 5_100_000)]
    {
        for profile in [Profile::Mixed, Profile::Benign] {
            let options = Options { events: 5, seed: 6, profile, min_bytes, max_bytes };
            for event in Generator::new(options).unwrap() {
                let size = event.json.len();
                assert!(
                    (min_bytes..=max_bytes).contains(&size),
                    "{size} bytes where {min_bytes} to {max_bytes} are wanted"
                );
            }
        }
    }
    let narrow = Generator::new(Options { min_bytes: 1000, max_bytes: 2000, ..Options::default() }).unwrap_err();
    assert_eq!(
        narrow.to_string(),
        "expected a largest size of at least 4096 bytes more than the least size of 1000, found 2000"
    );
}
