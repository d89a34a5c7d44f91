//! Two slow failures, causal and streaming. Collapse: the spread of the features falls to a small part of what it was
//! and stays there. Divergence: the loss climbs away from the best level that it has held, and stays away.

use serde::{Deserialize, Serialize};

use crate::robust::RobustBaseline;
use crate::smooth::RunningMedian;

/// The numbers of both rules.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelRule {
    /// Values of the trailing median that is called a level.
    pub window: usize,
    /// A collapse begins below this spread and below this part of the greatest level held.
    pub collapsed_below: f64,
    pub collapsed_part: f64,
    /// A divergence begins so many spreads of the noise, and this part of the level's own size, above the best.
    pub diverged_spreads: f64,
    pub diverged_part: f64,
    /// Values for which it must hold.
    pub persists: u64,
    /// No word before so many values.
    pub warm_up: u64,
}

impl LevelRule {
    /// Of `feature_std`: 1 is spread, 0 is collapse.
    pub(crate) const FEATURE_STD: Self = Self {
        window: 20,
        collapsed_below: 0.1,
        collapsed_part: 0.2,
        diverged_spreads: f64::INFINITY,
        diverged_part: 0.0,
        persists: 20,
        warm_up: 20,
    };
    /// Of the loss.
    pub(crate) const LOSS: Self = Self {
        window: 100,
        collapsed_below: f64::NEG_INFINITY,
        collapsed_part: 0.0,
        diverged_spreads: 8.0,
        diverged_part: 0.05,
        persists: 100,
        warm_up: 200,
    };
}

/// A stretch of steps at which a level was where it should not be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LevelEvent {
    pub onset: u64,
    /// Last step of it.
    pub end: u64,
    /// The level that it left.
    pub from: f64,
    /// The farthest level that it reached.
    pub to: f64,
}

/// Finds such stretches, one value after the other.
#[derive(Debug, Clone)]
pub(crate) struct LevelDetector {
    rule: LevelRule,
    level: RunningMedian,
    noise: RobustBaseline,
    seen: u64,
    greatest: f64,
    least: f64,
    /// Since when the condition holds, and for how many values.
    since: Option<(u64, u64)>,
    open: Option<LevelEvent>,
}

impl LevelDetector {
    pub fn new(rule: LevelRule) -> Self {
        Self {
            rule,
            level: RunningMedian::new(rule.window),
            noise: RobustBaseline::new(rule.window, 1e-6),
            seen: 0,
            greatest: f64::NEG_INFINITY,
            least: f64::INFINITY,
            since: None,
            open: None,
        }
    }

    pub fn open(&self) -> Option<&LevelEvent> {
        self.open.as_ref()
    }

    /// Adds a value; a non-finite one is ignored. Returns the stretch that it ends.
    pub fn push(&mut self, step: u64, value: f64) -> Option<LevelEvent> {
        if !value.is_finite() {
            return None;
        }
        self.level.push(value);
        self.seen += 1;
        let level = self.level.median().unwrap_or(value);
        if self.level.len() < self.rule.window || self.seen < self.rule.warm_up {
            self.noise.push(value - level);
            return None;
        }
        let spread = self.noise.scale().map_or(f64::INFINITY, |(_, spread)| spread);
        let rule = self.rule;
        let collapsed = level < rule.collapsed_below && level < rule.collapsed_part * self.greatest;
        let margin = (rule.diverged_spreads * spread).max(rule.diverged_part * self.least.abs());
        let diverged = level > self.least + margin;
        if collapsed || diverged {
            let (began, count) = self.since.get_or_insert((step, 0));
            *count += 1;
            if *count >= rule.persists {
                let from = if collapsed { self.greatest } else { self.least };
                let open = self.open.get_or_insert(LevelEvent { onset: *began, end: step, from, to: level });
                open.end = step;
                open.to = if collapsed { open.to.min(level) } else { open.to.max(level) };
            }
            return None;
        }
        self.since = None;
        self.noise.push(value - level);
        self.greatest = self.greatest.max(level);
        self.least = self.least.min(level);
        self.open.take()
    }

    pub fn finish(&mut self) -> Option<LevelEvent> {
        self.open.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(rule: LevelRule, values: impl Iterator<Item = f64>) -> Vec<LevelEvent> {
        let mut detector = LevelDetector::new(rule);
        let mut found: Vec<LevelEvent> =
            (0..).zip(values).filter_map(|(step, value)| detector.push(step, value)).collect();
        found.extend(detector.finish());
        found
    }

    fn wobble(step: u64) -> f64 {
        ((step * 7919) % 101) as f64 / 101.0 - 0.5
    }

    #[test]
    fn a_collapse_is_told_and_a_low_start_is_not() {
        let fallen = |step: u64| if step < 300 { 0.8 } else { 0.01 };
        let events = found(LevelRule::FEATURE_STD, (0..500).map(|s| fallen(s) + 0.01 * wobble(s)));
        assert_eq!(events.len(), 1, "{events:?}");
        assert!((300..330).contains(&events[0].onset) && events[0].end == 499);
        let rising = (0..500).map(|s| 0.02 + s as f64 / 1000.0);
        assert_eq!(found(LevelRule::FEATURE_STD, rising), []);
    }

    #[test]
    fn a_loss_that_climbs_away_is_told_and_a_falling_one_is_not() {
        let climbing = |s: u64| if s < 600 { 4.0 - s as f64 / 600.0 } else { 3.0 + (s - 600) as f64 / 300.0 };
        let events = found(LevelRule::LOSS, (0..1200).map(|s| climbing(s) + 0.1 * wobble(s)));
        assert_eq!(events.len(), 1, "{events:?}");
        assert!((620..900).contains(&events[0].onset), "{events:?}");
        let falling = (0..1200).map(|s| 4.0 - s as f64 / 600.0 + 0.1 * wobble(s));
        assert_eq!(found(LevelRule::LOSS, falling), []);
    }
}
