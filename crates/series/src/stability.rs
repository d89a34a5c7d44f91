//! How stable a run was, as one number that runs can be sorted by. The formula stands here and nowhere else.

/// What the score is made of. Injected events are left out by the caller.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Stability {
    pub spikes_per_1000_steps: f64,
    /// Missing accuracy times steps of all dips, over the steps of the run: the mean accuracy missing.
    pub dip_area_share: f64,
    pub nonfinite: u64,
}

impl Stability {
    /// Of a run of `steps` steps.
    pub fn of(steps: u64, spikes: u64, dip_area: f64, nonfinite: u64) -> Self {
        let steps = steps.max(1) as f64;
        Self {
            spikes_per_1000_steps: 1e3 * spikes as f64 / steps,
            dip_area_share: dip_area / steps,
            nonfinite,
        }
    }

    /// `1 / (1 + spikes per 1,000 steps + 100 · dip area / steps + 10 · non-finite events)`: 1 without any event, a half
    /// at one spike in 1,000 steps or one point of accuracy missing throughout, towards 0 with many.
    pub fn score(&self) -> f64 {
        1.0 / (1.0 + self.spikes_per_1000_steps + 100.0 * self.dip_area_share + 10.0 * self.nonfinite as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_by_hand() {
        assert_eq!(Stability::of(500, 0, 0.0, 0).score(), 1.0);
        assert_eq!(Stability::of(2000, 2, 0.0, 0).score(), 0.5);
        assert_eq!(Stability::of(1000, 0, 10.0, 0).score(), 0.5);
        assert!(Stability::of(1000, 0, 0.0, 1).score() < 0.1);
    }
}
