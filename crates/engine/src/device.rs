//! Devices and threads, as libtorch has them.

use std::fmt;
use std::str::FromStr;
use std::sync::Once;

use crate::error::EngineError;

/// Where tensors live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    Cpu,
    /// The GPU of this ordinal.
    Cuda(u32),
}

impl fmt::Display for Device {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Cpu => formatter.write_str("cpu"),
            Device::Cuda(ordinal) => write!(formatter, "cuda:{ordinal}"),
        }
    }
}

impl From<Device> for tch::Device {
    fn from(device: Device) -> tch::Device {
        match device {
            Device::Cpu => tch::Device::Cpu,
            Device::Cuda(ordinal) => tch::Device::Cuda(ordinal as usize),
        }
    }
}

impl FromStr for Device {
    type Err = EngineError;

    /// `cpu` or `cuda:N`; whether there is such a device is another question.
    fn from_str(name: &str) -> Result<Self, EngineError> {
        let ordinal = |name: &str| name.strip_prefix("cuda:")?.parse().ok();
        match name {
            "cpu" => Ok(Device::Cpu),
            _ => ordinal(name).map(Device::Cuda).ok_or_else(|| EngineError::Device {
                device: name.to_owned(),
                reason: "a device is `cpu` or `cuda:N`".to_owned(),
            }),
        }
    }
}

/// Sets how many threads libtorch computes with, for the whole process. 0 leaves libtorch's own choice.
pub fn set_threads(threads: u32) {
    static PROCESS: Once = Once::new();
    PROCESS.call_once(|| {
        // Training runs one operation at a time; the pool between operations would only hold idle threads.
        tch::set_num_interop_threads(1);
        crate::shim::keep_blocks();
    });
    if threads > 0 {
        tch::set_num_threads(i32::try_from(threads).unwrap_or(i32::MAX));
    }
}

/// How many threads libtorch computes with.
pub fn num_threads() -> u32 {
    u32::try_from(tch::get_num_threads()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written_alike() {
        for device in [Device::Cpu, Device::Cuda(0), Device::Cuda(17)] {
            assert_eq!(device.to_string().parse::<Device>().unwrap(), device);
        }
        for name in ["gpu", "cuda", "cuda:x", "cuda:-1", "auto"] {
            let message = name.parse::<Device>().unwrap_err().to_string();
            assert!(message.contains(name), "{message}");
        }
    }
}
