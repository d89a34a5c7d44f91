//! Training on a disk that runs full: the real worker, guard and supervisor, on a disk of a few MiB.

use rustix::process::Signal;
use vitals_fixtures::SmallDisk;

use crate::support::{Workspace, kill, small_sweep, state_of, supervisor_pid};
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

#[test]
fn on_a_full_disk_everybody_waits_and_what_was_asked_meanwhile_is_done() {
    let workspace = Workspace::new();
    let root = workspace.path("ws");
    std::fs::create_dir(&root).unwrap();
    // Database, run folders and every log.
    let Some(disk) = SmallDisk::mount(&root, 64, None) else { return };
    workspace.vitals_ok(&["settings", "low_disk_bytes=0", "slots.cpu=1"]);
    let recipe = "max_steps = 100000\ncheckpoint_every = 20\nkeep_checkpoints = 3";
    let text = small_sweep(recipe, "").replace("seeds = [0]", "seeds = [0, 1]");
    workspace.vitals_ok(&["--quiet", "sweep", "run", &workspace.file("two.toml", &text)]);
    let ids: Vec<String> =
        workspace.runs().iter().map(|run| run["id"].as_str().unwrap().to_owned()).collect();
    let (trains, waits) = (&ids[0], &ids[1]);
    workspace.wait_step(trains, 25);
    workspace.vitals_ok(&["run", "cancel", waits]);
    workspace.wait_state(waits, "cancelled");
    let is_room_kept = || {
        if root.join("vitals.db-room-to-ask").exists() { Ok(()) } else { Err("there is none".to_owned()) }
    };
    workspace.wait_for("room to be kept", is_room_kept);
    let processes =
        [supervisor_pid(&root), workspace.process(trains, 1, "guard"), workspace.worker_pid(trains, 1)];
    disk.fill();
    workspace.wait_for("doctor to see it", || {
        // What is kept to obey is used up first.
        disk.fill();
        let told = workspace.vitals(&["doctor"]).out;
        if told.contains("has written nothing to the database for") { Ok(()) } else { Err(told) }
    });
    workspace.vitals_ok(&["run", "pause", trains]);
    let is_alive =
        |pid: &Option<i32>| pid.and_then(state_of).is_some_and(|state| !matches!(state, 'Z' | 'X'));
    assert!(processes.iter().all(is_alive), "{processes:?}");
    disk.empty();
    let run = workspace.wait_state(trains, "paused");
    assert_eq!(run["attempt"], 1, "{run}");
    // What is kept is for one request at a time.
    workspace.wait_for("room to be kept again", is_room_kept);
    disk.fill();
    workspace.vitals_ok(&["run", "retry", waits]);
    disk.empty();
    workspace.wait_step(waits, 5);
    workspace.vitals_ok(&["run", "cancel", trains, waits]);
    for id in &ids {
        let done = workspace.wait_state(id, "cancelled")["progress"]["step"].as_u64().unwrap();
        assert_eq!(
            workspace.series(id, "loss").0,
            (0..done).collect::<Vec<u64>>(),
            "no hole and no double step"
        );
    }
    assert_eq!(supervisor_pid(&root), processes[0], "the first one lives");
}
