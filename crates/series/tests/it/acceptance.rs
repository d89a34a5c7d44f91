//! What detection promises, in few trials each; `cargo xtask bench detection` makes many.

use vitals_series::Noise;
use vitals_series::{SpikeRule, spikes};

use crate::fixtures::read;
use crate::trials::{
    DEMO_FROZEN, DEMO_LEARNED, FROZEN, Kind, LEARNED, ONE_BATCH, ONSET, Shape, Tally, Trial, invented,
};

const NOISES: [Kind; 3] = [Kind::Real(LEARNED), Kind::Memory(0.6), Kind::Heavy(5)];

fn trial(kind: Kind, shape: Shape, times: f64, lead: Option<i64>, seed: u64) -> Trial {
    Trial { kind, shape, times, lead, layers: 11, seed }
}

/// The paper's own effect: the first layer jumps, the last ones tens of steps later.
#[test]
fn a_lead_is_told_and_simultaneous_rises_are_not_called_an_order() {
    let shapes = [Shape::EndsTogether, Shape::Flat(10), Shape::Decays, Shape::Rises(3), Shape::Rises(20)];
    let mut all = Tally::default();
    for kind in NOISES {
        for shape in shapes {
            for lead in [0, 5, 40] {
                let mut tally = Tally::default();
                for seed in 0..3 {
                    tally.add(&trial(kind, shape, 10.0, Some(lead), 100 + seed).events(), lead);
                }
                assert_eq!(tally.later, 0, "{kind:?} {shape:?} {lead}: {tally:?}");
                let first = if lead == 40 { 2..=3 } else { 0..=tally.trials };
                assert!(first.contains(&tally.first), "{kind:?} {shape:?} {lead}: {tally:?}");
                assert!(lead > 0 || tally.first == 0, "{kind:?} {shape:?} {lead}: {tally:?}");
                all.merge(&tally);
            }
        }
    }
    assert!(all.delays > 1_000 && all.cover() >= 0.97, "{all:?}");
}

#[test]
fn a_layer_alone_counts_where_many_steps_together_say_so() {
    for seed in 0..20 {
        let events = trial(Kind::Real(LEARNED), Shape::Flat(10), 10.0, None, 200 + seed).events();
        let [event] = &events[..] else { panic!("{seed}: {events:?}") };
        assert!(event.onset.abs_diff(ONSET.unsigned_abs()) <= 3, "{seed}: {event:?}");
        assert!(event.layers.iter().all(|layer| layer.layer == 0), "{seed}: {event:?}");
    }
}

#[test]
fn noise_alone_gives_no_event() {
    for (kind, layers, rows) in [
        (Kind::Real(LEARNED), 11, 10_000),
        (Kind::Real(FROZEN), 11, 10_000),
        (Kind::Real(DEMO_LEARNED), 9, 10_000),
        (Kind::Real(DEMO_FROZEN), 9, 10_000),
        (Kind::RealMiddle(ONE_BATCH), 9, 10_000),
        (Kind::Memory(0.9), 12, 10_000),
        (Kind::Heavy(10), 12, 10_000),
        (Kind::Common(10), 12, 10_000),
        (Kind::Heavy(10), 150, 1_000),
    ] {
        assert_eq!(invented(kind, layers, rows, 1, 7, None), 0, "{kind:?} {layers}");
    }
    for level in [0.02, 0.05, 0.1, 0.5] {
        assert_eq!(invented(Kind::Normal, 12, 10_000, 1, 8, Some(level)), 0, "rounded at {level}");
    }
}

#[test]
fn the_size_of_a_jump_is_told_in_the_noise_of_single_rows() {
    let mut sizes = Vec::new();
    for seed in 0..40 {
        let mut noise = Noise::new(seed);
        let mut row = |step: u64| {
            let jump = if step == 300 { 20.0 } else { 0.0 };
            (0..12).map(|_| (0.08 * (noise.normal() + jump)).exp()).collect()
        };
        let norms: Vec<Vec<f64>> = (0..400).map(&mut row).collect();
        let steps: Vec<u64> = (0..400).collect();
        let events = spikes(&steps, &norms, SpikeRule::default());
        sizes.extend(events.iter().flat_map(|event| &event.layers).map(|layer| layer.peak_z));
    }
    sizes.sort_by(f64::total_cmp);
    assert!(sizes.len() > 400);
    let median = sizes[sizes.len() / 2];
    assert!((18.0..22.0).contains(&median), "{median}");
}

/// Peaks that stand ten times above the median of the hundred steps before (README of the fixtures).
const NATURAL: [u64; 24] = [
    468, 638, 767, 1060, 1321, 1416, 1496, 1582, 1703, 1798, 2054, 2211, 2338, 2564, 2726, 2813, 2928, 3129,
    3249, 3448, 3528, 3697, 4005, 4242,
];

#[test]
fn natural_spikes_that_come_back_within_a_hundred_steps_are_found() {
    let run = read("natural_beta2_0.999_one_batch_6000");
    let events = spikes(&run.steps, &run.norms, SpikeRule::default());
    let told: Vec<(u64, u64)> = events.iter().map(|event| (event.onset, event.end)).collect();
    let inside = |peak: u64| told.iter().any(|&(onset, end)| onset <= peak && peak <= end);
    let missed: Vec<u64> = NATURAL.into_iter().filter(|&peak| !inside(peak)).collect();
    let other =
        told.iter().filter(|&&(onset, end)| !NATURAL.iter().any(|&peak| onset <= peak && peak <= end));
    let other: Vec<_> = other.collect();
    assert!(missed.len() <= 1 && other.len() <= 1, "missed {missed:?}, other {other:?}, told {told:?}");
    let calm = read("calm_beta2_0.95_one_batch_6000");
    assert_eq!(spikes(&calm.steps, &calm.norms, SpikeRule::default()), []);
}
