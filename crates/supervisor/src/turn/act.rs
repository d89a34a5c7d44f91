//! Decides, and does what the policy decided: starts, refusals, stalls, the end of a grace.

use std::time::Duration;

use vitals_run::{Evidence, RunState};

use crate::error::Result;
use crate::queue::line::has_room;
use crate::queue::need::waits_for_memory;
use crate::queue::policy::{Action, Active, Queue, decide};
use crate::queue::standstill::standstill;
use crate::rooms::Rooms;
use crate::settings::Settings;
use crate::start::{refuse, start};
use crate::watch::signals::{kill, send_owed};
use crate::watch::stall::declare_stalled;

/// `began` is when this turn did: silence counts until then, since the process may have been stopped amid the turn, which only the next
/// one can see. The queue is read where it may have changed or a start that was put off is due, and something of it could be started: a
/// queue that is paused or held up costs nothing, however long it is.
pub(crate) async fn act(
    rooms: &mut Rooms,
    settings: &Settings,
    queue_may_have_changed: bool,
    began: Duration,
) -> Result<()> {
    let Rooms { ground, ledger, line, watched, executors } = &mut *rooms;
    if queue_may_have_changed {
        line.standstill = standstill(ground, settings).await?;
    }
    let living: Vec<Active> = watched
        .live
        .iter()
        .filter_map(|(run, live)| Some(live.as_active(*run, ledger.state(*run)?)))
        .collect();
    let slots = executors.offers();
    line.unread |= queue_may_have_changed || line.has_due(ground.now());
    // Without a worker or room every start would fail: nothing is started, and the status says why.
    let paused = settings.queue_paused || line.standstill.is_some() || !executors.are_ready();
    let mut queue = Queue { paused, runs: Vec::new() };
    // Room may come back any time, and then the queue goes on.
    let hopeless = line.standstill.as_ref().is_some_and(|standstill| !standstill.may_pass);
    // While all slots are taken nobody needs to be asked for.
    if line.unread && !paused && has_room(&living, &slots) {
        queue.runs = line.waiting(ground, |wanted| executors.device_for(wanted)).await?;
        line.unread = false;
        line.startable = !queue.runs.is_empty();
    } else if queue_may_have_changed {
        line.startable = !settings.queue_paused && !hopeless && ground.store.has_queued().await?;
    }
    let mut failed = None;
    for action in decide(&queue, &living, &slots, began) {
        // One run that cannot be helped does not hold back the others.
        if let Err(error) = perform(rooms, action).await {
            failed.get_or_insert(error);
        }
    }
    send_owed(&mut rooms.watched, &mut rooms.executors, &rooms.ground);
    failed.map_or(Ok(()), Err)
}

async fn perform(rooms: &mut Rooms, action: Action) -> Result<()> {
    match action {
        Action::Start { run, device } => start(rooms, run, &device).await,
        Action::Refuse { run, why } => refuse(rooms, run, why).await,
        Action::Hold { run, device, need, room } => {
            rooms.ledger.hold(run, waits_for_memory(&device, need, room)).await
        }
        Action::DeclareStalled { run, silent } => {
            declare_stalled(&rooms.watched, &mut rooms.ledger, &rooms.ground, run, silent).await
        }
        Action::DeclareRunning { run } => {
            // A journal that is open is read wherever its folder went; where that is stays said.
            if rooms.watched.live.get(&run).is_some_and(|live| live.is_away) {
                return Ok(());
            }
            rooms.ledger.set(run, RunState::Running, Evidence::RecordsAgain).await
        }
        Action::Kill { run } => kill(&mut rooms.watched, &mut rooms.executors, &mut rooms.ledger, run).await,
    }
}
