//! Processes die; nothing is lost and no state is a lie.

use std::collections::BTreeSet;

use rustix::process::Signal;

use crate::support::{Told, Workspace, binary, kill, small_sweep, supervisor_pid};

/// Queues one long enough run and returns its id.
pub fn start(workspace: &Workspace, steps: u64) -> String {
    let recipe = format!("max_steps = {steps}\ncheckpoint_every = 20\nkeep_checkpoints = 3");
    let file = workspace.file("one.toml", &small_sweep(&recipe, ""));
    workspace.vitals_ok(&["--quiet", "sweep", "run", &file]);
    workspace.runs()[0]["id"].as_str().expect("an id").to_owned()
}

/// Every step once, from 0 to the last, in the store and as the journals have it.
pub fn assert_whole(workspace: &Workspace, id: &str, steps: u64) {
    let (recorded, _) = workspace.series(id, "loss");
    assert_eq!(recorded, (0..steps).collect::<Vec<u64>>(), "no hole and no double step");
    // Checkpoints fall on steps at which kNN is due: a resume must not lose the value of its own first step.
    let (evaluated, _) = workspace.series(id, "knn_top1");
    assert_eq!(evaluated, (10..=steps).step_by(10).collect::<Vec<u64>>(), "every evaluation once");
    let folder = workspace.run_folder(id).display().to_string();
    let journal = workspace.vitals_ok(&["--json", "journal", "check", &folder]).json();
    let store = workspace.vitals_ok(&["--json", "run", "hash", id]).json();
    assert_eq!(journal["sha256"], store["sha256"]);
}

#[test]
fn a_killed_worker_is_failed_by_signal_9_and_its_retry_leaves_no_hole() {
    let workspace = Workspace::new();
    let id = start(&workspace, 600);
    workspace.wait_step(&id, 45);
    kill(workspace.worker_pid(&id, 1).expect("the guard wrote the worker's id"), Signal::KILL);
    let run = workspace.wait_state(&id, "failed");
    assert_eq!(run["evidence"], "killed (signal 9)");
    workspace.vitals_ok(&["run", "retry", &id]);
    let run = workspace.wait_state(&id, "finished");
    assert_eq!(run["attempt"], 2);
    let resumed = run["attempts"][1]["first_step"].as_u64().expect("the second attempt's first step");
    assert!(
        resumed >= 40 && resumed.is_multiple_of(20),
        "it went on from a checkpoint, not from the start: {resumed}"
    );
    assert_whole(&workspace, &id, 600);
}

#[test]
fn a_killed_supervisor_stops_nothing_and_its_successor_misses_nothing() {
    let workspace = Workspace::new();
    let id = start(&workspace, 500);
    workspace.wait_step(&id, 30);
    let worker = workspace.worker_pid(&id, 1);
    kill(supervisor_pid(&workspace.path("ws")).expect("a supervisor runs"), Signal::KILL);
    // Any start of a sweep brings a supervisor, also while the kernel still holds the killed one's lock; this one adds
    // nothing.
    let file = workspace.path("one.toml").display().to_string();
    let again = workspace.vitals_ok(&["--json", "sweep", "run", &file]).json();
    assert_eq!(again["queued"], 0);
    let run = workspace.wait_state(&id, "finished");
    assert_eq!((run["attempt"].as_u64(), workspace.worker_pid(&id, 1)), (Some(1), worker), "started once");
    assert_whole(&workspace, &id, 500);
}

#[test]
fn pause_frees_the_slot_and_resume_goes_on_where_it_was() {
    let workspace = Workspace::new();
    let id = start(&workspace, 500);
    workspace.wait_step(&id, 10);
    workspace.vitals_ok(&["run", "pause", &id]);
    let paused = workspace.wait_state(&id, "paused");
    let done = paused["progress"]["step"].as_u64().expect("a step");
    assert!(done < 500, "paused before the end, at {done}");
    workspace.vitals_ok(&["run", "resume", &id]);
    let run = workspace.wait_state(&id, "finished");
    assert_eq!(run["attempts"][1]["first_step"].as_u64(), Some(done), "not one step was trained twice");
    assert_whole(&workspace, &id, 500);
    let states: BTreeSet<&str> = run["transitions"]
        .as_array()
        .expect("transitions")
        .iter()
        .filter_map(|change| change["to"].as_str())
        .collect();
    assert!(
        states.is_superset(&BTreeSet::from(["queued", "starting", "running", "paused", "finished"])),
        "{states:?}"
    );
}

#[test]
fn cancel_ends_a_run_with_a_checkpoint() {
    let workspace = Workspace::new();
    let id = start(&workspace, 5_000);
    workspace.wait_step(&id, 5);
    workspace.vitals_ok(&["run", "cancel", &id]);
    let run = workspace.wait_state(&id, "cancelled");
    let done = run["progress"]["step"].as_u64().expect("a step");
    let checkpoint = workspace.run_folder(&id).join(format!("checkpoints/step-{done:08}"));
    assert!(checkpoint.join("state.json").is_file(), "{}", checkpoint.display());
    let refused = workspace.vitals(&["run", "pause", &id]);
    assert_eq!(refused.code, 1, "an ended run cannot be paused: {refused:?}");
}

