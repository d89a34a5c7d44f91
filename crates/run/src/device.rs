//! What runs can be computed on, in the worker's words: one report for each device, and one for CUDA as a whole where nothing of it
//! can be used. The supervisor, `doctor` and the window pass it on as it is.

use std::path::Path;

use serde::{Deserialize, Serialize};
use vitals_recipe::{Tells, Told, sentences};

/// Stands for every GPU that could be there.
pub const ANY_GPU: &str = "cuda";

sentences! {
    /// Why a GPU, or every GPU, cannot be used.
    #[derive(Eq)]
    pub enum Unusable in "unusable" {
        /// The everyday case of a machine without one.
        NoGpu { said: String } = "no NVIDIA GPU is seen on this machine, and no driver: {said}";
        NoDriver { gpus: usize, said: String } =
            "there is an NVIDIA GPU (seen on the bus: {gpus}), and no driver that can be loaded: {said}";
        DriverFails { said: String } = "NVIDIA's driver is there and does not start: {said}";
        OldDriver { driver: String, runtime: String, least: u32 } =
            "driver {driver} is older than CUDA {runtime} needs ({least})";
        /// The same, where nobody tells the driver's release.
        OldCuda { cuda: String, runtime: String, least: u32 } =
            "the driver runs CUDA {cuda} at most, and this libtorch needs CUDA {runtime} (driver {least})";
        /// Everything else would do.
        NoRuntime { said: String } = "this libtorch has no CUDA: {said}";
        Hidden { mask: String } = "CUDA_VISIBLE_DEVICES is `{mask}`, and shows none of the GPUs that are here";
        NoneListed = "the driver starts and lists no GPU";
        /// Seen by the driver alone.
        NotListed = "libtorch does not list it";
        ComputesNothing { said: String } = "it computes nothing: {said}";
        /// Of the worker that was asked.
        NoAnswer { said: String } = "vitals-worker does not say which GPUs it can use: {said}";
    }
}

sentences! {
    /// What to do about it.
    #[derive(Eq)]
    pub enum DeviceRemedy in "device_remedy" {
        InstallDriver { least: u32 } =
            "install NVIDIA's driver {least} or newer, then start Vitals again; in a container, start it with GPUs (`--gpus all`)";
        UpdateDriver { least: u32 } = "install NVIDIA's driver {least} or newer, then start Vitals again";
        InstallRuntime = "install libtorch with CUDA: `cargo xtask setup --cuda`, then start Vitals again";
        ShowGpus =
            "unset CUDA_VISIBLE_DEVICES, or set it to GPUs that `nvidia-smi -L` lists, then start Vitals again";
        AskDriver = "see what `nvidia-smi` says; after an update of the driver, restart the machine";
        AskWorker = "see what `vitals-worker devices` says";
    }
}

/// The oldest Linux driver for each major version of CUDA (CUDA's release notes, table of driver versions).
const DRIVERS: &[(u32, u32)] = &[(11, 450), (12, 525), (13, 580)];
/// The major version of CUDA that this version of Vitals brings.
const OWN_CUDA: u32 = 13;

/// The oldest driver that a major version of CUDA runs with.
pub fn least_driver(cuda: u32) -> u32 {
    let known = DRIVERS.iter().rev().find(|(major, _)| *major <= cuda);
    known.or(DRIVERS.first()).map_or(0, |(_, driver)| *driver)
}

impl Unusable {
    /// None where nothing is wrong: a machine without a GPU needs no driver.
    pub fn remedy(&self) -> Option<DeviceRemedy> {
        Some(match self {
            Self::NoGpu { .. } => return None,
            Self::NoDriver { .. } => DeviceRemedy::InstallDriver { least: least_driver(OWN_CUDA) },
            Self::OldDriver { least, .. } | Self::OldCuda { least, .. } => {
                DeviceRemedy::UpdateDriver { least: *least }
            }
            Self::NoRuntime { .. } => DeviceRemedy::InstallRuntime,
            Self::Hidden { .. } => DeviceRemedy::ShowGpus,
            Self::DriverFails { .. } | Self::NoneListed | Self::NotListed | Self::ComputesNothing { .. } => {
                DeviceRemedy::AskDriver
            }
            Self::NoAnswer { .. } => DeviceRemedy::AskWorker,
        })
    }

    /// Whether somebody would expect a GPU here.
    pub fn is_a_fault(&self) -> bool {
        !matches!(self, Self::NoGpu { .. })
    }
}

/// One device; a line of `vitals-worker devices`. What is not known is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceReport {
    /// `cpu`, `cuda:0` as the worker that was asked counts them, or [`ANY_GPU`].
    pub device: String,
    pub kind: DeviceKind,
    pub name: String,
    /// The driver's name of it, which no mask and no order changes: `GPU-…`, or `MIG-…` for a part of one.
    pub uuid: Option<String>,
    /// Bytes.
    pub memory: Option<u64>,
    /// Compute capability, such as `9.0`.
    pub capability: Option<String>,
    pub driver: Option<String>,
    /// Version of CUDA that libtorch has a backend of.
    pub runtime: Option<String>,
    pub usable: bool,
    /// Why not; `reason` and `remedy` are its words.
    pub why: Option<Unusable>,
    pub reason: Option<String>,
    pub remedy: Option<String>,
}

