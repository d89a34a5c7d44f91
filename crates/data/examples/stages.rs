//! Where an image's time goes, in CPU time of one thread, in exact and in fast arithmetic:
//! `cargo run --release -p vitals-data --example stages -- NAME|PATH SIZE [IMAGES]` prints milliseconds an image.

use vitals_data::augment::Arithmetic;
use vitals_data::bench::Stages;
use vitals_data::{DatasetSpec, open};

/// What each stage was estimated to need at 224 pixels, in milliseconds (decode, resize, jitter, blur, rest).
const FLOOR: [f64; 5] = [1.35, 0.33, 0.4, 0.18, 0.1];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, size, rest @ ..] = &arguments[..] else {
        return Err("usage: stages NAME|PATH IMAGE_SIZE [IMAGES]".into());
    };
    let size: u32 = size.parse()?;
    let images = rest.first().map_or(Ok(256), |n| n.parse())?;
    let dataset = open(&DatasetSpec { name: name.clone(), path: None })?;
    let measured = |arithmetic| Stages::measure(&dataset, size, arithmetic, images);
    let (exact, fast) = (measured(Arithmetic::Exact)?, measured(Arithmetic::Fast)?);
    let rows = |s: &Stages| [s.decode, s.crop_resize, s.jitter, s.blur, s.rest];
    println!("{:<14} {:>9} {:>9} {:>12}", "ms an image", "exact", "fast", "floor at 224");
    let names = ["decode", "crop, resize", "jitter", "blur", "rest"];
    for (((name, exact), fast), floor) in names.iter().zip(rows(&exact)).zip(rows(&fast)).zip(FLOOR) {
        println!("{name:<14} {exact:>9.4} {fast:>9.4} {floor:>12.2}");
    }
    println!("{:<14} {:>9.4} {:>9.4} {:>12.2}", "total", exact.total, fast.total, FLOOR.iter().sum::<f64>());
    Ok(())
}
