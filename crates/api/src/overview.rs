//! What is going on: devices, active, queued and ended runs, and how far the sweeps are.

use vitals_run::RunState;
use vitals_store::{MetricChoice, RunRow, RunSelection, SweepRow};

use crate::dto::{AppInfo, Overview, Run, SweepProgress};
use crate::error::Result;
use crate::{Context, runs, supervisor, sweeps};

/// Ended and queued runs shown at most.
const SHOWN: usize = 50;

pub async fn overview(context: &Context) -> Result<Overview> {
    let seen = supervisor::seen(context).await?;
    let (mut active, mut queued, mut ended) = (Vec::new(), Vec::new(), Vec::new());
    for row in context.store().runs(&RunSelection::All, &MetricChoice::Plain).await? {
        match row.state {
            RunState::Queued => queued.push(row),
            state if state.has_ended() => ended.push(row),
            _ => active.push(row),
        }
    }
    let (queued_total, ended_total) = (queued.len() as u64, ended.len() as u64);
    queued.sort_by_key(|row| row.queue_position);
    ended.sort_by_key(|row| std::cmp::Reverse((row.ended_at, row.id)));
    queued.truncate(SHOWN);
    ended.truncate(SHOWN);
    let all = |rows: Vec<RunRow>| rows.into_iter().map(runs::run).collect::<Result<Vec<_>>>();
    let sweeps = context.store().sweeps().await?;
    Ok(Overview {
        supervisor: supervisor::status(&seen),
        devices: supervisor::devices(&seen),
        active: all(active)?,
        queued: all(queued)?,
        ended: all(ended)?,
        queued_total,
        ended_total,
        sweeps: sweeps.iter().filter(|sweep| sweep.counts.runs > 0).map(progress).collect(),
    })
}

/// Every run that waits, the next to start first.
pub async fn queued(context: &Context) -> Result<Vec<Run>> {
    let wanted = RunSelection::States(vec![RunState::Queued]);
    let mut rows = context.store().runs(&wanted, &MetricChoice::None).await?;
    rows.sort_by_key(|row| row.queue_position);
    rows.into_iter().map(runs::run).collect()
}

/// Every run that has a place to run, oldest first.
pub async fn active(context: &Context) -> Result<Vec<Run>> {
    let wanted = RunSelection::States(RunState::ALL.into_iter().filter(|state| state.is_active()).collect());
    let rows = context.store().runs(&wanted, &MetricChoice::None).await?;
    rows.into_iter().rev().map(runs::run).collect()
}

/// How far a sweep is.
pub fn progress(sweep: &SweepRow) -> SweepProgress {
    let count = |state| sweeps::count(sweep, state);
    let active = RunState::ALL.into_iter().filter(|state| state.is_active()).map(count).sum();
    SweepProgress {
        id: sweep.id.to_string(),
        name: sweep.name.clone(),
        runs: sweep.counts.runs,
        finished: count(RunState::Finished),
        failed: count(RunState::Failed) + count(RunState::Lost),
        active,
        paused: count(RunState::Paused),
        queued: count(RunState::Queued),
    }
}

pub async fn app_info(context: &Context) -> Result<AppInfo> {
    let seen = supervisor::seen(context).await?;
    let runs = context.store().count_runs().await?.values().sum();
    Ok(AppInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        workspace: context.workspace().root().display().to_string(),
        database_bytes: std::fs::metadata(context.workspace().database()).map_or(0, |data| data.len()),
        runs,
        supervisor: supervisor::status(&seen),
        read_only: context.read_only().map(|error| error.told),
    })
}
