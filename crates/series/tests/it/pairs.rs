//! Pairs of runs that never were, in which the truth is known, and how often what is said of them is false.

use vitals_series::{Answer, Looks, Noise, Outcome, Pair, Question, Together, Verdict, assurance, decide};

/// Noise of a difference, with standard deviation 1 where there is one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Normal,
    /// Student's t with three degrees of freedom.
    Heavy,
    /// Exponential around its mean.
    Lopsided,
}

pub struct Source {
    noise: Noise,
    kind: Kind,
}

impl Source {
    pub fn new(kind: Kind, seed: u64) -> Self {
        Self { noise: Noise::new(seed), kind }
    }

    pub fn draw(&mut self) -> f64 {
        match self.kind {
            Kind::Normal => self.normal(),
            Kind::Heavy => {
                let square: f64 = (0..3).map(|_| self.normal().powi(2)).sum();
                // √3 is the standard deviation of t with three degrees of freedom.
                self.normal() / (square / 3.0).sqrt() / 3.0_f64.sqrt()
            }
            Kind::Lopsided => -(1.0 - self.noise.uniform()).ln() - 1.0,
        }
    }

    /// Normal far out too (Box and Muller 1958): in the crate's sum of twelve uniforms, whose tails are light, the t test of eight
    /// pairs at .0031, one of sixteen, is wrong in .0032 (four million trials).
    fn normal(&mut self) -> f64 {
        let (length, turn) = (1.0 - self.noise.uniform(), self.noise.uniform());
        (-2.0 * length.ln()).sqrt() * (std::f64::consts::TAU * turn).cos()
    }

    pub fn uniform(&mut self) -> f64 {
        self.noise.uniform()
    }

    /// One more pair whose arm is better by `effect` standard deviations.
    pub fn pair(&mut self, seed: usize, effect: f64) -> Pair {
        Pair { seed: seed as u64, baseline: Outcome::Value(0.0), arm: Outcome::Value(effect + self.draw()) }
    }
}

pub fn question(smallest: Option<f64>, looks: &Looks) -> Question<'_> {
    Question { higher_is_better: true, smallest, looks, usual_sd: None, together: Together::Usual }
}

pub fn is_told(answer: &Answer) -> bool {
    matches!(answer.verdict, Verdict::Helps | Verdict::Hurts)
}

/// Adds pairs from `from` to `to` and looks after each; how many pairs there were when a difference was told.
pub fn watched(source: &mut Source, effect: f64, looks: &Looks, from: usize, to: usize) -> Option<usize> {
    let mut pairs: Vec<Pair> = (0..from - 1).map(|seed| source.pair(seed, effect)).collect();
    (from..=to).find(|n| {
        pairs.push(source.pair(*n, effect));
        is_told(&decide(std::slice::from_ref(&pairs), &question(None, looks))[0])
    })
}

/// Arms with `n` pairs each, the first with the effect; with the same seeds or each with its own.
pub fn family(source: &mut Source, arms: usize, n: usize, effect: f64, share_seeds: bool) -> Vec<Answer> {
    // A baseline is shared: half of the noise of each difference is that of its runs.
    let shared: Vec<f64> = (0..n).map(|_| source.draw()).collect();
    let arms: Vec<Vec<Pair>> = (0..arms)
        .map(|arm| {
            let effect = if arm == 0 { effect } else { 0.0 };
            let pair = |(seed, shared): (usize, &f64)| {
                let own = source.draw();
                let common = if share_seeds { *shared } else { source.draw() };
                let seed = (if share_seeds { seed } else { 100 * arm + seed }) as u64;
                let half = 0.5_f64.sqrt();
                Pair {
                    seed,
                    baseline: Outcome::Value(half * common),
                    arm: Outcome::Value(effect + half * own),
                }
            };
            shared.iter().enumerate().map(pair).collect()
        })
        .collect();
    decide(&arms, &question(None, &Looks::default()))
}

/// Of pairs without any difference but that part of the baseline's runs fails.
pub fn failing(source: &mut Source, n: usize, part: f64, smallest: f64) -> Answer {
    let pairs: Vec<Pair> = (0..n)
        .map(|seed| {
            let pair = source.pair(seed, 0.0);
            if source.uniform() < part { Pair { baseline: Outcome::Failed, ..pair } } else { pair }
        })
        .collect();
    decide(&[pairs], &question(Some(smallest), &Looks::default())).remove(0)
}

/// Three pairs with an effect in standard deviations, and the three that follow: the chance that was told, and whether there was a
/// verdict.
pub fn foretold(source: &mut Source, effect: f64, looks: &Looks, smallest: f64) -> (f64, bool) {
    let mut pairs: Vec<Pair> = (0..3).map(|seed| source.pair(seed, effect)).collect();
    let told = assurance(&pairs, 1, 3, &question(Some(smallest), looks)).unwrap_or(f64::NAN);
    pairs.extend((3..6).map(|seed| source.pair(seed, effect)));
    let then = decide(std::slice::from_ref(&pairs), &question(Some(smallest), looks)).remove(0);
    (told, then.verdict != Verdict::Undecided)
}
