//! Measures the loader without libtorch: `cargo run -p vitals-data --example loader -- NAME|PATH SIZE THREADS SECONDS`
//! prints what the data set is and one JSON object of images (both views) a second.

use std::sync::Arc;

use vitals_data::{DatasetSpec, bench, open};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, size, threads, seconds] = &arguments[..] else {
        return Err("usage: loader NAME|PATH IMAGE_SIZE THREADS SECONDS".into());
    };
    let started = std::time::Instant::now();
    let dataset = open(&DatasetSpec { name: name.clone(), path: None })?;
    eprintln!("{:?}", dataset.facts());
    eprintln!("held out: {:?}; fingerprint {}", dataset.heldout(), dataset.fingerprint());
    eprintln!("classes: {}; opened in {:?}", dataset.class_names().join(", "), started.elapsed());
    let report = bench::loader(Arc::new(dataset), size.parse()?, threads.parse()?, seconds.parse()?)?;
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}
