//! What runs can run on, and how many at once: the CPU by its cores, CUDA devices through NVML. An absent driver means
//! no accelerator, not an error. Whether libtorch can use a device is the worker's word.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use nvml_wrapper::Nvml;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::queue::policy::{DeviceSlots, Memory};
use crate::system::{memory_bytes, memory_used_bytes};

/// How long `vitals-worker devices` may take: it loads libtorch and wakes every accelerator.
const PROBE_PATIENCE: Duration = Duration::from_secs(120);
/// More runs at once than this rarely pay on one CPU: they compete for its caches and memory.
const MOST_CPU_SLOTS: u32 = 4;

/// A device as it stands, in the status that clients read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceState {
    /// `cpu` or `cuda:N`.
    pub device: String,
    pub name: String,
    pub slots: u32,
    pub memory_used_bytes: Option<u64>,
    pub memory_total_bytes: Option<u64>,
    /// What runs may take of it together, by the setting.
    pub memory_limit_bytes: Option<u64>,
    /// 0 to 1.
    pub utilization: Option<f64>,
    pub usable: bool,
    /// Why it is not usable.
    pub reason: Option<String>,
}

/// By device: what the worker says of it, `Err` with its reason.
pub type Word = BTreeMap<String, Result<(), String>>;

/// Asks `vitals-worker devices` which accelerators libtorch can use. Takes seconds: it loads libtorch and wakes them.
pub async fn probe(worker: PathBuf) -> Word {
    let output = tokio::process::Command::new(&worker)
        .arg("devices")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    match tokio::time::timeout(PROBE_PATIENCE, output).await {
        Ok(Ok(output)) => return parse_devices(&String::from_utf8_lossy(&output.stdout)),
        Ok(Err(error)) => tracing::warn!("failed to ask {} for devices: {error}", worker.display()),
        Err(_) => tracing::warn!("{} devices gave no answer in {PROBE_PATIENCE:?}", worker.display()),
    }
    Word::new()
}

/// The machine's devices.
#[derive(Debug)]
pub struct Devices {
    cores: u32,
    nvml: Option<Nvml>,
    word: Word,
}

impl Devices {
    /// Looks for devices. Accelerators count as unusable until the worker's word is taken.
    pub fn find() -> Self {
        let cores =
            std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX));
        Self { cores, nvml: Nvml::init().ok(), word: Word::new() }
    }

    #[cfg(test)]
    pub fn cpu_only(cores: u32) -> Self {
        Self { cores, nvml: None, word: Word::new() }
    }

    /// Accelerators that the driver shows.
    pub(crate) fn accelerators(&self) -> u32 {
        self.nvml.as_ref().and_then(|nvml| nvml.device_count().ok()).unwrap_or(0)
    }

    /// Takes what [`probe`] found out.
    pub fn take(&mut self, word: Word) {
        self.word = word;
    }

    /// All devices as they stand, with slots and limits of memory from the settings where they name the device.
    pub fn states(&self, slots: &BTreeMap<String, u32>, memory: &BTreeMap<String, u64>) -> Vec<DeviceState> {
        let of = |device: &str, default: u32| slots.get(device).copied().unwrap_or(default);
        let mut states = vec![DeviceState {
            device: "cpu".to_owned(),
            name: format!("CPU, {} {}", self.cores, if self.cores == 1 { "core" } else { "cores" }),
            slots: of("cpu", default_cpu_slots(self.cores)),
            memory_used_bytes: memory_used_bytes(),
            memory_total_bytes: memory_bytes(),
            memory_limit_bytes: memory.get("cpu").copied(),
            utilization: None,
            usable: true,
            reason: None,
        }];
        for index in 0..self.accelerators() {
            let device = format!("cuda:{index}");
            let slots = of(&device, 1);
            let limit = memory.get(&device).copied();
            states.push(self.accelerator(index, device, slots, limit));
        }
        states
    }

    fn accelerator(&self, index: u32, device: String, slots: u32, limit: Option<u64>) -> DeviceState {
        let found = self.nvml.as_ref().and_then(|nvml| nvml.device_by_index(index).ok());
        let memory = found.as_ref().and_then(|found| found.memory_info().ok());
        let reason = match self.word.get(&device) {
            Some(Ok(())) => None,
            Some(Err(reason)) => Some(reason.clone()),
            None => Some("vitals-worker does not list it".to_owned()),
        };
        DeviceState {
            device,
            name: found
                .as_ref()
                .and_then(|found| found.name().ok())
                .unwrap_or_else(|| "CUDA device".to_owned()),
            slots,
            memory_used_bytes: memory.as_ref().map(|memory| memory.used),
            memory_total_bytes: memory.as_ref().map(|memory| memory.total),
            memory_limit_bytes: limit,
            utilization: found
                .as_ref()
                .and_then(|found| found.utilization_rates().ok())
                .map(|rates| f64::from(rates.gpu) / 100.0),
            usable: reason.is_none(),
            reason,
        }
    }

    /// Threads for a run whose recipe leaves the choice: the cores shared among the CPU's slots; on an accelerator,
    /// where the CPU only feeds it, among all slots.
    pub fn threads(&self, states: &[DeviceState], device: &str) -> u32 {
        let of_cpu =
            states.iter().filter(|state| state.device == "cpu").map(|state| state.slots).sum::<u32>();
        let of_others =
            states.iter().filter(|state| state.device != "cpu" && state.usable).map(|s| s.slots).sum();
        let sharers = if device == "cpu" { of_cpu } else { of_others };
        (self.cores / sharers.max(1)).max(1)
    }
}

