//! The fast mode's resize: the same filter, rows first, and only those rows that the view has; weights of 15 bits, and six
//! bits kept between the passes. Pillow rounds twice by half a level where this rounds once, so that the two are at most
//! one level apart. The crop is cut out first here too: no pixel outside it counts.

use super::plan::CropBox;
use super::planes::{Planes, split};
use super::resize::{Axis, BITS, horizontal_row};
use crate::RgbImage;

/// Bits kept between the passes.
const BETWEEN: u32 = 6;
/// More rows than this in a sum would round too often; so small a view takes no time.
const MOST_ROWS: usize = 6;

/// Buffers of the fast resize, kept between images.
#[derive(Debug, Default)]
pub(crate) struct FastScratch {
    across: Axis,
    down: Axis,
    line: Vec<i16>,
    pixels: Vec<[u8; 4]>,
}

/// Resizes the `crop` of `image` to `width` × `height` planes. False where the exact way is as quick (nothing was done then).
#[inline(always)]
pub(crate) fn resize(
    image: &RgbImage,
    crop: CropBox,
    (width, height): (usize, usize),
    scratch: &mut FastScratch,
    out: &mut Planes,
) -> bool {
    let FastScratch { across, down, line, pixels } = scratch;
    let (from, rows) = (crop.width as usize, crop.height as usize);
    if from == width || rows == height {
        return false;
    }
    down.set(rows, height);
    if down.taps > MOST_ROWS {
        return false;
    }
    across.set(from, width);
    // Six bits less, for the six that the samples have more.
    across.weights.iter_mut().for_each(|weight| *weight = (*weight + (1 << (BETWEEN - 1))) >> BETWEEN);
    out.reshape(width, height);
    line.clear();
    // A sample more than the row, so that a pixel can be read as four.
    line.resize(from * 3 + 1, 0);
    pixels.resize(width, [0; 4]);
    let (stride, left) = (image.width as usize * 3, crop.left as usize * 3);
    let [red, green, blue] = out.all_mut();
    for (y, (&first, weights)) in down.first.iter().zip(down.weights.chunks_exact(down.taps)).enumerate() {
        let source = &image.pixels[(crop.top + first) as usize * stride + left..];
        let samples = &mut line[..from * 3];
        match down.taps {
            2 => vertical::<2>(source, stride, weights, samples),
            3 => vertical::<3>(source, stride, weights, samples),
            4 => vertical::<4>(source, stride, weights, samples),
            5 => vertical::<5>(source, stride, weights, samples),
            _ => vertical::<0>(source, stride, weights, samples),
        }
        match across.taps {
            2 => horizontal_row::<2, i16>(line, across, pixels),
            3 => horizontal_row::<3, i16>(line, across, pixels),
            4 => horizontal_row::<4, i16>(line, across, pixels),
            5 => horizontal_row::<5, i16>(line, across, pixels),
            _ => horizontal_row::<0, i16>(line, across, pixels),
        }
        let row = y * width..(y + 1) * width;
        split(pixels, [&mut red[row.clone()], &mut green[row.clone()], &mut blue[row]]);
    }
    true
}

/// A row of the result's height: sums of rows of bytes, `stride` apart, times 2^6. `TAPS` = 0 takes their number from the
/// weights.
#[inline(always)]
fn vertical<const TAPS: usize>(source: &[u8], stride: usize, weights: &[i32], out: &mut [i16]) {
    let count = out.len();
    let taps = if TAPS == 0 { weights.len() } else { TAPS };
    let mut rows: [&[u8]; MOST_ROWS] = [&[]; MOST_ROWS];
    let mut of_15_bits = [0i16; MOST_ROWS];
    for tap in 0..taps {
        rows[tap] = &source[tap * stride..][..count];
        // From 22 bits to 15: the shift drops seven, and 1 << (BITS − 16) is half of that.
        let weight = (weights[tap] + (1 << (BITS - 16))) >> (BITS - 15);
        // A weight of 1 is 2¹⁵, one more than an i16 holds.
        of_15_bits[tap] = weight.min(i32::from(i16::MAX)) as i16;
    }
    for x in 0..count {
        let mut sum = 0i16;
        for tap in 0..taps {
            let sample = i32::from(rows[tap][x]) << BETWEEN;
            // The rounded upper half of the product, in the form for which there is one instruction.
            let product = (((sample * i32::from(of_15_bits[tap])) >> 14) + 1) >> 1;
            // Weights sum to 1 up to rounding, so that no sum is far above 255·2⁶: half of what an i16 holds.
            sum = sum.wrapping_add(product as i16);
        }
        out[x] = sum;
    }
}
