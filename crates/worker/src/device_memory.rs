//! What this process holds of a GPU's memory, by the driver's word. Where the driver does not name this process (it may not see the
//! process numbers of a container) it is libtorch's word, which leaves out what the driver itself takes for the process.

use nvml_wrapper::enums::device::UsedGpuMemory;
use vitals_engine::{Device, gpu_memory_held};

use crate::devices::MANAGEMENT;

/// Bytes now; none of the CPU, whose memory is the host's.
pub fn bytes(device: Device) -> Option<u64> {
    let Device::Cuda(ordinal) = device else { return None };
    by_driver().or_else(|| gpu_memory_held(ordinal).ok())
}

/// Of all GPUs together: whatever numbers this process knows them by, it holds memory of its own alone.
fn by_driver() -> Option<u64> {
    let driver = MANAGEMENT.as_ref()?;
    let devices = (0..driver.device_count().ok()?).filter_map(|index| driver.device_by_index(index).ok());
    let listed = devices.flat_map(|device| device.running_compute_processes().unwrap_or_default());
    sum_of(listed.map(|process| (process.pid, process.used_gpu_memory)), std::process::id())
}

/// What one process uses, of what is listed; `None` where it is not listed with a number.
fn sum_of(listed: impl Iterator<Item = (u32, UsedGpuMemory)>, pid: u32) -> Option<u64> {
    listed.filter(|(of, _)| *of == pid).fold(None, |sum, (_, used)| match used {
        UsedGpuMemory::Used(bytes) => Some(sum.unwrap_or(0) + bytes),
        UsedGpuMemory::Unavailable => sum,
    })
}

#[cfg(test)]
mod tests {
    use super::UsedGpuMemory::{Unavailable, Used};
    use super::*;

    #[test]
    fn own_memory_is_told_from_that_of_others_and_from_none() {
        let check = |listed: &[(u32, UsedGpuMemory)], expected: Option<u64>| {
            assert_eq!(sum_of(listed.iter().cloned(), 7), expected);
        };
        check(&[], None);
        check(&[(8, Used(100))], None);
        check(&[(7, Unavailable)], None);
        check(&[(7, Used(0))], Some(0));
        check(&[(8, Used(100)), (7, Used(20)), (7, Unavailable), (7, Used(3))], Some(23));
    }
}
