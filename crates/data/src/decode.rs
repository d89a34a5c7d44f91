//! Compressed image bytes to RGB: JPEG (grey and CMYK too), PNG, WebP, BMP. Alpha is dropped and EXIF
//! orientation ignored, as in the reference pipeline. Hostile input is an error, never a panic.

use std::cell::RefCell;
use std::fs::File;
use std::io::Cursor;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::{ColorType, DynamicImage, ImageDecoder, ImageReader, Limits};

use crate::RgbImage;
use crate::augment::CropBox;
use crate::findings::Near;

mod jpeg;

use jpeg::outline::outline;

/// Which pixels of an image of some width and height are needed: a rectangle within it.
pub(crate) type Wanted<'a> = &'a dyn Fn(u32, u32) -> CropBox;

/// Every pixel.
pub(crate) fn whole(width: u32, height: u32) -> CropBox {
    CropBox { left: 0, top: 0, width, height }
}

/// Sides beyond this, or more pixels than [`MAX_PIXELS`], are refused before anything is allocated.
const MAX_SIDE: u32 = 65_535;
/// About 179 million: where the reference pipeline, too, calls an image a decompression bomb.
const MAX_PIXELS: u64 = 178_956_970;
/// Memory a decoder may take.
const MAX_ALLOC_BYTES: u64 = 2 << 30;
/// An encoded image of more bytes than the largest decoded one is none.
const MAX_ENCODED_BYTES: u64 = MAX_PIXELS * 3;
/// Enough of a file for its header, even behind a large preview picture.
const HEADER_BYTES: u64 = 256 << 10;

thread_local! {
    /// Grey samples before they become RGB; kept so that a thread allocates once.
    static GREY: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    /// Buffers and tables of the JPEG decoder; kept likewise.
    static JPEG: RefCell<jpeg::Decoder> = RefCell::default();
    /// Bytes of a file; kept likewise.
    static ENCODED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// As [`decode_into`], from a file.
pub(crate) fn decode_file(path: &Path, wanted: Wanted<'_>, image: &mut RgbImage) -> Result<Pixels, String> {
    let metadata = std::fs::metadata(path).map_err(|e| e.to_string())?;
    // Opening a pipe would wait for a writer for ever.
    if !metadata.is_file() {
        return Err("not a regular file".to_owned());
    }
    decode_part(path, 0, metadata.len(), wanted, image)
}

/// As [`decode_into`], from `bytes` bytes of a file from `start` on.
pub(crate) fn decode_part(
    path: &Path,
    start: u64,
    bytes: u64,
    wanted: Wanted<'_>,
    image: &mut RgbImage,
) -> Result<Pixels, String> {
    with_part(path, start, bytes, |encoded| decode_into(encoded, wanted, image))
}

/// Width and height from the header alone, of an image within a file.
pub(crate) fn dimensions_of_part(path: &Path, start: u64, bytes: u64) -> Result<(u32, u32), String> {
    with_part(path, start, bytes.min(HEADER_BYTES), dimensions)
}

fn with_part<T>(
    path: &Path,
    start: u64,
    bytes: u64,
    read: impl FnOnce(&[u8]) -> Result<T, String>,
) -> Result<T, String> {
    if bytes > MAX_ENCODED_BYTES {
        return Err(format!("a file of {bytes} bytes is no image that we can read"));
    }
    ENCODED.with_borrow_mut(|encoded| {
        encoded.resize(bytes as usize, 0);
        let file = File::open(path).map_err(|e| e.to_string())?;
        file.read_exact_at(encoded, start).map_err(|e| e.to_string())?;
        read(encoded)
    })
}

/// Decodes at least the wanted pixels of `bytes` to their places in `image`, reusing its buffer. The error says why the bytes
/// are unreadable.
pub(crate) fn decode_into(bytes: &[u8], wanted: Wanted<'_>, image: &mut RgbImage) -> Result<Pixels, String> {
    // Decoders of hostile bytes are the one place where a panic of others must not end a run of days.
    catch_unwind(AssertUnwindSafe(|| decode(bytes, wanted, image)))
        .unwrap_or_else(|_| Err("the decoder panicked".to_owned()))
}

/// Whether pixels are those that the reference pipeline (Pillow) sees.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Pixels {
    Exact,
    /// Some are a few levels off.
    Near(Near),
}

