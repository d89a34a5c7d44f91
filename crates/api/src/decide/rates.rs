//! How much the outcome of arms hangs on the learning rate. Arms are compared over the rates that all of them have; what else
//! runs differ in is held at one value, so that no curve mixes what is not the same.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use vitals_recipe::{Reads, metric};
use vitals_series::{RateArm, RateRun, common_rates, median};

use super::arms::{Group, Member, grouped, varying};
use super::{USUAL, asked_metric, known, outcome, words};
use crate::Context;
use crate::dto::{ApiError, RateOutcome, RateSensitivity, SensitivityBy, SensitivityOfRates};
use crate::error::Result;
use crate::said::{Advice, Failure};
use crate::{readings, run_table};

const RATE: &str = "base_learning_rate";
/// Below it a curve is a line, and its best an end of it.
const FEWEST_RATES: usize = 3;
/// Of a metric that is read in percent: a point.
const POINT: f64 = 0.01;
/// Of any other: this share of the way from the start to the best.
const SHARE: f64 = 0.01;

/// The rate sensitivity of every arm.
///
/// # Errors
/// `invalid_input` with a sentence where there is none: no runs, one rate, fewer than three common ones, a metric that no run
/// that ended has, nothing that ended.
pub async fn sensitivity(context: &Context, asked: &SensitivityBy) -> Result<SensitivityOfRates> {
    let mut by = asked.by.iter().map(|name| known(name)).collect::<Result<Vec<&'static str>>>()?;
    if by.contains(&RATE) {
        return Err(ApiError::invalid(Failure::RateMakesNoArms { name: RATE.to_owned() }));
    }
    let (members, left_out) = outcome::members_of(run_table::found(context, &asked.filter).await?)?;
    let others: Vec<&'static str> = {
        let all: Vec<&Member> = members.iter().collect();
        varying(&all, &by).into_iter().filter(|name| *name != RATE).collect()
    };
    let (members, held, held_out) = match by.is_empty() {
        true => {
            by = others;
            (members, BTreeMap::new(), 0)
        }
        false => hold(members, &by, &others),
    };
    let mut groups = grouped(members, &by);
    refuse_one_rate(&groups)?;

    let declared = outcome::declared(context, &groups).await?;
    let (name, reading) = asked_metric(asked.metric.as_deref(), &declared)?;
    let metric = match name {
        Some(name) => name,
        None => outcome::shared_metric(context, &groups, &USUAL).await?,
    };
    let higher = declared.higher_is_better(&metric);
    outcome::read(context, &mut groups, &metric, reading, higher).await?;
    let lacking = drop_lacking(&mut groups, &metric)?;
    groups.retain(|group| group.members.iter().any(|member| member.ended));
    let arms = arms(context, &groups, &metric, higher).await?;
    let rates = common_rates(&arms);
    if rates.len() < FEWEST_RATES {
        return Err(few_rates(&groups, &arms, rates.len()));
    }
    let within = within(&metric, &arms);
    Ok(SensitivityOfRates {
        metric,
        value: reading.to_string(),
        higher_is_better: higher,
        by: by.into_iter().map(str::to_owned).collect(),
        arms: groups.iter().zip(&arms).map(|(group, arm)| told(group, arm, &rates, within)).collect(),
        rates,
        within,
        held: held.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        held_out,
        lacking,
        left_out,
    })
}

