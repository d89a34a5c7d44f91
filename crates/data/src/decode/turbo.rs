//! Colour JPEG through libjpeg-turbo, the decoder that Pillow links: an optional feature, as its build needs cmake and nasm.
//! Whatever it does not take (grey, CMYK, damage) is left to the decoder that every build has, which then says why.

use std::cell::RefCell;

use turbojpeg::{Colorspace, Decompressor, Image, PixelFormat};

use super::{MAX_PIXELS, MAX_SIDE};
use crate::RgbImage;

thread_local! {
    /// Kept, so that a thread allocates its decoder once.
    static DECODER: RefCell<Option<Decompressor>> = const { RefCell::new(None) };
}

/// Decodes a colour JPEG. False where it did not: `image` then holds nothing of worth.
pub(super) fn decode(bytes: &[u8], image: &mut RgbImage) -> bool {
    if !bytes.starts_with(&[0xff, 0xd8]) {
        return false;
    }
    DECODER.with_borrow_mut(|kept| {
        if kept.is_none() {
            *kept = Decompressor::new().ok();
        }
        kept.as_mut().is_some_and(|decoder| decode_with(decoder, bytes, image).is_some())
    })
}

fn decode_with(decoder: &mut Decompressor, bytes: &[u8], image: &mut RgbImage) -> Option<()> {
    let header = decoder.read_header(bytes).ok()?;
    let colour = matches!(header.colorspace, Colorspace::YCbCr | Colorspace::RGB);
    let (width, height) = (u32::try_from(header.width).ok()?, u32::try_from(header.height).ok()?);
    let size = u64::from(width) * u64::from(height);
    if !colour || size == 0 || size > MAX_PIXELS || width.max(height) > MAX_SIDE {
        return None;
    }
    let pixels = image.reshape(width, height);
    let (width, height) = (header.width, header.height);
    decoder
        .decompress(bytes, Image { pixels, width, pitch: width * 3, height, format: PixelFormat::RGB })
        .ok()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn jpeg(picture: &image::DynamicImage) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn colour_is_within_a_few_levels_of_the_other_decoder() {
        let picture = image::RgbImage::from_fn(61, 47, |x, y| image::Rgb([(x * 4) as u8, (y * 5) as u8, 90]));
        let bytes = jpeg(&picture.into());
        let mut ours = RgbImage::default();
        assert!(decode(&bytes, &mut ours));
        let other = image::load_from_memory(&bytes).unwrap().into_rgb8();
        assert_eq!((ours.width, ours.height), other.dimensions());
        let off = ours.pixels.iter().zip(other.as_raw()).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(off <= Some(8), "{off:?} levels");
    }

    #[test]
    fn what_it_does_not_take_is_left_to_the_other_decoder() {
        let grey =
            jpeg(&image::DynamicImage::ImageLuma8(image::GrayImage::from_pixel(9, 9, image::Luma([7]))));
        let colour = jpeg(&image::RgbImage::from_pixel(9, 9, image::Rgb([7, 8, 9])).into());
        let mut image = RgbImage::default();
        for bytes in [&grey[..], &colour[..20], b"not a picture", b""] {
            assert!(!decode(bytes, &mut image), "{} bytes", bytes.len());
        }
    }
}
