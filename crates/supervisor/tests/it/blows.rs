//! The faults of a siege, one function for each kind: deals it to a run, to the supervisor or to what they stand on,
//! and says what must follow. It judges nothing; `siege` does.

use std::path::Path;
use std::process::{Command as Program, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use vitals_journal::Lock;
use vitals_recipe::KeyedRng;
use vitals_run::{Command, RunState};
use vitals_store::RunId;

use crate::around::{Around, Bystander};
use crate::ground;
use crate::harness::{World, fill, now, send, stand_in, until};
use crate::holder::Holder;
use crate::kinds::{Fault, Outcome};
use crate::window::Window;

const KILLED: Outcome = Outcome::Ends(RunState::Failed, "killed (signal 9)");
const NO_EVIDENCE: Outcome = Outcome::Ends(RunState::Lost, "lock free, no exit.json, no end record");
const MISSING: &str = "lock free, run folder missing";

/// Deals a fault to a living run. `guarded`: its guard lives, and will tell how the worker ended; `around`: what is
/// nobody's business.
pub async fn deal(
    world: &mut World,
    rng: &mut KeyedRng,
    fault: Fault,
    run: RunId,
    attempt: u32,
    guarded: bool,
    around: &Around,
) -> Outcome {
    let by_guard = if guarded { KILLED } else { NO_EVIDENCE };
    match fault {
        Fault::Worker => {
            world.kill(run, attempt, "worker", Signal::KILL).await;
            by_guard
        }
        Fault::Guard => {
            world.kill(run, attempt, "guard", Signal::KILL).await;
            Outcome::GoesOn
        }
        Fault::GuardAndWorker => {
            kill_both(world, run, attempt).await;
            NO_EVIDENCE
        }
        Fault::Supervisor => {
            world.end_supervisor(Signal::KILL).await;
            world.supervise().await;
            Outcome::GoesOn
        }
        Fault::SupervisorAndWorker => {
            world.end_supervisor(Signal::KILL).await;
            world.kill(run, attempt, "worker", Signal::KILL).await;
            world.supervise().await;
            by_guard
        }
        Fault::Everything => {
            kill_all(world, run, attempt).await;
            world.supervise().await;
            NO_EVIDENCE
        }
        Fault::SupervisorAtStart => {
            at_start(world, rng, run, attempt).await;
            Outcome::Starts
        }
        Fault::StoppedWorker => {
            stop_worker(world, run, attempt).await;
            Outcome::GoesOn
        }
        Fault::StoppedSupervisor => {
            send(world.supervisor_pid(), Signal::STOP);
            moment(rng, 400).await;
            send(world.supervisor_pid(), Signal::CONT);
            Outcome::GoesOn
        }
        Fault::SecondSupervisor => {
            second_supervisor(world).await;
            Outcome::GoesOn
        }
        Fault::Client => {
            kill_client(world, rng, run).await;
            Outcome::GoesOn
        }
        Fault::Window => match Window::open(world.root.path()) {
            Ok(window) => {
                moment(rng, 1500).await;
                window.kill();
                Outcome::GoesOn
            }
            Err(why) => Outcome::Impossible(why),
        },
        Fault::TornRecord => {
            world.end_supervisor(Signal::KILL).await;
            world.kill(run, attempt, "worker", Signal::KILL).await;
            lock_is_free(world, run).await;
            tear(world, rng, run, attempt);
            world.supervise().await;
            by_guard
        }
        Fault::LockedDatabase => {
            let Some(holder) = Holder::hold(&world.workspace().database()) else {
                return Outcome::Impossible("there is no python3 to lock the database with");
            };
            tokio::time::sleep(Duration::from_secs(1)).await;
            moment(rng, 3000).await;
            holder.let_go();
            Outcome::GoesOn
        }
        Fault::LeftOverLocks => {
            kill_all(world, run, attempt).await;
            for lock in [world.folder(run).lock(), world.workspace().supervisor_lock()] {
                std::fs::write(lock, "4194303\nleft over").unwrap();
            }
            world.supervise().await;
            NO_EVIDENCE
        }
        Fault::ReusedPid => {
            reuse_pid(world, run, attempt).await;
            NO_EVIDENCE
        }
        Fault::OtherBoot => {
            kill_all(world, run, attempt).await;
            edit_mark(world, run, attempt, |mark| {
                mark["boot_id"] = json!("the boot before");
                for who in ["guard", "worker"] {
                    mark[who]["boot_id"] = json!("the boot before");
                }
            });
            world.supervise().await;
            Outcome::Ends(RunState::Failed, "lock free, no end record, boot id changed")
        }
        Fault::RemovedFolder => {
            kill_all(world, run, attempt).await;
            std::fs::remove_dir_all(world.folder(run).path()).unwrap();
            world.supervise().await;
            Outcome::Vanishes(&[MISSING])
        }
        Fault::RemovedUnderWorker => {
            remove(world, run);
            // Its worker may stumble over that first, or a look fall between the two steps of the removal.
            Outcome::Vanishes(&[
                MISSING,
                "run folder removed while it ran, its processes were ended",
                "its run folder is not here; its process worked in ",
            ])
        }
        Fault::FullDisk => {
            if !world.runs_on_tmpfs() {
                return Outcome::Impossible("a tmpfs cannot be mounted here");
            }
            let filler = fill(world.workspace().runs_dir());
            moment(rng, 600).await;
            std::fs::remove_file(filler).unwrap();
            Outcome::GoesOn
        }
        Fault::FullDiskAndWorker => {
            if !world.runs_on_tmpfs() {
                return Outcome::Impossible("a tmpfs cannot be mounted here");
            }
            let filler = fill(world.workspace().runs_dir());
            world.kill(run, attempt, "worker", Signal::KILL).await;
            moment(rng, 600).await;
            std::fs::remove_file(filler).unwrap();
            by_guard
        }
        Fault::NoDescriptorsAtStart => {
            ground::start_without_descriptors(world, rng, run, attempt).await;
            Outcome::Starts
        }
        Fault::BrokenWorkerAtStart => {
            ground::start_by_a_broken_worker(world, run, attempt).await;
            Outcome::Starts
        }
        Fault::ClockJump => {
            let hours = i64::try_from(rng.below(49)).unwrap() - 24;
            let clock = world.root.path().join("clock");
            let beside = world.root.path().join("clock.new");
            std::fs::write(&beside, (hours * 3_600_000).to_string()).unwrap();
            std::fs::rename(beside, clock).unwrap();
            moment(rng, 200).await;
            Outcome::GoesOn
        }
        Fault::PauseAndResume => {
            // Refused where it finished before the request was read.
            let _ = world.ask(run, Command::Pause).await;
            Outcome::Stops(RunState::Paused)
        }
        Fault::Cancel => {
            let _ = world.ask(run, Command::Cancel).await;
            Outcome::Stops(RunState::Cancelled)
        }
        Fault::FolderAway => {
            ground::move_and_back(world.folder(run).path(), rng).await;
            Outcome::GoesOn
        }
        Fault::MountedOver => match ground::mount_over_runs(world, rng).await {
            true => Outcome::GoesOn,
            false => Outcome::Impossible("a tmpfs cannot be mounted here"),
        },
        Fault::WorkspaceAway => {
            ground::move_and_back(world.root.path(), rng).await;
            Outcome::GoesOn
        }
        Fault::FullWorkspace => {
            if !world.is_on_tmpfs() {
                return Outcome::Impossible("a tmpfs cannot be mounted here");
            }
            let filler = fill(world.root.path());
            moment(rng, 1500).await;
            std::fs::remove_file(filler).unwrap();
            Outcome::GoesOn
        }
        Fault::NoInodes => {
            if !world.runs_on_tmpfs() {
                return Outcome::Impossible("a tmpfs cannot be mounted here");
            }
            ground::exhaust_inodes(world.workspace().runs_dir(), rng).await;
            Outcome::GoesOn
        }
        Fault::CopiedDatabase => {
            ground::supervise_a_copy(world, run).await;
            Outcome::GoesOn
        }
        Fault::RemovedLog => {
            ground::remove_the_log(world).await;
            Outcome::GoesOn
        }
        Fault::NoDescriptors => {
            ground::kill_without_descriptors(world, rng, run, attempt).await;
            by_guard
        }
        Fault::ForgedMark => {
            ground::cancel_by_a_forged_mark(world, run, attempt).await;
            Outcome::Stops(RunState::Cancelled)
        }
        Fault::Links => {
            ground::pause_over_links(world, run, attempt, around.folder()).await;
            Outcome::Stops(RunState::Paused)
        }
        Fault::ManyClients => {
            ground::ask_by_many(world, run).await;
            Outcome::GoesOn
        }
        Fault::SilentScheduler | Fault::SilentSchedulerAndWorker | Fault::LateRefusal => {
            let Some(cluster) = around.cluster() else { return Outcome::Impossible("there is no cluster") };
            match fault {
                Fault::LateRefusal => {
                    ground::start_by_a_failing_sbatch(world, cluster, run, attempt).await;
                    Outcome::Starts
                }
                Fault::SilentScheduler => {
                    ground::silence(cluster, rng, async || ()).await;
                    Outcome::GoesOn
                }
                _ => {
                    let kill = async || world.kill(run, attempt, "worker", Signal::KILL).await;
                    ground::silence(cluster, rng, kill).await;
                    by_guard
                }
            }
        }
    }
}

/// Lets a moment pass whose length the seed chooses: the instant of a fault, not a wait for anything.
pub async fn moment(rng: &mut KeyedRng, at_most_ms: u64) {
    tokio::time::sleep(Duration::from_millis(rng.below(at_most_ms))).await;
}

async fn kill_both(world: &World, run: RunId, attempt: u32) {
    for who in ["guard", "worker"] {
        world.kill(run, attempt, who, Signal::KILL).await;
    }
}

async fn kill_all(world: &mut World, run: RunId, attempt: u32) {
    world.end_supervisor(Signal::KILL).await;
    kill_both(world, run, attempt).await;
    lock_is_free(world, run).await;
}

async fn lock_is_free(world: &World, run: RunId) {
    let lock = world.folder(run).lock();
    until("its processes have ended", async || (!Lock::is_held(&lock).unwrap()).then_some(())).await;
}

/// A run that was killed is retried, and the supervisor is killed an instant later: before, while or after it starts.
async fn at_start(world: &mut World, rng: &mut KeyedRng, run: RunId, attempt: u32) {
    world.kill(run, attempt, "worker", Signal::KILL).await;
    let ended = until("it has ended", async || {
        let row = world.run(run).await;
        (!row.state.is_active()).then_some(row.state)
    })
    .await;
    if ended != RunState::Finished {
        world.store.add_request(Some(run), Command::Retry, &json!({}), now()).await.unwrap();
        moment(rng, 120).await;
    }
    world.end_supervisor(Signal::KILL).await;
    world.supervise().await;
}

/// Stopped until the supervisor says so.
async fn stop_worker(world: &World, run: RunId, attempt: u32) {
    let worker = world.process(run, attempt, "worker").await;
    if !worker.signal(Signal::STOP) {
        return;
    }
    until("it is called stalled", async || {
        let row = world.run(run).await;
        let said = row.state == RunState::Stalled && row.evidence.ends_with("stopped by a signal");
        // It may have written its last record just before.
        (said || !row.state.is_active() || !worker.is_alive()).then_some(())
    })
    .await;
    worker.signal(Signal::CONT);
}

/// It must say who has the lock, and go.
async fn second_supervisor(world: &World) {
    let mut second = Program::new(stand_in());
    second.arg("--workspace").arg(world.root.path()).arg("supervise").stdin(Stdio::null());
    let told = tokio::task::spawn_blocking(move || second.output().unwrap()).await.unwrap();
    let words = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.status.code() == Some(1) && words.contains("is supervised already"), "{words}");
}

