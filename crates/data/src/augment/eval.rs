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

/// All of `image` at `width` × `height` pixels with Pillow's arithmetic: H×W×3 bytes.
pub(crate) fn resize_exact(image: &RgbImage, width: u32, height: u32) -> Vec<u8> {
    let (width, height) = (width as usize, height as usize);
    let mut out = vec![0; width * height * 3];
    let mut scratch = Scratch::default();
    simd::resize(image, CropBox::whole(image), (width, height), &mut scratch).interleave(
        (0, 0, width, height),
        false,
        &mut out,
    );
    out
}

/// As [`eval_image`], into `out`.
pub(crate) fn eval_into(image: &RgbImage, size: u32, scratch: &mut Scratch, out: &mut [u8]) {
    let short = if size < SMALL { size } else { (f64::from(size) * 256.0 / 224.0).round() as u32 };
    let (width, height) = resized(image.width, image.height, short);
    let planes = simd::resize(image, CropBox::whole(image), (width as usize, height as usize), scratch);
    // Python's `round`, with which torchvision centres its crop; no side is shorter than `size`.
    let middle = |whole: u32| (f64::from(whole - size) / 2.0).round_ties_even() as usize;
    let side = size as usize;
    planes.interleave((middle(width), middle(height), side, side), false, out);
}

/// Size after the short side has become `short`; the long side is truncated.
fn resized(width: u32, height: u32, short: u32) -> (u32, u32) {
    let long = |long: u32, of: u32| (u64::from(short) * u64::from(long) / u64::from(of)) as u32;
    if width <= height { (short, long(height, width)) } else { (long(width, height), short) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gradient(width: u32, height: u32) -> RgbImage {
        let pixels = (0..height).flat_map(|y| (0..width).flat_map(move |x| [x as u8, y as u8, 7])).collect();
        RgbImage { width, height, pixels }
    }

    #[test]
    fn an_image_of_the_size_itself_is_copied() {
        let image = gradient(32, 32);
        assert_eq!(eval_image(&image, 32), image.pixels);
    }

    #[test]
    fn the_centre_of_the_long_side_is_kept() {
        // 40×32 at 32: nothing is resized; columns 4..36 remain.
        let out = eval_image(&gradient(40, 32), 32);
        assert_eq!((out[0], out[31 * 3], out.len()), (4, 35, 32 * 32 * 3));
        // An odd slack of 9 is halved to 4.5 and rounded to even: 4.
        assert_eq!(eval_image(&gradient(41, 32), 32)[0], 4);
    }

    #[test]
    fn large_views_crop_224_of_256() {
        // A flat image stays flat, whatever its shape; one of 256×256 loses 16 pixels on each side.
        let out = eval_image(&gradient(256, 256), 224);
        assert_eq!((out[0], out[1], out[223 * 3]), (16, 16, 239));
        for (width, height) in [(1, 1), (20_000, 20), (3, 500)] {
            let pixels = vec![77; (width * height * 3) as usize];
            let out = eval_image(&RgbImage { width, height, pixels }, 64);
            assert!(out.len() == 64 * 64 * 3 && out.iter().all(|&byte| byte == 77), "{width}×{height}");
        }
    }
}
