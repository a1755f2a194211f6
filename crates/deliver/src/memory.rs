//! What of a chunk has arrived, for chunks that come again. By content: Fluent Bit gives chunks no names. Bounded: what is forgotten is
//! sent once more.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};

/// Most bytes that are remembered for one section; a chunk of a thousand events takes 125.
const MAX_BYTES: usize = 4 << 20;
/// What the account of one chunk takes besides.
const OVERHEAD_BYTES: usize = 64;

/// Two hashes with keys that nobody knows, and the length.
type Key = (u64, u64, usize);

#[derive(Default)]
pub(crate) struct Memory {
    keys: [RandomState; 2],
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    settled: HashMap<Key, Vec<u8>>,
    order: VecDeque<Key>,
    bytes: usize,
}

impl Memory {
    pub(crate) fn key(&self, chunk: &[u8]) -> Key {
        let [one, other] = &self.keys;
        (one.hash_one(chunk), other.hash_one(chunk), chunk.len())
    }

    /// What was settled of a chunk; forgets it.
    pub(crate) fn take(&self, key: Key) -> Vec<u8> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(settled) = known.settled.remove(&key) else { return Vec::new() };
        known.order.retain(|other| *other != key);
        known.bytes -= settled.len() + OVERHEAD_BYTES;
        settled
    }

    /// Remembers what is settled of a chunk; the oldest goes where there is no room.
    pub(crate) fn keep(&self, key: Key, settled: Vec<u8>) {
        if settled.iter().all(|byte| *byte == 0) || settled.len() + OVERHEAD_BYTES > MAX_BYTES {
            return;
        }
        drop(self.take(key));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.bytes += settled.len() + OVERHEAD_BYTES;
        known.order.push_back(key);
        known.settled.insert(key, settled);
        while known.bytes > MAX_BYTES {
            let Some(oldest) = known.order.pop_front() else { return };
            let freed = known.settled.remove(&oldest).map_or(0, |settled| settled.len() + OVERHEAD_BYTES);
            known.bytes -= freed;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arrived_is_known_once_and_by_content() {
        let memory = Memory::default();
        memory.keep(memory.key(b"chunk"), vec![5]);
        memory.keep(memory.key(b"nothing"), vec![0, 0]);
        assert_eq!(memory.take(memory.key(b"other")), Vec::<u8>::new());
        assert_eq!(memory.take(memory.key(b"nothing")), Vec::<u8>::new());
        assert_eq!(memory.take(memory.key(b"chunk")), [5]);
        assert_eq!(memory.take(memory.key(b"chunk")), Vec::<u8>::new());
    }

    #[test]
    fn memory_has_a_bound_and_the_oldest_goes_first() {
        let memory = Memory::default();
        let key = |number: u32| memory.key(&number.to_le_bytes());
        for number in 0..100 {
            memory.keep(key(number), vec![1; 100_000]);
        }
        assert!(memory.take(key(0)).is_empty() && memory.take(key(50)).is_empty());
        assert_eq!(memory.take(key(99)).len(), 100_000);
        memory.keep(key(1), vec![1; MAX_BYTES]);
        assert!(memory.take(key(1)).is_empty());
        assert!(
            memory.known.lock().is_ok_and(|known| known.bytes <= MAX_BYTES && known.order.len() == known.settled.len())
        );
    }
}
