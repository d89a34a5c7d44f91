//! What is going on: devices, active, queued and ended runs, and how far the sweeps are.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use vitals_recipe::Recipe;
use vitals_run::RunState;
use vitals_store::{MetricChoice, RunRow, RunSelection, SweepRow};

use crate::caution::cautions;
use crate::dto::{AppInfo, Overview, Run, SweepProgress};
use crate::error::Result;
use crate::estimate::Rates;
use crate::finish::{Finish, Work, finish};
use crate::{Context, pace, runs, supervisor, sweeps};

/// Ended and queued runs shown at most.
const SHOWN: usize = 50;
/// Ended runs, the newest, whose speed tells how long the next ones take: the overview is asked for often.
const MEASURED: usize = 200;

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
    let held_back = seen.status.queue_paused || !seen.alive;
    let slots = if held_back { 0 } else { seen.status.slots_total as usize };
    let left = work_left(slots, &active, &queued, &ended)?;
    queued.truncate(SHOWN);
    ended.truncate(SHOWN);
    let all = |rows: Vec<RunRow>| rows.into_iter().map(runs::run).collect::<Result<Vec<_>>>();
    let sweeps = context.store().sweeps().await?;
    Ok(Overview {
        supervisor: supervisor::status(context, &seen),
        devices: supervisor::devices(&seen),
        active: all(active)?,
        queued: all(queued)?,
        ended: all(ended)?,
        queued_total,
        ended_total,
        seconds_left: left.all,
        sweeps: sweeps
            .iter()
            .filter(|sweep| sweep.counts.runs > 0)
            .map(|sweep| SweepProgress {
                seconds_left: left.sweeps.get(&sweep.id).copied().flatten(),
                ..progress(sweep)
            })
            .collect(),
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
        seconds_left: None,
    }
}

/// How long the runs take that work and those that wait, by what of all of them was measured.
fn work_left(slots: usize, active: &[RunRow], queued: &[RunRow], ended: &[RunRow]) -> Result<Finish> {
    if active.is_empty() && queued.is_empty() {
        return Ok(Finish::default());
    }
    let rates = Rates::of(active.iter().chain(ended.iter().take(MEASURED)))?;
    let mut recipes: HashMap<&str, Recipe> = HashMap::new();
    let mut waiting = Vec::new();
    for row in queued {
        // What was imported waits for nothing.
        let Some(trained) = row.trained() else { continue };
        let recipe = match recipes.entry(&trained.recipe) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(row.resolved()?),
        };
        let left = row.total_steps.map(|total| total.saturating_sub(row.steps_done));
        let seconds = left.and_then(|left| rates.seconds(recipe, left));
        waiting.push(Work { sweep: row.sweep, seconds });
    }
    let holds_slot = |row: &&RunRow| row.state != RunState::Paused;
    let mut working = Vec::new();
    for row in active.iter().filter(holds_slot) {
        working.push(Work { sweep: row.sweep, seconds: pace::eta_seconds(row, row.resolved()?.batch_size) });
    }
    Ok(finish(slots, &working, &waiting))
}

pub async fn app_info(context: &Context) -> Result<AppInfo> {
    let seen = supervisor::seen(context).await?;
    let runs = context.store().count_runs().await?.values().sum();
    Ok(AppInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        workspace: context.workspace().root().display().to_string(),
        database_bytes: std::fs::metadata(context.workspace().database()).map_or(0, |data| data.len()),
        runs,
        supervisor: supervisor::status(context, &seen),
        read_only: context.read_only().map(|error| error.told),
        cautions: cautions(context),
    })
}
