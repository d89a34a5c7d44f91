//! What lies around a database: links and other things in the places of its files, and disks on which nothing can be added.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use serde_json::json;
use vitals_run::Command;
use vitals_store::{Role, Store, StoreError};

use crate::opening::{files, older_database, sweep};
use crate::world::{NOW, World};

/// All names in a folder, sorted.
fn all_files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Whoever may write in the folder of a workspace must not choose which file of whoever opens it is overwritten.
#[tokio::test]
async fn links_in_the_places_of_its_files_are_not_followed() {
    let own = std::process::id();
    for (name, is_refused) in [
        ("vitals.db-migrating", true),
        ("vitals.db-wal", true),
        ("vitals.db-shm", true),
        ("vitals.db-journal", true),
        ("vitals.backup-v4.db", false),
        (format!(".vitals-write-probe-{own}").as_str(), false),
    ] {
        for exists in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("vitals.db");
            older_database(&path, 4).await;
            let elsewhere = tempfile::tempdir().unwrap();
            let victim = elsewhere.path().join("thesis.txt");
            if exists {
                std::fs::write(&victim, "years of work").unwrap();
            }
            std::os::unix::fs::symlink(&victim, folder.path().join(name)).unwrap();
            let opened = Store::open(&path, Role::Writer).await;
            match opened {
                Ok(store) => {
                    assert!(!is_refused, "{name} is followed");
                    store.close().await;
                }
                Err(refused) => {
                    assert!(is_refused, "{name}: {refused}");
                    assert!(matches!(refused, StoreError::NotPlain { .. }), "{name}: {refused}");
                    assert!(refused.to_string().contains(name), "{refused}");
                }
            }
            let left = std::fs::read_to_string(&victim).ok();
            assert_eq!(left.as_deref(), exists.then_some("years of work"), "by way of {name}");
        }
    }
}

#[tokio::test]
async fn neither_a_pipe_nor_a_folder_nor_a_link_to_nothing_is_taken_for_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("folder")).unwrap();
    std::os::unix::fs::symlink(at("made by nobody"), at("link")).unwrap();
    let pipe = rustix::fs::FileType::Fifo;
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, at("pipe"), pipe, mode, 0).unwrap();
    for name in ["folder", "link", "pipe"] {
        let refused = Store::open(at(name), Role::Writer).await.unwrap_err();
        assert!(matches!(refused, StoreError::NotPlain { .. }), "{name}: {refused}");
    }
    assert!(!at("made by nobody").exists());
}

#[tokio::test]
async fn a_database_elsewhere_is_opened_by_its_link() {
    let world = World::new().await;
    world.store.close().await;
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("vitals.db");
    std::os::unix::fs::symlink(world.database(), &link).unwrap();
    let store = Store::open(&link, Role::Writer).await.unwrap();
    store.add_sweep(&sweep("a"), NOW).await.unwrap();
    store.close().await;
    // What SQLite makes lies beside the database itself: a link there is not followed either.
    let victim = folder.path().join("victim");
    std::fs::write(&victim, "text").unwrap();
    std::os::unix::fs::symlink(&victim, world.folder.path().join("vitals.db-wal")).unwrap();
    let refused = Store::open(&link, Role::Writer).await.unwrap_err();
    assert!(matches!(refused, StoreError::NotPlain { .. }), "{refused}");
}

#[tokio::test]
async fn opening_what_needs_no_change_makes_no_file() {
    let world = World::new().await;
    world.store.close().await;
    for name in all_files(world.folder.path()).iter().filter(|name| *name != "vitals.db") {
        std::fs::remove_file(world.folder.path().join(name)).unwrap();
    }
    for role in [Role::Reader, Role::WriterWherePossible, Role::WriterOfThisVersion, Role::Writer] {
        let store = Store::open(world.database(), role).await.unwrap();
        assert_eq!(store.sweeps().await.unwrap(), []);
        store.close().await;
        let mut left = all_files(world.folder.path());
        // SQLite's own, which a reader cannot take away.
        left.retain(|name| !name.ends_with("-wal") && !name.ends_with("-shm"));
        assert_eq!(left, ["vitals.db"], "{role:?}");
    }
}

#[tokio::test]
async fn an_older_database_with_which_somebody_works_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vitals.db");
    older_database(&path, 4).await;
    let before = std::fs::read(&path).unwrap();
    let refused = Store::open(&path, Role::WriterOfThisVersion).await.unwrap_err();
    assert!(matches!(refused, StoreError::OlderVersion { found: 4, .. }), "{refused}");
    assert_eq!((std::fs::read(&path).unwrap(), files(folder.path())), (before, Vec::new()));
    // Where there is none yet, nobody's is changed.
    let new = folder.path().join("new.db");
    Store::open(&new, Role::WriterOfThisVersion).await.unwrap().close().await;
    Store::open(&new, Role::WriterOfThisVersion).await.unwrap().close().await;
}

