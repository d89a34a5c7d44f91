//! Workspaces whose database is damaged, lost or of another version, through the real binary: `doctor` names one command for
//! this workspace, the test runs it as a newcomer would, and every run is there again with every value.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Told, Workspace, binary, kill};

const PAGE: usize = 4096;

/// Three metrics that do not compress well, of so many steps.
fn table(seed: u64, steps: u64) -> String {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / 1e15
    };
    let row = |step| format!("{step},{},{},{}\n", next(), next(), next());
    format!("step,loss,accuracy,extra\n{}", (0..steps).map(row).collect::<String>())
}

/// Runs of which all that is known lies in their folders, and their hashes.
fn recorded(workspace: &Workspace, runs: u64) -> Vec<(String, String)> {
    let mut known: Vec<(String, String)> = (0..runs)
        .map(|seed| {
            let file = workspace.file(&format!("{seed}.csv"), &table(seed, 2_000));
            let run = workspace.vitals_ok(&["import", "csv", &file]).out.trim().to_owned();
            let hash = hash(workspace, &run);
            (run, hash)
        })
        .collect();
    known.sort();
    fold_log(workspace);
    known
}

/// All that was written lies in the database itself then, as when the last to close it has done so in order.
fn fold_log(workspace: &Workspace) {
    let database = workspace.path("ws/vitals.db").display().to_string();
    let script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('pragma wal_checkpoint(truncate)'); c.close()";
    let done = Command::new("python3").args(["-c", script, &database]).status().expect("python3 starts");
    assert!(
        done.success() && !workspace.path("ws/vitals.db-wal").exists(),
        "the last to close it folds the log"
    );
}

/// Where a table begins that every look of a supervisor reads.
fn first_page_of(workspace: &Workspace, table: &str) -> String {
    let database = workspace.path("ws/vitals.db").display().to_string();
    let script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); \
                  print(c.execute('select rootpage from sqlite_master where name = ?', sys.argv[2:]).fetchone()[0])";
    let told =
        Command::new("python3").args(["-c", script, &database, table]).output().expect("python3 starts");
    Told::of(told).out.trim().to_owned()
}

/// What a listing says of run folders that it does not list.
fn said_of_folders(told: &Told) -> Vec<&str> {
    told.err.lines().filter(|line| line.contains("not in the database")).collect()
}

fn hash(workspace: &Workspace, run: &str) -> String {
    workspace.vitals_ok(&["run", "hash", run]).out.trim().to_owned()
}

/// A workspace with a copy of another's run folders, and of its database.
fn copy(of: &Workspace) -> Workspace {
    let new = Workspace::new();
    let copied = Command::new("cp").arg("-r").arg(of.path("ws")).arg(new.path("ws")).status();
    assert!(copied.expect("cp starts").success());
    new
}

fn doctor(workspace: &Workspace) -> Vec<Value> {
    workspace.vitals(&["--json", "doctor"]).lines()
}

fn lines_of<'a>(lines: &'a [Value], check: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["check"] == check).collect()
}

/// What stands between backticks in a remedy.
fn command_in(line: &Value) -> String {
    let remedy = line["remedy"].as_str().unwrap_or_else(|| panic!("no remedy: {line}"));
    let commands: Vec<&str> = remedy.split('`').skip(1).step_by(2).collect();
    let [command] = commands[..] else { panic!("not one command: {remedy}") };
    command.to_owned()
}

/// A line as a newcomer types it, with our programs first on the path.
fn in_shell(line: &str) -> Told {
    let programs = binary("vitals").parent().expect("a folder").to_owned();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default());
    let output = Command::new("sh").args(["-c", line]).env("PATH", path).stdin(Stdio::null()).output();
    Told::of(output.expect("sh starts"))
}

fn damage(database: &Path, kind: &str) {
    if kind == "missing" {
        return fs::remove_file(database).expect("it was there");
    }
    let mut bytes = fs::read(database).expect("a database");
    assert!(bytes.len() > 61 * PAGE, "{} bytes are too few to damage", bytes.len());
    match kind.split_once(' ') {
        None => bytes.clear(),
        Some(("half", _)) => bytes.truncate(bytes.len() / 2),
        // Behind the file's header of 100 bytes.
        Some(("schema", _)) => bytes[100..PAGE].fill(0xa5),
        Some((_, page)) => {
            let page: usize = page.parse().expect("a number");
            bytes[(page - 1) * PAGE..page * PAGE].fill(0xa5);
        }
    }
    fs::write(database, bytes).expect("it can be written");
}

