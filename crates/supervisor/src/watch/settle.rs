//! The end of an attempt: its exit record into the store, then the state that the evidence supports.

use rustix::process::Signal;
use serde_json::json;
use vitals_run::{Evidence, Grounds, RunState, parse_rfc3339};
use vitals_store::{RunId, Store, StoreError, Transition};

use super::checkpoints::note_removed;
use super::watched::{Unsettled, Watched};
use crate::attempt::known::Known;
use crate::error::{Result, SupervisorError};
use crate::executor::{Executor, Executors, Judgement};
use crate::ground::Ground;
use crate::ledger::Ledger;
use crate::queue::retry::{RetrySettings, retries, retry};
use crate::settings;

/// Settles every attempt that has ended; what the store refuses for the moment stays for the next turn.
pub(crate) async fn settle_all(
    watched: &mut Watched,
    executors: &mut Executors,
    ledger: &mut Ledger,
    ground: &Ground,
) -> Result<()> {
    let mut failed = None;
    for mut ended in std::mem::take(&mut watched.unsettled) {
        if !has_ended(&mut ended, ground) {
            watched.unsettled.push(ended);
            continue;
        }
        match settle(&mut ended, watched, executors, ledger, ground).await {
            Ok(()) => {}
            Err(SupervisorError::Store(StoreError::UnknownRun { .. })) => {
                watched.forget(ledger, executors, ended.run);
            }
            Err(error) => {
                watched.unsettled.push(ended);
                failed.get_or_insert(error);
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

async fn settle(
    ended: &mut Unsettled,
    watched: &mut Watched,
    executors: &mut Executors,
    ledger: &mut Ledger,
    ground: &Ground,
) -> Result<()> {
    let run = ended.run;
    let Some(live) = watched.live.get(&run).filter(|live| live.attempt == ended.attempt) else {
        return Ok(());
    };
    ended.known.grace_spent = live.killed;
    if let Some(exit) = &ended.known.exit {
        let record = serde_json::to_value(exit)
            .map_err(|source| StoreError::Json { what: "an exit record", source })?;
        let at = parse_rfc3339(&exit.ended_at).unwrap_or_else(|| ground.wall());
        match ground.store.set_exit_record(run, ended.attempt, &record, at).await {
            // The attempt never came into the store (a restored database): its state is told all the same.
            Ok(()) | Err(StoreError::UnknownAttempt { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let starting = ledger.state(run) == Some(RunState::Starting);
    let Judgement { state, grounds, again } =
        judge(ended, starting, executors.of(&live.device), &ground.store).await?;
    let why = grounds.evidence.to_string();
    // Killed from outside is no fault of the start.
    let was_killed = matches!(grounds.evidence, Evidence::Signal { signal: 9 | 15 });
    ledger.set_where_it_may(run, state, grounds).await?;
    if began(&ground.store, run, ended.attempt).await? {
        watched.alike.began();
    } else if state == RunState::Failed && !was_killed {
        watched.alike.failed(run, &why);
    }
    let again = match again {
        Some(why) => Some(why.into()),
        None => retry_unasked(&ground.store, run, state, &ended.known).await?,
    };
    if let Some(why) = again {
        ledger.set_where_it_may(run, RunState::Queued, why).await?;
    }
    watched.forget(ledger, executors, run);
    // A worker prunes after it has named its last checkpoint.
    if let Err(error) = note_removed(ground, run).await {
        tracing::warn!(%run, "failed to look at its checkpoints: {error}");
    }
    Ok(())
}

/// By the executor's word, or by what the folder tells.
async fn judge(
    ended: &Unsettled,
    starting: bool,
    executor: &dyn Executor,
    store: &Store,
) -> Result<Judgement> {
    if starting && ended.known.never_began() && !executor.knows_end(ended.run) {
        let grounds = Evidence::StartInterrupted.with(json!({ "attempt": ended.attempt }));
        return Ok(Judgement { state: RunState::Queued, grounds, again: None });
    }
    let written = store.checkpoints(ended.run).await?;
    let new = written.iter().any(|checkpoint| checkpoint.attempt == ended.attempt && !checkpoint.removed);
    Ok(executor.judge(ended.run, &ended.known, new))
}

/// Ends the process of a run whose folder was removed, politely first: all that it does is lost, and nobody could find it
/// any more. `true`: none is alive.
fn has_ended(ended: &mut Unsettled, ground: &Ground) -> bool {
    let Some(worker) = ended.known.outlived.as_ref().filter(|worker| worker.is_alive()) else { return true };
    match ended.kill_at {
        None => {
            worker.signal(Signal::TERM);
            // A stopped process takes no SIGTERM.
            worker.signal(Signal::CONT);
            ended.kill_at = Some(ground.now() + ground.options.grace);
        }
        Some(at) if ground.now() >= at => {
            worker.signal(Signal::KILL);
        }
        Some(_) => {}
    }
    false
}

/// Whether an attempt recorded a step.
async fn began(store: &Store, run: RunId, attempt: u32) -> Result<bool> {
    let attempts = store.attempts(run).await?;
    Ok(attempts.iter().any(|one| one.number == attempt && one.last_step.is_some()))
}

/// Why a run is queued again where the setting says so. A supervisor that dies between the ending and this leaves the run
/// ended: one retry too few is better than one too many.
async fn retry_unasked(store: &Store, run: RunId, state: RunState, known: &Known) -> Result<Option<Grounds>> {
    let Some(settings) = retry_settings(store).await? else { return Ok(None) };
    let history = store.transitions(run).await?;
    // New evidence of a run that waits is no new step into the queue.
    let entered =
        |change: &&Transition| change.to == RunState::Queued && change.from != Some(RunState::Queued);
    let queued = history.iter().rev().find(entered);
    let retries = retries(queued.map(|change| &change.data));
    Ok(retry(&settings, state, known, retries))
}

/// `None`: never, or nobody can tell what was meant.
async fn retry_settings(store: &Store) -> Result<Option<RetrySettings>> {
    match store.setting(settings::RETRY).await {
        Ok(settings) => Ok(settings),
        Err(error @ StoreError::Json { .. }) => {
            tracing::warn!("the setting `retry` is not understood, nothing is retried: {error}");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}
