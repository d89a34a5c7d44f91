//! The loader's promises: the same bytes for any threads and from any step, replaced images, errors at a
//! fixed step, no thread that outlives it.

use std::sync::Arc;

use vitals_recipe::{Augmentation, keyed_rng};

use super::{Batch, Loader, LoaderConfig};
use crate::augment::Arithmetic;
use crate::decode::{Pixels, Wanted};
use crate::source::Source;
use crate::{DataError, Dataset, RgbImage, Split};

/// `count` images of different sizes; those in `broken` cannot be decoded.
fn dataset(count: u64, broken: &[u64]) -> Arc<Dataset> {
    let train = (0..count)
        .map(|i| {
            let mut rng = keyed_rng(i, &["test image".into()]);
            let (width, height) = (20 + rng.below(20) as u32, 20 + rng.below(20) as u32);
            let pixels = if broken.contains(&i) { 0 } else { width * height * 3 };
            let pixels = (0..pixels).map(|_| rng.next_u64() as u8).collect();
            (RgbImage { width, height, pixels }, Some((i % 10) as u32))
        })
        .collect();
    Arc::new(Dataset::in_memory("test", train, Vec::new()).unwrap())
}

pub(super) fn config(threads: u32, first_step: u64) -> LoaderConfig {
    LoaderConfig {
        seed: 11,
        batch_size: 70,
        image_size: 32,
        augmentation: Augmentation::MocoV3,
        crop_min_scale: 0.08,
        arithmetic: Arithmetic::Exact,
        threads,
        views: 2,
        first_step,
        prefetch_bytes: 4 << 20,
    }
}

/// Hash of everything in a batch but the wait.
fn hash(batch: &Batch) -> String {
    let mut hash = blake3::Hasher::new();
    hash.update(&batch.step.to_le_bytes()).update(&batch.epoch.to_le_bytes());
    hash.update(format!("{:?} {:?}", batch.indices, batch.labels).as_bytes());
    hash.update(&batch.view1).update(&batch.view2);
    hash.finalize().to_hex().to_string()
}

pub(super) fn hashes(dataset: &Arc<Dataset>, config: LoaderConfig, steps: usize) -> Vec<String> {
    let mut loader = Loader::start(Arc::clone(dataset), config).unwrap();
    (0..steps)
        .map(|_| {
            let batch = loader.next().unwrap();
            let hash = hash(&batch);
            loader.recycle(batch);
            hash
        })
        .collect()
}

#[test]
fn threads_and_first_step_change_nothing() {
    let dataset = dataset(300, &[]);
    // 300 images in batches of 70: four a epoch, so these steps span three epochs.
    let expected = hashes(&dataset, config(1, 0), 10);
    assert_eq!(expected.iter().collect::<std::collections::BTreeSet<_>>().len(), 10);
    for threads in [2, 5] {
        assert!(hashes(&dataset, config(threads, 0), 10) == expected, "{threads} threads");
    }
    assert_eq!(hashes(&dataset, config(5, 6), 4), expected[6..]);
}

#[test]
fn a_batch_is_what_its_parts_say() {
    let dataset = dataset(300, &[]);
    let config = config(2, 3);
    let views = crate::augment::Views::preset(config.augmentation, config.image_size, config.crop_min_scale);
    let mut loader = Loader::start(Arc::clone(&dataset), config).unwrap();
    let batch = loader.next().unwrap();
    assert_eq!((batch.step, batch.epoch, batch.indices.len()), (3, 0, 70));
    let mut out = vec![0; 32 * 32 * 3];
    for (i, &index) in batch.indices.iter().enumerate() {
        assert_eq!(batch.labels[i], dataset.label(Split::Train, index));
        let image = dataset.decode(Split::Train, index).unwrap();
        for (view, bytes) in [&batch.view1, &batch.view2].into_iter().enumerate() {
            let key = crate::augment::ViewKey { seed: 11, epoch: 0, index, view };
            views.render(&image, &key, &mut crate::augment::Scratch::default(), &mut out);
            assert!(bytes[i * out.len()..(i + 1) * out.len()] == out[..], "image {i} view {view}");
        }
    }
}

#[test]
fn an_epoch_has_no_image_twice() {
    let mut loader = Loader::start(dataset(300, &[]), config(2, 4)).unwrap();
    let mut seen: Vec<u64> = (0..4).flat_map(|_| loader.next().unwrap().indices).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 280);
}

#[test]
fn without_augmentation_both_views_are_the_image() {
    let config = LoaderConfig { augmentation: Augmentation::None, ..config(1, 0) };
    let dataset = dataset(80, &[]);
    let batch = Loader::start(Arc::clone(&dataset), config).unwrap().next().unwrap();
    assert!(batch.view1 == batch.view2);
    let image = dataset.decode(Split::Train, batch.indices[5]).unwrap();
    assert!(batch.view1[5 * 3072..6 * 3072] == crate::eval_image(&image, 32)[..]);
}

#[test]
fn the_first_view_is_the_same_where_the_second_is_not_made() {
    let dataset = dataset(300, &[]);
    let both = Loader::start(Arc::clone(&dataset), config(2, 3)).unwrap().next().unwrap();
    let one = Loader::start(dataset, LoaderConfig { views: 1, ..config(2, 3) }).unwrap().next().unwrap();
    assert!(one.view1 == both.view1 && one.indices == both.indices && one.view2.is_empty());
}

