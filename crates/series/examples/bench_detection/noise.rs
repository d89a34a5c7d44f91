//! Events told where nothing is, in 100,000 rows of each kind of noise.

use crate::figure::{Bar, print as figure};
use crate::trials::{DEMO_FROZEN, DEMO_LEARNED, FROZEN, Kind, LEARNED, ONE_BATCH, invented};

/// Rows of a kind of noise, a trial.
const ROWS: u64 = 5_000;

pub fn print(trials: u64) {
    let one = Bar::AtMost(1.0);
    let two = Bar::AtMost(2.0);
    for (name, kind, layers, bar) in [
        ("real_learned/11", Kind::Real(LEARNED), 11, one),
        ("real_frozen/11", Kind::Real(FROZEN), 11, one),
        ("real_demo_learned/9", Kind::Real(DEMO_LEARNED), 9, one),
        ("real_demo_frozen/9", Kind::Real(DEMO_FROZEN), 9, one),
        ("real_one_batch/9", Kind::RealMiddle(ONE_BATCH), 9, one),
        ("normal/12", Kind::Normal, 12, Bar::None),
        ("ar_.6/12", Kind::Memory(0.6), 12, Bar::None),
        ("ar_.9/12", Kind::Memory(0.9), 12, Bar::None),
        ("t10/12", Kind::Heavy(10), 12, two),
        ("t5/12", Kind::Heavy(5), 12, Bar::None),
        ("correlated_normal_like/12", Kind::Common(30), 12, Bar::None),
        ("correlated_t10/12", Kind::Common(10), 12, Bar::None),
        ("normal/150", Kind::Normal, 150, Bar::None),
        ("ar_.6/150", Kind::Memory(0.6), 150, Bar::None),
        ("t10/150", Kind::Heavy(10), 150, two),
        ("correlated_t10/150", Kind::Common(10), 150, Bar::None),
    ] {
        told(name, bar, trials, Case { kind, layers, every: 1, rounded_at: None });
    }
    let normal = Case { kind: Kind::Normal, layers: 12, every: 1, rounded_at: None };
    for level in [0.02, 0.05, 0.1, 0.5] {
        told(&format!("rounded_at_{level}/12"), one, trials, Case { rounded_at: Some(level), ..normal });
    }
    let sparse = Case { kind: Kind::Real(LEARNED), layers: 11, every: 5, rounded_at: None };
    told("sparse_every_5/real", one, trials, sparse);
}

struct Case {
    kind: Kind,
    layers: usize,
    every: u64,
    rounded_at: Option<f64>,
}

fn told(name: &str, bar: Bar, trials: u64, case: Case) {
    let Case { kind, layers, every, rounded_at } = case;
    // Half of the rows where there are many layers.
    let rows = trials * if layers > 100 { ROWS / 2 } else { ROWS };
    let events = invented(kind, layers, rows, every, 7_000, rounded_at) as f64;
    let details = [("events", events), ("rows", rows as f64)];
    figure(&format!("false/{name}"), 1e5 * events / rows as f64, "events in 100,000 rows", bar, &details);
}
