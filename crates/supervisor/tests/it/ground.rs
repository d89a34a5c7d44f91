//! The faults of what a workspace stands on: its disks, its folders and where they lie, its database's files, what a
//! process may open, and what somebody else laid into it. Each is dealt and taken back; `siege` judges.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command as Program, Stdio};

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, prlimit};
use serde_json::json;
use vitals_recipe::KeyedRng;
use vitals_run::{Command, RunState};
use vitals_store::{Role, RunId, Store};

use crate::around::Bystander;
use crate::blows::{edit_mark, moment};
use crate::cluster::Cluster;
use crate::harness::{Tmpfs, World, stand_in, until};

/// How many clients come at once.
const MANY: usize = 40;

/// Renames a folder and, a moment later, back.
pub async fn move_and_back(folder: &Path, rng: &mut KeyedRng) {
    let aside = folder.with_extension("aside");
    fs::rename(folder, &aside).unwrap();
    moment(rng, 800).await;
    fs::rename(aside, folder).unwrap();
}

/// Hides all run folders behind an empty disk for a moment; `false` where none can be mounted.
pub async fn mount_over_runs(world: &World, rng: &mut KeyedRng) -> bool {
    let Some(disk) = Tmpfs::mount(world.workspace().runs_dir(), 1) else { return false };
    moment(rng, 800).await;
    drop(disk);
    true
}

/// Takes the last file that a disk has room for, for a moment.
pub async fn exhaust_inodes(folder: &Path, rng: &mut KeyedRng) {
    let all = folder.join("filler.d");
    fs::create_dir(&all).unwrap();
    let mut number = 0;
    while fs::File::create(all.join(number.to_string())).is_ok() {
        number += 1;
    }
    moment(rng, 800).await;
    fs::remove_dir_all(all).unwrap();
}

/// Copies the database alone into a folder of its own, whose supervisor then finds a run that is not its own.
pub async fn supervise_a_copy(world: &mut World, run: RunId) {
    // Nobody writes into it while it is copied.
    world.end_supervisor(Signal::KILL).await;
    let root = tempfile::tempdir().unwrap();
    for file in ["vitals.db", "vitals.db-wal"] {
        // The log is there as long as somebody has the database open.
        fs::copy(world.root.path().join(file), root.path().join(file)).unwrap();
    }
    let mut second = World::over(root).await.with_flags(&["--folder-ms", "200", "--grace-ms", "5000"]);
    second.supervise().await;
    let _ = second.store.add_request(Some(run), Command::Cancel, &json!({}), crate::harness::now()).await;
    let there = world.folder(run).path().display().to_string();
    second
        .row_when(run, "be told from its own", |row| !row.state.is_active() || row.evidence.contains(&there))
        .await;
    second.end_supervisor(Signal::TERM).await;
    world.supervise().await;
}

/// Removes the log of writes and its index under a living supervisor, which has to notice and to end with an error.
pub async fn remove_the_log(world: &mut World) {
    world.store.close().await;
    for file in ["vitals.db-wal", "vitals.db-shm"] {
        fs::remove_file(world.root.path().join(file)).unwrap();
    }
    assert_eq!(world.supervisor_ended().await, Some(1), "somebody took the log away: {}", world.log());
    world.store = Store::open(world.workspace().database(), Role::Writer).await.unwrap();
    world.supervise().await;
}

/// Leaves the supervisor no descriptor to open while a worker dies.
pub async fn kill_without_descriptors(world: &World, rng: &mut KeyedRng, run: RunId, attempt: u32) {
    let pid = Pid::from_raw(i32::try_from(world.supervisor_pid()).unwrap());
    let open = fs::read_dir(format!("/proc/{}/fd", world.supervisor_pid())).unwrap().count() as u64;
    let few = Rlimit { current: Some(open), ..getrlimit(Resource::Nofile) };
    let before = prlimit(pid, Resource::Nofile, few).unwrap();
    world.kill(run, attempt, "worker", Signal::KILL).await;
    moment(rng, 1500).await;
    prlimit(pid, Resource::Nofile, before).unwrap();
}

/// Waits for the end of a run whose worker was killed; `false` where it had finished before.
async fn has_died(world: &World, run: RunId, attempt: u32) -> bool {
    world.kill(run, attempt, "worker", Signal::KILL).await;
    let ended = until("it has ended", async || {
        let row = world.run(run).await;
        (!row.state.is_active()).then_some(row.state)
    })
    .await;
    ended != RunState::Finished
}

