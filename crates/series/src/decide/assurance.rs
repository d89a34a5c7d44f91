//! The chance that some more pairs will give a verdict, given those that are there (assurance; O'Hagan, Stevens and Campbell
//! 2005): over the posterior of effect and spread, not for one effect that is hoped for.
//!
//! Under flat priors three pairs that happen to agree are believed: told .90, verdicts came in .78. So effects have the heavy-tailed
//! prior of Jeffreys (1961) and of Rouder and others (2009), Cauchy in standard deviations of a difference: half of them are below
//! [`USUAL_EFFECT`], and large ones stay possible. The spread has Jeffreys' prior with one difference more, as large as differences
//! are elsewhere: three that lie close together by chance are not all it rests on.

use super::deciding::{Family, later};
use super::differences::Differences;
use super::flips::sign_flip_p;
use super::verdict::{Pair, Question, Verdict, good_differences, said};
use crate::sequence::Noise;

/// Half of all effects are smaller, in standard deviations of a difference: what Cohen (1988) calls medium.
const USUAL_EFFECT: f64 = 0.5;
/// Spread of a difference where none is known, in the smallest that would matter: that is taken to be as large as the spread of a
/// run, of which a difference has two.
const USUAL_SD: f64 = std::f64::consts::SQRT_2;
/// Futures that are drawn, from a fixed sequence.
const DRAWS: usize = 2000;
/// Up to so many pairs the sign-flip test is run in each; beyond, it agrees with the t test.
const FLIPPED: usize = 12;

/// Chance that `more` pairs give one of so many arms a verdict; `None` below two pairs or where nothing tells of the spread.
pub fn assurance(arm: &[Pair], arms: usize, more: usize, question: &Question<'_>) -> Option<f64> {
    let values = good_differences(arm, question.higher_is_better);
    let found = Differences::of(&values).filter(|found| found.n >= 2)?;
    let elsewhere = question.usual_sd.or(question.smallest.map(|smallest| USUAL_SD * smallest));
    let believed = Believed::of(&found, elsewhere)?;
    let total = found.n + more;
    let deciding = later(total, Family::of(arms, question.together), question.looks);
    // Behind the last declared look further pairs would have to be declared before anything is told of them.
    if !question.looks.is_empty() && question.looks.after(total - 1).is_none() {
        return None;
    }
    let mut noise = Noise::new(total as u64);
    let mut future = Vec::with_capacity(total);
    let (mut settled, mut all) = (0.0, 0.0);
    for _ in 0..DRAWS {
        let truth = believed.drawn(&mut noise);
        future.clear();
        future.extend_from_slice(&values);
        future.extend((0..more).map(|_| truth.effect + truth.sd * noise.normal()));
        let flips = || if total <= FLIPPED { sign_flip_p(&future) } else { 0.0 };
        let is_settled = Differences::of(&future).is_some_and(|judged| {
            said(&future, &judged, deciding, question.smallest, flips) != Verdict::Undecided
        });
        all += truth.weight;
        settled += if is_settled { truth.weight } else { 0.0 };
    }
    Some(settled / all)
}

/// What differences, n of mean d̄, and priors make of effect μ and spread σ:
/// σ^−(n+k+2) · exp(−(S + n(d̄ − μ)²) / 2σ²) / (1 + (μ / cσ)²), where S is the sum of squares around d̄ and of the k ≤ 1 differences
/// of elsewhere, c the [`USUAL_EFFECT`].
struct Believed {
    n: f64,
    mean: f64,
    squares: f64,
    freedom: usize,
}

struct Truth {
    effect: f64,
    sd: f64,
    /// What the prior of effects makes of it, at most 1.
    weight: f64,
}

impl Believed {
    /// `None` where all differences are the same and nothing is known of others.
    fn of(found: &Differences, elsewhere: Option<f64>) -> Option<Self> {
        let squares = (found.n - 1) as f64 * found.sd.powi(2) + elsewhere.map_or(0.0, |sd| sd.powi(2));
        let freedom = found.n + usize::from(elsewhere.is_some());
        (squares > 0.0).then_some(Self { n: found.n as f64, mean: found.mean, squares, freedom })
    }

