//! Figures on pages, of each kind of panel, in every format: what they say, how large they are, that no extreme is lost.

use std::path::Path;

use vitals_charts::{
    AxisBrush, AxisValues, Band, Category, Effect, Event, EventKind, Figure, Forest, ForestRow, Ground, Heat,
    HeatRow, Interval, Line, Lines, Page, PairRow, Pairs, Panel, Parallel, ParallelAxis, ParallelRun,
    Spacing, Tint, Trace, Verdict, XAxis,
};
use vitals_series::{Frame, frame};

use crate::maps;

/// Fifty runs of a hundred thousand noisy steps.
pub const RUNS: usize = 50;
const STEPS: u64 = 100_000;

/// A number between −1 and 1 that looks like chance.
fn noise(seed: u64) -> f64 {
    let mixed = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

/// A loss that falls, with noise of both signs and one spike.
pub fn values(run: usize) -> Vec<f64> {
    let seed = run as u64 * STEPS;
    let value = |step: u64| {
        let fall = 2.0 + 2.4 * (-(step as f64) / 25_000.0).exp() + 0.02 * run as f64;
        let noise: f64 = (0..3).map(|k| noise((seed + step) * 3 + k)).sum();
        let spike = if step == 1_000 + 1_913 * run as u64 { 0.9 } else { 0.0 };
        fall + 0.12 * noise + spike
    };
    (0..STEPS).map(value).collect()
}

pub fn fifty(page: Page) -> Figure {
    let steps: Vec<u64> = (0..STEPS).collect();
    let mut loss = Lines::new(XAxis::steps("step"));
    for run in 0..RUNS {
        let frame = frame(&steps, &values(run), 0, STEPS, page.columns());
        loss.lines.push(Line::new(format!("run {run}"), run, frame));
    }
    Figure::new("Fifty runs", page.with_height_mm(120.0), vec![Panel::new("Loss", "", loss)])
}

fn smooth(count: u64, columns: usize, value: impl Fn(f64) -> f64) -> Frame {
    let steps: Vec<u64> = (0..count).collect();
    let values: Vec<f64> = steps.iter().map(|&step| value(step as f64 / count as f64)).collect();
    frame(&steps, &values, 0, count, columns)
}

/// Two panels of lines: intervals, band, events of each kind, a ghost, a zoomed and logarithmic axis, gaps.
pub fn curves(page: Page) -> Figure {
    let mut loss = Lines::new(XAxis::steps("step"));
    for (run, label) in ["frozen, n = 6", "learned, n = 6", "QK norm, n = 5"].into_iter().enumerate() {
        let mean = move |at: f64| 1.9 + 2.4 * (-4.0 * at).exp() + 0.25 * run as f64 * at;
        let mut line = Line::new(label, run, smooth(10_000, page.columns(), mean));
        line.intervals = (0..=100)
            .map(|place| {
                let (at, half) = (f64::from(place) / 100.0, 0.06 + 0.05 * run as f64);
                Interval { x: at * 9_999.0, low: mean(at) - half, high: mean(at) + half }
            })
            .collect();
        loss.lines.push(line);
    }
    let raw =
        smooth(10_000, page.columns(), |at| 1.9 + 2.4 * (-4.0 * at).exp() + 0.3 * noise((at * 1e4) as u64));
    loss.lines.push(Line { ghost: true, ..Line::new("", 0, raw) });
    loss.bands.push(Band {
        low: 1.7,
        high: 4.44,
        low_label: "floor".into(),
        high_label: "start: chance".into(),
    });
    let event = |kind, at, label: &str| Event { label: label.into(), ..Event::new(kind, at) };
    loss.events = vec![
        event(EventKind::Spike, 2_000.0, "spike"),
        Event { end: Some(4_600.0), ..event(EventKind::Dip, 4_000.0, "dip −6.8 pt") },
        event(EventKind::Collapse, 6_500.0, "collapse"),
        event(EventKind::Nonfinite, 8_200.0, "NaN"),
    ];
    let mut norm = Lines::new(XAxis::steps("step"));
    norm.log_y = true;
    norm.y_limits = Some((0.1, 100.0));
    for run in 0..2 {
        let value = move |at: f64| {
            let spike = if (at * 1e4) as u64 == 2_000 { 900.0 } else { 0.0 };
            let broken = if (at * 1e4) as u64 == 8_200 + run { f64::NAN } else { 0.0 };
            (0.5 + 2.0 * run as f64) * (1.0 + 0.3 * noise((at * 1e4) as u64 + 7 * run)) + spike + broken
        };
        norm.lines.push(Line::new(
            ["frozen", "learned"][run as usize],
            run as usize,
            smooth(10_000, page.columns(), value),
        ));
    }
    norm.events = vec![event(EventKind::Spike, 2_000.0, "")];
    let panels = vec![
        Panel::new("Loss", "mean and 95 % interval", loss),
        Panel::new("Gradient norm", "log scale", norm),
    ];
    let mut figure = Figure::new("Frozen or learned: 50 % & more_of #1", page, panels);
    figure.subtitle = "MoCo v3, CIFAR-10 at 24 px, base learning rate 1e−2".into();
    figure.ids = vec!["a3f9c1".into(), "b7_02".into()];
    figure
}

/// Value against learning rate, one line an arm, with weak points and all six shapes; then a scatter plot over hours.
pub fn sensitivity(page: Page) -> Figure {
    let mut rates = Lines::new(XAxis { log: true, ..XAxis::numbers("base learning rate") });
    rates.scale = 100.0;
    for arm in 0..6 {
        let points: Vec<(f64, f64)> = (0..6)
            .map(|k| {
                let rate = 1e-4 * 10_f64.powf(f64::from(k) * 0.5);
                (rate, 0.3 + 0.06 * f64::from(arm) - 0.04 * (f64::from(k) - 3.0).powi(2) / 3.0)
            })
            .collect();
        let mut trace = Trace::points(&points);
        trace.columns[5].hollow = true;
        let mut line = Line::new(format!("arm {}", arm + 1), arm as usize, trace);
        line.marks = true;
        line.intervals = points.iter().map(|&(x, y)| Interval { x, low: y - 0.02, high: y + 0.02 }).collect();
        rates.lines.push(line);
    }
    let mut cost = Lines::new(XAxis::numbers("GPU hours"));
    for arm in 0..3 {
        let points: Vec<(f64, f64)> = (0..12)
            .map(|k| (2.0 + 3.0 * (noise(k + 50 * arm) + 1.0), 60.0 + 8.0 * noise(k + 99 * arm)))
            .collect();
        cost.lines.push(Line::scatter(format!("arm {}", arm + 1), arm as usize, &points));
    }
    Figure::new(
        "Rates",
        page,
        vec![Panel::new("kNN accuracy", "%", rates), Panel::new("Cost", "% against hours", cost)],
    )
}

pub fn map(page: Page, columns: usize) -> Figure {
    let mut heat = Heat::new(XAxis::steps("step"), 0.0, 10_000.0);
    heat.scale_label = "× running median".into();
    let names = [
        "patch projection",
        "block 0",
        "block 1",
        "block 2",
        "block 3",
        "final norm",
        "projector",
        "predictor",
    ];
    for (row, name) in names.into_iter().enumerate() {
        let value = |column: usize| {
            let at = column as f64 / columns as f64;
            let spike = 80.0 * (-((at - 0.4 - 0.01 * row as f64) * 60.0).powi(2)).exp();
            if (0.7..0.75).contains(&at) {
                f64::NAN
            } else {
                1.0 + spike + 2.0 * noise((row * 7919 + column) as u64).abs()
            }
        };
        let nonfinite = if row == 2 { vec![columns * 4 / 5] } else { Vec::new() };
        heat.rows.push(HeatRow {
            name: name.into(),
            values: (0..columns).map(value).collect(),
            nonfinite,
            frozen: row == 0,
        });
    }
    heat.events = vec![Event::new(EventKind::Spike, 4_000.0)];
    Figure::new("Gradient norms by layer", page, vec![Panel::new("Relative norm", "", heat)])
}

pub fn decided(page: Page) -> Figure {
    let effect = |mean: f64, half: f64, verdict| Effect {
        mean: Some(mean),
        own: Some((mean - half, mean + half)),
        corrected: Some((mean - 1.4 * half, mean + 1.4 * half)),
        singles: Vec::new(),
        verdict,
    };
    let row = |label: &str, index, effect, note: &str| ForestRow {
        label: label.into(),
        index,
        effect,
        note: note.into(),
    };
    let none = Effect {
        mean: None,
        own: None,
        corrected: None,
        singles: vec![0.3, -0.2],
        verdict: Verdict::NotComparable,
    };
    let few = Effect { verdict: Verdict::Undecided, singles: vec![0.4, 1.1, -0.3], ..none.clone() };
    let forest = Forest {
        x_title: "difference of kNN accuracy, pt".into(),
        delta: Some(0.5),
        rows: vec![
            row("frozen patch projection", 0, effect(1.2, 0.5, Verdict::Helps), "+1.2 · p 0.008 · n 8"),
            row("QK norm", 2, effect(0.1, 0.3, Verdict::NoDifference), "+0.1 · p 0.61 · n 8"),
            row("LAMB", 3, effect(-1.6, 0.7, Verdict::Hurts), "−1.6 · p 0.008 · n 8"),
            row("warm-up × 2", 4, few, "n 3"),
            row("batch 1024", 5, none, "not comparable"),
        ],
    };
    let seed = |seed: u64| {
        let (arm, base) = (71.5 + noise(seed), 70.3 + noise(seed + 40));
        let arm = (seed != 4).then_some(arm);
        let note = arm
            .map_or_else(|| "twin missing".to_owned(), |arm| format!("{:+.1}", arm - base).replace('-', "−"));
        PairRow { label: format!("seed {seed}"), arm, base: Some(base), note }
    };
    let pairs = Pairs {
        arm: ("frozen patch projection".into(), 0),
        base: ("learned (baseline)".into(), 1),
        rows: (1..8).map(seed).collect(),
        mean_label: "mean".into(),
        effect: effect(1.2, 0.5, Verdict::Helps),
        effect_note: "+1.2".into(),
        delta: Some(0.5),
    };
    let panels = vec![
        Panel::new("All arms", "thick 95 %, thin corrected", forest),
        Panel::new("By seed", "% and pt", pairs),
    ];
    Figure::new("Decide", page, panels)
}

/// So many runs over eight axes, of which `inside` says which lie in the brushes.
pub fn parallel(page: Page, count: usize, inside: impl Fn(usize) -> bool) -> Figure {
    let axis = |name: &str, note: &str, values| ParallelAxis {
        name: name.into(),
        note: note.into(),
        turned: false,
        values,
        stop_labels: ["0 · n".into(), "× NaN · n".into(), "none · n".into()],
        brush: AxisBrush::default(),
    };
    let numbers = |spacing, scale, value: &dyn Fn(u64) -> Option<f64>| AxisValues::Numbers {
        spacing,
        scale,
        values: (0..count as u64).map(value).collect(),
    };
    let random = |axis: u64| move |run: u64| noise(run * 11 + axis);
    let categories = |names: &[&str], arms: bool, axis: u64| AxisValues::Categories {
        categories: (names.iter().enumerate())
            .map(|(at, label)| Category { label: (*label).into(), index: arms.then_some(at) })
            .collect(),
        values: (0..count as u64)
            .map(|run| Some(((random(axis)(run) + 1.0) / 2.0 * names.len() as f64) as usize))
            .collect(),
    };
    let accuracy = |run: u64| 0.45 + 0.3 * random(7)(run);
    let mut rates = axis(
        "Base learning rate",
        "log",
        numbers(Spacing::Log, 1.0, &|run| {
            Some(if run % 17 == 3 { 0.0 } else { 1e-4 * 10_f64.powf(1.0 + random(1)(run)) })
        }),
    );
    rates.brush.range = Some((3e-4, 3e-3));
    let mut optimizer = axis("Optimizer", "", categories(&["AdamW", "LAMB", "SGD"], false, 2));
    optimizer.brush.categories = vec![0, 1];
    let axes = vec![
        axis("Arm", "what is changed", categories(&["learned patch", "frozen patch"], true, 0)),
        rates,
        optimizer,
        axis("Weight decay", "", numbers(Spacing::Linear, 1.0, &|run| Some(0.1 * (run % 5) as f64))),
        axis(
            "Momentum",
            "log, distance to 1",
            numbers(Spacing::LogToOne, 1.0, &|run| Some(1.0 - 0.1 * 10_f64.powf(random(4)(run)))),
        ),
        axis(
            "Warm-up",
            "",
            numbers(Spacing::Linear, 1.0, &|run| (run % 23 != 5).then_some((run % 7) as f64 * 100.0)),
        ),
        axis(
            "Spikes",
            "per run",
            numbers(Spacing::Linear, 1.0, &|run| Some((random(6)(run) * 9.0).abs().floor())),
        ),
        axis(
            "kNN accuracy, %",
            "",
            numbers(Spacing::Linear, 100.0, &|run| {
                Some(if run % 29 == 7 { f64::NAN } else { accuracy(run) })
            }),
        ),
    ];
    let run = |run: usize| ParallelRun {
        inside: inside(run),
        broken: run % 29 == 7,
        marked: run == 1,
        tint: Tint::Share((accuracy(run as u64) - 0.15) / 0.6),
        rank: accuracy(run as u64),
    };
    let colors = Some(("15.0".to_owned(), "75.0".to_owned(), "kNN accuracy, %".to_owned()));
    let plot = Parallel { axes, runs: (0..count).map(run).collect(), colors };
    let unit = format!("{count} runs");
    Figure::new("Explore", page, vec![Panel::new("Parallel coordinates", unit, plot)])
}

pub fn folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// Every kind of panel on a page.
pub fn all(page: Page) -> Vec<(&'static str, Figure)> {
    vec![
        ("curves", curves(page)),
        ("sensitivity", sensitivity(page)),
        ("heat", map(page, 300)),
        ("cells", map(page, 40)),
        ("decided", decided(page)),
        ("parallel", parallel(page, 120, |run| run % 3 == 0)),
        ("maps", maps::cells(page)),
        ("scatter", maps::scatter(page)),
        ("shares", maps::shares(page)),
    ]
}

#[test]
fn files_of_each_kind() {
    let pages = [
        ("one", Page::one_column()),
        ("two", Page::two_columns()),
        ("dark", Page::two_columns().on(Ground::Dark)),
    ];
    for (name, page) in pages {
        for (kind, figure) in all(page) {
            let svg = vitals_charts::figure(&figure).unwrap();
            let path = folder().join(format!("{kind}-{name}"));
            std::fs::write(path.with_extension("png"), vitals_charts::png(&svg, 2.0).unwrap()).unwrap();
            std::fs::write(path.with_extension("pdf"), vitals_charts::pdf(&figure).unwrap()).unwrap();
            std::fs::write(path.with_extension("svg"), svg).unwrap();
            std::fs::write(path.with_extension("tex"), vitals_charts::pgfplots(&figure).unwrap()).unwrap();
        }
    }
    let figure = fifty(Page::two_columns());
    let svg = vitals_charts::figure(&figure).unwrap();
    std::fs::write(folder().join("fifty.svg"), &svg).unwrap();
    std::fs::write(folder().join("fifty.tex"), vitals_charts::pgfplots(&figure).unwrap()).unwrap();
    std::fs::write(folder().join("fifty.pdf"), vitals_charts::pdf(&figure).unwrap()).unwrap();
    std::fs::write(folder().join("fifty.png"), vitals_charts::png(&svg, 2.0).unwrap()).unwrap();
    std::fs::write(folder().join("fifty-small.png"), vitals_charts::png_within(&svg, 2.0, 200_000).unwrap())
        .unwrap();
}
