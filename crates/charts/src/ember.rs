//! Colour scales for data: stops joined in OKLab, as the window joins them (`ui/src/lib/theme/ramp.ts`), so that lightness stays
//! monotone between them.

use crate::color::Color;

type Lab = [f64; 3];

fn linear(channel: u8) -> f64 {
    let value = f64::from(channel) / 255.0;
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

fn channel(linear: f64) -> u8 {
    let value = linear.clamp(0.0, 1.0);
    let value = if value <= 0.003_130_8 { 12.92 * value } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 };
    (value * 255.0).round() as u8
}

fn to_lab((r, g, b): Color) -> Lab {
    let (r, g, b) = (linear(r), linear(g), linear(b));
    let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
    let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
    let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
    [
        0.210_454_255_3 * l + 0.793_617_785 * m - 0.004_072_046_8 * s,
        1.977_998_495_1 * l - 2.428_592_205 * m + 0.450_593_709_9 * s,
        0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766 * s,
    ]
}

fn to_rgb([lightness, a, b]: Lab) -> Color {
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548 * b).powi(3);
    (
        channel(4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s),
        channel(-1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s),
        channel(-0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701 * s),
    )
}

/// `size` colours through the stops, both ends included.
pub(crate) fn ramp(stops: &[Color], size: usize) -> Vec<Color> {
    let lab: Vec<Lab> = stops.iter().copied().map(to_lab).collect();
    let spread = (lab.len() - 1) as f64 / (size.max(2) - 1) as f64;
    (0..size)
        .map(|place| {
            let place = place as f64 * spread;
            let below = (place as usize).min(lab.len() - 2);
            let part = place - below as f64;
            let (low, high) = (lab[below], lab[below + 1]);
            to_rgb(std::array::from_fn(|axis| low[axis] + (high[axis] - low[axis]) * part))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::{DARK, LIGHT};

    #[test]
    fn stops_are_met_and_lightness_never_turns() {
        for theme in [&LIGHT, &DARK] {
            for stops in [&theme.ember[..], &theme.tide] {
                assert_eq!(ramp(stops, stops.len()), stops);
                let light: Vec<f64> = ramp(stops, 256).into_iter().map(|color| to_lab(color)[0]).collect();
                let rises = light[255] > light[0];
                // A step of one channel of 255 is what rounding may turn back.
                let steps = light.windows(2).map(|pair| (pair[0], pair[1]));
                for (one, next) in steps {
                    assert!(rises == (next >= one) || (next - one).abs() < 0.004, "{one} {next}");
                }
            }
        }
    }
}
