//! Obeys what clients ask, each request once. Obeying is idempotent by the run's state and its control file, so that a
//! request which a dead supervisor took and did not settle is simply obeyed again.

mod answer;
mod going_on;
mod remove;
mod stopping;

use std::collections::HashSet;

use vitals_store::{Command, Request, Store, StoreError};

use self::answer::{Answer, done, refused};
use self::going_on::{resume, retry, rewind};
use self::remove::remove;
use self::stopping::{cancel, checkpoint, pause};
use crate::error::{Result, SupervisorError};
use crate::rooms::Rooms;
use crate::settings::{self, Settings};

/// Requests that were taken and are not settled.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    taken: Vec<Request>,
    /// A request asked the supervisor to end.
    pub shutdown: bool,
}

impl Desk {
    /// Takes over what an earlier supervisor took and did not settle.
    pub async fn take_over(&mut self, store: &Store) -> Result<()> {
        self.taken = store.taken_requests().await?;
        Ok(())
    }

    pub fn is_busy(&self) -> bool {
        !self.taken.is_empty()
    }

    /// Obeys and settles all requests; one that cannot be obeyed for the moment (a full disk) stays for the next turn, with
    /// those behind it that ask for the same run, and holds back no others.
    pub async fn obey(&mut self, rooms: &mut Rooms, settings: &mut Settings) -> Result<()> {
        let taken = rooms.ground.store.take_requests(rooms.ground.wall()).await?;
        self.taken.extend(taken);
        let mut failed = None;
        let mut stuck = HashSet::new();
        let mut at = 0;
        while let Some(request) = self.taken.get(at).cloned() {
            if stuck.contains(&request.run) {
                at += 1;
                continue;
            }
            let answer = match self.obey_one(rooms, settings, &request).await {
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
            rooms.ground.store.settle_request(request.id, outcome, rooms.ground.wall()).await?;
            tracing::info!(request = request.id, command = request.command.as_str(), ?answer, "obeyed");
            self.taken.remove(at);
        }
        failed.map_or(Ok(()), Err)
    }

    async fn obey_one(
        &mut self,
        rooms: &mut Rooms,
        settings: &mut Settings,
        request: &Request,
    ) -> Result<Answer> {
        let Some(run) = request.run else { return self.obey_for_all(rooms, settings, request.command).await };
        let state = match rooms.ground.row(run).await {
            Ok(row) => row.state,
            Err(SupervisorError::Store(StoreError::UnknownRun { .. })) => return Ok(done("the run is gone")),
            Err(error) => return Err(error),
        };
        match request.command {
            Command::Pause => pause(rooms, run, state).await,
            Command::Resume => resume(rooms, run, state).await,
            Command::Start | Command::Retry => retry(rooms, run, state).await,
            Command::Cancel => cancel(rooms, run, state).await,
            Command::Checkpoint => checkpoint(rooms, run, state).await,
            Command::Rewind => rewind(rooms, run, state, &request.arguments).await,
            Command::Remove => remove(rooms, run, state).await,
            Command::PauseQueue | Command::ResumeQueue | Command::Shutdown => {
                self.obey_for_all(rooms, settings, request.command).await
            }
        }
    }

    async fn obey_for_all(
        &mut self,
        rooms: &Rooms,
        settings: &mut Settings,
        command: Command,
    ) -> Result<Answer> {
        match command {
            Command::PauseQueue | Command::ResumeQueue => {
                settings.queue_paused = command == Command::PauseQueue;
                rooms.ground.store.set_setting(settings::QUEUE_PAUSED, &settings.queue_paused).await?;
                Ok(done(if settings.queue_paused { "the queue is paused" } else { "the queue goes on" }))
            }
            Command::Shutdown => {
                self.shutdown = true;
                Ok(done("the supervisor ends; runs go on"))
            }
            _ => Ok(refused(format!("`{}` needs a run", command.as_str()))),
        }
    }
}
