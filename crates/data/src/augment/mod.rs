//! The two-view augmentation of MoCo v3 with the arithmetic of Pillow and torchvision: the same bytes as the
//! reference for the same parameters (design: augmentation.md). Parameters are drawn from a generator keyed
//! by (seed, epoch, image, view). No tensors, no normalisation: bytes in, bytes out.

pub use vitals_recipe::PixelArithmetic as Arithmetic;
use vitals_recipe::{Augmentation, keyed_rng};

use crate::RgbImage;

mod blur;
mod colour;
mod eval;
mod fast;
#[cfg(test)]
mod fixture_tests;
mod hue;
mod plan;
mod planes;
#[cfg(test)]
mod reference;
mod render;
mod resize;
mod sample;
mod simd;
#[cfg(test)]
mod statistics_tests;
mod truncate;

pub use eval::eval_image;
pub(crate) use eval::resize_exact;
pub use plan::{CropBox, Jitter, JitterOp, Plan};
use sample::ViewRecipe;
pub use sample::{CropRange, JitterRange};
pub use simd::Scratch;

/// How the two views of an image are made.
#[derive(Debug, Clone)]
pub struct Views {
    size: u32,
    arithmetic: Arithmetic,
    /// `None`: both views are the evaluation image.
    recipes: Option<[ViewRecipe; 2]>,
}

/// The address of a view's randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ViewKey {
    pub seed: u64,
    pub epoch: u64,
    /// Index of the image in the training split.
    pub index: u64,
    /// 0 or 1.
    pub view: usize,
}

impl Views {
    /// The views of a preset at `size` × `size` pixels; crops cover at least `crop_min_scale` of the area.
    pub fn preset(augmentation: Augmentation, size: u32, crop_min_scale: f64) -> Self {
        let mut recipes = [ViewRecipe::first(crop_min_scale), ViewRecipe::second(crop_min_scale)];
        let recipes = match augmentation {
            Augmentation::MocoV3 => Some(recipes),
            Augmentation::MocoV3Small => {
                recipes.iter_mut().for_each(|recipe| recipe.blur_probability = 0.0);
                Some(recipes)
            }
            Augmentation::CropFlip => Some([ViewRecipe::crop_and_flip(crop_min_scale); 2]),
            Augmentation::None => None,
        };
        Self { size, arithmetic: Arithmetic::Exact, recipes }
    }

    /// The same views with exact (the default) or fast arithmetic.
    #[must_use]
    pub(crate) fn with_arithmetic(self, arithmetic: Arithmetic) -> Self {
        Self { arithmetic, ..self }
    }

    /// Side of a view in pixels.
    pub fn size(&self) -> usize {
        self.size as usize
    }

    /// What is done to an image of `width` × `height` pixels; `None` where the views are not augmented.
    pub fn plan(&self, key: &ViewKey, width: u32, height: u32) -> Option<Plan> {
        let recipe = &self.recipes.as_ref()?[key.view & 1];
        let parts = ["view".into(), key.epoch.into(), key.index.into(), (key.view as u64).into()];
        Some(recipe.draw(&mut keyed_rng(key.seed, &parts), width, height))
    }

    /// The smallest rectangle that holds all pixels which the views of `keys` show of a `width` × `height` image.
    pub(crate) fn shown(&self, keys: &[ViewKey], width: u32, height: u32) -> CropBox {
        let crops = keys.iter().map(|key| self.plan(key, width, height).map(|plan| plan.crop));
        let whole = CropBox { left: 0, top: 0, width, height };
        crops.reduce(|a, b| Some(a?.union(b?))).flatten().unwrap_or(whole)
    }

    /// Writes one view of `image` to `out`: size × size × 3 bytes. Allocates nothing once `scratch` has grown.
    pub fn render(&self, image: &RgbImage, key: &ViewKey, scratch: &mut Scratch, out: &mut [u8]) {
        match self.plan(key, image.width, image.height) {
            Some(plan) => plan.apply(image, (self.size(), self.size()), self.arithmetic, scratch, out),
            None => eval::eval_into(image, self.size, scratch, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crop_and_flip_change_no_colour() {
        let views = Views::preset(Augmentation::CropFlip, 32, 0.08);
        let plans =
            (0..400).filter_map(|index| views.plan(&ViewKey { seed: 3, epoch: 0, index, view: 0 }, 64, 48));
        let plans: Vec<Plan> = plans.collect();
        assert_eq!(plans.len(), 400);
        let is_plain = |plan: &Plan| {
            plan.jitter.is_none() && !plan.grayscale && plan.blur_sigma.is_none() && !plan.solarize
        };
        assert!(plans.iter().all(is_plain));
        let flipped = plans.iter().filter(|plan| plan.flip).count();
        // Half of 400 within four standard errors of 10.
        assert!((160..=240).contains(&flipped), "{flipped}");
        assert!(plans.iter().any(|plan| plan.crop.width != plans[0].crop.width));
    }
}