/// One slot a core, up to a few.
fn default_cpu_slots(cores: u32) -> u32 {
    cores.clamp(1, MOST_CPU_SLOTS)
}

/// What the policy needs of the devices.
pub fn policy_slots(states: &[DeviceState]) -> Vec<DeviceSlots> {
    states
        .iter()
        .map(|state| DeviceSlots {
            device: state.device.clone(),
            slots: state.slots,
            unusable: (!state.usable)
                .then(|| state.reason.clone().unwrap_or_else(|| "not usable".to_owned())),
            memory: Memory {
                total_bytes: state.memory_total_bytes,
                used_bytes: state.memory_used_bytes,
                limit_bytes: state.memory_limit_bytes,
            },
        })
        .collect()
}

/// Reads the worker's JSON lines: `name` (or `device`), `usable`, `reason`.
fn parse_devices(lines: &str) -> Word {
    let text = |value: &Value, keys: &[&str]| {
        keys.iter().find_map(|key| value.get(key)?.as_str()).map(str::to_owned)
    };
    lines
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|value| {
            let device = text(&value, &["device", "name"])?;
            let usable = value.get("usable").and_then(Value::as_bool).unwrap_or(false);
            let reason =
                || text(&value, &["reason", "why"]).unwrap_or_else(|| "not usable by libtorch".to_owned());
            Some((device, if usable { Ok(()) } else { Err(reason()) }))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_and_threads_share_the_cores() {
        let check = |cores: u32, set: Option<u32>, expected: (u32, u32)| {
            let devices = Devices::cpu_only(cores);
            let slots = set.map(|n| ("cpu".to_owned(), n)).into_iter().collect();
            let states = devices.states(&slots, &BTreeMap::new());
            assert_eq!((states[0].slots, devices.threads(&states, "cpu")), expected, "{cores} cores");
        };
        check(1, None, (1, 1));
        check(2, None, (2, 1));
        check(2, Some(1), (1, 2));
        check(16, None, (4, 4));
        check(2, Some(8), (8, 1));
        check(2, Some(0), (0, 2));
    }

    #[test]
    fn takes_the_worker_s_word() {
        let lines = r#"{"name":"cpu","kind":"cpu","usable":true}
noise of a library
{"name":"cuda:0","kind":"cuda","usable":false,"reason":"the driver is too old"}
{"device":"cuda:1","name":"NVIDIA X","usable":true}"#;
        let word = parse_devices(lines);
        assert_eq!(word.get("cuda:0"), Some(&Err("the driver is too old".to_owned())));
        assert_eq!(word.get("cuda:1"), Some(&Ok(())));
        assert_eq!(word.get("cpu"), Some(&Ok(())));
        assert_eq!(word.len(), 3);
    }
}
