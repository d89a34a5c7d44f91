//! Boundaries of runs that were made by hand, beside the posterior summed up on a grid and information told by draws.

use proptest::prelude::*;

use super::posterior::WEIGHTS;
use super::*;
use crate::sequence::Noise;

fn gain(found: &Boundary, place: Place) -> f64 {
    information(&found.weights, &found.axes.at(place))
}

fn trial(rate: f64, batch: f64, stable: bool) -> Trial {
    Trial { place: Place { rate, batch }, stable }
}

/// Rates around 1e-3 at one batch: stable below, not above, with one exception on each side.
fn ladder() -> Vec<Trial> {
    let of = |(at, stable): (i32, bool)| trial(1e-3 * 10_f64.powf(0.1 * f64::from(at)), 256.0, stable);
    [
        (-4, true),
        (-3, true),
        (-2, true),
        (-1, false),
        (0, true),
        (1, false),
        (2, true),
        (3, false),
        (4, false),
        (5, false),
    ]
    .map(of)
    .to_vec()
}

#[test]
fn too_few_runs_one_rate_and_one_outcome_say_nothing() {
    let runs = ladder();
    assert_eq!(Boundary::of(&runs[..5]), Err(NoBoundary::Few(5)));
    assert_eq!(Boundary::of(&[]), Err(NoBoundary::Few(0)));
    let with = |stable: bool| runs.iter().map(|run| Trial { stable, ..*run }).collect::<Vec<_>>();
    assert_eq!(Boundary::of(&with(true)), Err(NoBoundary::AllStable));
    assert_eq!(Boundary::of(&with(false)), Err(NoBoundary::NoneStable));
    let one: Vec<Trial> = (0..8).map(|at| trial(1e-3, 256.0, at % 2 == 0)).collect();
    assert_eq!(Boundary::of(&one), Err(NoBoundary::OneRate));
    let turned: Vec<Trial> =
        (0..40).flat_map(|_| ladder()).map(|run| Trial { stable: !run.stable, ..run }).collect();
    assert_eq!(Boundary::of(&turned), Err(NoBoundary::NotByRate));
}

#[test]
fn a_ladder_has_its_boundary_in_the_middle_of_what_is_mixed() {
    let found = Boundary::of(&ladder()).unwrap();
    let at = found.at(256.0);
    assert!((at.rate / 1.12e-3).log10().abs() < 0.06, "{at:?}");
    let (low, high) = (at.low.unwrap(), at.high.unwrap());
    assert!(low < at.rate && at.rate < high, "{at:?}");
    // Four times the runs tell it at least twice as exactly.
    let fourfold = Boundary::of(&(0..4).flat_map(|_| ladder()).collect::<Vec<Trial>>()).unwrap();
    let more = fourfold.at(256.0);
    let width = |low: f64, high: f64| (high / low).log10();
    assert!(width(more.low.unwrap(), more.high.unwrap()) < width(low, high) / 2.0, "{more:?} {at:?}");
    let half = found.unstable(Place { rate: at.rate, batch: 256.0 });
    assert!((half - 0.5).abs() < 1e-9, "the middle of the normal is that of the chances: {half}");
    assert!(fourfold.unstable(Place { rate: 1e-2, batch: 256.0 }) > 0.95);
    // Far out the normal weights still doubt that higher is less stable; no run is proposed for that.
    let candidates = [1e-5, 1e-3, 1.1e-3, 1e-1].map(|rate| Place { rate, batch: 256.0 });
    assert!([1, 2].contains(&found.next(&candidates, &[], 1)[0].candidate));
}

