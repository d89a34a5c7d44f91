//! Does a change help? Arms against one baseline, paired by seed: the one word that the numbers allow for each, what it rests
//! on, and what is missing where they allow none. Absence of evidence is never told as evidence of absence, and looking again,
//! many arms and failed runs are accounted for.

use serde::{Deserialize, Serialize};

use super::deciding::{Deciding, Family, Look, Plan, Together};
use super::differences::Differences;
use super::failures::Failures;
use super::flips::{largest_p, sign_flip_p};
use super::holm::holm;
use super::looks::{LEVEL, Looks};
use super::power;

/// Pairs below which no verdict is given: with fewer, the sign-flip test cannot reach 5 %.
pub const ENOUGH_PAIRS: usize = 6;
/// Pairs from which on the spread of their own differences is planned with.
const OWN_SPREAD: usize = 4;

/// What a run of a pair came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome {
    /// The value that is compared; finite.
    Value(f64),
    /// It failed, collapsed, or its value is not finite.
    Failed,
}

/// Two runs of one seed, both ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    pub seed: u64,
    pub baseline: Outcome,
    pub arm: Outcome,
}

/// What is asked of all arms alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Question<'a> {
    pub higher_is_better: bool,
    /// The smallest difference that would matter, in the unit of the values; above 0.
    pub smallest: Option<f64>,
    /// Declared before the first.
    pub looks: &'a Looks,
    /// Standard deviation of such differences elsewhere, for plans while an arm has too few of its own.
    pub usual_sd: Option<f64>,
    pub together: Together,
}

/// What may be said of "the arm instead of the baseline".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Helps,
    Hurts,
    /// None as large as the smallest that matters.
    NoDifference,
    Undecided,
}

/// Why the verdict is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// All tests agree.
    Tests,
    /// They agree, and the interval lies within the smallest difference that matters.
    TestsWithinSmallest,
    /// The 90 % interval lies within the smallest difference that matters.
    Equivalent,
    /// Fewer than six pairs.
    FewPairs,
    /// The interval allows both a difference and none.
    Open,
    /// The values of those that ended say one thing, and more of the better side failed.
    FailuresContradict,
    /// The interval lies within the smallest difference that matters, but runs of one side alone failed.
    FailuresDiffer,
}

/// What made p fit for several arms or several looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Correction {
    /// One arm, or nothing was asked for.
    None,
    /// Signs of whole seeds, flipped in all arms together.
    Seeds,
    /// Holm's, as the arms have other seeds.
    Holm,
    /// The level of the look, divided by the number of arms.
    Bonferroni,
}

/// What may be said of one arm.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub verdict: Verdict,
    pub reason: Reason,
    /// Of the pairs in which both sides have a value; `None` where no pair has.
    pub difference: Option<Differences>,
    /// Of the exact sign-flip test (drawn beyond 16 pairs).
    pub p_sign_flip: f64,
    /// Corrected for all arms; that of the paired t test where there is one.
    pub p_corrected: f64,
    pub correction: Correction,
    /// The deciding one; 1/E where the e-value decides.
    pub p: f64,
    pub e_value: f64,
    pub look: Look,
    /// More pairs that would settle it with a power of 0.8, or that are missing to the next look; 0 where it is settled,
    /// `None` where nothing can be planned.
    pub missing: Option<usize>,
    pub failures: Failures,
}

/// What differences in the good direction say alone, in the order of their seeds; `flips` gives p of their sign-flip test.
pub(super) fn said(
    values: &[f64],
    found: &Differences,
    deciding: Deciding,
    smallest: Option<f64>,
    flips: impl FnOnce() -> f64,
) -> Verdict {
    if found.n < ENOUGH_PAIRS {
        return Verdict::Undecided;
    }
    // The 95 % interval lies beyond 0 exactly where p is within 0.05. The sign-flip test last: it is the dearest.
    if deciding.holds(values, found) && found.p() <= LEVEL && flips() <= LEVEL {
        return if found.mean > 0.0 { Verdict::Helps } else { Verdict::Hurts };
    }
    match smallest {
        Some(smallest) if found.p_matters(smallest) <= LEVEL => Verdict::NoDifference,
        _ => Verdict::Undecided,
    }
}

/// One answer for each arm, in their order. All arms are one statement: none of the false ones more often than 5 % together.
pub fn decide(arms: &[Vec<Pair>], question: &Question<'_>) -> Vec<Answer> {
    let values: Vec<Vec<f64>> =
        arms.iter().map(|pairs| good_differences(pairs, question.higher_is_better)).collect();
    let found: Vec<Option<Differences>> = values.iter().map(|values| Differences::of(values)).collect();
    let (correction, corrected) = corrected(arms, &values, &found, question);
    let family = Family::of(arms.len(), question.together);
    (0..arms.len())
        .map(|place| {
            let plan = Plan::of(values[place].len(), family, question.looks, corrected[place]);
            answer(&arms[place], &values[place], found[place], question, plan, (correction, corrected[place]))
        })
        .collect()
}

