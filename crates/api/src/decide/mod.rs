//! Does a change help? Runs of a selection as arms of one or more parameters, each paired by seed with the baseline, and what
//! may be said of it. Counts every run: what failed is an outcome, what has not ended is on the way.

mod arms;
mod more;
mod outcome;
mod rates;
mod words;

pub use more::{pairs_more, seeds_more};
pub use rates::sensitivity;
pub use words::value as written;

use std::collections::BTreeMap;

use serde_json::Value;
use vitals_recipe::{
    Hint, Metric, PARAMETERS, Parameter, Reading, Tells, USUAL_READING, metric, nearest, parameter,
};
use vitals_series::{
    Answer, Differences, Looks, Outcome, Pair, Question, Together, Verdict, assurance, decide as judge,
    mean_interval,
};
use vitals_store::RunRow;

use crate::Context;
use crate::dto::{
    ApiError, Arm, ArmComparison, ArmCorrection, ArmFailures, ArmRun, ArmVerdict, DecideBy, Decision,
};
use crate::error::Result;
use crate::said::{Advice, Failure};
use arms::{Group, Member, grouped};
use outcome::{Declared, declared};

/// Runs below which an arm has no interval, only its values.
pub(crate) const ENOUGH_FOR_INTERVAL: usize = 3;
/// Values that stand for a run where no sweep says which: the first that all of them have.
const USUAL: [Metric; 3] = [Metric::KnnTop1Fixed, Metric::KnnTop1, Metric::Loss];

/// Compares arms.
///
/// # Errors
/// `invalid_input` with a sentence where nothing can be compared: unknown parameters, no runs, one arm, no common seed, a metric
/// that ended runs lack, values none of which is finite, a smallest effect that is not above 0.
pub async fn decide(context: &Context, asked: &DecideBy) -> Result<Decision> {
    let Arms { by, groups, metric: name, reading, higher, smallest, declared, left_out } =
        Arms::read(context, asked).await?;
    refuse_what_cannot_be_compared(&groups, &name, by[0])?;

    let looks = Looks::declared(&declared.looks.iter().map(|look| *look as usize).collect::<Vec<_>>());
    let looks = looks.unwrap_or_default();
    let usual_sd = outcome::usual_sd(&groups);
    let together = together(asked.correction);
    let question = Question { higher_is_better: higher, smallest, looks: &looks, usual_sd, together };
    let comparisons = comparisons(&groups, &by, &question);
    Ok(Decision {
        metric: name,
        value: reading.to_string(),
        higher_is_better: higher,
        by: by.iter().map(|name| (*name).to_owned()).collect(),
        baseline: groups[0].value.clone(),
        smallest_effect: smallest,
        declared_effect: declared.smallest_effect,
        declared_metric: declared
            .metric
            .as_ref()
            .map(|metric| format!("{metric}.{}", declared.value.unwrap_or(USUAL_READING))),
        looks: declared.looks,
        arms: groups.iter().map(summary).collect(),
        comparisons,
        left_out,
    })
}

/// In which parameters runs differ beside their seeds, none of them because of another: what arms of them could be made of.
pub(crate) fn varied(rows: Vec<RunRow>) -> Result<Vec<String>> {
    let (members, _) = outcome::members_of(rows)?;
    let all: Vec<&Member> = members.iter().collect();
    Ok(arms::varying(&all, &[]).into_iter().map(str::to_owned).collect())
}

fn together(asked: Option<ArmCorrection>) -> Together {
    match asked {
        None | Some(ArmCorrection::Usual) => Together::Usual,
        Some(ArmCorrection::Holm) => Together::Holm,
        Some(ArmCorrection::None) => Together::Uncorrected,
    }
}

/// What is asked about, read: the arms with what their runs came to.
struct Arms {
    /// At least one.
    by: Vec<&'static str>,
    /// At least two, the baseline first.
    groups: Vec<Group>,
    metric: String,
    reading: Reading,
    higher: bool,
    smallest: Option<f64>,
    declared: Declared,
    left_out: u64,
}

