//! Every stored operation of torchvision on Pillow, byte for byte.

use safetensors::SafeTensors;
use serde_json::Value;

use super::blur::{BlurScratch, blur};
use super::plan::{CropBox, Jitter, JitterOp, Plan};
use super::planes::Planes;
use super::{Arithmetic, Scratch, colour, hue, simd};
use crate::RgbImage;

/// Mean of each channel that the reference subtracts, in units of 0..1.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
/// Standard deviation of each channel by which the reference divides.
const STD: [f32; 3] = [0.229, 0.224, 0.225];

fn image(tensors: &SafeTensors<'_>, name: &str) -> RgbImage {
    let tensor = tensors.tensor(name).unwrap();
    let [height, width, 3] = *tensor.shape() else { panic!("{name} has shape {:?}", tensor.shape()) };
    RgbImage { width: width as u32, height: height as u32, pixels: tensor.data().to_vec() }
}

fn planes(image: &RgbImage) -> Planes {
    let mut planes = Planes::default();
    planes.reshape(image.width as usize, image.height as usize);
    for (channel, plane) in planes.all_mut().into_iter().enumerate() {
        plane.iter_mut().zip(image.pixels[channel..].iter().step_by(3)).for_each(|(to, &from)| *to = from);
    }
    planes
}

fn interleaved(planes: &Planes, flip: bool) -> Vec<u8> {
    let mut out = vec![0; planes.width * planes.height * 3];
    planes.interleave((0, 0, planes.width, planes.height), flip, &mut out);
    out
}

fn number(op: &Value, key: &str) -> f64 {
    op[key].as_f64().unwrap_or_else(|| panic!("{op} has no number `{key}`"))
}

fn crop(op: &Value) -> CropBox {
    let [left, top, width, height] = ["left", "top", "width", "height"].map(|key| number(op, key) as u32);
    CropBox { left, top, width, height }
}

fn plan(op: &Value) -> Plan {
    let jitter = op["jitter_order"].as_array().map(|order| {
        let ops = [JitterOp::Brightness, JitterOp::Contrast, JitterOp::Saturation, JitterOp::Hue];
        let order = std::array::from_fn(|i| ops[order[i].as_u64().unwrap() as usize]);
        let [brightness, contrast, saturation, hue] =
            ["brightness", "contrast", "saturation", "hue"].map(|key| number(op, key));
        Jitter { order, brightness, contrast, saturation, hue }
    });
    Plan {
        crop: crop(op),
        jitter,
        grayscale: op["grayscale"].as_bool().unwrap(),
        blur_sigma: op["blur_radius"].as_f64(),
        solarize: op["solarize"].as_bool().unwrap(),
        flip: op["hflip"].as_bool().unwrap(),
    }
}

/// A plan carried out by both compilations of the code, which must agree.
fn render(plan: &Plan, image: &RgbImage, width: u32, height: u32) -> Vec<u8> {
    let (mut scratch, bytes) = (Scratch::default(), (width * height * 3) as usize);
    let (mut wide, mut portable) = (vec![0; bytes], vec![0; bytes]);
    let size = (width as usize, height as usize);
    simd::render(plan, image, size, Arithmetic::Exact, &mut scratch, &mut wide);
    simd::render_portable(plan, image, size, Arithmetic::Exact, &mut scratch, &mut portable);
    assert!(wide == portable, "the compilations differ for {plan:?}");
    wide
}

/// The result of a pointwise operation or a blur.
fn operate(op: &Value, source: &RgbImage) -> Vec<u8> {
    let mut planes = planes(source);
    let factor = || number(op, "factor");
    match op["op"].as_str().unwrap() {
        "brightness" => colour::brightness(&mut planes, factor()),
        "contrast" => colour::contrast(&mut planes, factor()),
        "saturation" => colour::saturation(&mut planes, factor()),
        "hue" => hue::hue(&mut planes, factor()),
        "grayscale" => colour::grayscale(&mut planes),
        "solarize" => colour::solarize(&mut planes),
        "gaussian_blur" => blur(&mut planes, number(op, "radius"), &mut BlurScratch::default()),
        "hflip" => return interleaved(&planes, true),
        other => panic!("unknown operation {other}"),
    }
    interleaved(&planes, false)
}

