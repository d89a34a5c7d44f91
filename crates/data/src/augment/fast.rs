//! The fast mode's resize: the same filter with coarser weights in wide vectors (fast_image_resize), at most one level
//! from Pillow's bytes for each resize. The crop is cut out first here too: no pixel outside it counts.

use fast_image_resize::images::{TypedCroppedImage, TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

use super::plan::CropBox;
use super::planes::{Planes, split};
use crate::RgbImage;

/// Buffers of the fast resize, kept between images.
#[derive(Debug, Default)]
pub(crate) struct FastScratch {
    resizer: Resizer,
    interleaved: Vec<u8>,
}

/// Resizes the `crop` of `image` to `width` × `height` planes. False where it cannot (nothing was done then): the
/// caller has the exact way.
pub(crate) fn resize(
    image: &RgbImage,
    crop: CropBox,
    (width, height): (usize, usize),
    scratch: &mut FastScratch,
    out: &mut Planes,
) -> bool {
    let FastScratch { resizer, interleaved } = scratch;
    interleaved.resize(width * height * 3, 0);
    let options =
        ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear)).use_alpha(false);
    let mut resized = || -> Option<()> {
        let whole = TypedImageRef::<U8x3>::from_buffer(image.width, image.height, &image.pixels).ok()?;
        let cropped =
            TypedCroppedImage::from_ref(&whole, crop.left, crop.top, crop.width, crop.height).ok()?;
        let mut to = TypedImage::<U8x3>::from_buffer(width as u32, height as u32, interleaved).ok()?;
        resizer.resize_typed(&cropped, &mut to, &options).ok()
    };
    if resized().is_none() {
        return false;
    }
    out.reshape(width, height);
    split(interleaved.as_chunks::<3>().0, out.all_mut());
    true
}