/// A window that dies with its request half made: it may be in the store or not, and either is well.
async fn kill_client(world: &World, rng: &mut KeyedRng, run: RunId) {
    let mut client = Program::new(stand_in());
    client.arg("--workspace").arg(world.root.path()).args(["ask", "checkpoint", &run.to_string()]);
    let mut client = client.stdin(Stdio::null()).spawn().unwrap();
    moment(rng, 40).await;
    client.kill().unwrap();
    client.wait().unwrap();
}

/// Appends the beginning of a record, as a write does that was interrupted.
fn tear(world: &World, rng: &mut KeyedRng, run: RunId, attempt: u32) {
    let path = world.folder(run).journal(attempt);
    let mut bytes = std::fs::read(&path).unwrap();
    if vitals_journal::check(world.folder(run).path()).unwrap().torn_bytes > 0 {
        // The kill itself has done it.
        return;
    }
    let payload = u64::from_le_bytes(bytes[..8].try_into().unwrap());
    let torn = 1 + usize::try_from(rng.below(payload + 15)).unwrap();
    bytes.extend_from_within(..torn);
    std::fs::write(path, bytes).unwrap();
}

/// Removes the folder of a living run in one instant, whatever its worker is writing there.
fn remove(world: &World, run: RunId) {
    let folder = world.folder(run);
    let aside = world.workspace().runs_dir().join("removed");
    std::fs::rename(folder.path(), &aside).unwrap();
    std::fs::remove_dir_all(aside).unwrap();
}

