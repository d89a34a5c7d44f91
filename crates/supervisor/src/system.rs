//! What the kernel says of processes and of itself. A process is known by its id *and* its start time *and* the boot that
//! it belongs to, so that a reused id is never taken for it.

use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::sync::OnceLock;

use procfs::process::Process;
use procfs::{Current as _, Meminfo};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal, test_kill_process};
use serde::{Deserialize, Serialize};

/// Identifies this boot of the machine; `None` where there is no `/proc`.
pub fn boot_id() -> Option<String> {
    // Read once: it outlives this process, and a file that cannot be opened must not read as another boot.
    static FOUND: OnceLock<String> = OnceLock::new();
    if let Some(found) = FOUND.get() {
        return Some(found.clone());
    }
    let found = procfs::sys::kernel::random::boot_id().ok()?;
    Some(FOUND.get_or_init(|| found).clone())
}

/// A process that stays the same for ever: a reused id has another start time, a reboot another boot id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessMark {
    pub pid: u32,
    /// Clock ticks after boot, as `/proc/PID/stat` has it.
    pub started: u64,
    pub boot_id: Option<String>,
    /// In which the id means this process; containers of one machine share its boot. `None`: an older version wrote the mark.
    #[serde(default)]
    pub namespace: Option<u64>,
}

impl ProcessMark {
    /// Marks a living process.
    pub fn of(pid: u32) -> Option<Self> {
        let (_, started) = stat(pid)?;
        Some(Self { pid, started, boot_id: boot_id(), namespace: pid_namespace() })
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

    /// Gone for certain. A process of another boot, or of another container, may live where it cannot be seen.
    pub(crate) fn is_gone(&self) -> bool {
        let is_of_here = |own: Option<u64>| own.is_some() && own == self.namespace;
        let is_known = self.boot_id.is_some() && self.boot_id == boot_id() && is_of_here(pid_namespace());
        is_known
            && match stat(self.pid) {
                Some((state, started)) => started != self.started || matches!(state, 'Z' | 'X'),
                // Without descriptors nobody is seen; the kernel tells by id alone whether somebody is there.
                None => is_free(self.pid),
            }
    }

    /// Alive, and of this user.
    pub(crate) fn is_ours(&self) -> bool {
        let process = i32::try_from(self.pid).ok().and_then(|pid| Process::new(pid).ok());
        self.is_alive()
            && process.is_some_and(|process| {
                process.uid().is_ok_and(|uid| uid == rustix::process::geteuid().as_raw())
            })
    }

    /// Signals this very process and no other; what it leaves in its group, its guard ends. `false`: it is gone.
    pub fn signal(&self, signal: Signal) -> bool {
        self.hold().is_some_and(|process| pidfd_send_signal(process, signal).is_ok())
    }

    /// A descriptor of this very process. A process that took its id over started later than the mark says, so that the
    /// look at the start time, made while the descriptor is held, tells them apart.
    fn hold(&self) -> Option<OwnedFd> {
        // To the kernel 0 and -1 are groups and everybody, and 1 is the machine.
        let pid = i32::try_from(self.pid).ok().filter(|pid| *pid > 1).and_then(Pid::from_raw)?;
        let process = pidfd_open(pid, PidfdFlags::empty()).ok()?;
        self.state().is_some().then_some(process)
    }
}

/// In which this process sees others.
fn pid_namespace() -> Option<u64> {
    Some(std::fs::metadata("/proc/self/ns/pid").ok()?.ino())
}

/// No process has this id.
fn is_free(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_none_or(|pid| test_kill_process(pid) == Err(Errno::SRCH))
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
        assert!(me.is_alive() && me.is_ours() && !me.is_gone());
        let reused = ProcessMark { started: me.started + 1, ..me.clone() };
        assert!(!reused.is_alive(), "another start time is another process");
        assert!(reused.is_gone() && !reused.is_ours());
        let unseen = [
            ProcessMark { namespace: None, ..reused.clone() },
            ProcessMark { namespace: Some(1), ..reused.clone() },
        ];
        assert!(unseen.iter().all(|mark| !mark.is_gone()), "another container's may live");
        assert!(!reused.signal(Signal::KILL), "a reused id is not signalled");
        let rebooted = ProcessMark { boot_id: Some("another boot".to_owned()), ..me };
        assert!(!rebooted.is_alive());
        assert_eq!(ProcessMark::of(u32::MAX), None);
    }

    #[test]
    fn nobody_is_signalled_by_a_mark_of_everybody() {
        // The mark of process 1 is right in every field, and all of them can be read by every user.
        let first = ProcessMark::of(1).unwrap();
        let everybody = ProcessMark { pid: u32::MAX, ..first.clone() };
        let group = ProcessMark { pid: 0, ..first.clone() };
        let own = rustix::process::getpgrp().as_raw_nonzero().get();
        let own_group = ProcessMark { pid: own.wrapping_neg() as u32, ..first.clone() };
        for mark in [first, everybody, group, own_group] {
            assert!(mark.hold().is_none(), "{mark:?}");
        }
    }

    #[test]
    fn a_process_is_held_by_a_descriptor_of_its_own() {
        use std::os::fd::AsRawFd as _;

        let mut child = std::process::Command::new("sleep").arg("600").spawn().unwrap();
        let mark = ProcessMark::of(child.id()).unwrap();
        let held = mark.hold().unwrap();
        let of = || std::fs::read_to_string(format!("/proc/self/fdinfo/{}", held.as_raw_fd())).unwrap();
        assert!(of().contains(&format!("Pid:\t{}\n", child.id())), "{}", of());
        child.kill().unwrap();
        child.wait().unwrap();
        // Whoever has its id from here on is not this descriptor's.
        assert!(of().contains("Pid:\t-1\n"), "{}", of());
        assert!(pidfd_send_signal(&held, Signal::KILL).is_err() && !mark.signal(Signal::KILL));
    }

    #[test]
    fn memory_is_read_in_bytes() {
        let (used, all) = (memory_used_bytes().unwrap(), memory_bytes().unwrap());
        assert!(used < all && all > 64 << 20, "{used} of {all}");
    }
}