/// C2, C3: thirteen damaged workspaces.
#[test]
fn doctor_names_the_command_that_brings_every_run_back() {
    let whole = Workspace::new();
    let known = recorded(&whole, 6);
    let kinds = [
        "missing",
        "empty",
        "half of it",
        "schema page",
        "page 2",
        "page 5",
        "page 8",
        "page 12",
        "page 20",
        "page 30",
        "page 40",
        "page 50",
        "page 60",
    ];
    let mut told = String::new();
    for kind in kinds {
        let workspace = copy(&whole);
        damage(&workspace.path("ws/vitals.db"), kind);
        let lines = doctor(&workspace);
        let found = lines_of(&lines, "database");
        let bad: Vec<&&Value> = found.iter().filter(|line| line["ok"] == false).collect();
        let [line] = bad[..] else { panic!("{kind}: {found:?}") };
        let plain = |text: &Value| {
            let mut text =
                text.as_str().unwrap_or_default().replace(&workspace.root().display().to_string(), "");
            for (run, _) in &known {
                text = text.replace(run, "RUN");
            }
            text
        };
        told += &format!("{kind}\n  {}\n  → {}\n", plain(&line["message"]), plain(&line["remedy"]));
        for line in &lines {
            let remedy = line["remedy"].as_str().unwrap_or_default();
            assert!(!remedy.contains("doctor"), "{kind}: sent to itself: {line}");
        }
        let done = in_shell(&command_in(line));
        assert_eq!(done.code, 0, "{kind}: {done:?}");
        let mut runs: Vec<(String, String)> = workspace
            .runs()
            .iter()
            .map(|run| run["id"].as_str().expect("an id").to_owned())
            .map(|run| (run.clone(), hash(&workspace, &run)))
            .collect();
        runs.sort();
        assert_eq!(runs, known, "{kind}");
        let lines = doctor(&workspace);
        assert!(lines_of(&lines, "database").iter().all(|line| line["ok"] == true), "{kind}: {lines:?}");
    }
    insta::assert_snapshot!(told);
}

/// C2: what lies there is said by whatever lists, on one line beside the list.
#[test]
fn listings_say_which_run_folders_the_database_does_not_know() {
    let workspace = Workspace::new();
    let known = recorded(&workspace, 2);
    assert_eq!(said_of_folders(&workspace.vitals_ok(&["runs"])), Vec::<&str>::new());
    fold_log(&workspace);
    fs::rename(workspace.path("ws/vitals.db"), workspace.path("elsewhere.db")).expect("it is moved");
    for listing in [&["runs"][..], &["sweep", "list"]] {
        let told = workspace.vitals_ok(listing);
        let [line] = said_of_folders(&told)[..] else { panic!("{told:?}") };
        assert!(line.starts_with("2 run folders are not in the database: `vitals"), "{line}");
        assert!(known.iter().all(|(run, _)| line.contains(run)), "{line}");
    }
    let told = workspace.vitals_ok(&["runs"]);
    let command = said_of_folders(&told)[0].split('`').nth(1).expect("a command").to_owned();
    assert_eq!(in_shell(&command).code, 0, "{command}");
    assert_eq!(workspace.runs().len(), 2);
    fs::remove_dir_all(workspace.run_folder(&known[0].0)).expect("it is removed");
    let told = workspace.vitals_ok(&["runs"]);
    assert_eq!(said_of_folders(&told), Vec::<&str>::new(), "a run without a folder is another matter");
}

/// `doctor` makes nothing where there is nothing.
#[test]
fn doctor_looks_at_a_workspace_that_is_not_there() {
    let workspace = Workspace::new();
    let lines = doctor(&workspace);
    assert!(!lines.is_empty() && !workspace.path("ws").exists(), "{lines:?}");
    assert!(lines_of(&lines, "database")[0]["ok"] == true, "{lines:?}");
}

/// C4: what no second look mends is said once, and the supervisor that could not look does not say that there is nothing to do.
#[test]
fn a_supervisor_says_once_that_its_database_is_damaged() {
    let whole = Workspace::new();
    recorded(&whole, 6);
    let workspace = copy(&whole);
    let page = first_page_of(&workspace, "requests");
    damage(&workspace.path("ws/vitals.db"), &format!("page {page}"));
    let log = workspace.path("log");
    let mut supervisor = workspace
        .command(&["supervise"])
        .stdout(Stdio::null())
        .stderr(fs::File::create(&log).expect("a log"))
        .spawn()
        .expect("it starts");
    let said = || {
        let text = fs::read_to_string(&log).unwrap_or_default();
        text.lines().filter(|line| line.contains("malformed") || line.contains("damaged")).count()
    };
    let touched = || fs::metadata(workspace.path("ws/supervisor.lock")).and_then(|data| data.modified()).ok();
    let mut looks = Vec::new();
    workspace.wait_for("it to look five times", || {
        if let Some(at) = touched().filter(|at| !looks.contains(at)) {
            looks.push(at);
        }
        if looks.len() > 5 { Ok(()) } else { Err(format!("{looks:?}, log: {:?}", fs::read_to_string(&log))) }
    });
    kill(i32::try_from(supervisor.id()).expect("a process id"), Signal::TERM);
    supervisor.wait().expect("it ends");
    assert_eq!(said(), 1, "{}", fs::read_to_string(&log).unwrap_or_default());

    let told = workspace.vitals(&["supervise", "--until-idle"]);
    assert_ne!(told.code, 0, "{told:?}");
    assert!(!told.err.contains("nothing left to do"), "{told:?}");
}

