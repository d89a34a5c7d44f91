//! The runs that wait, as a supervisor remembers them between two turns: what each asks for and is expected to need, whose
//! start was put off, and what keeps them all. The store alone says which they are.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use vitals_store::{MetricChoice, QueuedRun, RunId, RunSelection};

use super::need::{Peaks, Wish};
use super::policy::{Active, DeviceSlots, Waiting};
use super::standstill::Standstill;
use crate::error::Result;
use crate::ground::Ground;

#[derive(Debug, Default)]
pub(crate) struct Line {
    /// What each queued run's recipe asks for; a recipe never changes.
    pub wishes: HashMap<RunId, Wish>,
    pub peaks: Peaks,
    /// Starts that were put off, and until when.
    pub not_before: HashMap<RunId, Duration>,
    pub standstill: Option<Standstill>,
    /// A run waits that could be started, now or when a slot is free.
    pub startable: bool,
    /// The queue may be another than the one that was last decided on.
    pub unread: bool,
    /// As it was at a revision of the store: without another change it is the same.
    queue: Option<(u64, Vec<QueuedRun>)>,
}

impl Line {
    /// The queue in its order, without starts that were put off. `device_for` says where a run goes whose recipe asks for
    /// the given device.
    pub async fn waiting(
        &mut self,
        ground: &Ground,
        device_for: impl Fn(&str) -> String,
    ) -> Result<Vec<Waiting>> {
        // Before the queue: what changes in between is read at the next revision.
        let revision = ground.store.revision().await?;
        let queue = match self.queue.take() {
            Some((at, queue)) if at == revision => queue,
            _ => ground.store.queue().await?,
        };
        if self.wishes.len() > queue.len() {
            // Runs that were taken out of the queue and never started.
            let queued: HashSet<RunId> = queue.iter().map(|queued| queued.run).collect();
            self.wishes.retain(|run, _| queued.contains(run));
        }
        let unknown: Vec<RunId> =
            queue.iter().map(|queued| queued.run).filter(|run| !self.wishes.contains_key(run)).collect();
        if !unknown.is_empty() {
            for row in ground.store.runs(&RunSelection::Ids(unknown), &MetricChoice::None).await? {
                self.wishes.insert(row.id, Wish::of(&row)?);
            }
        }
        self.peaks.learn(&ground.store).await?;
        let now = ground.now();
        self.not_before.retain(|_, until| *until > now);
        let waiting = queue
            .iter()
            .filter(|queued| !self.not_before.contains_key(&queued.run))
            .filter_map(|queued| {
                let wish = self.wishes.get(&queued.run)?;
                let need = self.peaks.need(&wish.memory_key);
                Some(Waiting { run: queued.run, device: device_for(&wish.device), need })
            })
            .collect();
        self.queue = Some((revision, queue));
        Ok(waiting)
    }

    /// Whether a start that was put off is due again.
    pub fn has_due(&self, now: Duration) -> bool {
        self.not_before.values().any(|until| *until <= now)
    }

    /// What a run is expected to take of a device's memory; its wish is granted, and forgotten.
    pub fn take_need(&mut self, run: RunId, device: &str) -> Option<u64> {
        let wish = self.wishes.remove(&run)?;
        self.peaks.need(&wish.memory_key).on(device)
    }
}

/// Whether any device could take one more run, or no run is there that could block one.
pub(crate) fn has_room(living: &[Active], slots: &[DeviceSlots]) -> bool {
    let busy = |device: &DeviceSlots| living.iter().filter(|run| run.device == device.device).count();
    living.is_empty()
        || slots.iter().any(|device| device.unusable.is_none() && busy(device) < device.slots as usize)
}
