//! Batches of augmented views, made ahead of training by a fixed pool of threads. The same bytes come out
//! for any number of threads and from any first step; memory ahead of training is bounded in bytes.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use vitals_recipe::Augmentation;

use crate::augment::{Arithmetic, Views};
use crate::order::Order;
use crate::{DataError, Dataset, Result};

mod pending;
#[cfg(test)]
mod shard_tests;
mod shared;
#[cfg(test)]
mod tests;
mod work;

use shared::Shared;

/// What to load and how.
#[derive(Debug, Clone, PartialEq)]
pub struct LoaderConfig {
    pub seed: u64,
    /// Images in a batch.
    pub batch_size: u64,
    /// Side of the square views in pixels.
    pub image_size: u32,
    pub augmentation: Augmentation,
    /// Least area of a random crop as a fraction of the image.
    pub crop_min_scale: f64,
    /// Pillow's bytes, or the quicker resize.
    pub arithmetic: Arithmetic,
    /// Threads that decode and augment; 0 = one per core.
    pub threads: u32,
    /// Views of each image: 2, or 1 where the second is not wanted and stays empty.
    pub views: usize,
    /// The first step to deliver: any, after a resume.
    pub first_step: u64,
    /// Memory for batches that wait or are in work. At least two batches are always allowed.
    pub prefetch_bytes: u64,
}

/// One step's images, in order. The vectors are reused through [`Loader::recycle`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    pub step: u64,
    pub epoch: u64,
    /// Index of each image in the training split.
    pub indices: Vec<u64>,
    pub labels: Vec<Option<u32>>,
    /// First view of every image: N×H×W×3, u8.
    pub view1: Vec<u8>,
    /// Second view of every image: N×H×W×3, u8.
    pub view2: Vec<u8>,
    /// How long the caller of [`Loader::next`] waited for this batch.
    pub wait: Duration,
}

/// The running pool. Dropping it stops and joins its threads.
pub struct Loader {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    next_step: u64,
    failed: bool,
}

impl Loader {
    /// Starts the threads; the first batches are in work when this returns.
    ///
    /// # Errors
    /// [`DataError::BatchTooLarge`] where no batch fits the training split; [`DataError::Thread`] where the
    /// system starts no more threads.
    pub fn start(dataset: Arc<Dataset>, config: LoaderConfig) -> Result<Self> {
        let images = dataset.train_len();
        if config.batch_size == 0 || config.batch_size > images {
            return Err(DataError::BatchTooLarge { batch_size: config.batch_size, images });
        }
        let views = Views::preset(config.augmentation, config.image_size, config.crop_min_scale)
            .with_arithmetic(config.arithmetic);
        let blocks = dataset.blocks();
        let (images, batch_size) = (images as usize, config.batch_size as usize);
        let order = Order { seed: config.seed, images, batch_size, blocks };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let count = if config.threads == 0 { cores } else { config.threads as usize };
        let next_step = config.first_step;
        let shared = Arc::new(Shared::new(dataset, views, order, &config));
        let mut loader = Self { shared, threads: Vec::with_capacity(count), next_step, failed: false };
        for i in 0..count {
            let shared = Arc::clone(&loader.shared);
            let thread = std::thread::Builder::new()
                .name(format!("vitals-load-{i}"))
                .spawn(move || work::run(&shared))
                .map_err(|e| DataError::Thread { what: format!("could not be started: {e}") })?;
            loader.threads.push(thread);
        }
        Ok(loader)
    }

    /// The next batch in order; waits until it is ready.
    ///
    /// # Errors
    /// What made the batch impossible, at the same step for any number of threads; [`DataError::Stopped`] after that.
    #[expect(
        clippy::should_implement_trait,
        reason = "an endless, fallible source is no iterator: `?` reads better"
    )]
    pub fn next(&mut self) -> Result<Batch> {
        if self.failed {
            return Err(DataError::Stopped);
        }
        let asked = Instant::now();
        let taken = self.shared.take(self.next_step);
        match taken {
            Ok(mut batch) => {
                batch.wait = asked.elapsed();
                self.next_step += 1;
                Ok(batch)
            }
            Err(error) => {
                self.failed = true;
                Err(error)
            }
        }
    }

    /// Gives a batch's buffers back, so that the next one allocates nothing.
    pub fn recycle(&self, batch: Batch) {
        self.shared.recycle(batch);
    }

    /// Batches in an epoch: floor(images / batch).
    pub fn steps_per_epoch(&self) -> u64 {
        self.shared.order.steps_per_epoch()
    }

    /// The most memory, in bytes, that pixels of batches ready or in work have taken at once.
    pub fn most_prefetched_bytes(&self) -> u64 {
        self.shared.most_prefetched_bytes()
    }

    /// Number of threads that load.
    pub fn threads(&self) -> usize {
        self.threads.len()
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        self.shared.stop();
        for thread in self.threads.drain(..) {
            // A panic in a worker has already been delivered as an error by `next`.
            let _ = thread.join();
        }
    }
}
