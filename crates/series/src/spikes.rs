//! Gradient spikes: causal, streaming, deterministic. Three things open an event, each of one sign:
//!
//! - the norm of a layer lies off the level of its calm rows for so long, or so far, that the run's own noise does not
//!   explain it ([`crate::tails`]: heavy tails and rows that remember each other make evidence weaker);
//! - so do several layers together. How far off the layers lie together in calm rows is a series of its own, with a noise
//!   of its own, so that layers which always move together are not taken for witnesses;
//! - the norm of all layers is ten times its median of the last hundred rows, in whatever noise: spikes that come back
//!   faster than a level can be found between them are found by this.
//!
//! An event gathers what follows for eighty steps, as last layers may follow first ones by tens of steps, and goes on until
//! its layers have fallen back. At its opening and while it lasts every layer is searched for its own onset from sixty steps
//! before ([`crate::rise`]), with the level and noise from before that; a layer belongs to the event where the rise is far
//! likelier than none. Rows behind an event's opening enter no level.

use serde::{Deserialize, Serialize};

use crate::rise::{self, Noise};
use crate::robust::RobustBaseline;
use crate::smooth::{RunningMedian, median_of_three};
use crate::tails::Tails;
use crate::yardstick::{Evidence, Row, Yardstick};

/// Version of the rules of this crate: events of another version are computed again.
pub const DETECTION_VERSION: u32 = 6;

/// The numbers of the rule.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SpikeRule {
    /// Calm rows that make a level and its spread.
    pub window: usize,
    /// No event before so many.
    pub warm_up: usize,
    /// Spread of log norms that is always taken for granted.
    pub least_spread: f64,
    /// Evidence for an event in nats: of one layer of a dozen, of the layers together.
    pub layer_nats: f64,
    pub agreement_nats: f64,
    /// Deviation of a single row, in spreads, that opens an event: of one layer, of the layers together.
    pub single_row: f64,
    pub single_row_agreement: f64,
    /// What such a row must be worth in nats.
    pub single_row_nats: f64,
    /// The norm of all layers over its running median that is a spike in whatever noise.
    pub times_median: f64,
    /// Steps before an event's opening in which onsets are looked for.
    pub look_back: u64,
    /// Steps that an event goes on at least, to gather what follows, and at most.
    pub gathers: u64,
    pub longest: u64,
    /// Part of its height that a layer must have lost, in log norm, to have fallen back.
    pub fallen: f64,
    /// Rows in which the layers have fallen back that end an event.
    pub together: u64,
    /// How much likelier a layer's rise must be than none, in nats, for one layer of a dozen to belong to an event.
    pub member_nats: f64,
    /// First rows this much less likely than the best are outside of an onset's interval.
    pub ruled_out_nats: f64,
}

impl Default for SpikeRule {
    fn default() -> Self {
        Self {
            window: 100,
            warm_up: 50,
            least_spread: 0.02,
            layer_nats: 22.0,
            agreement_nats: 15.0,
            single_row: 10.0,
            single_row_agreement: 7.0,
            single_row_nats: 15.0,
            times_median: 10.0,
            look_back: 60,
            gathers: 80,
            longest: 200,
            fallen: 0.5,
            together: 3,
            member_nats: 16.0,
            ruled_out_nats: 6.5,
        }
    }
}

/// Layers among which a rule's evidence for one of them is meant.
const DOZEN: f64 = 12.0;
/// Deviation that several layers must have before their agreement counts, in spreads.
const AGREE_FROM: f64 = 2.0;
/// The same where a single row opens an event.
const AGREE_FROM_SINGLE_ROW: f64 = 5.0;
/// Spread of the agreement that is always taken for granted, in spreads of a layer.
const LEAST_AGREEMENT_SPREAD: f64 = 0.15;
/// Rows between two looks at the tails of the noise.
const SETTLE_EVERY: u64 = 32;

/// One layer's part in an event.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LayerSpike {
    /// Place in the norms pushed.
    pub layer: usize,
    /// The likeliest first step of the jump.
    pub onset: u64,
    /// First and last step that the layer's noise allows for it.
    pub onset_low: u64,
    pub onset_high: u64,
    /// Where the log norm lies furthest off its level.
    pub peak_step: u64,
    /// How far, in the spread of its calm rows; negative where the norm fell.
    pub peak_z: f64,
}

/// A spike: what one layer or several did together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpikeEvent {
    pub onset: u64,
    pub peak_step: u64,
    pub peak_z: f64,
    /// Last step before the layers had fallen back.
    pub end: u64,
    /// By onset, then by layer. Differences of 2 steps or less are no order.
    pub layers: Vec<LayerSpike>,
}

