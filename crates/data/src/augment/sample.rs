//! Draws the parameters of a view with the distributions of torchvision (augmentation.md, 1 and 2). All but
//! the crop take a fixed number of draws, taken or not, so that changing one probability moves nothing else.

use vitals_recipe::KeyedRng;

use super::plan::{CropBox, Jitter, JitterOp, Plan};

/// Ranges of the random resized crop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CropRange {
    /// Area of the crop as a fraction of the image's.
    pub scale: (f64, f64),
    /// Width over height.
    pub ratio: (f64, f64),
}

/// Half widths of the jitter's ranges around 1 (hue: around 0).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JitterRange {
    pub brightness: f64,
    pub contrast: f64,
    pub saturation: f64,
    pub hue: f64,
}

/// Every probability and range of one view.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ViewRecipe {
    pub crop: CropRange,
    pub jitter_probability: f64,
    pub jitter: JitterRange,
    pub grayscale_probability: f64,
    pub blur_probability: f64,
    pub blur_sigma: (f64, f64),
    pub solarize_probability: f64,
    pub flip_probability: f64,
}

/// Tries of the random crop before the centre crop.
const CROP_TRIES: usize = 10;

impl ViewRecipe {
    /// The first view of MoCo v3: always blurred, never solarized.
    pub fn first(crop_min_scale: f64) -> Self {
        Self {
            crop: CropRange { scale: (crop_min_scale, 1.0), ratio: (3.0 / 4.0, 4.0 / 3.0) },
            jitter_probability: 0.8,
            jitter: JitterRange { brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0.1 },
            grayscale_probability: 0.2,
            blur_probability: 1.0,
            blur_sigma: (0.1, 2.0),
            solarize_probability: 0.0,
            flip_probability: 0.5,
        }
    }

    /// The second view of MoCo v3: seldom blurred, sometimes solarized.
    pub fn second(crop_min_scale: f64) -> Self {
        Self { blur_probability: 0.1, solarize_probability: 0.2, ..Self::first(crop_min_scale) }
    }

    /// A crop and a flip alone, as classifiers are trained with.
    pub(crate) fn crop_and_flip(crop_min_scale: f64) -> Self {
        Self {
            jitter_probability: 0.0,
            grayscale_probability: 0.0,
            blur_probability: 0.0,
            ..Self::first(crop_min_scale)
        }
    }

    /// Draws a view of an image of `width` × `height` pixels.
    pub fn draw(&self, rng: &mut KeyedRng, width: u32, height: u32) -> Plan {
        let jitter = self.jitter.draw(rng, self.jitter_probability);
        let grayscale = rng.chance(self.grayscale_probability);
        let blur = rng.chance(self.blur_probability);
        let sigma = rng.uniform(self.blur_sigma.0, self.blur_sigma.1);
        let solarize = rng.chance(self.solarize_probability);
        let flip = rng.chance(self.flip_probability);
        // Last, for it takes as many draws as it needs tries.
        let crop = self.crop.draw(rng, width, height);
        Plan { crop, jitter, grayscale, blur_sigma: blur.then_some(sigma), solarize, flip }
    }
}

impl JitterRange {
    fn draw(&self, rng: &mut KeyedRng, probability: f64) -> Option<Jitter> {
        let taken = rng.chance(probability);
        let order = order(rng.below(24) as usize);
        // torchvision clips ranges at 0, so that no factor is negative; a hue's half width is far below 1.
        let mut around =
            |centre: f64, half: f64| rng.uniform((centre - half).max(centre - 1.0), centre + half);
        let brightness = around(1.0, self.brightness);
        let contrast = around(1.0, self.contrast);
        let saturation = around(1.0, self.saturation);
        let hue = around(0.0, self.hue);
        taken.then_some(Jitter { order, brightness, contrast, saturation, hue })
    }
}

/// The `number`-th of the 24 orders of the four operations.
fn order(mut number: usize) -> [JitterOp; 4] {
    let mut order = [JitterOp::Brightness, JitterOp::Contrast, JitterOp::Saturation, JitterOp::Hue];
    // Digits to the bases 4, 3 and 2: each number below 24 is another order.
    for last in (1..4).rev() {
        order.swap(last, number % (last + 1));
        number /= last + 1;
    }
    order
}

impl CropRange {
    /// A crop within `width` × `height` pixels: up to ten tries, then the centre.
    pub fn draw(&self, rng: &mut KeyedRng, width: u32, height: u32) -> CropBox {
        let area = f64::from(width) * f64::from(height);
        // torch takes the logarithms of its bounds in f32.
        let log_ratio = ((self.ratio.0 as f32).ln(), (self.ratio.1 as f32).ln());
        for _ in 0..CROP_TRIES {
            // The reference draws both as f32.
            let target = area * f64::from(rng.uniform(self.scale.0, self.scale.1) as f32);
            let log = rng.uniform(f64::from(log_ratio.0), f64::from(log_ratio.1)) as f32;
            let aspect = f64::from(log.exp());
            // Python rounds halves to even.
            let w = (target * aspect).sqrt().round_ties_even();
            let h = (target / aspect).sqrt().round_ties_even();
            if w > 0.0 && w <= f64::from(width) && h > 0.0 && h <= f64::from(height) {
                let (w, h) = (w as u32, h as u32);
                // Drawn once a size is accepted, the top before the left, as in the reference; both ends count.
                let top = rng.below(u64::from(height - h) + 1) as u32;
                let left = rng.below(u64::from(width - w) + 1) as u32;
                return CropBox { left, top, width: w, height: h };
            }
        }
        self.centre(width, height)
    }

    /// The largest centred crop whose ratio is in range; what is left after ten failures.
    pub fn centre(&self, width: u32, height: u32) -> CropBox {
        let (w, h) = (f64::from(width), f64::from(height));
        let (low, high) = self.ratio;
        let (w, h) = if w / h < low {
            (width, (w / low).round_ties_even() as u32)
        } else if w / h > high {
            ((h * high).round_ties_even() as u32, height)
        } else {
            (width, height)
        };
        // A strip one pixel wide must still give a pixel.
        let (w, h) = (w.clamp(1, width), h.clamp(1, height));
        CropBox { left: (width - w) / 2, top: (height - h) / 2, width: w, height: h }
    }
}
