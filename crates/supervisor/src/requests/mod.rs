//! Obeys what clients ask, each request once. Obeying is idempotent by the run's state and its control file, so that a
//! request which a dead supervisor took and did not settle is simply obeyed again.

use std::collections::HashSet;

use serde_json::{Value, json};
use vitals_journal::{Command as Ask, Control};
use vitals_recipe::Job;
use vitals_store::{Command, Evidence, Request, RunId, RunState, StoreError};

use crate::act::{RESUME_FROM, TO_STEP};
use crate::error::{Result, SupervisorError};
use crate::options::settings;
use crate::turn::Supervisor;
use crate::watch::tail::asked;

/// What was done, or why not: words for whoever asked.
type Answer = std::result::Result<String, String>;

fn done(text: impl Into<String>) -> Answer {
    Ok(text.into())
}

fn refused(text: impl Into<String>) -> Answer {
    Err(text.into())
}

impl Supervisor {
    /// Obeys and settles all requests; one that cannot be obeyed for the moment (a full disk) stays for the next turn, with
    /// those behind it that ask for the same run, and holds back no others.
    pub(crate) async fn obey_requests(&mut self) -> Result<()> {
        let taken = self.store.take_requests(self.wall()).await?;
        self.requests.extend(taken);
        let mut failed = None;
        let mut stuck = HashSet::new();
        let mut at = 0;
        while let Some(request) = self.requests.get(at).cloned() {
            if stuck.contains(&request.run) {
                at += 1;
                continue;
            }
            let answer = match self.obey(&request).await {
                Ok(answer) => answer,
                Err(error) if error.may_pass() => {
                    failed.get_or_insert(error);
                    stuck.insert(request.run);
                    at += 1;
                    continue;
                }
                Err(error) => refused(format!("failed to {error}")),
            };
            let outcome = answer.as_deref().map_err(String::as_str);
            self.store.settle_request(request.id, outcome, self.wall()).await?;
            tracing::info!(request = request.id, command = request.command.as_str(), ?answer, "obeyed");
            self.requests.remove(at);
        }
        failed.map_or(Ok(()), Err)
    }

    async fn obey(&mut self, request: &Request) -> Result<Answer> {
        let Some(run) = request.run else { return self.obey_for_all(request.command).await };
        let state = match self.row(run).await {
            Ok(row) => row.state,
            Err(SupervisorError::Store(StoreError::UnknownRun { .. })) => return Ok(done("the run is gone")),
            Err(error) => return Err(error),
        };
        match request.command {
            Command::Pause => self.pause(run, state).await,
            Command::Resume => self.resume(run, state).await,
            Command::Start | Command::Retry => self.retry(run, state).await,
            Command::Cancel => self.cancel(run, state).await,
            Command::Checkpoint => self.checkpoint(run, state).await,
            Command::Rewind => self.rewind(run, state, &request.arguments).await,
            Command::Remove => self.remove(run, state).await,
            Command::PauseQueue | Command::ResumeQueue | Command::Shutdown => {
                self.obey_for_all(request.command).await
            }
        }
    }

    async fn obey_for_all(&mut self, command: Command) -> Result<Answer> {
        match command {
            Command::PauseQueue | Command::ResumeQueue => {
                self.queue_paused = command == Command::PauseQueue;
                self.store.set_setting(settings::QUEUE_PAUSED, &self.queue_paused).await?;
                Ok(done(if self.queue_paused { "the queue is paused" } else { "the queue goes on" }))
            }
            Command::Shutdown => {
                self.shutdown = true;
                Ok(done("the supervisor ends; runs go on"))
            }
            _ => Ok(refused(format!("`{}` needs a run", command.as_str()))),
        }
    }

    async fn pause(&mut self, run: RunId, state: RunState) -> Result<Answer> {
        match state {
            RunState::Queued => {
                self.set_state(run, RunState::Paused, &Evidence::text("paused before it was started"))
                    .await?;
                Ok(done("paused before it was started"))
            }
            RunState::Starting | RunState::Running | RunState::Stalled => {
                if self.live.get(&run).is_some_and(|live| live.is_cancelling()) {
                    return Ok(refused("it is being cancelled"));
                }
                self.ask(run, Ask::Pause)?;
                self.set_state(run, RunState::Pausing, &Evidence::text("pause requested")).await?;
                Ok(done("pausing: it writes a checkpoint and stops"))
            }
            RunState::Pausing | RunState::Paused => Ok(done(format!("it is {state} already"))),
            _ => Ok(refused(format!("it is {state}"))),
        }
    }

    async fn resume(&mut self, run: RunId, state: RunState) -> Result<Answer> {
        match state {
            RunState::Paused => {
                self.set_state(run, RunState::Queued, &Evidence::text("resume requested")).await?;
                // Whoever resumes a run wants it now, not behind everything that waits.
                self.store.move_in_queue(run, 0).await?;
                Ok(done("queued: it goes on from its last checkpoint"))
            }
            RunState::Pausing => Ok(refused("it is pausing; resume it once it is paused")),
            state if state.has_ended() => Ok(refused(format!("it is {state}; retry starts it again"))),
            state => Ok(done(format!("it is {state} already"))),
        }
    }

