//! The loader's benchmarks as JSON lines: images (both views) per CPU-second with one thread, exact and fast, and in the
//! details where the time goes. Fashion-MNIST always; a folder of photos at 224 pixels where `VITALS_BENCH_IMAGES` names one.

use std::sync::Arc;

use serde_json::json;
use vitals_data::augment::Arithmetic;
use vitals_data::bench::{Stages, rate};
use vitals_data::{DatasetSpec, FASHION_MNIST, open};

const SECONDS: f64 = 5.0;
/// Images whose stages are timed.
const STAGED: u64 = 128;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    lines("fashion-mnist", FASHION_MNIST, 32)?;
    match std::env::var("VITALS_BENCH_IMAGES") {
        Ok(folder) => lines("photos", &folder, 224),
        Err(_) => {
            eprintln!("loader_cpu/photos: left out, VITALS_BENCH_IMAGES names no folder of images");
            Ok(())
        }
    }
}

fn lines(source: &str, name: &str, size: u32) -> Result<(), Box<dyn std::error::Error>> {
    let dataset = Arc::new(open(&DatasetSpec { name: name.to_owned(), path: None })?);
    for arithmetic in [Arithmetic::Exact, Arithmetic::Fast] {
        let report = rate(Arc::clone(&dataset), size, 1, SECONDS, arithmetic)?;
        let stages = Stages::measure(&dataset, size, arithmetic, STAGED)?;
        let details = json!({ "milliseconds_an_image": stages, "images": report.images, "threads": 1 });
        let line = json!({
            "name": format!("loader_cpu/{source}/{size}/{arithmetic}"), "value": report.images_per_cpu_second,
            "unit": "images/CPU-second", "higher_is_better": true, "details": details,
        });
        println!("{line}");
    }
    Ok(())
}
