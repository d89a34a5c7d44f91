//! What is done to an image to make one view of it, with every parameter fixed: the meeting point of
//! sampling and arithmetic.

use crate::RgbImage;

/// A rectangle of pixels within an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CropBox {
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
}

impl CropBox {
    /// All of an image.
    pub fn whole(image: &RgbImage) -> Self {
        Self { left: 0, top: 0, width: image.width, height: image.height }
    }

    /// The smallest rectangle that holds both.
    pub(crate) fn union(self, other: Self) -> Self {
        let (left, top) = (self.left.min(other.left), self.top.min(other.top));
        let right = (self.left + self.width).max(other.left + other.width);
        let bottom = (self.top + self.height).max(other.top + other.height);
        Self { left, top, width: right - left, height: bottom - top }
    }
}

/// One operation of the colour jitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JitterOp {
    Brightness,
    Contrast,
    Saturation,
    Hue,
}

/// Colour jitter: four operations in some order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jitter {
    pub order: [JitterOp; 4],
    pub brightness: f64,
    pub contrast: f64,
    pub saturation: f64,
    /// In turns, -0.5..=0.5.
    pub hue: f64,
}

/// One view: crop and resize, jitter, grayscale, blur, solarize, flip, in this order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    pub crop: CropBox,
    pub jitter: Option<Jitter>,
    pub grayscale: bool,
    /// Sigma of the blur in pixels.
    pub blur_sigma: Option<f64>,
    /// Bytes from 128 up are inverted.
    pub solarize: bool,
    pub flip: bool,
}
