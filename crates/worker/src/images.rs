//! The run's images: the set that the job names, checked against what was queued, and the loader over it. An image that
//! cannot be read is told once and ends nothing.

use vitals_data::{Dataset, DatasetSpec, DecodedCache, LoaderConfig, cache_folder};
use vitals_journal::{Level, Writer};
use vitals_recipe::Recipe;
use vitals_run::Job;

use crate::exit::Failure;

/// Memory for batches that wait.
const PREFETCH_BYTES: u64 = 256 << 20;

/// Opens the set that the job names, with the cache that its recipe asks for.
pub fn open_dataset(job: &Job) -> Result<Dataset, Failure> {
    let path = (!job.dataset.path.is_empty()).then(|| job.dataset.path.clone().into());
    let spec = DatasetSpec { name: job.dataset.name.clone(), path };
    let dataset = vitals_data::open_seeded(&spec, job.recipe.seed)
        .map_err(|error| Failure::Dataset(error.to_string()))?;
    if !job.dataset.fingerprint.is_empty() && dataset.fingerprint() != job.dataset.fingerprint {
        return Err(Failure::Dataset(format!(
            "{} is not the set that the run was queued with (fingerprint {}, expected {}); `vitals dataset check` \
             takes the new one",
            job.dataset.name,
            dataset.fingerprint(),
            job.dataset.fingerprint
        )));
    }
    let dataset = match u64::from(job.recipe.train_images) {
        0 => dataset,
        images => dataset.with_first(images, job.recipe.seed),
    };
    let (images, gib) = (job.recipe.decoded_cache, job.recipe.decoded_cache_gib);
    let cache = DecodedCache::asked_for(images, gib, cache_folder(|name| std::env::var_os(name)));
    match cache.map_err(|error| Failure::Dataset(error.to_string()))? {
        Some(cache) => dataset.with_cache(&cache).map_err(|error| Failure::Dataset(error.to_string())),
        None => Ok(dataset),
    }
}

pub fn loader_config(recipe: &Recipe, first_step: u64) -> LoaderConfig {
    LoaderConfig {
        seed: recipe.seed,
        batch_size: u64::from(recipe.batch_size),
        image_size: recipe.image_size,
        augmentation: recipe.augmentation,
        crop_min_scale: recipe.crop_min_scale,
        arithmetic: recipe.pixel_arithmetic,
        threads: recipe.loader_threads,
        views: 2,
        first_step,
        prefetch_bytes: PREFETCH_BYTES,
    }
}

/// Names images that could not be read, each once.
pub fn tell_unreadable(dataset: &Dataset, journal: &Writer, said: usize) -> Result<usize, Failure> {
    let unreadable = dataset.unreadable();
    for name in unreadable.iter().skip(said) {
        journal.log(Level::Warn, format!("unreadable image {name}: another one takes its place"))?;
    }
    Ok(unreadable.len())
}
