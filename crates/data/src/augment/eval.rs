//! The image as evaluation sees it: resized, centre-cropped, not augmented.

use super::Scratch;
use super::plan::CropBox;
use super::simd;
use crate::RgbImage;

/// Views smaller than this show the whole short side; larger ones crop 224 of 256, as in the literature.
const SMALL: u32 = 64;

/// Resizes the short side to `size` × 256 / 224 (to `size` itself below 64 pixels, where published
/// evaluations use whole images), and cuts `size` × `size` pixels from the centre: H×W×3 bytes.
pub fn eval_image(image: &RgbImage, size: u32) -> Vec<u8> {
    let mut out = vec![0; size as usize * size as usize * 3];
    eval_into(image, size, &mut Scratch::default(), &mut out);
    out
}

/// As [`eval_image`], into `out`.
pub(crate) fn eval_into(image: &RgbImage, size: u32, scratch: &mut Scratch, out: &mut [u8]) {
    let short = if size < SMALL { size } else { (f64::from(size) * 256.0 / 224.0).round() as u32 };
    let (width, height) = resized(image.width, image.height, short);
    let planes = simd::resize(image, CropBox::whole(image), (width as usize, height as usize), scratch);
    let middle = |whole: u32| (f64::from(whole - size) / 2.0).round_ties_even() as usize;
    let side = size as usize;
    planes.interleave((middle(width), middle(height), side, side), false, out);
}

/// Size after the short side has become `short`; the long side is truncated.
fn resized(width: u32, height: u32, short: u32) -> (u32, u32) {
    let long = |long: u32, of: u32| (u64::from(short) * u64::from(long) / u64::from(of)) as u32;
    if width <= height { (short, long(height, width)) } else { (long(width, height), short) }
}
