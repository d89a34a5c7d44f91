//! Why a figure could not be drawn.

/// Each is a fault of the figure's data or of this crate, never of the machine.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
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
    /// No picture of this size can be made.
    #[error("paint a picture of {width} × {height} pixels")]
    Paint { width: u32, height: u32 },
    /// The picture could not be packed.
    #[error("encode the PNG: {0}")]
    Encode(String),
}
