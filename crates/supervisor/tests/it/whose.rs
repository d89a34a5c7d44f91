//! Whose process it is: a run whose folder was moved, copied, hidden or removed, and marks that name somebody else. Only
//! what works in the workspace's own run folder is ever signalled.

use std::fs;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;
use serde_json::{Value, json};
use vitals_run::{Command as Ask, Evidence, RunState};
use vitals_store::{Role, RunId, Store};
use vitals_supervisor::ProcessMark;

use crate::around::Bystander;
use crate::harness::{Tmpfs, World, now, until};

const FLAGS: [&str; 4] = ["--folder-ms", "300", "--grace-ms", "20000"];

/// A workspace with a supervisor and a run that records.
async fn training() -> (World, RunId, ProcessMark) {
    let mut world = World::new(1).await.with_flags(&FLAGS);
    let run = world.queue("step_ms=5&tell=1", 100_000, 0).await;
    world.supervise().await;
    world.state(run, RunState::Running).await;
    let worker = world.process(run, 1, "worker").await;
    (world, run, worker)
}

async fn says(world: &World, run: RunId, words: &str) {
    world.row_when(run, words, |row| row.evidence.contains(words)).await;
}

/// It still records, and nothing asked it to stop.
async fn goes_on(world: &World, run: RunId, worker: &ProcessMark) {
    assert!(worker.is_alive());
    let before = world.run(run).await.steps_done;
    world.steps(run, before + 10).await;
    world.state(run, RunState::Running).await;
}

fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-r").arg(from).arg(to).status().unwrap();
    assert!(done.success(), "copy {}", from.display());
}

#[tokio::test]
async fn a_worker_whose_folder_is_removed_is_asked_to_end() {
    for supervised in [true, false] {
        let (mut world, run, worker) = training().await;
        let guard = world.process(run, 1, "guard").await;
        if !supervised {
            world.end_supervisor(Signal::KILL).await;
        }
        // A stopped process takes no SIGTERM before it is told to go on.
        assert!(worker.signal(Signal::STOP));
        fs::remove_dir_all(world.folder(run).path()).unwrap();
        if !supervised {
            world.supervise().await;
        }
        let row = world.state(run, RunState::Lost).await;
        assert_eq!(row.evidence, "run folder removed while it ran, its processes were ended");
        until("both have ended", async || (!worker.is_alive() && !guard.is_alive()).then_some(())).await;
        // Whoever is killed at once tells nothing; the grace before that is longer than this test waits.
        assert!(world.workspace().runs_dir().join("asked-to-end").exists(), "SIGTERM comes before SIGKILL");
        let history = world.history(run).await;
        let looked = "stalled: its run folder is not here; it is looked for again";
        assert!(history.iter().any(|line| line.starts_with(looked)), "{history:?}");
    }
}

#[tokio::test]
async fn a_run_whose_folder_is_moved_lives_and_comes_back_with_it() {
    let (world, run, worker) = training().await;
    let aside = world.root.path().join("aside");
    fs::rename(world.folder(run).path(), &aside).unwrap();
    let there = format!("its process works in {} and is left alone", aside.display());
    says(&world, run, &there).await;
    assert_eq!(world.run(run).await.state, RunState::Stalled);
    let refused = world.ask(run, Ask::Cancel).await.unwrap_err();
    assert!(refused.contains("its run folder is not here"), "{refused}");
    fs::rename(&aside, world.folder(run).path()).unwrap();
    goes_on(&world, run, &worker).await;
}

#[tokio::test]
async fn a_workspace_that_is_moved_and_moved_back_keeps_run_and_supervisor() {
    let (mut world, run, worker) = training().await;
    let aside = tempfile::tempdir().unwrap();
    let there = aside.path().join("moved");
    fs::rename(world.root.path(), &there).unwrap();
    says(&world, run, &there.display().to_string()).await;
    fs::rename(&there, world.root.path()).unwrap();
    goes_on(&world, run, &worker).await;
    assert_eq!(world.end_supervisor(Signal::TERM).await, Some(0), "the first one was there all the time");
}

#[tokio::test]
async fn a_run_is_not_lost_because_a_disk_is_mounted_over_its_folder() {
    let (world, run, worker) = training().await;
    let Some(disk) = Tmpfs::mount(world.workspace().runs_dir(), 1) else {
        return vitals_fixtures::not_run("a tmpfs cannot be mounted here");
    };
    says(&world, run, "its run folder is not here: its process works in").await;
    drop(disk);
    goes_on(&world, run, &worker).await;
}

#[tokio::test]
async fn a_run_lives_when_the_setting_of_its_folders_is_changed() {
    let (mut world, run, worker) = training().await;
    world.end_supervisor(Signal::TERM).await;
    world.store.set_setting("runs_dir", &"elsewhere").await.unwrap();
    world.supervise().await;
    let there = world.folder(run).path().display().to_string();
    says(&world, run, &there).await;
    world.end_supervisor(Signal::TERM).await;
    world.store.set_setting("runs_dir", &"runs").await.unwrap();
    world.supervise().await;
    goes_on(&world, run, &worker).await;
}