    async fn retry(&mut self, run: RunId, state: RunState) -> Result<Answer> {
        match state {
            RunState::Failed | RunState::Cancelled | RunState::Lost => {
                self.set_state(run, RunState::Queued, &Evidence::text("retry requested")).await?;
                Ok(done("queued: it goes on from its last checkpoint"))
            }
            RunState::Paused => self.resume(run, state).await,
            RunState::Finished => Ok(refused("it is finished")),
            RunState::Pausing => Ok(refused("it is pausing; resume it once it is paused")),
            state => Ok(done(format!("it is {state} already"))),
        }
    }

    async fn cancel(&mut self, run: RunId, state: RunState) -> Result<Answer> {
        match state {
            RunState::Queued | RunState::Paused => {
                self.set_state(run, RunState::Cancelled, &Evidence::text("cancelled on request")).await?;
                self.wishes.remove(&run);
                Ok(done("cancelled"))
            }
            state if state.is_active() => {
                // The worker is told even where the wish cannot be written down: it may be what fills the disk.
                let written = self.ask(run, Ask::Cancel);
                if written.is_ok() {
                    self.set_state(run, state, &Evidence::text("cancel requested")).await?;
                }
                if let Some(live) = self.live.get_mut(&run).filter(|live| !live.is_cancelling()) {
                    live.owes_term = true;
                    self.send_owed_signals();
                }
                written?;
                Ok(done("cancelling: it writes a checkpoint and stops"))
            }
            state => Ok(done(format!("it is {state} already"))),
        }
    }

    async fn checkpoint(&mut self, run: RunId, state: RunState) -> Result<Answer> {
        match state {
            RunState::Starting | RunState::Running | RunState::Stalled => {
                if self.live.get(&run).is_some_and(|live| live.is_cancelling()) {
                    return Ok(done("it writes one before it stops"));
                }
                self.ask(run, Ask::Checkpoint)?;
                Ok(done("it writes a checkpoint and goes on"))
            }
            RunState::Pausing => Ok(done("it writes one before it stops")),
            state => Ok(refused(format!("it is {state}"))),
        }
    }

    async fn rewind(&mut self, run: RunId, state: RunState, arguments: &Value) -> Result<Answer> {
        let Some(to_step) = arguments.get(TO_STEP).and_then(Value::as_u64) else {
            return Ok(refused("`to_step` must be a number"));
        };
        if state.is_active() {
            return Ok(refused(format!("it is {state}; pause or cancel it first")));
        }
        let folder = self.workspace.run_folder(run);
        let kept: Vec<_> = self.store.checkpoints(run).await?.into_iter().filter(|c| !c.removed).collect();
        let there = |path: &str| folder.path().join(path).try_exists().unwrap_or(false);
        let Some(checkpoint) = kept.iter().rev().find(|c| c.step == to_step && there(&c.path)) else {
            let mut steps: Vec<u64> = kept.iter().filter(|c| there(&c.path)).map(|c| c.step).collect();
            steps.sort_unstable();
            steps.dedup();
            let steps: Vec<String> = steps.iter().map(u64::to_string).collect();
            let kept = if steps.is_empty() {
                "none is kept".to_owned()
            } else {
                format!("kept: {}", steps.join(", "))
            };
            return Ok(refused(format!("there is no checkpoint at step {to_step}; {kept}")));
        };
        let data = json!({ RESUME_FROM: checkpoint.path, TO_STEP: to_step });
        let evidence = Evidence::with(format!("rewind to step {to_step} requested"), data);
        self.set_state(run, RunState::Queued, &evidence).await?;
        Ok(done(format!("queued: it goes on from step {to_step}")))
    }

    async fn remove(&mut self, run: RunId, state: RunState) -> Result<Answer> {
        if state.is_active() {
            return Ok(refused(format!("it is {state}; cancel it first")));
        }
        let folder = self.workspace.run_folder(run);
        let path = folder.path().to_owned();
        let removed = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(path)).await;
        match removed {
            Ok(Ok(())) => {}
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {}
            Ok(Err(source)) => {
                let path = folder.path().to_owned();
                return Err(SupervisorError::Io { operation: "remove", path, source });
            }
            Err(join) => return Ok(refused(format!("failed to remove its folder: {join}"))),
        }
        self.store.remove_run(run).await?;
        self.wishes.remove(&run);
        Ok(done("removed"))
    }

    /// Writes a command for the worker, unless that very command stands there unanswered.
    fn ask(&self, run: RunId, command: Ask) -> Result<()> {
        let folder = self.workspace.run_folder(run);
        let attempt = self.live.get(&run).map_or(0, |live| live.attempt);
        if command != Ask::Checkpoint && asked(&folder, attempt) == Some(command) {
            return Ok(());
        }
        let standing = folder.read_control()?.map_or(0, |control| control.seq);
        let acknowledged = std::fs::read(folder.job())
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Job>(&bytes).ok())
            .map_or(0, |job| job.acknowledged_control);
        Ok(folder.write_control(Control { seq: standing.max(acknowledged) + 1, command })?)
    }
}