/// C15: a listing of a newer version does not migrate what a supervisor of an older one works with.
#[test]
fn an_older_database_is_not_migrated_under_its_supervisor() {
    let workspace = Workspace::new();
    fs::create_dir_all(workspace.path("ws")).expect("a folder");
    let database = workspace.path("ws/vitals.db");
    let older = vitals_fixtures::older_database("10");
    fs::write(&database, &older).expect("a database");
    let lock = fs::File::create(workspace.path("ws/supervisor.lock")).expect("a lock");
    lock.try_lock().expect("it is free");
    for command in [&["runs"][..], &["supervise", "--until-idle"], &["settings"]] {
        let told = workspace.vitals(command);
        assert_eq!(told.code, 2, "{command:?}: {told:?}");
        let pid = std::process::id();
        assert!(
            told.err.contains("database version 10") && told.err.contains(&format!("kill {pid}")),
            "{told:?}"
        );
    }
    assert!(fs::read(&database).expect("a database") == older, "it is as it was");
    drop(lock);
    workspace.vitals_ok(&["runs"]);
    assert!(workspace.path("ws/vitals.backup-v10.db").exists());
}

/// A lock that is held and not touched is no supervisor that works.
#[test]
fn doctor_says_that_the_holder_of_the_lock_is_silent() {
    let workspace = Workspace::new();
    workspace.vitals_ok(&["runs"]);
    let lock = fs::File::create(workspace.path("ws/supervisor.lock")).expect("a lock");
    lock.try_lock().expect("it is free");
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(75);
    lock.set_times(fs::FileTimes::new().set_modified(long_ago)).expect("its time");
    let said = |workspace: &Workspace| {
        let lines = doctor(workspace);
        let line = lines_of(&lines, "supervisor")[0].clone();
        (line["ok"] == true, line["message"].as_str().unwrap_or_default().to_owned())
    };
    let (ok, message) = said(&workspace);
    let silent = format!("process {} holds its lock, but is silent for ", std::process::id());
    let seconds: u64 =
        message.strip_prefix(&silent).and_then(|rest| rest.strip_suffix(" s")?.parse().ok()).unwrap_or(0);
    assert!(!ok && seconds >= 75, "{message}");
    // With a damaged database beside it just so.
    fs::write(workspace.path("ws/vitals.db"), "no database at all").expect("it can be written");
    let (ok, again) = said(&workspace);
    assert!(!ok && again.contains("silent for"), "{again}");
    drop(lock);
}

/// A workspace on a small disk, with one imported run of which two checkpoints are kept.
fn on_small_disk(inodes: Option<u32>) -> Option<(vitals_fixtures::SmallDisk, Workspace, String)> {
    let workspace = Workspace::new();
    fs::create_dir(workspace.path("ws")).expect("a folder");
    let disk = vitals_fixtures::SmallDisk::mount(&workspace.path("ws"), 16, inodes)?;
    let file = workspace.file("a.csv", &table(1, 100));
    let run = workspace.vitals_ok(&["import", "csv", &file]).out.trim().to_owned();
    for step in [10, 20] {
        let checkpoint = workspace.run_folder(&run).join(format!("checkpoints/step-{step:08}"));
        fs::create_dir_all(&checkpoint).expect("a folder");
        fs::write(checkpoint.join("state.json"), "{}").expect("a file");
        fs::write(checkpoint.join("model.safetensors"), vec![7; 2 << 20]).expect("a file");
    }
    Some((disk, workspace, run))
}

/// C5: what is there can be looked at, with the system's own files missing beside the database.
fn can_be_looked_at(workspace: &Workspace, run: &str) {
    let out = workspace.path("out.csv").display().to_string();
    for looking in [
        &["runs"][..],
        &["run", "show", run],
        &["run", "hash", run],
        &["series", run, "loss"],
        &["sweep", "list"],
        &["events", run],
        &["queue"],
        &["export", run, "--format", "csv", "--out", &out],
    ] {
        let told = workspace.vitals(looking);
        assert_eq!(told.code, 0, "{looking:?}: {told:?}");
    }
    assert!(fs::read_to_string(&out).expect("it is written").lines().count() > 100);
    let lines = doctor(workspace);
    assert!(lines_of(&lines, "database").iter().all(|line| line["ok"] == true), "{lines:?}");
}