#[tokio::test]
async fn a_supervisor_of_a_copied_database_leaves_the_first_one_s_runs_alone() {
    let (mut world, run, worker) = training().await;
    // Nobody writes into it while it is copied.
    world.end_supervisor(Signal::KILL).await;
    let root = tempfile::tempdir().unwrap();
    for file in ["vitals.db", "vitals.db-wal"] {
        fs::copy(world.root.path().join(file), root.path().join(file)).unwrap();
    }
    let mut second = World::over(root).await.with_flags(&FLAGS);
    second.supervise().await;
    says(&second, run, &world.folder(run).path().display().to_string()).await;
    second.ask(run, Ask::Cancel).await.unwrap_err();
    world.supervise().await;
    goes_on(&world, run, &worker).await;
    // What is said in the end names the folder that has everything.
    world.ask(run, Ask::Cancel).await.unwrap();
    world.state(run, RunState::Cancelled).await;
    let row = second.state(run, RunState::Lost).await;
    let expected = format!("its process worked in {} to its end", world.folder(run).path().display());
    assert!(row.evidence.contains(&expected), "{}", row.evidence);
}

#[tokio::test]
async fn a_cancel_in_a_copied_workspace_does_not_reach_the_first_one() {
    let (mut world, run, worker) = training().await;
    world.end_supervisor(Signal::KILL).await;
    let aside = tempfile::tempdir().unwrap();
    let root = tempfile::tempdir_in(aside.path()).unwrap();
    fs::remove_dir(root.path()).unwrap();
    copy(world.root.path(), root.path());
    let mut second = World::over(root).await.with_flags(&FLAGS);
    // Asked before anybody has looked: the mark in the copied folder is all there is.
    second.store.add_request(Some(run), Ask::Cancel, &json!({}), now()).await.unwrap();
    second.supervise().await;
    second.row_when(run, "end", |row| row.state.has_ended()).await;
    world.supervise().await;
    goes_on(&world, run, &worker).await;
}

#[tokio::test]
async fn what_was_committed_outlives_a_removed_write_ahead_log() {
    let (mut world, run, worker) = training().await;
    let done = world.steps(run, 20).await.steps_done;
    world.store.close().await;
    for file in ["vitals.db-wal", "vitals.db-shm"] {
        fs::remove_file(world.root.path().join(file)).unwrap();
    }
    assert_eq!(world.supervisor_ended().await, Some(1), "somebody took the log away");
    let log = world.log();
    assert!(log.contains("vitals.db-wal was removed while it was open; what it held is saved"), "{log}");
    world.store = Store::open(world.root.path().join("vitals.db"), Role::Writer).await.unwrap();
    assert!(world.run(run).await.steps_done >= done);
    world.supervise().await;
    goes_on(&world, run, &worker).await;
    world.ask(run, Ask::Cancel).await.unwrap();
    world.state(run, RunState::Cancelled).await;
    world.nothing_is_lost(run).await;
}

#[tokio::test]
async fn a_forged_mark_reaches_nobody() {
    let (world, run, worker) = training().await;
    let bystander = Bystander::new();
    let path = world.folder(run).attempt_dir(1).join("guard.json");
    let honest = fs::read(&path).unwrap();
    let mut mark: Value = serde_json::from_slice(&honest).unwrap();
    mark["worker"] = json!(bystander.mark());
    fs::write(&path, mark.to_string()).unwrap();
    world.ask(run, Ask::Cancel).await.unwrap();
    // The worker reads its control file, and ends without a signal.
    world.state(run, RunState::Cancelled).await;
    assert!(!worker.is_alive() && bystander.mark().is_alive());
}

#[tokio::test]
async fn a_forged_state_of_a_run_without_a_folder_reaches_nobody() {
    let mut world = World::new(1).await.with_flags(&FLAGS);
    let bystander = Bystander::new();
    let run = world.queue("step_ms=5", 100, 0).await;
    let forged = Evidence::Records.with(json!({ "attempt": 1, "worker": bystander.mark() }));
    let attempt = vitals_store::NewAttempt {
        number: 1,
        first_step: 0,
        resume_from: None,
        device: Some("cpu".to_owned()),
    };
    world.store.add_attempt(run, &attempt, now()).await.unwrap();
    world.store.set_state(run, RunState::Starting, Evidence::Records, now()).await.unwrap();
    world.store.set_state(run, RunState::Running, forged, now()).await.unwrap();
    world.supervise().await;
    let row = world.state(run, RunState::Lost).await;
    assert_eq!(row.evidence, "lock free, run folder missing");
    assert!(bystander.mark().is_alive());
}
