//! Requests that put a run back into the queue: resume, retry, rewind. What it goes on from is a checkpoint, or nothing.

use serde_json::{Value, json};
use vitals_run::{Evidence, RunState};
use vitals_store::RunId;

use super::answer::{Answer, done, refused};
use crate::attempt::resume::{RESUME_FROM, TO_STEP};
use crate::error::Result;
use crate::rooms::Rooms;

pub(super) async fn resume(rooms: &mut Rooms, run: RunId) -> Result<Answer> {
    rooms.ledger.set(run, RunState::Queued, Evidence::ResumeRequested).await?;
    // Whoever resumes a run wants it now, not behind everything that waits.
    rooms.ground.store.move_in_queue(run, 0).await?;
    Ok(done("queued: it goes on from its last checkpoint"))
}

pub(super) async fn retry(rooms: &mut Rooms, run: RunId) -> Result<Answer> {
    rooms.ledger.set(run, RunState::Queued, Evidence::RetryRequested).await?;
    Ok(done("queued: it goes on from its last checkpoint"))
}

pub(super) async fn rewind(rooms: &mut Rooms, run: RunId, arguments: &Value) -> Result<Answer> {
    let Some(to_step) = arguments.get(TO_STEP).and_then(Value::as_u64) else {
        return Ok(refused("`to_step` must be a number"));
    };
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
    let rewind = Evidence::RewindRequested { step: to_step };
    rooms.ledger.set(run, RunState::Queued, rewind.with(data)).await?;
    Ok(done(format!("queued: it goes on from step {to_step}")))
}
