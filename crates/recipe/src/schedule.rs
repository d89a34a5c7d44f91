//! Steps, learning rate and encoder momentum of every step, as pure functions of the recipe (mocov3.md 1.8).

use serde::{Deserialize, Serialize};

use crate::choices::{MomentumSchedule, Task};
use crate::table::Recipe;

/// The lengths that the schedules span.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// Whole batches in the data set; the rest of an epoch is dropped.
    pub steps_per_epoch: u64,
    pub total_steps: u64,
    /// Steps over which the learning rate rises; may be a fraction.
    pub warmup_steps: f64,
}

/// The peak learning rate that the optimizer sees: base × batch / 256.
pub fn effective_learning_rate(recipe: &Recipe) -> f64 {
    recipe.base_learning_rate * f64::from(recipe.batch_size) / 256.0
}

impl Recipe {
    /// How many of a set's training images take part.
    pub(crate) fn images_taken(&self, images: u64) -> u64 {
        if self.train_images == 0 { images } else { images.min(u64::from(self.train_images)) }
    }

    /// The schedule on a data set of that many training images. Fractions of a step at the end are trained.
    pub fn schedule(&self, images: u64) -> Schedule {
        let steps_per_epoch = self.images_taken(images) / u64::from(self.batch_size.max(1));
        let total_steps = match self.max_steps {
            // One look at every image.
            _ if self.task == Task::Knn => 1,
            0 => (self.epochs * steps_per_epoch as f64).ceil() as u64,
            steps => steps,
        };
        Schedule { steps_per_epoch, total_steps, warmup_steps: self.warmup_epochs * steps_per_epoch as f64 }
    }
}

impl Schedule {
    /// The learning rate of a step, counted from 0: linear from 0 to the peak over the warm-up, then half a cosine to
    /// 0 at the end; multiplied with the shock factor during a disturbance.
    pub fn learning_rate(&self, recipe: &Recipe, step: u64) -> f64 {
        let peak = effective_learning_rate(recipe);
        let (at, total) = (step as f64, self.total_steps as f64);
        let rate = if at < self.warmup_steps {
            // `at` lies below the warm-up, which is then not 0.
            peak * at / self.warmup_steps
        } else {
            // A run that is all warm-up has no span, and 0 / 0 would be NaN.
            let span = (total - self.warmup_steps).max(f64::MIN_POSITIVE);
            let progress = ((at - self.warmup_steps) / span).clamp(0.0, 1.0);
            peak * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos())
        };
        if is_shocked(recipe, step) { rate * recipe.shock_factor } else { rate }
    }

    /// The momentum of the momentum encoder at a step, counted from 0: from its start to 1 along half a cosine, or
    /// constant.
    pub fn encoder_momentum(&self, recipe: &Recipe, step: u64) -> f64 {
        match recipe.encoder_momentum_schedule {
            MomentumSchedule::Constant => recipe.encoder_momentum,
            MomentumSchedule::Cosine => {
                let progress = (step as f64 / self.total_steps.max(1) as f64).clamp(0.0, 1.0);
                let fade = 0.5 * (1.0 + (std::f64::consts::PI * progress).cos());
                1.0 - fade * (1.0 - recipe.encoder_momentum)
            }
        }
    }
}

/// Whether the recipe's disturbance covers this step.
fn is_shocked(recipe: &Recipe, step: u64) -> bool {
    let first = recipe.shock_at_step;
    first > 0 && step >= first && step < first.saturating_add(recipe.shock_steps)
}