impl Arms {
    async fn read(context: &Context, asked: &DecideBy) -> Result<Self> {
        let by = asked.by.iter().map(|name| known(name)).collect::<Result<Vec<&'static str>>>()?;
        if by.is_empty() {
            return Err(ApiError::invalid(Failure::NoArmsAsked));
        }
        let (runs, left_out) = outcome::members(context, &asked.filter).await?;
        let mut groups = grouped(runs, &by);
        match groups.as_slice() {
            [] => return Err(ApiError::invalid(Failure::NoRunMatches).hint(Advice::ListRuns)),
            [only] => {
                let value = words::value(&only.value);
                return Err(ApiError::invalid(Failure::OneArm {
                    names: by.iter().copied().collect(),
                    value,
                }));
            }
            _ => {}
        }
        let baseline = baseline(&groups, &by, asked.baseline.as_deref())?;
        groups[..=baseline].rotate_right(1);
        let mut declared = declared(context, &groups).await?;
        let (name, reading) = asked_metric(asked.metric.as_deref(), &declared)?;
        let metric = match name {
            Some(name) => name,
            None => outcome::shared_metric(context, &groups, &USUAL).await?,
        };
        // What was declared of one metric says nothing of another.
        let is_declared = declared.metric.as_ref().is_none_or(|declared| *declared == metric);
        let smallest = asked.smallest_effect.or(declared.smallest_effect.filter(|_| is_declared));
        if smallest.is_some_and(|smallest| !smallest.is_finite() || smallest <= 0.0) {
            return Err(ApiError::invalid(Failure::SmallestEffect));
        }
        if !is_declared || reading != declared.value.unwrap_or(USUAL_READING) {
            declared.looks.clear();
        }
        let higher = declared.higher_is_better(&metric);
        outcome::read(context, &mut groups, &metric, reading, higher).await?;
        Ok(Self { by, groups, metric, reading, higher, smallest, declared, left_out })
    }
}

/// A parameter whose values can make arms.
fn known(name: &str) -> Result<&'static str> {
    match parameter(name) {
        Some(parameter) if parameter.name == "seed" => Err(ApiError::invalid(Failure::SeedsArePairs)),
        Some(parameter) => Ok(parameter.name),
        None => {
            let error = ApiError::invalid(Failure::NoParameter { name: name.to_owned() });
            Err(match nearest(name, PARAMETERS.iter().map(|one| one.name)) {
                Some(near) => error.hint(Hint::DidYouMean { name: near.to_owned() }),
                None => error,
            })
        }
    }
}

/// The place of the arm whose value is written so.
fn of_value(groups: &[Group], asked: &str) -> Result<usize> {
    groups.iter().position(|group| words::value(&group.value) == asked).ok_or_else(|| {
        let values = groups.iter().map(|group| words::value(&group.value)).collect();
        ApiError::invalid(Failure::NoSuchArm { value: asked.to_owned() })
            .hint(Advice::ChooseOneOf { choices: values })
    })
}

