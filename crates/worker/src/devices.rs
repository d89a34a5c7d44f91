//! What this process can compute on, as reports for people and programs, and the device that a job or a command asks for. GPUs are
//! counted as the driver shows them to this process: under its mask, in its order.

use std::path::Path;
use std::sync::LazyLock;

use nvml_wrapper::Nvml;
use vitals_engine::cuda::{self, Gpu};
use vitals_engine::{Device, EngineError};
use vitals_run::{DeviceKind, DeviceReport, Unusable, gpus_on_bus, least_driver};

use crate::exit::Failure;
use crate::{memory, processor};

/// NVIDIA's management library, opened once: it takes some milliseconds where there is a driver.
pub static MANAGEMENT: LazyLock<Option<Nvml>> = LazyLock::new(|| Nvml::init().ok());

/// Every device. Loads CUDA and computes a little on each GPU, which wakes it.
pub fn reports() -> Vec<DeviceReport> {
    let cpu = DeviceReport {
        name: processor::name(),
        memory: memory::total_bytes(),
        usable: true,
        ..DeviceReport::default()
    };
    std::iter::once(cpu).chain(gpus(|_| true)).collect()
}

/// The device of that name; `auto` is the first GPU that can be used, else the CPU. Must run before the first tensor is made.
///
/// # Errors
/// No such device, or one that cannot be used, with its reason and what to do.
pub fn resolve(name: &str) -> Result<(Device, Option<DeviceReport>), Failure> {
    if name == "auto" {
        // One after the other: a card that is not taken is not woken.
        let mut listed = (0..).map(Device::Cuda).zip(gpus(|_| false));
        let first = listed.find(|(device, gpu)| gpu.usable && failing(*device).is_none());
        return Ok(first.map_or((Device::Cpu, None), |(device, gpu)| (device, Some(gpu))));
    }
    let device: Device = name.parse().map_err(|error: EngineError| Failure::Device(error.to_string()))?;
    let Device::Cuda(wanted) = device else { return Ok((device, None)) };
    let found = gpus(|ordinal| ordinal == wanted);
    let listed = found.iter().filter(|report| report.uuid.is_some()).count();
    match found.into_iter().find(|report| report.device == name || report.device == vitals_run::ANY_GPU) {
        Some(report) if report.usable => Ok((device, Some(report))),
        Some(report) => {
            let words = [report.reason, report.remedy].into_iter().flatten().collect::<Vec<_>>().join("; ");
            Err(Failure::Device(format!("device {name} cannot be used: {words}")))
        }
        None => {
            let last = listed.saturating_sub(1);
            Err(Failure::Device(format!(
                "device {name} does not exist here: there {}, up to cuda:{last}; set device to one of them, or to auto",
                if listed == 1 { "is 1 GPU".to_owned() } else { format!("are {listed} GPUs") }
            )))
        }
    }
}

