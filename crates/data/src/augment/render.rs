//! Carries a plan out. Everything below is inlined into one function, which `simd` compiles once for any
//! machine and once for machines with wider vectors.

use super::Arithmetic;
use super::blur::{BlurScratch, blur};
use super::fast::{self, FastScratch};
use super::plan::{JitterOp, Plan};
use super::planes::Planes;
use super::resize::{ResizeScratch, resize};
use super::{colour, hue};
use crate::RgbImage;

/// All buffers that making a view needs.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    pub resize: ResizeScratch,
    pub fast: FastScratch,
    pub blur: BlurScratch,
    pub planes: Planes,
}

/// Applies `plan` to `image`; `out` receives height × width × 3 bytes.
#[inline(always)]
pub(crate) fn render(
    plan: &Plan,
    image: &RgbImage,
    size: (usize, usize),
    arithmetic: Arithmetic,
    buffers: &mut Buffers,
    out: &mut [u8],
) {
    let Buffers { resize: exact, fast: coarse, planes, .. } = buffers;
    let done = arithmetic == Arithmetic::Fast && fast::resize(image, plan.crop, size, coarse, planes);
    if !done {
        resize(image, plan.crop, size, exact, planes);
    }
    finish(plan, size, buffers, out);
}

/// Everything after the resize, on the planes that it left.
#[inline(always)]
fn finish(plan: &Plan, (width, height): (usize, usize), buffers: &mut Buffers, out: &mut [u8]) {
    let Buffers { blur: blur_scratch, planes, .. } = buffers;
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
