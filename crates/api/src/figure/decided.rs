//! Forest plots and pairs by seed, drawn of a decision that the functions made which answer the screen and the command line: a
//! figure cannot say another thing than the card. Judges nothing itself.

use std::collections::{BTreeMap, BTreeSet};

use vitals_charts::{Effect, Forest, ForestRow, PairRow, Pairs, Verdict};
use vitals_series::Correction;

use super::slots::{QUIET, index_of};
use crate::decide::ENOUGH_FOR_INTERVAL;
use crate::digits::{digits_for, fixed, probability, signed};
use crate::dto::{ApiError, Arm, ArmComparison, ArmRun, ArmVerdict, Decision, FigureDecision, FigureWords};
use crate::error::Result;
use crate::said::Failure;

/// From here on a page has room for an interval in words; below, the bar says it alone.
const WIDE_MM: f64 = 120.0;

/// A decision, and the words for it.
pub(super) struct Decided<'a> {
    decision: Decision,
    asked: &'a FigureDecision,
    is_wide: bool,
}

impl<'a> Decided<'a> {
    pub fn new(decision: Decision, asked: &'a FigureDecision, width_mm: f64) -> Self {
        Self { decision, asked, is_wide: width_mm >= WIDE_MM }
    }

    /// Every arm, the best first; what cannot be compared comes last.
    pub fn forest(&self, x_title: &str) -> Forest {
        let better = |one: &ArmComparison| match one.difference {
            Some(difference) if self.decision.higher_is_better => difference,
            Some(difference) => -difference,
            None => f64::NEG_INFINITY,
        };
        let mut comparisons: Vec<&ArmComparison> = self.decision.comparisons.iter().collect();
        comparisons.sort_by(|a, b| better(b).total_cmp(&better(a)));
        let rows = comparisons.into_iter().map(|one| {
            let (label, index) = self.named(&one.written);
            ForestRow { label, index, effect: self.effect(one), note: self.note(one) }
        });
        Forest { x_title: x_title.to_owned(), delta: self.delta(), rows: rows.collect() }
    }

    /// Seeds of which a side has ended, in their order.
    ///
    /// # Errors
    /// `invalid_input` for an arm that there is not, and one that differs in more than the change.
    pub fn pairs(&self, written: &str) -> Result<Pairs> {
        let found = self.decision.comparisons.iter().find(|one| one.written == written);
        let no_arm = || ApiError::invalid(Failure::NoSuchArm { value: written.to_owned() });
        let (one, arm) = found.zip(self.arm(written)).ok_or_else(no_arm)?;
        if one.verdict == ArmVerdict::NotComparable {
            return Err(ApiError::invalid(Failure::NotDrawn { reason: one.why.clone() }));
        }
        let base = &self.decision.arms[0];
        let FigureWords { seed, mean, .. } = &self.asked.words;
        let digits = self.digits(one);
        let rows = by_seed(arm, base).into_iter().map(|(number, arm, base)| PairRow {
            label: format!("{seed} {number}"),
            arm: self.shown(arm.and_then(|run| run.value)),
            base: self.shown(base.and_then(|run| run.value)),
            note: self.pair_note(arm, base, digits),
        });
        Ok(Pairs {
            arm: self.named(written),
            base: self.named(&base.written),
            rows: rows.collect(),
            mean_label: mean.clone(),
            effect: self.effect(one),
            effect_note: self.shown(one.difference).map_or_else(String::new, |mean| signed(mean, digits)),
            delta: self.delta(),
        })
    }

    fn arm(&self, written: &str) -> Option<&Arm> {
        self.decision.arms.iter().find(|arm| arm.written == written)
    }

    fn named(&self, written: &str) -> (String, usize) {
        match self.asked.arms.iter().find(|arm| arm.written == written) {
            Some(arm) => (arm.label.clone(), index_of(arm.slot).unwrap_or(QUIET)),
            None => (written.to_owned(), QUIET),
        }
    }

    fn shown(&self, value: Option<f64>) -> Option<f64> {
        value.map(|value| value * self.asked.scale)
    }

    fn delta(&self) -> Option<f64> {
        self.shown(self.decision.smallest_effect)
    }

