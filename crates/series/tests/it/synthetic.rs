//! Synthetic series whose truth is known: which layer jumped, when, and in how many steps.

use vitals_series::Noise;
use vitals_series::synthetic::{Jump, Synthetic};
use vitals_series::{
    Delay, Dip, DipRule, Finding, Onset, Order, RunDetector, SpikeEvent, SpikeRule, Watched, delay, dips,
    order, spikes,
};

const LAYERS: usize = 12;

/// Log-normal norms: layer 0 is three times noisier, as the patch projection is; a slow fall over the run.
fn calm(length: u64, seed: u64) -> Vec<Vec<f64>> {
    let mut noise = Noise::new(seed);
    let norm = |noise: &mut Noise, step: u64, layer: usize| {
        let sigma = if layer == 0 { 0.24 } else { 0.08 };
        (sigma * noise.normal() - 2.0 * step as f64 / length as f64).exp()
    };
    (0..length).map(|step| (0..LAYERS).map(|layer| norm(&mut noise, step, layer)).collect()).collect()
}

fn found(norms: &[Vec<f64>]) -> Vec<SpikeEvent> {
    let steps: Vec<u64> = (0..norms.len() as u64).collect();
    spikes(&steps, norms, SpikeRule::default())
}

#[test]
fn nothing_is_invented_in_ten_calm_runs() {
    for seed in 0..10 {
        let events = found(&calm(10_000, seed));
        assert!(events.is_empty(), "seed {seed}: {events:?}");
    }
}

#[test]
fn a_spike_of_several_steps_is_found_with_its_layers_and_steps() {
    let mut norms = calm(3000, 1);
    for (step, row) in norms.iter_mut().enumerate() {
        for (layer, norm) in row.iter_mut().enumerate() {
            // The last block first, the others five steps later; layer 3 never.
            let onset = if layer == 11 { 1500 } else { 1505 };
            if layer != 3 && (onset..1520).contains(&step) {
                *norm *= 20.0;
            }
        }
    }
    let events = found(&norms);
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!((event.onset, event.layers[0].layer), (1500, 11));
    assert!((1519..=1522).contains(&event.end), "{}", event.end);
    let onsets: Vec<_> = event.layers.iter().map(|layer| (layer.layer, layer.onset)).collect();
    assert_eq!(onsets.len(), 11, "{onsets:?}");
    assert!(
        onsets[1..].iter().all(|&(layer, onset)| layer != 3 && (1505..=1507).contains(&onset)),
        "{onsets:?}"
    );
    assert!((1500..1520).contains(&event.peak_step) && event.peak_z > 10.0);
}

#[test]
fn ten_spikes_of_one_step_in_single_layers_are_found() {
    let mut norms = calm(10_000, 2);
    let truth: Vec<(usize, usize)> =
        (0..10).map(|k| (500 + 937 * k, (k * 5 + 1) % (LAYERS - 1) + 1)).collect();
    for &(step, layer) in &truth {
        norms[step][layer] *= 20.0;
    }
    norms[700][4] = f64::NAN;
    norms[701][4] = f64::INFINITY;
    let events = found(&norms);
    let seen: Vec<(usize, usize)> =
        events.iter().map(|event| (event.onset as usize, event.layers[0].layer)).collect();
    assert_eq!(seen, truth);
    assert!(events.iter().all(|event| event.layers.len() == 1 && event.peak_step == event.onset));
}

/// What detection over a whole run says: spikes as (onset, layers by onset), and steps of non-finite values.
type Said = (Vec<(u64, Vec<usize>)>, Vec<(u64, String)>, usize);

fn said(run: &Synthetic) -> Said {
    let names: Vec<String> = run.layers.iter().map(|layer| format!("grad_norm/{layer}")).collect();
    let mut detector = RunDetector::default();
    detector.declare(0, names.iter().map(|name| (name.as_str(), Some(Watched::LayerNorm))));
    let (mut spikes, mut nonfinite, mut other) = (Vec::new(), Vec::new(), 0);
    for (step, row) in (0..).zip(run.rows()) {
        detector.push(0, step, |column| row.get(column).copied());
    }
    detector.finish();
    for found in detector.take_changed() {
        match found.finding {
            Finding::Spike(spike) => {
                assert!(spike.layers.iter().all(|layer| layer.onset == spike.onset), "{spike:?}");
                let layers = spike.layers.iter().map(|layer| layer.layer).collect();
                spikes.push((spike.onset, layers));
            }
            Finding::Nonfinite(stretch) => nonfinite.push((stretch.onset, stretch.series[0].clone())),
            _ => other += 1,
        }
    }
    (spikes, nonfinite, other)
}

#[test]
fn of_150_layers_ten_spikes_of_one_step_and_three_nan_are_found_and_nothing_else() {
    let run = Synthetic::ten_spikes(100_000, 150, 1);
    let (spikes, nonfinite, other) = said(&run);
    assert_eq!(spikes, run.spikes());
    let mut truth: Vec<(u64, String)> =
        run.nan.iter().map(|&(layer, step)| (step, format!("grad_norm/{}", run.layers[layer]))).collect();
    truth.sort();
    assert_eq!(nonfinite, truth);
    assert_eq!(other, 0);
}

#[test]
fn of_150_layers_nothing_is_invented_in_ten_runs_without_events() {
    for seed in 0..10 {
        assert_eq!(said(&Synthetic::calm(10_000, 150, seed)), (Vec::new(), Vec::new(), 0), "seed {seed}");
    }
}

