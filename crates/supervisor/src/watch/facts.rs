//! What the tails report, taken: records move a run, an end waits to be settled, damage is said where people look.

use std::time::Duration;

use serde_json::json;
use vitals_run::{Evidence, RunState};
use vitals_store::RunId;

use super::checkpoints::note_removed;
use super::tail::Fact;
use super::watched::{Unsettled, Watched};
use crate::attempt::known::proof;
use crate::executor::Executors;
use crate::ground::Ground;
use crate::ledger::Ledger;

/// Takes a fact. `true`: somebody should act on it at once.
pub(crate) async fn take(
    fact: Fact,
    watched: &mut Watched,
    executors: &mut Executors,
    ledger: &mut Ledger,
    ground: &Ground,
) -> bool {
    match fact {
        Fact::Recorded { run, attempt, values, stall_after, checkpoint } => {
            watched.values_ingested += values;
            let known = recorded(watched, ledger, ground, run, attempt, stall_after).await;
            if known
                && checkpoint
                && let Err(error) = note_removed(ground, run).await
            {
                tracing::warn!(%run, "failed to look at its checkpoints: {error}");
            }
            false
        }
        Fact::Ended { run, attempt, known } => {
            watched.unsettled.push(Unsettled { run, attempt, known, kill_at: None });
            true
        }
        Fact::Unreadable { run, attempt, what } => {
            unreadable(watched, ledger, run, attempt, &what).await;
            false
        }
        Fact::Away { run, attempt, seen } => {
            let evidence = match seen {
                Some(folder) => Evidence::FolderElsewhere { folder: folder.display().to_string() },
                None => Evidence::FolderUnseen { seconds: ground.options.folder_patience.as_secs() },
            };
            moved(watched, ledger, ground, (run, attempt), true, evidence).await;
            false
        }
        Fact::Back { run, attempt } => {
            moved(watched, ledger, ground, (run, attempt), false, Evidence::FolderBack).await;
            false
        }
        Fact::Removed { run } => {
            watched.forget(ledger, executors, run);
            true
        }
    }
}

/// How long a run that records is not said to run for want of its worker's mark.
const MARK_PATIENCE: Duration = Duration::from_secs(2);

/// Records came in: the run moves. `false`: they are not those of the attempt that is watched.
async fn recorded(
    watched: &mut Watched,
    ledger: &mut Ledger,
    ground: &Ground,
    run: RunId,
    attempt: u32,
    stall_after: Duration,
) -> bool {
    let Some(live) = watched.live.get_mut(&run).filter(|live| live.attempt == attempt) else { return false };
    let now = ground.now();
    live.last_record = now;
    live.stall_after = stall_after;
    if ledger.state(run) == Some(RunState::Starting) {
        let proof = proof(&live.folder, attempt);
        let since = *live.unmarked_since.get_or_insert(now);
        // The guard marks a worker an instant after it has started it, and a quick one may record before. The state that
        // says `running` must name it: nothing else does once the folder is gone. The next record tries again.
        if proof["worker"].is_null() && now.saturating_sub(since) < MARK_PATIENCE {
            return true;
        }
        let records = Evidence::Records.with(proof);
        if let Err(error) = ledger.set(run, RunState::Running, records).await {
            // Still `Starting` in memory too: the next record tries again.
            tracing::warn!(%run, "failed to note that it runs: {error}");
        }
    }
    true
}

/// The folder went out of its place or came back: said where people look. No record can come from a folder that is not
/// there, which is nobody's silence.
async fn moved(
    watched: &mut Watched,
    ledger: &mut Ledger,
    ground: &Ground,
    (run, attempt): (RunId, u32),
    is_away: bool,
    evidence: Evidence,
) {
    let Some(live) = watched.live.get_mut(&run).filter(|live| live.attempt == attempt) else { return };
    live.is_away = is_away;
    live.last_record = ground.now();
    let Some(state) = ledger.state(run) else { return };
    let state = if is_away && state == RunState::Running { RunState::Stalled } else { state };
    let data = if is_away { json!({ "attempt": attempt }) } else { proof(&live.folder, attempt) };
    if let Err(error) = ledger.set(run, state, evidence.with(data)).await {
        tracing::warn!(%run, "failed to note where its folder is: {error}");
    }
}

/// The journal cannot be read on: said where people look, while the run is watched all the same.
async fn unreadable(watched: &Watched, ledger: &mut Ledger, run: RunId, attempt: u32, what: &str) {
    let watches = watched.live.get(&run).is_some_and(|live| live.attempt == attempt);
    let Some(state) = ledger.state(run).filter(|_| watches) else { return };
    let damaged = Evidence::JournalDamaged { what: what.to_owned() };
    if let Err(error) = ledger.set(run, state, damaged.with(json!({ "attempt": attempt }))).await {
        tracing::warn!(%run, "failed to note that its journal is damaged: {error}");
    }
}
