//! What the supervisor writes down of itself and of living runs between their beginning and their end.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::json;
use vitals_store::{Evidence, NewEvent, RunId, RunState, StoreError, SupervisorRow};

use crate::error::Result;
use crate::guard::GuardMark;
use crate::options::settings;
use crate::queue::limits::Limits;
use crate::status::Status;
use crate::system::ProcessMark;
use crate::turn::Supervisor;
use crate::watch::live::proof;

/// Less room than this on the run folder's disk explains a silence.
const NO_ROOM_BYTES: u64 = 4 << 20;

impl Supervisor {
    /// Slots, limits, pause of the queue, devices as they stand.
    pub(crate) async fn read_settings(&mut self) -> Result<()> {
        self.misread = None;
        let slots: BTreeMap<String, u32> = self.setting(settings::SLOTS).await?.unwrap_or_default();
        let memory_bytes: BTreeMap<String, u64> =
            self.setting(settings::MEMORY_BYTES).await?.unwrap_or_default();
        self.queue_paused = self.setting(settings::QUEUE_PAUSED).await?.unwrap_or(false);
        self.slurm = self.setting(settings::SLURM).await?.unwrap_or_default();
        let default = Limits::default();
        self.limits = Limits {
            low_disk_bytes: self.setting(settings::LOW_DISK_BYTES).await?.unwrap_or(default.low_disk_bytes),
            checkpoint_bytes: self.setting(settings::CHECKPOINT_LIMIT_BYTES).await?.unwrap_or(0),
            journal_bytes: self.setting(settings::JOURNAL_LIMIT_BYTES).await?.unwrap_or(0),
        };
        if slots != self.slots || memory_bytes != self.memory_bytes || self.device_states.is_empty() {
            self.slots = slots;
            self.memory_bytes = memory_bytes;
            self.device_states = self.devices.states(&self.slots, &self.memory_bytes);
        }
        Ok(())
    }

    /// A setting; one that nobody can understand (written by hand) is remembered, and nothing is started before it is right.
    async fn setting<T: DeserializeOwned>(&mut self, key: &'static str) -> Result<Option<T>> {
        match self.store.setting(key).await {
            Err(error @ StoreError::Json { .. }) => {
                self.misread = Some(format!(
                    "nothing is started: the setting `{key}` is not understood ({error}); set it again with `vitals settings`"
                ));
                Ok(None)
            }
            other => Ok(other?),
        }
    }

    pub(crate) async fn write_status(&self, ingest_values_per_second: f64, ended: bool) -> Result<()> {
        let pid = std::process::id();
        let status = Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            process: ProcessMark::of(pid),
            started_at: self.started_at,
            queue_paused: self.queue_paused,
            slots_busy: u32::try_from(self.live.len()).unwrap_or(u32::MAX),
            slots_total: self
                .device_states
                .iter()
                .filter(|state| state.usable)
                .map(|state| state.slots)
                .sum(),
            ingest_values_per_second,
            devices: self.device_states.clone(),
            runs: self.live.iter().map(|(run, live)| (*run, live.device.clone())).collect(),
            problem: self.problem.clone(),
            ended,
        };
        let status = serde_json::to_value(status)
            .map_err(|source| StoreError::Json { what: "the supervisor's status", source })?;
        self.store.put_supervisor(&SupervisorRow { pid, seen_at: self.wall(), status }).await?;
        Ok(())
    }

    /// Changes a run's state in the store, and in memory once that is done.
    pub(crate) async fn set_state(&mut self, run: RunId, state: RunState, evidence: &Evidence) -> Result<()> {
        self.store.set_state(run, state, evidence, self.wall()).await?;
        tracing::info!(%run, %state, evidence = evidence.text, "state");
        if let Some(live) = self.live.get_mut(&run) {
            live.state = state;
        }
        if state != RunState::Queued {
            // When it waits again it is told again.
            self.held.remove(&run);
        }
        Ok(())
    }

    /// Records came in: the run moves.
    pub(crate) async fn recorded(
        &mut self,
        run: RunId,
        attempt: u32,
        stall_after: Duration,
        checkpoint: bool,
    ) {
        let now = self.now();
        let Some(live) = self.live.get_mut(&run).filter(|live| live.attempt == attempt) else { return };
        live.last_record = now;
        live.stall_after = stall_after;
        if live.state == RunState::Starting {
            let evidence = Evidence::with("the worker records", proof(&live.folder, attempt));
            if let Err(error) = self.set_state(run, RunState::Running, &evidence).await {
                // Still `Starting` in memory too: the next record tries again.
                tracing::warn!(%run, "failed to note that it runs: {error}");
            }
        }
        if checkpoint && let Err(error) = self.note_removed_checkpoints(run).await {
            tracing::warn!(%run, "failed to look at its checkpoints: {error}");
        }
    }

    /// Workers keep the last few checkpoints only; the store should name none that is gone.
    pub(crate) async fn note_removed_checkpoints(&self, run: RunId) -> Result<()> {
        let folder = self.workspace.run_folder(run);
        for checkpoint in self.store.checkpoints(run).await?.iter().filter(|checkpoint| !checkpoint.removed) {
            if matches!(folder.path().join(&checkpoint.path).try_exists(), Ok(false)) {
                self.store.mark_checkpoint_removed(run, &checkpoint.path).await?;
            }
        }
        Ok(())
    }

    /// The journal cannot be read on: said where people look, while the run is watched all the same.
    pub(crate) async fn unreadable(&mut self, run: RunId, attempt: u32, what: &str) {
        let Some(live) = self.live.get(&run).filter(|live| live.attempt == attempt) else { return };
        let evidence =
            Evidence::with(format!("its journal cannot be read on: {what}"), json!({ "attempt": attempt }));
        if let Err(error) = self.set_state(run, live.state, &evidence).await {
            tracing::warn!(%run, "failed to note that its journal is damaged: {error}");
        }
    }

    /// A living run is silent beyond its own pace.
    pub(crate) async fn declare_stalled(&mut self, run: RunId, silent: Duration) -> Result<()> {
        let Some(live) = self.live.get(&run) else { return Ok(()) };
        let attempt = live.attempt;
        let state = GuardMark::read(&live.folder, attempt).and_then(|mark| mark.worker?.state());
        let room =
            rustix::fs::statvfs(live.folder.path()).map(|fs| fs.f_bavail.saturating_mul(fs.f_frsize)).ok();
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
        self.set_state(run, RunState::Stalled, &Evidence::with(text, data.clone())).await?;
        let step = self.store.attempts(run).await?.last().and_then(|attempt| attempt.last_step).unwrap_or(0);
        let event = NewEvent {
            kind: "stalled".to_owned(),
            step,
            end_step: None,
            layer: None,
            injected: false,
            details: data,
            at: Some(self.wall()),
        };
        Ok(self.store.add_events(run, attempt, &[event]).await?)
    }
}
