//! Devices and threads. One binary serves CPU and GPU: it links only the CPU library, and the CUDA backend registers
//! itself when its library is loaded before the first tensor is made. CUDA is never required.
#![expect(unsafe_code, reason = "dlopen of libtorch's CUDA backend; nothing else here is unsafe")]

use std::fmt;
use std::sync::{Once, OnceLock};

use crate::error::{EngineError, Result};

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

impl Device {
    /// The device that a recipe asks for: `cpu`, `cuda:N`, or `auto` (the first GPU where one is usable, else the CPU).
    /// Must run before the first tensor is made, because it may load the CUDA backend.
    pub fn resolve(name: &str) -> Result<Device> {
        let refuse = |reason: String| EngineError::Device { device: name.to_owned(), reason };
        match name {
            "cpu" => Ok(Device::Cpu),
            "auto" => {
                Ok(if cuda_devices().is_ok_and(|count| count > 0) { Device::Cuda(0) } else { Device::Cpu })
            }
            _ => {
                let ordinal = name
                    .strip_prefix("cuda:")
                    .and_then(|ordinal| ordinal.parse::<u32>().ok())
                    .ok_or_else(|| refuse("a device is `auto`, `cpu` or `cuda:N`".to_owned()))?;
                match cuda_devices() {
                    Ok(count) if ordinal < count => Ok(Device::Cuda(ordinal)),
                    Ok(count) => Err(refuse(format!("{count} CUDA devices are present"))),
                    Err(reason) => Err(refuse(reason)),
                }
            }
        }
    }
}

/// How many GPUs libtorch can use, or why none: the CUDA library of libtorch is absent, or the driver is. Loads the
/// backend at the first call.
pub fn cuda_devices() -> std::result::Result<u32, String> {
    static LOADED: OnceLock<std::result::Result<(), String>> = OnceLock::new();
    LOADED.get_or_init(load_cuda_backend).clone()?;
    match u32::try_from(tch::Cuda::device_count()) {
        Ok(count) if tch::Cuda::is_available() => Ok(count),
        _ => Err("libtorch has CUDA, but no driver or no device answers".to_owned()),
    }
}

fn load_cuda_backend() -> std::result::Result<(), String> {
    for library in [c"libc10_cuda.so", c"libtorch_cuda.so"] {
        // SAFETY: the names are NUL-terminated literals, and running these libraries' initialisers is the purpose of
        // the call: they register the CUDA backend with the libtorch that this process has loaded already.
        let handle = unsafe { libc::dlopen(library.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) };
        if handle.is_null() {
            return Err(format!("this libtorch has no CUDA ({} not found)", library.to_string_lossy()));
        }
    }
    Ok(())
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
    fn names_resolve_or_are_refused_with_a_reason() {
        assert_eq!(Device::resolve("cpu").unwrap(), Device::Cpu);
        assert!(Device::resolve("auto").is_ok());
        for name in ["gpu", "cuda", "cuda:x", "cuda:4096"] {
            let message = Device::resolve(name).unwrap_err().to_string();
            assert!(message.contains(name), "{message}");
        }
        assert_eq!(Device::Cuda(1).to_string(), "cuda:1");
    }
}
