//! The slow reference of the tests: augmentation.md word by word, one pixel at a time in f64, with no thought
//! of speed. The fast code must give the same bytes for any image and any plan.

use proptest::prelude::*;

use super::plan::{CropBox, Jitter, JitterOp, Plan};
use super::{Arithmetic, Scratch, simd};
use crate::RgbImage;

type Pixels = Vec<[u8; 3]>;

fn resize_line(line: &[[u8; 3]], to: usize) -> Pixels {
    if line.len() == to {
        return line.to_vec();
    }
    let scale = line.len() as f64 / to as f64;
    let s = scale.max(1.0);
    (0..to)
        .map(|x| {
            let c = (x as f64 + 0.5) * scale;
            let first = (c - s + 0.5).max(0.0) as usize;
            let end = ((c + s + 0.5) as usize).min(line.len());
            let raw: Vec<f64> =
                (first..end).map(|i| (1.0 - ((i as f64 - c + 0.5) * (1.0 / s)).abs()).max(0.0)).collect();
            let sum: f64 = raw.iter().sum();
            let fixed: Vec<i64> = raw.iter().map(|w| (0.5 + w / sum * 4_194_304.0) as i64).collect();
            std::array::from_fn(|channel| {
                let sum: i64 = (first..end).zip(&fixed).map(|(i, w)| i64::from(line[i][channel]) * w).sum();
                ((sum + (1 << 21)) >> 22).clamp(0, 255) as u8
            })
        })
        .collect()
}

fn column(pixels: &Pixels, width: usize, x: usize) -> Pixels {
    pixels[x..].iter().step_by(width).copied().collect()
}

/// Applies `line` to every row, then to every column.
fn along_both_axes(
    pixels: Pixels,
    width: usize,
    line: impl Fn(&[[u8; 3]], bool) -> Pixels,
) -> (Pixels, usize) {
    let rows: Vec<Pixels> = pixels.chunks(width).map(|row| line(row, false)).collect();
    let width = rows[0].len();
    let pixels = rows.concat();
    let columns: Vec<Pixels> = (0..width).map(|x| line(&column(&pixels, width, x), true)).collect();
    let height = columns[0].len();
    ((0..height).flat_map(|y| columns.iter().map(move |c| c[y])).collect(), width)
}

fn luma([r, g, b]: [u8; 3]) -> u8 {
    ((19595 * u64::from(r) + 38470 * u64::from(g) + 7471 * u64::from(b) + 32768) >> 16) as u8
}

fn blend(d: u8, x: u8, f: f64) -> u8 {
    let (d, x, f) = (f32::from(d), f32::from(x), f as f32);
    let v = d + f * (x - d);
    if v <= 0.0 {
        0
    } else if v >= 255.0 {
        255
    } else {
        v as u8
    }
}

fn shift_hue([r, g, b]: [u8; 3], factor: f64) -> [u8; 3] {
    let (max, min) = (r.max(g).max(b), r.min(g).min(b));
    let (mut hue, mut saturation) = (0u8, 0u8);
    if max != min {
        let c = f32::from(max - min);
        saturation = (f64::from(c / f32::from(max)) * 255.0) as u8;
        let [rc, gc, bc] = [r, g, b].map(|channel| f64::from(f32::from(max - channel) / c));
        let h = if r == max {
            bc - gc
        } else if g == max {
            2.0 + rc - bc
        } else {
            4.0 + gc - rc
        } as f32;
        let h = ((f64::from(h) / 6.0 + 1.0) % 1.0) as f32;
        hue = (f64::from(h) * 255.0) as u8;
    }
    let hue = hue.wrapping_add((factor * 255.0) as i32 as u8);
    if saturation == 0 {
        return [max; 3];
    }
    let x = f64::from(hue) * 6.0 / 255.0;
    let i = x.floor();
    let f = (x - i) as f32;
    let s = (f64::from(saturation) / 255.0) as f32;
    let v = f64::from(max);
    let p = (v * (1.0 - f64::from(s))).round() as u8;
    let q = (v * (1.0 - f64::from(s * f))).round() as u8;
    let t = (v * (1.0 - f64::from(s) * (1.0 - f64::from(f)))).round() as u8;
    match i as u8 % 6 {
        0 => [max, t, p],
        1 => [q, max, p],
        2 => [p, max, t],
        3 => [p, q, max],
        4 => [t, p, max],
        _ => [max, p, q],
    }
}

