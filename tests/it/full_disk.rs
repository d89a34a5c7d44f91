//! Training on a disk that runs full: the real worker, guard and supervisor, on a disk of a few MiB.

use rustix::process::Signal;
use vitals_fixtures::SmallDisk;

use crate::support::{Workspace, kill};
use crate::survival::{assert_whole, start};

/// A workspace whose run folders lie on a disk of their own, and a run that trains there.
fn training(inodes: Option<u32>, steps: u64) -> Option<(SmallDisk, Workspace, String)> {
    let workspace = Workspace::new();
    let runs = workspace.path("ws/runs");
    std::fs::create_dir_all(&runs).unwrap();
    let disk = SmallDisk::mount(&runs, 64, inodes)?;
    // So small a disk is low from the first.
    workspace.vitals_ok(&["settings", "low_disk_bytes=0"]);
    let id = start(&workspace, steps);
    workspace.wait_step(&id, 25);
    Some((disk, workspace, id))
}

#[test]
fn without_inodes_a_checkpoint_is_left_out_and_the_training_goes_on() {
    let Some((disk, workspace, id)) = training(Some(80), 600) else { return };
    disk.use_up_inodes();
    let said = workspace.wait_for("it is said", || {
        let log = workspace.vitals_ok(&["run", "log", &id]).out;
        let line = log.lines().find(|line| line.contains("no checkpoint at step ")).map(str::to_owned);
        line.ok_or(log)
    });
    assert!(said.contains("the next one is tried again: "), "{said}");
    disk.empty();
    let run = workspace.wait_state(&id, "finished");
    assert_eq!((run["attempt"].as_u64(), run["evidence"].as_str()), (Some(1), Some("exit 0")));
    assert_whole(&workspace, &id, 600);
    let kept = run["checkpoints"].as_array().unwrap().iter().filter_map(|one| one["step"].as_u64()).max();
    assert_eq!(kept, Some(600), "{run}");
}

#[test]
fn a_worker_that_is_killed_on_a_full_disk_is_told_by_its_signal_and_goes_on_where_there_is_room() {
    let Some((disk, workspace, id)) = training(None, 600) else { return };
    disk.fill();
    let worker = workspace.worker_pid(&id, 1).unwrap();
    kill(worker, Signal::KILL);
    workspace.wait_for("the worker to be gone", || {
        let process = std::path::PathBuf::from(format!("/proc/{worker}"));
        if process.exists() { Err(process.display().to_string()) } else { Ok(()) }
    });
    disk.empty();
    let run = workspace.wait_state(&id, "failed");
    assert_eq!(run["evidence"], "killed (signal 9)");
    workspace.vitals_ok(&["run", "retry", &id]);
    workspace.wait_state(&id, "finished");
    assert_whole(&workspace, &id, 600);
}
