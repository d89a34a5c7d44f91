//! Dips of accuracy in binomial noise of so many queries: false ones, recall, area and recovery.

use vitals_series::Noise;
use vitals_series::{DipRule, dips};

use crate::figure::{Bar, part, print as figure, quantile};

/// Steps between two evaluations, evaluations of a run.
const EVERY: u64 = 20;
const EVALUATIONS: u64 = 500;
/// True accuracy at an evaluation.
type Course = fn(u64) -> f64;

/// First evaluation of a dip.
const DIP: u64 = 200;

pub fn print(trials: u64) {
    for queries in [1_000, 2_000, 5_000, 10_000] {
        false_dips(queries, 0.0, trials, Bar::AtMost(0.2));
        false_dips(queries, 0.01, trials, Bar::AtMost(0.6));
        for (points, width) in [(3, 10), (5, 10), (10, 2), (10, 5), (10, 10), (20, 10)] {
            true_dips(queries, points, width, 8 * trials);
        }
    }
}

/// Evaluations with this true accuracy, training's own wobble on top.
pub fn evaluations(
    queries: u32,
    wobble: f64,
    noise: &mut Noise,
    level: impl Fn(u64) -> f64,
    times: u64,
) -> Vec<f64> {
    (0..times)
        .map(|row| {
            let level = level(row) + wobble * noise.normal();
            level + (level * (1.0 - level) / f64::from(queries)).sqrt() * noise.normal()
        })
        .collect()
}

fn false_dips(queries: u32, wobble: f64, trials: u64, bar: Bar) {
    let courses: [(&str, Course); 4] = [
        ("plateau", |_| 0.55),
        ("saturating", |row| 0.6 - 0.4 * (-(row as f64) / 80.0).exp()),
        ("rise", |row| 0.2 + 0.4 * row as f64 / EVALUATIONS as f64),
        ("slow_fall", |row| 0.6 - 0.1 * row as f64 / EVALUATIONS as f64),
    ];
    let steps: Vec<u64> = (0..EVALUATIONS).map(|row| EVERY * row).collect();
    for (name, course) in courses {
        let mut noise = Noise::new(11);
        let mut told = 0;
        for _ in 0..4 * trials {
            let values = evaluations(queries, wobble, &mut noise, course, EVALUATIONS);
            told += dips(&steps, &values, DipRule::default()).len();
        }
        let seen = 4 * trials * EVALUATIONS;
        let details = [("dips", told as f64), ("evaluations", seen as f64)];
        let name = format!("dips/false/{name}/n{queries}/wobble_{wobble}");
        figure(&name, 1e3 * told as f64 / seen as f64, "dips in 1,000 evaluations", bar, &details);
    }
}

fn true_dips(queries: u32, points: u32, width: u64, trials: u64) {
    let depth = f64::from(points) / 100.0;
    let level = |row: u64| if (DIP..DIP + width).contains(&row) { 0.6 - depth } else { 0.6 };
    let steps: Vec<u64> = (0..EVALUATIONS).map(|row| EVERY * row).collect();
    let (mut found, mut in_time, mut areas) = (0, 0, Vec::new());
    let mut noise = Noise::new(13);
    for _ in 0..trials {
        let values = evaluations(queries, 0.0, &mut noise, level, EVALUATIONS);
        let told = dips(&steps, &values, DipRule::default());
        let inside = |step: u64| (EVERY * DIP..EVERY * (DIP + width)).contains(&step);
        let Some(dip) = told.iter().find(|dip| inside(dip.onset)) else { continue };
        found += 1;
        areas.push(dip.area / (depth * (EVERY * width) as f64));
        let back = EVERY * (DIP + width);
        in_time += u64::from(dip.recovered.is_some_and(|step| step.abs_diff(back) <= 2 * EVERY));
    }
    let name = format!("{points}_points/{width}_wide/n{queries}");
    let least = match (points, width, queries) {
        (10.., ..) => Bar::AtLeast(0.94),
        (5, _, 5_000..) => Bar::AtLeast(0.9),
        (5, _, 2_000) => Bar::AtLeast(0.5),
        _ => Bar::None,
    };
    figure(
        &format!("dips/recall/{name}"),
        part(found, trials),
        "of the dips",
        least,
        &[("trials", trials as f64)],
    );
    if points >= 10 {
        figure(
            &format!("dips/area/{name}"),
            quantile(areas, 0.5),
            "of the true one, median",
            Bar::Within(0.84, 1.1),
            &[],
        );
        figure(
            &format!("dips/recovered_within_2/{name}"),
            part(in_time, found),
            "of those found",
            Bar::AtLeast(0.94),
            &[],
        );
    }
}