fn blur_line(line: &[[u8; 3]], sigma: f64) -> Pixels {
    let sigma = sigma as f32;
    let v = sigma * sigma / 3.0;
    let length = (12.0 * f64::from(v) + 1.0).sqrt() as f32;
    let l = ((f64::from(length) - 1.0) / 2.0).floor() as f32;
    let a = (2.0 * l + 1.0) * (l * (l + 1.0) - 3.0 * v) / (6.0 * (v - (l + 1.0) * (l + 1.0)));
    let r = (l + a) as i64;
    let ww = (16_777_216f32 / (2.0 * (l + a) + 1.0)) as u64;
    let fw = (16_777_216 - (2 * r as u64 + 1) * ww) / 2;
    let pass = |line: Pixels| -> Pixels {
        let at =
            |x: i64, channel: usize| u64::from(line[x.clamp(0, line.len() as i64 - 1) as usize][channel]);
        let value = |x: i64, c: usize| {
            let sum: u64 = (x - r..=x + r).map(|x| at(x, c)).sum();
            ((ww * sum + fw * (at(x - r - 1, c) + at(x + r + 1, c)) + (1 << 23)) >> 24) as u8
        };
        (0..line.len() as i64).map(|x| std::array::from_fn(|c| value(x, c))).collect()
    };
    pass(pass(pass(line.to_vec())))
}

/// The plan, slowly.
fn render(plan: &Plan, image: &RgbImage, width: usize, height: usize) -> Vec<u8> {
    let CropBox { left, top, width: w, height: h } = plan.crop;
    let pixel = |x: u32, y: u32| {
        let at = (y * image.width + x) as usize * 3;
        [image.pixels[at], image.pixels[at + 1], image.pixels[at + 2]]
    };
    let cut: Pixels = (top..top + h)
        .flat_map(|y| (left..left + w).map(move |x| (x, y)))
        .map(|(x, y)| pixel(x, y))
        .collect();
    let (mut pixels, _) =
        along_both_axes(cut, w as usize, |line, down| resize_line(line, if down { height } else { width }));
    let map =
        |pixels: &mut Pixels, f: &dyn Fn([u8; 3]) -> [u8; 3]| pixels.iter_mut().for_each(|p| *p = f(*p));
    for op in plan.jitter.iter().flat_map(|jitter| jitter.order) {
        let Some(Jitter { brightness, contrast, saturation, hue, .. }) = plan.jitter else { continue };
        match op {
            JitterOp::Brightness => map(&mut pixels, &|p| p.map(|x| blend(0, x, brightness))),
            JitterOp::Contrast => {
                let mean = pixels.iter().map(|&p| f64::from(luma(p))).sum::<f64>() / pixels.len() as f64;
                let m = (mean + 0.5) as u8;
                map(&mut pixels, &|p| p.map(|x| blend(m, x, contrast)));
            }
            JitterOp::Saturation => map(&mut pixels, &|p| p.map(|x| blend(luma(p), x, saturation))),
            JitterOp::Hue => map(&mut pixels, &|p| shift_hue(p, hue)),
        }
    }
    if plan.grayscale {
        map(&mut pixels, &|p| [luma(p); 3]);
    }
    if let Some(sigma) = plan.blur_sigma {
        (pixels, _) = along_both_axes(pixels, width, |line, _| blur_line(line, sigma));
    }
    if plan.solarize {
        map(&mut pixels, &|p| p.map(|x| if x < 128 { x } else { 255 - x }));
    }
    if plan.flip {
        pixels.chunks_mut(width).for_each(<[_]>::reverse);
    }
    pixels.concat()
}