/// The event that goes on.
#[derive(Debug, Clone)]
struct Open {
    event: SpikeEvent,
    /// 1 upwards, −1 downwards.
    sign: f64,
    opened: u64,
    /// First step of the look back.
    from: u64,
    rows: u64,
    fallen_rows: u64,
    /// What each layer of the event must lie beyond to be off its level still: log norm times sign.
    bounds: Vec<(usize, f64)>,
}

/// How far off the layers lie together, upwards or downwards.
#[derive(Debug, Clone)]
struct Agreement {
    baseline: RobustBaseline,
    tails: Tails,
    evidence: Evidence,
}

/// Finds spikes in the norms of all layers, one step after the other.
#[derive(Debug, Clone)]
pub struct SpikeDetector {
    rule: SpikeRule,
    layers: Vec<Yardstick>,
    tails: Tails,
    agreements: [Agreement; 2],
    total: RunningMedian,
    rows: u64,
    open: Option<Open>,
    /// No onset lies before: an event ended there.
    fence: u64,
    deviations: Vec<f64>,
}

impl SpikeDetector {
    pub fn new(layers: usize, rule: SpikeRule) -> Self {
        let agreement = || Agreement {
            baseline: RobustBaseline::new(2 * rule.window, LEAST_AGREEMENT_SPREAD),
            tails: Tails::new(2.0 * rule.window as f64, 2e4),
            evidence: Evidence::default(),
        };
        let mut detector = Self {
            rule,
            layers: Vec::new(),
            tails: Tails::new(600.0, 1e5),
            agreements: [agreement(), agreement()],
            total: RunningMedian::new(rule.window),
            rows: 0,
            open: None,
            fence: 0,
            deviations: Vec::new(),
        };
        detector.grow_to(layers);
        detector
    }

    /// Takes note of further layers, which come behind those known.
    pub fn grow_to(&mut self, layers: usize) {
        let rule = self.rule;
        let layer = || Yardstick::new(rule.window, rule.least_spread);
        self.layers.resize_with(layers.max(self.layers.len()), layer);
    }

    /// The event that is going on, as far as it is known.
    pub fn open(&self) -> Option<&SpikeEvent> {
        self.open.as_ref().map(|open| &open.event)
    }

    /// Adds the norms of one step, one per layer; a norm that is not finite and positive counts as not measured. Returns
    /// the event that this step has ended.
    pub fn push(&mut self, step: u64, norms: &[f64]) -> Option<SpikeEvent> {
        self.rows += 1;
        let usable = |norm: &f64| norm.is_finite() && *norm > 0.0;
        // Squares add over layers, which share no weight: this is the norm of the whole gradient.
        let total = norms.iter().filter(|norm| usable(norm)).map(|norm| norm * norm).sum::<f64>().sqrt();
        for (layer, norm) in self.layers.iter_mut().zip(norms).filter(|(_, norm)| usable(norm)) {
            layer.keep(Row { step, log_norm: norm.ln() });
        }
        let ended = match self.open.take() {
            Some(open) => self.go_on(open, step),
            None => {
                let sign = self.alarm(step, total);
                if let Some(sign) = sign {
                    self.begin(step, sign);
                }
                None
            }
        };
        // After the alarm: a row may not raise the median that it is compared with.
        if total > 0.0 {
            self.total.push(total);
        }
        ended
    }

    /// The event that the end of the series ends.
    pub fn finish(&mut self) -> Option<SpikeEvent> {
        let mut open = self.open.take()?;
        self.look(&mut open);
        Some(open.event)
    }

    /// Measures a calm row against the rows before it, and adds it to them. The sign of the event that it opens.
    fn alarm(&mut self, step: u64, total: f64) -> Option<f64> {
        let rule = self.rule;
        let mut found = None;
        let chances = self.chances();
        self.deviations.clear();
        for layer in &mut self.layers {
            let Some(row) = layer.rows().back().copied().filter(|row| row.step == step) else { continue };
            if let Some((level, spread)) = layer.scale(rule.warm_up) {
                let deviation = (row.log_norm - level) / spread;
                self.deviations.push(deviation);
                // Before the evidence takes this row in, while its last deviation is still that of the row before.
                self.tails.push(deviation, layer.evidence.last());
                let nats = layer.evidence.push(deviation, &self.tails);
                // Ten spreads are cheap under heavy tails: the row has to be worth enough nats as well.
                let single = deviation.abs() > rule.single_row
                    && self.tails.nats(deviation) > rule.single_row_nats + chances;
                let lasting = nats.into_iter().any(|nats| nats > rule.layer_nats + chances);
                if single || lasting {
                    found = found.or(Some(deviation.signum()));
                }
            }
            // Added behind its own measurement: no row is a part of the level it is judged by.
            layer.calm(row.log_norm);
        }
        found = found.or_else(|| self.agreement());
        if self.rows.is_multiple_of(SETTLE_EVERY) {
            self.tails.settle();
            self.agreements.iter_mut().for_each(|agreement| agreement.tails.settle());
        }
        let median = self.total.median().filter(|_| self.total.len() >= rule.warm_up);
        found.or(median.filter(|median| total > rule.times_median * median).map(|_| 1.0))
    }

