//! Runs and what they came to: the value of the metric that stands for each, as their sweeps declare it, and what further ones
//! would cost.

use std::collections::BTreeSet;

use vitals_recipe::sweep::Goal;
use vitals_recipe::{Metric, Reading};
use vitals_run::RunState;
use vitals_series::{Differences, Outcome, Pair};
use vitals_store::{MetricChoice, RunRow, SweepId};

use super::arms::{Group, Member};
use crate::Context;
use crate::error::Result;
use crate::{objective, readings, runs};

/// What the sweeps of the runs declare, where they agree.
#[derive(Debug, Default)]
pub struct Declared {
    pub metric: Option<String>,
    pub goal: Option<Goal>,
    pub value: Option<Reading>,
    pub smallest_effect: Option<f64>,
    pub looks: Vec<u64>,
}

impl Declared {
    /// Whether more of the metric is better: as declared of it, else as the table of metrics has it.
    pub fn higher_is_better(&self, name: &str) -> bool {
        if self.metric.as_deref() == Some(name)
            && let Some(goal) = self.goal
        {
            return goal == Goal::Maximize;
        }
        readings::higher_is_better(name)
    }
}

/// The runs that a condition takes, as [`members_of`].
pub async fn members(context: &Context, filter: &str) -> Result<(Vec<Member>, u64)> {
    members_of(runs::matching(context, filter, &MetricChoice::Plain).await?)
}

/// Those of some runs that may stand in an arm, and how many imported ones there are besides, of which no parameter is known.
/// Probes judge other runs and are none of an arm.
pub fn members_of(rows: Vec<RunRow>) -> Result<(Vec<Member>, u64)> {
    let imported = rows.iter().filter(|row| row.imported().is_some()).count() as u64;
    let own = rows.into_iter().filter(|row| row.imported().is_none() && row.probed.is_none());
    Ok((own.map(member).collect::<Result<_>>()?, imported))
}

fn member(row: RunRow) -> Result<Member> {
    let parameters = row.parameters()?;
    let collapsed = row.stability.is_some_and(|stability| stability.failed);
    let failed = row.state == RunState::Failed || row.state == RunState::Finished && collapsed;
    let seconds = row.started_at.zip(row.ended_at).map(|(from, to)| (to - from) as f64 / 1e3);
    Ok(Member {
        run: row.id,
        sweep: row.sweep,
        seed: row.trained().map_or(0, |trained| trained.seed),
        point: row.trained().map(|trained| trained.point.clone()).unwrap_or_default(),
        parameters,
        state: row.state,
        ended: matches!(row.state, RunState::Finished | RunState::Failed),
        gone: matches!(row.state, RunState::Cancelled | RunState::Lost),
        failed_itself: failed,
        lacks_metric: false,
        outcome: None,
        seconds: seconds.filter(|seconds| *seconds > 0.0),
    })
}

/// What all sweeps of these runs declare alike.
pub async fn declared(context: &Context, groups: &[Group]) -> Result<Declared> {
    let sweeps: BTreeSet<SweepId> =
        groups.iter().flat_map(|group| &group.members).filter_map(|member| member.sweep).collect();
    let all = objective::files(context, sweeps).await?;
    let objectives = || all.iter().map(|sweep| sweep.objective.as_ref());
    let decide = || all.iter().map(|sweep| sweep.decide.as_ref());
    Ok(Declared {
        metric: agreed(objectives().map(|one| Some(one?.metric.clone()))),
        goal: agreed(objectives().map(|one| Some(one?.goal))),
        value: agreed(decide().map(|one| Some(one?.value))),
        smallest_effect: agreed(decide().map(|one| one?.smallest_effect)),
        looks: agreed(decide().map(|one| Some(one?.looks.clone()))).unwrap_or_default(),
    })
}

/// What all say alike.
fn agreed<T: PartialEq>(mut all: impl Iterator<Item = Option<T>>) -> Option<T> {
    let first = all.next()??;
    all.all(|other| other.as_ref() == Some(&first)).then_some(first)
}

/// The first of these that every run has that ended by itself.
pub async fn shared_metric(context: &Context, groups: &[Group], usual: &[Metric]) -> Result<String> {
    let mut names: Option<BTreeSet<String>> = None;
    for member in groups.iter().flat_map(|group| &group.members).filter(|one| one.ended && !one.failed_itself)
    {
        let own: BTreeSet<String> =
            context.store().series_list(member.run).await?.into_iter().map(|entry| entry.name).collect();
        names = Some(names.map_or(own.clone(), |names| &names & &own));
    }
    let names = names.unwrap_or_default();
    let found = usual.iter().map(|metric| metric.name()).find(|name| names.contains(*name));
    // Where no run has ended by itself, the last one serves to say so.
    Ok(found.unwrap_or(Metric::Loss.name()).to_owned())
}

/// Reads the value that stands for each run that has ended.
pub async fn read(
    context: &Context,
    groups: &mut [Group],
    name: &str,
    reading: Reading,
    higher_is_better: bool,
) -> Result<()> {
    for member in groups.iter_mut().flat_map(|group| &mut group.members).filter(|member| member.ended) {
        if member.failed_itself {
            member.outcome = Some(Outcome::Failed);
            continue;
        }
        let found = readings::read(context, member.run, name, reading, higher_is_better).await?;
        member.lacks_metric = found.is_none();
        let value = found.unwrap_or(f64::NAN);
        member.outcome = Some(if value.is_finite() { Outcome::Value(value) } else { Outcome::Failed });
    }
    Ok(())
}

/// Standard deviation of the differences of all arms together: to plan with while one has too few of its own.
pub fn usual_sd(groups: &[Group]) -> Option<f64> {
    let difference = |pair: &Pair| match (pair.baseline, pair.arm) {
        (Outcome::Value(baseline), Outcome::Value(arm)) => Some(arm - baseline),
        _ => None,
    };
    let mut found: Vec<f64> = groups[1..]
        .iter()
        .filter_map(|group| {
            let values: Vec<f64> = super::pairs(group, &groups[0]).iter().filter_map(difference).collect();
            Differences::of(&values).filter(|found| found.n >= 4 && found.sd > 0.0).map(|found| found.sd)
        })
        .collect();
    found.sort_by(f64::total_cmp);
    found.get(found.len() / 2).copied()
}
