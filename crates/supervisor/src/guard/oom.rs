//! Whether the kernel's memory killer struck. The kernel counts its kills by control group, not by process, so only a kill
//! of the last seconds before a worker's end is laid to that worker: an older one hit somebody else of the group.

use std::fs;
use std::path::{Path, PathBuf};

/// How often the memory killer struck in this process's control group; `None` where nothing counts it.
pub fn oom_kills() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    groups.lines().filter_map(counters).find_map(|file| counter(&fs::read_to_string(file).ok()?, "oom_kill"))
}

/// The file that counts for a line of `/proc/self/cgroup`: of version 2, or of version 1's memory controller.
fn counters(line: &str) -> Option<PathBuf> {
    let mut fields = line.splitn(3, ':').skip(1);
    let (controllers, group) = (fields.next()?, fields.next()?.trim_start_matches('/'));
    let root = Path::new("/sys/fs/cgroup");
    match controllers {
        "" => Some(root.join(group).join("memory.events")),
        list if list.split(',').any(|controller| controller == "memory") => {
            Some(root.join("memory").join(group).join("memory.oom_control"))
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
        let check =
            |line: &str, expected: Option<&str>| assert_eq!(counters(line), expected.map(PathBuf::from));
        check("0::/user.slice/a:b", Some("/sys/fs/cgroup/user.slice/a:b/memory.events"));
        check("4:memory:/job", Some("/sys/fs/cgroup/memory/job/memory.oom_control"));
        check("7:cpu,memory:/", Some("/sys/fs/cgroup/memory/memory.oom_control"));
        check("9:name=systemd:/", None);
        check("rubbish", None);
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