    /// Whether the layers' deviations of this row tell of an event together.
    fn agreement(&mut self) -> Option<f64> {
        let rule = self.rule;
        let quorum = self.quorum();
        // Where fewer than half of the layers were recorded, a quorum among those few says little of the whole.
        if self.deviations.len() < quorum.max(self.layers.len().div_ceil(2)) {
            return None;
        }
        let count = self.deviations.len();
        let mut found = None;
        // The quorum-th largest deviation upwards, the quorum-th smallest downwards: a quorum lies at least so far off.
        for (agreement, (sign, place)) in
            self.agreements.iter_mut().zip([(1.0, count - quorum), (-1.0, quorum - 1)])
        {
            let off = sign * *self.deviations.select_nth_unstable_by(place, f64::total_cmp).1;
            if let Some((level, spread)) =
                agreement.baseline.scale().filter(|_| agreement.baseline.len() >= rule.warm_up)
            {
                let deviation = (off - level) / spread;
                agreement.tails.push(deviation, agreement.evidence.last());
                // Layers that lie on their levels agree about nothing, however rare that is.
                let counted = if off > AGREE_FROM { deviation } else { deviation.min(0.0) };
                let [nats, _] = agreement.evidence.push(counted, &agreement.tails);
                let single = off > AGREE_FROM_SINGLE_ROW
                    && deviation > rule.single_row_agreement
                    && agreement.tails.nats(deviation) > rule.single_row_nats;
                if single || nats > rule.agreement_nats {
                    found = found.or(Some(sign));
                }
            }
            agreement.baseline.push(off);
        }
        found
    }

    /// Further evidence in nats that one layer needs among many: what it does by chance must be as rare as in a dozen.
    fn chances(&self) -> f64 {
        // A union bound: n layers err n / 12 times as often as a dozen, and nats are logarithms of such factors.
        (self.layers.len() as f64 / DOZEN).max(1.0).ln()
    }

    /// How many layers must lie off their levels to agree: a fifth of them, at least two and at most twelve.
    fn quorum(&self) -> usize {
        self.layers.len().div_ceil(5).clamp(2, 12)
    }

    /// Opens an event where some layer shows a rise of its own.
    fn begin(&mut self, step: u64, sign: f64) {
        let event = SpikeEvent { onset: step, peak_step: step, peak_z: 0.0, end: step, layers: Vec::new() };
        let from = step.saturating_sub(self.rule.look_back).max(self.fence);
        let mut open = Open { event, sign, opened: step, from, rows: 0, fallen_rows: 0, bounds: Vec::new() };
        self.look(&mut open);
        self.layers.iter_mut().for_each(|layer| layer.evidence.forget());
        self.agreements.iter_mut().for_each(|agreement| agreement.evidence.forget());
        if !open.event.layers.is_empty() {
            self.open = Some(open);
        }
    }

    /// Adds a row to the event; returns the event where that ended it.
    fn go_on(&mut self, mut open: Open, step: u64) -> Option<SpikeEvent> {
        let rule = self.rule;
        open.rows += 1;
        // Searches at doubling ages: a long event takes a handful of them and not one a row.
        if open.rows.is_power_of_two() {
            self.look(&mut open);
        }
        let is_off = |&(layer, bound): &(usize, f64)| {
            // Three rows, so that one low outlier is no return to the level.
            let mut last = self.layers[layer].rows().iter().rev().map(|row| open.sign * row.log_norm);
            match (last.next(), last.next(), last.next()) {
                (Some(a), Some(b), Some(c)) => median_of_three(a, b, c) > bound,
                _ => true,
            }
        };
        let off = open.bounds.iter().filter(|bound| is_off(bound)).count();
        // A third of the layers keeps an event open; a straggler or two do not.
        if 3 * off >= open.bounds.len() {
            open.event.end = step.max(open.event.end);
            open.fallen_rows = 0;
        } else {
            open.fallen_rows += 1;
        }
        let age = step.saturating_sub(open.opened);
        let lasts = age > rule.longest;
        if !lasts && (open.fallen_rows < rule.together || age < rule.gathers) {
            self.open = Some(open);
            return None;
        }
        self.look(&mut open);
        // An event that was cut off for its length has no end of its own: this step is the border.
        self.fence = if lasts { step } else { open.event.end + 1 };
        for layer in &mut self.layers {
            layer.evidence.forget();
            if lasts {
                // What was a spike is a level by now.
                layer.start_over();
            }
        }
        Some(open.event)
    }

