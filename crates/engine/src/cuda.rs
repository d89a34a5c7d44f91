//! CUDA as this process finds it. One binary serves CPU and GPU: it links only the CPU library, and the CUDA backend registers itself
//! when its library is loaded before the first tensor is made. What GPUs there are is the driver's word, asked through its C interface;
//! it counts them as libtorch does, under the same mask and order. CUDA is never required.
#![expect(
    unsafe_code,
    reason = "loads libraries and calls the driver's C interface; nothing else here is unsafe"
)]

use std::ffi::{CStr, c_char, c_int, c_uint};
use std::sync::OnceLock;

use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};
use tch::{Kind, Tensor};

use crate::device::Device;
use crate::error::{EngineError, Result, guarded};

/// The driver's success.
const SUCCESS: c_int = 0;
/// Its answer where there is no device, or where the mask shows none.
const NO_DEVICE: c_int = 100;
/// Attributes of a device (`CUdevice_attribute`).
const CAPABILITY_MAJOR: c_int = 75;
const CAPABILITY_MINOR: c_int = 76;

/// A version of CUDA as its libraries tell it: 1000 × major + 10 × minor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CudaVersion(u32);

impl CudaVersion {
    /// 13 of 13.0.
    pub fn major(self) -> u32 {
        self.0 / 1000
    }
}

impl std::fmt::Display for CudaVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major(), self.0 % 1000 / 10)
    }
}

/// A GPU, or a part of one (MIG), as the driver lists it to this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gpu {
    pub name: String,
    /// `GPU-…` or `MIG-…`: what `CUDA_VISIBLE_DEVICES` takes.
    pub uuid: String,
    /// Bytes.
    pub memory: u64,
    /// Compute capability.
    pub capability: (u32, u32),
}

/// What the driver says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Driver {
    /// The newest CUDA that it runs.
    pub cuda: CudaVersion,
    /// In the order of their ordinals, of those that `CUDA_VISIBLE_DEVICES` shows; its own words where it does not start.
    pub gpus: std::result::Result<Vec<Gpu>, String>,
}

/// The driver's functions that are asked here, by their signatures in NVIDIA's `cuda.h`.
type Init = unsafe extern "C" fn(c_uint) -> c_int;
type Number = unsafe extern "C" fn(*mut c_int) -> c_int;
type DeviceOf = unsafe extern "C" fn(*mut c_int, c_int) -> c_int;
type NameOf = unsafe extern "C" fn(*mut c_char, c_int, c_int) -> c_int;
type UuidOf = unsafe extern "C" fn(*mut [u8; 16], c_int) -> c_int;
type MemoryOf = unsafe extern "C" fn(*mut usize, c_int) -> c_int;
type AttributeOf = unsafe extern "C" fn(*mut c_int, c_int, c_int) -> c_int;
type WordsOf = unsafe extern "C" fn(c_int, *mut *const c_char) -> c_int;

/// Asks the driver; the error is the loader's own words where there is none.
pub fn driver() -> std::result::Result<Driver, String> {
    // SAFETY: the driver's initialisers run; that is what every program that uses CUDA has them do.
    let library =
        unsafe { Library::open(Some("libcuda.so.1"), RTLD_NOW) }.map_err(|error| error.to_string())?;
    let calls = Calls { library };
    let mut version: c_int = 0;
    // SAFETY: see `Number`.
    calls.ask(c"cuDriverGetVersion", |ask: Number| unsafe { ask(&raw mut version) })?;
    Ok(Driver { cuda: CudaVersion(u32::try_from(version).unwrap_or(0)), gpus: calls.gpus() })
}

struct Calls {
    library: Library,
}

impl Calls {
    /// Calls one function, of the type that `cuda.h` gives it; what it answers in place of success becomes words.
    fn ask<F: Copy>(&self, name: &CStr, call: impl FnOnce(F) -> c_int) -> std::result::Result<(), String> {
        // SAFETY: the callers give each name the signature of `cuda.h`.
        let function =
            unsafe { self.library.get::<F>(name.to_bytes_with_nul()) }.map_err(|error| error.to_string())?;
        match call(*function) {
            SUCCESS => Ok(()),
            code => Err(self.words_of(code).unwrap_or_else(|| format!("error {code}"))),
        }
    }

    fn words_of(&self, code: c_int) -> Option<String> {
        let mut found: *const c_char = std::ptr::null();
        // SAFETY: the signature is that of `cuda.h`; what comes back is a literal of the driver, or null.
        unsafe {
            let say = self.library.get::<WordsOf>(c"cuGetErrorString".to_bytes_with_nul()).ok()?;
            let known = say(code, &raw mut found) == SUCCESS && !found.is_null();
            known.then(|| format!("{} (error {code})", CStr::from_ptr(found).to_string_lossy()))
        }
    }

    fn gpus(&self) -> std::result::Result<Vec<Gpu>, String> {
        let mut answer = SUCCESS;
        // SAFETY: see `Init` and `Number`.
        let started = self.ask(c"cuInit", |ask: Init| unsafe {
            answer = ask(0);
            answer
        });
        if answer == NO_DEVICE {
            return Ok(Vec::new());
        }
        started?;
        let mut count: c_int = 0;
        // SAFETY: as above.
        self.ask(c"cuDeviceGetCount", |ask: Number| unsafe { ask(&raw mut count) })?;
        (0..count).map(|ordinal| self.gpu(ordinal)).collect()
    }

