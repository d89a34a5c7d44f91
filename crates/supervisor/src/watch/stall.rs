//! A living run that is silent beyond its own pace: what may explain it is looked for, and said. Whether it is, the policy
//! decides.

use std::time::Duration;

use serde_json::json;
use vitals_store::{Evidence, NewEvent, RunId, RunState};

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
    let cause = match (state, room) {
        (Some('T' | 't'), _) => ", the process is stopped by a signal",
        (_, Some(room)) if room < NO_ROOM_BYTES => ", the disk of the run folder is full",
        (Some('D'), _) => ", the process waits for a disk or a device",
        _ => "",
    };
    let text = format!("no record for {} s{cause}", silent.as_secs());
    let data = json!({
        "silent_seconds": silent.as_secs_f64(),
        "limit_seconds": live.stall_after.as_secs_f64(),
        "process_state": state.map(String::from),
        "room_bytes": room,
    });
    ledger.set(run, RunState::Stalled, &Evidence::with(text, data.clone())).await?;
    let attempts = ground.store.attempts(run).await?;
    let event = NewEvent {
        kind: "stalled".to_owned(),
        step: attempts.last().and_then(|attempt| attempt.last_step).unwrap_or(0),
        end_step: None,
        layer: None,
        injected: false,
        details: data,
        at: Some(ground.wall()),
    };
    Ok(ground.store.add_events(run, attempt, &[event]).await?)
}
