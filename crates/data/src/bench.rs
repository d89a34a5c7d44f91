//! Measures the loader alone: images a second, each counted once though both views are made.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use vitals_recipe::Augmentation;

use crate::{Dataset, Loader, LoaderConfig, Result};

/// What the loader did in the time given.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoaderReport {
    /// Images a second; an image is both of its views.
    pub images_per_second: f64,
    pub batches_per_second: f64,
    pub images: u64,
    pub seconds: f64,
    pub batch_size: u64,
    pub image_size: u32,
    pub threads: u32,
    pub augmentation: Augmentation,
}

const PREFETCH_BYTES: u64 = 256 << 20;

/// Runs the loader for `seconds` after a short warm-up, with nobody but itself to wait for. Batches are of 256
/// images, fewer where the set has fewer; below 64 pixels the views are those without blur.
///
/// # Errors
/// What the loader says.
pub fn loader(dataset: Arc<Dataset>, image_size: u32, threads: u32, seconds: f64) -> Result<LoaderReport> {
    let augmentation = if image_size < 64 { Augmentation::MocoV3Small } else { Augmentation::MocoV3 };
    let batch_size = dataset.train_len().clamp(1, 256);
    let config = LoaderConfig {
        seed: 0,
        batch_size,
        image_size,
        augmentation,
        crop_min_scale: 0.08,
        threads,
        first_step: 0,
        prefetch_bytes: PREFETCH_BYTES,
    };
    let mut loader = Loader::start(dataset, config)?;
    let warm_up = Instant::now();
    while warm_up.elapsed() < Duration::from_secs_f64((seconds * 0.1).clamp(0.0, 2.0)) {
        let batch = loader.next()?;
        loader.recycle(batch);
    }
    let start = Instant::now();
    let mut batches = 0u64;
    // At least one batch, however short the time.
    while batches == 0 || start.elapsed().as_secs_f64() < seconds {
        let batch = loader.next()?;
        loader.recycle(batch);
        batches += 1;
    }
    let seconds = start.elapsed().as_secs_f64();
    let images = batches * batch_size;
    Ok(LoaderReport {
        images_per_second: images as f64 / seconds,
        batches_per_second: batches as f64 / seconds,
        images,
        seconds,
        batch_size,
        image_size,
        threads: loader.threads() as u32,
        augmentation,
    })
}
