//! What runs can run on, and how many at once: the CPU by its cores, GPUs by the worker's word, which alone has libtorch. How much of a
//! GPU is used is the driver's word, by its UUID. An absent driver means no accelerator, not an error.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nvml_wrapper::{Device as Managed, Nvml};
use serde::{Deserialize, Serialize};
use vitals_recipe::{Tells, Told};
use vitals_run::{ANY_GPU, DeviceKind, DeviceReport, Unusable, gpus_on_bus, without_gpu};

use crate::attempt::plan::WorkerDevice;
use crate::c_calls::has_driver;
use crate::queue::policy::{DeviceSlots, Memory};
use crate::system::{memory_bytes, memory_used_bytes};

/// How long `vitals-worker devices` may take: it loads libtorch and wakes every accelerator.
const PROBE_PATIENCE: Duration = Duration::from_secs(120);
/// More runs at once than this rarely pay on one CPU: they compete for its caches and memory.
const MOST_CPU_SLOTS: u32 = 4;
/// GPUs are counted by their places on the bus, as the driver's own tools count them; left to itself CUDA puts the fastest first.
const PCI_ORDER: (&str, &str) = ("CUDA_DEVICE_ORDER", "PCI_BUS_ID");

/// A device as it stands, in the status that clients read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceState {
    /// `cpu`, `cuda:N`, or `cuda` for every GPU that could be there.
    pub device: String,
    pub name: String,
    /// A GPU's, by the driver.
    #[serde(default)]
    pub uuid: Option<String>,
    pub slots: u32,
    pub memory_used_bytes: Option<u64>,
    pub memory_total_bytes: Option<u64>,
    /// What runs may take of it together, by the setting.
    pub memory_limit_bytes: Option<u64>,
    /// 0 to 1.
    pub utilization: Option<f64>,
    pub usable: bool,
    /// Why it is not usable.
    #[serde(default)]
    pub why: Option<Told>,
    /// What to do about it.
    #[serde(default)]
    pub remedy: Option<Told>,
}

