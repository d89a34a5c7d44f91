//! Two slow failures, causal and streaming. Collapse: the spread of the features lies at a small part of what it was, or has
//! never been more than that. Divergence: the loss steps up from the level that it held, and stays up. Both tell from where
//! on: a divergence's onset is looked for in the raw values, as a level that lags would tell it late.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::rise::{self, Noise};
use crate::robust::RobustBaseline;
use crate::smooth::RunningMedian;

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

/// Values of the running median whose greatest is the spread that was held.
const SPREAD_WINDOW: usize = 20;
/// Features this little spread have collapsed, where they were spread more than so many times as much before.
const COLLAPSED_BELOW: f64 = 0.1;
const COLLAPSED_PART: f64 = 0.2;
/// Features this little spread have collapsed though they were never spread more, unless they are spreading.
const COLLAPSED_FROM_THE_START: f64 = 0.05;
/// Growth, over the values that must tell, of features that are spreading.
const SPREADING: f64 = 1.5;
/// Steps for which values must tell, and the fewest and most values.
const COLLAPSED_FOR_STEPS: u64 = 20;
const COLLAPSED_FOR_VALUES: (u64, u64) = (3, 20);

/// Finds collapses in `feature_std`: 1 is spread, 0 is collapse.
#[derive(Debug, Clone)]
pub struct CollapseDetector {
    level: RunningMedian,
    greatest: f64,
    last: Option<u64>,
    /// First step and value of the low values that go on, and how many they are.
    since: Option<(u64, f64, u64)>,
    /// Values of other kind since a collapse's last.
    recovered: u64,
    open: Option<LevelEvent>,
}

impl Default for CollapseDetector {
    fn default() -> Self {
        Self {
            level: RunningMedian::new(SPREAD_WINDOW),
            greatest: f64::NEG_INFINITY,
            last: None,
            since: None,
            recovered: 0,
            open: None,
        }
    }
}

impl CollapseDetector {
    pub fn open(&self) -> Option<&LevelEvent> {
        self.open.as_ref()
    }

    /// Adds a value; a non-finite one is ignored. Returns the stretch that it ends.
    pub fn push(&mut self, step: u64, value: f64) -> Option<LevelEvent> {
        if !value.is_finite() {
            return None;
        }
        // A divisor below: the first value has no distance, and a step that comes twice has one of 0.
        let apart = self.last.replace(step).map_or(1, |last| step.saturating_sub(last).max(1));
        let (fewest, most) = COLLAPSED_FOR_VALUES;
        let needed = (COLLAPSED_FOR_STEPS / apart).clamp(fewest, most);
        let fell = value < COLLAPSED_BELOW && value < COLLAPSED_PART * self.greatest;
        let never_rose = value < COLLAPSED_FROM_THE_START
            && self.greatest < COLLAPSED_FROM_THE_START
            && self.since.is_none_or(|(_, first, _)| value < SPREADING * first);
        if !(fell || never_rose) {
            self.since = None;
            // Low values never get here, or a collapse would soon be its own normal.
            self.level.push(value);
            self.greatest = self.greatest.max(self.level.median().unwrap_or(value));
            self.recovered += 1;
            return if self.recovered >= fewest { self.open.take() } else { None };
        }
        self.recovered = 0;
        let (began, first, count) = self.since.map_or((step, value, 1), |(a, b, count)| (a, b, count + 1));
        self.since = Some((began, first, count));
        if let Some(open) = &mut self.open {
            (open.end, open.to) = (step, open.to.min(value));
        } else if count >= needed {
            // Features that never spread have no level to have left: their first low value stands for it.
            let from = if fell { self.greatest } else { first };
            self.open = Some(LevelEvent { onset: began, end: step, from, to: value.min(first) });
        }
        None
    }

    pub fn finish(&mut self) -> Option<LevelEvent> {
        self.open.take()
    }
}

/// Values that make the level of now, and before them the level that was held.
const NOW: usize = 30;
const HELD: usize = 100;
/// A loss has diverged this part of its own size above the level held, and so many spreads of the differences between the two
/// levels while nothing happened.
const DIVERGED_PART: f64 = 0.05;
const DIVERGED_SPREADS: f64 = 8.0;
/// Values for which it must have.
const DIVERGED_FOR: u64 = 60;
/// Differences that make their spread, and the fewest.
const DIFFERENCES: usize = 400;
const FEWEST_DIFFERENCES: usize = 40;
/// First rows this much less likely than the best are outside of the onset's interval, which nobody is told.
const RULED_OUT_NATS: f64 = 6.5;

