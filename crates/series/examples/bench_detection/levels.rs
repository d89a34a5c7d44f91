//! Collapse, divergence and values that are not finite: how late they are told, and how far off their onset is. The worst of
//! all trials counts.

use vitals_series::Noise;
use vitals_series::{Finding, RunDetector, Watched};

use crate::figure::{Bar, print as figure};

pub fn print(trials: u64) {
    for (every, fell, most) in
        [(1, 300, 30.0), (10, 300, 5.0), (20, 300, 5.0), (100, 3000, 5.0), (1, 5, 30.0), (1, 0, 30.0)]
    {
        let level = |step: u64| if step < fell { 0.45 } else { 0.02 };
        let name = format!("collapse/every_{every}/from_{fell}");
        late(
            &name,
            Watched::FeatureSpread,
            (0.1, every, fell),
            level,
            trials,
            most,
            (0.05 * fell as f64).max(1.0),
        );
    }
    for (from, to) in [(3.0, 3.5), (3.0, 4.2), (3.0, 3.2)] {
        let level = |step: u64| if step < 1_000 { from } else { to };
        let name = format!("divergence/from_{from}_to_{to}");
        late(&name, Watched::Loss, (0.05 / 3.0, 1, 1_000), level, trials, 120.0, 20.0);
    }
    false_divergences(trials);
    for every in [1, 5, 20] {
        nan(every);
    }
    let told = collapse_of_the_paper();
    for (name, count) in [("spike", told[0]), ("collapse", told[1]), ("divergence", told[2])] {
        figure(&format!("collapse_after_a_spike/{name}"), count as f64, "events", Bar::Within(1.0, 1.0), &[]);
    }
}

/// Rows from the fall to when it is told, and steps by which its onset is off: the worst of all trials. `noise` is a part of
/// the level; the level changes at step `fell`.
fn late(
    name: &str,
    watched: Watched,
    (noise_part, every, fell): (f64, u64, u64),
    level: impl Fn(u64) -> f64,
    trials: u64,
    most_rows: f64,
    most_off: f64,
) {
    let (mut rows, mut off, mut missed, mut other) = (0.0_f64, 0.0_f64, 0, 0);
    for seed in 0..trials {
        let mut noise = Noise::new(seed);
        let mut detector = RunDetector::default();
        detector.declare(0, [("x", Some(watched))].into_iter());
        let mut first: Option<(u64, u64, u64)> = None;
        for row in 0..fell / every + 400 {
            let step = row * every;
            let value = level(step) * (1.0 + noise_part * noise.normal());
            detector.push(0, step, |_| Some(value));
            for found in detector.take_changed() {
                if first.is_none_or(|(number, ..)| number == found.number) {
                    first.get_or_insert((found.number, onset(&found.finding), step));
                } else {
                    other += 1;
                }
            }
        }
        match first {
            Some((_, onset, told)) => {
                rows = rows.max((told + 1).saturating_sub(fell).div_ceil(every) as f64);
                off = off.max(onset.abs_diff(fell) as f64);
            }
            None => missed += 1,
        }
    }
    let all = [("trials", trials as f64), ("missed", f64::from(missed)), ("other_events", f64::from(other))];
    let rows = if missed > 0 { f64::INFINITY } else { rows };
    figure(&format!("{name}/told_after"), rows, "rows at worst", Bar::AtMost(most_rows), &all);
    figure(&format!("{name}/onset_off"), off, "steps at worst", Bar::AtMost(most_off), &[]);
}

fn onset(finding: &Finding) -> u64 {
    match finding {
        Finding::Spike(spike) => spike.onset,
        Finding::Dip { dip, .. } => dip.onset,
        Finding::Nonfinite(stretch) => stretch.onset,
        Finding::Collapse { level, .. } | Finding::Divergence { level, .. } => level.onset,
    }
}

/// A loss that falls from 4.3 to 2.8 in noise of .05: independent, with memory, with heavy tails.
fn false_divergences(trials: u64) {
    const STEPS: u64 = 20_000;
    let mut told = 0;
    for seed in 0..trials {
        let mut noise = Noise::new(seed);
        let mut detector = RunDetector::default();
        detector.declare(0, [("loss", Some(Watched::Loss))].into_iter());
        let mut state = 0.0;
        for step in 0..STEPS {
            let new = noise.normal();
            let unit = match seed % 3 {
                0 => new,
                1 => {
                    state = 0.9 * state + 0.19_f64.sqrt() * new;
                    state
                }
                _ => {
                    let squares: f64 = (0..3).map(|_| noise.normal().powi(2)).sum();
                    new / (squares / 3.0).sqrt() / 3_f64.sqrt()
                }
            };
            let value = 4.3 - 1.5 * step as f64 / STEPS as f64 + 0.05 * unit;
            detector.push(0, step, |_| Some(value));
        }
        detector.finish();
        told += detector.take_changed().len();
    }
    let steps = (trials * STEPS) as f64;
    figure("divergence/false", told as f64, "events", Bar::AtMost(0.0), &[("steps", steps)]);
}

/// Norms that are NaN from a step on, at every so many steps.
fn nan(every: u64) {
    let mut detector = RunDetector::default();
    detector
        .declare(0, [("grad_norm/a", Some(Watched::LayerNorm)), ("loss", Some(Watched::Loss))].into_iter());
    for step in 0..1_000 {
        let value = if step >= 500 && step % every == 0 { f64::NAN } else { 1.0 };
        detector.push(0, step, |_| Some(value));
    }
    detector.finish();
    let told = detector.take_changed().len() as f64;
    figure(&format!("nonfinite/every_{every}"), told, "events", Bar::Within(1.0, 1.0), &[]);
}

/// The numbers of a real run of 420 steps whose rate was 40 times too high from step 250 on for eight steps: norms jump, then
/// features collapse and the loss steps from 3.33 up to 4.41 for good. Spikes, collapses and divergences told.
fn collapse_of_the_paper() -> [usize; 3] {
    let mut noise = Noise::new(4);
    let mut detector = RunDetector::default();
    let layers: Vec<String> = (0..11).map(|layer| format!("grad_norm/{layer}")).collect();
    let norms = layers.iter().map(|name| (name.as_str(), Some(Watched::LayerNorm)));
    let others = [("loss", Some(Watched::Loss)), ("feature_std", Some(Watched::FeatureSpread))];
    detector.declare(0, norms.chain(others));
    for step in 0..420_u64 {
        let jumps = if (251..259).contains(&step) { 12.0_f64 } else { 1.0 };
        let mut row: Vec<f64> = (0..11)
            .map(|layer| jumps * ((if layer == 0 { 0.3 } else { 0.12 }) * noise.normal()).exp())
            .collect();
        row.push(if step < 255 { 3.33 } else { 4.41 } + 0.03 * noise.normal());
        row.push(if step < 255 { 0.45 } else { 0.02 } * (1.0 + 0.05 * noise.normal()));
        detector.push(0, step, |column| row.get(column).copied());
    }
    detector.finish();
    let found = detector.take_changed();
    let count = |is: fn(&Finding) -> bool| found.iter().filter(|found| is(&found.finding)).count();
    [
        count(|finding| matches!(finding, Finding::Spike(_))),
        count(|finding| matches!(finding, Finding::Collapse { .. })),
        count(|finding| matches!(finding, Finding::Divergence { .. })),
    ]
}
