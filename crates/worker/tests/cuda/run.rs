//! Runs on the cards: they learn what the CPU learns, wherever they go on.

use serde_json::{Value, json};

use crate::job::{Asked, Ended, Place};

/// Largest distance of two series, as a part of the larger value. What is no number must be none on both sides.
pub fn distance(one: &Ended, other: &Ended, name: &str) -> f64 {
    let (one, other) = (one.values(name), other.values(name));
    assert_eq!(one.len(), other.len(), "{name}");
    let apart = |(one, other): (&f64, &f64)| match one.to_bits() == other.to_bits() || one == other {
        true => 0.0,
        false => (one - other).abs() / one.abs().max(other.abs()),
    };
    one.iter().zip(&other).map(apart).fold(0.0, |most: f64, found| match most.is_nan() || found <= most {
        true => most,
        false => found,
    })
}

/// What no two runs have alike.
pub const TIMES: [&str; 3] = ["data_wait_seconds", "step_seconds", "images_per_second"];

/// The CPU's kernels and, where the CPU does not take its own single pass, the same operations: the same bits.
#[test]
fn both_cards_train_as_the_cpu_does() {
    let place = Place::new();
    // A bound that nothing reaches keeps the CPU from its single pass over the weights.
    let bounded = |precision: &str| json!({ "precision": precision, "gradient_clip": 1e6, "max_steps": 8 });
    for (name, bound, recipe) in [
        ("fp32", 0.0, bounded("fp32")),
        ("bf16", 0.0, bounded("bf16")),
        ("fp16", 0.0, bounded("fp16")),
        ("pass", 1e-4, json!({})),
        ("learned", 1e-4, json!({ "frozen_patch_projection": false })),
        (
            "entropy",
            0.0,
            json!({ "gradient_clip": 1e6, "attention_entropy_every": 1, "micro_batch_size": 4 }),
        ),
    ] {
        let cpu = place.train(&format!("{name}-cpu"), &Asked::on("cpu", recipe.clone())).finished();
        for (device, card) in [("cuda:0", 0), ("cuda:1", 1)] {
            let cuda = place.train(&format!("{name}-{card}"), &Asked::on(device, recipe.clone())).finished();
            // The pass rounds otherwise, and norms that should be nothing are all rounding.
            let told = |series: &&String| bound == 0.0 || ["loss", "grad_norm"].contains(&series.as_str());
            for series in cpu.series.keys().filter(|series| told(series) && !TIMES.contains(&series.as_str()))
            {
                let found = distance(&cpu, &cuda, series);
                assert!(found <= bound, "{name} on {device}: {series} is {found} off");
            }
            assert!(cuda.peak_bytes(card) > 0 && cuda.peak_bytes(1 - card) == 0, "{}", cuda.counts);
        }
    }
}

/// Every method, optimizer and kind of backbone: all of it on one device.
#[test]
fn every_part_stays_on_its_card() {
    let place = Place::new();
    let mut recipes: Vec<(String, Value)> = Vec::new();
    for method in ["simclr", "byol", "swav"] {
        let recipe = json!({ "method": method, "prototypes": 24, "freeze_prototypes_steps": 1 });
        recipes.push((method.to_owned(), recipe));
    }
    for optimizer in ["lamb", "lars", "sgd"] {
        recipes.push((optimizer.to_owned(), json!({ "optimizer": optimizer })));
    }
    recipes.extend([
        ("pieces".to_owned(), json!({ "micro_batch_size": 4, "precision": "bf16" })),
        ("clipped".to_owned(), json!({ "gradient_clip_per_tensor": 1.0 })),
        ("damped".to_owned(), json!({ "frozen_patch_projection": false, "patch_lr_factor": 0.1 })),
        ("learned_position".to_owned(), json!({ "position_embedding": "learned", "pooling": "mean_norm" })),
        ("depth".to_owned(), json!({ "stochastic_depth": 0.5 })),
        ("scaled".to_owned(), json!({ "qk_norm": true, "layer_scale": 1e-2 })),
        ("votes".to_owned(), json!({ "knn_every": 2, "knn_fixed_every": 2, "knn_queries": 16, "attention_entropy_every": 2 })),
        ("random".to_owned(), json!({ "deterministic": false })),
        ("resnet".to_owned(), json!({ "backbone": "resnet50", "image_size": 32, "max_steps": 1, "frozen_patch_projection": false })),
        ("stem".to_owned(), json!({ "backbone": "vit_conv_small", "image_size": 32, "patch_size": 16, "max_steps": 1, "frozen_patch_projection": false })),
    ]);
    for (name, recipe) in recipes {
        let cuda = place.train(&name, &Asked::on("cuda:1", recipe));
        assert_eq!(cuda.code, Some(0), "{name}: {} {}", cuda.message, cuda.stderr);
        assert!(cuda.values("loss").iter().all(|loss| loss.is_finite()), "{name}");
    }
}

/// What a card wrote, the CPU reads, and goes on as the card would have.
#[test]
fn a_run_of_a_card_goes_on_on_the_cpu_and_back() {
    let place = Place::new();
    let recipe = |steps: u64| json!({ "gradient_clip": 1e6, "max_steps": steps, "epochs": 2, "checkpoint_every": 4, "keep_checkpoints": 3 });
    let whole = place.train("whole", &Asked::on("cuda:0", recipe(8))).finished();
    for (run, first, second) in
        [("down", "cuda:1", "cpu"), ("up", "cpu", "cuda:0"), ("across", "cuda:0", "cuda:1")]
    {
        place.train(run, &Asked::on(first, recipe(8))).finished();
        let rest = Asked { attempt: 2, resume: Some(4), ..Asked::on(second, recipe(8)) };
        let rest = place.train(run, &rest).finished();
        assert_eq!(rest.values("loss"), whole.values("loss")[4..], "{run}");
    }
}