/// What is said of the patch projection in a run in which it jumps `lead` steps before the others (behind them where negative);
/// `None` where it was not seen to jump.
fn who_moved_first(sigma: f64, factor: f64, lead: i64, seed: u64) -> Option<Order> {
    let mut run = Synthetic { sigma, ..Synthetic::calm(300, LAYERS, seed) };
    for layer in 0..LAYERS {
        let waits = if layer == 0 { (-lead).max(0) } else { lead.max(0) }.unsigned_abs();
        run.jumps.push(Jump { layer, step: 200 + waits, steps: 40 - waits, factor });
    }
    let events = found(&run.rows().collect::<Vec<_>>());
    let event = events.iter().find(|event| (190..250).contains(&event.onset))?;
    let onset = |of: usize| {
        let layer = event.layers.iter().find(|layer| layer.layer == of)?;
        Some(Onset { step: layer.onset, low: layer.onset_low, high: layer.onset_high })
    };
    let first = onset(0)?;
    let delays: Vec<Delay> = (1..LAYERS).filter_map(onset).map(|other| delay(first, other)).collect();
    (!delays.is_empty()).then(|| order(&delays))
}

#[test]
fn simultaneous_jumps_show_no_lead_in_any_noise() {
    let (mut told, mut ordered) = (0, Vec::new());
    for sigma in [0.04, 0.08, 0.16, 0.24] {
        for factor in [4.0, 10.0] {
            for lead in -2..=2 {
                for seed in 0..8 {
                    let Some(order) = who_moved_first(sigma, factor, lead, seed) else { continue };
                    told += 1;
                    if order != Order::Together {
                        ordered.push((sigma, factor, lead, seed, order));
                    }
                }
            }
        }
    }
    assert!(told > 100, "{told}");
    assert!(ordered.is_empty(), "{} of {told}: {ordered:?}", ordered.len());
}

#[test]
fn a_lead_of_ten_steps_is_seen_in_the_noise_of_real_runs() {
    for (lead, right) in [(10, Order::First), (-10, Order::Later)] {
        let told: Vec<Order> =
            (0..20).filter_map(|seed| who_moved_first(0.08, 10.0, lead, 100 + seed)).collect();
        let seen = told.iter().filter(|order| **order == right).count();
        assert!(told.len() >= 19 && seen + 1 >= told.len(), "{lead}: {seen} of {}", told.len());
    }
}

#[test]
fn a_collapse_is_a_negative_event() {
    let mut norms = calm(1000, 3);
    for row in &mut norms[600..] {
        row.iter_mut().for_each(|norm| *norm *= 0.01);
    }
    let events = found(&norms);
    assert!(!events.is_empty());
    assert!((600..=602).contains(&events[0].onset) && events[0].peak_z < -6.0, "{:?}", events[0]);
}

#[test]
fn the_detector_looks_at_no_later_step() {
    let mut norms = calm(1200, 4);
    norms[800..810].iter_mut().flatten().for_each(|norm| *norm *= 15.0);
    let whole = found(&norms);
    norms[900..].iter_mut().flatten().for_each(|norm| *norm = 1e6);
    assert_eq!(found(&norms[..850]), whole);
    assert_eq!(found(&norms)[0], whole[0]);
}

#[test]
fn dips_by_hand() {
    let steps: Vec<u64> = (0..30).map(|k| 10 * k).collect();
    let mut values: Vec<f64> = (0..30).map(|k| 0.6 + if k % 2 == 0 { 0.01 } else { -0.01 }).collect();
    assert_eq!(dips(&steps, &values, DipRule::default()), []);
    values[15] = 0.4;
    values[16] = 0.45;
    let found = dips(&steps, &values, DipRule::default());
    let [dip] = found[..] else { panic!("{found:?}") };
    let Dip { onset, deepest_step, depth, recovered, area, baseline } = dip;
    assert_eq!((onset, deepest_step, recovered), (150, 150, Some(170)));
    assert!((depth - (baseline - 0.4)).abs() < 1e-12 && (0.59..=0.61).contains(&baseline));
    let missing = [baseline - 0.4, baseline - 0.45, (baseline - 0.59).max(0.0)];
    // From the evaluation before the onset, which lacks nothing.
    assert!((area - 10.0 * (missing[0] + missing[1]) - 5.0 * missing[2]).abs() < 1e-9, "{area}");
    values[15..].iter_mut().for_each(|value| *value = 0.3);
    assert_eq!(dips(&steps, &values, DipRule::default())[0].recovered, None);
}

#[test]
fn a_dip_that_regains_a_part_of_its_depth_has_not_recovered() {
    let steps: Vec<u64> = (0..40).collect();
    let wobble = |step: usize| if step.is_multiple_of(2) { 0.01 } else { -0.01 };
    // From 0.6 down to 0.2, then back to 0.5 for long, and at last to the level before.
    let level = |step: usize| match step {
        0..15 => 0.6,
        15..18 => 0.2,
        18..30 => 0.5,
        _ => 0.6,
    };
    let values: Vec<f64> = (0..40).map(|step| level(step) + wobble(step)).collect();
    let found = dips(&steps, &values, DipRule::default());
    let [dip] = found[..] else { panic!("{found:?}") };
    assert_eq!((dip.onset, dip.recovered), (15, Some(30)));
    assert_eq!(dips(&steps[..30], &values[..30], DipRule::default())[0].recovered, None);
}
