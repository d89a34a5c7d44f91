//! The stability score of one and the same truth at other cadences, query counts and lengths.

use vitals_series::Noise;
use vitals_series::{DipRule, Evaluated, Stability, dips};

use crate::dips::evaluations;
use crate::figure::{Bar, part, print as figure};

const STEPS: u64 = 20_000;
/// Dips of ten points, each from any step of its hundred on, and how long they last.
const DIPS: [u64; 3] = [5_000, 9_000, 14_000];
const LASTS: u64 = 215;
const DEPTH: f64 = 0.1;

pub fn print(trials: u64) {
    let truth = Stability { dip_area: DIPS.len() as f64 * DEPTH * LASTS as f64, ..run(20, 5_000) };
    let truth = truth.score().unwrap_or(f64::NAN);
    let near = Bar::Within(((truth - 0.05) * 1e3).round() / 1e3, ((truth + 0.05) * 1e3).round() / 1e3);
    let mut means = Vec::new();
    for queries in [1_000, 2_000, 5_000] {
        for every in [10, 20, 50, 100] {
            let scores: Vec<f64> =
                (0..trials).filter_map(|seed| told(queries, every, seed).score().ok()).collect();
            let mean = scores.iter().sum::<f64>() / scores.len() as f64;
            let off =
                part(scores.iter().filter(|score| (*score - truth).abs() <= 0.05).count() as u64, trials);
            figure(
                &format!("score/every_{every}/n{queries}"),
                mean,
                "mean score",
                near,
                &[("truth", truth), ("within_.05", off)],
            );
            means.push(mean);
        }
    }
    let least = means.iter().copied().fold(f64::INFINITY, f64::min);
    let most = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    figure("score/spread", most - least, "between cadences and query counts", Bar::AtMost(0.05), &[]);
    let none = |run: Stability| f64::from(u8::from(run.score().is_err()));
    for (name, run) in [
        ("every_200", told(5_000, 200, 0)),
        ("every_500", told(5_000, 500, 0)),
        ("500_queries", told(500, 20, 0)),
        ("299_steps", Stability { steps: 299, ..run(20, 5_000) }),
    ] {
        figure(&format!("score/none/{name}"), none(run), "1: no score", Bar::AtLeast(1.0), &[]);
    }
    let collapsed = Stability { failed: true, ..run(20, 5_000) };
    figure("score/collapsed", collapsed.score().unwrap_or(f64::NAN), "score", Bar::AtMost(0.1), &[]);
}

/// A run without events that is evaluated so.
fn run(every: u64, queries: u32) -> Stability {
    let times = STEPS / every;
    let evaluated =
        Evaluated { times, first_step: 0, last_step: every * (times - 1), queries: Some(queries) };
    Stability { steps: STEPS, evaluated: Some(evaluated), ..Stability::default() }
}

/// What is counted of the truth.
fn told(queries: u32, every: u64, seed: u64) -> Stability {
    let mut noise = Noise::new(100 + seed);
    let dips_at = DIPS.map(|dip| dip + (100.0 * noise.uniform()) as u64);
    let fell = |step: u64| dips_at.iter().any(|dip| (*dip..dip + LASTS).contains(&step));
    let level = |row: u64| if fell(row * every) { 0.6 - DEPTH } else { 0.6 };
    let steps: Vec<u64> = (0..STEPS / every).map(|row| row * every).collect();
    let values = evaluations(queries, 0.0, &mut noise, level, STEPS / every);
    let area = dips(&steps, &values, DipRule::default()).iter().map(|dip| dip.area).sum();
    Stability { dip_area: area, ..run(every, queries) }
}