/// The posterior density on a fine grid of both weights, in plain loops.
#[test]
fn the_band_is_that_of_the_posterior_summed_up_on_a_grid() {
    // Many runs: there the posterior is nearly normal.
    let runs: Vec<Trial> = (0..12).flat_map(|_| ladder()).collect();
    let found = Boundary::of(&runs).unwrap();
    let rates: Vec<(f64, bool)> =
        runs.iter().map(|run| (run.place.rate.log10() - found.axes.rate, run.stable)).collect();
    let mut crossings: Vec<(f64, f64)> = Vec::new();
    let mut total = 0.0;
    for level in 0..300 {
        for slope in 0..300 {
            let (level, slope) =
                (-4.0 + 6.0 * f64::from(level) / 300.0, 1.0 + 19.0 * f64::from(slope) / 300.0);
            let mut log =
                -(level / PRIOR.sd[0]).powi(2) / 2.0 - ((slope - PRIOR.mean[1]) / PRIOR.sd[1]).powi(2) / 2.0;
            for (far, stable) in &rates {
                let odds = level + slope * far;
                log -= (1.0 + if *stable { odds } else { -odds }.exp()).ln();
            }
            let weight = (log + 60.0).exp();
            total += weight;
            crossings.push((-level / slope, weight));
        }
    }
    crossings.sort_by(|a, b| a.0.total_cmp(&b.0));
    let quantile = |part: f64| {
        let mut below = 0.0;
        crossings
            .iter()
            .find(|(_, weight)| {
                below += weight;
                below >= part * total
            })
            .unwrap()
            .0
    };
    let at = found.at(256.0);
    for (told, part) in [(at.low.unwrap(), 0.05), (at.rate, 0.5), (at.high.unwrap(), 0.95)] {
        let slow = quantile(part);
        assert!(
            (told.log10() - found.axes.rate - slow).abs() < 0.012,
            "{part}: {} {slow}",
            told.log10() - found.axes.rate
        );
    }
}

#[test]
fn information_is_what_draws_of_the_weights_say() {
    let found = Boundary::of(&ladder()).unwrap();
    let mut noise = Noise::new(3);
    for rate in [4e-4, 1e-3, 2e-3, 6e-3] {
        let place = Place { rate, batch: 256.0 };
        let (mean, variance) = found.weights.log_odds(&found.axes.at(place));
        let chances: Vec<f64> =
            (0..100_000).map(|_| chance(mean + variance.sqrt() * noise.normal())).collect();
        let n = chances.len() as f64;
        let (of_all, of_each) =
            (entropy(chances.iter().sum::<f64>() / n), chances.iter().map(|p| entropy(*p)).sum::<f64>() / n);
        assert!((gain(&found, place) - (of_all - of_each)).abs() < 0.004, "{rate}");
    }
}

#[test]
fn a_run_that_was_made_tells_no_more_twice() {
    let found = Boundary::of(&ladder()).unwrap();
    let candidates: Vec<Place> =
        (0..31).map(|at| Place { rate: 1e-4 * 10_f64.powf(f64::from(at) / 15.0), batch: 256.0 }).collect();
    let next = |coming: &[Place], count| found.next(&candidates, coming, count);
    let first = next(&[], 1)[0];
    let doubtful = candidates.iter().filter(|place| (0.1..=0.9).contains(&found.unstable(**place)));
    let best = doubtful.map(|place| gain(&found, *place)).fold(0.0, f64::max);
    assert!((gain(&found, candidates[first.candidate]) - best).abs() < 1e-15 && first.bits == best);
    let after = found.weights.after(&found.axes.at(candidates[first.candidate]));
    assert!(information(&after, &found.axes.at(candidates[first.candidate])) < 0.8 * best);
    let four = next(&[], 4);
    assert!(four.len() == 4 && four.is_sorted_by(|a, b| a.bits >= b.bits), "{four:?}");
    // One that is on the way already is as good as chosen.
    assert_eq!(next(&[candidates[first.candidate]], 3), four[1..]);
    assert_eq!(found.next(&[], &[], 4), []);
    let sure = [Place { rate: 1e-9, batch: 256.0 }, Place { rate: 1.0, batch: 256.0 }];
    assert_eq!(found.next(&sure, &[], 4), []);
}

