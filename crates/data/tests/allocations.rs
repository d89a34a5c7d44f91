//! After the first batches the loader allocates nothing for sets that need no decoder: what an image costs is its pixels'
//! arithmetic. Counted by the allocator of this test program, which has no other test.
#![expect(unsafe_code, reason = "an allocator that counts is an unsafe trait")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use vitals_data::{DatasetSpec, Loader, LoaderConfig, open};
use vitals_recipe::Augmentation;

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// Safety: every call is passed on as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn nothing_is_allocated_per_batch() {
    let root = tempfile::tempdir().unwrap();
    let record = |i: u32| -> Vec<u8> {
        (0..3073).map(|at| if at == 0 { (i % 10) as u8 } else { (at * i % 251) as u8 }).collect()
    };
    let records: Vec<u8> = (0..1600).flat_map(record).collect();
    std::fs::write(root.path().join("data_batch_1.bin"), records).unwrap();
    let dataset =
        Arc::new(open(&DatasetSpec { name: "cifar".into(), path: Some(root.path().into()) }).unwrap());
    let config = LoaderConfig {
        seed: 1,
        batch_size: 64,
        image_size: 32,
        augmentation: Augmentation::MocoV3,
        crop_min_scale: 0.08,
        arithmetic: vitals_data::augment::Arithmetic::Exact,
        threads: 2,
        views: 2,
        first_step: 0,
        prefetch_bytes: 4 << 20,
    };
    let mut loader = Loader::start(dataset, config).unwrap();
    let mut allocations_of = |batches: u64| {
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        for _ in 0..batches {
            let batch = loader.next().unwrap();
            loader.recycle(batch);
        }
        ALLOCATIONS.load(Ordering::Relaxed) - before
    };
    let warm_up = allocations_of(200);
    // Each epoch of 23 batches has an order of its own: one vector and what points to it.
    let epochs = 400 / 23 + 2;
    // Where this thread was slow at first, a place of the queue is filled for the first time only now.
    let late = 8;
    let after = allocations_of(400);
    assert!(
        after <= 3 * epochs + late,
        "{after} allocations in 400 batches after {warm_up} in the first 200"
    );
}
