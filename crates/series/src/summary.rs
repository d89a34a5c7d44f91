//! What is kept of neighbouring values: enough to draw them without hiding an extreme or a non-finite value.

use serde::{Deserialize, Serialize};

/// A summary of consecutive values of one series. Merging neighbours gives the summary of the whole, exactly, but for
/// the rounding of `sum`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Values, finite or not.
    pub count: u64,
    /// Those of them that are NaN or ±inf.
    pub nonfinite: u64,
    /// Smallest finite value; +inf when there is none.
    pub min: f64,
    /// Largest finite value; −inf when there is none.
    pub max: f64,
    /// Sum of the finite values.
    pub sum: f64,
    /// The first value, finite or not; NaN when `count` is 0.
    pub first: f64,
    /// The last value, finite or not; NaN when `count` is 0.
    pub last: f64,
    pub first_step: u64,
    pub last_step: u64,
}

impl Summary {
    /// Of no value.
    pub const EMPTY: Self = Self {
        count: 0,
        nonfinite: 0,
        min: f64::INFINITY,
        max: f64::NEG_INFINITY,
        sum: 0.0,
        first: f64::NAN,
        last: f64::NAN,
        first_step: 0,
        last_step: 0,
    };

    /// Of these values. The slices are equally long.
    pub fn of(steps: &[u64], values: &[f64]) -> Self {
        let mut summary = Self::EMPTY;
        for (&step, &value) in steps.iter().zip(values) {
            summary.push(step, value);
        }
        summary
    }

    /// Adds the next value.
    pub fn push(&mut self, step: u64, value: f64) {
        if self.count == 0 {
            self.first = value;
            self.first_step = step;
        }
        self.last = value;
        self.last_step = step;
        self.count += 1;
        if value.is_finite() {
            self.min = self.min.min(value);
            self.max = self.max.max(value);
            self.sum += value;
        } else {
            self.nonfinite += 1;
        }
    }

    /// Adds the summary of the values that follow.
    pub fn merge(&mut self, next: &Self) {
        if next.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = *next;
            return;
        }
        self.count += next.count;
        self.nonfinite += next.nonfinite;
        self.min = self.min.min(next.min);
        self.max = self.max.max(next.max);
        self.sum += next.sum;
        self.last = next.last;
        self.last_step = next.last_step;
    }

    /// Adds the summary of other values, whichever steps are theirs; of equal steps, those of `self` come first.
    pub(crate) fn merge_any(&mut self, other: &Self) {
        // Asked before `merge`, which takes the other's last value for the later one.
        let (mine, before) = (*self, other.count > 0 && self.count > 0 && other.first_step < self.first_step);
        let after = other.last_step >= self.last_step;
        self.merge(other);
        if before {
            (self.first, self.first_step) = (other.first, other.first_step);
        }
        if mine.count > 0 && !after {
            (self.last, self.last_step) = (mine.last, mine.last_step);
        }
    }

    /// Finite values.
    pub fn finite(&self) -> u64 {
        self.count - self.nonfinite
    }

    /// Mean of the finite values, always within `min..=max`; NaN when there is none.
    pub fn mean(&self) -> f64 {
        if self.finite() == 0 {
            return f64::NAN;
        }
        let mean = self.sum / self.finite() as f64;
        // Rounding may carry a mean past its extremes, and the sum of large values may be infinite.
        if mean.is_finite() { mean.clamp(self.min, self.max) } else { self.min / 2.0 + self.max / 2.0 }
    }
}
