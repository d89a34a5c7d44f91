//! Requests that put a run back into the queue: resume, retry, rewind. What it goes on from is a checkpoint, or nothing.

use serde_json::{Value, json};
use vitals_store::{Evidence, RunId, RunState};

use super::answer::{Answer, done, refused};
use crate::attempt::resume::{RESUME_FROM, TO_STEP};
use crate::error::Result;
use crate::rooms::Rooms;

pub(super) async fn resume(rooms: &mut Rooms, run: RunId, state: RunState) -> Result<Answer> {
    match state {
        RunState::Paused => {
            rooms.ledger.set(run, RunState::Queued, &Evidence::text("resume requested")).await?;
            // Whoever resumes a run wants it now, not behind everything that waits.
            rooms.ground.store.move_in_queue(run, 0).await?;
            Ok(done("queued: it goes on from its last checkpoint"))
        }
        RunState::Pausing => Ok(refused("it is pausing; resume it once it is paused")),
        state if state.has_ended() => Ok(refused(format!("it is {state}; retry starts it again"))),
        state => Ok(done(format!("it is {state} already"))),
    }
}

pub(super) async fn retry(rooms: &mut Rooms, run: RunId, state: RunState) -> Result<Answer> {
    match state {
        RunState::Failed | RunState::Cancelled | RunState::Lost => {
            rooms.ledger.set(run, RunState::Queued, &Evidence::text("retry requested")).await?;
            Ok(done("queued: it goes on from its last checkpoint"))
        }
        RunState::Paused => resume(rooms, run, state).await,
        RunState::Finished => Ok(refused("it is finished")),
        RunState::Pausing => Ok(refused("it is pausing; resume it once it is paused")),
        state => Ok(done(format!("it is {state} already"))),
    }
}

pub(super) async fn rewind(
    rooms: &mut Rooms,
    run: RunId,
    state: RunState,
    arguments: &Value,
) -> Result<Answer> {
    let Some(to_step) = arguments.get(TO_STEP).and_then(Value::as_u64) else {
        return Ok(refused("`to_step` must be a number"));
    };
    if state.is_active() {
        return Ok(refused(format!("it is {state}; pause or cancel it first")));
    }
    let folder = rooms.ground.folder(run);
    let kept: Vec<_> =
        rooms.ground.store.checkpoints(run).await?.into_iter().filter(|c| !c.removed).collect();
    let there = |path: &str| folder.path().join(path).try_exists().unwrap_or(false);
    let Some(checkpoint) = kept.iter().rev().find(|c| c.step == to_step && there(&c.path)) else {
        let mut steps: Vec<u64> = kept.iter().filter(|c| there(&c.path)).map(|c| c.step).collect();
        steps.sort_unstable();
        steps.dedup();
        let steps: Vec<String> = steps.iter().map(u64::to_string).collect();
        let kept =
            if steps.is_empty() { "none is kept".to_owned() } else { format!("kept: {}", steps.join(", ")) };
        return Ok(refused(format!("there is no checkpoint at step {to_step}; {kept}")));
    };
    let data = json!({ RESUME_FROM: checkpoint.path, TO_STEP: to_step });
    let evidence = Evidence::with(format!("rewind to step {to_step} requested"), data);
    rooms.ledger.set(run, RunState::Queued, &evidence).await?;
    Ok(done(format!("queued: it goes on from step {to_step}")))
}
