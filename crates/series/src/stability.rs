//! How stable a run was, as one number that runs can be sorted by, or why there is none: what is too short or too seldom
//! evaluated to be compared with other runs gets no number. The formula stands here and nowhere else.

/// A run of fewer steps says too little: a true rate of one spike in 1,000 steps gives a score anywhere from .2 to 1.
const LEAST_STEPS: u64 = 300;
/// Evaluations further apart, in steps, miss dips that others see, and so do fewer queries, and fewer evaluations than twice
/// those that detection waits for. Within these bounds the same truth gives the same score within .05
/// (`cargo xtask bench detection`, figures `detection/score`).
const MOST_STEPS_APART: u64 = 100;
const FEWEST_EVALUATIONS: u64 = 12;
const FEWEST_QUERIES: u32 = 1_000;
/// Chance on each side of an interval.
const TAIL: f64 = 0.025;

/// What is counted of a run. Injected events are left out by the caller, but for a failure that lasts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Stability {
    pub steps: u64,
    pub spikes: u64,
    /// Stretches of values that are not finite.
    pub nonfinite: u64,
    /// Missing accuracy, as a fraction, times steps of all dips.
    pub dip_area: f64,
    /// It collapsed or diverged, or ended in values that are not finite.
    pub failed: bool,
    /// `None` where its accuracy was never evaluated.
    pub evaluated: Option<Evaluated>,
}

/// How accuracy was evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evaluated {
    pub times: u64,
    pub first_step: u64,
    pub last_step: u64,
    /// Images classified each time, where that is known.
    pub queries: Option<u32>,
}

/// Why a run has no score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoScore {
    /// It has fewer steps than `least`: too short to say.
    TooShort { least: u64 },
    /// Never evaluated, fewer than `times` times, or further than `apart` steps apart: not comparable.
    SeldomEvaluated { times: u64, apart: u64 },
    /// Evaluated on fewer than `least` images: not comparable.
    FewQueries { least: u32 },
}

/// Events per 1,000 steps, and what the rate may be where events come by chance: the exact interval of a Poisson mean (95 %;
/// Garwood, Biometrika 28, 1936).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    pub per_1000_steps: f64,
    pub low: f64,
    pub high: f64,
}

impl Stability {
    /// `1 / (1 + spikes per 1,000 steps + 10 · non-finite stretches per 1,000 steps + 100 · dip area / steps)`: 1 without
    /// any event, a half at one spike in 1,000 steps or one point of accuracy missing throughout, towards 0 with many. 0
    /// of a run that failed.
    ///
    /// # Errors
    /// Why the run has none.
    pub fn score(&self) -> Result<f64, NoScore> {
        if self.steps < LEAST_STEPS {
            return Err(NoScore::TooShort { least: LEAST_STEPS });
        }
        // Asked before how it was evaluated: a failure needs no accuracy to be told.
        if self.failed {
            return Ok(0.0);
        }
        if self.evaluated.is_none_or(|evaluated| evaluated.is_seldom()) {
            return Err(NoScore::SeldomEvaluated { times: FEWEST_EVALUATIONS, apart: MOST_STEPS_APART });
        }
        if self
            .evaluated
            .and_then(|evaluated| evaluated.queries)
            .is_some_and(|queries| queries < FEWEST_QUERIES)
        {
            return Err(NoScore::FewQueries { least: FEWEST_QUERIES });
        }
        let rate = |events: u64| 1e3 * events as f64 / self.steps as f64;
        let lost = rate(self.spikes) + 10.0 * rate(self.nonfinite) + 100.0 * self.dip_area_share();
        Ok(1.0 / (1.0 + lost))
    }

    /// How often it spiked.
    pub fn spike_rate(&self) -> Rate {
        let scale = 1e3 / self.steps.max(1) as f64;
        let (low, high) = poisson_interval(self.spikes);
        Rate { per_1000_steps: scale * self.spikes as f64, low: scale * low, high: scale * high }
    }