#[tokio::test]
async fn damage_is_told_from_files_of_others() {
    let world = World::new().await;
    world.store.close().await;
    let whole = std::fs::read(world.database()).unwrap();
    // The page after the first is where the schema goes on.
    for (what, from, to) in [("the schema", 100, 4096), ("half", whole.len() / 2, whole.len())] {
        let mut bytes = whole.clone();
        if what == "half" {
            bytes.truncate(from);
        } else {
            bytes[from..to].fill(0xa5);
        }
        std::fs::write(world.database(), bytes).unwrap();
        let refused = match Store::open(world.database(), Role::Writer).await {
            Ok(store) => store.check_integrity(false).await.map(|found| found.problems.join("; ")),
            Err(refused) => Err(refused),
        };
        match refused {
            Ok(problems) => assert!(!problems.is_empty(), "{what}"),
            Err(refused) => assert!(matches!(refused, StoreError::Corrupt { .. }), "{what}: {refused}"),
        }
    }
}

#[tokio::test]
async fn a_copy_that_finds_no_room_is_said_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = vitals_fixtures::SmallDisk::mount(folder.path(), 1, None) else { return };
    let path = folder.path().join("vitals.db");
    older_database(&path, 4).await;
    disk.fill();
    for _ in 0..2 {
        let refused = Store::open(&path, Role::Writer).await.unwrap_err();
        assert!(
            matches!(refused, StoreError::NoBackup { found: 4, .. } | StoreError::NoRoom { .. }),
            "{refused}"
        );
        assert_eq!(files(folder.path()), Vec::<String>::new());
    }
    disk.empty();
    Store::open(&path, Role::Writer).await.unwrap().close().await;
    assert_eq!(files(folder.path()), ["vitals.backup-v4.db"]);
}

/// No file can be added: what SQLite would make beside the database is missing, and what it holds can be read all the same.
#[tokio::test]
async fn a_database_is_read_where_no_file_can_be_added() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = vitals_fixtures::SmallDisk::mount(folder.path(), 4, Some(20)) else { return };
    let path = folder.path().join("vitals.db");
    let store = Store::open(&path, Role::Writer).await.unwrap();
    store.add_sweep(&sweep("a"), NOW).await.unwrap();
    store.close().await;
    for name in all_files(folder.path()).iter().filter(|name| *name != "vitals.db") {
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }
    disk.use_up_inodes();
    let refused = Store::open(&path, Role::Writer).await.unwrap_err();
    assert!(matches!(&refused, StoreError::NoRoom { what, .. } if what.contains("inodes")), "{refused}");
    let store = Store::open(&path, Role::WriterWherePossible).await.unwrap();
    assert_eq!(store.sweeps().await.unwrap().len(), 1);
    let refused = store.add_sweep(&sweep("b"), NOW).await.unwrap_err();
    assert!(matches!(refused, StoreError::NoRoom { .. }), "{refused}");
}

/// The disk is full to the last byte, and what makes room can be asked for and is taken all the same.
#[tokio::test]
async fn requests_go_through_where_the_disk_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = vitals_fixtures::SmallDisk::mount(folder.path(), 64, None) else { return };
    let path = folder.path().join("vitals.db");
    let store = Store::open(&path, Role::Writer).await.unwrap();
    store.keep_room();
    let [ask, obey] =
        ["vitals.db-room-to-ask", "vitals.db-room-to-obey"].map(|name| folder.path().join(name));
    assert!(ask.exists() && obey.exists());
    disk.fill();
    // What the log had room for left over is used up first.
    let mut asked = 0;
    while ask.exists() {
        store.add_request(None, Command::PauseQueue, &json!({}), NOW).await.unwrap();
        asked += 1;
        assert!(asked < 10_000, "the log never grows");
    }
    // Somebody else takes what was freed.
    disk.fill();
    assert_eq!(store.take_requests(NOW).await.unwrap().len(), asked);
    disk.empty();
    store.keep_room();
    assert!(ask.exists() && obey.exists());
    store.close().await;

    // Opened on a full disk it is read only until room is freed.
    for name in
        all_files(folder.path()).iter().filter(|name| name.ends_with("-wal") || name.ends_with("-shm"))
    {
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }
    disk.fill();
    let store = Store::open(&path, Role::WriterWherePossible).await.unwrap();
    assert!(store.read_only().is_some() && store.free_room_to_ask() && !ask.exists());
    let store = Store::open(&path, Role::WriterWherePossible).await.unwrap();
    assert!(store.read_only().is_none(), "{:?}", store.read_only());
    store.add_request(None, Command::PauseQueue, &json!({}), NOW).await.unwrap();
}

#[tokio::test]
async fn a_path_by_which_nothing_can_be_opened_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("x".repeat(200)).join("y".repeat(200));
    std::fs::create_dir_all(&deep).unwrap();
    let named = |length: usize| deep.join("z".repeat(length - deep.as_os_str().len() - 1));
    // Just so long a path can be opened, and none that is longer.
    let longest = named(504);
    Store::open(&longest, Role::Writer).await.unwrap().close().await;
    let refused = Store::open(named(505), Role::Writer).await.unwrap_err();
    assert!(matches!(refused, StoreError::PathTooLong { bytes: 505, most: 504, .. }), "{refused}");
    let no_text = folder.path().join(std::ffi::OsStr::from_bytes(b"\xff.db"));
    let refused = Store::open(&no_text, Role::Writer).await.unwrap_err();
    assert!(matches!(refused, StoreError::PathNotText { .. }) && !no_text.exists(), "{refused}");
}
