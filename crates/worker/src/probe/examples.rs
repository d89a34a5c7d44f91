//! Where a probe's batches come from: the loader's augmented images, or, where nothing is augmented and the backbone is
//! frozen, features that were computed once and are drawn in a keyed order.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use vitals_data::{Batch, Dataset, Loader, LoaderConfig};
use vitals_engine::{Examples, FeatureBank};
use vitals_recipe::{Augmentation, Recipe, Task, keyed_rng};

use crate::exit::Failure;
use crate::images::loader_config;

/// Gives one batch a step.
pub enum Source {
    Images(Loader),
    Features { bank: FeatureBank, order: Order },
}

/// One step's examples.
pub enum Taken {
    Images(Batch),
    Rows(Vec<u64>),
}

impl Source {
    /// Whether features are computed once: the images must be the same in every epoch, and the backbone too.
    pub fn is_stored(recipe: &Recipe) -> bool {
        recipe.task == Task::Linear && recipe.augmentation == Augmentation::None
    }

    pub fn of_images(dataset: &Arc<Dataset>, recipe: &Recipe, first_step: u64) -> Result<Self, Failure> {
        let config = LoaderConfig { views: 1, ..loader_config(recipe, first_step) };
        let loader = Loader::start(Arc::clone(dataset), config);
        loader.map(Source::Images).map_err(|error| Failure::Dataset(error.to_string()))
    }

    pub fn of_features(bank: FeatureBank, recipe: &Recipe, first_step: u64) -> Result<Self, Failure> {
        let (images, batch) = (bank.len(), u64::from(recipe.batch_size));
        if images < batch {
            return Err(Failure::Other(anyhow!(
                "{images} training images have labels, fewer than a batch of {batch}; lower batch_size"
            )));
        }
        Ok(Source::Features { bank, order: Order::new(recipe.seed, images, batch, first_step) })
    }

    pub fn next(&mut self) -> Result<Taken, Failure> {
        match self {
            Source::Images(loader) => {
                loader.next().map(Taken::Images).map_err(|error| Failure::Dataset(error.to_string()))
            }
            Source::Features { order, .. } => Ok(Taken::Rows(order.next())),
        }
    }

    pub fn recycle(&self, taken: Taken) {
        if let (Source::Images(loader), Taken::Images(batch)) = (self, taken) {
            loader.recycle(batch);
        }
    }
}

impl Taken {
    pub fn examples<'a>(&'a self, source: &'a Source) -> Examples<'a> {
        match (self, source) {
            (Taken::Rows(rows), Source::Features { bank, .. }) => Examples::Features { bank, rows },
            (Taken::Images(batch), _) => Examples::Images { pixels: &batch.view1, labels: &batch.labels },
            (Taken::Rows(_), Source::Images(_)) => Examples::Images { pixels: &[], labels: &[] },
        }
    }

    pub fn wait(&self) -> Duration {
        match self {
            Taken::Images(batch) => batch.wait,
            Taken::Rows(_) => Duration::ZERO,
        }
    }
}

/// Whole batches of a permutation that is keyed by (seed, epoch): the same for any first step.
pub struct Order {
    seed: u64,
    images: u64,
    batch: u64,
    step: u64,
    epoch: Option<u64>,
    rows: Vec<u64>,
}

impl Order {
    fn new(seed: u64, images: u64, batch: u64, step: u64) -> Self {
        Self { seed, images, batch, step, epoch: None, rows: Vec::new() }
    }

    fn next(&mut self) -> Vec<u64> {
        let steps = (self.images / self.batch).max(1);
        let (epoch, place) = (self.step / steps, self.step % steps);
        if self.epoch != Some(epoch) {
            self.rows = (0..self.images).collect();
            keyed_rng(self.seed, &["probe order".into(), epoch.into()]).shuffle(&mut self.rows);
            self.epoch = Some(epoch);
        }
        self.step += 1;
        let rows = self.rows.iter().skip((place * self.batch) as usize).take(self.batch as usize);
        rows.copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_has_no_row_twice_and_any_first_step_gives_the_same_batches() {
        let mut order = Order::new(5, 23, 5, 0);
        let batches: Vec<Vec<u64>> = (0..8).map(|_| order.next()).collect();
        for epoch in batches.chunks(4) {
            let mut rows: Vec<u64> = epoch.iter().flatten().copied().collect();
            rows.sort_unstable();
            rows.dedup();
            assert_eq!(rows.len(), 20);
        }
        assert_ne!(batches[0], batches[4]);
        let mut resumed = Order::new(5, 23, 5, 6);
        assert_eq!([resumed.next(), resumed.next()], [batches[6].clone(), batches[7].clone()]);
    }
}
