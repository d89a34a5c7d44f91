//! What the supervisor writes down of itself every second, and when it ends.

use std::time::Duration;

use vitals_store::{StoreError, SupervisorRow, UnixMillis};

use crate::c_calls::give_back_memory;
use crate::error::Result;
use crate::rooms::Rooms;
use crate::settings::Settings;
use crate::status::Status;
use crate::system::ProcessMark;

const EVERY: Duration = Duration::from_secs(1);
/// Giving memory back walks all of the heap: a millisecond where it holds ten MiB.
const GIVE_BACK_EVERY: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Heartbeat {
    started_at: UnixMillis,
    /// The last one: when it was, and how many values had been ingested.
    last: Option<(Duration, u64)>,
    gave_back_at: Duration,
}

impl Heartbeat {
    pub fn new(started_at: UnixMillis) -> Self {
        Self { started_at, last: None, gave_back_at: Duration::ZERO }
    }

    pub fn is_due(&self, now: Duration) -> bool {
        self.last.is_none_or(|(at, _)| now.saturating_sub(at) >= EVERY)
    }

    pub async fn beat(&mut self, rooms: &mut Rooms, settings: &Settings) -> Result<()> {
        let (now, ingested) = (rooms.ground.now(), rooms.watched.values_ingested);
        let (since, values) = self.last.unwrap_or((now, ingested));
        let secs = now.saturating_sub(since).as_secs_f64();
        let gained = ingested - values;
        let rate = if secs > 0.0 { gained as f64 / secs } else { 0.0 };
        self.last = Some((now, ingested));
        rooms.executors.measure();
        rooms.ground.store.keep_room();
        if now.saturating_sub(self.gave_back_at) >= GIVE_BACK_EVERY {
            self.gave_back_at = now;
            give_back_memory();
        }
        self.write(rooms, settings, rate, false).await
    }

    /// The last words.
    pub async fn end(&self, rooms: &Rooms, settings: &Settings) {
        if let Err(error) = self.write(rooms, settings, 0.0, true).await {
            tracing::warn!("failed to write the last words: {error}");
        }
    }

    async fn write(
        &self,
        rooms: &Rooms,
        settings: &Settings,
        ingest_values_per_second: f64,
        ended: bool,
    ) -> Result<()> {
        let pid = std::process::id();
        let devices = rooms.executors.devices();
        let live = &rooms.watched.live;
        let standstill = rooms.line.standstill.as_ref().map(|standstill| standstill.why.clone().into());
        let status = Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            process: ProcessMark::of(pid),
            started_at: self.started_at,
            queue_paused: settings.queue_paused,
            slots_busy: u32::try_from(live.len()).unwrap_or(u32::MAX),
            slots_total: devices.iter().filter(|state| state.usable).map(|state| state.slots).sum(),
            ingest_values_per_second,
            devices,
            runs: live.iter().map(|(run, live)| (*run, live.device.clone())).collect(),
            problem: standstill.or_else(|| rooms.executors.hindrance()),
            ended,
        };
        let status = serde_json::to_value(status)
            .map_err(|source| StoreError::Json { what: "the supervisor's status", source })?;
        let row = SupervisorRow { pid, seen_at: rooms.ground.wall(), status };
        Ok(rooms.ground.store.put_supervisor(&row).await?)
    }
}
