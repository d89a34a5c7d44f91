//! Brightness, contrast, saturation, grayscale and solarize on planes, with Pillow's arithmetic: blends in
//! f32 without fused multiply-add, truncated (augmentation.md, 4).

use super::planes::Planes;
use super::truncate::truncate_f32;

/// Luma of a pixel.
#[inline(always)]
pub(crate) fn luma(red: u8, green: u8, blue: u8) -> u8 {
    // 0.299, 0.587 and 0.114 in 16 bits; they sum to 2¹⁶, so that white stays 255.
    ((19595 * u32::from(red) + 38470 * u32::from(green) + 7471 * u32::from(blue) + 0x8000) >> 16) as u8
}

/// `from + factor * (to - from)`, cut to 0..=255 and truncated.
#[inline(always)]
fn blend(from: u8, to: u8, factor: f32) -> u8 {
    let (from, to) = (f32::from(from), f32::from(to));
    // Not `mul_add`: the reference rounds the product before it adds.
    let mixed = from + factor * (to - from);
    truncate_f32(mixed)
}

/// Blends all bytes with black.
#[inline(always)]
pub(crate) fn brightness(planes: &mut Planes, factor: f64) {
    let factor = factor as f32;
    for byte in planes.bytes_mut() {
        *byte = blend(0, *byte, factor);
    }
}

/// Blends all bytes with the rounded mean of the luma.
#[inline(always)]
pub(crate) fn contrast(planes: &mut Planes, factor: f64) {
    let factor = factor as f32;
    let [red, green, blue] = planes.all();
    let pixels = red.len();
    // 2¹⁶ lumas fit a u32 with room to spare: only the sum of such pieces needs 64 bits.
    let sum: u64 = red
        .chunks(1 << 16)
        .zip(green.chunks(1 << 16))
        .zip(blue.chunks(1 << 16))
        .map(|((red, green), blue)| {
            let lumas = red.iter().zip(green).zip(blue).map(|((&r, &g), &b)| u32::from(luma(r, g, b)));
            u64::from(lumas.sum::<u32>())
        })
        .sum();
    // At most 255.5: the cast truncates, as the reference does, and never saturates.
    let mean = (sum as f64 / pixels as f64 + 0.5) as u8;
    for byte in planes.bytes_mut() {
        *byte = blend(mean, *byte, factor);
    }
}

/// Blends every pixel with its luma.
#[inline(always)]
pub(crate) fn saturation(planes: &mut Planes, factor: f64) {
    let factor = factor as f32;
    let [red, green, blue] = planes.all_mut();
    for ((r, g), b) in red.iter_mut().zip(green).zip(blue) {
        let grey = luma(*r, *g, *b);
        (*r, *g, *b) = (blend(grey, *r, factor), blend(grey, *g, factor), blend(grey, *b, factor));
    }
}

/// Three equal channels of luma.
#[inline(always)]
pub(crate) fn grayscale(planes: &mut Planes) {
    let [red, green, blue] = planes.all_mut();
    for ((r, g), b) in red.iter_mut().zip(green).zip(blue) {
        let grey = luma(*r, *g, *b);
        (*r, *g, *b) = (grey, grey, grey);
    }
}

/// Inverts bytes from 128 up.
#[inline(always)]
pub(crate) fn solarize(planes: &mut Planes) {
    for byte in planes.bytes_mut() {
        *byte = if *byte < 128 { *byte } else { 255 - *byte };
    }
}
