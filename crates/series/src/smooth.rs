//! Smoothing and the running median, computed on raw values, so that a curve is the same at every zoom. Non-finite
//! values stay where they are and enter no average.

use std::collections::VecDeque;

/// Exponential moving average of `values` at ascending `steps` over a `length` in steps, without the bias of its start:
/// `m ← d·m + (1−d)·v` with `d = e^(−Δ/length)`, Δ the steps since the finite value before (at least 1, and 1 at the first),
/// divided by 1 − the product of all d. A length in steps and no weight a value: what is evaluated every 20 steps lags no
/// further behind than what is recorded at each, and is smoothed by the same hand. 0, or what is not finite, smooths nothing. A
/// non-finite value is copied, and the average goes on behind it. Same length as `values`.
pub fn smooth_ema(steps: &[u64], values: &[f64], length: f64) -> Vec<f64> {
    if !(length.is_finite() && length > 0.0) {
        return values.to_vec();
    }
    let (mut average, mut remaining) = (0.0, 1.0);
    let mut before = None;
    // Steps are nearly always as far apart as those before, and an exponential takes longer than all else.
    let mut known = (0, 1.0);
    steps
        .iter()
        .zip(values)
        .map(|(&step, &value)| {
            if !value.is_finite() {
                return value;
            }
            let distance = before.map_or(1, |before| step.saturating_sub(before).max(1));
            before = Some(step);
            if distance != known.0 {
                known = (distance, (-(distance as f64) / length).exp());
            }
            let decay = known.1;
            average = decay * average + (1.0 - decay) * value;
            remaining *= decay;
            average / (1.0 - remaining)
        })
        .collect()
}

/// Median of the last `window` finite values.
#[derive(Debug, Clone)]
pub(crate) struct RunningMedian {
    window: usize,
    arrived: VecDeque<f64>,
    sorted: Vec<f64>,
}

impl RunningMedian {
    /// `window` of 0 counts as 1.
    pub fn new(window: usize) -> Self {
        Self { window: window.max(1), arrived: VecDeque::new(), sorted: Vec::new() }
    }

    /// The values, oldest first.
    pub fn arrived(&self) -> impl Iterator<Item = f64> {
        self.arrived.iter().copied()
    }

    /// Adds a value; a non-finite one is ignored.
    pub fn push(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        let oldest = if self.arrived.len() == self.window { self.arrived.pop_front() } else { None };
        self.arrived.push_back(value);
        let place = |of: f64| self.sorted.partition_point(|&other| other < of);
        let to = place(value);
        match oldest.map(place) {
            // What lies between the value that leaves and the one that comes moves by one.
            Some(from) if from < to => {
                // `to` was counted with the leaving value still in place, so the new one stands one lower.
                self.sorted.copy_within(from + 1..to, from);
                self.sorted[to - 1] = value;
            }
            Some(from) => {
                self.sorted.copy_within(to..from, to + 1);
                self.sorted[to] = value;
            }
            None => self.sorted.insert(to, value),
        }
    }

    /// Forgets all values.
    pub fn clear(&mut self) {
        self.arrived.clear();
        self.sorted.clear();
    }

    /// Values in the window.
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// The mean of the two middle values when their number is even; `None` before the first.
    pub fn median(&self) -> Option<f64> {
        median_of_sorted(&self.sorted)
    }

    /// A value over the median: 1 where they are equal, also where both are 0; a non-finite value stays as it is.
    pub fn relative(&self, value: f64) -> f64 {
        match self.median() {
            Some(median) if value == median => 1.0,
            Some(median) if value.is_finite() => value / median,
            _ => value,
        }
    }

    /// The window's values, ascending.
    pub fn sorted(&self) -> &[f64] {
        &self.sorted
    }
}

/// Of values in any order; `None` where there is none.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    median_of_sorted(&values)
}

/// The median of three values, which no single outlier moves far.
pub(crate) fn median_of_three(a: f64, b: f64, c: f64) -> f64 {
    a.max(b).min(a.min(b).max(c))
}

pub(crate) fn median_of_sorted(sorted: &[f64]) -> Option<f64> {
    let half = sorted.len() / 2;
    let upper = *sorted.get(half)?;
    // Halved before they are added: the sum of two very large values would be infinite.
    Some(if sorted.len() % 2 == 1 { upper } else { sorted[half - 1] / 2.0 + upper / 2.0 })
}

