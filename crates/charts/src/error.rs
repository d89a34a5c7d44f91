//! Why a figure could not be drawn.

/// Each is a fault of the figure's data or of this crate; only letters may be missing on one machine and there on another.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// A page of a size that no figure has.
    #[error("draw on a page with a {what} of {value} {unit}: it can be {low} to {high} {unit}")]
    Page { what: &'static str, low: f64, high: f64, unit: &'static str, value: f64 },
    /// A figure too small to hold its panels.
    #[error(
        "draw a figure of {width} × {height} pixels with {panels} panels: it needs at least {needed} pixels in height"
    )]
    TooSmall { width: u32, height: u32, panels: usize, needed: u32 },
    /// The SVG writer refused.
    #[error("draw the figure: {0}")]
    Draw(String),
    /// The text is no SVG.
    #[error("read the figure back: {0}")]
    Svg(String),
    /// Letters that neither the bundled fonts nor those of this machine have.
    #[error("write {letters}: no font has these letters; the SVG keeps them as text")]
    Letters { letters: String },
    /// No picture of this size can be made.
    #[error("paint a picture of {width} × {height} pixels")]
    Paint { width: u32, height: u32 },
    /// The picture could not be packed.
    #[error("encode the PNG: {0}")]
    Encode(String),
    /// The figure could not become a page.
    #[error("make a PDF of the figure: {0}")]
    Pdf(String),
}