fn images() -> impl Strategy<Value = RgbImage> {
    (1u32..40, 1u32..40, any::<u64>(), 0u32..4).prop_map(|(width, height, seed, kind)| {
        let mut rng = vitals_recipe::keyed_rng(seed, &[]);
        let pixels = (0..width * height * 3)
            .map(|i| match kind {
                0 => rng.next_u64() as u8,
                1 => (i * 7 / width) as u8,
                2 => [0, 255, 128][rng.below(3) as usize],
                _ => 200 + rng.below(12) as u8,
            })
            .collect();
        RgbImage { width, height, pixels }
    })
}

fn jitters() -> impl Strategy<Value = Jitter> {
    let ops = [JitterOp::Brightness, JitterOp::Contrast, JitterOp::Saturation, JitterOp::Hue];
    let order = Just(ops).prop_shuffle();
    (order, 0.0..2.0, 0.0..2.0, 0.0..2.0, -0.5..0.5).prop_map(
        |(order, brightness, contrast, saturation, hue)| Jitter {
            order,
            brightness,
            contrast,
            saturation,
            hue,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn fast_equals_slow(
        image in images(),
        crop in (0.0..1.0, 0.0..1.0, 0.0..1.0, 0.0..1.0),
        size in (1u32..40, 1u32..40),
        jitter in prop::option::of(jitters()),
        blur_sigma in prop::option::of(0.05..4.0),
        flags in any::<[bool; 3]>(),
    ) {
        let within = |share: f64, whole: u32| ((share * f64::from(whole)) as u32).min(whole - 1);
        let (left, top) = (within(crop.0, image.width), within(crop.1, image.height));
        let width = 1 + within(crop.2, image.width - left);
        let height = 1 + within(crop.3, image.height - top);
        let plan = Plan {
            crop: CropBox { left, top, width, height },
            jitter,
            grayscale: flags[0],
            blur_sigma,
            solarize: flags[1],
            flip: flags[2],
        };
        let size = (size.0 as usize, size.1 as usize);
        let slow = render(&plan, &image, size.0, size.1);
        let mut scratch = Scratch::default();
        let mut ours = vec![0; slow.len()];
        simd::render(&plan, &image, size, Arithmetic::Exact, &mut scratch, &mut ours);
        prop_assert!(ours == slow, "wide vectors: {plan:?}");
        simd::render_portable(&plan, &image, size, Arithmetic::Exact, &mut scratch, &mut ours);
        prop_assert!(ours == slow, "portable: {plan:?}");

        // The fast mode differs only in its resize, and there by one level.
        let plan = Plan {
            jitter: None, grayscale: false, blur_sigma: None, solarize: false, ..plan
        };
        let slow = render(&plan, &image, size.0, size.1);
        plan.apply(&image, size, Arithmetic::Fast, &mut scratch, &mut ours);
        let off = slow.iter().zip(&ours).map(|(a, b)| a.abs_diff(*b)).max();
        prop_assert!(off <= Some(1), "{off:?} levels: {plan:?}");
    }
}

#[test]
fn every_colour_and_every_shift() {
    // 4,096 colours (all combinations of 16 levels, odd and even) under all 51 shifts of training and more.
    let levels: [u8; 16] = [0, 1, 2, 3, 17, 50, 64, 100, 127, 128, 129, 180, 200, 253, 254, 255];
    let pixels: Pixels =
        (0..4096usize).map(|i| [levels[i / 256], levels[i / 16 % 16], levels[i % 16]]).collect();
    let image = RgbImage { width: 64, height: 64, pixels: pixels.concat() };
    for shift in -127..=127 {
        let factor = (f64::from(shift) + 0.5 * f64::from(i32::signum(shift))) / 255.0;
        let mut planes = super::planes::Planes::default();
        planes.reshape(64, 64);
        for (channel, plane) in planes.all_mut().into_iter().enumerate() {
            plane.iter_mut().zip(&pixels).for_each(|(to, pixel)| *to = pixel[channel]);
        }
        super::hue::hue(&mut planes, factor);
        let mut fast = vec![0; image.pixels.len()];
        planes.interleave((0, 0, 64, 64), false, &mut fast);
        let slow: Pixels = pixels.iter().map(|&pixel| shift_hue(pixel, factor)).collect();
        assert!(fast == slow.concat(), "shift {shift}");
    }
}
