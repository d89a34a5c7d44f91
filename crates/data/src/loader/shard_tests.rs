//! A set of shards that do not fit in memory: each shard is read once an epoch, and the bytes are the same for any
//! threads and from any step.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::tests::{config, hashes};
use super::{Loader, LoaderConfig};
use crate::decode::{Pixels, Wanted};
use crate::source::{Shards, Source};
use crate::{Dataset, RgbImage, Split};

const SHARDS: usize = 20;
const SHARD: usize = 25;
/// Shards that memory holds; half as many are mixed.
const HELD: usize = 8;

/// Counts how often a shard is asked for that is not among the last eight read.
#[derive(Default)]
struct Sharded {
    held: Mutex<Vec<usize>>,
    reads: Arc<AtomicUsize>,
}

impl Source for Sharded {
    fn len(&self) -> usize {
        SHARDS * SHARD
    }

    fn label(&self, _: usize) -> Option<u32> {
        None
    }

    fn name(&self, index: usize) -> String {
        index.to_string()
    }

    fn decode_into(&self, index: usize, _: Wanted<'_>, image: &mut RgbImage) -> Result<Pixels, String> {
        let (shard, mut held) = (index / SHARD, self.held.lock().unwrap());
        if !held.contains(&shard) {
            held.push(shard);
            self.reads.fetch_add(1, Ordering::Relaxed);
            if held.len() > HELD {
                held.remove(0);
            }
        }
        image.set_grey(2, 1, &[index as u8, (index / 256) as u8]);
        Ok(Pixels::Exact)
    }

    fn shards(&self) -> Option<Shards> {
        let ends = (1..=SHARDS).map(|shard| (shard * SHARD) as u32).collect();
        Some(Shards { ends, together: HELD / 2 })
    }
}

fn sharded(threads: u32, first_step: u64) -> LoaderConfig {
    LoaderConfig { batch_size: 50, image_size: 8, ..config(threads, first_step) }
}

#[test]
fn a_shard_is_read_once_an_epoch() {
    let reads = Arc::new(AtomicUsize::new(0));
    let source = Sharded { reads: Arc::clone(&reads), ..Sharded::default() };
    let dataset = Arc::new(Dataset::of_source(Box::new(source)).unwrap());
    for threads in [1, 4] {
        reads.store(0, Ordering::Relaxed);
        let config = LoaderConfig { prefetch_bytes: 0, ..sharded(threads, 0) };
        let mut loader = Loader::start(Arc::clone(&dataset), config).unwrap();
        let mut seen: Vec<u64> = (0..10).flat_map(|_| loader.next().unwrap().indices).collect();
        drop(loader);
        seen.sort_unstable();
        assert_eq!(seen, (0..500).collect::<Vec<_>>());
        // One epoch, and what two batches ahead have begun of the next: at most the first block of it.
        let reads = reads.load(Ordering::Relaxed);
        assert!((SHARDS - HELD..=SHARDS + HELD / 2).contains(&reads), "{reads} reads with {threads} threads");
    }
}

#[test]
fn threads_and_first_step_change_nothing_in_blocks() {
    let dataset = Arc::new(Dataset::of_source(Box::new(Sharded::default())).unwrap());
    assert_eq!(dataset.len(Split::Train), 500);
    let expected = hashes(&dataset, sharded(1, 0), 25);
    for threads in [2, 5] {
        assert!(hashes(&dataset, sharded(threads, 0), 25) == expected, "{threads} threads");
    }
    assert_eq!(hashes(&dataset, sharded(3, 13), 12), expected[13..]);
}
