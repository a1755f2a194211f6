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

/// What is known of a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Past {
    /// A bit for each event that needs no work any more.
    pub(crate) settled: Vec<u8>,
    /// Attempts so far; 0 where nobody counts them.
    pub(crate) attempts: u32,
}

#[derive(Default)]
struct Known {
    chunks: HashMap<Key, Past>,
    order: VecDeque<Key>,
    bytes: usize,
}

impl Memory {
    fn key(&self, chunk: &[u8]) -> Key {
        let [one, other] = &self.keys;
        (one.hash_one(chunk), other.hash_one(chunk), chunk.len())
    }

    /// What is known of a chunk; forgets it. As long as nothing has to come again, nothing is hashed.
    pub(crate) fn take(&self, chunk: &[u8]) -> Past {
        if self.known.lock().unwrap_or_else(PoisonError::into_inner).chunks.is_empty() {
            return Past::default();
        }
        self.forget(self.key(chunk))
    }

    fn forget(&self, key: Key) -> Past {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(past) = known.chunks.remove(&key) else { return Past::default() };
        known.order.retain(|other| *other != key);
        known.bytes -= past.settled.len() + OVERHEAD_BYTES;
        past
    }

    /// Remembers a chunk; the oldest goes where there is no room.
    pub(crate) fn keep(&self, chunk: &[u8], past: Past) {
        let is_new = past.attempts == 0 && past.settled.iter().all(|byte| *byte == 0);
        if is_new || past.settled.len() + OVERHEAD_BYTES > MAX_BYTES {
            return;
        }
        let key = self.key(chunk);
        drop(self.forget(key));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.bytes += past.settled.len() + OVERHEAD_BYTES;
        known.order.push_back(key);
        known.chunks.insert(key, past);
        while known.bytes > MAX_BYTES {
            let Some(oldest) = known.order.pop_front() else { return };
            let freed = known.chunks.remove(&oldest).map_or(0, |past| past.settled.len() + OVERHEAD_BYTES);
            known.bytes -= freed;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(settled: Vec<u8>) -> Past {
        Past { settled, attempts: 0 }
    }

    #[test]
    fn what_arrived_is_known_once_and_by_content() {
        let memory = Memory::default();
        memory.keep(b"chunk", settled(vec![5]));
        memory.keep(b"nothing", settled(vec![0, 0]));
        memory.keep(b"tried", Past { settled: Vec::new(), attempts: 3 });
        assert_eq!(memory.take(b"other"), Past::default());
        assert_eq!(memory.take(b"nothing"), Past::default());
        assert_eq!(memory.take(b"tried").attempts, 3);
        assert_eq!(memory.take(b"chunk"), settled(vec![5]));
        assert_eq!(memory.take(b"chunk"), Past::default());
    }

    #[test]
    fn memory_has_a_bound_and_the_oldest_goes_first() {
        let memory = Memory::default();
        for number in 0..100u32 {
            memory.keep(&number.to_le_bytes(), settled(vec![1; 100_000]));
        }
        assert_eq!(
            [memory.take(&0u32.to_le_bytes()), memory.take(&50u32.to_le_bytes())],
            [Past::default(), Past::default()]
        );
        assert_eq!(memory.take(&99u32.to_le_bytes()).settled.len(), 100_000);
        memory.keep(&1u32.to_le_bytes(), settled(vec![1; MAX_BYTES]));
        assert_eq!(memory.take(&1u32.to_le_bytes()), Past::default());
        let known = memory.known.lock();
        assert!(known.is_ok_and(|known| known.bytes <= MAX_BYTES && known.order.len() == known.chunks.len()));
    }
}
