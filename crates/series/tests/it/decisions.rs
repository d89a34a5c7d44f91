//! How often what is said of pairs is false, in few trials; `cargo xtask bench decide` makes many. Bounds leave room for the
//! chance of so few: three standard errors above what many trials gave.

use vitals_series::{Looks, Verdict, decide};

use crate::pairs::{Kind, Source, failing, family, foretold, is_told, question, watched};

fn looks(at: &[usize]) -> Looks {
    Looks::declared(at).unwrap()
}

fn share(trials: u32, mut is_so: impl FnMut() -> bool) -> f64 {
    f64::from((0..trials).map(|_| u32::from(is_so())).sum::<u32>()) / f64::from(trials)
}

#[test]
fn declared_looks_together_are_wrong_as_seldom_as_one() {
    let four = looks(&[6, 9, 12, 15]);
    let mut source = Source::new(Kind::Normal, 1);
    let wrong = share(600, || watched(&mut source, 0.0, &four, 6, 15).is_some());
    assert!(wrong <= 0.08, "{wrong}");
    let found = share(100, || watched(&mut source, 1.5, &four, 6, 15).is_some());
    assert!(found >= 0.95, "{found}");
}

#[test]
fn without_declared_looks_one_may_look_after_every_pair() {
    for kind in [Kind::Normal, Kind::Heavy] {
        let mut source = Source::new(kind, 2);
        let wrong = share(300, || watched(&mut source, 0.0, &Looks::default(), 6, 16).is_some());
        assert!(wrong <= 0.06, "{kind:?} {wrong}");
    }
}

/// The t tests count on noise that is not lopsided; the sign-flip test keeps it within bounds.
#[test]
fn lopsided_noise_is_told_more_often_and_not_much() {
    let six = looks(&[6]);
    let mut source = Source::new(Kind::Lopsided, 7);
    let wrong = share(600, || watched(&mut source, 0.0, &six, 6, 6).is_some());
    assert!(wrong <= 0.1, "{wrong}");
}

#[test]
fn sixteen_arms_are_one_statement() {
    for share_seeds in [true, false] {
        let mut source = Source::new(Kind::Normal, 3);
        let wrong = share(200, || family(&mut source, 16, 8, 0.0, share_seeds).iter().any(is_told));
        assert!(wrong <= 0.1, "{share_seeds} {wrong}");
        let found = share(40, || is_told(&family(&mut source, 16, 10, 3.0, share_seeds)[0]));
        assert!(found >= 0.9, "{share_seeds} {found}");
    }
}

#[test]
fn no_difference_is_said_of_none_and_not_of_one_that_matters() {
    let twelve = looks(&[12]);
    let mut source = Source::new(Kind::Normal, 4);
    let mut none = |effect: f64| {
        share(300, || {
            let pairs: Vec<_> = (0..12).map(|seed| source.pair(seed, effect)).collect();
            decide(&[pairs], &question(Some(1.0), &twelve))[0].verdict == Verdict::NoDifference
        })
    };
    let (of_none, of_one) = (none(0.0), none(1.0));
    assert!(of_none >= 0.8 && of_one <= 0.09, "{of_none} {of_one}");
}

#[test]
fn failures_are_told_and_never_equal() {
    let mut source = Source::new(Kind::Normal, 5);
    let answers: Vec<_> = (0..200).map(|_| failing(&mut source, 20, 0.3, 1.0)).collect();
    let told = answers.iter().filter(|answer| answer.failures.differ()).count();
    assert!(told >= 134, "{told} of 200");
    let equal = |answer: &&vitals_series::Answer| {
        answer.failures.baseline > 0 && answer.verdict == Verdict::NoDifference
    };
    assert_eq!(answers.iter().find(equal), None);
}

/// Effects as they come: most are small against the noise, some are not; and more of both.
#[test]
fn what_is_foretold_happens() {
    let six = looks(&[6]);
    for kind in [Kind::Normal, Kind::Heavy] {
        let (mut source, mut effects) = (Source::new(Kind::Normal, 6), Source::new(kind, 7));
        let all: Vec<(f64, bool)> =
            (0..400).map(|_| foretold(&mut source, 1.5 * effects.draw(), &six, 0.5)).collect();
        for likely in [false, true] {
            let of: Vec<_> = all.iter().filter(|(told, _)| (*told >= 0.6) == likely).collect();
            let told = of.iter().map(|(told, _)| told).sum::<f64>() / of.len() as f64;
            let happened = of.iter().filter(|(_, settled)| *settled).count() as f64 / of.len() as f64;
            assert!((told - happened).abs() <= 0.12, "{kind:?} {likely}: {told} {happened}");
        }
    }
}
