//! Hue shift through 8-bit HSV with Pillow's arithmetic (augmentation.md, 4): lossy even for a shift of 0.
//! One branch-free formula per pixel, so that the loop vectorises; no tables that would evict the image.

use super::planes::Planes;
use super::truncate::truncate_f64;

/// Shifts the hue by `factor` turns, -0.5..=0.5.
#[inline(always)]
pub(crate) fn hue(planes: &mut Planes, factor: f64) {
    // Towards 0, as the reference casts it: a shift of 0 is twice as likely as any other.
    let shift = (factor * 255.0) as i32;
    let [red, green, blue] = planes.all_mut();
    for ((r, g), b) in red.iter_mut().zip(green).zip(blue) {
        (*r, *g, *b) = shift_pixel(*r, *g, *b, shift);
    }
}

#[inline(always)]
fn shift_pixel(r: u8, g: u8, b: u8, shift: i32) -> (u8, u8, u8) {
    let (red, green, blue) = (i32::from(r), i32::from(g), i32::from(b));
    let max = red.max(green).max(blue);
    let min = red.min(green).min(blue);
    let chroma = max - min;

    // To HSV. Divisors of grey pixels are replaced by 1; what comes of it is not used.
    let divisor = chroma.max(1) as f32;
    // Quotients are rounded to f32 and summed in f64, as in the reference; other types would turn bytes.
    let rc = f64::from((max - red) as f32 / divisor);
    let gc = f64::from((max - green) as f32 / divisor);
    let bc = f64::from((max - blue) as f32 / divisor);
    let of_green = 2.0 + rc - bc;
    let of_blue = 4.0 + gc - rc;
    // Ties go to red, then to green.
    let sector = if red == max {
        bc - gc
    } else if green == max {
        of_green
    } else {
        of_blue
    };
    // The reference stores the sum as f32 before it divides.
    let turned = f64::from(sector as f32) / 6.0 + 1.0;
    // `turned` lies between 5/6 and 11/6, so that one subtraction is the reference's fmod(·, 1).
    let turns = (turned - if turned >= 1.0 { 1.0 } else { 0.0 }) as f32;
    let hue = truncate_f64(f64::from(turns) * 255.0);
    let saturation = truncate_f64(f64::from(chroma as f32 / max.max(1) as f32) * 255.0);

    // Back to RGB.
    // The lowest eight bits are modulo 256, of negative shifts too.
    let hue = hue.wrapping_add(shift) & 255;
    // 6·H is exact: only the division rounds.
    let x = f64::from(hue) * 6.0 / 255.0;
    let sector = truncate_f64(x);
    let fraction = (x - f64::from(sector)) as f32;
    let s = saturation as f32 / 255.0;
    let value = f64::from(max);
    let p = round(value * (1.0 - f64::from(s)));
    // s·f is an f32 product here and an f64 one in `t`: the reference mixes its types so.
    let q = round(value * (1.0 - f64::from(s * fraction)));
    let t = round(value * (1.0 - f64::from(s) * (1.0 - f64::from(fraction))));
    let red = pick(sector, [max, q, p, p, t, max]);
    let green = pick(sector, [t, max, max, q, p, p]);
    let blue = pick(sector, [p, p, t, max, max, q]);
    if saturation == 0 { (max as u8, max as u8, max as u8) } else { (red as u8, green as u8, blue as u8) }
}

/// Rounds a non-negative number half up.
#[inline(always)]
fn round(value: f64) -> i32 {
    truncate_f64(value + 0.5)
}

/// `of[sector]`; sector 6 is sector 0 again.
#[inline(always)]
fn pick(sector: i32, of: [i32; 6]) -> i32 {
    let mut chosen = of[0];
    chosen = if sector == 1 { of[1] } else { chosen };
    chosen = if sector == 2 { of[2] } else { chosen };
    chosen = if sector == 3 { of[3] } else { chosen };
    chosen = if sector == 4 { of[4] } else { chosen };
    if sector == 5 { of[5] } else { chosen }
}
