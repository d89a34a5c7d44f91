//! What training sees, for people: an image and both of its views as PNG files. The views are the loader's own, byte
//! for byte, for the same seed, epoch and index; the original is shrunk to a thumbnail. Nothing here trains.

use std::io::Cursor;

use crate::augment::{Scratch, ViewKey, Views, resize_exact};
use crate::{DataError, Dataset, Result, RgbImage, Split};

/// One image of a split, its facts and its pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Index within the split.
    pub index: u64,
    /// File, or file and row.
    pub name: String,
    pub label: Option<u32>,
    /// Name of the class where the set has names.
    pub class: Option<String>,
    /// Pictures, or why the image is unreadable.
    pub pictures: std::result::Result<Pictures, String>,
}

/// PNG files of one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pictures {
    /// Size of the image itself in pixels.
    pub width: u32,
    pub height: u32,
    /// The image, its longer side at most [`THUMBNAIL`] pixels.
    pub original: Vec<u8>,
    /// The views as the network gets them, before normalisation.
    pub views: [Vec<u8>; 2],
}

/// Longest side of the picture of an original.
const THUMBNAIL: u32 = 256;

/// Image `index` of `split` with the views that epoch `epoch` of a run with `seed` makes of it.
///
/// # Errors
/// [`DataError::OutOfRange`]. An unreadable image is no error but a sample that says so.
pub fn sample(
    dataset: &Dataset,
    split: Split,
    index: u64,
    views: &Views,
    seed: u64,
    epoch: u64,
) -> Result<Sample> {
    let label = dataset.label(split, index);
    let class = label.and_then(|label| dataset.class_names().get(label as usize)).cloned();
    let name = dataset.image_name(split, index);
    let pictures = match dataset.decode(split, index) {
        Ok(image) => pictures(&image, views, ViewKey { seed, epoch, index, view: 0 }),
        Err(DataError::Unreadable { reason, .. }) => Err(reason),
        Err(error) => return Err(error),
    };
    Ok(Sample { index, name, label, class, pictures })
}

fn pictures(image: &RgbImage, views: &Views, key: ViewKey) -> std::result::Result<Pictures, String> {
    let side = views.size() as u32;
    let (mut scratch, mut pixels) = (Scratch::default(), vec![0; views.size() * views.size() * 3]);
    let mut view = |view| {
        views.render(image, &ViewKey { view, ..key }, &mut scratch, &mut pixels);
        png(side, side, &pixels)
    };
    let views = [view(0)?, view(1)?];
    let (width, height) = within(image.width, image.height, THUMBNAIL);
    let original = png(width, height, &resize_exact(image, width, height))?;
    Ok(Pictures { width: image.width, height: image.height, original, views })
}

/// The size of a `width` × `height` image whose longer side has become `longest`; smaller ones keep theirs.
fn within(width: u32, height: u32, longest: u32) -> (u32, u32) {
    let long = width.max(height);
    if long <= longest {
        return (width, height);
    }
    let scaled = |side: u32| (u64::from(side) * u64::from(longest) / u64::from(long)).max(1) as u32;
    (scaled(width), scaled(height))
}

/// Interleaved RGB as a PNG file.
fn png(width: u32, height: u32, pixels: &[u8]) -> std::result::Result<Vec<u8>, String> {
    let mut bytes = Cursor::new(Vec::new());
    let (kind, format) = (image::ExtendedColorType::Rgb8, image::ImageFormat::Png);
    image::write_buffer_with_format(&mut bytes, pixels, width, height, kind, format)
        .map_err(|error| format!("it cannot be shown: {error}"))?;
    Ok(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use vitals_recipe::Augmentation;

    use super::*;

    fn dataset(images: Vec<RgbImage>) -> Dataset {
        let train = images.into_iter().map(|image| (image, Some(1))).collect();
        Dataset::in_memory("test", train, Vec::new()).unwrap()
    }

    fn gradient(width: u32, height: u32) -> RgbImage {
        let pixels = (0..height).flat_map(|y| (0..width).flat_map(move |x| [x as u8, y as u8, 7])).collect();
        RgbImage { width, height, pixels }
    }

    fn decoded(png: &[u8]) -> (u32, u32, Vec<u8>) {
        let image = image::load_from_memory(png).unwrap().into_rgb8();
        (image.width(), image.height(), image.into_raw())
    }

    #[test]
    fn the_views_are_those_of_training() {
        let dataset = dataset(vec![gradient(40, 30), gradient(640, 200)]);
        let views = Views::preset(Augmentation::MocoV3, 48, 0.08);
        let sample = sample(&dataset, Split::Train, 1, &views, 5, 3).unwrap();
        assert_eq!((sample.label, sample.class), (Some(1), None));
        let pictures = sample.pictures.unwrap();
        let (width, height, _) = decoded(&pictures.original);
        assert_eq!((width, height, pictures.width, pictures.height), (256, 80, 640, 200));
        for view in 0..2 {
            let mut expected = vec![0; 48 * 48 * 3];
            let key = ViewKey { seed: 5, epoch: 3, index: 1, view };
            views.render(&gradient(640, 200), &key, &mut Scratch::default(), &mut expected);
            assert_eq!(decoded(&pictures.views[view]), (48, 48, expected));
        }
    }

    #[test]
    fn small_images_are_shown_as_they_are() {
        let dataset = dataset(vec![gradient(28, 28)]);
        let views = Views::preset(Augmentation::None, 28, 0.08);
        let pictures = sample(&dataset, Split::Train, 0, &views, 0, 0).unwrap().pictures.unwrap();
        assert_eq!(decoded(&pictures.original).2, gradient(28, 28).pixels);
        assert!(pictures.views[0] == pictures.views[1]);
    }

    #[test]
    fn an_unreadable_image_says_why_and_an_index_too_far_is_an_error() {
        let broken = RgbImage { width: 3, height: 3, pixels: Vec::new() };
        let dataset = dataset(vec![broken]);
        let views = Views::preset(Augmentation::MocoV3, 8, 0.08);
        let found = sample(&dataset, Split::Train, 0, &views, 0, 0).unwrap();
        assert_eq!(found.pictures, Err("the pixels do not match the size".to_owned()));
        assert!(matches!(sample(&dataset, Split::Train, 1, &views, 0, 0), Err(DataError::OutOfRange { .. })));
    }

    #[test]
    fn strips_keep_a_pixel() {
        assert_eq!(within(20_000, 20, 256), (256, 1));
        assert_eq!(within(20, 256, 256), (20, 256));
    }
}
