//! The same code compiled twice: for any machine, and for x86-64 with AVX2, chosen at run time. The bytes are
//! the same: no fused multiply-add is enabled, and all rounding is in the source.
#![expect(
    unsafe_code,
    reason = "calling a function compiled for AVX2 is unsafe; it is called only where the CPU has it"
)]

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
fn render_avx2(plan: &Plan, image: &RgbImage, size: (usize, usize), buffers: &mut Buffers, out: &mut [u8]) {
    render::render(plan, image, size, buffers, out);
}

/// Applies `plan` to `image`; `out` receives height × width × 3 bytes.
pub(crate) fn render(
    plan: &Plan,
    image: &RgbImage,
    width: usize,
    height: usize,
    scratch: &mut Scratch,
    out: &mut [u8],
) {
    #[cfg(target_arch = "x86_64")]
    if has_avx2() {
        // SAFETY: the CPU has AVX2, the only feature that the function is compiled for.
        unsafe { render_avx2(plan, image, (width, height), &mut scratch.buffers, out) };
        return;
    }
    render_portable(plan, image, width, height, scratch, out);
}

/// As [`render`], without looking for wider vectors.
pub(crate) fn render_portable(
    plan: &Plan,
    image: &RgbImage,
    width: usize,
    height: usize,
    scratch: &mut Scratch,
    out: &mut [u8],
) {
    render::render(plan, image, (width, height), &mut scratch.buffers, out);
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