/// What libtorch calls a kind of device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceKind {
    #[default]
    Cpu,
    Cuda,
}

impl Default for DeviceReport {
    fn default() -> Self {
        Self {
            device: "cpu".to_owned(),
            kind: DeviceKind::Cpu,
            name: "CPU".to_owned(),
            uuid: None,
            memory: None,
            capability: None,
            driver: None,
            runtime: None,
            usable: false,
            why: None,
            reason: None,
            remedy: None,
        }
    }
}

impl DeviceReport {
    /// Says why it cannot be used.
    #[must_use]
    pub fn unusable(self, why: Unusable) -> Self {
        let remedy = why.remedy().map(|remedy| remedy.to_string());
        Self { usable: false, reason: Some(why.to_string()), remedy, why: Some(why), ..self }
    }

    /// Every GPU at once.
    pub fn any_gpu(why: Unusable) -> Self {
        let (device, name) = (ANY_GPU.to_owned(), "NVIDIA GPU".to_owned());
        Self { device, kind: DeviceKind::Cuda, name, ..Self::default() }.unusable(why)
    }
}

/// Why an attempt that could have had a GPU is on the CPU, and what to do about it.
pub fn without_gpu(reports: &[DeviceReport]) -> Option<Told> {
    let gpus = || reports.iter().filter(|report| report.kind == DeviceKind::Cuda);
    if gpus().any(|report| report.usable) {
        return None;
    }
    gpus().filter_map(|report| report.why.as_ref()).find(|why| why.is_a_fault()).map(Tells::told)
}

/// How many NVIDIA GPUs are on the PCI bus, whatever drivers say; `system` is `/sys`. Inside a virtual machine or a container
/// there may be more than it shows.
pub fn gpus_on_bus(system: &Path) -> usize {
    let read = |device: &Path, what: &str| std::fs::read_to_string(device.join(what)).unwrap_or_default();
    let is_gpu = |device: &Path| {
        // Display controllers, with or without an output.
        read(device, "vendor").trim() == "0x10de" && read(device, "class").trim().starts_with("0x03")
    };
    let devices = std::fs::read_dir(system.join("bus/pci/devices")).into_iter().flatten();
    devices.filter_map(Result::ok).filter(|entry| is_gpu(&entry.path())).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_display_controllers_of_nvidia_count() {
        let system = tempfile::tempdir().unwrap();
        assert_eq!(gpus_on_bus(system.path()), 0);
        for (slot, vendor, class) in [
            ("0000:01:00.0", "0x10de\n", "0x030000\n"),
            ("0000:02:00.0", "0x10de\n", "0x030200\n"),
            ("0000:02:00.1", "0x10de\n", "0x040300\n"),
            ("0000:03:00.0", "0x8086\n", "0x030000\n"),
        ] {
            let folder = system.path().join("bus/pci/devices").join(slot);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("vendor"), vendor).unwrap();
            std::fs::write(folder.join("class"), class).unwrap();
        }
        assert_eq!(gpus_on_bus(system.path()), 2);
    }

    #[test]
    fn a_report_says_in_words_why_and_what_to_do() {
        let old =
            Unusable::OldDriver { driver: "535.104.05".to_owned(), runtime: "13.0".to_owned(), least: 580 };
        let report = DeviceReport::any_gpu(old);
        assert_eq!(report.reason.as_deref(), Some("driver 535.104.05 is older than CUDA 13.0 needs (580)"));
        assert!(report.remedy.as_deref().is_some_and(|words| words.contains("580 or newer")));
        let line = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<DeviceReport>(&line).unwrap(), report);
        // What another version wrote, or another program.
        let foreign: DeviceReport = serde_json::from_str(r#"{"name":"cpu","usable":true}"#).unwrap();
        assert_eq!((foreign.device.as_str(), foreign.usable), ("cpu", true));
    }

    #[test]
    fn the_cpu_alone_is_no_fault_unless_a_gpu_could_be_used() {
        let gpu = |usable| DeviceReport {
            device: "cuda:0".to_owned(),
            kind: DeviceKind::Cuda,
            usable,
            ..DeviceReport::default()
        };
        let none = DeviceReport::any_gpu(Unusable::NoGpu { said: "no libcuda".to_owned() });
        assert_eq!(without_gpu(&[DeviceReport::default(), none]), None);
        let broken = gpu(false).unusable(Unusable::NotListed);
        assert_eq!(without_gpu(&[broken.clone(), gpu(true)]), None);
        assert_eq!(without_gpu(&[broken]).unwrap().kind, "unusable.not_listed");
    }

    #[test]
    fn each_cuda_has_its_oldest_driver() {
        for (cuda, driver) in [(10, 450), (12, 525), (13, 580), (14, 580)] {
            assert_eq!(least_driver(cuda), driver);
        }
    }
}
