//! The decoded cache: the same batches with and without it, and nothing decoded twice. That nothing is decoded is shown
//! by taking the files away.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::path::Path;
use std::sync::Arc;

use vitals_data::{Batch, Dataset, DatasetSpec, DecodedCache, Loader, LoaderConfig, Split, open};
use vitals_recipe::Augmentation;

const IMAGES: u32 = 40;

/// A class folder each of pictures of different sizes.
fn write(root: &Path) {
    for i in 0..IMAGES {
        let pixels = image::RgbImage::from_fn(9 + i, 12, |x, y| image::Rgb([x as u8, y as u8, i as u8]));
        let path = root.join(format!("class {}/{i:02}.png", i % 2));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        pixels.save(path).unwrap();
    }
}

fn opened(root: &Path) -> Dataset {
    open(&DatasetSpec { name: "mine".into(), path: Some(root.to_path_buf()) }).unwrap()
}

/// Two epochs of batches; what was waited is left out.
fn batches(dataset: Dataset, first_step: u64) -> Vec<Batch> {
    let config = LoaderConfig {
        seed: 3,
        batch_size: 19,
        image_size: 16,
        augmentation: Augmentation::MocoV3,
        crop_min_scale: 0.2,
        arithmetic: vitals_data::augment::Arithmetic::Exact,
        threads: 2,
        views: 2,
        first_step,
        prefetch_bytes: 0,
    };
    let mut loader = Loader::start(Arc::new(dataset), config).unwrap();
    (0..4).map(|_| Batch { wait: std::time::Duration::ZERO, ..loader.next().unwrap() }).collect()
}

/// Decodes every image of both splits.
fn touch(dataset: &Dataset) {
    for split in [Split::Train, Split::HeldOut] {
        (0..dataset.len(split)).for_each(|index| assert!(dataset.decode(split, index).is_ok()));
    }
}

fn remove_images(root: &Path) {
    for i in 0..IMAGES {
        std::fs::remove_file(root.join(format!("class {}/{i:02}.png", i % 2))).unwrap();
    }
}

#[test]
fn memory_serves_later_epochs_with_the_same_bytes() {
    let root = tempfile::tempdir().unwrap();
    write(root.path());
    let expected = batches(opened(root.path()), 0);
    let cached = opened(root.path()).with_cache(&DecodedCache::Memory { bytes: 1 << 20 }).unwrap();
    touch(&cached);
    remove_images(root.path());
    assert!(batches(cached, 0) == expected);
}

#[test]
fn a_budget_that_is_spent_decodes_the_rest() {
    let root = tempfile::tempdir().unwrap();
    write(root.path());
    let expected = batches(opened(root.path()), 0);
    // About ten of forty pictures fit.
    let cached = opened(root.path()).with_cache(&DecodedCache::Memory { bytes: 10_000 }).unwrap();
    touch(&cached);
    assert!(batches(cached, 0) == expected);
}

#[test]
fn a_file_serves_later_runs_with_the_same_bytes() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(root.path());
    let cache = DecodedCache::Disk { folder: folder.path().join("decoded"), bytes: 1 << 20 };
    let expected = batches(opened(root.path()), 0);
    let first = opened(root.path()).with_cache(&cache).unwrap();
    touch(&first);
    assert!(batches(first, 0) == expected);
    // The first run has ended and left a file; the next one needs the set's listing, not its content.
    let second = opened(root.path()).with_cache(&cache).unwrap();
    remove_images(root.path());
    assert!(batches(second, 0) == expected);
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_with_its_name() {
    let root = tempfile::tempdir().unwrap();
    write(root.path());
    let folder = root.path().join("class 0/00.png");
    let error = opened(root.path()).with_cache(&DecodedCache::Disk { folder, bytes: 1 << 20 }).err().unwrap();
    assert!(error.to_string().contains("class 0/00.png"), "{error}");
}

/// /proc refuses new folders to everyone, root included.
#[test]
fn a_cache_folder_that_cannot_be_written_is_said_with_what_to_do() {
    let root = tempfile::tempdir().unwrap();
    write(root.path());
    let cache = DecodedCache::Disk { folder: "/proc/vitals/decoded".into(), bytes: 1 << 20 };
    let Err(error) = opened(root.path()).with_cache(&cache) else { panic!("/proc was written") };
    let error = error.to_string();
    assert!(
        error.contains("cannot be kept in /proc/vitals/decoded") && error.contains("XDG_CACHE_HOME"),
        "{error}"
    );
}
