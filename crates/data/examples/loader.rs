//! Measures the loader without libtorch: `cargo run -p vitals-data --example loader -- NAME|PATH SIZE THREADS SECONDS
//! [exact|fast]` prints what the data set is and one JSON object of images (both views) a second.

use std::sync::Arc;

use vitals_data::augment::Arithmetic;
use vitals_data::{DatasetSpec, bench, open};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, size, threads, seconds, rest @ ..] = &arguments[..] else {
        return Err("usage: loader NAME|PATH IMAGE_SIZE THREADS SECONDS [exact|fast]".into());
    };
    let started = std::time::Instant::now();
    let dataset = open(&DatasetSpec { name: name.clone(), path: None })?;
    eprintln!("{:?}", dataset.facts());
    eprintln!("held out: {:?}; fingerprint {}", dataset.heldout(), dataset.fingerprint());
    eprintln!("classes: {}; opened in {:?}", dataset.class_names().join(", "), started.elapsed());
    let arithmetic = rest.first().map_or(Ok(Arithmetic::Exact), |word| word.parse())?;
    let report =
        bench::rate(Arc::new(dataset), size.parse()?, threads.parse()?, seconds.parse()?, arithmetic)?;
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}
