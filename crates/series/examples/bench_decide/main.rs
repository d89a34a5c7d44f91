//! How often what is said of pairs of runs is false, how often it is found, and how far off a boundary is told, where the truth is
//! known: one JSON object a figure, with its bar in the details. `TRIALS` says of how many thousands each figure is, `PART` which
//! ones: the first word of their names.
//!
//! `cargo run --release -p vitals-series --example bench_decide [TRIALS] [PART]`

#[path = "../../tests/it/boundaries.rs"]
mod boundaries;
mod boundary;
#[path = "../bench_detection/figure.rs"]
mod figure;
#[path = "../../tests/it/pairs.rs"]
mod pairs;

use figure::{Bar, part, print as figure, quantile};
use pairs::{Kind, Source, failing, family, foretold, is_told, question, watched};
use vitals_series::{Failures, Looks, Verdict, decide};

/// What stands before the names of these figures.
const BENCH: &str = "decide";
/// Thousands of trials where none are asked for.
const THOUSANDS: u64 = 20;
const KINDS: [(&str, Kind); 3] =
    [("normal", Kind::Normal), ("t3", Kind::Heavy), ("exponential", Kind::Lopsided)];

/// What is measured, by its name, of so many trials.
type Part = (&'static str, fn(u64));
const PARTS: [Part; 8] = [
    ("looks", looks),
    ("any_time", any_time),
    ("one_look", one_look),
    ("arms_16", families),
    ("no_difference", equivalence),
    ("failures", failures),
    ("assurance", assurance),
    ("boundary", boundary::figures),
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let thousands = arguments.next().map_or(Some(THOUSANDS), |thousands| thousands.parse().ok());
    let part = arguments.next();
    let asked = |name: &str| part.as_ref().is_none_or(|part| part == name);
    let (Some(thousands), true) =
        (thousands.filter(|thousands| *thousands > 0), PARTS.iter().any(|(name, _)| asked(name)))
    else {
        eprintln!(
            "usage: bench_decide [THOUSANDS OF TRIALS, above 0] [{}]",
            PARTS.map(|(name, _)| name).join("|")
        );
        std::process::exit(2);
    };
    PARTS.iter().filter(|(name, _)| asked(name)).for_each(|(_, measure)| measure(1000 * thousands));
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
    let trials = trials / 10;
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
                // Sixteen tests at 1/16 of .05 are wrong in .0488: a bar of .05 wants a standard error of .0004.
                let trials = if kind == Kind::Normal { 15 * trials } else { trials };
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
    // Not drawn: all tables of so many pairs, whatever share of them differs.
    let most = (2..=60).map(|pairs| (called_different(pairs), pairs as f64));
    let (most, pairs) = most.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((f64::NAN, f64::NAN));
    figure("failures/false/most_of_n2_to_60", most, "of all", Bar::AtMost(0.05), &[("pairs", pairs)]);
}

/// The most often that two sides of so many pairs which fail alike are called different, over the share of pairs that differ.
fn called_different(pairs: usize) -> f64 {
    let differ = |one: usize, other: usize| {
        Failures::of((0..pairs).map(|k| (k < one, one <= k && k < one + other))).differ()
    };
    // Of so many that differ, the part of the splits that is told.
    let told: Vec<f64> = (0..=pairs)
        .map(|differing| {
            let mut split = 0.5_f64.powi(differing as i32);
            let splits = (0..=differing).map(|one| {
                let chance = split;
                split *= (differing - one) as f64 / (one + 1) as f64;
                if differ(one, differing - one) { chance } else { 0.0 }
            });
            splits.sum()
        })
        .collect();
    let at = |share: f64| -> f64 {
        let mut chance = (1.0 - share).powi(pairs as i32);
        let mut sum = 0.0;
        for (differing, told) in told.iter().enumerate() {
            sum += chance * told;
            chance *= (pairs - differing) as f64 / (differing + 1) as f64 * share / (1.0 - share);
        }
        sum
    };
    (1..2000).map(|step| at(f64::from(step) / 2000.0)).fold(told[pairs], f64::max)
}

/// Effects as they come: most are small against the noise, some are not. Beside them effects of which fewer are of middle size, and such
/// of which none is large: there the same three pairs mean less, so that no chance that is told of them holds everywhere.
fn assurance(trials: u64) {
    let within = Bar::Within(-0.1, 0.1);
    foretold_fifths("", trials, within, |source| 1.5 * source.draw());
    let mut heavy = Source::new(Kind::Heavy, 10);
    foretold_fifths("/heavy", trials, within, |_| 1.5 * heavy.draw());
    foretold_fifths("/small", trials / 4, Bar::None, |source| 0.5 * (3.0 * source.uniform()).floor() - 0.5);
}

fn foretold_fifths(name: &str, trials: u64, bar: Bar, mut effect: impl FnMut(&mut Source) -> f64) {
    let six = declared(&[6]);
    let mut source = Source::new(Kind::Normal, 9);
    let all: Vec<(f64, bool)> = (0..trials)
        .map(|_| {
            let effect = effect(&mut source);
            foretold(&mut source, effect, &six, 0.5)
        })
        .collect();
    for fifth in 0..5 {
        let (low, high) = (f64::from(fifth) / 5.0, f64::from(fifth + 1) / 5.0);
        let of: Vec<_> =
            all.iter().filter(|(told, _)| low <= *told && (*told < high || fifth == 4)).collect();
        let told = of.iter().map(|(told, _)| told).sum::<f64>() / of.len() as f64;
        let happened = part(of.iter().filter(|(_, settled)| *settled).count() as u64, of.len() as u64);
        let details = [("told", told), ("happened", happened), ("trials", of.len() as f64)];
        figure(&format!("assurance{name}/fifth_{}", fifth + 1), told - happened, "off", bar, &details);
    }
}

fn declared(at: &[usize]) -> Looks {
    Looks::declared(at).unwrap_or_default()
}
