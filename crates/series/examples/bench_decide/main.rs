//! How often what is said of pairs of runs is false, how often it is found, and how far off a boundary is told, where the truth is
//! known: one JSON object a figure, with its bar in the details. `TRIALS` says of how many thousands each figure is.
//!
//! `cargo run --release -p vitals-series --example bench_decide [TRIALS]`

#[path = "../../tests/it/boundaries.rs"]
mod boundaries;
mod boundary;
#[path = "../bench_detection/figure.rs"]
mod figure;
#[path = "../../tests/it/pairs.rs"]
mod pairs;

use figure::{Bar, part, print as figure, quantile};
use pairs::{Kind, Source, failing, family, foretold, is_told, question, watched};
use vitals_series::{Looks, Verdict, decide};

/// What stands before the names of these figures.
const BENCH: &str = "decide";
/// Thousands of trials where none are asked for.
const THOUSANDS: u64 = 20;
const KINDS: [(&str, Kind); 3] =
    [("normal", Kind::Normal), ("t3", Kind::Heavy), ("exponential", Kind::Lopsided)];

fn main() {
    let asked = std::env::args().nth(1).map_or(Some(THOUSANDS), |thousands| thousands.parse().ok());
    let Some(thousands) = asked.filter(|thousands| *thousands > 0) else {
        eprintln!("usage: bench_decide [THOUSANDS OF TRIALS]: a number above 0");
        std::process::exit(2);
    };
    let trials = 1000 * thousands;
    looks(trials);
    any_time(trials / 10);
    one_look(trials);
    families(trials / 10);
    equivalence(trials);
    failures(trials / 10);
    assurance(trials / 4);
    boundary::figures(trials / 20);
}

/// Bars hold in normal noise; other noise is told for what it is worth.
fn bar(kind: Kind, bar: Bar) -> Bar {
    if kind == Kind::Normal { bar } else { Bar::None }
}

fn share(trials: u64, mut is_so: impl FnMut() -> bool) -> f64 {
    part((0..trials).filter(|_| is_so()).count() as u64, trials)
}

fn looks(trials: u64) {
    let looks = declared(&[6, 9, 12, 15]);
    for (name, kind) in KINDS {
        let mut source = Source::new(kind, 1);
        let false_ones = share(trials, || watched(&mut source, 0.0, &looks, 6, 15).is_some());
        figure(&format!("looks/false/{name}"), false_ones, "of all", bar(kind, Bar::AtMost(0.055)), &[]);
    }
    for effect in [0.75, 1.0, 1.5] {
        let mut source = Source::new(Kind::Normal, 2);
        let told: Vec<f64> = (0..trials / 10)
            .filter_map(|_| watched(&mut source, effect, &looks, 6, 15))
            .map(|pairs| pairs as f64)
            .collect();
        let power = part(told.len() as u64, trials / 10);
        let details = [("median_pairs", quantile(told, 0.5))];
        figure(&format!("looks/found/{effect}_sd"), power, "of all", Bar::None, &details);
    }
}

fn any_time(trials: u64) {
    let none = Looks::default();
    for (name, kind) in KINDS {
        let mut source = Source::new(kind, 3);
        let false_ones = share(trials, || watched(&mut source, 0.0, &none, 6, 60).is_some());
        figure(&format!("any_time/false/{name}"), false_ones, "of all", bar(kind, Bar::AtMost(0.05)), &[]);
    }
}

fn one_look(trials: u64) {
    let six = declared(&[6]);
    for (name, kind) in KINDS {
        let mut source = Source::new(kind, 4);
        let false_ones = share(trials, || watched(&mut source, 0.0, &six, 6, 6).is_some());
        figure(&format!("one_look/false/{name}"), false_ones, "of all", bar(kind, Bar::AtMost(0.055)), &[]);
    }
}

fn families(trials: u64) {
    for n in [6, 8, 10] {
        for (name, share_seeds) in [("seeds", true), ("holm", false)] {
            for (kind_name, kind) in KINDS {
                let mut source = Source::new(kind, 5);
                let false_ones =
                    share(trials, || family(&mut source, 16, n, 0.0, share_seeds).iter().any(is_told));
                let bar = bar(kind, Bar::AtMost(0.05));
                figure(&format!("arms_16/{name}/n{n}/false/{kind_name}"), false_ones, "of all", bar, &[]);
            }
            let mut source = Source::new(Kind::Normal, 6);
            let found = share(trials / 4, || is_told(&family(&mut source, 16, n, 2.0, share_seeds)[0]));
            figure(&format!("arms_16/{name}/n{n}/found/2_sd"), found, "of all", Bar::None, &[]);
        }
    }
}

fn equivalence(trials: u64) {
    for (n, smallest, effect, wanted) in [
        (6, 1.0, 1.0, Bar::AtMost(0.055)),
        (12, 1.0, 1.0, Bar::AtMost(0.055)),
        (40, 0.5, 0.5, Bar::AtMost(0.055)),
        (12, 1.0, 0.0, Bar::AtLeast(0.85)),
        (20, 1.0, 0.0, Bar::AtLeast(0.85)),
        (6, 1.0, 0.0, Bar::None),
    ] {
        let looks = declared(&[n]);
        let mut source = Source::new(Kind::Normal, 7);
        let none = share(trials / 4, || {
            let pairs: Vec<_> = (0..n).map(|seed| source.pair(seed, effect)).collect();
            decide(&[pairs], &question(Some(smallest), &looks))[0].verdict == Verdict::NoDifference
        });
        figure(
            &format!("no_difference/n{n}/smallest_{smallest}/effect_{effect}"),
            none,
            "of all",
            wanted,
            &[],
        );
    }
}

fn failures(trials: u64) {
    let mut source = Source::new(Kind::Normal, 8);
    let answers: Vec<_> = (0..trials).map(|_| failing(&mut source, 20, 0.3, 1.0)).collect();
    let told = answers.iter().filter(|answer| answer.failures.differ()).count() as u64;
    figure("failures/fails_more/30_percent/n20", part(told, trials), "of all", Bar::AtLeast(0.6), &[]);
    // Where by chance no run failed at all there is nothing to keep it from being said.
    let failed = answers.iter().filter(|answer| answer.failures.baseline > 0);
    let none = failed.filter(|answer| answer.verdict == Verdict::NoDifference).count() as u64;
    figure("failures/no_difference/30_percent/n20", part(none, trials), "of all", Bar::AtMost(0.0), &[]);
}

fn assurance(trials: u64) {
    let six = declared(&[6]);
    let mut source = Source::new(Kind::Normal, 9);
    let all: Vec<(f64, bool)> = (0..trials).map(|_| foretold(&mut source, &six, 0.5)).collect();
    for fifth in 0..5 {
        let (low, high) = (f64::from(fifth) / 5.0, f64::from(fifth + 1) / 5.0);
        let of: Vec<_> =
            all.iter().filter(|(told, _)| low <= *told && (*told < high || fifth == 4)).collect();
        let told = of.iter().map(|(told, _)| told).sum::<f64>() / of.len() as f64;
        let happened = part(of.iter().filter(|(_, settled)| *settled).count() as u64, of.len() as u64);
        let details = [("told", told), ("happened", happened), ("trials", of.len() as f64)];
        figure(
            &format!("assurance/fifth_{}", fifth + 1),
            told - happened,
            "off",
            Bar::Within(-0.1, 0.1),
            &details,
        );
    }
}

fn declared(at: &[usize]) -> Looks {
    Looks::declared(at).unwrap_or_default()
}
