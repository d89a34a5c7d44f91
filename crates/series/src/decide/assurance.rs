//! The chance that some more pairs will give a verdict, given those that are there (assurance; O'Hagan, Stevens and Campbell
//! 2005): over the posterior of effect and spread under Jeffreys' prior, not for one effect that is hoped for.

use super::deciding::{Family, later};
use super::differences::Differences;
use super::flips::sign_flip_p;
use super::verdict::{Pair, Question, Verdict, good_differences, said};
use crate::sequence::Noise;

/// Futures that are drawn, from a fixed sequence.
const DRAWS: usize = 1000;
/// Up to so many pairs the sign-flip test is run in each; beyond, it agrees with the t test.
const FLIPPED: usize = 12;

/// Chance that `more` pairs give one of so many arms a verdict; `None` below two pairs or without spread.
pub fn assurance(arm: &[Pair], arms: usize, more: usize, question: &Question<'_>) -> Option<f64> {
    let values = good_differences(arm, question.higher_is_better);
    let found = Differences::of(&values).filter(|found| found.n >= 2 && found.sd > 0.0)?;
    let (freedom, total) = (found.n - 1, found.n + more);
    let deciding = later(total, Family::of(arms, question.together), question.looks);
    // Behind the last declared look further pairs would have to be declared before anything is told of them.
    if !question.looks.is_empty() && question.looks.after(total - 1).is_none() {
        return None;
    }
    let mut noise = Noise::new(total as u64);
    let mut future = Vec::with_capacity(total);
    let settled = (0..DRAWS)
        .filter(|_| {
            let square: f64 = (0..freedom).map(|_| noise.normal().powi(2)).sum();
            let sd = found.sd * (freedom as f64 / square).sqrt();
            let mean = found.mean + noise.normal() * sd / (found.n as f64).sqrt();
            future.clear();
            future.extend_from_slice(&values);
            future.extend((0..more).map(|_| mean + sd * noise.normal()));
            let flips = || if total <= FLIPPED { sign_flip_p(&future) } else { 0.0 };
            Differences::of(&future).is_some_and(|judged| {
                said(&future, &judged, deciding, question.smallest, flips) != Verdict::Undecided
            })
        })
        .count();
    Some(settled as f64 / DRAWS as f64)
}