    /// Looks for the onset of every layer, and sums them up.
    fn look(&self, open: &mut Open) {
        for (place, layer) in self.layers.iter().enumerate() {
            let Some((found, bound)) = self.part(place, layer, open) else { continue };
            open.event.layers.retain(|known| known.layer != place);
            open.event.layers.push(found);
            open.bounds.retain(|(known, _)| *known != place);
            open.bounds.push((place, bound));
        }
        let event = &mut open.event;
        event.layers.sort_by_key(|layer| (layer.onset, layer.layer));
        event.onset = event.layers.first().map_or(event.onset, |layer| layer.onset);
        if let Some(peak) = event.layers.iter().max_by(|a, b| a.peak_z.abs().total_cmp(&b.peak_z.abs())) {
            (event.peak_step, event.peak_z) = (peak.peak_step, peak.peak_z);
        }
        event.end = event.end.max(event.peak_step);
    }

    /// A layer's part in an event, and the bound beyond which it has not fallen back.
    fn part(&self, place: usize, layer: &Yardstick, open: &Open) -> Option<(LayerSpike, f64)> {
        let rule = self.rule;
        let (_, spread) = layer.scale(rule.warm_up)?;
        let last = open.opened + rule.gathers;
        let rows: Vec<Row> =
            layer.rows().iter().filter(|row| (open.from..=last).contains(&row.step)).copied().collect();
        let logs: Vec<f64> = rows.iter().map(|row| open.sign * row.log_norm).collect();
        let noise = Noise { spread, lag: self.tails.lag() };
        let member_nats = rule.member_nats + self.chances();
        let rise_to = |peak: usize| {
            let rise = rise::rise(&logs[..=peak], noise, rule.ruled_out_nats)?;
            let peak_z = (logs[peak] - rise.level) / spread;
            // A single row tells at most 14 nats, fewer than a member needs: far enough out, half of them will do.
            let single = peak_z > rule.single_row && 2.0 * rise.nats > member_nats;
            // Where noise walks as far as spikes go, a layer belongs to them by height alone.
            let high = rise.height > (0.5 * rule.times_median).ln();
            (rise.nats > member_nats || single || high).then_some((peak, rise, peak_z))
        };
        let (highest, lasting) = peaks(&logs)?;
        let found = rise_to(highest)?;
        let other = if lasting == highest { None } else { rise_to(lasting) };
        let (peak, rise, peak_z) = other.filter(|other| other.1.nats > found.1.nats).unwrap_or(found);
        let spike = LayerSpike {
            layer: place,
            onset: rows[rise.first].step,
            // Between two rows of a sparse record the layer may have begun at any step.
            onset_low: rows[rise.low - 1].step + 1,
            onset_high: rows[rise.high].step,
            peak_step: rows[peak].step,
            peak_z: open.sign * peak_z,
        };
        // Half of a small jump lies within noise: there the bound is three spreads, yet below the peak in any case.
        let height = logs[peak] - rise.level;
        Some((spike, rise.level + (rule.fallen * height).max((3.0 * spread).min(0.8 * height))))
    }
}

/// The highest of the rows, and the highest row where they are high for more than one: a single outlier of heavy tails lies
/// higher than many a spike that lasts.
fn peaks(logs: &[f64]) -> Option<(usize, usize)> {
    let higher = |a: &usize, b: &usize| logs[*a].total_cmp(&logs[*b]);
    let highest = (0..logs.len()).max_by(higher)?;
    let median = |row: usize| median_of_three(logs[row - 1], logs[row], logs[row + 1]);
    let around = (1..logs.len().saturating_sub(1)).max_by(|&a, &b| median(a).total_cmp(&median(b)));
    // The row in the middle need not be the highest of the three that the median was taken over.
    let lasting = around.and_then(|row| (row - 1..row + 2).max_by(higher));
    Some((highest, lasting.unwrap_or(highest)))
}

/// All spikes of a whole series: `norms[k]` holds the layers' norms at `steps[k]`.
pub fn spikes(steps: &[u64], norms: &[Vec<f64>], rule: SpikeRule) -> Vec<SpikeEvent> {
    let mut detector = SpikeDetector::new(norms.first().map_or(0, Vec::len), rule);
    let mut events: Vec<SpikeEvent> =
        steps.iter().zip(norms).filter_map(|(&step, norms)| detector.push(step, norms)).collect();
    events.extend(detector.finish());
    events
}
