//! Opening a workspace's database: pragmas, one writer connection, a read-only pool, migrations with a backup before
//! them. A database of a newer version, or of another program, is refused untouched. However many open it at once, all
//! wait for the one that migrates.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions};
use sqlx::{Connection, Sqlite, Transaction};

use crate::connect::{BUSY_TIMEOUT, options};
use crate::readable::Readable;
use crate::shapes::ShapeCache;
use crate::standing::Standings;
use crate::{Result, StoreError};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

const READERS: u32 = 4;

/// What the caller may do with the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Creates the database where there is none and migrates an older one; reads and writes.
    Writer,
    /// Refuses what would need a change.
    Reader,
    /// As a writer where this user may write, else as a reader that refuses every change with the reason.
    WriterWherePossible,
}

/// Why a database is read only: what cannot be written, and the system's word.
#[derive(Debug, Clone)]
struct Unwritable {
    path: PathBuf,
    reason: String,
}

/// A workspace's database. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Store {
    path: Arc<PathBuf>,
    /// What reading connections open.
    readable: Arc<Readable>,
    read: SqlitePool,
    write: Option<SqlitePool>,
    unwritable: Option<Arc<Unwritable>>,
    pub(crate) shapes: ShapeCache,
    pub(crate) standings: Standings,
}

impl Store {
    /// Opens `path`, the database file itself. The folder must exist.
    pub async fn open(path: impl AsRef<Path>, role: Role) -> Result<Self> {
        let path = path.as_ref().to_path_buf();
        let unwritable = match role {
            Role::Writer => prepare(&path).await.map(|()| None)?,
            Role::Reader => None,
            Role::WriterWherePossible => match prepare(&path).await {
                Ok(()) => None,
                Err(StoreError::NotWritable { path: at, reason }) if path.exists() => {
                    Some(Arc::new(Unwritable { path: at, reason }))
                }
                Err(error) => return Err(error),
            },
        };
        let writes = role != Role::Reader && unwritable.is_none();
        let readable = if writes { Readable::as_it_is(&path) } else { inspect_for_reading(&path).await? };
        let write = writes.then(|| {
            SqlitePoolOptions::new()
                .max_connections(1)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
                .acquire_timeout(BUSY_TIMEOUT * 2)
                .after_release(|connection, _| Box::pin(is_clean(connection)))
                .connect_lazy_with(options(&path))
        });
        let read = SqlitePoolOptions::new()
            .max_connections(READERS)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_lazy_with(readable.options());
        Ok(Self {
            path: Arc::new(path),
            readable: Arc::new(readable),
            read,
            write,
            unwritable,
            shapes: ShapeCache::default(),
            standings: Standings::default(),
        })
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Why nothing can be changed; `None`: it can.
    pub fn read_only(&self) -> Option<StoreError> {
        self.write.is_none().then(|| self.refusal())
    }

    fn refusal(&self) -> StoreError {
        match self.unwritable.as_deref().cloned() {
            Some(Unwritable { path, reason }) => StoreError::NotWritable { path, reason },
            None => StoreError::ReadOnly,
        }
    }

    /// A single connection for reading, outside the pool.
    pub(crate) async fn connect_reader(&self) -> Result<SqliteConnection> {
        Ok(SqliteConnection::connect_with(&self.readable.options()).await?)
    }

    /// Closes all connections; the last process to do so folds the write-ahead log back into the file.
    pub async fn close(&self) {
        self.read.close().await;
        if let Some(write) = &self.write {
            write.close().await;
        }
    }

    /// Folds the write-ahead log back into the database's file.
    ///
    /// # Errors
    /// A reader that holds to the log, for as long as it does.
    pub async fn fold_log(&self) -> Result<()> {
        let write = self.write.as_ref().ok_or(StoreError::ReadOnly)?;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(write).await?;
        Ok(())
    }

    pub(crate) fn reader(&self) -> &SqlitePool {
        &self.read
    }

    /// Starts a write transaction, holding the write lock from its first moment: no upgrade can fail half-way.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>> {
        let write = self.write.as_ref().ok_or_else(|| self.refusal())?;
        Ok(write.begin_with("BEGIN IMMEDIATE").await?)
    }
}

