//! Opening: versions, backups, foreign files, missing permissions, several at once.

use std::path::Path;

use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use vitals_fixtures::Frozen;
use vitals_store::{NewSweep, Role, Store, StoreError};

use crate::world::{NOW, World};

pub async fn raw(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    SqliteConnection::connect_with(&options).await.unwrap()
}

pub fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|n| n.contains("backup"))
        .collect();
    names.sort();
    names
}

/// A database as an earlier build left it: the first `count` migrations.
pub async fn older_database(path: &Path, count: usize) {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let mut names: Vec<_> = std::fs::read_dir(migrations)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "sql"))
        .collect();
    names.sort();
    let some = tempfile::tempdir().unwrap();
    for name in &names[..count] {
        std::fs::copy(name, some.path().join(name.file_name().unwrap())).unwrap();
    }
    let mut connection = raw(path).await;
    sqlx::migrate::Migrator::new(some.path()).await.unwrap().run(&mut connection).await.unwrap();
    sqlx::raw_sql(
        "INSERT INTO sweeps VALUES (1, '01890000-0000-7000-8000-000000000000', 'a.toml', 'Old', 1, 1);
         INSERT INTO sweep_revisions VALUES (1, 1, 'hash', 'Old', 'text', 1);",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn an_older_database_is_copied_then_migrated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vitals.db");
    older_database(&path, 4).await;

    let refused = Store::open(&path, Role::Reader).await.unwrap_err();
    assert!(matches!(refused, StoreError::OlderVersion { found: 4, .. }), "{refused}");
    assert_eq!(files(folder.path()), Vec::<String>::new());

    let store = Store::open(&path, Role::Writer).await.unwrap();
    assert_eq!(store.sweeps().await.unwrap()[0].name, "Old");
    assert_eq!(store.datasets().await.unwrap(), []);
    assert_eq!(files(folder.path()), ["vitals.backup-v4.db"]);
    store.close().await;

    let mut backup = raw(&folder.path().join("vitals.backup-v4.db")).await;
    let (sweeps, version): (i64, i64) =
        sqlx::query_as("SELECT (SELECT COUNT(*) FROM sweeps), (SELECT MAX(version) FROM _sqlx_migrations)")
            .fetch_one(&mut backup)
            .await
            .unwrap();
    assert_eq!((sweeps, version), (1, 4));

    // Opened again there is nothing to migrate, hence nothing to copy.
    Store::open(&path, Role::Writer).await.unwrap().close().await;
    assert_eq!(files(folder.path()).len(), 1);
}

#[tokio::test]
async fn a_second_backup_of_a_version_keeps_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vitals.db");
    std::fs::write(folder.path().join("vitals.backup-v4.db"), "the first").unwrap();
    older_database(&path, 4).await;
    Store::open(&path, Role::Writer).await.unwrap().close().await;
    assert_eq!(files(folder.path()), ["vitals.backup-v4-2.db", "vitals.backup-v4.db"]);
    assert_eq!(std::fs::read(folder.path().join("vitals.backup-v4.db")).unwrap(), b"the first");
}

#[tokio::test]
async fn a_newer_database_is_refused_with_its_version_and_left_alone() {
    let world = World::new().await;
    world.store.close().await;
    let mut connection = raw(&world.database()).await;
    sqlx::query("INSERT INTO _sqlx_migrations VALUES (4711, 'later', CURRENT_TIMESTAMP, TRUE, x'00', 0)")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let before = std::fs::read(world.database()).unwrap();
    for role in [Role::Writer, Role::Reader] {
        let refused = Store::open(world.database(), role).await.unwrap_err();
        assert!(matches!(refused, StoreError::NewerVersion { found: 4711, .. }), "{refused}");
        assert!(refused.to_string().contains("4711"), "{refused}");
    }
    assert_eq!(std::fs::read(world.database()).unwrap(), before);
    assert_eq!(files(world.folder.path()), Vec::<String>::new());
}

