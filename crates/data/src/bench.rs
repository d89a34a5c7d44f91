//! Measures the loader alone: images a second, each counted once though both views are made, and where the time goes.
//! Reads this process's CPU time from Linux; where that is absent the CPU numbers are zero.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use vitals_recipe::Augmentation;

use crate::augment::Arithmetic;
use crate::{Dataset, Loader, LoaderConfig, Result};

mod stages;

pub use stages::Stages;

/// What the loader did in the time given.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoaderReport {
    /// Images a second; an image is both of its views.
    pub images_per_second: f64,
    /// The same for each second of a core, whatever else the machine does.
    pub images_per_cpu_second: f64,
    pub batches_per_second: f64,
    pub images: u64,
    pub seconds: f64,
    pub batch_size: u64,
    pub image_size: u32,
    pub threads: u32,
    pub augmentation: Augmentation,
    pub arithmetic: Arithmetic,
    /// Milliseconds of CPU time an image.
    pub stages: Option<Stages>,
}

const PREFETCH_BYTES: u64 = 256 << 20;
/// Images whose stages are timed.
const STAGED: u64 = 128;

/// Runs the loader for `seconds` after a short warm-up, with nobody but itself to wait for, in exact arithmetic, and
/// splits an image's time. Batches are of 256 images, fewer where the set has fewer; below 64 pixels the views are those
/// without blur.
///
/// # Errors
/// What the loader says.
pub fn loader(dataset: Arc<Dataset>, image_size: u32, threads: u32, seconds: f64) -> Result<LoaderReport> {
    let stages = Stages::measure(&dataset, image_size, Arithmetic::Exact, STAGED)?;
    let report = rate(dataset, image_size, threads, seconds, Arithmetic::Exact)?;
    Ok(LoaderReport { stages: Some(stages), ..report })
}

/// The loader's rate alone, in either arithmetic.
///
/// # Errors
/// What the loader says.
pub fn rate(
    dataset: Arc<Dataset>,
    image_size: u32,
    threads: u32,
    seconds: f64,
    arithmetic: Arithmetic,
) -> Result<LoaderReport> {
    let augmentation = stages::augmentation(image_size);
    let batch_size = dataset.train_len().clamp(1, 256);
    let config = LoaderConfig {
        seed: 0,
        batch_size,
        image_size,
        augmentation,
        crop_min_scale: 0.08,
        arithmetic,
        threads,
        views: 2,
        first_step: 0,
        prefetch_bytes: PREFETCH_BYTES,
    };
    let mut loader = Loader::start(dataset, config)?;
    let warm_up = Instant::now();
    while warm_up.elapsed() < Duration::from_secs_f64((seconds * 0.1).clamp(0.0, 2.0)) {
        let batch = loader.next()?;
        loader.recycle(batch);
    }
    let (start, cpu) = (Instant::now(), cpu_seconds());
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
        images_per_cpu_second: images as f64 / (cpu_seconds() - cpu).max(f64::MIN_POSITIVE),
        batches_per_second: batches as f64 / seconds,
        images,
        seconds,
        batch_size,
        image_size,
        threads: loader.threads() as u32,
        augmentation,
        arithmetic,
        stages: None,
    })
}

/// CPU time of all threads that live now.
fn cpu_seconds() -> f64 {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    threads.map(|thread| scheduled(&thread.path().join("schedstat"))).sum()
}

/// CPU time of the calling thread.
fn cpu_seconds_of_thread() -> f64 {
    scheduled(std::path::Path::new("/proc/thread-self/schedstat"))
}

/// The first number of a `schedstat`: nanoseconds on a processor.
fn scheduled(path: &std::path::Path) -> f64 {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace().next().and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}
