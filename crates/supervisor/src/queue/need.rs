//! How much memory a run is expected to take: what runs of the same size took at their peaks in this workspace. Nothing
//! measured, nothing expected; a run whose need nobody knows counts by what it uses.

use std::collections::HashMap;

use serde_json::json;
use vitals_recipe::{Bytes, Metric, Recipe, memory_key};
use vitals_run::{Evidence, Grounds};
use vitals_store::{MetricChoice, RunRow, RunSelection, Store, StoreError};

use super::policy::Need;
use crate::error::Result;

/// The metric of a run on an accelerator whose greatest value is its need.
const DEVICE_MEMORY: &str = Metric::DeviceMemoryBytes.name();

/// What a queued run's recipe asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish {
    /// `auto`, `cpu` or `cuda:N`.
    pub device: String,
    pub memory_key: String,
}

impl Wish {
    pub fn of(row: &RunRow) -> Result<Self> {
        let recipe = row.resolved()?;
        Ok(Self { memory_key: memory_key(&recipe), device: recipe.device })
    }
}

/// The greatest peaks measured so far, by [`memory_key`].
#[derive(Debug, Default)]
pub(crate) struct Peaks {
    by_key: HashMap<String, Need>,
    /// Every attempt that has ended is in.
    complete: bool,
}

impl Peaks {
    pub fn need(&self, key: &str) -> Need {
        self.by_key.get(key).copied().unwrap_or_default()
    }

    /// An attempt has ended: there may be more to know.
    pub fn outdated(&mut self) {
        self.complete = false;
    }

    /// Reads what runs have taken, where something has ended since the last time.
    pub async fn learn(&mut self, store: &Store) -> Result<()> {
        if self.complete {
            return Ok(());
        }
        let recipe = |text: &str| {
            serde_json::from_str::<Recipe>(text)
                .map_err(|source| StoreError::Json { what: "a stored recipe", source })
        };
        let mut on_accelerators = Vec::new();
        for peak in store.host_peaks().await? {
            match peak.device.as_deref() {
                Some("cpu") => self.take(memory_key(&recipe(&peak.recipe)?), peak.bytes, None),
                _ => on_accelerators.push(peak.run),
            }
        }
        if !on_accelerators.is_empty() {
            let metric = MetricChoice::Named(vec![DEVICE_MEMORY.to_owned()]);
            for row in store.runs(&RunSelection::Ids(on_accelerators), &metric).await? {
                let peak = row.metrics.get(DEVICE_MEMORY).and_then(|metric| metric.max);
                self.take(memory_key(&row.resolved()?), None, peak.map(|peak| peak as u64));
            }
        }
        self.complete = true;
        Ok(())
    }

    fn take(&mut self, key: String, host: Option<u64>, device: Option<u64>) {
        let known = self.by_key.entry(key).or_default();
        known.host_bytes = known.host_bytes.max(host);
        known.device_bytes = known.device_bytes.max(device);
    }
}

/// What is said of a queued run that a slot is free for, and memory is not.
pub(crate) fn waits_for_memory(device: &str, need: u64, room: u64) -> Grounds {
    let data = json!({ "device": device, "need_bytes": need, "room_bytes": room });
    let (need, room) = (Bytes(need), Bytes(room));
    Evidence::WaitsForMemory { device: device.to_owned(), need, room }.with(data)
}
