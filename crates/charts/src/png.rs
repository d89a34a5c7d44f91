//! PNG of the very SVG, through resvg, and small pictures of cells.

use resvg::tiny_skia::{Pixmap, Transform};

use crate::color::Color;
use crate::error::ChartError;
use crate::palette::quantised;
use crate::tree::tree;

/// Colours of a picture that must become smaller, in the order in which they are tried.
const FEWER_COLORS: [usize; 4] = [256, 128, 64, 32];

/// Paints an SVG of [`crate::figure`] as PNG; `scale` 2 gives twice its size in pixels.
///
/// # Errors
/// The text is no SVG, has letters that no font has, or the picture would be empty or too large for memory.
pub fn png(svg: &str, scale: f64) -> Result<Vec<u8>, ChartError> {
    painted(svg, scale)?.encode_png().map_err(|error| ChartError::Encode(error.to_string()))
}

/// As [`png`], with as many colours as fit into `most_bytes`: all, else 256 down to 32. Fifty lines over each other are only small with
/// few colours. What does not fit even so comes as it is.
///
/// # Errors
/// As [`png`].
pub fn png_within(svg: &str, scale: f64, most_bytes: usize) -> Result<Vec<u8>, ChartError> {
    let pixmap = painted(svg, scale)?;
    let mut bytes = pixmap.encode_png().map_err(|error| ChartError::Encode(error.to_string()))?;
    for colors in FEWER_COLORS {
        if bytes.len() <= most_bytes {
            break;
        }
        bytes = indexed(&pixmap, colors)?;
    }
    Ok(bytes)
}

fn painted(svg: &str, scale: f64) -> Result<Pixmap, ChartError> {
    let tree = tree(svg)?;
    let size = tree.size();
    let scaled = |length: f32| (f64::from(length) * scale).round() as u32;
    let (width, height) = (scaled(size.width()), scaled(size.height()));
    let mut pixmap = Pixmap::new(width, height).ok_or(ChartError::Paint { width, height })?;
    resvg::render(&tree, Transform::from_scale(scale as f32, scale as f32), &mut pixmap.as_mut());
    Ok(pixmap)
}

fn indexed(pixmap: &Pixmap, colors: usize) -> Result<Vec<u8>, ChartError> {
    Few::of(pixmap, colors).indexed()
}

/// A picture in few colours.
pub(crate) struct Few {
    size: (u32, u32),
    palette: Vec<[u8; 4]>,
    indices: Vec<u8>,
}

impl Few {
    pub fn of(pixmap: &Pixmap, colors: usize) -> Self {
        let plain = |color: resvg::tiny_skia::PremultipliedColorU8| {
            let color = color.demultiply();
            [color.red(), color.green(), color.blue(), color.alpha()]
        };
        let pixels: Vec<[u8; 4]> = pixmap.pixels().iter().map(|&color| plain(color)).collect();
        let (palette, indices) = quantised(&pixels, colors);
        Self { size: (pixmap.width(), pixmap.height()), palette, indices }
    }

    /// Each pixel as the number of its colour.
    pub fn indexed(&self) -> Result<Vec<u8>, ChartError> {
        let Self { size: (width, height), palette, indices } = self;
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, *width, *height);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(
            palette.iter().flat_map(|color| [color[0], color[1], color[2]]).collect::<Vec<u8>>(),
        );
        encoder.set_trns(palette.iter().map(|color| color[3]).collect::<Vec<u8>>());
        encoder.set_compression(png::Compression::Best);
        // Neighbouring numbers of a palette are not neighbouring colours.
        encoder.set_filter(png::FilterType::NoFilter);
        written(encoder, indices)?;
        Ok(bytes)
    }

    /// How many bytes it takes in a PDF, which is written without a palette, and what shines through as a picture of its own.
    pub fn bytes_in_pdf(&self) -> Result<usize, ChartError> {
        let Self { palette, indices, .. } = self;
        let of = |channels: std::ops::Range<usize>| -> Vec<u8> {
            indices.iter().flat_map(|&at| palette[usize::from(at)][channels.clone()].to_vec()).collect()
        };
        let is_opaque = palette.iter().all(|color| color[3] == 0xff);
        let through = if is_opaque { 0 } else { self.packed(png::ColorType::Grayscale, &of(3..4))? };
        Ok(self.packed(png::ColorType::Rgb, &of(0..3))? + through)
    }

    fn packed(&self, kind: png::ColorType, pixels: &[u8]) -> Result<usize, ChartError> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.size.0, self.size.1);
        encoder.set_color(kind);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Default);
        encoder.set_filter(png::FilterType::NoFilter);
        written(encoder, pixels)?;
        Ok(bytes.len())
    }
}

/// A PNG of a pixel for each colour; none is transparent. Rows are equally long.
pub(crate) fn of_colors(rows: &[Vec<Option<Color>>]) -> Result<Vec<u8>, ChartError> {
    let (width, height) = (rows.first().map_or(0, Vec::len), rows.len());
    let pixel = |color: &Option<Color>| color.map_or([0; 4], |(red, green, blue)| [red, green, blue, 0xff]);
    let pixels: Vec<u8> = rows.iter().flatten().flat_map(pixel).collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Best);
    written(encoder, &pixels)?;
    Ok(bytes)
}

fn written(encoder: png::Encoder<'_, &mut Vec<u8>>, pixels: &[u8]) -> Result<(), ChartError> {
    let failed = |error: png::EncodingError| ChartError::Encode(error.to_string());
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(pixels).map_err(failed)?;
    writer.finish().map_err(failed)
}
