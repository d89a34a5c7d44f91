//! The lock: held means that some process with the open file lives.

use std::fs::File;
use std::process::{Command, Stdio};
use std::time::Duration;

use vitals_journal::{Control, ExitRecord, Lock, LockError, RunFolder, run_folder};

#[test]
fn free_held_free() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lock");
    assert!(!Lock::is_held(&path).unwrap());
    let lock = Lock::acquire(&path).unwrap();
    assert!(Lock::is_held(&path).unwrap());
    assert!(matches!(Lock::acquire(&path), Err(LockError::Held { .. })));
    assert!(matches!(Lock::acquire_within(&path, Duration::from_millis(30)), Err(LockError::Held { .. })));
    drop(lock);
    assert!(!Lock::is_held(&path).unwrap());
    Lock::acquire(&path).unwrap();
}

#[test]
fn what_stands_in_a_lock_file_stays_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lock");
    std::fs::write(&path, "somebody's words").unwrap();
    let lock = Lock::acquire(&path).unwrap();
    lock.touch().unwrap();
    assert!(Lock::is_held(&path).unwrap());
    drop(lock);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "somebody's words");
}

#[test]
fn a_child_keeps_the_lock_until_it_dies() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lock");
    let lock = Lock::acquire(&path).unwrap();
    let mut child = Command::new("sleep").arg("600").stdin(lock.stdio().unwrap()).spawn().unwrap();
    // A second child that must not inherit it.
    let mut other = Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().unwrap();
    drop(lock);
    assert!(Lock::is_held(&path).unwrap());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!Lock::is_held(&path).unwrap(), "free at once when its last holder is dead");
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn an_inherited_descriptor_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("lock"), folder.path().join("other"));
    let lock = Lock::acquire(&path).unwrap();
    File::create(&other).unwrap();
    let wrong = Lock::from_inherited_fd(File::open(&other).unwrap(), &path);
    assert!(matches!(wrong, Err(LockError::NotThisFile { .. })), "{wrong:?}");
    // The same file, opened anew, is not the lock that is held.
    let anew = Lock::from_inherited_fd(File::open(&path).unwrap(), &path);
    assert!(matches!(anew, Err(LockError::Held { .. })), "{anew:?}");
    drop(lock);
    Lock::from_inherited_fd(File::open(&path).unwrap(), &path).unwrap();
}

#[test]
fn the_small_files() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFolder::new(folder.path());
    assert_eq!(run.read_control().unwrap(), None);
    let control = Control { seq: 4, command: run_folder::Command::Pause };
    run.write_control(control).unwrap();
    assert_eq!(run.read_control().unwrap(), Some(control));
    assert_eq!(std::fs::read_to_string(run.control()).unwrap(), "{\"seq\":4,\"command\":\"pause\"}\n");
    run.create_attempt(12).unwrap();
    run.create_attempt(2).unwrap();
    // What no attempt is called, and numbers that none can have.
    for other in [
        "attempt-4294967295",
        "attempt-99999",
        "attempt-00003",
        "attempt-0000",
        "attempt--001",
        "attempt-+001",
    ] {
        std::fs::create_dir(folder.path().join(other)).unwrap();
    }
    assert_eq!(run.attempts().unwrap(), [2, 12]);
    assert!(run.journal(12).ends_with("attempt-0012/journal"));
    assert!(run.checkpoint(400).ends_with("checkpoints/step-00000400"));
    let exit =
        ExitRecord { signal: Some(9), ended_at: "2026-11-24T12:00:00Z".to_owned(), ..ExitRecord::default() };
    run.write_exit(12, &exit).unwrap();
    assert_eq!(run.read_exit(12).unwrap(), Some(exit));
    assert_eq!(run.read_exit(2).unwrap(), None);
    std::fs::write(run.control(), "{").unwrap();
    let error = run.read_control().unwrap_err().to_string();
    assert!(error.starts_with("understand ") && error.contains("control"), "{error}");
}

#[test]
fn a_touched_lock_shows_it_to_others_who_only_look() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lock");
    assert_eq!(Lock::touched(&path), None);
    let lock = Lock::acquire(&path).unwrap();
    let first = Lock::touched(&path);
    lock.touch().unwrap();
    let second = Lock::touched(&path);
    assert!(first.is_some() && first != second);
    Lock::is_held(&path).unwrap();
    assert_eq!(Lock::touched(&path), second, "looking is no sign of life");
}
