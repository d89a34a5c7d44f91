//! Who moved first: delays of layers behind a reference layer, in one event and over many. An onset is known to an
//! interval of steps, and a difference of two steps or less is never called an order.

use serde::{Deserialize, Serialize};

/// Differences up to this many steps are no order.
const LEAST_ORDER_STEPS: i64 = 2;
/// Events that a median delay takes: its bootstrap interval (95 %) covers the truth in .52 of trials with two events, in .74
/// with three, and in more than .92 from here on, as `a_median_of_few_events_is_not_told` measures.
const LEAST_EVENTS: usize = 6;
/// Resamples of the bootstrap, and the part of them outside of the interval on each side.
const RESAMPLES: usize = 1_000;
const TAIL: f64 = 0.025;

/// One layer's onset, with the first and last step at which it may have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Onset {
    pub step: u64,
    pub low: u64,
    pub high: u64,
}

/// Steps behind the reference; negative: before it. The interval holds what the onsets allow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delay {
    pub steps: f64,
    pub low: f64,
    pub high: f64,
}

impl Delay {
    /// Whether the whole interval lies beyond [`LEAST_ORDER_STEPS`] on one side.
    pub fn is_ordered(&self) -> bool {
        self.is_later() || self.is_earlier()
    }

    fn is_later(&self) -> bool {
        self.low > LEAST_ORDER_STEPS as f64
    }

    fn is_earlier(&self) -> bool {
        self.high < -(LEAST_ORDER_STEPS as f64)
    }
}

/// What the delays of one event say of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    First,
    Later,
    Together,
}

/// How far `onset` lies behind `reference`. Noise of two layers does not conspire: where both onsets are uncertain, their
/// errors add as squares.
pub fn delay(reference: Onset, onset: Onset) -> Delay {
    let difference = |a: u64, b: u64| a as f64 - b as f64;
    let steps = difference(onset.step, reference.step);
    Delay {
        steps,
        // The shortest delay has the earliest onset behind the latest reference, the longest the reverse.
        low: steps - difference(onset.step, onset.low).hypot(difference(reference.high, reference.step)),
        high: steps + difference(onset.high, onset.step).hypot(difference(reference.step, reference.low)),
    }
}

/// The reference is first when every other layer is later, later when any is earlier.
pub fn order(delays: &[Delay]) -> Order {
    if delays.iter().any(Delay::is_earlier) {
        Order::Later
    } else if !delays.is_empty() && delays.iter().all(Delay::is_later) {
        Order::First
    } else {
        Order::Together
    }
}

/// Probability of at least `found` of `trials` where each has `chance`: the upper tail of the binomial distribution.
pub fn at_least_by_chance(found: u64, trials: u64, chance: f64) -> f64 {
    if found == 0 {
        return 1.0;
    }
    if chance <= 0.0 || found > trials {
        return 0.0;
    }
    if chance >= 1.0 {
        return 1.0;
    }
    let mut log_choose = 0.0;
    let mut tail = 0.0;
    for k in 0..=trials {
        if k > 0 {
            // C(n, k) = C(n, k − 1) · (n − k + 1) / k, as logarithms since large coefficients overflow.
            log_choose += ((trials - k + 1) as f64).ln() - (k as f64).ln();
        }
        if k >= found {
            tail += (log_choose + k as f64 * chance.ln() + (trials - k) as f64 * (1.0 - chance).ln()).exp();
        }
    }
    tail.min(1.0)
}

/// Median delay in steps over events, one value an event, with its percentile bootstrap interval (95 %; Efron 1979); `None`
/// below six events. The resamples are a fixed sequence, so the same values give the same interval.
pub fn bootstrap_median(values: &[f64]) -> Option<Delay> {
    if values.len() < LEAST_EVENTS {
        return None;
    }
    // Any number but 0, which xorshift never leaves.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut medians: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            median((0..values.len()).map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                // A remainder favours small places by len / 2⁶⁴, which a thousand resamples cannot show.
                values[(state % values.len() as u64) as usize]
            }))
        })
        .collect();
    medians.sort_by(f64::total_cmp);
    let at = |part: f64| medians[((RESAMPLES - 1) as f64 * part).round() as usize];
    Some(Delay { steps: median(values.iter().copied()), low: at(TAIL), high: at(1.0 - TAIL) })
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    crate::smooth::median(values.collect()).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequence::Noise;

    fn onset(step: u64, low: u64, high: u64) -> Onset {
        Onset { step, low, high }
    }

    #[test]
    fn two_steps_are_no_order_and_three_are() {
        let reference = onset(100, 100, 100);
        let behind = |steps: u64| delay(reference, onset(100 + steps, 100 + steps, 100 + steps));
        assert_eq!(order(&[behind(2)]), Order::Together);
        assert_eq!(order(&[behind(3), behind(7)]), Order::First);
        assert_eq!(order(&[behind(3), behind(1)]), Order::Together);
        let before = delay(reference, onset(95, 95, 95));
        assert_eq!(order(&[behind(9), before]), Order::Later);
        assert_eq!(order(&[]), Order::Together);
    }

    #[test]
    fn an_interval_that_reaches_over_two_steps_is_no_order() {
        let found = delay(onset(100, 98, 100), onset(104, 102, 104));
        assert_eq!(found, Delay { steps: 4.0, low: 2.0, high: 6.0 });
        assert!(!found.is_ordered());
        let found = delay(onset(100, 97, 103), onset(120, 116, 124));
        assert_eq!(found, Delay { steps: 20.0, low: 15.0, high: 25.0 });
    }

    #[test]
    fn binomial_tails_by_hand() {
        assert!((at_least_by_chance(1, 1, 0.25) - 0.25).abs() < 1e-12);
        assert!((at_least_by_chance(2, 3, 0.5) - 0.5).abs() < 1e-12);
        assert_eq!(at_least_by_chance(0, 9, 0.1), 1.0);
    }

    #[test]
    fn an_interval_holds_the_median_and_is_the_same_each_time() {
        let values = [4.0, 5.0, 5.0, 6.0, 9.0, 5.0];
        let found = bootstrap_median(&values).unwrap();
        assert!(found.low <= found.steps && found.steps <= found.high && found.steps == 5.0);
        assert_eq!(bootstrap_median(&values), Some(found));
        assert_eq!(bootstrap_median(&values[1..]), None);
    }

    /// Two events would be called an order in one of five trials without any.
    #[test]
    fn a_median_of_few_events_is_not_told() {
        let mut noise = Noise::new(1);
        for events in [LEAST_EVENTS, 8, 20] {
            let (mut held, mut ordered) = (0, 0);
            for _ in 0..400 {
                let delays: Vec<f64> = (0..events).map(|_| 4.0 * noise.normal()).collect();
                let found = bootstrap_median(&delays).unwrap();
                held += i32::from(found.low <= 0.0 && 0.0 <= found.high);
                ordered += i32::from(found.is_ordered());
            }
            assert!(held >= 364 && ordered <= 8, "{events}: {held} {ordered}");
        }
    }
}
