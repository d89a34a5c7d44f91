//! The files beside a database: those that SQLite makes there, the lock of migrations, copies. Whoever may write in the folder
//! could lay a link in the place of one and so choose what is overwritten: a link, a pipe or a folder is refused and left
//! alone. Nothing is made to find out whether something could be.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::Access;
use vitals_files::open_in_place;

use crate::{Result, StoreError};

/// What SQLite makes beside a database, by how the names end.
const MADE_BY_SQLITE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// SQLite's own limit (`MAX_PATHNAME`) of 512 bytes, less the end of the longest name that it makes beside the database.
const LONGEST_PATH: usize = 512 - "-journal".len();

/// Refuses a path by which no database can be opened, before anything is made there.
///
/// # Errors
/// `PathNotText`, `PathTooLong`.
pub fn check_path(database: &Path) -> Result<()> {
    let path = database.to_owned();
    let bytes = path.as_os_str().len();
    if path.to_str().is_none() {
        Err(StoreError::PathNotText { path })
    } else if bytes > LONGEST_PATH {
        Err(StoreError::PathTooLong { path, bytes, most: LONGEST_PATH })
    } else {
        Ok(())
    }
}

/// The file beside a database whose name ends so.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Refuses what is no plain file in the place of the database or of what SQLite makes beside it. The database may be a link to
/// one: then SQLite works beside the file that is meant.
pub(crate) fn check_plain(path: &Path) -> Result<()> {
    let strange = |path: &Path| Err(StoreError::NotPlain { path: path.to_owned() });
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => return strange(path),
        // A link to nothing: what is created there would be somebody else's choice.
        Err(_) if std::fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) => {
            return strange(path);
        }
        _ => {}
    }
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    for ending in MADE_BY_SQLITE {
        let made = beside(&path, ending);
        if std::fs::symlink_metadata(&made).is_ok_and(|found| !found.is_file()) {
            return strange(&made);
        }
    }
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Whether this user may write the database and make files beside it. That there is room is seen when it is opened.
pub(crate) fn check_writable(path: &Path) -> Result<()> {
    let refuse = |at: &Path, error: rustix::io::Errno| StoreError::NotWritable {
        path: at.to_path_buf(),
        reason: io::Error::from(error).to_string(),
    };
    if path.exists() {
        // Asked, not opened: closing a descriptor of the database drops every POSIX lock that this process holds on it, those
        // of stores already open too, and another process then takes the write-ahead log away under them.
        rustix::fs::access(path, Access::WRITE_OK).map_err(|error| refuse(path, error))?;
    }
    let folder = folder_of(path);
    rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK).map_err(|error| refuse(folder, error))
}

/// Why SQLite could not make or write its files beside the database, said of the folder where the disk tells it.
pub(crate) fn unwritable(path: &Path, error: &StoreError) -> StoreError {
    let folder = folder_of(path).to_path_buf();
    let Ok(disk) = rustix::fs::statvfs(&folder) else {
        return StoreError::NotWritable { path: folder, reason: error.to_string() };
    };
    // Some file systems count no inodes, and say 0 of 0.
    if disk.f_files > 0 && disk.f_favail == 0 {
        StoreError::NoRoom {
            path: folder,
            what: "no file can be added, as its inodes are used up".to_owned(),
        }
    } else if (disk.f_blocks > 0 && disk.f_bavail == 0) || error.is_full() {
        StoreError::NoRoom { path: folder, what: "its disk is full".to_owned() }
    } else {
        StoreError::NotWritable { path: folder, reason: error.to_string() }
    }
}

/// Takes the lock under which a database is made or migrated; waits for whoever has it.
pub(crate) async fn lock_migrations(path: &Path) -> Result<File> {
    let lock_path = path.with_extension("db-migrating");
    let failed = |operation, source| StoreError::Io { operation, path: lock_path.clone(), source };
    if std::fs::symlink_metadata(&lock_path).is_ok_and(|found| !found.is_file()) {
        return Err(StoreError::NotPlain { path: lock_path });
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let file = open_in_place(&mut options, &lock_path).map_err(|error| failed("create", error))?;
    match tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await {
        Ok(Ok(file)) => Ok(file),
        Ok(Err(source)) => Err(failed("lock", source)),
        Err(join) => Err(failed("lock", io::Error::other(join))),
    }
}

/// An empty file for a copy of the database, whose name nothing bears: `vitals.db` → `vitals.backup-v3.db`, then
/// `vitals.backup-v3-2.db`.
pub(crate) fn new_backup(path: &Path, version: i64) -> io::Result<PathBuf> {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let mut number = 1_u32;
    loop {
        let name = match number {
            1 => format!("{stem}.backup-v{version}.db"),
            _ => format!("{stem}.backup-v{version}-{number}.db"),
        };
        let target = path.with_file_name(name);
        match OpenOptions::new().write(true).create_new(true).open(&target) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number = number.saturating_add(1),
            other => return other.map(|_| target),
        }
    }
}
