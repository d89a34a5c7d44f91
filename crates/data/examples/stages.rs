//! Where a view's time goes, in CPU time of this thread (other work on the machine does not count):
//! `cargo run -p vitals-data --example stages -- NAME|PATH SIZE [IMAGES]` prints microseconds an image.

use vitals_data::augment::{Plan, Scratch, ViewKey, Views};
use vitals_data::{DatasetSpec, RgbImage, Split, open};
use vitals_recipe::Augmentation;

/// CPU time of the calling thread in nanoseconds, as Linux counts it.
fn cpu_nanoseconds() -> Result<u64, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(text.split_whitespace().next().ok_or("empty schedstat")?.parse()?)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, size, rest @ ..] = &arguments[..] else {
        return Err("usage: stages NAME|PATH IMAGE_SIZE [IMAGES]".into());
    };
    let size: u32 = size.parse()?;
    let wanted = rest.first().map_or(Ok(256), |n| n.parse())?;
    let dataset = open(&DatasetSpec { name: name.clone(), path: None })?;
    let count = dataset.train_len().min(wanted);
    let augmentation = if size < 64 { Augmentation::MocoV3Small } else { Augmentation::MocoV3 };
    let views = Views::preset(augmentation, size, 0.08);
    let mut out = vec![0; views.size() * views.size() * 3];
    let mut scratch = Scratch::default();
    let mut decoded: Vec<RgbImage> = (0..count).map(|_| RgbImage::default()).collect();

    let start = cpu_nanoseconds()?;
    for (index, image) in decoded.iter_mut().enumerate() {
        dataset.decode_into(Split::Train, index as u64, image)?;
    }
    let decode = cpu_nanoseconds()? - start;

    // Each stage is the plan up to and including it; what it takes is the difference to the one before.
    type Stage = (&'static str, fn(&Plan) -> Plan);
    let cropped = |plan: &Plan| Plan {
        jitter: None,
        grayscale: false,
        blur_sigma: None,
        solarize: false,
        flip: false,
        ..*plan
    };
    let stages: [Stage; 4] = [
        ("draw, crop, resize, interleave", cropped),
        ("colour jitter", |plan| Plan {
            grayscale: false,
            blur_sigma: None,
            solarize: false,
            flip: false,
            ..*plan
        }),
        ("blur", |plan| Plan { grayscale: false, solarize: false, flip: false, ..*plan }),
        ("grayscale, solarize, flip", |plan| *plan),
    ];
    let repeats = (4096 / count).max(1);
    let mut before = 0.0;
    println!("{:>10.2} µs  decode", decode as f64 / count as f64 / 1e3);
    for (name, stage) in stages {
        let start = cpu_nanoseconds()?;
        for epoch in 0..repeats {
            for (index, image) in decoded.iter().enumerate() {
                for view in 0..2 {
                    let key = ViewKey { seed: 0, epoch, index: index as u64, view };
                    if let Some(plan) = views.plan(&key, image.width, image.height) {
                        stage(&plan).apply(image, size, size, &mut scratch, &mut out);
                    }
                }
            }
        }
        let total = (cpu_nanoseconds()? - start) as f64 / (repeats * count) as f64 / 1e3;
        println!("{:>10.2} µs  {name}", total - before);
        before = total;
    }
    let image = before + decode as f64 / count as f64 / 1e3;
    println!("{image:>10.2} µs  an image with both views: {:.0} images per CPU-second", 1e6 / image);
    Ok(())
}
