//! What is found of spikes: of the patch projection alone, of all layers, recorded at every fifth step, natural ones, and how
//! large they are told to be.

use vitals_series::Noise;
use vitals_series::{SpikeEvent, SpikeRule, spikes};

use crate::figure::{Bar, part, print as figure, quantile};
use crate::trials::{Kind, LEARNED, ONSET, Shape, Trial};

const LAYERS: usize = 11;

pub fn print(trials: u64) {
    let trials = 4 * trials;
    let real = Kind::Real(LEARNED);
    for (name, shape, times, bar) in [
        ("patch_alone/flat_10/x10", Shape::Flat(10), 10.0, Bar::AtLeast(0.95)),
        ("patch_alone/flat_30/x10", Shape::Flat(30), 10.0, Bar::AtLeast(0.95)),
        ("patch_alone/flat_10/x5", Shape::Flat(10), 5.0, Bar::None),
        ("patch_alone/flat_30/x5", Shape::Flat(30), 5.0, Bar::None),
        ("patch_alone/flat_1/x20", Shape::Flat(1), 20.0, Bar::None),
    ] {
        recall(name, Trial { kind: real, shape, times, lead: None, layers: LAYERS, seed: 0 }, trials, bar);
    }
    for steps in [1, 3, 10, 30] {
        for times in [1.5, 2.0, 3.0, 5.0, 10.0] {
            let name = format!("all_layers/flat_{steps}/x{times}");
            let trial = Trial {
                kind: real,
                shape: Shape::Flat(steps),
                times,
                lead: Some(0),
                layers: LAYERS,
                seed: 0,
            };
            recall(&name, trial, trials, Bar::None);
        }
    }
    size(trials);
}

/// How often something is told at the onset, and in how many pieces.
fn recall(name: &str, trial: Trial, trials: u64, bar: Bar) {
    let near = |event: &&SpikeEvent| event.onset.abs_diff(ONSET.unsigned_abs()) <= 40;
    let (mut found, mut pieces) = (0, 0);
    for seed in 0..trials {
        let events = Trial { seed: 5_000 + seed, ..trial }.events();
        let here = events.iter().filter(near).count() as u64;
        found += u64::from(here > 0);
        pieces += here;
    }
    let details = [("trials", trials as f64), ("pieces", part(pieces, found))];
    figure(&format!("recall/{name}"), part(found, trials), "of the trials", bar, &details);
}

/// The size that is told of a jump of 20 standard deviations for one step.
fn size(trials: u64) {
    let steps: Vec<u64> = (0..400).collect();
    let mut sizes = Vec::new();
    for seed in 0..trials {
        let mut noise = Noise::new(seed);
        let mut row = |step: u64| {
            let jump = if step == 300 { 20.0 } else { 0.0 };
            (0..12).map(|_| (0.08 * (noise.normal() + jump)).exp()).collect()
        };
        let norms: Vec<Vec<f64>> = (0..400).map(&mut row).collect();
        let events = spikes(&steps, &norms, SpikeRule::default());
        sizes.extend(events.iter().flat_map(|event| &event.layers).map(|layer| layer.peak_z));
    }
    let told = sizes.len() as f64;
    figure("peak_z_of_20", quantile(sizes, 0.5), "spreads", Bar::Within(18.0, 22.0), &[("told", told)]);
}
