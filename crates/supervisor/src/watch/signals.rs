//! Attempts that were asked to cancel: signalled as soon as there is somebody to signal, killed when their grace is over.

use vitals_run::Evidence;
use vitals_store::RunId;

use super::watched::Watched;
use crate::error::Result;
use crate::executor::{Executors, Signalled, Stop};
use crate::ground::Ground;
use crate::ledger::Ledger;

/// Signals all that are owed it: those asked to cancel now, and those that could not be found when they were asked.
pub(crate) fn send_owed(watched: &mut Watched, executors: &mut Executors, ground: &Ground) {
    let kill_at = ground.now() + ground.options.grace;
    for (run, live) in watched.live.iter_mut().filter(|(_, live)| live.owes_term) {
        let signalled = executors.of_mut(&live.device).signal(*run, Stop::Terminate);
        live.owes_term = signalled == Signalled::NotYet;
        if signalled == Signalled::Sent {
            live.kill_at = Some(kill_at);
        }
    }
}

/// The grace is over.
pub(crate) async fn kill(
    watched: &mut Watched,
    executors: &mut Executors,
    ledger: &mut Ledger,
    run: RunId,
) -> Result<()> {
    let Some(live) = watched.live.get_mut(&run) else { return Ok(()) };
    let Some(state) = ledger.state(run) else { return Ok(()) };
    if executors.of_mut(&live.device).signal(run, Stop::Kill) == Signalled::NotYet {
        return Ok(());
    }
    live.killed = true;
    ledger.set(run, state, Evidence::KillSent).await
}