#[test]
fn what_the_batch_does_is_told_and_far_from_the_runs_less_surely() {
    let mut noise = Noise::new(5);
    let mut runs = Vec::new();
    for batch in [256.0, 512.0, 1024.0, 2048.0] {
        for step in 0..12 {
            let far = -1.0 + f64::from(step) / 6.0;
            // Half a decade lower for ten times the batch.
            let odds = (far + 0.5 * (batch / 700.0_f64).log10()) / 0.05;
            runs.push(trial(1e-3 * 10_f64.powf(far), batch, noise.uniform() > chance(odds)));
        }
    }
    let found = Boundary::of(&runs).unwrap();
    let at = |batch: f64| found.at(batch).rate.log10();
    assert!(((at(2048.0) - at(256.0)) + 0.5 * 8.0_f64.log10()).abs() < 0.15, "{} {}", at(256.0), at(2048.0));
    let width = |batch: f64| {
        let crossing = found.at(batch);
        crossing.high.map_or(f64::INFINITY, f64::log10) - crossing.low.map_or(f64::NEG_INFINITY, f64::log10)
    };
    assert!(width(65_536.0) > 2.0 * width(700.0), "{} {}", width(65_536.0), width(700.0));
    // One batch: whatever batch is asked about, it is that of the runs.
    let one = Boundary::of(&ladder()).unwrap();
    assert_eq!(one.at(256.0), one.at(4096.0));
}

#[test]
fn newton_is_damped_where_whole_steps_run_away() {
    // Parted without a mixed run, and the first weights far off: undamped steps diverge from there.
    let rows: Vec<(Row, bool)> = (0..40).map(|at| ([1.0, f64::from(at - 20), 0.0, 0.0], at >= 20)).collect();
    let prior = Prior { mean: [40.0, -30.0, 0.0, 0.0], sd: [1e3; WEIGHTS] };
    let found = Posterior::of(&rows, &prior);
    assert!(found.mean.iter().all(|weight| weight.is_finite()), "{found:?}");
    assert!(found.mean[1] > 0.0, "{found:?}");
    // At the top nothing nearby is higher.
    let density = |weights: Row| {
        let known: f64 =
            (0..WEIGHTS).map(|k| ((weights[k] - prior.mean[k]) / prior.sd[k]).powi(2) / 2.0).sum();
        let told: f64 = rows
            .iter()
            .map(|(row, one)| {
                let odds: f64 = row.iter().zip(weights).map(|(a, b)| a * b).sum();
                (1.0 + if *one { -odds } else { odds }.exp()).ln()
            })
            .sum();
        -known - told
    };
    for at in 0..2 {
        for step in [-0.01, 0.01] {
            let mut moved = found.mean;
            moved[at] += step;
            assert!(density(moved) <= density(found.mean), "{at} {step}");
        }
    }
}

proptest! {
    #[test]
    fn units_and_order_change_nothing(seed in 0..1000_u64, unit in 0.01..100.0_f64, by in 0..20_usize) {
        let mut noise = Noise::new(seed);
        let runs: Vec<Trial> = (0..20)
            .map(|_| {
                let (rate, batch) = (10_f64.powf(-4.0 + 2.0 * noise.uniform()), 2_f64.powi((noise.uniform() * 4.0) as i32 + 7));
                trial(rate, batch, noise.uniform() > chance(8.0 * (rate.log10() + 3.0)))
            })
            .collect();
        let Ok(found) = Boundary::of(&runs) else { return Ok(()) };
        let mut others: Vec<Trial> = runs.iter()
            .map(|run| trial(run.place.rate * unit, run.place.batch * 2.0, run.stable)).collect();
        others.rotate_left(by);
        let other = Boundary::of(&others).unwrap();
        for batch in [128.0, 512.0, 1024.0] {
            let (a, b) = (found.at(batch), other.at(2.0 * batch));
            prop_assert!((a.rate * unit / b.rate - 1.0).abs() < 1e-6);
            prop_assert_eq!(a.low.is_some(), b.low.is_some());
            if let (Some(low), Some(high)) = (a.low, a.high) {
                prop_assert!(low <= a.rate && a.rate <= high);
                prop_assert!((low * unit / b.low.unwrap() - 1.0).abs() < 1e-5);
            }
        }
    }
}
