//! The systemd user unit: systemd understands every line, and what its command starts is the workspace's supervisor, which
//! ends in order and stops no run.

use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use crate::support::{Told, Workspace, binary, kill, small_sweep, state_of};

const UNIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/cli/systemd/vitals@.service");

/// A home in which `vitals` lies where the unit expects it.
fn home(folder: &Path) -> std::path::PathBuf {
    let home = folder.join("a home");
    std::fs::create_dir_all(home.join(".local/bin")).expect("a folder");
    std::os::unix::fs::symlink(binary("vitals"), home.join(".local/bin/vitals")).expect("a link");
    home
}

#[test]
fn systemd_finds_no_fault() {
    let folder = tempfile::tempdir().expect("a folder");
    // The instance is /data/it's here, as `systemd-escape --path` writes it.
    let unit = folder.path().join("vitals@data-it\\x27s\\x20here.service");
    std::fs::copy(UNIT, &unit).expect("the unit");
    let mut verify = Command::new("systemd-analyze");
    verify.args(["--user", "verify"]).arg(&unit);
    verify.env("HOME", home(folder.path())).env("XDG_RUNTIME_DIR", folder.path());
    let Ok(output) = verify.output() else {
        return vitals_fixtures::not_run("there is no systemd-analyze here");
    };
    let told = Told::of(output);
    // It succeeds whatever it has to say of a line.
    let said: Vec<&str> = told.err.lines().filter(|line| line.contains("vitals@")).collect();
    assert!(told.code == 0 && said.is_empty(), "{told:?}");
}

#[test]
fn its_command_supervises_until_sigterm_and_the_runs_go_on() {
    let workspace = Workspace::new();
    let file = workspace.file("long.toml", &small_sweep("max_steps = 100000", ""));
    let unit = std::fs::read_to_string(UNIT).expect("the unit");
    let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).expect("a command");
    let home = home(workspace.root()).display().to_string();
    let instance = workspace.path("ws").display().to_string();
    // As systemd does: first into words, then what the specifiers stand for.
    let words: Vec<String> =
        line.split(' ').map(|word| word.replace("%h", &home).replace("%f", &instance)).collect();
    let mut supervisor =
        Command::new(&words[0]).args(&words[1..]).current_dir("/").spawn().expect("it starts");
    let pid = i32::try_from(supervisor.id()).expect("a process id");
    workspace.wait_for("it to hold the workspace's lock", || {
        let lock =
            std::fs::File::open(workspace.path("ws/supervisor.lock")).map_err(|error| error.to_string())?;
        lock.try_lock_shared().map_or(Ok(()), |()| Err("it is free".to_owned()))
    });
    workspace.vitals_ok(&["--quiet", "sweep", "run", &file]);
    let id = workspace.runs()[0]["id"].as_str().expect("an id").to_owned();
    workspace.wait_step(&id, 5);
    let worker = workspace.worker_pid(&id, 1).expect("a worker");
    kill(pid, Signal::TERM);
    assert_eq!(supervisor.wait().expect("it ends").code(), Some(0), "ended in order: no failed unit");
    assert!(matches!(state_of(worker), Some('R' | 'S' | 'D')), "the run goes on: {:?}", state_of(worker));
}

/// C9: whoever replaces the database of a unit's supervisor gets another supervisor.
#[test]
fn it_comes_back_when_its_database_was_replaced() {
    let workspace = Workspace::new();
    workspace.vitals_ok(&["runs"]);
    let mut supervisor = workspace.command(&["supervise"]).spawn().expect("it starts");
    workspace.wait_for("it to hold the workspace's lock", || {
        let lock =
            std::fs::File::open(workspace.path("ws/supervisor.lock")).map_err(|error| error.to_string())?;
        lock.try_lock_shared().map_or(Ok(()), |()| Err("it is free".to_owned()))
    });
    let database = workspace.path("ws/vitals.db");
    std::fs::copy(&database, workspace.path("ws/other.db")).expect("a copy");
    std::fs::rename(workspace.path("ws/other.db"), &database).expect("it replaces the first one");
    let code = supervisor.wait().expect("it ends").code();
    assert_eq!(code, Some(1), "a failure, and not the end of its work");
    let unit = std::fs::read_to_string(UNIT).expect("the unit");
    let restart =
        unit.lines().find_map(|line| line.strip_prefix("Restart=")).expect("it says when it comes back");
    assert!(["on-failure", "always"].contains(&restart), "{restart}");
}
