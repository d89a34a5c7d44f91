//! Schedules, loss bands and steps against the tables of mocov3.md 1.6 and 1.8.

use vitals_recipe::{
    Backbone, DatasetFacts, Method, MomentumSchedule, Recipe, Schedule, effective_learning_rate, loss_band,
};

const IMAGENET: u64 = 1_281_167;

fn assert_close(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found}, expected {expected}");
}

/// 300 epochs, 40 of warm-up, batch 1024; two steps an epoch, so that half epochs are steps.
fn golden() -> (Recipe, Schedule) {
    let recipe = Recipe { batch_size: 1024, ..Recipe::default() };
    (recipe, Schedule { steps_per_epoch: 2, total_steps: 600, warmup_steps: 80.0 })
}

#[test]
fn the_learning_rate_follows_the_golden_values() {
    let (recipe, schedule) = golden();
    assert_close(effective_learning_rate(&recipe), 6e-4, 1e-18, "peak");
    let golden = [
        (0.0, 0.0),
        (0.5, 7.5e-6),
        (1.0, 1.5e-5),
        (20.0, 3e-4),
        (40.0, 6e-4),
        (100.0, 5.245532e-4),
        (170.0, 3e-4),
        (299.5, 5.474986e-9),
    ];
    for (epoch, expected) in golden {
        let found = schedule.learning_rate(&recipe, (epoch * 2.0) as u64);
        assert_close(found, expected, expected * 1e-6, &format!("epoch {epoch}"));
    }
    assert_eq!(schedule.learning_rate(&recipe, 600), 0.0);
    assert_eq!(schedule.learning_rate(&recipe, 700), 0.0, "beyond the end");
}

#[test]
fn the_encoder_momentum_follows_the_golden_values() {
    let (recipe, schedule) = golden();
    let golden = [(0, 0.99), (1, 0.990000274), (20, 0.990109262), (150, 0.995), (299, 0.999999726)];
    for (epoch, expected) in golden {
        assert_close(
            schedule.encoder_momentum(&recipe, epoch * 2),
            expected,
            5e-10,
            &format!("epoch {epoch}"),
        );
    }
    let constant = Recipe { encoder_momentum_schedule: MomentumSchedule::Constant, ..recipe };
    assert_eq!(schedule.encoder_momentum(&constant, 400), 0.99);
}

#[test]
fn steps_follow_the_published_counts() {
    let steps =
        |images, batch_size| Recipe { batch_size, ..Recipe::default() }.schedule(images).steps_per_epoch;
    assert_eq!(steps(IMAGENET, 4096), 312);
    assert_eq!(steps(IMAGENET, 1024), 1251);
    assert_eq!(steps(IMAGENET, 6144), 208);
    assert_eq!(steps(50_000, 256), 195);
    let base = Recipe::preset("mocov3_vit_base").expect("a preset").schedule(IMAGENET);
    assert_eq!(base, Schedule { steps_per_epoch: 312, total_steps: 93_600, warmup_steps: 12_480.0 });
}

#[test]
fn max_steps_replaces_the_epochs_and_schedules_span_it() {
    let recipe = Recipe { batch_size: 256, max_steps: 600, warmup_epochs: 0.5, ..Recipe::default() };
    let schedule = recipe.schedule(60_000);
    assert_eq!(schedule, Schedule { steps_per_epoch: 234, total_steps: 600, warmup_steps: 117.0 });
    assert_eq!(schedule.learning_rate(&recipe, 117), effective_learning_rate(&recipe));
    assert_eq!(schedule.learning_rate(&recipe, 600), 0.0);
    assert_eq!(schedule.encoder_momentum(&recipe, 600), 1.0);
    let fraction = Recipe { max_steps: 0, epochs: 2.51, ..recipe };
    assert_eq!(fraction.schedule(60_000).total_steps, 588, "587.34 steps: the last one is trained too");
}

#[test]
fn a_warm_up_longer_than_training_never_reaches_the_peak() {
    let recipe = Recipe { max_steps: 100, warmup_epochs: 1.0, batch_size: 256, ..Recipe::default() };
    let schedule = recipe.schedule(60_000);
    let rates: Vec<f64> = (0..100).map(|step| schedule.learning_rate(&recipe, step)).collect();
    assert!(rates.is_sorted() && rates[99] < effective_learning_rate(&recipe));
}

