//! How fast a recipe trains on this machine, and what measuring gradients costs: steps on random images, every other
//! one measured, so that both kinds see the same machine.

use std::time::Instant;

use serde::Serialize;
use vitals_recipe::{Part, Precision, Recipe, keyed_rng};

use crate::device::{Device, num_threads};
use crate::error::{EngineError, Result};
use crate::trainer::{Trainer, Views};

/// Steps before the first that counts: libtorch sets up its pools and kernels in them.
const WARM_UP: u64 = 4;

/// What `bench` measured. An image counts once, for both its views.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BenchReport {
    /// With gradient norms at every step.
    pub images_per_second: f64,
    /// With gradient norms.
    pub median_step_seconds: f64,
    /// Without gradient norms.
    pub median_step_seconds_unmeasured: f64,
    /// Median over pairs of neighbouring steps of measured / unmeasured − 1.
    pub gradient_norm_overhead: f64,
    /// Norm and maximum of every gradient by themselves, read from memory and not while the update has them in the cache:
    /// no step can spend more on them.
    pub gradient_norm_seconds: f64,
    /// Of the median step with gradient norms.
    pub gradient_norm_share: f64,
    pub device: String,
    pub threads: u32,
    pub precision: Precision,
    pub steps: u64,
}

/// Trains `steps` measured steps and as many unmeasured ones between them.
pub fn bench(recipe: &Recipe, steps: u64, device: Device) -> std::result::Result<BenchReport, EngineError> {
    let steps = steps.max(1);
    let images = u64::from(recipe.batch_size) * 1000;
    let mut trainer = Trainer::new(recipe, recipe.schedule(images), device)?;
    let batches = [random_batch(recipe, 0), random_batch(recipe, 1)];
    let views: Vec<&[u8]> = batches.iter().map(Vec::as_slice).collect();
    let (batch, image_size) = (recipe.batch_size as usize, recipe.image_size);
    let views = Views { views: &views, labels: &[], batch, image_size };
    let timed = |trainer: &mut Trainer, measure: bool| -> Result<f64> {
        let begin = Instant::now();
        trainer.step_measured(trainer.next_step(), &views, measure)?;
        Ok(begin.elapsed().as_secs_f64())
    };
    for _ in 0..WARM_UP {
        timed(&mut trainer, true)?;
    }
    let gradients = trainer.gradients(&views)?;
    let (mut measured, mut unmeasured, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let mut norms = Vec::new();
    for pair in 0..steps {
        // The order alternates, so that a drift of the machine favours neither.
        let first_is_measured = pair % 2 == 0;
        let first = timed(&mut trainer, first_is_measured)?;
        let second = timed(&mut trainer, !first_is_measured)?;
        let (with, without) = if first_is_measured { (first, second) } else { (second, first) };
        measured.push(with);
        unmeasured.push(without);
        ratios.push(with / without - 1.0);
        let begin = Instant::now();
        trainer.measure(&gradients)?;
        norms.push(begin.elapsed().as_secs_f64());
    }
    let median_step_seconds = median(measured);
    let gradient_norm_seconds = median(norms);
    Ok(BenchReport {
        images_per_second: f64::from(recipe.batch_size) / median_step_seconds,
        median_step_seconds,
        median_step_seconds_unmeasured: median(unmeasured),
        gradient_norm_overhead: median(ratios),
        gradient_norm_seconds,
        gradient_norm_share: gradient_norm_seconds / median_step_seconds,
        device: device.to_string(),
        threads: num_threads(),
        precision: recipe.precision,
        steps,
    })
}

fn random_batch(recipe: &Recipe, view: u64) -> Vec<u8> {
    let count = 3 * recipe.batch_size as usize * (recipe.image_size as usize).pow(2);
    let mut rng = keyed_rng(recipe.seed, &["bench".into(), Part::Number(view)]);
    (0..count).map(|_| rng.next_u64() as u8).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_of_odd_and_even_counts() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
    }
}
