//! The augmentation compiled for the widest vectors that a CPU has, and truncation to integers that vectorises, which `as`
//! with its saturation does not.
#![expect(unsafe_code, reason = "floats are converted without saturation only after they were clamped")]

use super::Arithmetic;
use super::plan::{CropBox, Plan};
use super::planes::Planes;
use super::render::{self, Buffers};
use super::resize;
use crate::RgbImage;
use crate::cpu::for_widest_vectors;

/// Buffers for making views, kept by each thread so that a view allocates nothing.
#[derive(Debug, Default)]
pub struct Scratch {
    buffers: Buffers,
}

for_widest_vectors! {
    fn render_widest(
        plan: &Plan,
        image: &RgbImage,
        size: (usize, usize),
        arithmetic: Arithmetic,
        buffers: &mut Buffers,
        out: &mut [u8],
    ) -> () = render::render
}

/// Applies `plan` to `image`; `out` receives height × width × 3 bytes.
pub(crate) fn render(
    plan: &Plan,
    image: &RgbImage,
    size: (usize, usize),
    arithmetic: Arithmetic,
    scratch: &mut Scratch,
    out: &mut [u8],
) {
    render_widest(plan, image, size, arithmetic, &mut scratch.buffers, out);
}

/// As [`render`], without looking for wider vectors.
#[cfg(test)]
pub(crate) fn render_portable(
    plan: &Plan,
    image: &RgbImage,
    size: (usize, usize),
    arithmetic: Arithmetic,
    scratch: &mut Scratch,
    out: &mut [u8],
) {
    render::render(plan, image, size, arithmetic, &mut scratch.buffers, out);
}

/// Resizes the `crop` of `image` to planes of `width` × `height` bytes, which stay in `scratch`.
pub(crate) fn resize<'a>(
    image: &RgbImage,
    crop: CropBox,
    size: (usize, usize),
    scratch: &'a mut Scratch,
) -> &'a Planes {
    let Buffers { resize, planes, .. } = &mut scratch.buffers;
    resize::resize(image, crop, size, resize, planes);
    planes
}

/// Truncates to 0..=255; NaN becomes 0.
#[inline(always)]
pub(crate) fn truncate_f32(value: f32) -> u8 {
    // Comparisons, not `clamp`: each is one instruction and turns NaN into the constant.
    let value = if value > 0.0 { value } else { 0.0 };
    let value = if value < 255.0 { value } else { 255.0 };
    // SAFETY: value lies in 0..=255 and is not NaN.
    let whole: i32 = unsafe { value.to_int_unchecked() };
    whole as u8
}

/// Truncates to 0..=255; NaN becomes 0.
#[inline(always)]
pub(crate) fn truncate_f64(value: f64) -> i32 {
    let value = if value > 0.0 { value } else { 0.0 };
    let value = if value < 255.0 { value } else { 255.0 };
    // SAFETY: value lies in 0..=255 and is not NaN.
    unsafe { value.to_int_unchecked() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncation_is_that_of_a_saturating_cast() {
        let specials =
            [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, -1.0, 0.999, 254.999, 255.0, 256.0, 1e300];
        let steps = (-10_000..300_000).map(|i| f64::from(i) / 1000.0);
        for value in specials.into_iter().chain(steps) {
            assert_eq!(truncate_f64(value), i32::from(value as u8), "{value}");
            assert_eq!(truncate_f32(value as f32), (value as f32) as u8, "{value}");
        }
    }
}
