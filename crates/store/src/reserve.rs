//! Room that is kept for when the disk is full: two files beside the database, one to ask by and one to obey by. Freed at the
//! moment of need, each lets one through who makes room: who asks for a run to be removed, and the supervisor, who takes what
//! was asked. They hold nothing, and nobody else may count on what they free.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::FallocateFlags;
use rustix::io::Errno;
use vitals_files::open_in_place;

use crate::Store;
use crate::beside::beside;

/// Far more than a request takes, and than the pages that a removal changes.
const BYTES: u64 = 1 << 20;
/// With less room than this none is taken away for it.
const AMPLE_BYTES: u64 = 32 << 20;

/// Who may free it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reserve {
    Asking,
    Obeying,
}

impl Reserve {
    fn path(self, database: &Path) -> PathBuf {
        beside(
            database,
            match self {
                Self::Asking => "-room-to-ask",
                Self::Obeying => "-room-to-obey",
            },
        )
    }
}

impl Store {
    /// Keeps room for requests where there is plenty, unless it is kept already.
    pub fn keep_room(&self) {
        for reserve in [Reserve::Asking, Reserve::Obeying] {
            let path = reserve.path(self.path());
            if std::fs::symlink_metadata(&path).is_ok() || !is_ample(&path) {
                continue;
            }
            if let Err(error) = lay(&path) {
                tracing::debug!("failed to keep room in {}: {error}", path.display());
                // Half of it would count as all of it.
                let _ = std::fs::remove_file(&path);
            }
        }
    }

    /// Frees what is kept. `false`: nothing was.
    pub(crate) fn free_room(&self, reserve: Reserve) -> bool {
        let path = reserve.path(self.path());
        let is_freed = std::fs::remove_file(&path).is_ok();
        if is_freed {
            tracing::info!("the disk is full: freed {}", path.display());
        }
        is_freed
    }

    /// Frees the room to ask by, where the disk was full as this was opened. `true`: opened again, it may be written.
    pub fn free_room_to_ask(&self) -> bool {
        self.is_without_room() && self.free_room(Reserve::Asking)
    }

    /// The same of the room to obey by, which is the supervisor's.
    pub fn free_room_to_obey(&self) -> bool {
        self.is_without_room() && self.free_room(Reserve::Obeying)
    }

    fn is_without_room(&self) -> bool {
        self.read_only().is_some_and(|why| why.is_full())
    }
}

fn is_ample(path: &Path) -> bool {
    let disk = path.parent().and_then(|folder| rustix::fs::statvfs(folder).ok());
    disk.is_some_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) >= AMPLE_BYTES)
}

fn lay(path: &Path) -> io::Result<()> {
    let file = open_in_place(OpenOptions::new().write(true).create_new(true).mode(0o600), path)?;
    match rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, BYTES) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => write_whole(file),
        other => Ok(other?),
    }
}

/// Where room cannot be had without writing into it.
fn write_whole(mut file: File) -> io::Result<()> {
    let block = [0x5a; 1 << 16];
    for _ in 0..BYTES / block.len() as u64 {
        file.write_all(&block)?;
    }
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, symlink};

    use super::*;
    use crate::Role;

    #[tokio::test]
    async fn it_is_laid_once_freed_by_name_and_follows_no_link() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("vitals.db"), Role::Writer).await.unwrap();
        let [ask, obey] = [Reserve::Asking, Reserve::Obeying].map(|reserve| reserve.path(store.path()));
        assert!(!store.free_room(Reserve::Asking), "none is kept yet");
        store.keep_room();
        for path in [&ask, &obey] {
            let kept = std::fs::metadata(path).unwrap();
            assert_eq!((kept.len(), kept.blocks() * 512 >= BYTES, kept.mode() & 0o777), (BYTES, true, 0o600));
        }
        assert!(store.free_room(Reserve::Obeying) && !obey.exists() && ask.exists());
        let elsewhere = folder.path().join("thesis.tex");
        std::fs::write(&elsewhere, "keep").unwrap();
        symlink(&elsewhere, &obey).unwrap();
        store.keep_room();
        assert!(store.free_room(Reserve::Obeying));
        assert_eq!(std::fs::read(&elsewhere).unwrap(), b"keep");
        // Who can write needs no room of this kind.
        assert!(!store.free_room_to_ask() && ask.exists());
    }

    #[tokio::test]
    async fn a_small_disk_gives_no_room_away() {
        let folder = tempfile::tempdir().unwrap();
        let Some(_disk) = vitals_fixtures::SmallDisk::mount(folder.path(), 16, None) else { return };
        let store = Store::open(folder.path().join("vitals.db"), Role::Writer).await.unwrap();
        store.keep_room();
        assert!(!Reserve::Asking.path(store.path()).exists());
    }

    /// By writing as by allocating.
    #[test]
    fn it_is_whole_either_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("room");
        write_whole(File::create(&path).unwrap()).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), BYTES);
    }
}
