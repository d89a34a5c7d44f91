//! PNG of the very SVG, through resvg with the bundled fonts.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use crate::error::ChartError;
use crate::fonts::database;

/// Paints an SVG of [`crate::figure`] as PNG; `scale` 2 gives twice its size in pixels.
///
/// # Errors
/// The text is no SVG, or the picture would be empty or too large for memory.
pub fn png(svg: &str, scale: f64) -> Result<Vec<u8>, ChartError> {
    let options = Options { font_family: "Inter".to_owned(), fontdb: database(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|error| ChartError::Svg(error.to_string()))?;
    let size = tree.size();
    let scaled = |length: f32| (f64::from(length) * scale).round() as u32;
    let (width, height) = (scaled(size.width()), scaled(size.height()));
    let mut pixmap = Pixmap::new(width, height).ok_or(ChartError::Paint { width, height })?;
    resvg::render(&tree, Transform::from_scale(scale as f32, scale as f32), &mut pixmap.as_mut());
    pixmap.encode_png().map_err(|error| ChartError::Encode(error.to_string()))
}
