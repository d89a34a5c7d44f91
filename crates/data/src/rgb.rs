//! A decoded image: interleaved 8-bit RGB, rows from the top. Nothing here decodes or scales.

/// An image of `width` × `height` pixels; `pixels` holds `height * width * 3` bytes, row by row, R G B.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RgbImage {
    pub width: u32,
    pub height: u32,
    pub pixels: Vec<u8>,
}

impl RgbImage {
    /// Gives the buffer the size of a `width` × `height` image and returns it for writing. Old bytes remain
    /// where the size shrinks or stays: the caller overwrites all of them. Allocates only when growing.
    pub fn reshape(&mut self, width: u32, height: u32) -> &mut [u8] {
        self.width = width;
        self.height = height;
        self.pixels.resize(width as usize * height as usize * 3, 0);
        &mut self.pixels
    }

    /// Becomes a `width` × `height` image with three equal channels taken from `grey` (one byte a pixel).
    pub(crate) fn set_grey(&mut self, width: u32, height: u32, grey: &[u8]) {
        let pixels = self.reshape(width, height);
        for (rgb, &value) in pixels.chunks_exact_mut(3).zip(grey) {
            rgb.fill(value);
        }
    }
}
