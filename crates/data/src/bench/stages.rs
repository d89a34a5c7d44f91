//! Where an image's time goes: decode, crop and resize, jitter, blur, the rest, in CPU time of the calling thread, so that
//! other work on the machine does not count. Each stage is timed as the difference between chains that end before and
//! after it.

use serde::Serialize;
use vitals_recipe::Augmentation;

use crate::augment::{Arithmetic, Plan, Scratch, ViewKey, Views};
use crate::{Dataset, Result, RgbImage, Split};

use super::cpu_seconds_of_thread;

/// Milliseconds of CPU time an image, both views.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Stages {
    pub decode: f64,
    pub crop_resize: f64,
    pub jitter: f64,
    pub blur: f64,
    /// Grayscale, solarize, flip; drawing and interleaving are in `crop_resize`.
    pub rest: f64,
    pub total: f64,
}

/// Views made for each stage, at least: below some thousands the differences drown in noise.
const VIEWS: u64 = 4096;

impl Stages {
    /// Times up to `images` images of the training split at `size` pixels.
    ///
    /// # Errors
    /// Where one of these images is unreadable.
    pub fn measure(dataset: &Dataset, size: u32, arithmetic: Arithmetic, images: u64) -> Result<Self> {
        let count = dataset.train_len().min(images).max(1);
        let mut decoded: Vec<RgbImage> = (0..count).map(|_| RgbImage::default()).collect();
        for (index, image) in decoded.iter_mut().enumerate() {
            dataset.decode_into(Split::Train, index as u64, image)?;
        }
        let views = Views::preset(augmentation(size), size, 0.08).with_arithmetic(arithmetic);
        // As the loader decodes: what the two views show. The files have just been read, and buffers are as large as needed.
        let mut image = RgbImage::default();
        let start = cpu_seconds_of_thread();
        for index in 0..count {
            let keys = [0, 1].map(|view| ViewKey { seed: 0, epoch: 0, index, view });
            let shown = |width, height| views.shown(&keys, width, height);
            dataset.decode_wanted(Split::Train, index, &shown, &mut image)?;
        }
        let decode = (cpu_seconds_of_thread() - start) / count as f64 * 1e3;
        let repeats = (VIEWS / 2 / count).clamp(1, 64);
        let chains: [fn(Plan) -> Plan; 4] = [
            |plan| Plan { jitter: None, ..jittered(plan) },
            jittered,
            |plan| Plan { blur_sigma: plan.blur_sigma, ..jittered(plan) },
            |plan| plan,
        ];
        let [crop, jitter, blur, all] =
            chains.map(|chain| time(&decoded, &views, arithmetic, repeats, chain));
        Ok(Self {
            decode,
            crop_resize: crop,
            jitter: jitter - crop,
            blur: blur - jitter,
            rest: all - blur,
            total: decode + all,
        })
    }
}

/// Below 64 pixels the views are those without blur.
pub(super) fn augmentation(size: u32) -> Augmentation {
    if size < 64 { Augmentation::MocoV3Small } else { Augmentation::MocoV3 }
}

/// The plan up to the jitter.
fn jittered(plan: Plan) -> Plan {
    Plan { grayscale: false, blur_sigma: None, solarize: false, flip: false, ..plan }
}

/// Milliseconds an image.
fn time(
    images: &[RgbImage],
    views: &Views,
    arithmetic: Arithmetic,
    repeats: u64,
    chain: fn(Plan) -> Plan,
) -> f64 {
    let side = (views.size(), views.size());
    let mut out = vec![0; side.0 * side.1 * 3];
    let mut scratch = Scratch::default();
    let start = cpu_seconds_of_thread();
    for epoch in 0..repeats {
        for (index, image) in images.iter().enumerate() {
            for view in 0..2 {
                let key = ViewKey { seed: 0, epoch, index: index as u64, view };
                if let Some(plan) = views.plan(&key, image.width, image.height) {
                    chain(plan).apply(image, side, arithmetic, &mut scratch, &mut out);
                }
            }
        }
    }
    (cpu_seconds_of_thread() - start) / (repeats * images.len() as u64) as f64 * 1e3
}
