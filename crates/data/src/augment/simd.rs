//! The augmentation compiled for the widest vectors that a CPU has. The bytes are the same for all of them.

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

impl Plan {
    /// Applies the plan to `image`: `out` receives `size.1` rows × `size.0` pixels × 3 bytes. The crop lies within
    /// the image.
    pub fn apply(
        &self,
        image: &RgbImage,
        size: (usize, usize),
        arithmetic: Arithmetic,
        scratch: &mut Scratch,
        out: &mut [u8],
    ) {
        render(self, image, size, arithmetic, scratch, out);
    }
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
