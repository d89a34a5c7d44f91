//! Pillow's bilinear resize with antialiasing, bit for bit (augmentation.md, 3): horizontal pass, rounded to
//! bytes, then vertical pass, in 22-bit fixed point. The crop is an image of its own: no pixel outside counts.

use super::plan::CropBox;
use super::planes::Planes;
use crate::RgbImage;

const BITS: u32 = 22;
const HALF: i32 = 1 << (BITS - 1);

/// The weights of one axis: output `x` is the sum of `taps` inputs from `first[x]` on. Every output has the
/// same number of taps; the spare ones weigh nothing.
#[derive(Debug, Default)]
pub(crate) struct Axis {
    taps: usize,
    first: Vec<u32>,
    weights: Vec<i32>,
    exact: Vec<f64>,
}

impl Axis {
    /// Computes the weights that take `from` pixels to `to`.
    fn set(&mut self, from: usize, to: usize) {
        let scale = from as f64 / to as f64;
        let filter_scale = scale.max(1.0);
        let support = filter_scale;
        let inverse = 1.0 / filter_scale;
        self.taps = (2 * support.ceil() as usize + 1).min(from);
        self.first.clear();
        self.weights.clear();
        for x in 0..to {
            let centre = (x as f64 + 0.5) * scale;
            let start = (centre - support + 0.5).max(0.0) as usize;
            let end = ((centre + support + 0.5) as usize).min(from);
            self.exact.clear();
            self.exact
                .extend((start..end).map(|i| (1.0 - ((i as f64 - centre + 0.5) * inverse).abs()).max(0.0)));
            let sum: f64 = self.exact.iter().sum();
            // All taps must lie within the input: at the far edge they begin earlier, with weight zero.
            let first = start.min(from - self.taps);
            self.first.push(first as u32);
            let row = self.weights.len();
            self.weights.resize(row + self.taps, 0);
            for (weight, exact) in self.weights[row + start - first..].iter_mut().zip(&self.exact) {
                *weight = (0.5 + exact / sum * f64::from(1 << BITS)) as i32;
            }
        }
    }
}

/// Buffers of the resize, kept between images.
#[derive(Debug, Default)]
pub(crate) struct ResizeScratch {
    axis: Axis,
    line: Vec<u8>,
    wide: Planes,
    sums: Vec<i32>,
}

/// Resizes the `crop` of `image` to `width` × `height` planes. The crop lies within the image.
#[inline(always)]
pub(crate) fn resize(
    image: &RgbImage,
    crop: CropBox,
    (width, height): (usize, usize),
    scratch: &mut ResizeScratch,
    out: &mut Planes,
) {
    let ResizeScratch { axis, line, wide, sums } = scratch;
    let crop_height = crop.height as usize;
    if crop_height == height {
        horizontal(image, crop, width, axis, line, out);
        return;
    }
    horizontal(image, crop, width, axis, line, wide);
    axis.set(crop_height, height);
    out.reshape(width, height);
    for channel in 0..3 {
        vertical(wide.plane(channel), width, axis, sums, out.plane_mut(channel));
    }
}