/// One report for each GPU that the driver lists, or one for all that could be there. `trial`: whether to compute on the GPU of that
/// ordinal; one that was not tried is said to be usable.
fn gpus(trial: impl Fn(u32) -> bool) -> Vec<DeviceReport> {
    let on_bus = gpus_on_bus(Path::new("/sys"));
    let backend = cuda::load_backend();
    let runtime = cuda::runtime();
    let loaded = |report: DeviceReport| DeviceReport {
        runtime: backend.is_ok().then(|| runtime.map(|runtime| runtime.to_string())).flatten(),
        ..report
    };
    let driver = match cuda::driver() {
        Ok(driver) => driver,
        Err(said) if on_bus == 0 => return vec![loaded(DeviceReport::any_gpu(Unusable::NoGpu { said }))],
        Err(said) => return vec![loaded(DeviceReport::any_gpu(Unusable::NoDriver { gpus: on_bus, said }))],
    };
    let release = MANAGEMENT.as_ref().and_then(|management| management.sys_driver_version().ok());
    // It may run nothing of this CUDA, and still names its devices.
    let unusable = runtime.and_then(|runtime| {
        let least = least_driver(runtime.major());
        let old = driver.cuda.major() < runtime.major();
        let (cuda, runtime) = (driver.cuda.to_string(), runtime.to_string());
        old.then(|| match release.clone() {
            Some(driver) => Unusable::OldDriver { driver, runtime, least },
            None => Unusable::OldCuda { cuda, runtime, least },
        })
    });
    let told = |report: DeviceReport| DeviceReport { driver: release.clone(), ..loaded(report) };
    let none = |why: Unusable| vec![told(DeviceReport::any_gpu(why))];
    let listed = match (driver.gpus, std::env::var("CUDA_VISIBLE_DEVICES")) {
        (Ok(listed), _) if !listed.is_empty() => listed,
        (Ok(_), Ok(mask)) => return none(Unusable::Hidden { mask }),
        (Ok(_), Err(_)) => return none(Unusable::NoneListed),
        (Err(said), _) => return none(unusable.unwrap_or(Unusable::DriverFails { said })),
    };
    let unusable =
        unusable.or_else(|| backend.as_ref().err().map(|said| Unusable::NoRuntime { said: said.clone() }));
    let count = if unusable.is_none() { cuda::count() } else { 0 };
    let report = |(ordinal, gpu): (u32, Gpu)| {
        let report = told(of_gpu(ordinal, gpu));
        let why = match &unusable {
            Some(why) => Some(why.clone()),
            None if ordinal >= count => Some(Unusable::NotListed),
            None if trial(ordinal) => failing(Device::Cuda(ordinal)),
            None => None,
        };
        match why {
            Some(why) => report.unusable(why),
            None => report,
        }
    };
    (0..).zip(listed).map(report).collect()
}

/// Why a GPU computes nothing. One that others have filled would compute: what finds no room on it says so itself.
fn failing(device: Device) -> Option<Unusable> {
    match cuda::computes(device) {
        Ok(()) | Err(EngineError::OutOfMemory(_)) => None,
        Err(error) => Some(Unusable::ComputesNothing { said: error.to_string() }),
    }
}

fn of_gpu(ordinal: u32, gpu: Gpu) -> DeviceReport {
    let (major, minor) = gpu.capability;
    DeviceReport {
        device: Device::Cuda(ordinal).to_string(),
        kind: DeviceKind::Cuda,
        name: gpu.name,
        uuid: Some(gpu.uuid),
        memory: Some(gpu.memory),
        capability: Some(format!("{major}.{minor}")),
        usable: true,
        ..DeviceReport::default()
    }
}

/// A GPU as a log names it.
pub fn described(gpu: &DeviceReport) -> String {
    let of = |what: &str, value: &Option<String>| value.as_ref().map(|value| format!("{what}{value}"));
    let more =
        [Some(gpu.name.clone()), gpu.uuid.clone(), of("driver ", &gpu.driver), of("CUDA ", &gpu.runtime)];
    format!("{} ({})", gpu.device, more.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_is_always_there_and_every_other_report_is_usable_or_says_why() {
        let reports = reports();
        assert_eq!((reports[0].device.as_str(), reports[0].usable), ("cpu", true));
        assert!(reports.len() > 1, "nothing is said of GPUs");
        for report in &reports[1..] {
            assert_eq!(report.kind, DeviceKind::Cuda);
            assert_eq!(report.usable, report.why.is_none(), "{report:?}");
        }
    }

    #[test]
    fn what_is_no_device_is_refused_by_its_name() {
        assert_eq!(resolve("cpu").unwrap().0, Device::Cpu);
        assert!(resolve("auto").is_ok());
        for name in ["gpu", "cuda:x", "cuda:4096"] {
            let message = resolve(name).unwrap_err().to_string();
            assert!(message.contains(name), "{message}");
        }
    }
}
