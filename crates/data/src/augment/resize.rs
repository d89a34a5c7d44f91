//! Pillow's bilinear resize with antialiasing, bit for bit (augmentation.md, 3): horizontal pass, rounded to
//! bytes, then vertical pass, in 22-bit fixed point. The crop is an image of its own: no pixel outside counts.

use super::plan::CropBox;
use super::planes::{Planes, split};
use crate::RgbImage;

/// Bits of the weights' fixed point.
pub(crate) const BITS: u32 = 22;
const HALF: i32 = 1 << (BITS - 1);

/// The weights of one axis: output `x` is the sum of `taps` inputs from `first[x]` on. Every output has the
/// same number of taps; the spare ones weigh nothing.
#[derive(Debug, Default)]
pub(crate) struct Axis {
    pub(crate) taps: usize,
    pub(crate) first: Vec<u32>,
    pub(crate) weights: Vec<i32>,
    exact: Vec<f64>,
}

impl Axis {
    /// Computes the weights that take `from` pixels to `to`.
    pub(crate) fn set(&mut self, from: usize, to: usize) {
        let scale = from as f64 / to as f64;
        let filter_scale = scale.max(1.0);
        // The triangle reaches one output pixel to either side, and never less than one input pixel.
        let support = filter_scale;
        let inverse = 1.0 / filter_scale;
        let reach = |x: usize| {
            // Pixels have their centres at halves.
            let centre = (x as f64 + 0.5) * scale;
            let start = (centre - support + 0.5).max(0.0) as usize;
            (centre, start, ((centre + support + 0.5) as usize).min(from))
        };
        // As many as the widest output needs: often two fewer than the filter could have.
        self.taps = (0..to).map(reach).map(|(_, start, end)| end - start).max().unwrap_or(1);
        self.first.clear();
        self.weights.clear();
        for x in 0..to {
            let (centre, start, end) = reach(x);
            self.exact.clear();
            self.exact
                .extend((start..end).map(|i| (1.0 - ((i as f64 - centre + 0.5) * inverse).abs()).max(0.0)));
            // Weights are divided by the sum of those that are kept: edges are renormalised, not padded.
            let sum: f64 = self.exact.iter().sum();
            // All taps must lie within the input: at the far edge they begin earlier, with weight zero.
            let first = start.min(from - self.taps);
            self.first.push(first as u32);
            let row = self.weights.len();
            self.weights.resize(row + self.taps, 0);
            for (weight, exact) in self.weights[row + start - first..].iter_mut().zip(&self.exact) {
                // No weight is negative, so that a half and truncation round it.
                *weight = (0.5 + exact / sum * f64::from(1 << BITS)) as i32;
            }
        }
    }
}

/// Buffers of the resize, kept between images.
#[derive(Debug, Default)]
pub(crate) struct ResizeScratch {
    axis: Axis,
    /// A row of the crop.
    line: Vec<u8>,
    /// The same row after the horizontal pass.
    pixels: Vec<[u8; 4]>,
    /// All rows after it.
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
    let ResizeScratch { axis, line, pixels, wide, sums } = scratch;
    let crop_height = crop.height as usize;
    if crop_height == height {
        horizontal(image, crop, width, axis, (line, pixels), out);
        return;
    }
    horizontal(image, crop, width, axis, (line, pixels), wide);
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
    (line, pixels): (&mut Vec<u8>, &mut Vec<[u8; 4]>),
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
        pixels.resize(width, [0; 4]);
    }
    for y in 0..rows {
        let start = (crop.top as usize + y) * stride + left;
        let source = &image.pixels[start..start + from * 3];
        let row = y * width..(y + 1) * width;
        let planes = [&mut red[row.clone()], &mut green[row.clone()], &mut blue[row]];
        if from == width {
            split(source.as_chunks::<3>().0, planes);
            continue;
        }
        line[..from * 3].copy_from_slice(source);
        match axis.taps {
            2 => horizontal_row::<2, u8>(line, axis, pixels),
            3 => horizontal_row::<3, u8>(line, axis, pixels),
            4 => horizontal_row::<4, u8>(line, axis, pixels),
            5 => horizontal_row::<5, u8>(line, axis, pixels),
            _ => horizontal_row::<0, u8>(line, axis, pixels),
        }
        split(pixels, planes);
    }
}

/// One row to pixels of four bytes, of which the last means nothing: four equal lanes become one vector.
/// `TAPS` = 0 takes the number of taps from the axis.
#[inline(always)]
pub(crate) fn horizontal_row<const TAPS: usize, Sample: Copy + Into<i32>>(
    line: &[Sample],
    axis: &Axis,
    out: &mut [[u8; 4]],
) {
    let taps = if TAPS == 0 { axis.taps } else { TAPS };
    for ((out, &first), weights) in out.iter_mut().zip(&axis.first).zip(axis.weights.chunks_exact(taps)) {
        let pixels = &line[first as usize * 3..][..taps * 3 + 1];
        let mut sum = [HALF; 4];
        for tap in 0..taps {
            let pixel = &pixels[tap * 3..tap * 3 + 4];
            for lane in 0..4 {
                sum[lane] = add_weighted(sum[lane], pixel[lane].into(), weights[tap]);
            }
        }
        *out = sum.map(to_byte);
    }
}

/// The weights of an output sum to 2^22 up to rounding, so that no sum passes 2^30: nothing wraps. Wrapping
/// arithmetic keeps overflow checks from making the loops scalar.
#[inline(always)]
fn add_weighted(sum: i32, sample: i32, weight: i32) -> i32 {
    sum.wrapping_add(sample.wrapping_mul(weight))
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
            2 => vertical_row::<2>(rows, width, weights, out),
            3 => vertical_row::<3>(rows, width, weights, out),
            4 => vertical_row::<4>(rows, width, weights, out),
            5 => vertical_row::<5>(rows, width, weights, out),
            _ => {
                sums.clear();
                sums.resize(width, HALF);
                for (row, &weight) in rows.chunks_exact(width).zip(weights) {
                    for (sum, &byte) in sums.iter_mut().zip(row) {
                        *sum = add_weighted(*sum, i32::from(byte), weight);
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
            sum = add_weighted(sum, i32::from(rows[tap][x]), weights[tap]);
        }
        out[x] = to_byte(sum);
    }
}