/// The arm that others are measured against.
fn baseline(groups: &[Group], by: &[&'static str], asked: Option<&str>) -> Result<usize> {
    if let Some(asked) = asked {
        return of_value(groups, asked);
    }
    // Of a switch, what is asked is whether to switch it on.
    let usual = |known: &Parameter| match known.default_value() {
        Value::Bool(_) => Value::Bool(false),
        value => value,
    };
    let is_usual = |group: &Group| {
        by.iter()
            .all(|name| parameter(name).is_some_and(|known| group.settings.get(*name) == Some(&usual(known))))
    };
    // Without the usual value, the arm with most runs; of equally many the first.
    let most =
        || groups.iter().enumerate().max_by_key(|(place, group)| (group.members.len(), usize::MAX - place));
    Ok(groups.iter().position(is_usual).or_else(|| most().map(|(place, _)| place)).unwrap_or(0))
}

/// The metric and which value of it, as asked for or declared.
fn asked_metric(asked: Option<&str>, declared: &Declared) -> Result<(Option<String>, Reading)> {
    let usual = declared.value.unwrap_or(USUAL_READING);
    let Some(text) = asked else {
        return Ok((declared.metric.clone(), usual));
    };
    match text.rsplit_once('.').map(|(name, word)| (name, word.parse::<Reading>())) {
        Some((name, Ok(reading))) => Ok((Some(name.to_owned()), reading)),
        // A dot may stand in the name of a layer.
        Some((name, Err(wrong))) if metric(name, None).is_some() => {
            Err(ApiError::invalid(Failure::NoReading { text: wrong.0 }))
        }
        _ => Ok((Some(text.to_owned()), usual)),
    }
}

/// What no test can be made of is said in a sentence instead.
fn refuse_what_cannot_be_compared(groups: &[Group], metric: &str, by: &str) -> Result<()> {
    let ended = || groups.iter().flat_map(|group| &group.members).filter(|member| member.ended);
    let count = ended().count() as u64;
    let refuse = |failure: Failure| Err(ApiError::invalid(failure));
    if count == 0 {
        return refuse(Failure::NoneEnded {
            count: groups.iter().map(|group| group.members.len() as u64).sum(),
        });
    }
    let lacking = ended().filter(|member| member.lacks_metric).count() as u64;
    if lacking > 0 {
        return refuse(Failure::MetricLacking { metric: metric.to_owned(), lacking, of: count });
    }
    if ended().all(|member| member.failed_itself) {
        return refuse(Failure::AllFailed { count });
    }
    if ended().all(|member| member.outcome == Some(Outcome::Failed)) {
        return refuse(Failure::NothingFinite { metric: metric.to_owned() });
    }
    let most = groups[1..].iter().map(|group| pairs(group, &groups[0]).len()).max().unwrap_or(0);
    match most {
        0 => refuse(Failure::NoCommonSeed { by: by.to_owned() }),
        1 => refuse(Failure::OneCommonSeed),
        _ => Ok(()),
    }
}

/// Pairs by seed that have ended on both sides, in the order of their seeds.
fn pairs(arm: &Group, baseline: &Group) -> Vec<Pair> {
    let outcomes = |group: &Group| -> BTreeMap<u64, Outcome> {
        group.members.iter().filter_map(|member| Some((member.seed, member.outcome?))).collect()
    };
    let arm = outcomes(arm);
    let both = outcomes(baseline).into_iter();
    both.filter_map(|(seed, baseline)| Some(Pair { seed, baseline, arm: *arm.get(&seed)? })).collect()
}

fn comparisons(groups: &[Group], by: &[&'static str], question: &Question<'_>) -> Vec<ArmComparison> {
    let baseline = &groups[0];
    let others: Vec<Vec<String>> =
        groups[1..].iter().map(|group| arms::other_settings(group, baseline, by)).collect();
    // Arms that cannot be compared take no share of the level.
    let compared: Vec<&Group> = groups[1..]
        .iter()
        .zip(&others)
        .filter(|(_, others)| others.is_empty())
        .map(|(group, _)| group)
        .collect();
    let pairs: Vec<Vec<Pair>> = compared.iter().map(|group| pairs(group, baseline)).collect();
    let mut judged = compared.iter().zip(&pairs).zip(judge(&pairs, question));
    groups[1..]
        .iter()
        .zip(&others)
        .map(|(group, others)| match others.is_empty().then(|| judged.next()).flatten() {
            Some(((group, pairs), answer)) => {
                compared_arm(group, baseline, pairs, &answer, question, compared.len())
            }
            None => not_comparable(group, others),
        })
        .collect()
}

fn compared_arm(
    group: &Group,
    baseline: &Group,
    pairs: &[Pair],
    answer: &Answer,
    question: &Question<'_>,
    arms: usize,
) -> ArmComparison {
    let found = answer.difference;
    let interval = |level: f64| {
        found
            .map(|found: Differences| found.interval(level))
            .filter(|(low, high)| low.is_finite() && high.is_finite())
    };
    let missing = answer.missing;
    let plan = missing.map(|missing| more::plan(missing, group, baseline));
    let why = words::why(answer, question.smallest).told();
    ArmComparison {
        arm: group.value.clone(),
        written: words::value(&group.value),
        verdict: match answer.verdict {
            Verdict::Helps => ArmVerdict::Helps,
            Verdict::Hurts => ArmVerdict::Hurts,
            Verdict::NoDifference => ArmVerdict::NoDifference,
            Verdict::Undecided => ArmVerdict::Undecided,
        },
        why: why.text.clone(),
        why_told: why,
        difference: found.map(|found| found.mean),
        interval: interval(0.05),
        interval_90: interval(0.1),
        p: found.map(|_| answer.p),
        p_sign_flip: found.map(|_| answer.p_sign_flip),
        p_corrected: found.map(|_| answer.p_corrected),
        interval_corrected: interval(match question.together {
            Together::Uncorrected => 0.05,
            _ => 0.05 / arms.max(1) as f64,
        }),
        e_value: found.map(|_| answer.e_value),
        assurance: missing
            .filter(|missing| *missing > 0)
            .and_then(|missing| assurance(pairs, arms, missing, question)),
        pairs: found.map_or(0, |found| found.n as u64),
        correction: answer.correction,
        missing_pairs: missing.map(|missing| missing as u64),
        cost_seconds: plan.and_then(|plan| more::cost(&plan, group, baseline)),
        pairs_on_the_way: more::on_the_way(group, baseline) as u64,
        look: Some(answer.look),
        failures: ArmFailures {
            arm: (answer.failures.arm as u64, answer.failures.pairs as u64),
            baseline: (answer.failures.baseline as u64, answer.failures.pairs as u64),
            p: answer.failures.p,
        },
    }
}

fn not_comparable(group: &Group, others: &[String]) -> ArmComparison {
    let why = words::other_settings(others).told();
    ArmComparison {
        arm: group.value.clone(),
        written: words::value(&group.value),
        verdict: ArmVerdict::NotComparable,
        why: why.text.clone(),
        why_told: why,
        difference: None,
        interval: None,
        interval_90: None,
        p: None,
        p_sign_flip: None,
        p_corrected: None,
        interval_corrected: None,
        e_value: None,
        assurance: None,
        pairs: 0,
        correction: vitals_series::Correction::None,
        missing_pairs: None,
        pairs_on_the_way: 0,
        cost_seconds: None,
        look: None,
        failures: ArmFailures { arm: (0, 0), baseline: (0, 0), p: 1.0 },
    }
}

fn summary(group: &Group) -> Arm {
    let value = |member: &Member| match member.outcome {
        Some(Outcome::Value(value)) => Some(value),
        _ => None,
    };
    let values: Vec<f64> = group.members.iter().filter_map(value).collect();
    let found = Differences::of(&values);
    let ended = || group.members.iter().filter(|member| member.ended);
    Arm {
        value: group.value.clone(),
        written: words::value(&group.value),
        n: values.len() as u64,
        failed: (ended().count() - values.len()) as u64,
        on_the_way: (group.members.len() - ended().count()) as u64,
        mean: found.map(|found| found.mean),
        std: found.filter(|found| found.n > 1).map(|found| found.sd),
        interval: mean_interval(&values)
            .filter(|interval| interval.n >= ENOUGH_FOR_INTERVAL)
            .map(|interval| (interval.low, interval.high)),
        runs: group
            .members
            .iter()
            .map(|member| ArmRun {
                run: member.run.to_string(),
                seed: member.seed,
                state: member.state,
                ended: member.ended,
                value: value(member),
            })
            .collect(),
    }
}
