//! Further pairs of two arms: which runs they take, what those cost, and queuing them. What trains on one side only is
//! completed first; pairs that are on the way are not asked for again.

use std::collections::{BTreeMap, BTreeSet};

use vitals_recipe::Tells as _;
use vitals_run::{Evidence, RunState};
use vitals_store::{MetricChoice, NewRun, RunRow, RunSelection, SweepId};

use super::arms::{Group, Member, other_settings};
use super::{Arms, of_value, pairs, words};
use crate::Context;
use crate::dto::{ApiError, MorePairs, MoreRuns};
use crate::error::Result;
use crate::runs;
use crate::said::{Advice, Failure};

/// Pairs, or seeds of a point, that can be asked for at once.
const MOST: u32 = 1000;

/// Seeds whose runs are missing on each side.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub arm: Vec<u64>,
    pub baseline: Vec<u64>,
}

/// The runs that so many more pairs take. Seeds that one side has are completed on the other; further ones follow the largest.
pub fn plan(missing: usize, arm: &Group, baseline: &Group) -> Plan {
    let mut left = missing.saturating_sub(on_the_way(arm, baseline));
    let mut plan = Plan::default();
    let lone = |one: &Group, other: &Group| -> Vec<u64> {
        one.hopeful().difference(&other.taken).copied().collect()
    };
    for (seeds, missing) in [(lone(baseline, arm), &mut plan.arm), (lone(arm, baseline), &mut plan.baseline)]
    {
        missing.extend(seeds.into_iter().take(left));
        left -= missing.len().min(left);
    }
    let next = arm.taken.iter().chain(&baseline.taken).max().map_or(0, |seed| seed.saturating_add(1));
    let further = (next..).take(left);
    plan.arm.extend(further.clone());
    plan.baseline.extend(further);
    plan
}

/// Pairs that may still come to values on both sides and have not ended on both.
pub fn on_the_way(arm: &Group, baseline: &Group) -> usize {
    let ended: BTreeSet<u64> = pairs(arm, baseline).iter().map(|pair| pair.seed).collect();
    arm.hopeful().intersection(&baseline.hopeful()).filter(|seed| !ended.contains(seed)).count()
}

/// Seconds of a plan's runs, as the arms' runs took; `None` where none has.
pub fn cost(plan: &Plan, arm: &Group, baseline: &Group) -> Option<f64> {
    let of = |seeds: &[u64], group: &Group| match seeds.len() {
        0 => Some(0.0),
        count => Some(count as f64 * mean_seconds(group)?),
    };
    Some(of(&plan.arm, arm)? + of(&plan.baseline, baseline)?)
}

fn mean_seconds(group: &Group) -> Option<f64> {
    let seconds: Vec<f64> = group.members.iter().filter_map(|member| member.seconds).collect();
    (!seconds.is_empty()).then(|| seconds.iter().sum::<f64>() / seconds.len() as f64)
}

/// Queues further pairs of an arm and the baseline, and sees that a supervisor runs; where it is asked dry, only says which
/// runs that would be.
///
/// # Errors
/// `invalid_input` as of the decision itself, for an arm that does not exist or cannot be compared, and for no pairs or too many.
pub async fn pairs_more(context: &Context, asked: &MorePairs) -> Result<MoreRuns> {
    let count = counted(asked.pairs)?;
    let Arms { by, mut groups, .. } = Arms::read(context, &asked.of).await?;
    let all = context.store().runs(&RunSelection::All, &MetricChoice::None).await?;
    groups.iter_mut().for_each(|group| take_of_all(group, &all));
    let (baseline, others) = groups.split_first().ok_or_else(|| ApiError::invalid(Failure::NoRunMatches))?;
    let arm = &others[of_value(others, &asked.arm)?];
    let differing = other_settings(arm, baseline, &by);
    if !differing.is_empty() {
        let said = words::other_settings(&differing);
        return Err(ApiError::invalid(Failure::ArmNotComparable {
            value: asked.arm.clone(),
            why: said.told(),
        }));
    }
    let plan = plan(count, arm, baseline);
    let cost_seconds = cost(&plan, arm, baseline);
    let mut wanted = Vec::new();
    for (group, seeds) in [(arm, &plan.arm), (baseline, &plan.baseline)] {
        wanted.push((newest(context, group).await?, seeds.clone()));
    }
    let runs = queue(context, &wanted, asked.dry).await?;
    Ok(MoreRuns {
        runs,
        arm_runs: plan.arm.len() as u64,
        baseline_runs: plan.baseline.len() as u64,
        cost_seconds,
    })
}

/// A run that the condition leaves out has its seed all the same.
fn take_of_all(group: &mut Group, all: &[RunRow]) {
    let points: BTreeSet<&str> = group.members.iter().map(|member| member.point.as_str()).collect();
    let trained = all.iter().filter(|row| row.probed.is_none()).filter_map(RunRow::trained);
    group.taken.extend(trained.filter(|run| points.contains(run.point.as_str())).map(|run| run.seed));
}