/// The runs that share what most of the curves share in `others`, that, and how many runs are left out for it.
fn hold(
    members: Vec<Member>,
    by: &[&'static str],
    others: &[&'static str],
) -> (Vec<Member>, BTreeMap<&'static str, Value>, u64) {
    let values = |member: &Member, names: &[&'static str]| -> Vec<Value> {
        names.iter().map(|name| member.parameters.get(*name).cloned().unwrap_or(Value::Null)).collect()
    };
    let text = |values: Vec<Value>| Value::from(values).to_string();
    let of = |member: &Member| text(values(member, others));
    // By what is held: the points of its curves, and its runs.
    let mut cells: BTreeMap<String, (BTreeSet<String>, usize)> = BTreeMap::new();
    for member in &members {
        let cell = cells.entry(of(member)).or_default();
        let point = text(values(member, &[by, &[RATE]].concat()));
        cell.0.insert(point);
        cell.1 += 1;
    }
    let most = cells.iter().max_by_key(|(_, (points, runs))| (points.len(), *runs)).map(|(cell, _)| cell);
    let Some(most) = most else { return (members, BTreeMap::new(), 0) };
    let count = members.len();
    let kept: Vec<Member> = members.into_iter().filter(|member| of(member) == *most).collect();
    let held = kept.first().map_or_else(Vec::new, |member| values(member, others));
    let held_out = (count - kept.len()) as u64;
    (kept, others.iter().copied().zip(held).collect(), held_out)
}

fn rate(member: &Member) -> f64 {
    member.parameters.get(RATE).and_then(Value::as_f64).unwrap_or(0.0)
}

fn refuse_one_rate(groups: &[Group]) -> Result<()> {
    let members = || groups.iter().flat_map(|group| &group.members);
    let Some(first) = members().next() else {
        return Err(ApiError::invalid(Failure::NoRunMatches).hint(Advice::ListRuns));
    };
    if members().all(|member| rate(member) == rate(first)) {
        return Err(ApiError::invalid(Failure::OneRate { rate: rate(first) }));
    }
    if !members().any(|member| member.ended) {
        return Err(ApiError::invalid(Failure::NoneEnded { count: members().count() as u64 }));
    }
    Ok(())
}

/// With the arm that has the fewest, where others would have enough.
fn few_rates(groups: &[Group], arms: &[RateArm], found: usize) -> ApiError {
    let error = ApiError::invalid(Failure::FewRates { needed: FEWEST_RATES as u64, found: found as u64 });
    let counts = arms.iter().map(|arm| arm.points().len());
    let Some((fewest, group)) = counts.zip(groups).min_by_key(|(count, _)| *count) else { return error };
    if arms.len() < 2 || fewest >= FEWEST_RATES {
        return error;
    }
    error.hint(Advice::FewestRates { value: words::value(&group.value), count: fewest as u64 })
}

/// Leaves out runs that ended by themselves and have no such metric, and says how many those are.
fn drop_lacking(groups: &mut [Group], metric: &str) -> Result<u64> {
    let members = || groups.iter().flat_map(|group| &group.members);
    let lacking = members().filter(|member| member.lacks_metric).count() as u64;
    let of = members().filter(|member| member.ended).count() as u64;
    if lacking > 0
        && members().filter(|member| member.ended && !member.failed_itself).all(|one| one.lacks_metric)
    {
        return Err(ApiError::invalid(Failure::MetricLacking { metric: metric.to_owned(), lacking, of }));
    }
    groups.iter_mut().for_each(|group| group.members.retain(|member| !member.lacks_metric));
    Ok(lacking)
}

/// What each group came to, rate by rate. A rate of 0 trains nothing and has no place among them.
async fn arms(context: &Context, groups: &[Group], metric: &str, higher: bool) -> Result<Vec<RateArm>> {
    let mut starts: Vec<Vec<f64>> = Vec::new();
    for group in groups {
        let mut own = Vec::new();
        for member in group.members.iter().filter(|member| member.ended) {
            own.extend(readings::first(context, member.run, metric).await?);
        }
        starts.push(own);
    }
    let Some(any) = median(starts.concat()) else {
        // Every run failed before it was looked at.
        return Err(ApiError::invalid(Failure::NothingFinite { metric: metric.to_owned() }));
    };
    let run = |member: &Member| {
        let (rate, seed, outcome) = (rate(member), member.seed, member.outcome?);
        (rate > 0.0).then_some(RateRun { rate, seed, outcome })
    };
    let arm = |(group, own): (&Group, Vec<f64>)| RateArm {
        runs: group.members.iter().filter_map(run).collect(),
        start: median(own).unwrap_or(any),
        higher_is_better: higher,
    };
    Ok(groups.iter().zip(starts).map(arm).collect())
}

/// The same for all arms: what is a small loss must not depend on who has it.
fn within(name: &str, arms: &[RateArm]) -> f64 {
    if metric(name, None).is_some_and(|known| known.row().reads == Reads::Percent) {
        return POINT;
    }
    let way = |arm: &RateArm| {
        let means = arm.points().into_iter().filter_map(|point| mean(&point.values));
        means.map(|mean| (mean - arm.start).abs()).fold(0.0, f64::max)
    };
    SHARE * arms.iter().map(way).fold(0.0, f64::max)
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().map(|value| value / values.len() as f64).sum())
}

fn told(group: &Group, arm: &RateArm, rates: &[f64], within: f64) -> RateSensitivity {
    let found = arm.sensitivity(rates);
    let usable = arm.usable(within);
    let extreme = |values: &[f64], fold: fn(f64, f64) -> f64| values.iter().copied().reduce(fold);
    RateSensitivity {
        value: group.value.clone(),
        written: words::value(&group.value),
        start: arm.start,
        points: arm
            .points()
            .into_iter()
            .map(|point| RateOutcome {
                rate: point.rate,
                mean: mean(&point.values),
                range: extreme(&point.values, f64::min).zip(extreme(&point.values, f64::max)),
                n: point.values.len() as u64,
                failed: point.failed as u64,
            })
            .collect(),
        sensitivity: found.map(|found| found.mean),
        std: found.and_then(|found| found.sd),
        seeds: found.map_or(0, |found| found.seeds as u64),
        usable: usable.map(|usable| (usable.low, usable.high)),
        usable_reaches_end: usable.is_some_and(|usable| usable.reaches_end),
    }
}