    fn effect(&self, one: &ArmComparison) -> Effect {
        let is_judged = one.verdict != ArmVerdict::NotComparable;
        let interval = |interval: Option<(f64, f64)>| {
            let (low, high) = interval.filter(|_| one.pairs >= ENOUGH_FOR_INTERVAL as u64)?;
            Some((low * self.asked.scale, high * self.asked.scale))
        };
        let pairs = self.arm(&one.written).filter(|_| is_judged).into_iter();
        let pairs = pairs.flat_map(|arm| by_seed(arm, &self.decision.arms[0]));
        let singles = pairs.filter_map(|(_, arm, base)| self.shown(difference(arm, base)));
        Effect {
            mean: self.shown(one.difference),
            own: interval(one.interval),
            corrected: interval(one.interval_corrected.filter(|_| one.correction != Correction::None)),
            singles: singles.collect(),
            verdict: match one.verdict {
                ArmVerdict::Helps => Verdict::Helps,
                ArmVerdict::Hurts => Verdict::Hurts,
                ArmVerdict::NoDifference => Verdict::NoDifference,
                ArmVerdict::Undecided => Verdict::Undecided,
                ArmVerdict::NotComparable => Verdict::NotComparable,
            },
        }
    }

    /// Difference, interval, p and n.
    fn note(&self, one: &ArmComparison) -> String {
        let words = &self.asked.words;
        let Some(difference) = self.shown(one.difference) else {
            return match one.verdict {
                ArmVerdict::NotComparable => words.not_comparable.clone(),
                _ => format!("n {}", one.pairs),
            };
        };
        let digits = self.digits(one);
        let interval = match self.effect(one).own {
            Some((low, high)) if self.is_wide => {
                format!(" [{}, {}]", fixed(low, digits), fixed(high, digits))
            }
            _ => String::new(),
        };
        let is_corrected = one.correction != Correction::None;
        let p = if is_corrected { one.p_corrected } else { one.p };
        let judged = self.decision.comparisons.iter().filter(|one| one.verdict != ArmVerdict::NotComparable);
        let beside = if is_corrected || judged.count() < 2 {
            String::new()
        } else {
            format!(" {}", words.uncorrected)
        };
        let p = p.map_or_else(String::new, |p| format!(" · p {}{beside}", probability(p)));
        format!("{}{interval}{p} · n {}", signed(difference, digits), one.pairs)
    }

    fn pair_note(&self, arm: Option<&ArmRun>, base: Option<&ArmRun>, digits: usize) -> String {
        let words = &self.asked.words;
        match arm.zip(base) {
            None => words.missing.clone(),
            Some((arm, base)) if !arm.ended || !base.ended => words.on_the_way.clone(),
            Some(_) => match self.shown(difference(arm, base)) {
                Some(difference) => signed(difference, digits),
                None => words.failed.clone(),
            },
        }
    }

    /// Decimals that tell apart what differs by as much as the interval is wide; without one, as much as the difference is. As the
    /// screen has them.
    fn digits(&self, one: &ArmComparison) -> usize {
        let width =
            one.interval.filter(|_| one.pairs >= ENOUGH_FOR_INTERVAL as u64).map(|(low, high)| high - low);
        let spread = width.filter(|width| *width > 0.0).or(one.difference).unwrap_or(0.0) * self.asked.scale;
        digits_for(spread, usize::from(self.asked.scale == 100.0))
    }
}

fn difference(arm: Option<&ArmRun>, base: Option<&ArmRun>) -> Option<f64> {
    Some(arm?.value? - base?.value?)
}

/// The runs of both sides by seed, where one of them has ended.
fn by_seed<'a>(arm: &'a Arm, base: &'a Arm) -> Vec<(u64, Option<&'a ArmRun>, Option<&'a ArmRun>)> {
    let runs = |arm: &'a Arm| arm.runs.iter().map(|run| (run.seed, run)).collect::<BTreeMap<u64, &ArmRun>>();
    let (arm, base) = (runs(arm), runs(base));
    let seeds: BTreeSet<u64> = arm.keys().chain(base.keys()).copied().collect();
    let ended = |run: Option<&ArmRun>| run.is_some_and(|run| run.ended);
    let sides = seeds.into_iter().map(|seed| (seed, arm.get(&seed).copied(), base.get(&seed).copied()));
    sides.filter(|(_, arm, base)| ended(*arm) || ended(*base)).collect()
}