/// Crop and horizontal pass: `crop.height` rows of `width` pixels.
#[inline(always)]
fn horizontal(
    image: &RgbImage,
    crop: CropBox,
    width: usize,
    axis: &mut Axis,
    line: &mut Vec<u8>,
    out: &mut Planes,
) {
    let stride = image.width as usize * 3;
    let (left, from) = (crop.left as usize * 3, crop.width as usize);
    let rows = crop.height as usize;
    out.reshape(width, rows);
    let [red, green, blue] = out.all_mut();
    if from != width {
        axis.set(from, width);
        line.clear();
        // A byte more than the row, so that a pixel can be read as four bytes.
        line.resize(from * 3 + 1, 0);
    }
    for y in 0..rows {
        let start = (crop.top as usize + y) * stride + left;
        let source = &image.pixels[start..start + from * 3];
        let row = y * width..(y + 1) * width;
        let (red, green, blue) = (&mut red[row.clone()], &mut green[row.clone()], &mut blue[row]);
        if from == width {
            for (((pixel, r), g), b) in source.chunks_exact(3).zip(red).zip(green).zip(blue) {
                (*r, *g, *b) = (pixel[0], pixel[1], pixel[2]);
            }
            continue;
        }
        line[..from * 3].copy_from_slice(source);
        match axis.taps {
            1 => horizontal_row::<1>(line, axis, red, green, blue),
            2 => horizontal_row::<2>(line, axis, red, green, blue),
            3 => horizontal_row::<3>(line, axis, red, green, blue),
            5 => horizontal_row::<5>(line, axis, red, green, blue),
            _ => horizontal_row::<0>(line, axis, red, green, blue),
        }
    }
}

/// One row; `TAPS` = 0 takes the number of taps from the axis.
#[inline(always)]
fn horizontal_row<const TAPS: usize>(
    line: &[u8],
    axis: &Axis,
    red: &mut [u8],
    green: &mut [u8],
    blue: &mut [u8],
) {
    let taps = if TAPS == 0 { axis.taps } else { TAPS };
    let outputs = axis.first.iter().zip(axis.weights.chunks_exact(taps));
    for ((((&first, weights), r), g), b) in outputs.zip(red).zip(green).zip(blue) {
        let first = first as usize * 3;
        let pixels = &line[first..first + taps * 3 + 1];
        let mut sum = [HALF; 4];
        for (tap, &weight) in weights.iter().enumerate() {
            let pixel = &pixels[tap * 3..tap * 3 + 4];
            for (sum, &byte) in sum.iter_mut().zip(pixel) {
                *sum += i32::from(byte) * weight;
            }
        }
        (*r, *g, *b) = (to_byte(sum[0]), to_byte(sum[1]), to_byte(sum[2]));
    }
}

#[inline(always)]
fn to_byte(sum: i32) -> u8 {
    (sum >> BITS).clamp(0, 255) as u8
}

/// Vertical pass over one plane whose rows are `width` wide.
#[inline(always)]
fn vertical(plane: &[u8], width: usize, axis: &Axis, sums: &mut Vec<i32>, out: &mut [u8]) {
    for ((out, &first), weights) in
        out.chunks_exact_mut(width).zip(&axis.first).zip(axis.weights.chunks_exact(axis.taps))
    {
        let rows = &plane[first as usize * width..(first as usize + axis.taps) * width];
        match axis.taps {
            1 => vertical_row::<1>(rows, width, weights, out),
            2 => vertical_row::<2>(rows, width, weights, out),
            3 => vertical_row::<3>(rows, width, weights, out),
            5 => vertical_row::<5>(rows, width, weights, out),
            _ => {
                sums.clear();
                sums.resize(width, HALF);
                for (row, &weight) in rows.chunks_exact(width).zip(weights) {
                    for (sum, &byte) in sums.iter_mut().zip(row) {
                        *sum += i32::from(byte) * weight;
                    }
                }
                for (out, &sum) in out.iter_mut().zip(sums.iter()) {
                    *out = to_byte(sum);
                }
            }
        }
    }
}

#[inline(always)]
fn vertical_row<const TAPS: usize>(rows: &[u8], width: usize, weights: &[i32], out: &mut [u8]) {
    let rows: [&[u8]; TAPS] = std::array::from_fn(|tap| &rows[tap * width..(tap + 1) * width]);
    let weights: [i32; TAPS] = std::array::from_fn(|tap| weights[tap]);
    let out = &mut out[..width];
    for x in 0..width {
        let mut sum = HALF;
        for tap in 0..TAPS {
            sum += i32::from(rows[tap][x]) * weights[tap];
        }
        out[x] = to_byte(sum);
    }
}