/// Differences in the good direction, of the pairs in which both sides have a value.
pub(super) fn good_differences(pairs: &[Pair], higher_is_better: bool) -> Vec<f64> {
    let sign = if higher_is_better { 1.0 } else { -1.0 };
    pairs
        .iter()
        .filter_map(|pair| match (pair.baseline, pair.arm) {
            (Outcome::Value(baseline), Outcome::Value(arm)) => Some(sign * (arm - baseline)),
            _ => None,
        })
        .collect()
}

/// p over all arms, and how they were corrected.
fn corrected(
    arms: &[Vec<Pair>],
    values: &[Vec<f64>],
    found: &[Option<Differences>],
    question: &Question<'_>,
) -> (Correction, Vec<f64>) {
    let alone: Vec<f64> = found.iter().map(|found| found.map_or(1.0, |found| found.p())).collect();
    if arms.len() < 2 || question.together == Together::Uncorrected {
        return (Correction::None, alone);
    }
    if !question.looks.is_empty() {
        return (Correction::Bonferroni, alone.iter().map(|p| (p * arms.len() as f64).min(1.0)).collect());
    }
    let seeds = |pairs: &[Pair]| -> Vec<u64> {
        let valued =
            |pair: &&Pair| matches!((pair.baseline, pair.arm), (Outcome::Value(_), Outcome::Value(_)));
        pairs.iter().filter(valued).map(|pair| pair.seed).collect()
    };
    let is_shared = arms.windows(2).all(|two| seeds(&two[0]) == seeds(&two[1]));
    if is_shared && question.together == Together::Usual {
        let rows: Vec<&[f64]> = values.iter().map(Vec::as_slice).collect();
        return (Correction::Seeds, largest_p(&rows));
    }
    (Correction::Holm, holm(&alone))
}

fn answer(
    pairs: &[Pair],
    values: &[f64],
    found: Option<Differences>,
    question: &Question<'_>,
    plan: Plan,
    (correction, p_corrected): (Correction, f64),
) -> Answer {
    let failed = |outcome| outcome == Outcome::Failed;
    let failures = Failures::of(pairs.iter().map(|pair| (failed(pair.baseline), failed(pair.arm))));
    let flips = sign_flip_p(values);
    let said = found
        .map_or(Verdict::Undecided, |found| said(values, &found, plan.deciding, question.smallest, || flips));
    let (verdict, reason) = with_failures(said, &failures, values.len(), found, question.smallest);
    // Failures that stand against the values are not outweighed by more of the same.
    let is_open = matches!(reason, Reason::FewPairs | Reason::Open);
    let missing = if is_open { missing(values.len(), found, question, &plan) } else { None };
    let turned = |found: Differences| Differences {
        mean: if question.higher_is_better { found.mean } else { -found.mean },
        ..found
    };
    Answer {
        verdict,
        reason,
        difference: found.map(turned),
        p_sign_flip: flips,
        p_corrected,
        correction,
        p: found.map_or(1.0, |found| plan.deciding.p(values, &found)),
        e_value: found.map_or(1.0, |found| found.e_value()),
        look: plan.look,
        missing: if verdict == Verdict::Undecided { missing } else { Some(0) },
        failures,
    }
}

/// The values' verdict, where failed runs do not stand against it.
fn with_failures(
    said: Verdict,
    failures: &Failures,
    pairs: usize,
    found: Option<Differences>,
    smallest: Option<f64>,
) -> (Verdict, Reason) {
    let tests = || {
        let within = smallest.zip(found).is_some_and(|(smallest, found)| {
            let (low, high) = found.interval(LEVEL);
            -smallest < low && high < smallest
        });
        if within { Reason::TestsWithinSmallest } else { Reason::Tests }
    };
    match said {
        // Values of those that ended are the better half of the side that fails more.
        Verdict::Helps if failures.arm > failures.baseline => {
            (Verdict::Undecided, Reason::FailuresContradict)
        }
        Verdict::Hurts if failures.baseline > failures.arm => {
            (Verdict::Undecided, Reason::FailuresContradict)
        }
        Verdict::NoDifference if failures.on_one_side > 0 => (Verdict::Undecided, Reason::FailuresDiffer),
        Verdict::Helps | Verdict::Hurts => (said, tests()),
        Verdict::NoDifference => (said, Reason::Equivalent),
        Verdict::Undecided if pairs < ENOUGH_PAIRS => (said, Reason::FewPairs),
        Verdict::Undecided => (said, Reason::Open),
    }
}