/// Whether a connection can begin anew. Where the disk is full or fails, SQLite rolls back by itself; the library then counts
/// a transaction for ever that is not there, and the connection has to go.
async fn is_clean(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    // Behind a rollback that a dropped transaction left to be done.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

fn supported() -> i64 {
    MIGRATIONS.iter().map(|m| m.version).max().unwrap_or(0)
}

async fn inspect_for_reading(path: &Path) -> Result<Readable> {
    if !path.exists() {
        return Err(StoreError::Missing { path: path.to_path_buf() });
    }
    let (readable, found) = match read_version(path, &Readable::as_it_is(path)).await {
        // What SQLite would make beside it cannot be made.
        Err(error) if error.is_about_files() => {
            let readable = Readable::without_writing(path).await?;
            let found = read_version(path, &readable).await?;
            (readable, found)
        }
        other => (Readable::as_it_is(path), other?),
    };
    check_newer(path, found)?;
    if found < supported() {
        return Err(StoreError::OlderVersion { path: path.to_path_buf(), found, supported: supported() });
    }
    Ok(readable)
}

fn check_newer(path: &Path, found: i64) -> Result<()> {
    if found > supported() {
        return Err(StoreError::NewerVersion { path: path.to_path_buf(), found, supported: supported() });
    }
    Ok(())
}

/// Brings the file to this build's version. One process at a time: SQLite itself has no lock around migrations.
async fn prepare(path: &Path) -> Result<()> {
    check_writable(path)?;
    if path.exists() {
        match read_version(path, &Readable::as_it_is(path)).await {
            Ok(found) => {
                check_newer(path, found)?;
                if found == supported() {
                    return Ok(());
                }
            }
            // Somebody makes or migrates it at this moment: whoever has the lock sees it whole.
            Err(error) if error.may_pass() => {}
            Err(error) => return Err(error),
        }
    }
    let lock = lock_migrations(path).await?;
    let mut connection = SqliteConnection::connect_with(
        &options(path).create_if_missing(true).journal_mode(SqliteJournalMode::Wal),
    )
    .await
    .map_err(|e| classify_open(path, e))?;
    // Another process may have migrated while we waited for the lock.
    let found = version(path, &mut connection).await?;
    check_newer(path, found)?;
    if found < supported() {
        if found > 0 {
            back_up(path, found, &mut connection).await?;
        }
        // Not `run`: the future of its `Acquire` is not Send.
        MIGRATIONS
            .run_direct(None, &mut connection, false)
            .await
            .map_err(|e| StoreError::ForeignMigration { path: path.to_path_buf(), what: e.to_string() })?;
    }
    connection.close().await?;
    drop(lock);
    Ok(())
}

/// The version of a database file, which is not changed.
async fn read_version(path: &Path, readable: &Readable) -> Result<i64> {
    let mut connection =
        SqliteConnection::connect_with(&readable.options()).await.map_err(|e| classify_open(path, e))?;
    let found = version(path, &mut connection).await?;
    connection.close().await?;
    Ok(found)
}

/// The version of the open database: 0 for an empty one. Both looks are one transaction: what another process migrates between
/// them would make it look like a database of another program.
async fn version(path: &Path, connection: &mut SqliteConnection) -> Result<i64> {
    let mut tx = connection.begin().await?;
    let tables: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table'")
        .fetch_all(&mut *tx)
        .await
        .map_err(|e| classify_open(path, e))?;
    if tables.is_empty() {
        return Ok(0);
    }
    if !tables.iter().any(|t| t == "_sqlx_migrations") {
        return Err(StoreError::NotVitals { path: path.to_path_buf() });
    }
    let newest: Option<i64> = sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations WHERE success")
        .fetch_one(&mut *tx)
        .await?;
    // The first migration makes `clock`: migrated without it means that another program's migrations are in here.
    if newest.is_some() && !tables.iter().any(|t| t == "clock") {
        return Err(StoreError::NotVitals { path: path.to_path_buf() });
    }
    Ok(newest.unwrap_or(0))
}

/// Copies the whole database, write-ahead log included, beside itself: `vitals.db` → `vitals.backup-v3.db`.
async fn back_up(path: &Path, found: i64, connection: &mut SqliteConnection) -> Result<()> {
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let name = |n: u32| match n {
        1 => path.with_file_name(format!("{stem}.backup-v{found}.db")),
        _ => path.with_file_name(format!("{stem}.backup-v{found}-{n}.db")),
    };
    let target = (1..).map(name).find(|p| !p.exists()).unwrap_or_else(|| name(1));
    sqlx::query("VACUUM INTO ?").bind(target.to_string_lossy().into_owned()).execute(connection).await?;
    tracing::info!(backup = %target.display(), version = found, "copied the database before migrating it");
    Ok(())
}

fn check_writable(path: &Path) -> Result<()> {
    let refuse = |at: &Path, reason: String| StoreError::NotWritable { path: at.to_path_buf(), reason };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if path.exists() {
        // Asked, not opened: closing a descriptor of the database drops every POSIX lock that this process holds on it, those
        // of stores already open too, and another process then takes the write-ahead log away under them.
        rustix::fs::access(path, rustix::fs::Access::WRITE_OK).map_err(|e| refuse(path, e.to_string()))?;
    }
    // WAL needs files beside the database; only trying tells (permissions, read-only mounts, quotas).
    let probe = folder.join(format!(".vitals-write-probe-{}", std::process::id()));
    std::fs::File::create(&probe).map_err(|e| refuse(folder, e.to_string()))?;
    match std::fs::remove_file(&probe) {
        // Another opening in this process may have removed the same probe.
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(refuse(folder, e.to_string())),
        _ => Ok(()),
    }
}

fn classify_open(path: &Path, error: sqlx::Error) -> StoreError {
    match StoreError::from(error) {
        StoreError::Corrupt { .. } => StoreError::NotVitals { path: path.to_path_buf() },
        other => other,
    }
}

async fn lock_migrations(path: &Path) -> Result<std::fs::File> {
    let lock_path = path.with_extension("db-migrating");
    let io = |operation, source| StoreError::Io { operation, path: lock_path.clone(), source };
    let file = std::fs::File::create(&lock_path).map_err(|e| io("create", e))?;
    let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await;
    match locked {
        Ok(Ok(file)) => Ok(file),
        Ok(Err(source)) => Err(io("lock", source)),
        Err(join) => Err(io("lock", std::io::Error::other(join))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_disk_that_was_full_is_written_again_when_it_has_room() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("vitals.db"), Role::Writer).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        // The bound is the connection's: as full as a disk, as far as SQLite can tell.
        sqlx::query("PRAGMA max_page_count = 1").execute(&mut *tx).await.unwrap();
        let grow = "CREATE TABLE filler AS SELECT randomblob(1 << 20) AS bytes";
        let full = sqlx::query(grow).execute(&mut *tx).await.unwrap_err();
        assert_eq!(primary_code_of(&full), Some(13), "{full}");
        drop(tx);
        store.set_setting("after", &1).await.unwrap();
        assert_eq!(store.setting::<i32>("after").await.unwrap(), Some(1));
    }

    fn primary_code_of(error: &sqlx::Error) -> Option<i32> {
        error.as_database_error()?.code()?.parse::<i32>().ok().map(|code| code & 0xff)
    }
}
