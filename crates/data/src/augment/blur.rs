//! Pillow's "Gaussian" blur: three passes of an extended box filter per axis, rounded to bytes after each
//! (augmentation.md, 5). Edges repeat the outermost pixel.

use super::planes::Planes;

/// One box filter: `2 * radius + 1` bytes of weight `inner`, and one byte of weight `outer` on either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct BoxFilter {
    radius: usize,
    /// Weights in 24-bit fixed point.
    inner: u32,
    outer: u32,
}

impl BoxFilter {
    /// The filter whose three passes approximate a Gaussian of `sigma` pixels, in f32 as in the reference.
    fn of_sigma(sigma: f64) -> Self {
        let sigma = sigma as f32;
        // Variances of successive filters add: each of the three passes has a third.
        let variance = sigma * sigma / 3.0;
        // A box of length L has the variance (L² − 1) / 12.
        let length = (12.0 * f64::from(variance) + 1.0).sqrt() as f32;
        let whole = ((f64::from(length) - 1.0) / 2.0).floor() as f32;
        // The fraction of a pixel at either end that makes the variance exact (Gwosdek et al. 2011).
        let fraction = (2.0 * whole + 1.0) * (whole * (whole + 1.0) - 3.0 * variance)
            / (6.0 * (variance - (whole + 1.0) * (whole + 1.0)));
        let radius = whole + fraction;
        let inner = ((1u32 << 24) as f32 / (radius * 2.0 + 1.0)) as u32;
        let radius = radius as usize;
        // What the inner weights leave of 2²⁴, halved; an odd rest is lost, so that the sum never exceeds 2²⁴.
        let outer = ((1u32 << 24) - (2 * radius as u32 + 1) * inner) / 2;
        Self { radius, inner, outer }
    }
}

/// Buffers of the blur, kept between images.
#[derive(Debug, Default)]
pub(crate) struct BlurScratch {
    line: Vec<u8>,
    next: Vec<u8>,
    plane: Vec<u8>,
}

/// Blurs by a Gaussian of `sigma` pixels.
#[inline(always)]
pub(crate) fn blur(planes: &mut Planes, sigma: f64, scratch: &mut BlurScratch) {
    let filter = BoxFilter::of_sigma(sigma);
    match filter.radius {
        0 => blur_with::<0>(planes, filter, scratch),
        1 => blur_with::<1>(planes, filter, scratch),
        _ => blur_with::<{ usize::MAX }>(planes, filter, scratch),
    }
}

/// `RADIUS` is the filter's radius, or `usize::MAX` for any: all sigmas up to 2 have radius 0 or 1.
#[inline(always)]
fn blur_with<const RADIUS: usize>(planes: &mut Planes, filter: BoxFilter, scratch: &mut BlurScratch) {
    let (width, height) = (planes.width, planes.height);
    let BlurScratch { line, next, plane } = scratch;
    let reach = filter.radius + 1;
    for bytes in planes.all_mut() {
        line.resize(width + 2 * reach, 0);
        next.resize(width, 0);
        for row in bytes.chunks_exact_mut(width) {
            line[reach..reach + width].copy_from_slice(row);
            for pass in 0..3 {
                // The ends are read anew in every pass: what repeats is the filtered edge.
                let (first, last) = (line[reach], line[reach + width - 1]);
                line[..reach].fill(first);
                line[reach + width..].fill(last);
                pass_along::<RADIUS>(line, filter, if pass < 2 { &mut *next } else { &mut *row });
                if pass < 2 {
                    line[reach..reach + width].copy_from_slice(next);
                }
            }
        }
        plane.resize(width * height, 0);
        pass_across::<RADIUS>(bytes, plane, width, filter);
        pass_across::<RADIUS>(plane, bytes, width, filter);
        pass_across::<RADIUS>(bytes, plane, width, filter);
        // Three passes to and fro end in the other buffer.
        bytes.copy_from_slice(plane);
    }
}

/// One pass along a line that is padded by radius + 1 on either side.
#[inline(always)]
fn pass_along<const RADIUS: usize>(line: &[u8], filter: BoxFilter, out: &mut [u8]) {
    let radius = if RADIUS == usize::MAX { filter.radius } else { RADIUS };
    let width = out.len();
    // 2·radius + 1 bytes of full weight, and one on either side.
    let taps = 2 * radius + 3;
    let line = &line[..width + taps - 1];
    for x in 0..width {
        let mut sum = 0;
        for tap in 1..taps - 1 {
            sum += u32::from(line[x + tap]);
        }
        let ends = u32::from(line[x]) + u32::from(line[x + taps - 1]);
        out[x] = filter.combine(sum, ends);
    }
}

/// One pass across the rows of a plane.
#[inline(always)]
fn pass_across<const RADIUS: usize>(from: &[u8], to: &mut [u8], width: usize, filter: BoxFilter) {
    let radius = if RADIUS == usize::MAX { filter.radius } else { RADIUS };
    let height = from.len() / width;
    let row = |y: isize| {
        let y = y.clamp(0, height as isize - 1) as usize;
        &from[y * width..(y + 1) * width]
    };
    for (y, out) in to.chunks_exact_mut(width).enumerate() {
        let (y, reach) = (y as isize, radius as isize + 1);
        let (above, below) = (row(y - reach), row(y + reach));
        if RADIUS == 0 {
            let middle = row(y);
            for (((out, &middle), &above), &below) in out.iter_mut().zip(middle).zip(above).zip(below) {
                *out = filter.combine(u32::from(middle), u32::from(above) + u32::from(below));
            }
        } else if RADIUS == 1 {
            let inner = row(y - 1).iter().zip(row(y)).zip(row(y + 1));
            for (((out, ((&a, &b), &c)), &above), &below) in out.iter_mut().zip(inner).zip(above).zip(below) {
                let sum = u32::from(a) + u32::from(b) + u32::from(c);
                *out = filter.combine(sum, u32::from(above) + u32::from(below));
            }
        } else {
            for x in 0..width {
                let sum = (y - reach + 1..y + reach).map(|y| u32::from(row(y)[x])).sum();
                out[x] = filter.combine(sum, u32::from(above[x]) + u32::from(below[x]));
            }
        }
    }
}

impl BoxFilter {
    /// The filtered byte. The weights sum to at most 2^24, so that nothing wraps; wrapping arithmetic keeps
    /// overflow checks from making the loops scalar.
    #[inline(always)]
    fn combine(self, sum: u32, ends: u32) -> u8 {
        let weighted = self.inner.wrapping_mul(sum).wrapping_add(self.outer.wrapping_mul(ends));
        (weighted.wrapping_add(1 << 23) >> 24) as u8
    }
}
