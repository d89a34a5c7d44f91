//! Shows that memory stays flat: `cargo run --release -p vitals-data --example soak -- NAME|PATH SIZE MINUTES
//! [exact|fast]` loads with one thread and prints, ten times in all, the process's resident memory and the most bytes that
//! prefetched batches have taken. Reads `/proc`, so Linux only.

use std::sync::Arc;
use std::time::{Duration, Instant};

use vitals_data::augment::Arithmetic;
use vitals_data::{DatasetSpec, Loader, LoaderConfig, open};
use vitals_recipe::Augmentation;

const BATCH_SIZE: u64 = 64;
const PREFETCH_BYTES: u64 = 128 << 20;
const LINES: u32 = 10;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, size, minutes, rest @ ..] = &arguments[..] else {
        return Err("usage: soak NAME|PATH IMAGE_SIZE MINUTES [exact|fast]".into());
    };
    let arithmetic = rest.first().map_or(Ok(Arithmetic::Exact), |word| word.parse())?;
    let dataset = Arc::new(open(&DatasetSpec { name: name.clone(), path: None })?);
    let config = LoaderConfig {
        seed: 0,
        batch_size: dataset.train_len().clamp(1, BATCH_SIZE),
        image_size: size.parse()?,
        augmentation: Augmentation::MocoV3,
        crop_min_scale: 0.08,
        arithmetic,
        threads: 1,
        first_step: 0,
        prefetch_bytes: PREFETCH_BYTES,
        views: 2,
    };
    let mut loader = Loader::start(dataset, config)?;
    let (start, between) = (Instant::now(), Duration::from_secs_f64(minutes.parse::<f64>()? * 60.0) / LINES);
    println!("{:>8} {:>9} {:>12} {:>14}", "minutes", "images", "resident MiB", "prefetched MiB");
    let mut images = 0;
    for line in 1..=LINES {
        while start.elapsed() < between * line {
            let batch = loader.next()?;
            images += batch.indices.len();
            loader.recycle(batch);
        }
        let (minutes, prefetched) = (start.elapsed().as_secs_f64() / 60.0, loader.most_prefetched_bytes());
        println!("{minutes:>8.1} {images:>9} {:>12.1} {:>14.1}", resident_mib()?, mib(prefetched));
    }
    println!("allowed for prefetched batches: {:.1} MiB", mib(PREFETCH_BYTES));
    Ok(())
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn resident_mib() -> Result<f64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: f64 =
        resident.and_then(|text| text.trim().strip_suffix(" kB")).ok_or("no VmRSS")?.trim().parse()?;
    Ok(kib / 1024.0)
}