#[test]
fn a_shock_multiplies_the_learning_rate_for_its_steps_only() {
    let (calm, schedule) = golden();
    let shocked = Recipe { shock_at_step: 200, shock_steps: 8, shock_factor: 8.0, ..calm.clone() };
    for step in 190..220 {
        let factor = if (200..208).contains(&step) { 8.0 } else { 1.0 };
        let rate = schedule.learning_rate(&calm, step);
        assert_eq!(schedule.learning_rate(&shocked, step), rate * factor, "step {step}");
    }
}

#[test]
fn loss_bands_follow_the_table() {
    let table = [
        (64, 3.327, 0.265, 16.64, 12.68),
        (128, 3.882, 0.480, 19.41, 15.43),
        (256, 4.436, 0.790, 22.18, 18.19),
        (512, 4.991, 1.187, 24.95, 20.96),
        (1024, 5.545, 1.649, 27.73, 23.73),
        (2048, 6.100, 2.154, 30.50, 26.50),
        (4096, 6.654, 2.682, 33.27, 29.27),
    ];
    for (batch_size, start, floor, warm_start, warm_floor) in table {
        let band = |temperature| {
            loss_band(&Recipe { batch_size, temperature, ..Recipe::default() }).expect("mocov3 has a band")
        };
        let what = format!("batch {batch_size}");
        assert_close(band(0.2).start, start, 6e-4, &what);
        assert_close(band(0.2).floor, floor, 6e-4, &what);
        assert_close(band(1.0).start, warm_start, 6e-3, &what);
        assert_close(band(1.0).floor, warm_floor, 6e-3, &what);
    }
}

#[test]
fn other_methods_start_at_their_chance_level() {
    let band = |method| {
        let recipe = Recipe { method, temperature: 0.1, batch_size: 256, ..Recipe::default() };
        loss_band(&recipe).expect("every method has a band")
    };
    assert_close(band(Method::SimClr).start, 511f64.ln(), 1e-12, "simclr: ln(2N-1)");
    assert_eq!((band(Method::Byol).start, band(Method::Byol).floor), (4.0, 0.0));
    assert_close(band(Method::Swav).start, 8.006, 5e-4, "swav: ln 3000");
    for method in Method::ALL {
        assert!(band(*method).floor < band(*method).start, "{method}");
    }
}

/// N unit vectors with the widest gap there is between positives and negatives: a regular simplex. Its loss, computed
/// pair by pair, is the floor.
#[test]
fn the_floor_is_the_loss_of_a_perfect_simplex() {
    let (n, tau) = (16usize, 0.2);
    let cosine = |i: usize, j: usize| if i == j { 1.0 } else { -1.0 / (n as f64 - 1.0) };
    let one_way: f64 = (0..n)
        .map(|i| {
            let logits: Vec<f64> = (0..n).map(|j| cosine(i, j) / tau).collect();
            let total: f64 = logits.iter().map(|logit| logit.exp()).sum();
            (total.ln() - logits[i]) * 2.0 * tau / n as f64
        })
        .sum();
    let recipe = Recipe { batch_size: n as u32, temperature: tau, ..Recipe::default() };
    assert_close(2.0 * one_way, loss_band(&recipe).expect("a band").floor, 1e-12, "floor");
}

#[test]
fn published_facts_know_imagenet_and_nothing_private() {
    let facts = DatasetFacts::published("imagenet-1k").expect("published");
    assert_eq!((facts.images, facts.classes), (IMAGENET, 1000));
    assert_eq!(DatasetFacts::published("my-photos"), None);
}

#[test]
fn backbones_have_the_papers_dimensions() {
    let rows: Vec<_> =
        Backbone::ALL.iter().map(|backbone| (backbone.as_str(), backbone.dimensions())).collect();
    assert_eq!(rows[1], ("vit_small", Some((384, 12, 12))));
    assert_eq!(rows[2], ("vit_base", Some((768, 12, 12))));
    assert_eq!(rows[3], ("vit_large", Some((1024, 24, 16))));
    assert_eq!(rows[4], ("vit_huge", Some((1280, 32, 16))));
    assert_eq!(rows[5], ("vit_conv_small", Some((384, 11, 12))));
}