    /// All but the last factor as they are: σ² is S / χ²(n + k), and μ given σ is normal around d̄. The last is the weight.
    fn drawn(&self, noise: &mut Noise) -> Truth {
        let square: f64 = (0..self.freedom).map(|_| noise.normal().powi(2)).sum();
        let sd = (self.squares / square).sqrt();
        let effect = self.mean + noise.normal() * sd / self.n.sqrt();
        Truth { effect, sd, weight: 1.0 / (1.0 + (effect / (USUAL_EFFECT * sd)).powi(2)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The density of the comment above, in plain loops over effect and spread.
    fn summed(values: &[f64], elsewhere: Option<f64>) -> [f64; 3] {
        let (mut all, mut effects, mut sds, mut positive) = (0.0, 0.0, 0.0, 0.0);
        for s in 0..500 {
            // Even steps of the logarithm, whose width is σ.
            let sd = 0.02 * (f64::from(s) / 500.0 * 1000.0_f64.ln()).exp();
            for m in -1000..1000 {
                let effect = (f64::from(m) + 0.5) / 250.0;
                let told: f64 = values.iter().map(|d| -((d - effect) / sd).powi(2) / 2.0 - sd.ln()).sum();
                let known = elsewhere.map_or(0.0, |other| -(other / sd).powi(2) / 2.0 - sd.ln());
                // Jeffreys' 1/σ and the width σ cancel; the Cauchy density has a 1/σ of its own.
                let density = (told + known).exp() / sd / (1.0 + 4.0 * (effect / sd).powi(2));
                all += density;
                effects += density * effect;
                sds += density * sd.min(2.0);
                positive += density * f64::from(u8::from(effect > 0.0));
            }
        }
        [effects / all, sds / all, positive / all]
    }

    #[test]
    fn draws_are_of_the_posterior() {
        for (values, elsewhere) in [(vec![0.1, 0.5, -0.2, 0.6], None), (vec![0.9, 1.0, 1.1], Some(0.5))] {
            let believed = Believed::of(&Differences::of(&values).unwrap(), elsewhere).unwrap();
            let mut noise = Noise::new(1);
            let (mut all, mut found) = (0.0, [0.0; 3]);
            for _ in 0..200_000 {
                let truth = believed.drawn(&mut noise);
                let positive = f64::from(u8::from(truth.effect > 0.0));
                all += truth.weight;
                for (sum, value) in found.iter_mut().zip([truth.effect, truth.sd.min(2.0), positive]) {
                    *sum += truth.weight * value;
                }
            }
            for (found, summed) in found.map(|sum| sum / all).into_iter().zip(summed(&values, elsewhere)) {
                assert!((found - summed).abs() < 0.01, "{values:?}: {found} {summed}");
            }
        }
    }

    #[test]
    fn three_that_agree_are_not_believed_as_they_stand() {
        let values = [0.9, 1.0, 1.1];
        let found = Differences::of(&values).unwrap();
        let mean_sd = |elsewhere| {
            let believed = Believed::of(&found, elsewhere).unwrap();
            let mut noise = Noise::new(2);
            let truths: Vec<Truth> = (0..20_000).map(|_| believed.drawn(&mut noise)).collect();
            let all: f64 = truths.iter().map(|truth| truth.weight).sum();
            let mean = |of: fn(&Truth) -> f64| {
                truths.iter().map(|truth| truth.weight * of(truth)).sum::<f64>() / all
            };
            (mean(|truth| truth.effect), mean(|truth| truth.sd))
        };
        let (alone, beside) = (mean_sd(None), mean_sd(Some(1.0)));
        assert!(beside.1 > 2.0 * alone.1 && beside.0 < alone.0 && alone.0 < 1.0, "{alone:?} {beside:?}");
        let same = Differences::of(&[0.5; 3]).unwrap();
        assert!(Believed::of(&same, None).is_none() && Believed::of(&same, Some(0.1)).is_some());
    }
}
