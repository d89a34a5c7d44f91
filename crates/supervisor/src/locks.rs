//! Who holds a lock, by the kernel's own list: a name for people, on which nothing is done.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// The process that holds the `flock` of a file; `None` where nobody does or the kernel does not say.
pub fn holder(lock: &Path) -> Option<u32> {
    let file = std::fs::metadata(lock).ok()?;
    holder_of(&std::fs::read_to_string("/proc/locks").ok()?, file.ino())
}

/// Lines are `1: FLOCK  ADVISORY  WRITE 4711 fe:01:1234 0 EOF`; an arrow marks one who waits. Devices are numbered otherwise
/// there than elsewhere on some file systems, so the inode counts alone.
fn holder_of(locks: &str, inode: u64) -> Option<u32> {
    let inode = inode.to_string();
    locks.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, "FLOCK", _, "WRITE", pid, place, ..] = words[..] else { return None };
        // A process of another namespace is 0 here.
        let pid = pid.parse().ok().filter(|&pid| pid > 0)?;
        (place.rsplit(':').next() == Some(inode.as_str())).then_some(pid)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_holds_a_lock_is_found_by_its_inode() {
        let locks = "1: POSIX  ADVISORY  WRITE 10 fe:01:77 0 EOF\n2: FLOCK  ADVISORY  WRITE 4711 00:2c:77 0 EOF\n\
                     2: -> FLOCK  ADVISORY  WRITE 12 00:2c:77 0 EOF\n3: FLOCK  ADVISORY  WRITE 0 00:2c:78 0 EOF\n";
        assert_eq!(holder_of(locks, 77), Some(4711));
        assert_eq!(holder_of(locks, 78), None);
        assert_eq!(holder_of(locks, 7), None);
    }
}
