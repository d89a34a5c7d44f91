//! The order of training images, keyed by (seed, epoch): the same whatever was drawn before. An epoch is
//! floor(images / batch) batches; the images left over are dropped, and differ from epoch to epoch. Reads no image.

use std::sync::Arc;

use vitals_recipe::keyed_rng;

/// What a permutation is for: each purpose has its own stream of randomness.
pub(crate) enum Purpose {
    /// The order of training images in an epoch.
    Epoch(u64),
    /// The choice of held-out images.
    HeldOut,
    /// The choice of training images where not all take part.
    Taken,
}

/// A uniformly random permutation of `0..len`, keyed by `seed` and `purpose`.
pub(crate) fn permutation(len: usize, seed: u64, purpose: &Purpose) -> Vec<u32> {
    let mut rng = match purpose {
        Purpose::Epoch(epoch) => keyed_rng(seed, &["order".into(), (*epoch).into()]),
        Purpose::HeldOut => keyed_rng(seed, &["held-out".into()]),
        Purpose::Taken => keyed_rng(seed, &["taken".into()]),
    };
    let mut order: Vec<u32> = (0..u32::try_from(len).unwrap_or(u32::MAX)).collect();
    rng.shuffle(&mut order);
    order
}

/// Images in shards that do not all fit in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Blocks {
    /// Index after the last image of each shard, ascending.
    pub ends: Vec<u32>,
    /// Shards whose images are mixed with each other.
    pub per_block: usize,
}

/// A random order of the shards, cut into blocks; within a block, a random order of its images. Unlike a sliding window,
/// a block never goes back to a shard that has left memory.
fn blockwise(blocks: &Blocks, seed: u64, epoch: u64) -> Vec<u32> {
    let mut rng = keyed_rng(seed, &["blocks".into(), epoch.into()]);
    let starts = std::iter::once(0).chain(blocks.ends.iter().copied());
    let mut shards: Vec<(u32, u32)> = starts.zip(blocks.ends.iter().copied()).collect();
    rng.shuffle(&mut shards);
    let mut order = Vec::with_capacity(blocks.ends.last().map_or(0, |&end| end as usize));
    for block in shards.chunks(blocks.per_block.max(1)) {
        let from = order.len();
        order.extend(block.iter().flat_map(|&(start, end)| start..end));
        rng.shuffle(&mut order[from..]);
    }
    order
}

/// Which images each step sees.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub seed: u64,
    pub images: usize,
    pub batch_size: usize,
    /// `None` where every image can be had at any time.
    pub blocks: Option<Blocks>,
}

impl Order {
    /// Batches in an epoch.
    pub(crate) fn steps_per_epoch(&self) -> u64 {
        (self.images / self.batch_size) as u64
    }

    /// Epoch of `step` and the place of its batch within the epoch.
    pub(crate) fn place(&self, step: u64) -> (u64, usize) {
        let steps = self.steps_per_epoch();
        (step / steps, (step % steps) as usize)
    }
}

/// The permutation of the epoch in use; the one before it is kept, as batches of both may be in work.
#[derive(Default)]
pub(crate) struct EpochOrders {
    known: Vec<(u64, Arc<Vec<u32>>)>,
}

impl EpochOrders {
    /// The permutation of `epoch`, computed on first use.
    pub(crate) fn get(&mut self, order: &Order, epoch: u64) -> Arc<Vec<u32>> {
        if let Some((_, known)) = self.known.iter().find(|(e, _)| *e == epoch) {
            return Arc::clone(known);
        }
        let fresh = Arc::new(match &order.blocks {
            Some(blocks) => blockwise(blocks, order.seed, epoch),
            None => permutation(order.images, order.seed, &Purpose::Epoch(epoch)),
        });
        if self.known.len() == 2 {
            self.known.remove(0);
        }
        self.known.push((epoch, Arc::clone(&fresh)));
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permutation_has_every_index_once() {
        let mut order = permutation(1000, 7, &Purpose::Epoch(3));
        assert_ne!(order[..10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        order.sort_unstable();
        assert_eq!(order, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn seed_epoch_and_purpose_key_the_order() {
        let base = permutation(50, 1, &Purpose::Epoch(0));
        assert_eq!(base, permutation(50, 1, &Purpose::Epoch(0)));
        assert_ne!(base, permutation(50, 2, &Purpose::Epoch(0)));
        assert_ne!(base, permutation(50, 1, &Purpose::Epoch(1)));
        assert_ne!(base, permutation(50, 1, &Purpose::HeldOut));
    }

    #[test]
    fn first_places_are_uniform() {
        // 4,000 permutations of 8: each index is first 500 times, standard deviation 20.9; 5 sigma.
        let mut counts = [0u32; 8];
        for seed in 0..4000 {
            counts[permutation(8, seed, &Purpose::Epoch(0))[0] as usize] += 1;
        }
        assert!(counts.iter().all(|&c| (395..=605).contains(&c)), "{counts:?}");
    }

    #[test]
    fn leftover_images_are_dropped() {
        let order = Order { seed: 0, images: 10, batch_size: 4, blocks: None };
        assert_eq!(order.steps_per_epoch(), 2);
        assert_eq!([0, 1, 2, 5].map(|step| order.place(step)), [(0, 0), (0, 1), (1, 0), (2, 1)]);
    }

    #[test]
    fn blocks_have_every_index_once_and_few_shards_each() {
        // 30 shards of 1 to 9 images, an empty one among them.
        let ends: Vec<u32> = (1..=30u32)
            .scan(0, |end, i| {
                Some({
                    *end += if i == 7 { 0 } else { i % 9 + 1 };
                    *end
                })
            })
            .collect();
        let images = ends[29] as usize;
        let blocks = Blocks { ends: ends.clone(), per_block: 4 };
        let order = blockwise(&blocks, 5, 2);
        assert_eq!(order, blockwise(&blocks, 5, 2));
        assert_ne!(order, blockwise(&blocks, 5, 3));
        assert_ne!(order, blockwise(&blocks, 6, 2));
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..images as u32).collect::<Vec<_>>());
        // Between the first and the last image of a shard lie images of at most three others.
        let shard = |index: u32| ends.partition_point(|&end| end <= index);
        for wanted in 0..30 {
            let places: Vec<usize> = (0..images).filter(|&at| shard(order[at]) == wanted).collect();
            let (Some(&first), Some(&last)) = (places.first(), places.last()) else { continue };
            let between: std::collections::BTreeSet<usize> =
                order[first..=last].iter().map(|&i| shard(i)).collect();
            assert!(between.len() <= 4, "shard {wanted}: {between:?}");
        }
    }
}
