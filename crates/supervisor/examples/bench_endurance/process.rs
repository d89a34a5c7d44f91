//! What a process takes of the machine, as `/proc` tells: memory, descriptors, threads. A process that is gone takes nothing and
//! is named nowhere.

use std::fs;
use std::path::Path;

/// What one process takes, or several together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    pub processes: u64,
    /// Resident, shared pages counted in each.
    pub rss_bytes: u64,
    /// What lies in no file, shared pages divided: the code of a library is nobody's leak.
    pub own_bytes: u64,
    pub descriptors: u64,
    /// Descriptors of files below the folder that was named: as many as runs have open just then.
    pub descriptors_below: u64,
    pub threads: u64,
}

impl Taken {
    /// Of one process; `None` when it is gone.
    pub fn of(pid: u32, folder: &Path) -> Option<Self> {
        let proc = Path::new("/proc").join(pid.to_string());
        let rollup = fs::read_to_string(proc.join("smaps_rollup")).ok()?;
        let kilobytes = |name: &str| {
            let line = rollup.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0)
        };
        let open: Vec<_> = fs::read_dir(proc.join("fd")).ok()?.flatten().collect();
        let targets = open.iter().filter_map(|entry| fs::read_link(entry.path()).ok());
        Some(Self {
            processes: 1,
            rss_bytes: kilobytes("Rss") * 1024,
            own_bytes: (kilobytes("Pss_Anon") + kilobytes("Pss_Shmem")) * 1024,
            descriptors: open.len() as u64,
            descriptors_below: targets.filter(|target| target.starts_with(folder)).count() as u64,
            threads: fs::read_dir(proc.join("task")).ok()?.count() as u64,
        })
    }

    /// Of all that a process has started, itself left out.
    pub fn of_children(root: u32, folder: &Path) -> Self {
        let mut sum = Self::default();
        for taken in descendants(root).into_iter().filter_map(|pid| Self::of(pid, folder)) {
            sum.processes += taken.processes;
            sum.rss_bytes += taken.rss_bytes;
            sum.own_bytes += taken.own_bytes;
            sum.descriptors += taken.descriptors;
            sum.descriptors_below += taken.descriptors_below;
            sum.threads += taken.threads;
        }
        sum
    }
}

fn descendants(root: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let all: Vec<(u32, u32)> = entries
        .filter_map(|entry| {
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name may hold spaces and brackets; the parent is the second field behind it.
            let parent = stat[stat.rfind(')')? + 2..].split(' ').nth(1)?.parse().ok()?;
            Some((entry.file_name().to_str()?.parse().ok()?, parent))
        })
        .collect();
    let mut found = vec![root];
    let mut place = 0;
    while let Some(&parent) = found.get(place) {
        found.extend(all.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        place += 1;
    }
    found.split_off(1)
}
