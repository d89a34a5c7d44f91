//! The kNN monitor: which held-out images ask, which training images answer, and when. The votes are the engine's.

use std::sync::Arc;

use anyhow::anyhow;
use vitals_data::{Dataset, Split, eval_image};
use vitals_engine::{LabelledImages, Trainer, Values};
use vitals_recipe::{Metric, Recipe, keyed_rng};

use crate::exit::Failure;
use crate::recorder::Recorder;

/// Labelled images as evaluation sees them: resized, centre-cropped, N×S×S×3.
#[derive(Default)]
struct Images {
    pixels: Vec<u8>,
    labels: Vec<u32>,
}

impl Images {
    fn as_labelled(&self) -> LabelledImages<'_> {
        LabelledImages { pixels: &self.pixels, labels: &self.labels }
    }
}

/// What is asked of a run while it trains. Images are read once and kept: a thousand queries of 32 px are 3 MB.
pub struct Evaluator {
    every: u64,
    fixed_every: u64,
    queries: Images,
    bank: Images,
}

impl Evaluator {
    /// Reads the queries: the first `knn_queries` held-out images in seeded order; and, where the fixed bank is asked
    /// for, the first `knn_bank_size` training images in seeded order. An unlabelled set has neither.
    ///
    /// # Errors
    /// `dataset_unreadable` where too many of them cannot be read.
    pub fn new(recipe: &Recipe, dataset: Arc<Dataset>) -> Result<Self, Failure> {
        let mut evaluator = Self {
            every: recipe.knn_every,
            fixed_every: recipe.knn_fixed_every,
            queries: Images::default(),
            bank: Images::default(),
        };
        let wanted = evaluator.every > 0 || evaluator.fixed_every > 0;
        if wanted && dataset.facts().labelled {
            evaluator.queries = read(&dataset, Split::HeldOut, recipe.knn_queries as usize, recipe)?;
            if evaluator.fixed_every > 0 {
                evaluator.bank = read(&dataset, Split::Train, recipe.knn_bank_size as usize, recipe)?;
            }
        }
        Ok(evaluator)
    }

    /// The untrained network and the raw pixels on the fixed bank: what training must beat.
    ///
    /// # Errors
    /// The engine's, or the journal's.
    pub fn before_training(&self, trainer: &mut Trainer, recorder: &mut Recorder<'_>) -> Result<(), Failure> {
        if self.fixed_every == 0 {
            return Ok(());
        }
        if let Some(top1) = trainer.knn_pixels(self.bank.as_labelled(), self.queries.as_labelled())? {
            recorder.record(0, vec![(Metric::KnnTop1Pixels, Values::One(top1))])?;
        }
        self.fixed(0, trainer, recorder)
    }

    /// What is due after `done` steps.
    ///
    /// # Errors
    /// The engine's, or the journal's.
    pub fn after_step(
        &self,
        done: u64,
        trainer: &mut Trainer,
        recorder: &mut Recorder<'_>,
    ) -> Result<(), Failure> {
        if self.every > 0
            && done.is_multiple_of(self.every)
            && let Some(top1) = trainer.knn(self.queries.as_labelled())?
        {
            recorder.record(done, vec![(Metric::KnnTop1, Values::One(top1))])?;
        }
        if self.fixed_every > 0 && done.is_multiple_of(self.fixed_every) {
            self.fixed(done, trainer, recorder)?;
        }
        Ok(())
    }

    /// The last word on the fixed bank, unless it was said with the last step.
    ///
    /// # Errors
    /// The engine's, or the journal's.
    pub fn at_end(
        &self,
        trainer: &mut Trainer,
        recorder: &mut Recorder<'_>,
        done: u64,
    ) -> Result<(), Failure> {
        if self.fixed_every == 0 || done.is_multiple_of(self.fixed_every) {
            return Ok(());
        }
        self.fixed(done, trainer, recorder)
    }

    fn fixed(&self, done: u64, trainer: &mut Trainer, recorder: &mut Recorder<'_>) -> Result<(), Failure> {
        if let Some(top1) = trainer.knn_fixed(self.bank.as_labelled(), self.queries.as_labelled())? {
            recorder.record(done, vec![(Metric::KnnTop1Fixed, Values::One(top1))])?;
        }
        Ok(())
    }
}

/// The first `count` labelled images of a split in the order that the run's seed gives.
fn read(dataset: &Dataset, split: Split, count: usize, recipe: &Recipe) -> Result<Images, Failure> {
    let mut order: Vec<u64> = (0..dataset.len(split)).collect();
    let name = if split == Split::Train { "knn bank" } else { "knn queries" };
    keyed_rng(recipe.seed, &[name.into()]).shuffle(&mut order);
    let mut images = Images::default();
    let mut failed = 0;
    for index in order {
        if images.labels.len() == count {
            break;
        }
        let Some(label) = dataset.label(split, index) else { continue };
        match dataset.decode(split, index) {
            Ok(image) => {
                images.pixels.extend_from_slice(&eval_image(&image, recipe.image_size));
                images.labels.push(label);
            }
            Err(error) => {
                failed += 1;
                if failed > dataset.unreadable_allowed().max(1) {
                    return Err(Failure::Dataset(error.to_string()));
                }
            }
        }
    }
    if images.labels.is_empty() && count > 0 && dataset.len(split) > 0 {
        return Err(Failure::Other(anyhow!("the {name} are empty: no image of the split has a label")));
    }
    Ok(images)
}
