//! Opening a workspace's database: pragmas, one writer connection, a read-only pool, migrations with a backup before
//! them. A database of a newer version, or of another program, is refused untouched. However many open it at once, all
//! wait for the one that migrates.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions};
use sqlx::{Connection, Sqlite, Transaction};

use crate::beside::{check_path, check_plain, check_writable, lock_migrations, new_backup, unwritable};
use crate::connect::{BUSY_TIMEOUT, options};
use crate::error::{NOT_A_DATABASE, primary_code};
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
    /// As a writer where this user may write and there is room, else as a reader that refuses every change with the reason.
    WriterWherePossible,
    /// The same, but an older database is refused and not migrated: somebody of its version works with it.
    WriterOfThisVersion,
}

/// Why a database is read only: what cannot be written, and the system's word.
#[derive(Debug, Clone)]
enum Unwritable {
    Refused { path: PathBuf, reason: String },
    NoRoom { path: PathBuf, what: String },
}

impl Unwritable {
    /// Whether an error of opening says so; the error itself where it does not.
    fn of(error: StoreError) -> Result<Self> {
        match error {
            StoreError::NotWritable { path, reason } => Ok(Self::Refused { path, reason }),
            StoreError::NoRoom { path, what } => Ok(Self::NoRoom { path, what }),
            other => Err(other),
        }
    }

    fn told(self) -> StoreError {
        match self {
            Self::Refused { path, reason } => StoreError::NotWritable { path, reason },
            Self::NoRoom { path, what } => StoreError::NoRoom { path, what },
        }
    }
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
        check_path(&path)?;
        check_plain(&path)?;
        let prepared = match role {
            Role::Reader => Ok(()),
            Role::Writer | Role::WriterWherePossible => prepare(&path, true).await,
            Role::WriterOfThisVersion => prepare(&path, false).await,
        };
        let unwritable = match prepared {
            Ok(()) => None,
            Err(error) if role != Role::Writer && path.exists() => Some(Arc::new(Unwritable::of(error)?)),
            Err(error) => return Err(error),
        };
        let writes = role != Role::Reader && unwritable.is_none();
        let readable = match (writes, &unwritable) {
            (true, _) => Readable::as_it_is(&path),
            (false, None) => inspect_for_reading(&path).await?,
            (false, Some(why)) => match inspect_for_reading(&path).await {
                // Nothing was ever written into it: what there is to say is why nothing can be.
                Err(StoreError::OlderVersion { found: 0, .. }) => return Err(why.as_ref().clone().told()),
                other => other?,
            },
        };
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
        self.unwritable.as_deref().cloned().map_or(StoreError::ReadOnly, Unwritable::told)
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
    let mut looked = read_version(path, &Readable::as_it_is(path)).await;
    if looked.as_ref().is_err_and(StoreError::is_cut_off_change) {
        take_back(path).await?;
        looked = read_version(path, &Readable::as_it_is(path)).await;
    }
    let (readable, found) = match looked {
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

/// Takes back a change that was cut off, as SQLite does for any connection that may write.
async fn take_back(path: &Path) -> Result<()> {
    let mut connection =
        SqliteConnection::connect_with(&options(path)).await.map_err(|error| classify_open(path, error))?;
    version(path, &mut connection).await?;
    Ok(connection.close().await?)
}

fn check_newer(path: &Path, found: i64) -> Result<()> {
    if found > supported() {
        return Err(StoreError::NewerVersion { path: path.to_path_buf(), found, supported: supported() });
    }
    Ok(())
}

/// Brings the file to this build's version, or refuses one of an older version. One process at a time: SQLite itself has no
/// lock around migrations.
async fn prepare(path: &Path, may_migrate: bool) -> Result<()> {
    check_writable(path)?;
    let refuse_older = |found: i64| {
        if !may_migrate && (1..supported()).contains(&found) {
            return Err(StoreError::OlderVersion { path: path.to_path_buf(), found, supported: supported() });
        }
        Ok(())
    };
    if path.exists() {
        match read_version(path, &Readable::as_it_is(path)).await {
            Ok(found) => {
                check_newer(path, found)?;
                refuse_older(found)?;
                if found == supported() {
                    return Ok(());
                }
            }
            // Somebody makes or migrates it at this moment: whoever has the lock sees it whole, and takes back what was cut off.
            Err(error) if error.may_pass() || error.is_cut_off_change() => {}
            Err(error) => return Err(error),
        }
    }
    // Where no file can be made or grow, SQLite and the system say so in many ways.
    let without_room =
        |error: StoreError| if error.is_about_files() { unwritable(path, &error) } else { error };
    let lock = lock_migrations(path).await.map_err(without_room)?;
    let mut connection = SqliteConnection::connect_with(
        &options(path).create_if_missing(true).journal_mode(SqliteJournalMode::Wal),
    )
    .await
    .map_err(|e| without_room(classify_open(path, e)))?;
    // Another process may have migrated while we waited for the lock.
    let found = version(path, &mut connection).await.map_err(without_room)?;
    check_newer(path, found)?;
    refuse_older(found)?;
    if found < supported() {
        if found > 0 {
            back_up(path, found, &mut connection).await?;
        }
        // Not `run`: the future of its `Acquire` is not Send.
        MIGRATIONS
            .run_direct(None, &mut connection, false)
            .await
            .map_err(|error| without_room(classify_migration(path, error)))?;
    }
    connection.close().await?;
    drop(lock);
    Ok(())
}

fn classify_migration(path: &Path, error: MigrateError) -> StoreError {
    let what = error.to_string();
    if let MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) = error {
        let error = StoreError::from(error);
        if error.is_about_files() || matches!(error, StoreError::Busy | StoreError::Corrupt { .. }) {
            return error;
        }
    }
    StoreError::ForeignMigration { path: path.to_path_buf(), what }
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
    let failed = |reason: String| StoreError::NoBackup { path: path.to_path_buf(), found, reason };
    let target = new_backup(path, found).map_err(|error| failed(error.to_string()))?;
    let copied =
        sqlx::query("VACUUM INTO ?").bind(target.to_string_lossy().into_owned()).execute(connection).await;
    if let Err(error) = copied {
        // Half a copy is none, and would be in the way of the next one.
        let _ = std::fs::remove_file(&target);
        return Err(failed(error.to_string()));
    }
    tracing::info!(backup = %target.display(), version = found, "copied the database before migrating it");
    Ok(())
}

/// What is no database is somebody else's file; one that begins like a database and cannot be read is damaged.
fn classify_open(path: &Path, error: sqlx::Error) -> StoreError {
    match primary_code(&error) {
        Some(NOT_A_DATABASE) => StoreError::NotVitals { path: path.to_path_buf() },
        _ => StoreError::from(error),
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
        assert_eq!(primary_code(&full), Some(13), "{full}");
        drop(tx);
        store.set_setting("after", &1).await.unwrap();
        assert_eq!(store.setting::<i32>("after").await.unwrap(), Some(1));
    }

    /// Marks the process in which the test below does its work: limits are a process's.
    const LIMITED: &str = "VITALS_TEST_IS_LIMITED";

    #[test]
    fn a_failed_write_and_a_lack_of_memory_pass_as_a_full_disk_does() {
        if std::env::var_os(LIMITED).is_some() {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            return runtime.block_on(limited());
        }
        let name = "open::tests::a_failed_write_and_a_lack_of_memory_pass_as_a_full_disk_does";
        // Whoever writes beyond his limit is ended by a signal, unless he was started without an ear for it.
        let done = std::process::Command::new("sh")
            .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(LIMITED, "yes")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stdout);
        assert!(
            done.status.success() && said.contains("1 passed"),
            "{said}{}",
            String::from_utf8_lossy(&done.stderr)
        );
    }

