//! Runs that were said not to have started, or to be lost, and have an attempt all the same: watched again, so that what
//! becomes of them is known. A state that somebody asked for, or that the attempt's own end supports, stays as it is.

use serde_json::json;
use vitals_run::{Evidence, RunState};
use vitals_store::{MetricChoice, RunRow, RunSelection, StoreError};

use super::adopt::watch_on;
use super::watched::Watched;
use crate::attempt::known::left_a_trace;
use crate::error::{Result, SupervisorError};
use crate::executor::{Executors, Unwatched};
use crate::ground::Ground;
use crate::ledger::Ledger;

/// Watches an attempt that an executor has found, where the store is wrong about its run.
pub(crate) async fn reclaim(
    watched: &mut Watched,
    executors: &mut Executors,
    ledger: &mut Ledger,
    ground: &Ground,
    found: Unwatched,
) -> Result<()> {
    if watched.live.contains_key(&found.run) {
        return Ok(());
    }
    let row = match ground.row(found.run).await {
        // Of another workspace.
        Err(SupervisorError::Store(StoreError::UnknownRun { .. })) => return Ok(()),
        other => other?,
    };
    let lives = found.lives && !ground.folder(found.run).exit(found.attempt).exists();
    let is_wrong = lives && matches!(row.state, RunState::Failed | RunState::Lost);
    if row.attempt == found.attempt && (is_wrong || was_refused_at_start(ground, &row).await?) {
        take_up(watched, executors, ledger, ground, row, found.evidence).await?;
    }
    Ok(())
}

/// Watches every run that was said not to have started and whose folder shows that it was.
pub(crate) async fn reclaim_started(
    watched: &mut Watched,
    executors: &mut Executors,
    ledger: &mut Ledger,
    ground: &Ground,
) -> Result<()> {
    let failed = RunSelection::States(vec![RunState::Failed]);
    for row in ground.store.runs(&failed, &MetricChoice::None).await? {
        let started = left_a_trace(&ground.folder(row.id), row.attempt);
        if started && was_refused_at_start(ground, &row).await? {
            take_up(watched, executors, ledger, ground, row, Evidence::StartedAllTheSame).await?;
        }
    }
    Ok(())
}

/// Its newest attempt was said not to have started. What was refused from the queue never had an attempt of its own.
async fn was_refused_at_start(ground: &Ground, row: &RunRow) -> Result<bool> {
    if row.state != RunState::Failed || !matches!(row.evidence_code, Evidence::NotStarted { .. }) {
        return Ok(false);
    }
    let history = ground.store.transitions(row.id).await?;
    Ok(history.last().is_some_and(|change| change.from == Some(RunState::Starting)))
}

async fn take_up(
    watched: &mut Watched,
    executors: &mut Executors,
    ledger: &mut Ledger,
    ground: &Ground,
    row: RunRow,
    evidence: Evidence,
) -> Result<()> {
    let grounds = evidence.with(json!({ "attempt": row.attempt }));
    ledger.set(row.id, RunState::Starting, grounds).await?;
    watch_on(watched, executors, ledger, ground, (row.id, row.attempt), row.device, RunState::Starting);
    Ok(())
}
