//! The same code compiled twice: for any machine, and for x86-64 with AVX2, chosen at run time. The bytes are
//! the same: no fused multiply-add is enabled, and all rounding is in the source. The second thing here is
//! truncation to integers that vectorises, which `as` with its saturation does not.
#![expect(
    unsafe_code,
    reason = "a function compiled for AVX2 is called only where the CPU has it; floats are converted without \
              saturation only after they were clamped"
)]

use super::Arithmetic;
use super::plan::{CropBox, Plan};
use super::planes::Planes;
use super::render::{self, Buffers};
use super::resize;
use crate::RgbImage;

/// Buffers for making views, kept by each thread so that a view allocates nothing.
#[derive(Debug, Default)]
pub struct Scratch {
    buffers: Buffers,
}

/// True where the CPU has the wider vectors.
#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    std::arch::is_x86_feature_detected!("avx2")
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn render_avx2(
    plan: &Plan,
    image: &RgbImage,
    size: (usize, usize),
    arithmetic: Arithmetic,
    buffers: &mut Buffers,
    out: &mut [u8],
) {
    render::render(plan, image, size, arithmetic, buffers, out);
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
    #[cfg(target_arch = "x86_64")]
    if has_avx2() {
        // SAFETY: the CPU has AVX2, the only feature that the function is compiled for.
        unsafe { render_avx2(plan, image, size, arithmetic, &mut scratch.buffers, out) };
        return;
    }
    render_portable(plan, image, size, arithmetic, scratch, out);
}

/// As [`render`], without looking for wider vectors.
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