fn decode(bytes: &[u8], wanted: Wanted<'_>, image: &mut RgbImage) -> Result<Pixels, String> {
    let Some(outline) = outline(bytes) else {
        return decode_by_library(bytes, image).map(|()| Pixels::Exact);
    };
    // What lies behind the end is none of the image's: a second picture, a program's notes.
    let end = outline.end.ok_or("the JPEG is cut off: it has no end")?;
    let bytes = &bytes[..end];
    if decode_sequential_jpeg(bytes, wanted, image).is_some() {
        return Ok(Pixels::Exact);
    }
    if outline.is_misread_by_others() {
        return Err("a damaged or rare JPEG, in several scans or with fine colours: save it anew".to_owned());
    }
    decode_by_library(bytes, image)?;
    Ok(Pixels::Near(if outline.is_progressive() {
        Near::Progressive
    } else if outline.is_colour() {
        Near::Rare
    } else {
        Near::FourColours
    }))
}

/// Decodes what the `image` library knows. Lossy forms but JPEG have the same pixels as in Pillow.
fn decode_by_library(bytes: &[u8], image: &mut RgbImage) -> Result<(), String> {
    let decoder = open(bytes)?;
    let (width, height) = decoder.dimensions();
    match decoder.color_type() {
        ColorType::Rgb8 => decoder.read_image(image.reshape(width, height)).map_err(|e| e.to_string()),
        ColorType::L8 => GREY.with_borrow_mut(|grey| {
            grey.resize(width as usize * height as usize, 0);
            decoder.read_image(grey).map_err(|e| e.to_string())?;
            image.set_grey(width, height, grey);
            Ok(())
        }),
        _ => {
            let decoded = DynamicImage::from_decoder(decoder).map_err(|e| e.to_string())?.into_rgb8();
            image.reshape(width, height).copy_from_slice(decoded.as_raw());
            Ok(())
        }
    }
}

/// What [`jpeg`] takes; `None` for all else.
pub(crate) fn decode_sequential_jpeg(bytes: &[u8], wanted: Wanted<'_>, image: &mut RgbImage) -> Option<()> {
    JPEG.with_borrow_mut(|jpeg| jpeg.decode(bytes, wanted, image))
}

/// Width and height from the header alone.
pub(crate) fn dimensions(bytes: &[u8]) -> Result<(u32, u32), String> {
    catch_unwind(|| Ok(open(bytes)?.dimensions())).unwrap_or_else(|_| Err("the decoder panicked".to_owned()))
}

fn open(bytes: &[u8]) -> Result<impl ImageDecoder + '_, String> {
    if bytes.is_empty() {
        return Err("the file is empty".to_owned());
    }
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|e| e.to_string())?;
    if reader.format().is_none() {
        return Err("not a JPEG, PNG, WebP or BMP image".to_owned());
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_ALLOC_BYTES);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|e| e.to_string())?;
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    Ok(decoder)
}

fn check_size(width: u32, height: u32) -> Result<(), String> {
    if width == 0 || height == 0 {
        return Err(format!("an image of {width}×{height} pixels"));
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(format!("{width}×{height} pixels are more than the {MAX_PIXELS} allowed"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::ImageFormat;
    use proptest::prelude::*;

    use super::*;

    /// A small picture in one of the formats, encoded.
    fn encoded(format: ImageFormat) -> Vec<u8> {
        let pixels =
            image::RgbImage::from_fn(19, 13, |x, y| image::Rgb([(x * 13) as u8, (y * 19) as u8, 90]));
        let mut bytes = Cursor::new(Vec::new());
        pixels.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    const FORMATS: [ImageFormat; 4] =
        [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp];

    #[test]
    fn lossless_formats_give_the_pixels_back() {
        for format in &FORMATS[1..] {
            let bytes = encoded(*format);
            let mut image = RgbImage::default();
            decode_into(&bytes, &whole, &mut image).unwrap();
            assert_eq!((image.width, image.height, dimensions(&bytes)), (19, 13, Ok((19, 13))));
            assert_eq!(image.pixels[3 * 20..3 * 20 + 3], [13, 19, 90], "{format:?}");
        }
    }

    proptest! {
        #[test]
        fn damage_is_an_error_or_an_image_of_its_size(
            format in 0usize..4,
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
            keep in any::<prop::sample::Index>(),
            cut in any::<bool>(),
        ) {
            let mut bytes = encoded(FORMATS[format]);
            for (at, value) in damage {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            if cut {
                bytes.truncate(keep.index(bytes.len()));
            }
            let mut image = RgbImage::default();
            if decode_into(&bytes, &whole, &mut image).is_ok() {
                prop_assert_eq!(image.pixels.len(), image.width as usize * image.height as usize * 3);
            }
        }
    }
}
