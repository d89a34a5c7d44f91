//! Carries a plan out. Everything below is inlined into one function, which `simd` compiles once for any
//! machine and once for machines with wider vectors.

use super::blur::{BlurScratch, blur};
use super::plan::{JitterOp, Plan};
use super::planes::Planes;
use super::resize::{ResizeScratch, resize};
use super::{colour, hue};
use crate::RgbImage;

/// All buffers that making a view needs.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    pub resize: ResizeScratch,
    pub blur: BlurScratch,
    pub planes: Planes,
}

/// Applies `plan` to `image`; `out` receives height × width × 3 bytes.
#[inline(always)]
pub(crate) fn render(
    plan: &Plan,
    image: &RgbImage,
    (width, height): (usize, usize),
    buffers: &mut Buffers,
    out: &mut [u8],
) {
    let Buffers { resize: resize_scratch, blur: blur_scratch, planes } = buffers;
    resize(image, plan.crop, (width, height), resize_scratch, planes);
    if let Some(jitter) = &plan.jitter {
        for op in jitter.order {
            match op {
                JitterOp::Brightness => colour::brightness(planes, jitter.brightness),
                JitterOp::Contrast => colour::contrast(planes, jitter.contrast),
                JitterOp::Saturation => colour::saturation(planes, jitter.saturation),
                JitterOp::Hue => hue::hue(planes, jitter.hue),
            }
        }
    }
    if plan.grayscale {
        colour::grayscale(planes);
    }
    if let Some(sigma) = plan.blur_sigma {
        blur(planes, sigma, blur_scratch);
    }
    if plan.solarize {
        colour::solarize(planes);
    }
    planes.interleave((0, 0, width, height), plan.flip, out);
}
