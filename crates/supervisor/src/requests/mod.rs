//! Obeys what clients ask, each request once. Obeying is idempotent by the run's state and its control file, so that a
//! request which a dead supervisor took and did not settle is simply obeyed again.

mod answer;
mod going_on;
mod remove;
mod stopping;

use std::collections::HashSet;

use serde_json::Value;
use vitals_run::{Command, Deed, Meaning, RunState};
use vitals_store::{Request, RunId, Store, StoreError};

use self::answer::{Answer, done, refused};
use self::going_on::{resume, retry, rewind};
use self::remove::remove;
use self::stopping::{cancel, cancel_in_queue, checkpoint, pause, pause_in_queue};
use crate::error::{Result, SupervisorError};
use crate::rooms::Rooms;
use crate::settings::Settings;

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
        let (state, is_imported) = match rooms.ground.row(run).await {
            Ok(row) => (row.state, row.imported().is_some()),
            Err(SupervisorError::Store(StoreError::UnknownRun { .. })) => return Ok(done("the run is gone")),
            Err(error) => return Err(error),
        };
        let meaning = match is_imported {
            true => request.command.meaning_for_imported(state),
            false => request.command.meaning(state),
        };
        match meaning {
            Meaning::Does(Deed::ForAll) => self.obey_for_all(rooms, settings, request.command).await,
            Meaning::Does(deed) => obey_for_one(rooms, run, state, deed, &request.arguments).await,
            Meaning::Already => Ok(done(format!("it is {state} already"))),
            Meaning::CheckpointComes => Ok(done("it writes one before it stops")),
            Meaning::Refused(why) => Ok(refused(why.to_string())),
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
                let paused = command == Command::PauseQueue;
                settings.set_paused(&rooms.ground.store, paused, None).await?;
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

async fn obey_for_one(
    rooms: &mut Rooms,
    run: RunId,
    state: RunState,
    deed: Deed,
    arguments: &Value,
) -> Result<Answer> {
    let is_away = rooms.watched.live.get(&run).is_some_and(|live| live.is_away);
    if is_away && matches!(deed, Deed::Pause | Deed::Cancel | Deed::Checkpoint) {
        return Ok(refused(
            "its run folder is not here, and what works in it is left alone; bring the folder back, or ask where it is now",
        ));
    }
    match deed {
        Deed::PauseInQueue => pause_in_queue(rooms, run).await,
        Deed::Pause => pause(rooms, run).await,
        Deed::Resume => resume(rooms, run).await,
        Deed::Retry => retry(rooms, run).await,
        Deed::CancelInQueue => cancel_in_queue(rooms, run).await,
        Deed::Cancel => cancel(rooms, run, state).await,
        Deed::Checkpoint => checkpoint(rooms, run),
        Deed::Rewind => rewind(rooms, run, arguments).await,
        Deed::Remove => remove(rooms, run).await,
        Deed::ForAll => Ok(refused("it is asked of the queue, not of a run")),
    }
}