#[test]
fn a_workspace_without_inodes_can_be_looked_at() {
    let Some((disk, workspace, run)) = on_small_disk(Some(60)) else { return };
    // With the log and its index there, nothing would have to be added.
    fold_log(&workspace);
    disk.use_up_inodes();
    can_be_looked_at(&workspace, &run);
    let told = workspace.vitals(&["run", "tag", &run, "kept"]);
    assert!(told.code == 2 && told.err.contains("inodes are used up"), "{told:?}");
    let lines = doctor(&workspace);
    assert!(lines_of(&lines, "disk")[0]["message"].to_string().contains("no file can be added"), "{lines:?}");
    disk.empty();
    workspace.vitals_ok(&["run", "tag", &run, "kept"]);
}

/// C6: what `doctor` advises works without room.
#[test]
fn a_workspace_on_a_full_disk_can_be_looked_at_and_says_what_can_go() {
    let Some((disk, workspace, run)) = on_small_disk(None) else { return };
    disk.fill();
    can_be_looked_at(&workspace, &run);
    for change in [&["run", "remove", &run][..], &["run", "tag", &run, "kept"]] {
        // A command that ends folds its log and leaves its pages to the next one.
        disk.fill();
        let told = workspace.vitals(change);
        assert!(told.code != 0 && told.err.contains("vitals doctor"), "{change:?}: {told:?}");
    }
    let lines = doctor(&workspace);
    let line = lines_of(&lines, "disk")[0];
    assert!(line["ok"] == false && line["remedy"].to_string().contains("step-00000010"), "{line}");
    assert!(!line["remedy"].to_string().contains("step-00000020"), "the newest stays: {line}");
    let done = in_shell(&command_in(line));
    assert_eq!(done.code, 0, "{done:?}");
    workspace.vitals_ok(&["run", "tag", &run, "kept"]);
}

/// C6: where a supervisor has kept room, a run is removed although the disk is full and nobody has the database open.
#[test]
fn a_run_is_removed_from_a_full_disk() {
    let workspace = Workspace::new();
    fs::create_dir(workspace.path("ws")).expect("a folder");
    let Some(disk) = vitals_fixtures::SmallDisk::mount(&workspace.path("ws"), 64, None) else { return };
    let file = workspace.file("a.csv", &table(1, 100));
    let run = workspace.vitals_ok(&["import", "csv", &file]).out.trim().to_owned();
    fs::write(workspace.run_folder(&run).join("weights"), vec![7; 8 << 20]).expect("a file");
    let mut supervisor = workspace
        .command(&["supervise"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let room = workspace.path("ws/vitals.db-room-to-obey");
    let is_kept = || if room.exists() { Ok(()) } else { Err("no room is kept".to_owned()) };
    workspace.wait_for("room to be kept", is_kept);
    kill(i32::try_from(supervisor.id()).expect("a process id"), Signal::TERM);
    supervisor.wait().expect("it ends");
    fold_log(&workspace);
    disk.fill();
    workspace.vitals_ok(&["run", "remove", &run]);
    workspace.wait_for("the run to be gone", || match workspace.runs().as_slice() {
        [] => Ok(()),
        left => Err(format!("{left:?}")),
    });
    assert!(!workspace.run_folder(&run).exists());
}

/// Trial 14: it lives and looks, and nothing that it does reaches the database.
#[test]
fn doctor_says_that_a_supervisor_writes_nothing() {
    let Some((disk, workspace, _)) = on_small_disk(None) else { return };
    workspace.vitals_ok(&["settings", "low_disk_bytes=0"]);
    let mut supervisor = workspace
        .command(&["supervise"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let said = |words: &str| {
        let lines = doctor(&workspace);
        let line = lines_of(&lines, "supervisor")[0];
        if line["message"].to_string().contains(words) {
            Ok(line["ok"] == true)
        } else {
            Err(line.to_string())
        }
    };
    let runs = format!("runs as process {}", supervisor.id());
    assert!(workspace.wait_for("it to run", || said(&runs)));
    disk.fill();
    assert!(!workspace.wait_for("doctor to see it", || said("has written nothing to the database for")));
    disk.empty();
    assert!(workspace.wait_for("it to write again", || said(&runs)));
    kill(i32::try_from(supervisor.id()).expect("a process id"), Signal::TERM);
    supervisor.wait().expect("it ends");
}