#[test]
fn an_unreadable_image_gives_way_to_the_next() {
    let dataset = dataset(2000, &[500]);
    assert_eq!(dataset.unreadable_allowed(), 2);
    let config = LoaderConfig { batch_size: 1000, image_size: 8, ..config(3, 0) };
    let mut loader = Loader::start(Arc::clone(&dataset), config).unwrap();
    let indices: Vec<u64> = (0..2).flat_map(|_| loader.next().unwrap().indices).collect();
    assert_eq!((indices.contains(&500), indices.iter().filter(|&&i| i == 501).count()), (false, 2));
    assert_eq!(dataset.unreadable(), ["500 (in memory)"]);
}

#[test]
fn too_many_unreadable_images_are_an_error_at_the_same_step() {
    // Four of 2,000 where two are allowed: the third one met ends it, whichever thread meets it.
    let dataset = dataset(2000, &[100, 700, 1300, 1900]);
    let outcome = |threads| {
        let config = LoaderConfig { batch_size: 20, image_size: 8, ..config(threads, 0) };
        let mut loader = Loader::start(Arc::clone(&dataset), config).unwrap();
        let mut delivered = 0;
        let error = loop {
            match loader.next() {
                Ok(batch) => {
                    delivered += 1;
                    loader.recycle(batch);
                }
                Err(error) => break error.to_string(),
            }
        };
        assert!(matches!(loader.next(), Err(DataError::Stopped)));
        (delivered, error)
    };
    let (delivered, error) = outcome(1);
    assert!(delivered < 100);
    assert!(
        error.starts_with("3 of 2000 images are unreadable, more than the 2 allowed (0.1 %), last: image"),
        "{error}"
    );
    assert_eq!(outcome(4), (delivered, error));
}

#[test]
fn a_small_set_names_its_broken_image() {
    let mut loader = Loader::start(dataset(70, &[3]), config(2, 0)).unwrap();
    let error = loader.next().unwrap_err().to_string();
    assert_eq!(error, "image 3 (in memory) is unreadable: the pixels do not match the size");
}

#[test]
fn a_batch_larger_than_the_set_is_refused() {
    let error = Loader::start(dataset(69, &[]), config(1, 0)).err().unwrap();
    assert_eq!(
        error.to_string(),
        "a batch of 70 images is larger than the data set, which has 69 training images"
    );
}

/// A source that panics at image 150 of 300.
struct Panics;

impl Source for Panics {
    fn len(&self) -> usize {
        300
    }

    fn label(&self, _: usize) -> Option<u32> {
        None
    }

    fn name(&self, index: usize) -> String {
        index.to_string()
    }

    fn decode_into(&self, index: usize, _: Wanted<'_>, image: &mut RgbImage) -> Result<Pixels, String> {
        assert_ne!(index, 150, "injected");
        image.set_grey(1, 1, &[index as u8]);
        Ok(Pixels::Exact)
    }
}

#[test]
fn a_panicking_thread_is_an_error_not_a_hang() {
    let dataset = Arc::new(Dataset::of_source(Box::new(Panics)).unwrap());
    let mut loader = Loader::start(dataset, config(2, 0)).unwrap();
    let error = (0..8).find_map(|_| loader.next().err()).unwrap();
    assert_eq!(error.to_string(), "a loader thread panicked");
}

#[test]
fn no_thread_outlives_the_loader() {
    // Threads own the set through an Arc: after the drop nobody but this test does.
    let dataset = dataset(300, &[]);
    for take in [0, 1, 3] {
        let mut loader = Loader::start(Arc::clone(&dataset), config(5, 0)).unwrap();
        assert_eq!(loader.threads(), 5);
        for _ in 0..take {
            loader.next().unwrap();
        }
        drop(loader);
        assert_eq!(Arc::strong_count(&dataset), 1);
    }
}

#[test]
fn recycled_buffers_come_back() {
    let mut loader = Loader::start(dataset(300, &[]), config(1, 0)).unwrap();
    let mut buffers = std::collections::BTreeSet::new();
    for _ in 0..40 {
        let batch = loader.next().unwrap();
        buffers.insert(batch.view1.as_ptr().addr());
        loader.recycle(batch);
    }
    // 4 MiB hold 9 batches of 430 KB; one more is in the caller's hands and one waits for reuse.
    assert!(buffers.len() <= 11, "{} buffers for 40 batches", buffers.len());
}

#[test]
fn prefetched_batches_keep_within_their_bytes() {
    let config = config(3, 0);
    let batch = 2 * 70 * 32 * 32 * 3;
    let mut loader = Loader::start(dataset(300, &[]), config.clone()).unwrap();
    // Nobody takes a batch: the threads run ahead as far as they may, which is nine batches of the 4 MiB.
    while loader.most_prefetched_bytes() < config.prefetch_bytes - batch {
        std::thread::yield_now();
    }
    for _ in 0..30 {
        let batch = loader.next().unwrap();
        loader.recycle(batch);
        assert!(loader.most_prefetched_bytes() <= config.prefetch_bytes);
    }
    // Two batches are always allowed, or training would wait for each.
    let mut loader = Loader::start(dataset(300, &[]), LoaderConfig { prefetch_bytes: 1, ..config }).unwrap();
    for _ in 0..5 {
        let batch = loader.next().unwrap();
        loader.recycle(batch);
    }
    assert!((batch..=2 * batch).contains(&loader.most_prefetched_bytes()));
}