/// Largest difference between the stored f32 C×H×W tensor and the normalised bytes.
fn normalisation_error(expected: &[u8], pixels: &[u8]) -> f32 {
    let expected = expected.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes));
    let count = pixels.len() / 3;
    let ours = (0..3).flat_map(|c| {
        let plane = pixels[c..].iter().step_by(3).take(count);
        plane.map(move |&byte| (f32::from(byte) / 255.0 - MEAN[c]) / STD[c])
    });
    ours.zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// What the fast mode makes of a plan.
fn render_fast(plan: &Plan, image: &RgbImage, width: u32, height: u32) -> Vec<u8> {
    let mut out = vec![0; (width * height * 3) as usize];
    let size = (width as usize, height as usize);
    plan.apply(image, size, Arithmetic::Fast, &mut Scratch::default(), &mut out);
    out
}

/// Largest difference between two images in levels.
fn levels(a: &[u8], b: &[u8]) -> u8 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}

fn check(name: &str) {
    let read =
        |ending: &str| std::fs::read(vitals_fixtures::path(&format!("augment/{name}.{ending}"))).unwrap();
    let description: Value = serde_json::from_slice(&read("json")).unwrap();
    let bytes = read("safetensors");
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let (mut compared, mut wrong, mut fast) = (0, Vec::new(), (0, 0));
    for op in description["ops"].as_array().unwrap() {
        let tensor = op["tensor"].as_str().unwrap();
        let source = image(&tensors, op["source"].as_str().unwrap());
        let expected = tensors.tensor(tensor).unwrap();
        let ours = match op["op"].as_str().unwrap() {
            "crop" => continue,
            "normalize" | "chain_normalized" => {
                let error = normalisation_error(expected.data(), &source.pixels);
                assert!(error <= 1e-6, "{name} {tensor}: {error}");
                continue;
            }
            "resized_crop" => {
                let only_crop = Plan {
                    crop: crop(op),
                    jitter: None,
                    grayscale: false,
                    blur_sigma: None,
                    solarize: false,
                    flip: false,
                };
                let (width, height) = (number(op, "out_width") as u32, number(op, "out_height") as u32);
                let off = levels(&render_fast(&only_crop, &source, width, height), expected.data());
                assert!(off <= 1, "{name} {tensor}: the fast resize is {off} levels off");
                fast.0 = fast.0.max(off);
                render(&only_crop, &source, width, height)
            }
            "chain" => {
                let (width, height) = (number(op, "out_width") as u32, number(op, "out_height") as u32);
                let off = levels(&render_fast(&plan(op), &source, width, height), expected.data());
                assert!(off <= 8, "{name} {tensor}: the fast chain is {off} levels off");
                fast.1 = fast.1.max(off);
                render(&plan(op), &source, width, height)
            }
            _ => operate(op, &source),
        };
        assert_eq!(ours.len(), expected.data().len(), "{name} {tensor}");
        let differing = ours.iter().zip(expected.data()).filter(|(a, b)| a != b).count();
        compared += ours.len();
        if differing > 0 {
            wrong.push(format!("{tensor}: {differing} of {} bytes", ours.len()));
        }
    }
    assert!(wrong.is_empty(), "{name}: {wrong:#?}");
    assert!(compared > 90_000, "{name}: only {compared} bytes were compared");
    println!(
        "{name}: 0 of {compared} bytes differ; fast mode at most {} levels a resize, {} a chain",
        fast.0, fast.1
    );
}

#[test]
fn drawn_large() {
    check("drawn_large");
}

#[test]
fn drawn_small() {
    check("drawn_small");
}

#[test]
fn synthetic() {
    check("synthetic");
}