#[test]
fn a_rewound_run_goes_on_from_the_checkpoint_and_keeps_its_old_tail() {
    let workspace = Workspace::new();
    let id = start(&workspace, 100);
    let before = workspace.wait_state(&id, "finished");
    let kept: Vec<u64> = before["checkpoints"]
        .as_array()
        .expect("checkpoints")
        .iter()
        .filter_map(|checkpoint| checkpoint["step"].as_u64())
        .collect();
    assert_eq!(kept, [60, 80, 100]);
    let wrong = workspace.vitals(&["run", "rewind", &id, "--to-step", "50"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(wrong.err.contains("kept at 60, 80, 100"), "{}", wrong.err);

    let (steps, losses) = workspace.series(&id, "loss");
    workspace.vitals_ok(&["run", "rewind", &id, "--to-step", "60"]);
    let run = workspace.wait_for("the second attempt to finish", || {
        let run = workspace.run(&id);
        if run["attempt"] == 2 && run["state"] == "finished" {
            Ok(run)
        } else {
            Err(run["evidence"].to_string())
        }
    });
    assert_eq!(run["attempts"][1]["first_step"], 60);
    assert_eq!(run["events"]["rewound"], 1, "{}", run["events"]);
    assert_whole(&workspace, &id, 100);
    assert_eq!(workspace.series(&id, "loss"), (steps, losses), "exact: the same steps give the same numbers");
    let all = workspace.vitals_ok(&["--json", "series", &id, "loss", "--superseded"]).json();
    assert_eq!(all["steps"].as_array().map(Vec::len), Some(140), "100 steps in force and 40 superseded");
    let attempts: BTreeSet<u64> =
        all["attempts"].as_array().expect("attempts").iter().filter_map(serde_json::Value::as_u64).collect();
    assert_eq!(attempts, BTreeSet::from([1, 2]));
}

#[test]
fn a_deleted_database_is_built_again_from_the_run_folders() {
    let workspace = Workspace::new();
    let id = start(&workspace, 40);
    workspace.wait_state(&id, "finished");
    let before = workspace.vitals_ok(&["--json", "run", "hash", &id]).json();
    let pid = supervisor_pid(&workspace.path("ws"));
    pid.into_iter().for_each(|pid| kill(pid, Signal::TERM));
    workspace.wait_supervisor_gone();
    for name in ["vitals.db", "vitals.db-wal", "vitals.db-shm"] {
        // The log may have been folded back already.
        let _ = std::fs::remove_file(workspace.path("ws").join(name));
    }
    let folder = workspace.run_folder(&id).display().to_string();
    workspace.vitals_ok(&["ingest", &folder]);
    assert_eq!(workspace.vitals_ok(&["--json", "run", "hash", &id]).json(), before);
    assert_eq!(workspace.run(&id)["state"], "finished");
}

#[test]
fn a_link_to_the_workspace_may_go_while_runs_are_live() {
    let workspace = Workspace::new();
    std::fs::create_dir(workspace.path("ws")).expect("the workspace's folder");
    let link = workspace.path("link");
    std::os::unix::fs::symlink(workspace.path("ws"), &link).expect("a link");
    let file = workspace.file("one.toml", &small_sweep("max_steps = 200", ""));
    let mut queue = std::process::Command::new(binary("vitals"));
    queue.arg("--workspace").arg(&link).args(["--quiet", "sweep", "run", &file]);
    let told = Told::of(queue.output().expect("vitals starts"));
    assert_eq!(told.code, 0, "{told:?}");
    let id = workspace.runs()[0]["id"].as_str().expect("an id").to_owned();
    workspace.wait_step(&id, 1);
    std::fs::remove_file(&link).expect("the link goes");
    assert_eq!(workspace.wait_state(&id, "finished")["evidence"], "exit 0");
    assert_whole(&workspace, &id, 200);
    assert!(!link.exists(), "nothing makes a folder where the link was");
}

/// The checkpoints that are known of a run, the oldest first. One that was being named when its worker was killed may lie in the
/// folder, and no run goes on from it.
fn checkpoints(workspace: &Workspace, id: &str) -> Vec<std::path::PathBuf> {
    let run = workspace.run(id);
    let known = run["checkpoints"].as_array().expect("checkpoints").iter();
    let paths = known.map(|one| workspace.run_folder(id).join(one["path"].as_str().expect("a path")));
    let mut found: Vec<_> = paths.filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

fn flip_a_byte(checkpoint: &std::path::Path) {
    let model = checkpoint.join("model.safetensors");
    let mut bytes = std::fs::read(&model).expect("a model");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&model, bytes).expect("it can be written");
}

/// C12: at once, said, and never from the beginning.
#[test]
fn a_damaged_checkpoint_is_passed_over_for_the_one_before() {
    let workspace = Workspace::new();
    let id = start(&workspace, 600);
    workspace.wait_step(&id, 65);
    kill(workspace.worker_pid(&id, 1).expect("the guard wrote the worker's id"), Signal::KILL);
    workspace.wait_state(&id, "failed");
    let there = checkpoints(&workspace, &id);
    let [.., before, newest] = &there[..] else { panic!("too few: {there:?}") };
    flip_a_byte(newest);
    let name = |path: &std::path::Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    workspace.vitals_ok(&["run", "retry", &id]);
    let run = workspace.wait_state(&id, "finished");
    assert_eq!(run["attempt"], 2, "no third attempt was needed");
    let resumed = run["attempts"][1]["first_step"].as_u64().expect("a step");
    assert!(name(before).ends_with(&resumed.to_string()), "{resumed} is not {before:?}");
    let log = workspace.vitals_ok(&["run", "log", &id]).out;
    let said = format!("checkpoints/{} is damaged and passed over: model.safetensors differs", name(newest));
    assert!(
        log.contains(&said) && log.contains(&format!("going on from checkpoints/{}", name(before))),
        "{log}"
    );
    assert_whole(&workspace, &id, 600);
}

#[test]
fn where_every_checkpoint_is_damaged_nothing_begins_anew_in_silence() {
    let workspace = Workspace::new();
    let id = start(&workspace, 600);
    workspace.wait_step(&id, 65);
    kill(workspace.worker_pid(&id, 1).expect("the guard wrote the worker's id"), Signal::KILL);
    workspace.wait_state(&id, "failed");
    checkpoints(&workspace, &id).iter().for_each(|checkpoint| flip_a_byte(checkpoint));
    workspace.vitals_ok(&["run", "retry", &id]);
    let run = workspace.wait_for("the second attempt to end", || {
        let run = workspace.run(&id);
        if run["state"] == "failed" && run["attempt"] == 2 { Ok(run) } else { Err(run.to_string()) }
    });
    assert!(run["evidence"].as_str().expect("evidence").contains("exit 7"), "{run}");
    // Nor after as many tries as there were checkpoints.
    let refused = workspace.wait_for("it to be refused", || {
        let run = workspace.run(&id);
        let evidence = run["evidence"].as_str().unwrap_or_default().to_owned();
        if evidence.contains("its checkpoints are all damaged") {
            return Ok(run);
        }
        if run["state"] == "failed" {
            workspace.vitals(&["run", "retry", &id]);
        }
        Err(run.to_string())
    });
    assert_eq!(refused["state"], "failed", "{refused}");
    std::fs::remove_dir_all(workspace.run_folder(&id).join("checkpoints")).expect("they are removed");
    workspace.vitals_ok(&["run", "retry", &id]);
    let run = workspace.wait_state(&id, "finished");
    let attempts = run["attempts"].as_array().expect("attempts");
    assert_eq!(attempts.last().expect("the last one")["first_step"], 0, "asked for so");
}

/// B5: the worker is where its folder is.
#[test]
fn a_run_goes_on_in_a_workspace_that_is_moved() {
    let workspace = Workspace::new();
    let id = start(&workspace, 1_000_000);
    workspace.wait_step(&id, 25);
    kill(supervisor_pid(&workspace.path("ws")).expect("a supervisor runs"), Signal::KILL);
    workspace.wait_supervisor_gone();
    let (here, there) = (workspace.path("ws"), workspace.path("ws2"));
    std::fs::rename(&here, &there).expect("it is moved");
    let moved = |args: &[&str]| {
        let mut command = std::process::Command::new(binary("vitals"));
        command.arg("--workspace").arg(&there).args(args).stdin(std::process::Stdio::null());
        Told::of(command.output().expect("vitals starts"))
    };
    let told = moved(&["queue", "resume"]);
    assert_eq!(told.code, 0, "{told:?}");
    let run = |id: &str| moved(&["--json", "run", "show", id]).json();
    let step = run(&id)["progress"]["step"].as_u64().unwrap_or(0);
    workspace.wait_for("a checkpoint in the place where the workspace is now", || {
        let run = run(&id);
        let newest =
            there.join("runs").join(&id).join(format!("checkpoints/step-{:08}", (step / 20 + 2) * 20));
        if newest.exists() { Ok(()) } else { Err(run.to_string()) }
    });
    let told = moved(&["run", "pause", &id]);
    assert_eq!(told.code, 0, "{told:?}");
    let paused = workspace.wait_for("it to be paused", || {
        let run = run(&id);
        if run["state"] == "paused" { Ok(run) } else { Err(run.to_string()) }
    });
    assert_eq!(paused["attempt"], 1, "{paused}");
    assert!(there.join("runs").join(&id).join("attempt-0001/exit.json").exists(), "the guard is there too");
    assert!(!here.exists(), "nothing was made where it was");
    if let Some(pid) = supervisor_pid(&there) {
        kill(pid, Signal::TERM);
    }
    workspace.wait_for("its supervisor to end", || {
        supervisor_pid(&there).map_or(Ok(()), |pid| Err(pid.to_string()))
    });
    std::fs::rename(&there, &here).expect("it is moved back");
}
