//! The queue and what the supervisor obeys, by the command line: order, priorities, whole sweeps, settings; and input that
//! cannot be obeyed, which is said with what to do while the rest goes on.

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Workspace, kill, small_sweep, supervisor_pid};

const TWO_RATES: &str = "[[axis]]\nparameter = \"base_learning_rate\"\nvalues = [1e-3, 2e-3]\n";

/// Stores a sweep whose runs wait: the queue is paused before they come.
fn waiting_sweep(workspace: &Workspace, seeds: u32, steps: u64) -> String {
    workspace.vitals_ok(&["queue", "pause"]);
    workspace.wait_for("the queue to be paused", || {
        let told = workspace.vitals_ok(&["queue"]).err;
        if told.contains("the queue is paused") { Ok(()) } else { Err(told) }
    });
    let text = small_sweep(&format!("max_steps = {steps}"), TWO_RATES)
        .replace("seeds = [0]", &format!("seeds = {seeds}"));
    let file = workspace.file("waiting.toml", &text);
    let started = workspace.vitals_ok(&["--json", "sweep", "run", &file]).json();
    started["sweep"].as_str().expect("a sweep").to_owned()
}

/// Ids of waiting runs, the next first, with their priorities.
fn queue(workspace: &Workspace) -> Vec<(String, i64)> {
    let runs = workspace.vitals_ok(&["--json", "queue", "list"]).lines();
    let one = |run: &Value| {
        (run["id"].as_str().expect("an id").to_owned(), run["priority"].as_i64().expect("a priority"))
    };
    runs.iter().map(one).collect()
}

