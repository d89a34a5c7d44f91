//! Requests to a living run: pause, cancel, write a checkpoint. The worker is told through its control file, and a run that
//! is cancelled is signalled besides.

use vitals_journal::{Command as Ask, Control};
use vitals_run::{Evidence, Job, RunState};
use vitals_store::RunId;

use super::answer::{Answer, done, refused};
use crate::attempt::known::asked;
use crate::error::Result;
use crate::rooms::Rooms;
use crate::watch::signals::send_owed;

pub(super) async fn pause_in_queue(rooms: &mut Rooms, run: RunId) -> Result<Answer> {
    rooms.ledger.set(run, RunState::Paused, Evidence::PausedBeforeStart).await?;
    Ok(done("paused before it was started"))
}

pub(super) async fn pause(rooms: &mut Rooms, run: RunId) -> Result<Answer> {
    if rooms.watched.live.get(&run).is_some_and(|live| live.is_cancelling()) {
        return Ok(refused("it is being cancelled"));
    }
    ask(rooms, run, Ask::Pause)?;
    rooms.ledger.set(run, RunState::Pausing, Evidence::PauseRequested).await?;
    Ok(done("pausing: it writes a checkpoint and stops"))
}

pub(super) async fn cancel_in_queue(rooms: &mut Rooms, run: RunId) -> Result<Answer> {
    rooms.ledger.set(run, RunState::Cancelled, Evidence::CancelledOnRequest).await?;
    rooms.line.wishes.remove(&run);
    Ok(done("cancelled"))
}

pub(super) async fn cancel(rooms: &mut Rooms, run: RunId, state: RunState) -> Result<Answer> {
    // The worker is told even where the wish cannot be written down: it may be what fills the disk.
    let written = ask(rooms, run, Ask::Cancel);
    if written.is_ok() {
        rooms.ledger.set(run, state, Evidence::CancelRequested).await?;
    }
    if let Some(live) = rooms.watched.live.get_mut(&run).filter(|live| !live.is_cancelling()) {
        live.owes_term = true;
        send_owed(&mut rooms.watched, &mut rooms.executors, &rooms.ground);
    }
    written?;
    Ok(done("cancelling: it writes a checkpoint and stops"))
}

pub(super) fn checkpoint(rooms: &Rooms, run: RunId) -> Result<Answer> {
    if rooms.watched.live.get(&run).is_some_and(|live| live.is_cancelling()) {
        return Ok(done("it writes one before it stops"));
    }
    ask(rooms, run, Ask::Checkpoint)?;
    Ok(done("it writes a checkpoint and goes on"))
}

/// More commands than are ever given to a run: the worker counts on from what it obeyed last, which a `control` that was
/// overwritten no longer tells.
const FAR_BEYOND: u64 = 1 << 32;

/// Writes a command for the worker, unless that very command stands there unanswered.
fn ask(rooms: &Rooms, run: RunId, command: Ask) -> Result<()> {
    let folder = rooms.ground.folder(run);
    let attempt = rooms.watched.live.get(&run).map_or(0, |live| live.attempt);
    if command != Ask::Checkpoint && asked(&folder, attempt) == Some(command) {
        return Ok(());
    }
    let standing = folder.standing_control()?.unwrap_or(FAR_BEYOND);
    let acknowledged = Job::read(&folder.job()).map_or(0, |job| job.acknowledged_control);
    Ok(folder.write_control(Control { seq: standing.max(acknowledged) + 1, command })?)
}
