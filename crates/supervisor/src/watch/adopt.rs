//! What a new supervisor finds: runs that an earlier one started. Those that live are watched on; those that have ended are
//! read to the end of their journals and settled. A tail does both; nothing is started here.

use std::sync::Arc;

use tokio::sync::Notify;
use vitals_journal::{Command, Lock, RunFolder};
use vitals_run::{Evidence, Obstacle, RunState};
use vitals_store::{MetricChoice, RunId, RunSelection, StoreError};

use super::folder::restore_living;
use super::watched::Watched;
use crate::attempt::holder::works;
use crate::attempt::known::{asked, proof};
use crate::error::{Result, SupervisorError};
use crate::executor::{Executors, Followed};
use crate::ground::Ground;
use crate::ledger::Ledger;

/// Takes over all living and half-settled runs.
pub(crate) async fn adopt(
    watched: &mut Watched,
    executors: &mut Executors,
    ledger: &mut Ledger,
    ground: &Ground,
) -> Result<()> {
    let active: Vec<RunState> = RunState::ALL.into_iter().filter(|state| state.is_active()).collect();
    for row in ground.store.runs(&RunSelection::States(active), &MetricChoice::None).await? {
        if !watched.live.contains_key(&row.id) {
            watch_on(watched, executors, ledger, ground, (row.id, row.attempt), row.device, row.state);
        }
    }
    // A process at work is stronger evidence than any state in a database that came from a backup.
    for run in runs_at_work(ground) {
        if watched.live.contains_key(&run) {
            continue;
        }
        match adopt_one(watched, executors, ledger, ground, run).await {
            Err(error) if error.may_pass() => return Err(error),
            Err(error) => {
                tracing::warn!(%run, "its lock is held, and it cannot be watched: failed to {error}");
            }
            Ok(()) => {}
        }
    }
    Ok(())
}

/// Watches a run whose lock somebody holds, whatever its state says; a run that the store lacks (its database was deleted)
/// comes back from its folder.
pub(crate) async fn adopt_one(
    watched: &mut Watched,
    executors: &mut Executors,
    ledger: &mut Ledger,
    ground: &Ground,
    run: RunId,
) -> Result<()> {
    let folder = ground.folder(run);
    let attempts = folder.attempts()?;
    let row = match ground.row(run).await {
        Err(SupervisorError::Store(StoreError::UnknownRun { .. })) => {
            restore_living(&ground.store, &folder, ground.wall()).await?;
            ground.row(run).await?
        }
        other => other?,
    };
    let Some(&attempt) = attempts.last() else {
        let why = Obstacle::LockHeldByOthers.into();
        return ledger.set(run, RunState::Failed, Evidence::NotStarted { why }).await;
    };
    let held = Evidence::LockHeld.with(proof(&folder, attempt));
    ledger.set(run, RunState::Running, held).await?;
    watch_on(watched, executors, ledger, ground, (run, attempt), row.device, RunState::Running);
    Ok(())
}

pub(super) fn watch_on(
    watched: &mut Watched,
    executors: &mut Executors,
    ledger: &mut Ledger,
    ground: &Ground,
    (run, attempt): (RunId, u32),
    device: Option<String>,
    state: RunState,
) {
    let folder = ground.folder(run);
    let device = device.unwrap_or_else(|| executors.device_by_mark(&folder, attempt));
    let asked_to_cancel = asked(&folder, attempt) == Some(Command::Cancel);
    let at = Followed { run, attempt, folder, hint: Arc::new(Notify::new()) };
    watched.follow(ground, ledger, executors, at, device, state);
    if asked_to_cancel && let Some(live) = watched.live.get_mut(&run) {
        // Whoever asked for it may be gone, the wish is not.
        live.owes_term = true;
    }
}

fn is_at_work(run: RunId, folder: &RunFolder) -> bool {
    match Lock::is_held(&folder.lock()) {
        Ok(false) => false,
        Ok(true) => {
            let is_its_own = works(folder);
            if !is_its_own {
                tracing::warn!(%run, "its lock is held by a process that is none of its own; its state stays");
            }
            is_its_own
        }
        Err(error) => {
            tracing::warn!(%run, "whether it is at work cannot be seen: failed to {error}");
            false
        }
    }
}

/// Runs of the workspace whose lock is held by a process of theirs. Somebody else who holds it revives no run.
fn runs_at_work(ground: &Ground) -> Vec<RunId> {
    let Ok(entries) = std::fs::read_dir(ground.workspace.runs_dir()) else { return Vec::new() };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<RunId>().ok())
        .filter(|run| is_at_work(*run, &ground.folder(*run)))
        .collect()
}