/// Finds divergences of a loss.
#[derive(Debug, Clone)]
pub struct DivergenceDetector {
    /// The last values, as many as both levels take and the wait for an alarm.
    values: VecDeque<(u64, f64)>,
    now: RunningMedian,
    held: RunningMedian,
    differences: RobustBaseline,
    noise: RobustBaseline,
    /// The level held before it rose, the margin above it, and for how many values it has been passed.
    passed: Option<(f64, f64, u64)>,
    open: Option<LevelEvent>,
}

impl Default for DivergenceDetector {
    fn default() -> Self {
        Self {
            values: VecDeque::new(),
            now: RunningMedian::new(NOW),
            held: RunningMedian::new(HELD),
            differences: RobustBaseline::new(DIFFERENCES, 1e-9),
            noise: RobustBaseline::new(HELD, 1e-9),
            passed: None,
            open: None,
        }
    }
}

impl DivergenceDetector {
    pub fn open(&self) -> Option<&LevelEvent> {
        self.open.as_ref()
    }

    /// Adds a value; a non-finite one is ignored. Returns the stretch that it ends.
    pub fn push(&mut self, step: u64, value: f64) -> Option<LevelEvent> {
        if !value.is_finite() {
            return None;
        }
        if self.values.len() == HELD + NOW + DIVERGED_FOR as usize {
            self.values.pop_front();
        }
        self.values.push_back((step, value));
        self.now.push(value);
        let level = self.now.median().unwrap_or(value);
        // While the level is passed, its yardstick stands still: a jump's own residuals would widen its margin.
        if let Some((held, margin, count)) = &mut self.passed {
            // It has come back where it lies nearer to the level before than to what would be a divergence.
            if level <= *held + 0.5 * *margin {
                self.passed = None;
                return self.open.take();
            }
            *count += 1;
            let (held, count) = (*held, *count);
            match &mut self.open {
                Some(open) => (open.end, open.to) = (step, open.to.max(level)),
                None if count >= DIVERGED_FOR => self.open = Some(self.told(held, step, level)),
                None => {}
            }
            return None;
        }
        let held = self.held.median().filter(|_| self.held.len() >= HELD / 2);
        let Some(held) = held else {
            self.hold();
            return None;
        };
        let difference = level - held;
        let spread = self.differences.scale().filter(|_| self.differences.len() >= FEWEST_DIFFERENCES);
        if let Some((_, spread)) = spread {
            // A calm loss has spreads so small that any drift passes eight of them: hence a share of the level.
            let margin = (DIVERGED_SPREADS * spread).max(DIVERGED_PART * held.abs());
            if difference > margin {
                self.passed = Some((held, margin, 1));
                return None;
            }
        }
        self.differences.push(difference);
        self.noise.push(value - level);
        self.hold();
        None
    }

    /// The value that has left the level of now enters the level held.
    fn hold(&mut self) {
        // `NOW` values back, so that the two levels never share a value.
        if let Some(place) = self.values.len().checked_sub(NOW + 1) {
            self.held.push(self.values[place].1);
        }
    }

    /// The divergence, from where the raw values began to rise.
    fn told(&self, held: f64, step: u64, level: f64) -> LevelEvent {
        let values: Vec<f64> = self.values.iter().map(|(_, value)| *value).collect();
        let spread = self.noise.scale().map_or(held.abs(), |(_, spread)| spread);
        // A noiseless stretch has a spread of 0, and the fits divide by it.
        let rise = rise::rise(&values, Noise { spread: spread.max(1e-9), lag: 0.0 }, RULED_OUT_NATS);
        let onset = rise.map_or(step, |rise| self.values[rise.first].0);
        LevelEvent { onset, end: step, from: held, to: level }
    }

