//! The distributions of drawn parameters against torchvision's: `statistics.json`. Quantiles are compared as
//! probabilities, so that ties of whole pixels do not matter; everything within 4 standard errors.

use std::collections::BTreeMap;

use serde_json::Value;
use vitals_recipe::{Augmentation, keyed_rng};

use super::plan::{CropBox, JitterOp};
use super::{CropRange, ViewKey, ViewRecipe, Views};

const SIGMAS: f64 = 4.0;

fn statistics() -> Value {
    let text = std::fs::read_to_string(vitals_fixtures::path("augment/statistics.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Compares mean and quantiles of `ours` with those of `draws` reference draws.
fn check(what: &str, ours: &mut [f64], expected: &Value, draws: f64) {
    let n = ours.len() as f64;
    assert!(n >= 1000.0, "{what}: only {n} values");
    ours.sort_by(f64::total_cmp);
    let number = |key: &str| expected[key].as_f64().unwrap();
    let mean = ours.iter().sum::<f64>() / n;
    let error = number("std") * (1.0 / n + 1.0 / draws).sqrt();
    assert!(
        (mean - number("mean")).abs() <= SIGMAS * error,
        "{what}: mean {mean}, expected {}",
        number("mean")
    );
    for (p, value) in expected["quantiles"].as_object().unwrap() {
        let (p, value) = (p.parse::<f64>().unwrap(), value.as_f64().unwrap());
        let slack = 1e-9 * value.abs();
        let below = ours.partition_point(|&x| x < value - slack) as f64 / n;
        let up_to = ours.partition_point(|&x| x <= value + slack) as f64 / n;
        let error = SIGMAS * (p * (1.0 - p) * (1.0 / n + 1.0 / draws)).sqrt();
        assert!(
            below <= p + error && up_to >= p - error,
            "{what}: quantile {p} at {value}: {below}..{up_to}"
        );
    }
}

/// Asserts that `count` of `n` is a share of `p`, known from `draws` draws.
fn check_share(what: &str, count: usize, n: usize, p: f64, draws: f64) {
    let error = SIGMAS * (p * (1.0 - p) * (1.0 / n as f64 + 1.0 / draws)).sqrt();
    let share = count as f64 / n as f64;
    assert!((share - p).abs() <= error, "{what}: {share}, expected {p} within {error}");
}

fn check_crops(name: &str) {
    let statistics = statistics();
    let expected = &statistics["random_resized_crop"][name];
    let whole = |key: &str| expected[key].as_u64().unwrap() as u32;
    let (width, height, draws) = (whole("image_width"), whole("image_height"), whole("draws"));
    let pair = |key: &str| (expected[key][0].as_f64().unwrap(), expected[key][1].as_f64().unwrap());
    let range = CropRange { scale: pair("scale"), ratio: pair("ratio") };
    let crops: Vec<CropBox> = (0..u64::from(draws))
        .map(|i| range.draw(&mut keyed_rng(1, &["crop statistics".into(), i.into()]), width, height))
        .collect();
    assert!(crops.iter().all(|c| c.left + c.width <= width && c.top + c.height <= height));

    let draws = f64::from(draws);
    let area = f64::from(width) * f64::from(height);
    let compare = |key: &str, value: &dyn Fn(&CropBox) -> Option<f64>| {
        if !expected[key].is_null() {
            let mut values: Vec<f64> = crops.iter().filter_map(value).collect();
            check(&format!("{name} {key}"), &mut values, &expected[key], draws);
        }
    };
    let (w, h) = (|c: &CropBox| f64::from(c.width), |c: &CropBox| f64::from(c.height));
    compare("area_fraction", &|c| Some(w(c) * h(c) / area));
    compare("aspect_w_over_h", &|c| Some(w(c) / h(c)));
    compare("log_aspect", &|c| Some((w(c) / h(c)).ln()));
    compare("width", &|c| Some(w(c)));
    compare("height", &|c| Some(h(c)));
    let over = |at: u32, slack: u32| (slack >= 20).then(|| f64::from(at) / f64::from(slack));
    compare("top_over_slack", &|c| over(c.top, height - c.height));
    compare("left_over_slack", &|c| over(c.left, width - c.width));

    if let Some(rate) = expected["fallback_rate"].as_f64() {
        let box_of = &expected["fallback_crop_top_left_height_width"];
        let [top, left, height_, width_] = std::array::from_fn(|i| box_of[i].as_u64().unwrap() as u32);
        let fallback = CropBox { left, top, width: width_, height: height_ };
        assert_eq!(range.centre(width, height), fallback);
        let count = crops.iter().filter(|&&crop| crop == fallback).count();
        check_share(&format!("{name} fallback"), count, crops.len(), rate, draws);
    }
}

#[test]
fn crops_of_a_photo() {
    check_crops("500x375");
}

#[test]
fn crops_of_at_least_a_fifth() {
    check_crops("500x375_scale_0.2");
}

#[test]
fn crops_of_a_small_image() {
    check_crops("32x32");
}

#[test]
fn crops_of_strips_fall_back_to_the_centre() {
    for name in ["500x60", "60x500", "400x100"] {
        check_crops(name);
    }
}

#[test]
fn jitter() {
    let statistics = statistics();
    let expected = &statistics["color_jitter"];
    let draws = expected["draws"].as_f64().unwrap();
    let recipe = ViewRecipe { jitter_probability: 1.0, ..ViewRecipe::first(0.08) };
    let jitters: Vec<_> = (0..20_000u64)
        .filter_map(|i| {
            recipe.draw(&mut keyed_rng(2, &["jitter statistics".into(), i.into()]), 100, 100).jitter
        })
        .collect();
    let n = jitters.len();
    let compare = |key: &str, mut values: Vec<f64>| check(key, &mut values, &expected[key], draws);
    compare("brightness", jitters.iter().map(|j| j.brightness).collect());
    compare("contrast", jitters.iter().map(|j| j.contrast).collect());
    compare("saturation", jitters.iter().map(|j| j.saturation).collect());
    compare("hue", jitters.iter().map(|j| j.hue).collect());

    let (mut orders, mut shifts) = (BTreeMap::new(), BTreeMap::new());
    for jitter in &jitters {
        let codes: String = jitter
            .order
            .iter()
            .map(|op| match op {
                JitterOp::Brightness => '0',
                JitterOp::Contrast => '1',
                JitterOp::Saturation => '2',
                JitterOp::Hue => '3',
            })
            .collect();
        *orders.entry(codes).or_insert(0) += 1;
        *shifts.entry(((jitter.hue * 255.0) as i32).to_string()).or_insert(0) += 1;
    }
    for (kind, counts) in [("order_counts", orders), ("hue_shift_u8_after_truncation", shifts)] {
        let reference = expected[kind].as_object().unwrap();
        assert_eq!(counts.len(), reference.len(), "{kind}");
        for (key, count) in counts {
            let share = reference[&key].as_f64().unwrap() / draws;
            check_share(&format!("{kind} {key}"), count, n, share, draws);
        }
    }
}

#[test]
fn probabilities_of_both_views() {
    let statistics = statistics();
    let expected = &statistics["expected_probabilities"];
    let p = |key: &str| expected[key].as_f64().unwrap();
    let n = 20_000usize;
    for (augmentation, blurs) in
        [(Augmentation::MocoV3, [p("blur_view1"), p("blur_view2")]), (Augmentation::MocoV3Small, [0.0, 0.0])]
    {
        let views = Views::preset(augmentation, 32, 0.08);
        for view in 0..2 {
            let plans: Vec<_> = (0..n as u64)
                .map(|index| views.plan(&ViewKey { seed: 3, epoch: 0, index, view }, 100, 80).unwrap())
                .collect();
            let count = |f: &dyn Fn(&super::Plan) -> bool| plans.iter().filter(|plan| f(plan)).count();
            let check = |what: &str, count: usize, p: f64| {
                check_share(&format!("view {view} {what}"), count, n, p, 1e12);
            };
            check("jitter", count(&|plan| plan.jitter.is_some()), p("jitter"));
            check("grayscale", count(&|plan| plan.grayscale), p("grayscale"));
            check("blur", count(&|plan| plan.blur_sigma.is_some()), blurs[view]);
            check("solarize", count(&|plan| plan.solarize), p(["solarize_view1", "solarize_view2"][view]));
            check("flip", count(&|plan| plan.flip), p("hflip"));
            let sigmas = plans.iter().filter_map(|plan| plan.blur_sigma);
            assert!(sigmas.clone().all(|sigma| (0.1..2.0).contains(&sigma)));
            if blurs[view] == 1.0 {
                // Uniform on (0.1, 2): mean 1.05, standard deviation 1.9 / sqrt(12).
                let mean = sigmas.sum::<f64>() / n as f64;
                assert!((mean - 1.05).abs() < SIGMAS * 1.9 / 12f64.sqrt() / (n as f64).sqrt(), "{mean}");
            }
        }
    }
}

#[test]
fn changing_one_setting_moves_nothing_else() {
    let draw = |recipe: ViewRecipe| recipe.draw(&mut keyed_rng(5, &["paired".into()]), 300, 200);
    let base = draw(ViewRecipe::second(0.08));
    let other =
        draw(ViewRecipe { jitter_probability: 0.0, blur_probability: 1.0, ..ViewRecipe::second(0.08) });
    assert_eq!(
        (base.crop, base.flip, base.grayscale, base.solarize),
        (other.crop, other.flip, other.grayscale, other.solarize)
    );
}