/// Pairs to the next declared look, else to a power of 0.8 for the smallest difference that matters, and never fewer than
/// the six that the sign-flip test needs.
fn missing(n: usize, found: Option<Differences>, question: &Question<'_>, plan: &Plan) -> Option<usize> {
    if let Some(next) = plan.next {
        return Some(next - n);
    }
    let least = ENOUGH_PAIRS.saturating_sub(n);
    let own = found.filter(|found| found.n >= OWN_SPREAD).map(|found| found.sd);
    let planned = question.smallest.zip(own.or(question.usual_sd)).and_then(|(smallest, sd)| {
        // More pairs than are planned for have been seen, and it is still open: one more at least.
        power::pairs_needed(smallest / sd, plan.level).map(|needed| needed.saturating_sub(n).max(1))
    });
    match planned {
        Some(more) => Some(more.max(least)),
        None if least > 0 => Some(least),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::assurance;
    use crate::sequence::Noise;

    fn question(smallest: Option<f64>, looks: &Looks) -> Question<'_> {
        Question { higher_is_better: true, smallest, looks, usual_sd: None, together: Together::Usual }
    }

    fn looks(at: &[usize]) -> Looks {
        Looks::declared(at).unwrap()
    }

    fn pairs(differences: &[f64]) -> Vec<Pair> {
        let pair = |(seed, d): (usize, &f64)| Pair {
            seed: seed as u64,
            baseline: Outcome::Value(0.5),
            arm: Outcome::Value(0.5 + d),
        };
        differences.iter().enumerate().map(pair).collect()
    }

    fn one(differences: &[f64], question: &Question<'_>) -> Answer {
        decide(&[pairs(differences)], question).remove(0)
    }

    /// Six of one sign, told apart from nothing by the t test and the flips.
    const CLEAR: [f64; 6] = [0.021, 0.024, 0.019, 0.022, 0.018, 0.025];

    #[test]
    fn a_clear_difference_helps_or_hurts_whichever_way_is_better() {
        let six = looks(&[6]);
        let asked = question(None, &six);
        assert_eq!(one(&CLEAR, &asked).verdict, Verdict::Helps);
        assert_eq!(one(&CLEAR.map(|d| -d), &asked).verdict, Verdict::Hurts);
        let lower = Question { higher_is_better: false, ..asked };
        let found = one(&CLEAR, &lower);
        assert_eq!((found.verdict, found.reason, found.missing), (Verdict::Hurts, Reason::Tests, Some(0)));
        // The difference is told as it is, arm − baseline.
        assert!((found.difference.unwrap().mean - 0.0215).abs() < 1e-12);
        assert_eq!(found.look, Look::Declared { number: 1, of: 1, level: looks(&[6]).at(6).unwrap().1 });
    }

    #[test]
    fn three_pairs_are_three_short() {
        let found = one(&[0.02, 0.011, 0.004], &question(Some(0.01), &looks(&[6])));
        assert_eq!(
            (found.verdict, found.reason, found.missing),
            (Verdict::Undecided, Reason::FewPairs, Some(3))
        );
        let six = looks(&[6]);
        let chance = |differences: &[f64]| assurance(&pairs(differences), 1, 3, &question(None, &six));
        assert!(chance(&[0.02, 0.011, 0.004]).is_some_and(|chance| chance > 0.1 && chance < 0.9));
        // With one of the other sign, six pairs cannot agree.
        assert_eq!((chance(&[0.02, 0.011, -0.004]), chance(&[0.02])), (Some(0.0), None));
        // Without declared looks and without a spread to plan with: to the six that any test needs.
        assert_eq!(one(&[0.02, 0.011, -0.004], &question(Some(0.01), &looks(&[]))).missing, Some(3));
        assert_eq!(one(&[], &question(None, &looks(&[]))).missing, Some(6));
    }

    #[test]
    fn a_wide_interval_is_not_the_absence_of_a_difference() {
        let wide = [0.03, -0.02, 0.01, -0.03, 0.02, 0.0];
        let found = one(&wide, &question(Some(0.01), &looks(&[6])));
        assert_eq!((found.verdict, found.reason), (Verdict::Undecided, Reason::Open));
        // sd 0.0232: 0.43 of it needs 44 pairs.
        assert_eq!(
            found.missing,
            Some(power::pairs_needed(0.01 / 0.023_166_067_138_525_4, 0.05).unwrap() - 6)
        );
        let narrow = wide.map(|d| d / 10.0);
        assert_eq!(one(&narrow, &question(Some(0.01), &looks(&[6]))).verdict, Verdict::NoDifference);
        // Nobody said what would matter.
        let found = one(&narrow, &question(None, &looks(&[6])));
        assert_eq!((found.verdict, found.missing), (Verdict::Undecided, None));
    }

    #[test]
    fn a_difference_may_be_sure_and_too_small_to_matter() {
        let found = one(&CLEAR, &question(Some(0.05), &looks(&[6])));
        assert_eq!((found.verdict, found.reason), (Verdict::Helps, Reason::TestsWithinSmallest));
    }

    #[test]
    fn without_declared_looks_the_e_value_decides_and_asks_for_more() {
        let unclear = [0.021, 0.040, 0.009, 0.032, 0.006, 0.025];
        assert_eq!(one(&unclear, &question(None, &looks(&[6]))).verdict, Verdict::Helps);
        let found = one(&unclear, &question(None, &looks(&[])));
        assert!(found.e_value < 20.0, "{}", found.e_value);
        assert_eq!(
            (found.verdict, found.look, found.p),
            (Verdict::Undecided, Look::AnyTime, 1.0 / found.e_value)
        );
        // Six pairs were declared, and there are seven: the sixth is over.
        let seven = [unclear.as_slice(), &[0.02]].concat();
        assert_eq!(one(&seven, &question(None, &looks(&[6, 9]))).look, Look::Between { next: Some(9) });
        let found = one(&seven, &question(None, &looks(&[6])));
        assert_eq!((found.look, found.missing), (Look::Between { next: None }, Some(0)));
        // What was told at a look stands while further pairs come, and none is told before the first look.
        assert_eq!(
            (found.verdict, found.p),
            (Verdict::Helps, one(&unclear, &question(None, &looks(&[6]))).p)
        );
        let waiting = one(&seven, &question(None, &looks(&[9])));
        assert_eq!((waiting.verdict, waiting.missing), (Verdict::Undecided, Some(2)));
        assert_eq!(one(&CLEAR, &question(None, &looks(&[]))).verdict, Verdict::Helps);
    }

    #[test]
    fn early_looks_ask_for_more() {
        let unclear = [0.021, 0.040, 0.009, 0.032, 0.006, 0.025];
        let found = one(&unclear, &question(None, &looks(&[6, 9, 12, 15])));
        assert_eq!((found.verdict, found.missing), (Verdict::Undecided, Some(3)));
        assert!(matches!(found.look, Look::Declared { number: 1, of: 4, .. }));
    }

    #[test]
    fn runs_that_failed_are_told_and_never_make_a_verdict_better() {
        let fails = |baseline: &[usize], arm: &[usize], differences: &[f64]| {
            let mut pairs = pairs(differences);
            baseline.iter().for_each(|place| pairs[*place].baseline = Outcome::Failed);
            arm.iter().for_each(|place| pairs[*place].arm = Outcome::Failed);
            decide(&[pairs], &question(Some(0.05), &looks(&[6, 7, 8]))).remove(0)
        };
        let eight = [CLEAR.as_slice(), &[0.02, 0.023]].concat();
        // What is left of the arm is its better half.
        let found = fails(&[], &[0, 1], &eight);
        assert_eq!(
            (found.verdict, found.reason, found.missing),
            (Verdict::Undecided, Reason::FailuresContradict, None)
        );
        assert_eq!((found.failures.arm, found.failures.pairs, found.difference.unwrap().n), (2, 8, 6));
        assert_eq!(fails(&[0, 1], &[], &eight).verdict, Verdict::Helps);
        let none = eight.iter().map(|d| d / 10.0 - 0.002).collect::<Vec<_>>();
        assert_eq!(fails(&[0], &[0], &none).verdict, Verdict::NoDifference);
        assert_eq!(fails(&[0], &[], &none).reason, Reason::FailuresDiffer);
        let all = fails(&[0, 1, 2, 3, 4, 5, 6, 7], &[], &eight);
        assert_eq!((all.verdict, all.difference, all.failures.differ()), (Verdict::Undecided, None, true));
    }

    #[test]
    fn several_arms_are_one_statement() {
        let mut noise = Noise::new(5);
        let mut arms: Vec<Vec<Pair>> =
            (0..4).map(|_| pairs(&(0..8).map(|_| 0.01 * noise.normal()).collect::<Vec<_>>())).collect();
        arms[2] = pairs(&[CLEAR.as_slice(), &[0.02, 0.023]].concat());
        let found = decide(&arms, &question(Some(0.01), &looks(&[])));
        assert!(found.iter().all(|one| (one.correction, one.look) == (Correction::Seeds, Look::Once)));
        assert_eq!(found[2].verdict, Verdict::Helps);
        assert!([0, 1, 3].iter().all(|place| found[*place].p_corrected >= found[*place].p_sign_flip));
        // Other seeds in one arm: signs cannot be flipped together.
        arms[0][0].seed = 99;
        assert!(
            decide(&arms, &question(None, &looks(&[]))).iter().all(|one| one.correction == Correction::Holm)
        );
        assert!(
            decide(&arms, &question(None, &looks(&[8])))
                .iter()
                .all(|one| one.correction == Correction::Bonferroni)
        );
    }
}