    async fn limited() {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("vitals.db"), Role::Writer).await.unwrap();
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let size = status.lines().find_map(|line| line.strip_prefix("VmSize:")?.strip_suffix("kB")).unwrap();
        let taken = size.trim().parse::<u64>().unwrap() << 10;
        let cases = [
            (Resource::Fsize, 1 << 20, 10, "CREATE TABLE filler AS SELECT randomblob(8 << 20)"),
            (Resource::As, taken + (200 << 20), 7, "CREATE TABLE filler AS SELECT randomblob(900 << 20)"),
        ];
        for (at, (resource, bytes, code, grow)) in cases.into_iter().enumerate() {
            let mut tx = store.begin().await.unwrap();
            let before = getrlimit(resource);
            setrlimit(resource, Rlimit { current: Some(bytes), ..before }).unwrap();
            let grown = sqlx::query(grow).execute(&mut *tx).await;
            let failed = match grown {
                Ok(_) => tx.commit().await.unwrap_err(),
                Err(error) => {
                    drop(tx);
                    error
                }
            };
            setrlimit(resource, before).unwrap();
            assert_eq!(primary_code(&failed), Some(code), "{failed}");
            store.set_setting("after", &at).await.unwrap();
            assert_eq!(store.setting::<usize>("after").await.unwrap(), Some(at));
        }
    }
}
