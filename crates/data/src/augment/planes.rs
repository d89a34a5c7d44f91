//! An image as three planes, the form in which colour operations and blur run: every loop then goes over
//! plain bytes and vectorises.

/// Red, green and blue plane of `width` × `height` bytes each.
#[derive(Debug, Default, Clone)]
pub(crate) struct Planes {
    pub width: usize,
    pub height: usize,
    bytes: Vec<u8>,
}

impl Planes {
    /// Sets the size; the content is whatever it was. Allocates only when growing.
    pub(crate) fn reshape(&mut self, width: usize, height: usize) {
        self.width = width;
        self.height = height;
        self.bytes.resize(width * height * 3, 0);
    }

    /// Bytes of a plane.
    fn len(&self) -> usize {
        self.width * self.height
    }

    pub(crate) fn plane(&self, channel: usize) -> &[u8] {
        &self.bytes[channel * self.len()..(channel + 1) * self.len()]
    }

    pub(crate) fn plane_mut(&mut self, channel: usize) -> &mut [u8] {
        let len = self.len();
        &mut self.bytes[channel * len..(channel + 1) * len]
    }

    /// All bytes, plane after plane.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    pub(crate) fn all(&self) -> [&[u8]; 3] {
        let (red, rest) = self.bytes.split_at(self.len());
        let (green, blue) = rest.split_at(self.len());
        [red, green, blue]
    }

    pub(crate) fn all_mut(&mut self) -> [&mut [u8]; 3] {
        let len = self.len();
        let (red, rest) = self.bytes.split_at_mut(len);
        let (green, blue) = rest.split_at_mut(len);
        [red, green, blue]
    }

    /// Writes the rectangle of `width` × `height` pixels at (`left`, `top`) as interleaved RGB to `out`,
    /// mirrored where `flip` says so.
    #[inline(always)]
    pub(crate) fn interleave(
        &self,
        (left, top, width, height): (usize, usize, usize, usize),
        flip: bool,
        out: &mut [u8],
    ) {
        let [red, green, blue] = self.all();
        for (y, out) in out.chunks_exact_mut(width * 3).enumerate().take(height) {
            let start = (top + y) * self.width + left;
            let row = start..start + width;
            let (red, green, blue) = (&red[row.clone()], &green[row.clone()], &blue[row]);
            // By index over slices of known length: no checks, and the loop vectorises.
            let out = &mut out.as_chunks_mut::<3>().0[..width];
            for (x, pixel) in out.iter_mut().enumerate() {
                let from = if flip { width - 1 - x } else { x };
                *pixel = [red[from], green[from], blue[from]];
            }
        }
    }
}

/// Splits pixels of three or four bytes into planes.
#[inline(always)]
pub(crate) fn split<const BYTES: usize>(pixels: &[[u8; BYTES]], [red, green, blue]: [&mut [u8]; 3]) {
    let count = pixels.len();
    // Slices of known length, so that the loop has no checks and vectorises.
    let (red, green, blue) = (&mut red[..count], &mut green[..count], &mut blue[..count]);
    for x in 0..count {
        red[x] = pixels[x][0];
        green[x] = pixels[x][1];
        blue[x] = pixels[x][2];
    }
}