    fn gpu(&self, ordinal: c_int) -> std::result::Result<Gpu, String> {
        let (mut device, mut name, mut uuid, mut memory) = (0, [0_u8; 256], [0_u8; 16], 0_usize);
        let room = name.len() as c_int;
        // SAFETY: each call writes into one of these, of the size that its signature says.
        unsafe {
            self.ask(c"cuDeviceGet", |ask: DeviceOf| ask(&raw mut device, ordinal))?;
            self.ask(c"cuDeviceGetName", |ask: NameOf| ask(name.as_mut_ptr().cast(), room, device))?;
            self.ask(c"cuDeviceGetUuid_v2", |ask: UuidOf| ask(&raw mut uuid, device))?;
            self.ask(c"cuDeviceTotalMem_v2", |ask: MemoryOf| ask(&raw mut memory, device))?;
        }
        let attribute = |which: c_int| {
            let mut value = 0;
            // SAFETY: as above.
            self.ask(c"cuDeviceGetAttribute", |ask: AttributeOf| unsafe {
                ask(&raw mut value, which, device)
            })?;
            Ok::<u32, String>(u32::try_from(value).unwrap_or(0))
        };
        let name = CStr::from_bytes_until_nul(&name)
            .map_or_else(|_| String::new(), |name| name.to_string_lossy().into_owned());
        Ok(Gpu {
            uuid: uuid_text(&name, uuid),
            name,
            memory: memory as u64,
            capability: (attribute(CAPABILITY_MAJOR)?, attribute(CAPABILITY_MINOR)?),
        })
    }
}

/// As `nvidia-smi -L` writes it. A part of a GPU has `MIG` in its name, and its UUID begins so.
fn uuid_text(name: &str, bytes: [u8; 16]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let kind = if name.split(' ').any(|word| word == "MIG") { "MIG" } else { "GPU" };
    format!("{kind}-{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Loads libtorch's CUDA backend, once; the error is the loader's own words. Must run before the first tensor is made.
pub fn load_backend() -> std::result::Result<(), String> {
    static LOADED: OnceLock<std::result::Result<(), String>> = OnceLock::new();
    let load = || {
        for name in ["libc10_cuda.so", "libtorch_cuda.so"] {
            // SAFETY: running this library's initialisers is the purpose: they register the CUDA backend with the libtorch that this
            // process has loaded already.
            let library = unsafe { Library::open(Some(name), RTLD_NOW | RTLD_GLOBAL) };
            // It stays for the life of the process: libtorch keeps pointers into it.
            let _ = library.map_err(|error| error.to_string())?.into_raw();
        }
        Ok(())
    };
    LOADED.get_or_init(load).clone()
}

/// The CUDA that this libtorch was built with; it brings CUDA's runtime even where it has no backend.
pub fn runtime() -> Option<CudaVersion> {
    let (program, mut version) = (Library::this(), 0);
    // SAFETY: the signature is that of `cuda_runtime_api.h`.
    let answer = unsafe {
        let ask = program.get::<Number>(c"cudaRuntimeGetVersion".to_bytes_with_nul()).ok()?;
        ask(&raw mut version)
    };
    (answer == SUCCESS).then(|| CudaVersion(u32::try_from(version).unwrap_or(0)))
}

/// How many GPUs libtorch lists; the backend must be loaded.
pub fn count() -> u32 {
    u32::try_from(tch::Cuda::device_count()).unwrap_or(0)
}

/// Adds and multiplies a little on a device and reads it back. Only so is it known that this libtorch has kernels for it.
///
/// # Errors
/// Libtorch's words, or a wrong sum.
pub fn computes(device: Device) -> Result<()> {
    guarded(|| {
        let ones = Tensor::f_ones([64, 64], (Kind::Float, device.into()))?;
        let sum = ones.f_matmul(&ones)?.f_sum(Kind::Float)?.f_double_value(&[])?;
        match sum == 64.0 * 64.0 * 64.0 {
            true => Ok(()),
            false => Err(EngineError::Torch(format!("a product of ones sums to {sum}"))),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_uuids_are_written_as_people_know_them() {
        assert_eq!(CudaVersion(13_000).to_string(), "13.0");
        assert_eq!(CudaVersion(12_080).to_string(), "12.8");
        assert!(CudaVersion(12_080).major() < CudaVersion(13_000).major());
        let bytes: [u8; 16] = std::array::from_fn(|place| place as u8);
        assert_eq!(uuid_text("NVIDIA H200", bytes), "GPU-00010203-0405-0607-0809-0a0b0c0d0e0f");
        assert_eq!(
            uuid_text("NVIDIA A100-SXM4-40GB MIG 1g.5gb", bytes),
            "MIG-00010203-0405-0607-0809-0a0b0c0d0e0f"
        );
    }

    #[test]
    fn the_runtime_that_libtorch_brings_tells_its_version() {
        assert!(runtime().is_some_and(|version| version.major() >= 12), "{:?}", runtime());
    }

    #[test]
    fn a_device_that_computes_is_told() {
        computes(Device::Cpu).unwrap();
    }

    /// Whatever is missing is named: a library, as the loader says it.
    #[test]
    fn what_cannot_be_loaded_is_named() {
        for (loaded, library) in [(load_backend(), ".so"), (driver().map(|_| ()), "libcuda.so.1")] {
            if let Err(words) = loaded {
                assert!(words.contains(library), "{words}");
            }
        }
    }
}