/// Gives every point of a sweep so many more seeds, the same for all, behind the largest of any.
///
/// # Errors
/// `not_found` for an unknown sweep; `invalid_input` for a condition that takes none of its runs, for no seeds or too many.
pub async fn seeds_more(
    context: &Context,
    sweep: SweepId,
    seeds: u32,
    filter: &str,
    dry: bool,
) -> Result<MoreRuns> {
    let count = counted(seeds)?;
    let rows = crate::runs::matching(context, filter, &MetricChoice::None).await?;
    let mut points: BTreeMap<String, RunRow> = BTreeMap::new();
    let all = context.store().runs(&RunSelection::Sweep(sweep), &MetricChoice::None).await?;
    let known = all.iter().filter(|row| row.probed.is_none()).filter_map(RunRow::trained).map(|run| run.seed);
    let largest = known.max().unwrap_or(0);
    for row in rows.into_iter().filter(|row| row.sweep == Some(sweep) && row.probed.is_none()) {
        let Some(trained) = row.trained() else { continue };
        // Newest first: its label and recipe are the point's.
        points.entry(trained.point.clone()).or_insert(row);
    }
    if points.is_empty() {
        return Err(ApiError::invalid(Failure::NoRunMatches)
            .hint(Advice::ListRunsOfSweep { sweep: sweep.to_string() }));
    }
    let next = largest.saturating_add(1);
    let further: Vec<u64> = (next..).take(count).collect();
    let wanted: Vec<(RunRow, Vec<u64>)> = points.into_values().map(|row| (row, further.clone())).collect();
    let estimates = crate::estimate::Estimates::measured(context).await?;
    let mut cost_seconds = Some(0.0);
    for (row, seeds) in &wanted {
        let one =
            row.recipe()?.zip(row.total_steps).and_then(|(recipe, steps)| estimates.seconds(&recipe, steps));
        cost_seconds = cost_seconds.zip(one).map(|(sum, one)| sum + one * seeds.len() as f64);
    }
    let runs = queue(context, &wanted, dry).await?;
    Ok(MoreRuns { arm_runs: runs.len() as u64, baseline_runs: 0, runs, cost_seconds })
}

fn counted(asked: u32) -> Result<usize> {
    match asked {
        1..=MOST => Ok(asked as usize),
        _ => Err(ApiError::invalid(Failure::SeedsAtOnce { found: asked, most: MOST })),
    }
}

/// The newest run of an arm, after which further ones are made.
async fn newest(context: &Context, group: &Group) -> Result<RunRow> {
    // Ids are ordered in time.
    let newest = group.members.iter().max_by_key(|member: &&Member| member.run.to_string());
    let run = newest.ok_or_else(|| ApiError::invalid(Failure::NoRunMatches))?.run;
    Ok(context.store().run(run).await?)
}

/// Queues runs like others with other seeds, in the sweeps of those; returns their labels.
async fn queue(context: &Context, wanted: &[(RunRow, Vec<u64>)], dry: bool) -> Result<Vec<String>> {
    let mut of_sweeps: BTreeMap<Option<SweepId>, Vec<NewRun>> = BTreeMap::new();
    for (row, seeds) in wanted {
        let Some((recipe, trained)) = row.recipe()?.zip(row.trained()) else { continue };
        let point = runs::label_of_point(row, trained.seed);
        let run = |seed: &u64| NewRun {
            id: None,
            point: trained.point.clone(),
            seed: *seed,
            recipe: vitals_recipe::Recipe { seed: *seed, ..recipe.clone() }.to_json(),
            probed: None,
            axes: row.axes.clone(),
            label: format!("{point}-s{seed}"),
            priority: row.priority,
            total_steps: row.total_steps,
            state: RunState::Queued,
            evidence: Evidence::QueuedForSeeds.into(),
        };
        of_sweeps.entry(row.sweep).or_default().extend(seeds.iter().map(run));
    }
    let labels = of_sweeps.values().flatten().map(|run| run.label.clone()).collect();
    if dry {
        return Ok(labels);
    }
    runs::queue(context, of_sweeps).await?;
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use vitals_series::Outcome;

    use super::*;

    fn group(members: &[(u64, Option<Outcome>)], gone: &[u64]) -> Group {
        let member = |&(seed, outcome): &(u64, Option<Outcome>)| Member {
            run: vitals_store::RunId::nil(),
            sweep: None,
            seed,
            point: String::new(),
            parameters: serde_json::Map::new(),
            state: if outcome.is_some() { RunState::Finished } else { RunState::Running },
            ended: outcome.is_some(),
            gone: false,
            failed_itself: outcome == Some(Outcome::Failed),
            lacks_metric: false,
            outcome,
            seconds: outcome.map(|_| 60.0),
        };
        Group {
            settings: BTreeMap::new(),
            value: serde_json::Value::Null,
            members: members.iter().map(member).collect(),
            taken: members.iter().map(|(seed, _)| *seed).chain(gone.iter().copied()).collect(),
        }
    }

    #[test]
    fn further_pairs_complete_what_one_side_has_and_pass_over_what_failed_or_was_cancelled() {
        let value = Some(Outcome::Value(0.5));
        let failed = Some(Outcome::Failed);
        // Seed 0 is a pair; 1 is on the way; 2 and 3 lack the arm; 4 failed; 5 lacks the baseline; 6 was cancelled.
        let baseline = group(&[(0, value), (1, value), (2, value), (3, None), (4, failed), (6, value)], &[]);
        let arm = group(&[(0, value), (1, None), (4, value), (5, value)], &[6]);
        assert_eq!(on_the_way(&arm, &baseline), 1);
        assert_eq!(plan(1, &arm, &baseline), Plan::default(), "one is on the way");
        let of = |missing| {
            let plan = plan(missing, &arm, &baseline);
            (plan.arm, plan.baseline)
        };
        assert_eq!(of(2), (vec![2], vec![]));
        assert_eq!(of(4), (vec![2, 3], vec![5]));
        assert_eq!(of(6), (vec![2, 3, 7, 8], vec![5, 7, 8]));
        assert_eq!(cost(&plan(6, &arm, &baseline), &arm, &baseline), Some(7.0 * 60.0));
        assert_eq!(cost(&plan(2, &arm, &baseline), &arm, &baseline), Some(60.0));
        let unmeasured = group(&[(0, None)], &[]);
        assert_eq!(cost(&Plan { arm: vec![1], baseline: vec![] }, &unmeasured, &baseline), None);
    }
}