/// Asks `vitals-worker devices` which GPUs libtorch can use. Takes seconds: it loads libtorch and wakes them. Never empty: where it
/// does not answer, that is why there is no GPU.
pub async fn probe(worker: PathBuf) -> Vec<DeviceReport> {
    let output = tokio::process::Command::new(&worker)
        .arg("devices")
        .envs([PCI_ORDER])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let said = match tokio::time::timeout(PROBE_PATIENCE, output).await {
        Ok(Ok(output)) => {
            let gpus = gpus_of(&String::from_utf8_lossy(&output.stdout));
            if !gpus.is_empty() {
                return gpus;
            }
            let errors = String::from_utf8_lossy(&output.stderr);
            let last =
                errors.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it says nothing");
            format!("{}: {last}", output.status)
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer in {} s", PROBE_PATIENCE.as_secs()),
    };
    tracing::warn!("{} devices: {said}", worker.display());
    vec![DeviceReport::any_gpu(Unusable::NoAnswer { said })]
}

/// The machine's devices.
#[derive(Debug)]
pub struct Devices {
    cores: u32,
    nvml: Option<Nvml>,
    /// GPUs by the worker's word; empty until it was given.
    gpus: Vec<DeviceReport>,
}

impl Devices {
    /// Looks for devices. GPUs count as unusable until the worker's word is taken.
    pub fn find() -> Self {
        let cores =
            std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX));
        Self { cores, nvml: Nvml::init().ok(), gpus: Vec::new() }
    }

    #[cfg(test)]
    pub fn cpu_only(cores: u32) -> Self {
        Self { cores, nvml: None, gpus: Vec::new() }
    }

    /// Whether there is anything that the worker should be asked about: a driver, or a GPU that lacks one.
    pub(crate) fn may_have_gpus(&self) -> bool {
        self.nvml.is_some() || has_driver() || gpus_on_bus(Path::new("/sys")) > 0
    }

    /// Takes what [`probe`] found out.
    pub fn take(&mut self, gpus: Vec<DeviceReport>) {
        self.gpus = gpus;
    }

    /// Why no GPU can be used where one would be expected.
    pub fn without_gpu(&self) -> Option<Told> {
        without_gpu(&self.gpus)
    }

    /// All devices as they stand, with slots and limits of memory from the settings where they name the device.
    pub fn states(&self, slots: &BTreeMap<String, u32>, memory: &BTreeMap<String, u64>) -> Vec<DeviceState> {
        let cpu = DeviceState {
            device: "cpu".to_owned(),
            name: format!("CPU, {} {}", self.cores, if self.cores == 1 { "core" } else { "cores" }),
            uuid: None,
            slots: default_cpu_slots(self.cores),
            memory_used_bytes: memory_used_bytes(),
            memory_total_bytes: memory_bytes(),
            memory_limit_bytes: None,
            utilization: None,
            usable: true,
            why: None,
            remedy: None,
        };
        let set = |state: DeviceState| DeviceState {
            slots: slots.get(&state.device).copied().unwrap_or(state.slots),
            memory_limit_bytes: memory.get(&state.device).copied(),
            ..state
        };
        std::iter::once(cpu).chain(self.gpus()).map(set).collect()
    }

    /// GPUs by the worker's word; where it knows of none by name, those that the driver shows.
    fn gpus(&self) -> Vec<DeviceState> {
        let named: Vec<DeviceState> = (self.gpus.iter())
            .filter(|report| report.device != ANY_GPU)
            .map(|report| state(report, self.managed(report).as_ref()))
            .collect();
        if !named.is_empty() {
            return named;
        }
        let all = self.gpus.iter().find(|report| report.device == ANY_GPU);
        let managed = |nvml: &Nvml| {
            let count = nvml.device_count().unwrap_or(0);
            (0..count)
                .filter_map(|index| Some((index, nvml.device_by_index(index).ok()?)))
                .map(|(index, found)| {
                    let report = DeviceReport {
                        device: format!("cuda:{index}"),
                        name: found.name().unwrap_or_else(|_| "NVIDIA GPU".to_owned()),
                        uuid: found.uuid().ok(),
                        ..all.cloned().unwrap_or_default()
                    };
                    state(&report, Some(&found))
                })
                .collect::<Vec<_>>()
        };
        let shown = self.nvml.as_ref().map(managed).unwrap_or_default();
        let expected = |report: &&DeviceReport| report.why.as_ref().is_some_and(Unusable::is_a_fault);
        match shown.is_empty() {
            true => all.filter(expected).map(|report| state(report, None)).into_iter().collect(),
            false => shown,
        }
    }

    fn managed(&self, report: &DeviceReport) -> Option<Managed<'_>> {
        self.nvml.as_ref()?.device_by_uuid(report.uuid.as_deref()?).ok()
    }

    /// What the worker is told, where the policy chose `device`: that GPU alone is shown to it, by a name that no order changes.
    pub(crate) fn worker_device(&self, device: &str) -> WorkerDevice {
        let uuid =
            self.gpus.iter().find(|report| report.device == device).and_then(|report| report.uuid.clone());
        match uuid {
            Some(uuid) => WorkerDevice {
                name: "cuda:0".to_owned(),
                environment: vec![
                    (PCI_ORDER.0.to_owned(), PCI_ORDER.1.to_owned()),
                    ("CUDA_VISIBLE_DEVICES".to_owned(), uuid),
                ],
            },
            None => WorkerDevice { name: device.to_owned(), environment: Vec::new() },
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

fn state(report: &DeviceReport, managed: Option<&Managed<'_>>) -> DeviceState {
    let memory = managed.and_then(|managed| managed.memory_info().ok());
    let utilization = managed.and_then(|managed| managed.utilization_rates().ok());
    DeviceState {
        device: report.device.clone(),
        name: report.name.clone(),
        uuid: report.uuid.clone(),
        slots: 1,
        memory_used_bytes: memory.as_ref().map(|memory| memory.used),
        memory_total_bytes: memory.as_ref().map(|memory| memory.total).or(report.memory),
        memory_limit_bytes: None,
        utilization: utilization.map(|rates| f64::from(rates.gpu) / 100.0),
        usable: report.usable,
        why: report.why.as_ref().map(Tells::told),
        remedy: report.why.as_ref().and_then(Unusable::remedy).map(|remedy| remedy.told()),
    }
}

/// What the policy needs of the devices.
pub fn policy_slots(states: &[DeviceState]) -> Vec<DeviceSlots> {
    states
        .iter()
        .map(|state| DeviceSlots {
            device: state.device.clone(),
            slots: state.slots,
            unusable: (!state.usable)
                .then(|| state.why.clone().unwrap_or_else(|| Unusable::NotListed.told())),
            memory: Memory {
                total_bytes: state.memory_total_bytes,
                used_bytes: state.memory_used_bytes,
                limit_bytes: state.memory_limit_bytes,
            },
        })
        .collect()
}

/// The GPUs among the worker's JSON lines; what is no report is passed over.
fn gpus_of(lines: &str) -> Vec<DeviceReport> {
    let reports = lines.lines().filter_map(|line| serde_json::from_str::<DeviceReport>(line).ok());
    reports.filter(|report| report.kind == DeviceKind::Cuda).collect()
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

    fn gpu(ordinal: u32, uuid: &str) -> DeviceReport {
        DeviceReport {
            device: format!("cuda:{ordinal}"),
            kind: DeviceKind::Cuda,
            name: "NVIDIA X".to_owned(),
            uuid: Some(uuid.to_owned()),
            memory: Some(80 << 30),
            usable: true,
            ..DeviceReport::default()
        }
    }

    #[test]
    fn the_worker_s_word_makes_devices_and_shows_each_worker_one() {
        let old = Unusable::OldDriver { driver: "535".to_owned(), runtime: "13.0".to_owned(), least: 580 };
        let lines = [DeviceReport::default(), gpu(0, "GPU-a").unusable(old), gpu(1, "MIG-b")];
        let lines: String =
            lines.iter().map(|report| serde_json::to_string(report).unwrap() + "\n").collect();
        let mut devices = Devices::cpu_only(2);
        devices.take(gpus_of(&format!("noise of a library\n{lines}")));
        let states = devices.states(&BTreeMap::from([("cuda:1".to_owned(), 3)]), &BTreeMap::new());
        let told: Vec<_> = (states.iter())
            .map(|state| (state.device.as_str(), state.slots, state.usable, state.remedy.is_some()))
            .collect();
        assert_eq!(told, [("cpu", 2, true, false), ("cuda:0", 1, false, true), ("cuda:1", 3, true, false)]);
        assert_eq!(states[1].why.as_ref().unwrap().text, "driver 535 is older than CUDA 13.0 needs (580)");
        let of = devices.worker_device("cuda:1");
        assert_eq!(of.name, "cuda:0");
        assert!(of.environment.contains(&("CUDA_VISIBLE_DEVICES".to_owned(), "MIG-b".to_owned())), "{of:?}");
        assert_eq!(
            devices.worker_device("cpu"),
            WorkerDevice { name: "cpu".to_owned(), environment: Vec::new() }
        );
        assert_eq!(devices.without_gpu(), None);
    }

    #[test]
    fn every_gpu_at_once_is_one_line_and_a_machine_without_one_has_none() {
        let mut devices = Devices::cpu_only(2);
        devices
            .take(vec![DeviceReport::any_gpu(Unusable::NoDriver { gpus: 2, said: "no libcuda".to_owned() })]);
        let states = devices.states(&BTreeMap::new(), &BTreeMap::new());
        assert_eq!((states.len(), states[1].device.as_str(), states[1].usable), (2, ANY_GPU, false));
        assert!(devices.without_gpu().unwrap().text.contains("no libcuda"));
        devices.take(vec![DeviceReport::any_gpu(Unusable::NoGpu { said: "no libcuda".to_owned() })]);
        assert_eq!(devices.states(&BTreeMap::new(), &BTreeMap::new()).len(), 1);
        assert_eq!(devices.without_gpu(), None);
    }

    #[tokio::test]
    async fn a_worker_that_does_not_answer_is_the_reason() {
        for (program, word) in [("/nonexistent/worker", "No such file"), ("/bin/false", "exit status: 1")] {
            let gpus = probe(PathBuf::from(program)).await;
            assert!(gpus[0].reason.as_ref().unwrap().contains(word), "{gpus:?}");
        }
    }
}