/// Each value over the median of the last `window` finite values up to and with itself; at the beginning of what is
/// there. A value equal to its median is 1, also where both are 0. Non-finite values are copied. Same length.
pub fn relative_to_running_median(values: &[f64], window: usize) -> Vec<f64> {
    let mut running = RunningMedian::new(window);
    values
        .iter()
        .map(|&value| {
            running.push(value);
            running.relative(value)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sequence::Noise;

    /// The length over which half is forgotten in a step.
    const HALF: f64 = 1.0 / std::f64::consts::LN_2;

    #[test]
    fn ema_in_closed_form() {
        let values = [1.0, 2.0, f64::NAN, 4.0];
        let smooth = smooth_ema(&[0, 1, 2, 3], &values, HALF);
        assert_eq!(smooth[0], 1.0);
        assert!((smooth[1] - (0.25 + 1.0) / 0.75).abs() < 1e-15);
        assert!(smooth[2].is_nan());
        assert!((smooth[3] - (0.25 * 1.25 + 0.75 * 4.0) / 0.9375).abs() < 1e-15);
        // A step that comes twice counts like any other.
        assert!((smooth_ema(&[0, 0], &values, HALF)[1] - smooth[1]).abs() < 1e-15);
        assert_eq!(smooth_ema(&[0, 0, 1], &[1.0, 3.0, 5.0], 0.0), [1.0, 3.0, 5.0]);
        let steps: Vec<u64> = (0..500).map(|row| row * row).collect();
        assert!(smooth_ema(&steps, &vec![7.0; 500], 100.0).iter().all(|v| (v - 7.0).abs() < 1e-12));
    }

    /// A line that rises by 1 a step lags by nearly the length where it is recorded at each, and by no more where it is
    /// recorded seldom.
    #[test]
    fn a_series_lags_by_steps_and_not_by_values() {
        let lag = |apart: u64| {
            let steps: Vec<u64> = (0..2_000).step_by(apart as usize).collect();
            let values: Vec<f64> = steps.iter().map(|&step| step as f64).collect();
            values[values.len() - 1] - smooth_ema(&steps, &values, 50.0)[values.len() - 1]
        };
        assert!((49.0..50.0).contains(&lag(1)), "{}", lag(1));
        assert!((2..100).all(|apart| lag(apart) < lag(1)), "{} {}", lag(2), lag(20));
    }

    /// What is recorded every 20 steps is smoothed too: of its noise √((1−d)/(1+d)) is left, with d = e^(−20/50).
    #[test]
    fn what_is_recorded_seldom_is_smoothed_too() {
        let mut noise = Noise::new(1);
        let steps: Vec<u64> = (0..20_000).map(|row| 20 * row).collect();
        let values: Vec<f64> = steps.iter().map(|_| noise.normal()).collect();
        let smooth = smooth_ema(&steps, &values, 50.0);
        let left = (smooth.iter().map(|value| value * value).sum::<f64>() / 20_000.0).sqrt();
        assert!((left - 0.444).abs() < 0.01, "{left}");
    }

    #[test]
    fn a_one_step_spike_stands_out() {
        let mut values = vec![2.0; 300];
        values[200] = 26.0;
        let relative = relative_to_running_median(&values, 100);
        assert_eq!(relative[200], 13.0);
        assert!(relative.iter().enumerate().all(|(place, &v)| place == 200 || v == 1.0));
        assert_eq!(relative_to_running_median(&[0.0, 0.0], 100), [1.0, 1.0]);
    }

    proptest! {
        #[test]
        fn running_median_equals_sorting(
            values in prop::collection::vec(prop_oneof![4 => -10.0..10.0_f64, 1 => Just(1.0), 1 => Just(f64::NAN)], 0..200),
            window in 1_usize..20,
        ) {
            let mut running = RunningMedian::new(window);
            let mut finite = Vec::new();
            for &value in &values {
                running.push(value);
                finite.extend(value.is_finite().then_some(value));
                let mut last: Vec<f64> = finite.iter().rev().take(window).copied().collect();
                last.sort_by(f64::total_cmp);
                let half = last.len() / 2;
                let expected = match last.len() {
                    0 => None,
                    n if n % 2 == 1 => Some(last[half]),
                    _ => Some(last[half - 1] / 2.0 + last[half] / 2.0),
                };
                prop_assert_eq!(running.median(), expected);
            }
        }
    }
}
