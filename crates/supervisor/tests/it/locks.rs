//! Locks that somebody else holds: no run is revived by them, none lives for ever, no supervisor is taken for one, and each is
//! told. The files are this user's alone, whatever the umask was.

use std::fs::{File, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::process::Signal;
use vitals_journal::Lock;
use vitals_run::RunState;
use vitals_supervisor::{Holding, SupervisorError, ensure_running, status};

use crate::harness::{World, binaries};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().mode() & 0o7777
}

/// As another user may who can read the file.
fn wait_for_lock(path: &Path) -> std::thread::JoinHandle<File> {
    let file = File::open(path).unwrap();
    std::thread::spawn(move || {
        while flock(&file, FlockOperation::LockExclusive).is_err() {}
        file
    })
}

#[tokio::test]
async fn locks_are_this_user_s_alone() {
    let mut world = World::new(1).await;
    let lock = world.workspace().supervisor_lock();
    // As versions before made it.
    std::fs::write(&lock, "somebody's words").unwrap();
    std::fs::set_permissions(&lock, Permissions::from_mode(0o644)).unwrap();
    let run = world.queue("step_ms=1", 5, 0).await;
    world.supervise().await;
    world.state(run, RunState::Finished).await;
    assert_eq!((mode(&lock), mode(&world.folder(run).lock())), (0o600, 0o600));
    assert_eq!(std::fs::read_to_string(&lock).unwrap(), "somebody's words", "a lock is not emptied");
}

#[tokio::test]
async fn an_ended_run_is_not_revived_by_whoever_holds_its_lock() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=1", 5, 0).await;
    world.supervise().await;
    world.state(run, RunState::Finished).await;
    world.end_supervisor(Signal::TERM).await;
    let lock = Lock::acquire_within(&world.folder(run).lock(), Duration::from_secs(5)).unwrap();
    // The next supervisor looks at all that is held before it starts anything.
    let other = world.queue_seed("step_ms=1", 5, 0, 1).await;
    world.supervise().await;
    world.state(other, RunState::Finished).await;
    let row = world.run(run).await;
    assert_eq!((row.state, row.evidence.to_string().as_str()), (RunState::Finished, "exit 0"));
    drop(lock);
}

#[tokio::test]
async fn a_run_whose_lock_others_hold_waits_and_says_so() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=1", 5, 0).await;
    std::fs::create_dir_all(world.folder(run).path()).unwrap();
    let lock = Lock::acquire(&world.folder(run).lock()).unwrap();
    world.supervise().await;
    let put_off = "start put off: its lock is held by another process, and no attempt says which";
    world.row_when(run, "wait", |row| row.evidence == put_off).await;
    assert_eq!(world.run(run).await.state, RunState::Queued);
    drop(lock);
    world.state(run, RunState::Finished).await;
}

#[tokio::test]
async fn a_run_does_not_live_on_because_others_hold_its_lock() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=20", 100_000, 0).await;
    world.supervise().await;
    world.steps(run, 2).await;
    let waits = wait_for_lock(&world.folder(run).lock());
    world.kill(run, 1, "guard", Signal::KILL).await;
    world.kill(run, 1, "worker", Signal::KILL).await;
    let row = world.state(run, RunState::Lost).await;
    assert_eq!(row.evidence.to_string(), "lock free, no exit.json, no end record");
    assert!(Lock::is_held(&world.folder(run).lock()).unwrap(), "by the one that waited for it");
    drop(waits.join().unwrap());
}

#[tokio::test]
async fn a_workspace_whose_lock_others_hold_is_told() {
    let mut world = World::new(1).await;
    world.supervise().await;
    let lock = world.workspace().supervisor_lock();
    let waits = wait_for_lock(&lock);
    world.end_supervisor(Signal::KILL).await;
    let _holder = waits.join().unwrap();
    let error = ensure_running(&world.workspace(), &world.store, &binaries()).await.unwrap_err();
    assert!(matches!(error, SupervisorError::LockHeldByOthers { .. }), "{error}");
    // Long untouched, it counts for nobody.
    let past = std::time::SystemTime::UNIX_EPOCH;
    File::options().write(true).open(&lock).unwrap().set_modified(past).unwrap();
    let seen = status(&world.workspace(), &world.store).await.unwrap();
    assert!(!seen.alive && matches!(seen.lock, Holding::Silent { .. }), "{seen:?}");
    let said = seen.lock.hindrance(&world.workspace()).unwrap().to_string();
    assert!(said.contains("fuser"), "{said}");
    let second = std::process::Command::new(crate::harness::stand_in())
        .arg("--workspace")
        .arg(world.root.path())
        .arg("supervise")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(second.status.code() == Some(1) && said.contains("no supervisor of yours"), "{said}");
}

#[tokio::test]
async fn a_lock_that_cannot_be_opened_is_told_and_taken_for_neither() {
    let world = World::new(1).await;
    let lock = world.workspace().supervisor_lock();
    std::fs::write(&lock, "").unwrap();
    std::fs::set_permissions(&lock, Permissions::from_mode(0o000)).unwrap();
    if File::open(&lock).is_ok() {
        return vitals_fixtures::not_run("this user opens every file");
    }
    let seen = status(&world.workspace(), &world.store).await.unwrap();
    assert!(!seen.alive && matches!(seen.lock, Holding::Unseen { .. }), "{seen:?}");
    let error = ensure_running(&world.workspace(), &world.store, &binaries()).await.unwrap_err();
    assert!(error.to_string().contains("Permission denied"), "{error}");
}

#[tokio::test]
async fn a_pipe_in_place_of_a_lock_stops_nobody() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=1", 5, 0).await;
    let other = world.queue_seed("step_ms=1", 5, 0, 1).await;
    let lock = world.folder(run).lock();
    std::fs::create_dir_all(lock.parent().unwrap()).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, &lock, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0)
        .unwrap();
    world.supervise().await;
    world.state(other, RunState::Finished).await;
    assert_ne!(world.run(run).await.state, RunState::Finished);
    assert_eq!(world.end_supervisor(Signal::TERM).await, Some(0));
}