fn states(workspace: &Workspace) -> Vec<String> {
    workspace.runs().iter().map(|run| run["state"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn waiting_runs_are_ordered_by_hand_and_by_priority_and_a_sweep_is_ended_as_one() {
    let workspace = Workspace::new();
    let sweep = waiting_sweep(&workspace, 2, 5);
    let before = queue(&workspace);
    assert_eq!(before.len(), 4);
    let ids: Vec<&str> = before.iter().map(|(id, _)| id.as_str()).collect();

    workspace.vitals_ok(&["queue", "move", ids[3], "1"]);
    let moved: Vec<String> = queue(&workspace).into_iter().map(|(id, _)| id).collect();
    assert_eq!(moved, [ids[3], ids[0], ids[1], ids[2]]);
    workspace.vitals_ok(&["queue", "priority", "5", ids[2]]);
    workspace.vitals_ok(&["queue", "priority", "-1", ids[0]]);
    let expected = [(ids[2], 5), (ids[3], 0), (ids[1], 0), (ids[0], -1)];
    assert_eq!(queue(&workspace), expected.map(|(id, priority)| (id.to_owned(), priority)));
    let told = workspace.vitals(&["queue", "move", ids[0], "0"]);
    assert_eq!((told.code, told.err.contains("1 is the next to start")), (2, true), "{told:?}");

    workspace.vitals_ok(&["sweep", "pause", &sweep]);
    workspace.wait_for("all to be paused", || {
        let states = states(&workspace);
        if states.iter().all(|state| state == "paused") { Ok(()) } else { Err(format!("{states:?}")) }
    });
    workspace.vitals_ok(&["sweep", "resume", &sweep]);
    workspace.wait_for("all to wait", || {
        let states = states(&workspace);
        if states.iter().all(|state| state == "queued") { Ok(()) } else { Err(format!("{states:?}")) }
    });
    let asked = workspace.vitals_ok(&["--json", "sweep", "cancel", &sweep]).json();
    assert_eq!(asked["done"].as_array().map(Vec::len), Some(4), "{asked}");
    workspace.wait_for("all to be cancelled", || {
        let states = states(&workspace);
        if states.iter().all(|state| state == "cancelled") { Ok(()) } else { Err(format!("{states:?}")) }
    });
    let nothing = workspace.vitals(&["sweep", "cancel", &sweep]);
    assert_eq!(nothing.code, 1, "{nothing:?}");
    assert!(nothing.err.contains("no run to which `cancel` applies"), "{}", nothing.err);
}

#[test]
fn an_edited_sweep_keeps_what_is_done_and_runs_what_is_new() {
    let workspace = Workspace::new();
    let file = workspace.path("ws/experiments/grown.toml");
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("the experiments folder");
    let shown = file.display().to_string();
    let write = |rates: &str, seeds: &str| {
        let axis = format!("[[axis]]\nparameter = \"base_learning_rate\"\nvalues = [{rates}]\n");
        let text = small_sweep("max_steps = 5", &axis).replace("seeds = [0]", &format!("seeds = [{seeds}]"));
        std::fs::write(&file, text).expect("the sweep's file");
    };
    write("1e-3", "0");
    workspace.vitals_ok(&["--quiet", "sweep", "run", &shown, "--wait"]);
    let first = workspace.runs()[0]["id"].clone();

    // Another rate and another seed: four runs in all, of which one is there.
    write("1e-3, 2e-3", "0, 1");
    let started = workspace.vitals_ok(&["--json", "sweep", "run", &shown, "--wait"]).json();
    assert_eq!(started["runs"].as_array().map(Vec::len), Some(4), "{started}");
    let again = workspace.vitals_ok(&["--json", "sweep", "run", &shown]).json();
    assert_eq!((again["queued"].as_u64(), again["existing"].as_u64()), (Some(0), Some(4)), "idempotent");
    assert_eq!(workspace.runs()[0]["id"], first, "what was done stayed");
    assert_eq!(workspace.runs()[0]["attempt"], 1);

    // The first rate goes: its runs stay, and nothing is asked for again.
    write("2e-3", "0, 1, 2");
    let sweep = workspace.vitals_ok(&["--json", "sweep", "add", &shown]).json()["sweep"].clone();
    let sweep = sweep.as_str().expect("a sweep");
    let show = workspace.vitals_ok(&["--json", "sweep", "show", sweep]).json();
    assert_eq!((show["revision"].as_u64(), show["missing_runs"].as_u64()), (Some(3), Some(1)), "{show}");
    assert_eq!(show["points"][0]["seed_states"], serde_json::json!(["finished", "finished", "missing"]));
    let told = workspace.vitals_ok(&["sweep", "show", sweep]);
    assert!(
        told.err.contains("1 missing") && told.err.contains("2 runs are of earlier revisions"),
        "{}",
        told.err
    );
    let started = workspace.vitals_ok(&["--json", "sweep", "start", sweep]).json();
    assert_eq!((started["queued"].as_u64(), started["existing"].as_u64()), (Some(1), Some(2)));
}

#[test]
fn a_database_that_was_deleted_knows_its_sweeps_again() {
    let workspace = Workspace::new();
    let file = workspace.file("rates.toml", &small_sweep("max_steps = 5", TWO_RATES));
    workspace.vitals_ok(&["--quiet", "sweep", "run", &file, "--wait"]);
    let known = |run: &Value| {
        ["id", "sweep", "sweep_name", "label", "point", "state"].map(|field| run[field].clone())
    };
    let before: Vec<_> = workspace.runs().iter().map(known).collect();
    if let Some(pid) = supervisor_pid(&workspace.path("ws")) {
        kill(pid, Signal::TERM);
    }
    workspace.wait_supervisor_gone();
    for name in ["vitals.db", "vitals.db-wal", "vitals.db-shm"] {
        // The log may have been folded back already.
        let _ = std::fs::remove_file(workspace.path("ws").join(name));
    }
    let folders: Vec<String> = before
        .iter()
        .map(|run| workspace.run_folder(run[0].as_str().expect("an id")).display().to_string())
        .collect();
    let mut ingest = vec!["ingest"];
    ingest.extend(folders.iter().map(String::as_str));
    workspace.vitals_ok(&ingest);
    let after: Vec<_> = workspace.runs().iter().map(known).collect();
    assert_eq!(after, before);
    let again = workspace.vitals_ok(&["--json", "sweep", "run", &file]).json();
    assert_eq!(
        (again["queued"].as_u64(), again["existing"].as_u64()),
        (Some(0), Some(2)),
        "nothing is missing"
    );
}

#[test]
fn settings_are_checked_as_a_whole_and_obeyed_by_a_living_supervisor() {
    let workspace = Workspace::new();
    let read = || workspace.vitals_ok(&["--json", "settings"]).json();
    let before = read();
    assert_eq!(
        (before["retry"]["times"].as_u64(), before["slurm"]["enabled"].as_bool()),
        (Some(0), Some(false))
    );
    for (words, expected) in [
        (vec!["slots.cpu=0"], "slots.cpu is 0; it must be 1 to 64"),
        (vec!["slots.cuda:7=1"], "device cuda:7 does not exist here"),
        (vec!["retry.times=2", "retry.causes=bad_input"], "a cause is one of signal"),
        (vec!["slurm.time=12h"], "that is not a time limit"),
        (vec!["retry.times=2", "slurm.at_once=0"], "slurm.at_once is 0"),
        (vec!["retry.tims=2"], "did you mean retry.times?"),
        (vec!["low_disk_bytes=lots"], "it must be a size"),
    ] {
        let mut args = vec!["settings"];
        args.extend(words);
        let told = workspace.vitals(&args);
        assert_eq!(told.code, 2, "{told:?}");
        assert!(told.err.contains(expected), "`{expected}` in {}", told.err);
        assert_eq!(read(), before, "nothing was changed");
    }
    let changed = workspace
        .vitals_ok(&["--json", "settings", "slots.cpu=2", "retry.times=3", "low_disk_bytes=2GiB"])
        .json();
    assert_eq!(changed, read());
    assert_eq!(
        (
            changed["slots"]["cpu"].as_u64(),
            changed["retry"]["times"].as_u64(),
            changed["low_disk_bytes"].as_u64()
        ),
        (Some(2), Some(3), Some(2 << 30))
    );

    // No disk has that much room: what waits waits, and the queue says why.
    workspace.vitals_ok(&["settings", "low_disk_bytes=8000TiB"]);
    let file = workspace.file("small.toml", &small_sweep("max_steps = 5", ""));
    workspace.vitals_ok(&["--quiet", "sweep", "run", &file]);
    workspace.wait_for("the queue to say why it waits", || {
        let told = workspace.vitals_ok(&["queue"]).err;
        if told.contains("`low_disk_bytes` asks for") { Ok(()) } else { Err(told) }
    });
    assert_eq!(states(&workspace), ["queued"]);
    workspace.vitals_ok(&["settings", "low_disk_bytes=0"]);
    let id = workspace.runs()[0]["id"].as_str().expect("an id").to_owned();
    workspace.wait_state(&id, "finished");
}

#[test]
fn what_cannot_start_is_said_with_what_to_do_and_the_rest_goes_on() {
    let workspace = Workspace::new();
    workspace.vitals_ok(&["queue", "pause"]);
    for (name, recipe) in [
        ("away", "device = \"cuda:7\""),
        ("blocked", "base_learning_rate = 2e-3"),
        ("good", "base_learning_rate = 3e-3"),
    ] {
        let text =
            small_sweep(&format!("max_steps = 5\n{recipe}"), "").replace("\"Small\"", &format!("\"{name}\""));
        let file = workspace.file(&format!("{name}.toml"), &text);
        workspace.vitals_ok(&["--quiet", "sweep", "run", &file]);
    }
    let id_of = |name: &str| {
        let runs = workspace.runs();
        let found = runs.iter().find(|run| run["sweep_name"] == name).expect("its run");
        found["id"].as_str().expect("an id").to_owned()
    };
    // A file where the folder would be: no permission can help, not even root's.
    std::fs::create_dir_all(workspace.path("ws/runs")).expect("the runs' folder");
    std::fs::write(workspace.run_folder(&id_of("blocked")), b"").expect("a file");
    workspace.vitals_ok(&["queue", "resume"]);

    let away = workspace.wait_state(&id_of("away"), "failed");
    let evidence = away["evidence"].as_str().expect("evidence");
    assert!(
        evidence.contains("device cuda:7 does not exist here") && evidence.contains("set device to"),
        "{evidence}"
    );
    let blocked = workspace.wait_state(&id_of("blocked"), "failed");
    let evidence = blocked["evidence"].as_str().expect("evidence");
    assert!(
        evidence.contains("failed to create") && evidence.contains("is writable, then retry"),
        "{evidence}"
    );
    workspace.wait_state(&id_of("good"), "finished");
    std::fs::remove_file(workspace.run_folder(&id_of("blocked"))).expect("it was a file");
    workspace.vitals_ok(&["run", "retry", &id_of("blocked")]);
    workspace.wait_state(&id_of("blocked"), "finished");
}

#[test]
fn without_slurm_s_programs_a_run_says_so() {
    let workspace = Workspace::new();
    if std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join("sbatch").exists()))
    {
        return vitals_fixtures::not_run("there is a Slurm here, which crates/supervisor/tests/slurm asks");
    }
    workspace.vitals_ok(&["settings", "slurm.enabled=true", "slurm.partition=nowhere"]);
    let file = workspace.file("small.toml", &small_sweep("max_steps = 5", ""));
    workspace.vitals_ok(&["--quiet", "sweep", "run", &file]);
    let id = workspace.runs()[0]["id"].as_str().expect("an id").to_owned();
    let run = workspace.wait_state(&id, "failed");
    let evidence = run["evidence"].as_str().expect("evidence");
    assert!(
        evidence.contains("there is no sbatch here") && evidence.contains("turn Slurm off"),
        "{evidence}"
    );
    workspace.vitals_ok(&["settings", "slurm.enabled=false"]);
    workspace.vitals_ok(&["run", "retry", &id]);
    workspace.wait_state(&id, "finished");
}

#[test]
fn following_ends_with_the_runs_and_its_exit_code_tells_how() {
    let workspace = Workspace::new();
    let none = workspace.vitals(&["runs", "--follow", "--until-ended"]);
    assert_eq!((none.code, none.err.contains("no run matches")), (2, true), "{none:?}");
    let file = workspace.file("small.toml", &small_sweep("max_steps = 20", TWO_RATES));
    workspace.vitals_ok(&["--quiet", "sweep", "run", &file]);
    let followed = workspace.vitals(&["--json", "runs", "--follow", "--until-ended"]);
    assert_eq!(followed.code, 0, "{followed:?}");
    let mut last: std::collections::BTreeMap<String, Value> = std::collections::BTreeMap::new();
    for line in followed.lines() {
        let id = line["id"].as_str().expect("an id").to_owned();
        let (before, now) =
            (last.get(&id).and_then(|run| run["revision"].as_u64()), line["revision"].as_u64());
        assert!(before < now, "each change once, in order");
        last.insert(id, line);
    }
    assert_eq!(last.values().map(|run| run["state"].as_str()).collect::<Vec<_>>(), [Some("finished"); 2]);

    let bad = workspace
        .file("bad.toml", &small_sweep("max_steps = 5\nbase_learning_rate = 9e-3\ndevice = \"cuda:7\"", ""));
    workspace.vitals_ok(&["--quiet", "sweep", "run", &bad]);
    let followed = workspace.vitals(&["runs", "--follow", "--until-ended"]);
    assert_eq!(followed.code, 1, "one of them failed: {followed:?}");
}

#[test]
fn a_lack_of_descriptors_puts_starts_off_and_fails_none() {
    use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

    let workspace = Workspace::new();
    let sweep = waiting_sweep(&workspace, 3, 5);
    kill(supervisor_pid(&workspace.path("ws")).expect("a supervisor"), Signal::TERM);
    workspace.wait_supervisor_gone();
    let log = workspace.path("log");
    let mut command = workspace.command(&["supervise"]);
    command.stdout(std::process::Stdio::null()).stderr(std::fs::File::create(&log).expect("a log"));
    let mut supervisor = command.spawn().expect("it starts");
    workspace.wait_for("it to supervise", || {
        let told = workspace.vitals_ok(&["doctor"]).out;
        if told.contains(&format!("runs as process {}", supervisor.id())) { Ok(()) } else { Err(told) }
    });
    let pid = Pid::from_child(&supervisor);
    let open = std::fs::read_dir(format!("/proc/{}/fd", supervisor.id())).expect("its files").count();
    let few = Rlimit { current: Some(open as u64), ..getrlimit(Resource::Nofile) };
    let before = prlimit(Some(pid), Resource::Nofile, few).expect("it is ours");
    workspace.vitals_ok(&["queue", "resume"]);
    workspace.wait_for("a start to be put off", || {
        let said: Vec<String> = workspace.runs().iter().map(|run| run["evidence"].to_string()).collect();
        let is_put_off = |text: &String| text.contains("put off") && text.contains("Too many open files");
        if said.iter().any(is_put_off) { Ok(()) } else { Err(format!("{said:?}")) }
    });
    assert!(states(&workspace).iter().all(|state| state == "queued"), "{:?}", states(&workspace));
    prlimit(Some(pid), Resource::Nofile, before).expect("it is ours");
    workspace.wait_for("all to finish", || {
        let states = states(&workspace);
        if states.iter().all(|state| state == "finished") { Ok(()) } else { Err(format!("{states:?}")) }
    });
    let shown = workspace.vitals_ok(&["--json", "sweep", "show", &sweep]).json();
    assert_eq!(shown["sweep"]["finished"], 6, "{}", shown["sweep"]);
    kill(pid.as_raw_nonzero().get(), Signal::TERM);
    assert!(supervisor.wait().expect("it ends").success());
}

/// B4, as somebody sees it who works by the command line.
#[test]
fn a_removed_log_of_the_database_costs_no_note_no_sweep_and_no_place_in_the_queue() {
    let workspace = Workspace::new();
    workspace.vitals_ok(&["settings", "slots.cpu=1"]);
    let file =
        workspace.file("two.toml", &small_sweep("max_steps = 100000\ncheckpoint_every = 20", TWO_RATES));
    workspace.vitals_ok(&["--quiet", "sweep", "run", &file]);
    let ids: Vec<String> =
        workspace.runs().iter().map(|run| run["id"].as_str().expect("an id").to_owned()).collect();
    let (trains, waits) = (ids[0].as_str(), ids[1].as_str());
    workspace.vitals_ok(&["run", "note", trains, "keep this one"]);
    workspace.vitals_ok(&["queue", "priority", "3", waits]);
    let done = workspace.wait_step(trains, 25)["progress"]["step"].as_u64();
    let worker = workspace.worker_pid(trains, 1);
    for name in ["vitals.db-wal", "vitals.db-shm"] {
        std::fs::remove_file(workspace.path("ws").join(name)).expect("it was there");
    }
    workspace.wait_supervisor_gone();
    let log = std::fs::read_to_string(workspace.path("ws/supervisor.log")).expect("a log");
    assert!(log.contains("was removed while it was open; what it held is saved"), "{log}");
    assert_eq!(workspace.runs().len(), 2);
    let run = workspace.run(trains);
    assert_eq!(run["note"], "keep this one", "{run}");
    assert!(run["progress"]["step"].as_u64() >= done, "{run}");
    assert_eq!(queue(&workspace), [(waits.to_owned(), 3)]);
    let sweeps = workspace.vitals_ok(&["--json", "sweep", "list"]).lines();
    assert_eq!(sweeps.len(), 1, "{sweeps:?}");
    // Whoever starts it again adds nothing, and the worker that lived on is found.
    let again = workspace.vitals_ok(&["--json", "sweep", "run", &file]).json();
    assert_eq!((again["queued"].as_u64(), again["existing"].as_u64()), (Some(0), Some(2)), "{again}");
    let step = workspace.run(trains)["progress"]["step"].as_u64().expect("a step");
    assert_eq!(workspace.wait_step(trains, step)["attempt"], 1);
    assert_eq!(workspace.worker_pid(trains, 1), worker);
    workspace.vitals_ok(&["run", "cancel", waits, trains]);
    workspace.wait_state(trains, "cancelled");
}
