//! What the kernel says of processes and of itself. A process is known by its id *and* its start time *and* the boot that
//! it belongs to, so that a reused id is never taken for it.

use procfs::process::Process;
use procfs::{Current as _, Meminfo};
use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};

/// Identifies this boot of the machine; `None` where there is no `/proc`.
pub fn boot_id() -> Option<String> {
    procfs::sys::kernel::random::boot_id().ok()
}

/// A process that stays the same for ever: a reused id has another start time, a reboot another boot id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessMark {
    pub pid: u32,
    /// Clock ticks after boot, as `/proc/PID/stat` has it.
    pub started: u64,
    pub boot_id: Option<String>,
}

impl ProcessMark {
    /// Marks a living process.
    pub fn of(pid: u32) -> Option<Self> {
        let (_, started) = stat(pid)?;
        Some(Self { pid, started, boot_id: boot_id() })
    }

    /// The kernel's letter for what the process does (`R`, `S`, `D`, `T` stopped, `Z` dead, …); `None` when it is gone.
    pub fn state(&self) -> Option<char> {
        if self.boot_id != boot_id() {
            return None;
        }
        stat(self.pid).filter(|(_, started)| *started == self.started).map(|(state, _)| state)
    }

    /// Alive: there, and not merely unburied.
    pub fn is_alive(&self) -> bool {
        self.state().is_some_and(|state| !matches!(state, 'Z' | 'X'))
    }

    /// Signals the process group that this process leads, if it is still this very process. `false`: it is gone.
    pub fn signal_group(&self, signal: Signal) -> bool {
        let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) else { return false };
        self.state().is_some() && kill_process_group(pid, signal).is_ok()
    }
}

/// State letter and start time of a process.
fn stat(pid: u32) -> Option<(char, u64)> {
    let stat = Process::new(i32::try_from(pid).ok()?).ok()?.stat().ok()?;
    Some((stat.state, stat.starttime))
}

/// Physical memory in bytes.
pub fn memory_bytes() -> Option<u64> {
    Some(Meminfo::current().ok()?.mem_total)
}

/// Physical memory in bytes that a new process could not have without swapping.
pub fn memory_used_bytes() -> Option<u64> {
    let memory = Meminfo::current().ok()?;
    Some(memory.mem_total.saturating_sub(memory.mem_available?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_itself_and_no_impostor() {
        let me = ProcessMark::of(std::process::id()).unwrap();
        assert!(me.is_alive());
        let reused = ProcessMark { started: me.started + 1, ..me.clone() };
        assert!(!reused.is_alive(), "another start time is another process");
        assert!(!reused.signal_group(Signal::KILL), "a reused id is not signalled");
        let rebooted = ProcessMark { boot_id: Some("another boot".to_owned()), ..me };
        assert!(!rebooted.is_alive());
        assert_eq!(ProcessMark::of(u32::MAX), None);
    }

    #[test]
    fn memory_is_read_in_bytes() {
        let (used, all) = (memory_used_bytes().unwrap(), memory_bytes().unwrap());
        assert!(used < all && all > 64 << 20, "{used} of {all}");
    }
}
