//! Memory of this process and of the machine, from /proc: what the `system` stream records.

use procfs::process::{Process, Status};
use procfs::{Current as _, Meminfo};

const KIB: u64 = 1 << 10;

use std::time::Duration;

/// How often the process looks at its own memory.
pub const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Resident memory of this process in bytes; `None` where /proc does not say.
pub fn resident_bytes() -> Option<u64> {
    Some(status()?.vmrss? * KIB)
}

/// Largest resident memory so far in bytes.
pub fn peak_resident_bytes() -> Option<u64> {
    Some(status()?.vmhwm? * KIB)
}

/// Memory of the machine in bytes.
pub fn total_bytes() -> Option<u64> {
    Meminfo::current().ok().map(|memory| memory.mem_total)
}

fn status() -> Option<Status> {
    Process::myself().ok()?.status().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_its_peak_is_no_smaller_and_the_machine_has_more() {
        let (now, peak) = (resident_bytes().unwrap(), peak_resident_bytes().unwrap());
        assert!(now > 1 << 20 && peak >= now && total_bytes().unwrap() > peak);
    }
}
