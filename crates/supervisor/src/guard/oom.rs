//! Whether the kernel's memory killer struck. The kernel counts its kills by control group, not by process, so only a kill
//! of the last seconds before a worker's end is laid to that worker: an older one hit somebody else of the group.

use std::fs;
use std::path::{Path, PathBuf};

use procfs::ProcessCGroup;
use procfs::process::Process;

/// How often the memory killer struck in this process's control group; `None` where nothing counts it.
pub fn oom_kills() -> Option<u64> {
    let groups = Process::myself().ok()?.cgroups().ok()?;
    groups.0.iter().filter_map(counters).find_map(|file| counter(&fs::read_to_string(file).ok()?, "oom_kill"))
}

/// The file that counts for a control group: of version 2, or of version 1's memory controller.
fn counters(group: &ProcessCGroup) -> Option<PathBuf> {
    let root = Path::new("/sys/fs/cgroup");
    let path = group.pathname.trim_start_matches('/');
    match group.controllers.as_slice() {
        [] => Some(root.join(path).join("memory.events")),
        list if list.iter().any(|controller| controller == "memory") => {
            Some(root.join("memory").join(path).join("memory.oom_control"))
        }
        _ => None,
    }
}

fn counter(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(' ')?;
        (key == name).then(|| value.trim().parse().ok())?
    })
}

/// The count as it stood one look ago, and at the last look.
#[derive(Debug, Clone, Copy)]
pub struct Recent {
    earlier: Option<u64>,
    last: Option<u64>,
}

impl Recent {
    pub fn new(count: Option<u64>) -> Self {
        Self { earlier: count, last: count }
    }

    /// Another look, some seconds after the last.
    pub fn look(&mut self, count: Option<u64>) {
        self.earlier = std::mem::replace(&mut self.last, count);
    }

    /// Kills since the look before the last; `None` where nothing counts them.
    pub fn kills(&self, count: Option<u64>) -> Option<u64> {
        Some(count?.saturating_sub(self.earlier?))
    }
}

#[cfg(test)]
mod tests {
    use procfs::{FromRead as _, ProcessCGroups};

    use super::*;

    #[test]
    fn counts_by_whole_names() {
        let events = "low 0\nhigh 1\noom 2\noom_kill 3\noom_group_kill 4\n";
        assert_eq!(counter(events, "oom_kill"), Some(3));
        assert_eq!(counter("oom_kill_disable 0\nunder_oom 1\noom_kill 7\n", "oom_kill"), Some(7));
        assert_eq!(counter(events, "absent"), None);
    }

    #[test]
    fn both_versions_of_control_groups_count() {
        let check = |line: &str, expected: Option<&str>| {
            let groups = ProcessCGroups::from_read(line.as_bytes()).unwrap();
            assert_eq!(groups.0.iter().find_map(counters), expected.map(PathBuf::from));
        };
        check("0::/user.slice/a:b", Some("/sys/fs/cgroup/user.slice/a:b/memory.events"));
        check("4:memory:/job", Some("/sys/fs/cgroup/memory/job/memory.oom_control"));
        check("7:cpu,memory:/", Some("/sys/fs/cgroup/memory/memory.oom_control"));
        check("9:name=systemd:/", None);
        check("", None);
    }

    #[test]
    fn a_kill_long_before_the_end_is_not_this_one() {
        let mut recent = Recent::new(Some(1));
        assert_eq!(recent.kills(Some(2)), Some(1));
        recent.look(Some(2));
        assert_eq!(recent.kills(Some(2)), Some(1), "it may take its time to die");
        recent.look(Some(2));
        assert_eq!(recent.kills(Some(2)), Some(0), "somebody else was killed");
        assert_eq!(recent.kills(Some(3)), Some(1));
        assert_eq!(recent.kills(None), None);
        assert_eq!(Recent::new(None).kills(Some(3)), None);
    }
}
