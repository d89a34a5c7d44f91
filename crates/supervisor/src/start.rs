//! Starts a run's next attempt, or says why not. Where it runs and how is its executor's matter.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::Notify;
use vitals_journal::LockError;
use vitals_recipe::Told;
use vitals_run::{Event, Evidence, Happening, Obstacle, Rewound, RunState};
use vitals_store::{NewAttempt, RunId, StoreError};

use crate::attempt::holder::works;
use crate::attempt::plan::{Plan, plan};
use crate::attempt::resume::RESUME_FROM;
use crate::error::{Result, SupervisorError};
use crate::executor::{Followed, Start};
use crate::ground::Ground;
use crate::ledger::Ledger;
use crate::rooms::Rooms;
use crate::watch::adopt::adopt_one;

/// A start that failed for a cause that may pass is tried again after this.
const PUT_OFF: Duration = Duration::from_secs(5);

pub(crate) async fn start(rooms: &mut Rooms, run: RunId, device: &str) -> Result<()> {
    match try_start(rooms, run, device).await {
        Ok(()) => Ok(()),
        // A guard that an earlier supervisor started works on it: watch it. Anybody else may let go, and revives nothing.
        Err(SupervisorError::Lock(LockError::Held { .. })) if !works(&rooms.ground.folder(run)) => {
            put_off(rooms, run, &SupervisorError::CannotStart(Obstacle::LockHeldByOthers)).await
        }
        Err(SupervisorError::Lock(LockError::Held { .. })) => {
            let Rooms { ground, ledger, watched, executors, .. } = rooms;
            adopt_one(watched, executors, ledger, ground, run).await
        }
        Err(error) if error.may_pass() => put_off(rooms, run, &error).await,
        Err(SupervisorError::Store(StoreError::UnknownRun { .. })) => Ok(()),
        Err(SupervisorError::CannotStart(why)) => refuse(rooms, run, why).await,
        Err(error) if error.is_of_files() => {
            refuse(rooms, run, Obstacle::FolderNotWritable { what: error.to_string() }).await
        }
        Err(error) => refuse(rooms, run, Obstacle::Failed { what: error.to_string() }).await,
    }
}

/// It can never start as it is.
pub(crate) async fn refuse(rooms: &mut Rooms, run: RunId, why: Obstacle) -> Result<()> {
    rooms.line.wishes.remove(&run);
    rooms.ledger.set(run, RunState::Failed, Evidence::NotStarted { why: why.into() }).await
}

async fn put_off(rooms: &mut Rooms, run: RunId, error: &SupervisorError) -> Result<()> {
    rooms.line.not_before.insert(run, rooms.ground.now() + PUT_OFF);
    tracing::warn!(%run, "its start is put off: {error}");
    if rooms.watched.live.contains_key(&run) {
        return Ok(());
    }
    rooms.ledger.set(run, RunState::Queued, Evidence::PutOff { why: error.to_string() }).await
}

async fn try_start(rooms: &mut Rooms, run: RunId, device: &str) -> Result<()> {
    let Rooms { ground, ledger, line, watched, executors } = rooms;
    let executor = executors.of_mut(device);
    let plan = plan(ground, run, executor.worker_device(device), || executor.threads(device)).await?;
    let folder = ground.folder(run);
    let hint = Arc::new(Notify::new());
    // The recipe left the choice, and somebody with a GPU would not expect this one.
    let without_gpu = executor.without_gpu().filter(|_| device == "cpu" && plan.recipe.device == "auto");
    let noted = Box::pin(note_attempt(ground, ledger, &plan, device, without_gpu));
    let start = Start { plan: &plan, folder: &folder, noted, hint: Arc::clone(&hint) };
    let doubt = executor.submit(start).await?;
    let need = line.take_need(run, device);
    let at = Followed { run, attempt: plan.attempt, folder, hint };
    watched.follow(ground, ledger, executors, at, device.to_owned(), RunState::Starting);
    if let Some(live) = watched.live.get_mut(&run) {
        live.need = need;
    }
    match doubt {
        Some(evidence) => ledger.set(run, RunState::Starting, evidence).await,
        None => Ok(()),
    }
}

/// The attempt into the store, and the run into `starting`.
async fn note_attempt(
    ground: &Ground,
    ledger: &mut Ledger,
    plan: &Plan,
    device: &str,
    without_gpu: Option<Told>,
) -> Result<()> {
    let run = plan.run;
    let attempt = NewAttempt {
        number: plan.attempt,
        first_step: plan.resume.first_step,
        resume_from: plan.resume.path.clone(),
        device: Some(device.to_owned()),
    };
    ground.store.add_attempt(run, &attempt, ground.wall()).await?;
    if plan.rewound {
        let back = Rewound { resume_from: plan.resume.path.clone() };
        let event = Event::new(plan.resume.first_step, Some(ground.wall()), Happening::Rewound(back));
        ground.store.add_events(run, plan.attempt, &[event]).await?;
    }
    let (attempt, step) = (plan.attempt, plan.resume.first_step);
    let evidence = match (&plan.resume.path, without_gpu) {
        (Some(_), None) => Evidence::StartedFrom { attempt, device: device.to_owned(), step },
        (None, None) => Evidence::Started { attempt, device: device.to_owned() },
        (Some(_), Some(why)) => Evidence::StartedFromWithoutGpu { attempt, step, why },
        (None, Some(why)) => Evidence::StartedWithoutGpu { attempt, why },
    };
    let data = json!({ "attempt": attempt, "device": device, RESUME_FROM: plan.resume.path });
    ledger.set(run, RunState::Starting, evidence.with(data)).await
}