/// Retries a killed run while the supervisor may open nothing more, for a moment.
pub async fn start_without_descriptors(world: &World, rng: &mut KeyedRng, run: RunId, attempt: u32) {
    if !has_died(world, run, attempt).await {
        return;
    }
    let pid = Pid::from_raw(i32::try_from(world.supervisor_pid()).unwrap());
    let open = fs::read_dir(format!("/proc/{}/fd", world.supervisor_pid())).unwrap().count() as u64;
    let few = Rlimit { current: Some(open), ..getrlimit(Resource::Nofile) };
    let before = prlimit(pid, Resource::Nofile, few).unwrap();
    world.store.add_request(Some(run), Command::Retry, &json!({}), crate::harness::now()).await.unwrap();
    moment(rng, 1500).await;
    prlimit(pid, Resource::Nofile, before).unwrap();
}

/// Lays down, for every supervisor that is started from here on, a worker that no kernel executes; its place.
pub fn worker_that_cannot_start(world: &World) -> PathBuf {
    let named = world.root.path().join("worker");
    let program = world.root.path().join("half-an-upgrade");
    fs::write(&program, [0x7f, b'E', b'L', b'F', 0, 0, 0]).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(&named, program.as_os_str().as_encoded_bytes()).unwrap();
    named
}

/// A killed run is retried by a supervisor whose worker cannot be executed, and once more when it is whole again.
pub async fn start_by_a_broken_worker(world: &mut World, run: RunId, attempt: u32) {
    if !has_died(world, run, attempt).await {
        return;
    }
    let named = worker_that_cannot_start(world);
    world.end_supervisor(Signal::TERM).await;
    world.supervise().await;
    world.ask(run, Command::Retry).await.unwrap();
    world.row_when(run, "fail to start", |row| row.attempt > attempt && row.state == RunState::Failed).await;
    fs::remove_file(named).unwrap();
    world.end_supervisor(Signal::TERM).await;
    world.supervise().await;
    world.ask(run, Command::Retry).await.unwrap();
}

/// Names a bystander as the worker and as the guard, then asks for a cancel.
pub async fn cancel_by_a_forged_mark(world: &World, run: RunId, attempt: u32) {
    world.pid_of(run, attempt, "worker").await;
    let mut bystander = Bystander::called("vitals-worker");
    edit_mark(world, run, attempt, |mark| {
        mark["worker"] = json!(bystander.mark());
        mark["guard"] = json!(bystander.mark());
    });
    // Refused where it finished before the request was read.
    let _ = world.ask(run, Command::Cancel).await;
    until("it has ended", async || (!world.run(run).await.state.is_active()).then_some(())).await;
    assert!(bystander.is_unharmed(), "a forged mark reached somebody else");
}

/// Lays links to a folder outside into a run's folder, one of them where the supervisor writes, then asks for a pause.
pub async fn pause_over_links(world: &World, run: RunId, attempt: u32, outside: &Path) {
    let folder = world.folder(run);
    let links: [(PathBuf, PathBuf); 3] = [
        (folder.control(), outside.join("notes.txt")),
        (folder.attempt_dir(attempt).join("inside"), outside.join("thesis")),
        (folder.path().join(format!("thesis-{attempt}")), outside.join("thesis")),
    ];
    for (link, target) in links {
        let _ = fs::remove_file(&link);
        symlink(target, link).unwrap();
    }
    let _ = world.ask(run, Command::Pause).await;
}

/// Forty clients at once, each with a request; all of them have to be taken.
pub async fn ask_by_many(world: &World, run: RunId) {
    let clients = (0..MANY).map(|_| {
        let mut client = Program::new(stand_in());
        client.arg("--workspace").arg(world.root.path()).args(["ask", "checkpoint", &run.to_string()]);
        client.stdin(Stdio::null()).spawn().unwrap()
    });
    let mut clients: Vec<_> = clients.collect();
    for client in &mut clients {
        let status = until("a client ends", async || client.try_wait().unwrap()).await;
        assert!(status.success(), "{status}");
    }
}

/// For a moment nobody who asks the scheduler is answered; `amid` happens in it.
pub async fn silence(cluster: &Cluster, rng: &mut KeyedRng, amid: impl AsyncFnOnce()) {
    let programs = ["squeue.refuses", "sacct.refuses"];
    for program in programs {
        cluster.tell(program, "slurm_load_jobs error: Unable to contact slurm controller");
    }
    amid().await;
    moment(rng, 1500).await;
    for program in programs {
        cluster.forget(program);
    }
}

/// A run that was killed is retried while `sbatch` fails after it has taken the job.
pub async fn start_by_a_failing_sbatch(world: &World, cluster: &Cluster, run: RunId, attempt: u32) {
    if !has_died(world, run, attempt).await {
        return;
    }
    cluster.tell("sbatch.fails_late", "wrapper: cannot write your quota file");
    world.ask(run, Command::Retry).await.unwrap();
    world.row_when(run, "run again", |row| row.attempt > attempt && row.state == RunState::Running).await;
    cluster.forget("sbatch.fails_late");
}