/// The id that the guard noted belongs to somebody else now, who must not be signalled: not even by a cancel.
async fn reuse_pid(world: &mut World, run: RunId, attempt: u32) {
    kill_all(world, run, attempt).await;
    let mut bystander = Bystander::new();
    edit_mark(world, run, attempt, |mark| mark["worker"]["pid"] = json!(bystander.mark().pid));
    world.store.add_request(Some(run), Command::Cancel, &json!({}), now()).await.unwrap();
    world.supervise().await;
    until("it has been settled", async || (!world.run(run).await.state.is_active()).then_some(())).await;
    assert!(bystander.is_unharmed(), "a bystander was signalled");
}

pub fn edit_mark(world: &World, run: RunId, attempt: u32, edit: impl FnOnce(&mut Value)) {
    let path = world.folder(run).attempt_dir(attempt).join("guard.json");
    let mut mark: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    edit(&mut mark);
    std::fs::write(path, mark.to_string()).unwrap();
}

/// All processes that work on a run: guards and workers, by their command lines.
pub fn processes_of(folder: &Path) -> Vec<(u32, String)> {
    let folder = folder.display().to_string();
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries
        .filter_map(|entry| {
            let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
            let line = std::fs::read(entry.path().join("cmdline")).ok()?;
            let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
            let first = words.get(1).map(|word| String::from_utf8_lossy(word).into_owned())?;
            words.contains(&folder.as_bytes()).then_some((pid, first))
        })
        .collect()
}
