//! The end of an attempt: its exit record into the store, then the state that the evidence supports.

use rustix::process::Signal;
use serde::Deserialize as _;
use serde_json::{Value, json};
use vitals_store::{Evidence, RunId, RunState, StoreError, Transition};

use crate::error::{Result, SupervisorError};
use crate::executor::slurm::{GONE, judge};
use crate::options::settings;
use crate::queue::retry::{RetrySettings, retries, retry};
use crate::system::ProcessMark;
use crate::turn::{Supervisor, Unsettled};
use crate::watch::verdict::{Known, verdict};

impl Supervisor {
    /// Settles every attempt that has ended; what the store refuses for the moment stays for the next turn.
    pub(crate) async fn settle_all(&mut self) -> Result<()> {
        let mut failed = None;
        for mut ended in std::mem::take(&mut self.unsettled) {
            match self.settle(&mut ended).await {
                Ok(()) => {}
                Err(SupervisorError::Store(StoreError::UnknownRun { .. })) => self.forget(ended.run),
                Err(error) => {
                    self.unsettled.push(ended);
                    failed.get_or_insert(error);
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn settle(&mut self, ended: &mut Unsettled) -> Result<()> {
        let run = ended.run;
        let Some(live) = self.live.get(&run).filter(|live| live.attempt == ended.attempt) else {
            return Ok(());
        };
        ended.known.grace_spent = live.killed;
        if ended.known.folder_missing {
            ended.known.outlived_folder |= self.end_without_folder(run, ended.attempt).await?;
        }
        if let Some(exit) = &ended.known.exit {
            let record = serde_json::to_value(exit)
                .map_err(|source| StoreError::Json { what: "an exit record", source })?;
            let at = crate::watch::batch::parse_time(&exit.ended_at).unwrap_or_else(|| self.wall());
            match self.store.set_exit_record(run, ended.attempt, &record, at).await {
                // The attempt never came into the store (a restored database): its state is told all the same.
                Ok(()) | Err(StoreError::UnknownAttempt { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let word = live.slurm.as_ref().and_then(|job| job.word.clone());
        let mut again = None;
        let unknown = word.as_ref().is_none_or(|word| word.state == GONE);
        let (state, evidence) = if unknown && live.state == RunState::Starting && ended.known.never_began() {
            let text = "its start was interrupted: lock free, no guard, no journal";
            (RunState::Queued, Evidence::with(text, json!({ "attempt": ended.attempt })))
        } else if let Some(word) = word {
            let new = self.store.checkpoints(run).await?;
            let new = new.iter().any(|checkpoint| checkpoint.attempt == ended.attempt && !checkpoint.removed);
            let judged = judge(&word, &ended.known, new);
            again = judged.2;
            (judged.0, judged.1)
        } else {
            verdict(&ended.known)
        };
        self.state_once_more(run, state, &evidence).await?;
        match again {
            Some(why) => self.state_once_more(run, RunState::Queued, &Evidence::text(why)).await?,
            None => self.retry_unasked(run, state, &ended.known).await?,
        }
        self.forget(run);
        self.peaks.outdated();
        // A worker prunes after it has named its last checkpoint.
        if let Err(error) = self.note_removed_checkpoints(run).await {
            tracing::warn!(%run, "failed to look at its checkpoints: {error}");
        }
        Ok(())
    }

    /// Ends the worker of a run whose folder somebody removed: all that it does is lost, and nobody could find it any
    /// more. It is known by the evidence of its running. `true`: it was alive.
    async fn end_without_folder(&self, run: RunId, attempt: u32) -> Result<bool> {
        let history = self.store.transitions(run).await?;
        let proof = history.iter().rev().map(|change| &change.evidence.data).find(|data| {
            data.get("attempt").and_then(Value::as_u64) == Some(attempt.into())
                && data.get("worker").is_some()
        });
        let worker = proof.and_then(|data| ProcessMark::deserialize(data.get("worker")?).ok());
        Ok(worker.is_some_and(|worker| worker.is_alive() && worker.signal_group(Signal::KILL)))
    }

    /// Queues a run again where the setting says so. A supervisor that dies between the ending and this leaves the run
    /// ended: one retry too few is better than one too many.
    async fn retry_unasked(&mut self, run: RunId, state: RunState, known: &Known) -> Result<()> {
        let Some(settings) = self.retry_settings().await? else { return Ok(()) };
        let history = self.store.transitions(run).await?;
        // New evidence of a run that waits is no new step into the queue.
        let entered =
            |change: &&Transition| change.to == RunState::Queued && change.from != Some(RunState::Queued);
        let queued = history.iter().rev().find(entered);
        let retries = retries(queued.map(|change| &change.evidence.data));
        match retry(&settings, state, known, retries) {
            Some(evidence) => self.state_once_more(run, RunState::Queued, &evidence).await,
            None => Ok(()),
        }
    }

    /// `None`: never, or nobody can tell what was meant.
    async fn retry_settings(&self) -> Result<Option<RetrySettings>> {
        match self.store.setting(settings::RETRY).await {
            Ok(settings) => Ok(settings),
            Err(error @ StoreError::Json { .. }) => {
                tracing::warn!("the setting `retry` is not understood, nothing is retried: {error}");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// As `set_state`; a state that may not follow what the store says is put on record through the log instead of
    /// stopping everything.
    async fn state_once_more(&mut self, run: RunId, state: RunState, evidence: &Evidence) -> Result<()> {
        match self.set_state(run, state, evidence).await {
            Err(SupervisorError::Store(error @ StoreError::IllegalTransition { .. })) => {
                tracing::error!(%run, "{error}; evidence: {}", evidence.text);
                Ok(())
            }
            other => other,
        }
    }
}