    /// The mean accuracy missing, as a fraction: the area of all dips over the steps of the run.
    pub fn dip_area_share(&self) -> f64 {
        self.dip_area / self.steps.max(1) as f64
    }
}

impl Evaluated {
    fn is_seldom(&self) -> bool {
        let span = self.last_step.saturating_sub(self.first_step);
        // N evaluations have N − 1 gaps between them; the first test leaves none below 12 for the subtraction.
        self.times < FEWEST_EVALUATIONS || span > MOST_STEPS_APART * (self.times - 1)
    }
}

/// Means of a Poisson distribution between which `count` is no surprise.
fn poisson_interval(count: u64) -> (f64, f64) {
    let bound = |is_low: &dyn Fn(f64) -> bool| {
        // The upper limit is 3.7 for no event and grows with count + 2·√count: it always lies inside this bracket.
        let (mut low, mut high) = (0.0, 10.0 + 2.0 * count as f64);
        // More halvings than a double has bits.
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if is_low(middle) { low = middle } else { high = middle }
        }
        low
    };
    // At least `count` events are all but at most `count − 1`; no event leaves no lower limit but 0.
    let low = count.checked_sub(1).map_or(0.0, |fewer| bound(&|mean| 1.0 - at_most(fewer, mean) < TAIL));
    (low, bound(&|mean| at_most(count, mean) > TAIL))
}

/// Chance of at most `count` events where `mean` are expected.
fn at_most(count: u64, mean: f64) -> f64 {
    // Terms as logarithms: powers of the mean and factorials overflow long before their quotient does.
    let mut log_term = -mean;
    let mut sum = log_term.exp();
    for events in 1..=count {
        log_term += mean.ln() - (events as f64).ln();
        sum += log_term.exp();
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFTEN: Option<Evaluated> =
        Some(Evaluated { times: 50, first_step: 20, last_step: 1000, queries: None });

    fn run(steps: u64) -> Stability {
        Stability { steps, evaluated: OFTEN, ..Stability::default() }
    }

    #[test]
    fn scores_by_hand() {
        assert_eq!(run(500).score(), Ok(1.0));
        assert_eq!(Stability { spikes: 2, ..run(2000) }.score(), Ok(0.5));
        assert_eq!(Stability { dip_area: 10.0, ..run(1000) }.score(), Ok(0.5));
        assert!(Stability { nonfinite: 1, ..run(1000) }.score().unwrap() < 0.1);
        assert!(Stability { nonfinite: 1, ..run(1_000_000) }.score().unwrap() > 0.98);
        assert_eq!(Stability { failed: true, evaluated: None, ..run(1000) }.score(), Ok(0.0));
    }

    #[test]
    fn what_cannot_be_compared_has_no_score() {
        assert_eq!(run(299).score(), Err(NoScore::TooShort { least: 300 }));
        let seldom = Err(NoScore::SeldomEvaluated { times: 12, apart: 100 });
        assert_eq!(Stability { evaluated: None, ..run(1000) }.score(), seldom);
        for (times, last_step, queries, told) in [
            (11, 1000, None, seldom),
            (12, 1121, None, seldom),
            (12, 1120, Some(1_000), Ok(1.0)),
            (12, 1120, Some(999), Err(NoScore::FewQueries { least: 1_000 })),
        ] {
            let evaluated = Some(Evaluated { times, first_step: 20, last_step, queries });
            assert_eq!(Stability { evaluated, ..run(2000) }.score(), told, "{times} {last_step}");
        }
    }

    /// Garwood's table.
    #[test]
    fn intervals_of_rates_are_exact() {
        for (count, low, high) in
            [(0, 0.0, 3.689), (1, 0.0253, 5.572), (5, 1.623, 11.668), (30, 20.241, 42.827)]
        {
            let rate = Stability { spikes: count, ..run(1000) }.spike_rate();
            assert!((rate.low - low).abs() < 1e-3 && (rate.high - high).abs() < 1e-3, "{count}: {rate:?}");
            assert_eq!(rate.per_1000_steps, count as f64);
        }
    }
}