    pub fn finish(&mut self) -> Option<LevelEvent> {
        self.open.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequence::Noise as Random;

    fn collapses(values: impl Iterator<Item = (u64, f64)>) -> Vec<(u64, u64)> {
        let mut detector = CollapseDetector::default();
        let mut told = Vec::new();
        for (step, value) in values {
            let was_open = detector.open().is_some();
            detector.push(step, value);
            if let Some(open) = detector.open().filter(|_| !was_open) {
                told.push((open.onset, step));
            }
        }
        told
    }

    fn divergences(values: impl Iterator<Item = f64>) -> Vec<(u64, u64)> {
        let mut detector = DivergenceDetector::default();
        let mut told = Vec::new();
        for (step, value) in (0..).zip(values) {
            let was_open = detector.open().is_some();
            detector.push(step, value);
            if let Some(open) = detector.open().filter(|_| !was_open) {
                told.push((open.onset, step));
            }
        }
        told
    }

    /// Onset, and the step at which it is told.
    #[test]
    fn a_collapse_is_told_at_any_cadence_and_from_the_start_on() {
        let mut noise = Random::new(1);
        let mut at = |step: u64, fell: u64| {
            let level = if step < fell { 0.45 } else { 0.02 };
            level * (1.0 + 0.1 * noise.normal())
        };
        for (every, fell, told) in
            [(1, 300, 319), (10, 300, 320), (20, 300, 340), (100, 300, 500), (1, 5, 24)]
        {
            let found = collapses((0..400).map(|row| (row * every, at(row * every, fell))));
            assert_eq!(found, [(fell, told)], "every {every} from {fell}");
        }
        assert_eq!(collapses((0..200).map(|row| (row, at(row, 0)))), [(0, 19)]);
    }

    #[test]
    fn a_low_start_that_rises_is_no_collapse() {
        assert_eq!(collapses((0..500).map(|step| (step, 0.02 + step as f64 / 1000.0))), []);
        assert_eq!(collapses((0..500).map(|step| (step, if step < 200 { 0.45 } else { 0.12 }))), []);
    }

    #[test]
    fn a_loss_that_steps_up_or_climbs_away_is_told_with_its_onset() {
        let mut noise = Random::new(2);
        for (before, after) in [(3.0, 3.5), (3.0, 4.2), (3.0, 3.2), (0.01, 0.02)] {
            let mut random = || 0.0167 * before * noise.normal();
            let found =
                divergences((0..1500).map(|step| if step < 1000 { before } else { after } + random()));
            let [(onset, told)] = found[..] else { panic!("{before} {after}: {found:?}") };
            assert!(onset.abs_diff(1000) <= 20 && told <= 1120, "{before} {after}: {found:?}");
        }
        let climbing = |s: u64| if s < 600 { 4.0 - s as f64 / 600.0 } else { 3.0 + (s - 600) as f64 / 300.0 };
        let found = divergences((0..1200).map(|s| climbing(s) + 0.05 * noise.normal()));
        let [(onset, _)] = found[..] else { panic!("{found:?}") };
        assert!((580..720).contains(&onset), "{found:?}");
    }

    #[test]
    fn a_loss_that_falls_rises_slowly_or_wanders_has_not_diverged() {
        let mut noise = Random::new(3);
        assert_eq!(divergences((0..1200).map(|s| 4.0 - f64::from(s) / 600.0 + 0.1 * noise.normal())), []);
        // Contrast rises while the encoder gets better: half a nat over 1,700 steps.
        let slow = |s: i32| 4.0 + 0.5 * f64::from(s.clamp(300, 2000) - 300) / 1700.0;
        assert_eq!(divergences((0..3000).map(|s| slow(s) + 0.05 * noise.normal())), []);
        let mut wandering = 0.0;
        let found = divergences((0..20_000).map(|s| {
            wandering = 0.9 * wandering + 0.19_f64.sqrt() * noise.normal();
            4.3 - 1.5 * f64::from(s) / 20_000.0 + 0.05 * wandering
        }));
        assert_eq!(found, []);
    }

    #[test]
    fn a_divergence_that_comes_back_ends() {
        let mut noise = Random::new(4);
        let mut detector = DivergenceDetector::default();
        let level = |step: u64| if (500..800).contains(&step) { 4.0 } else { 3.0 };
        let ended: Vec<LevelEvent> =
            (0..1500).filter_map(|step| detector.push(step, level(step) + 0.05 * noise.normal())).collect();
        let [event] = ended[..] else { panic!("{ended:?}") };
        assert!(event.onset.abs_diff(500) <= 3 && event.end.abs_diff(800) <= 20, "{event:?}");
        assert!((event.from - 3.0).abs() < 0.05 && (event.to - 4.0).abs() < 0.05, "{event:?}");
        assert_eq!(detector.finish(), None);
    }
}