#[tokio::test]
async fn other_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.db");
    std::fs::write(&text, "not a database, though long enough to look like one".repeat(40)).unwrap();
    let other = folder.path().join("other.db");
    let mut connection = raw(&other).await;
    sqlx::query("CREATE TABLE songs (name TEXT)").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    for path in [text, other] {
        let before = std::fs::read(&path).unwrap();
        let refused = Store::open(&path, Role::Writer).await.unwrap_err();
        assert!(matches!(refused, StoreError::NotVitals { .. }), "{path:?}: {refused}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}

#[tokio::test]
async fn a_folder_without_write_permission_is_named() {
    // /proc refuses new files to everyone, root included.
    let refused = Store::open("/proc/vitals.db", Role::Writer).await.unwrap_err();
    assert!(matches!(&refused, StoreError::NotWritable { .. }), "{refused}");
    assert!(refused.to_string().contains("/proc"), "{refused}");
}

#[tokio::test]
async fn a_reader_makes_nothing_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vitals.db");
    let refused = Store::open(&path, Role::Reader).await.unwrap_err();
    assert!(matches!(refused, StoreError::Missing { .. }), "{refused}");
    assert!(!path.exists());

    let world = World::new().await;
    let reader = Store::open(world.database(), Role::Reader).await.unwrap();
    let sweep = NewSweep { source: None, name: "n".to_owned(), text: "t".to_owned(), hash: "h".to_owned() };
    let refused = reader.add_sweep(&sweep, NOW).await.unwrap_err();
    assert!(matches!(refused, StoreError::ReadOnly), "{refused}");
    world.store.add_sweep(&sweep, NOW).await.unwrap();
    assert_eq!(reader.sweeps().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_may_open_a_new_workspace_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vitals.db");
    let opening: Vec<_> = (0..8).map(|_| tokio::spawn(Store::open(path.clone(), Role::Writer))).collect();
    for task in opening {
        let store = task.await.unwrap().unwrap();
        assert_eq!(store.sweeps().await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_whole_database_checks_clean_and_a_damaged_one_does_not() {
    let world = World::new().await;
    let run = world.run().await;
    world.store.ingest(run, 1, &crate::world::batch(1, 0, 0, 20)).await.unwrap();
    let whole = world.store.check_integrity(true).await.unwrap();
    assert_eq!(whole.problems, Vec::<String>::new());
    assert!(whole.row_groups > 0 && whole.database_bytes > 0);
    let mut connection = raw(&world.database()).await;
    sqlx::query("UPDATE row_groups SET data = substr(data, 1, length(data) - 1)")
        .execute(&mut connection)
        .await
        .unwrap();
    let damaged = world.store.check_integrity(true).await.unwrap();
    assert!(damaged.problems[0].contains("ends early"), "{:?}", damaged.problems);
}

/// The supervisor and the window spawn these on a multi-threaded runtime.
#[tokio::test]
async fn futures_may_cross_threads() {
    fn send<T: Send>(future: T) -> T {
        future
    }
    let world = World::new().await;
    let store = send(Store::open(world.database(), Role::Writer)).await.unwrap();
    let run = world.run().await;
    send(store.ingest(run, 1, &crate::world::batch(1, 0, 0, 2))).await.unwrap();
    send(store.run(run)).await.unwrap();
    send(store.run_hash(run)).await.unwrap();
    send(store.events(run, &["spike"], false)).await.unwrap();
    send(store.take_requests(NOW)).await.unwrap();
    send(store.set_setting("key", &1)).await.unwrap();
    send(store.check_integrity(true)).await.unwrap();
    send(store.changes_since(0)).await.unwrap();
    send(send(store.data_version()).await.unwrap().moved()).await.unwrap();
}

/// SQLite's locks are POSIX locks: they belong to the process, and closing any descriptor of the file drops them all. Without
/// its shared lock, another process that closes the database believes itself the last and takes the log away.
#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_second_store_in_a_process_leaves_the_locks_of_the_first() {
    use std::os::unix::fs::MetadataExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vitals.db");
    let first = Store::open(&path, Role::Writer).await.unwrap();
    first.set_setting("language", &"en").await.unwrap();
    let held = |path: &std::path::Path| {
        let inode = format!(":{}", std::fs::metadata(path).unwrap().ino());
        let own = std::process::id().to_string();
        let locks = std::fs::read_to_string("/proc/locks").unwrap();
        locks
            .lines()
            .filter(|line| line.contains("POSIX"))
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .any(|words| words.contains(&own.as_str()) && words.iter().any(|word| word.ends_with(&inode)))
    };
    assert!(held(&path), "the first store has no lock");
    let second = Store::open(&path, Role::Writer).await.unwrap();
    assert!(held(&path), "opening the second dropped it");
    drop((first, second));
}

/// Reads what a workspace holds where it cannot be written; whatever would change it says why not.
async fn is_read_where_it_cannot_be_written(path: &Path, sweeps: usize) {
    let folder = path.parent().unwrap();
    let Some(_frozen) = Frozen::make(folder) else { return };
    let refused = Store::open(path, Role::Writer).await.unwrap_err();
    assert!(matches!(refused, StoreError::NotWritable { .. }), "{refused}");
    for role in [Role::Reader, Role::WriterWherePossible] {
        let store = Store::open(path, role).await.unwrap();
        assert_eq!(store.sweeps().await.unwrap().len(), sweeps, "{role:?}");
        assert!(!store.data_version().await.unwrap().moved().await.unwrap());
        assert!(store.check_integrity(true).await.unwrap().problems.is_empty());
        let refused = store.set_setting("language", &"ko").await.unwrap_err();
        let why = store.read_only().unwrap();
        assert_eq!(refused.to_string(), why.to_string());
        match role {
            Role::Reader => assert!(matches!(refused, StoreError::ReadOnly), "{refused}"),
            _ => assert!(
                matches!(&refused, StoreError::NotWritable { path: at, reason } if path.starts_with(at) && !reason.is_empty()),
                "{refused}"
            ),
        }
        store.close().await;
    }
}

pub fn sweep(name: &str) -> NewSweep {
    NewSweep { source: None, name: name.to_owned(), text: name.to_owned(), hash: name.to_owned() }
}

#[tokio::test]
async fn a_closed_database_is_read_where_nothing_can_be_written() {
    let world = World::new().await;
    world.store.add_sweep(&sweep("a"), NOW).await.unwrap();
    world.store.close().await;
    assert!(!world.folder.path().join("vitals.db-wal").exists(), "closing folds the log back");
    is_read_where_it_cannot_be_written(&world.database(), 1).await;
}

/// Its last user was killed: what was written last is in the log alone, with or without the log's index beside it.
#[tokio::test]
async fn a_database_with_a_log_is_read_with_it_where_nothing_can_be_written() {
    let world = World::new().await;
    world.store.add_sweep(&sweep("a"), NOW).await.unwrap();
    world.store.add_sweep(&sweep("b"), NOW).await.unwrap();
    for names in [&["vitals.db", "vitals.db-wal", "vitals.db-shm"][..], &["vitals.db", "vitals.db-wal"]] {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            std::fs::copy(world.folder.path().join(name), folder.path().join(name)).unwrap();
        }
        is_read_where_it_cannot_be_written(&folder.path().join("vitals.db"), 2).await;
    }
}

#[tokio::test]
async fn a_writer_that_may_write_writes() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("vitals.db"), Role::WriterWherePossible).await.unwrap();
    store.add_sweep(&sweep("a"), NOW).await.unwrap();
    assert!(store.read_only().is_none());
    let refused =
        Store::open(folder.path().join("none/vitals.db"), Role::WriterWherePossible).await.unwrap_err();
    assert!(matches!(refused, StoreError::NotWritable { .. } | StoreError::Io { .. }), "{refused}");
}
