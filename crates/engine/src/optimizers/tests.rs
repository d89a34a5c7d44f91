//! What rules have in common, and the two arithmetics of AdamW against each other. Each rule's golden trajectory stands in
//! its own file and is made by `trajectory`.

use tch::{Device, Kind, Tensor};
use vitals_recipe::{DecayExclude, Optimizer as Choice, Recipe};

use super::build;
use crate::parameter::{Slot, Span};
use crate::shim::Stats;

/// A recipe with this rule and a decay of 0.1.
pub(crate) fn settings(optimizer: Choice, epsilon: f64) -> Recipe {
    Recipe { optimizer, weight_decay: 0.1, epsilon, ..Recipe::default() }
}

/// One tensor of that shape.
pub(crate) fn slot(shape: &[i64]) -> Slot {
    let count = shape.iter().product();
    Slot { name: "w".to_owned(), shape: shape.to_vec(), layer: 0, offset: 0, count, padded: count }
}

/// Two updates of the one tensor [3, 4] of mocov3.md section 4.
pub(crate) fn trajectory(settings: &Recipe, shape: &[i64], gradients: [[f32; 2]; 2], lr: f64) -> Vec<f64> {
    let flat = Tensor::from_slice(&[3f32, 4.0]).to_device(Device::Cpu);
    let span = Span { start: 0, end: 2 };
    let mut optimizer = build(settings, &flat, &[slot(shape)], span).unwrap();
    let mut seen = Vec::new();
    for gradient in gradients {
        optimizer.update(&flat, Tensor::from_slice(&gradient), lr, false).unwrap();
        seen.extend(Vec::<f64>::try_from(&flat.to_kind(Kind::Double)).unwrap());
    }
    seen
}

/// Within what fp32 loses.
pub(crate) fn assert_close(seen: &[f64], expected: &[f64]) {
    assert!(seen.iter().zip(expected).all(|(a, b)| (a - b).abs() < 2e-6), "{seen:?} for {expected:?}");
}

/// Those of mocov3.md section 4.
pub(crate) const GRADIENTS: [[f32; 2]; 2] = [[0.6, 0.8], [-0.2, 0.1]];

#[test]
fn excluded_vectors_are_not_decayed() {
    for rule in [Choice::AdamW, Choice::Lamb, Choice::Sgd] {
        let spared = Recipe { decay_exclude: DecayExclude::BiasAndNorm, ..settings(rule, 1e-8) };
        let without = Recipe { weight_decay: 0.0, ..settings(rule, 1e-8) };
        let run = |settings: &Recipe, shape: &[i64]| trajectory(settings, shape, GRADIENTS, 0.01);
        assert_eq!(run(&spared, &[2]), run(&without, &[2]), "{rule}");
        assert_close(&run(&spared, &[1, 2]), &run(&settings(rule, 1e-8), &[1, 2]));
    }
}

/// The pass that measures as it goes against libtorch's fused kernel, over lengths around the chunks', with a vector
/// that decay spares and for one thread and two.
#[test]
fn the_pass_equals_the_fused_kernel_and_measures_what_happened() {
    let counts = [1i64, 7, 4096, 16384, 16385, 40000];
    let mut slots = Vec::new();
    let mut end = 0;
    for (index, count) in counts.into_iter().enumerate() {
        let shape = if index == 1 { vec![count] } else { vec![1, count] };
        let padded = (count + 15) / 16 * 16;
        slots.push(Slot { name: index.to_string(), shape, layer: 0, offset: end, count, padded });
        end += padded;
    }
    let span = Span { start: 0, end };
    let settings = Recipe { decay_exclude: DecayExclude::BiasAndNorm, ..settings(Choice::AdamW, 1e-8) };
    let values = |seed: i64, count: i64| {
        tch::manual_seed(seed);
        Tensor::randn([count], tch::kind::FLOAT_CPU)
    };
    let mut seen: Vec<Vec<Stats>> = Vec::new();
    for threads in [1, 2] {
        crate::device::set_threads(threads);
        let (flat, twin) =
            (Tensor::zeros([end], tch::kind::FLOAT_CPU), Tensor::zeros([end], tch::kind::FLOAT_CPU));
        for slot in &slots {
            for flat in [&flat, &twin] {
                let values = values(7 + slot.count, slot.count);
                flat.narrow(0, slot.offset, slot.count).copy_(&values);
            }
        }
        let mut passing = build(&settings, &flat, &slots, span).unwrap();
        let mut fused = build(&settings, &twin, &slots, span).unwrap();
        for step in 0..3 {
            let gradients: Vec<Tensor> =
                slots.iter().map(|slot| values(step * 100 + slot.count, slot.count)).collect();
            let whole = crate::gradient::flatten(&gradients, &slots, Device::Cpu).unwrap();
            let before = twin.copy();
            let found = passing.pass(&flat, &slots, &gradients, 0.01, true).unwrap();
            let ratios = fused.update(&twin, whole, 0.01, true).unwrap().unwrap();
            let off = (&flat - &twin).abs().max().double_value(&[]);
            assert!(off < 2e-6, "step {step}, {threads} threads: off by {off}");
            for (slot, (stats, gradient)) in slots.iter().zip(found.iter().zip(&gradients)) {
                let cut = |flat: &Tensor| flat.narrow(0, slot.offset, slot.count).to_kind(Kind::Double);
                let squares = |t: &Tensor| t.square().sum(Kind::Double).double_value(&[]);
                for (value, expected) in [
                    (stats.gradient_squares, squares(&gradient.to_kind(Kind::Double))),
                    (stats.gradient_max, gradient.abs().max().double_value(&[])),
                    (stats.weight_squares, squares(&cut(&before))),
                    (stats.change_squares, squares(&(cut(&twin) - cut(&before)))),
                    (stats.adam_ratios, cut(&ratios).sum(Kind::Double).double_value(&[])),
                ] {
                    assert!(
                        (value - expected).abs() <= 1e-3 * expected,
                        "{}: {value} for {expected}",
                        slot.name
                    );
                }
            }
            seen.push(found);
        }
    }
    assert_eq!(seen[..3], seen[3..], "one thread and two");
}

#[test]
fn not_a_number_is_not_passed_over() {
    let flat = Tensor::zeros([32], tch::kind::FLOAT_CPU);
    let slots = [slot(&[1, 32])];
    let mut adam = build(&settings(Choice::AdamW, 1e-8), &flat, &slots, Span { start: 0, end: 32 }).unwrap();
    let mut values = [1f32; 32];
    values[9] = f32::NAN;
    let stats = adam.pass(&flat, &slots, &[Tensor::from_slice(&values)], 0.1, true).unwrap();
    assert!(stats[0].gradient_squares.is_nan() && stats[0].gradient_max.is_nan());
    let short = adam.pass(&flat, &slots, &[Tensor::from_slice(&values[1..])], 0.1, true);
    assert!(short.is_err(), "a gradient of another size must not be read");
}
