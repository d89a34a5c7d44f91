//! A living run that is silent beyond its own pace: what may explain it is looked for, and said. Whether it is, the policy
//! decides.

use std::time::Duration;

use vitals_run::{Event, Evidence, Happening, RunState, Stalled};
use vitals_store::RunId;

use super::watched::Watched;
use crate::error::Result;
use crate::ground::Ground;
use crate::guard::GuardMark;
use crate::ledger::Ledger;

/// Less room than this on the run folder's disk explains a silence.
const NO_ROOM_BYTES: u64 = 4 << 20;

pub(crate) async fn declare_stalled(
    watched: &Watched,
    ledger: &mut Ledger,
    ground: &Ground,
    run: RunId,
    silent: Duration,
) -> Result<()> {
    let Some(live) = watched.live.get(&run) else { return Ok(()) };
    let attempt = live.attempt;
    let state = GuardMark::read(&live.folder, attempt).and_then(|mark| mark.worker?.state());
    let room = rustix::fs::statvfs(live.folder.path()).map(|fs| fs.f_bavail.saturating_mul(fs.f_frsize)).ok();
    let seconds = silent.as_secs();
    let evidence = match (state, room) {
        (Some('T' | 't'), _) => Evidence::SilentStopped { seconds },
        (_, Some(room)) if room < NO_ROOM_BYTES => Evidence::SilentDiskFull { seconds },
        (Some('D'), _) => Evidence::SilentWaiting { seconds },
        _ => Evidence::Silent { seconds },
    };
    let stalled = Happening::Stalled(Stalled::Silent {
        silent_seconds: silent.as_secs_f64(),
        limit_seconds: live.stall_after.as_secs_f64(),
        process_state: state.map(String::from),
        room_bytes: room,
    });
    ledger.set(run, RunState::Stalled, evidence.with(stalled.details())).await?;
    let attempts = ground.store.attempts(run).await?;
    let step = attempts.last().and_then(|attempt| attempt.last_step).unwrap_or(0);
    let event = Event::new(step, Some(ground.wall()), stalled);
    Ok(ground.store.add_events(run, attempt, &[event]).await?)
}
