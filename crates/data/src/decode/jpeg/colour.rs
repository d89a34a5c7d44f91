//! Planes of samples to interleaved RGB: chroma is interpolated as libjpeg's "fancy" upsampling does it, colours are
//! converted in its 16-bit fixed point, so that the bytes are the same.

use std::ops::Range;

use super::header::Header;
use super::scan::Plane;

/// A pixel more than what an interpolated one depends on.
pub(super) const MARGIN: usize = 2;

/// Lines of interpolated chroma, kept between images.
#[derive(Debug, Default)]
pub(super) struct ColourScratch {
    /// Three times the nearer row and the farther one.
    sums: Vec<u16>,
    lines: [Vec<u8>; 2],
}

/// Writes pixels of `columns` and `rows` to `out`, the rows of an image of the header's size. Columns begin at a unit's
/// edge. Those within [`MARGIN`] of an end that is not the image's are wrong, where chroma is interpolated across.
#[inline(always)]
pub(super) fn convert(
    header: &Header,
    planes: &[Plane; 3],
    columns: Range<usize>,
    rows: Range<usize>,
    scratch: &mut ColourScratch,
    out: &mut [u8],
) {
    let width = header.width;
    let [luma, chroma @ ..] = planes;
    let (across, down) = header.unit();
    let halved = columns.start / across..columns.end.div_ceil(across);
    let last_row = header.height.div_ceil(down) - 1;
    let is_narrow = width.div_ceil(across) <= 2;
    for y in rows {
        let out = &mut out.as_chunks_mut::<3>().0[y * width..][columns.clone()];
        let bright = &luma.samples[y * luma.stride..][columns.clone()];
        if header.components().len() == 1 {
            for (pixel, &grey) in out.iter_mut().zip(bright) {
                *pixel = [grey; 3];
            }
            continue;
        }
        if (across, down) == (1, 1) {
            let [blue, red] = [0, 1].map(|i| &chroma[i].samples[y * chroma[i].stride..][columns.clone()]);
            to_rgb(bright, blue, red, out);
            continue;
        }
        let ColourScratch { sums, lines } = &mut *scratch;
        for (plane, line) in chroma.iter().zip(&mut *lines) {
            let row = |y: usize| &plane.samples[y * plane.stride..][halved.clone()];
            line.resize(across * halved.len(), 0);
            // The nearer row, and the farther one on its other side.
            let near = y / down;
            let (below, beyond) = ((y / down + 1).min(last_row), (y / down).saturating_sub(1));
            let far = if y % down == 0 { beyond } else { below };
            match (across, down) {
                (2, 1) if !is_narrow => across_only(row(near), line),
                (2, 2) if !is_narrow => {
                    let pairs = row(near).iter().zip(row(far));
                    sums.clear();
                    // At most 4·255, and four times that in `across_and_down`: a u16 holds both.
                    sums.extend(pairs.map(|(&near, &far)| 3 * u16::from(near) + u16::from(far)));
                    across_and_down(sums, line);
                }
                (1, 2) => {
                    // libjpeg rounds alternately by 1 and 2 of 4, so that errors of neighbours do not add up.
                    let half = if y % 2 == 0 { 1 } else { 2 };
                    for ((sample, &near), &far) in line.iter_mut().zip(row(near)).zip(row(far)) {
                        *sample = ((3 * u16::from(near) + u16::from(far) + half) >> 2) as u8;
                    }
                }
                // Other factors, and chroma of one or two samples a row, are not interpolated.
                _ => {
                    for (group, &sample) in line.chunks_exact_mut(across).zip(row(near)) {
                        group.fill(sample);
                    }
                }
            }
        }
        to_rgb(bright, &lines[0], &lines[1], out);
    }
}

/// Twice as many samples: three quarters of the nearer one and a quarter of the farther.
#[inline(always)]
fn across_only(from: &[u8], to: &mut [u8]) {
    let count = from.len();
    let (pairs, from) = (&mut to.as_chunks_mut::<2>().0[..count], &from[..count]);
    let between = |a: u8, b: u8, half: u16| ((3 * u16::from(a) + u16::from(b) + half) >> 2) as u8;
    for x in 1..count.saturating_sub(1) {
        // Rounded by 1 on the left and 2 on the right, as in libjpeg.
        pairs[x] = [between(from[x], from[x - 1], 1), between(from[x], from[x + 1], 2)];
    }
    if let [first, second, ..] = *from {
        pairs[0] = [first, between(first, second, 2)];
        let (last, before) = (from[count - 1], from[count - 2]);
        pairs[count - 1] = [between(last, before, 1), last];
    }
}

/// As [`across_only`], of sums that are four times as large.
#[inline(always)]
fn across_and_down(from: &[u16], to: &mut [u8]) {
    let count = from.len();
    let (pairs, from) = (&mut to.as_chunks_mut::<2>().0[..count], &from[..count]);
    let between = |a: u16, b: u16, half: u16| ((3 * a + b + half) >> 4) as u8;
    for x in 1..count.saturating_sub(1) {
        // Sixteenths, rounded by 8 on the left and 7 on the right, as in libjpeg.
        pairs[x] = [between(from[x], from[x - 1], 8), between(from[x], from[x + 1], 7)];
    }
    if let [first, second, ..] = *from {
        pairs[0] = [between(first, first, 8), between(first, second, 7)];
        let (last, before) = (from[count - 1], from[count - 2]);
        pairs[count - 1] = [between(last, before, 8), between(last, last, 7)];
    }
}

/// The factors of blue and red chroma in 16-bit fixed point.
// 1.402, 1.772, 0.34414 and 0.71414 times 2¹⁶, as libjpeg rounds them.
const RED: i32 = 91881;
const BLUE: i32 = 116_130;
const GREEN_BLUE: i32 = 22554;
const GREEN_RED: i32 = 46802;
const HALF: i32 = 1 << 15;

#[inline(always)]
fn to_rgb(luma: &[u8], blue: &[u8], red: &[u8], out: &mut [[u8; 3]]) {
    let count = out.len();
    let (luma, blue, red) = (&luma[..count], &blue[..count], &red[..count]);
    for x in 0..count {
        let (y, b, r) = (i32::from(luma[x]), i32::from(blue[x]) - 128, i32::from(red[x]) - 128);
        let byte = |value: i32| value.clamp(0, 255) as u8;
        // Green takes both products before its one shift: two roundings would differ from libjpeg's.
        out[x] = [
            byte(y + ((RED * r + HALF) >> 16)),
            byte(y + ((HALF - GREEN_BLUE * b - GREEN_RED * r) >> 16)),
            byte(y + ((BLUE * b + HALF) >> 16)),
        ];
    }
}
