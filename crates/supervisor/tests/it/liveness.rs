//! What ended a run, and whether it lives, where that takes more than a signal: the memory killer's count, another boot,
//! a supervisor that is gone.

use std::path::{Path, PathBuf};

use rustix::process::Signal;
use serde_json::json;
use vitals_run::{Command, RunState};
use vitals_store::RequestStatus;
use vitals_supervisor::status;

use crate::harness::{World, now, send, until};

/// A control group of a test's own with little memory; removed when dropped.
struct Group(PathBuf);

impl Group {
    /// `None` where the kernel or our rights do not let us make one.
    fn with_memory(bytes: u64) -> Option<Self> {
        let own = std::fs::read_to_string("/proc/self/cgroup").unwrap();
        own.lines().find_map(|line| {
            let fields: Vec<&str> = line.splitn(3, ':').collect();
            let [_, controllers, group] = fields.as_slice() else { return None };
            let (root, limit) = match *controllers {
                "" => (Path::new("/sys/fs/cgroup"), "memory.max"),
                "memory" => (Path::new("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"),
                _ => return None,
            };
            let parent = root.join(group.trim_start_matches('/'));
            let made = Self(parent.join(format!("vitals-test-{}", std::process::id())));
            std::fs::create_dir(&made.0).ok()?;
            std::fs::write(made.0.join(limit), bytes.to_string()).ok()?;
            Some(made)
        })
    }

    fn take(&self, pid: u32) {
        std::fs::write(self.0.join("cgroup.procs"), pid.to_string()).unwrap();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Nothing that a test could do about a group that is still in use.
        let _ = std::fs::remove_dir(&self.0);
    }
}

#[tokio::test]
async fn the_kernel_s_memory_killer_is_named_and_a_later_signal_9_is_not_laid_to_it() {
    let Some(group) = Group::with_memory(192 << 20) else {
        return vitals_fixtures::not_run("no control group with a memory limit can be made here");
    };
    let mut world = World::new(1).await;
    world.supervise().await;
    // Whatever it starts from here on is in the group, too.
    group.take(world.supervisor_pid());
    let run = world.queue("step_ms=1&eat_at=20", 100_000, 10).await;
    let row = world.state(run, RunState::Failed).await;
    if row.evidence == "killed (signal 9)" && world.attempt_exit(run, 1)["oom_kills"].is_null() {
        return vitals_fixtures::not_run("nothing counts the memory killer's kills here");
    }
    assert_eq!(row.evidence, "killed (signal 9) by the kernel's memory killer");
    assert_eq!(world.attempt_exit(run, 1)["oom_kills"], 1);
    world.nothing_is_lost(run).await;

    let next = world.queue_seed("step_ms=5", 100_000, 0, 1).await;
    world.steps(next, 3).await;
    world.kill(next, 1, "worker", Signal::KILL).await;
    assert_eq!(world.state(next, RunState::Failed).await.evidence, "killed (signal 9)");
    world.end_supervisor(Signal::TERM).await;
}

#[tokio::test]
async fn a_machine_that_was_started_again_is_told_by_its_boot_id() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=5", 100_000, 10).await;
    world.supervise().await;
    world.steps(run, 20).await;
    world.end_supervisor(Signal::KILL).await;
    for who in ["guard", "worker"] {
        world.kill(run, 1, who, Signal::KILL).await;
    }
    // As it stands there after a power cut: marks of the boot before, and no word about the end.
    let path = world.folder(run).attempt_dir(1).join("guard.json");
    let mut mark: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    mark["boot_id"] = json!("the boot before");
    std::fs::write(&path, mark.to_string()).unwrap();
    world.supervise().await;
    let row = world.state(run, RunState::Failed).await;
    assert_eq!(row.evidence, "lock free, no end record, boot id changed");
    world.nothing_is_lost(run).await;
}

#[tokio::test]
async fn without_a_supervisor_a_state_is_as_old_as_the_last_contact() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=5", 100_000, 0).await;
    world.supervise().await;
    world.steps(run, 3).await;
    let seen = status(&world.workspace(), &world.store).await.unwrap();
    assert!(seen.alive && seen.pid == Some(world.supervisor_pid()));
    world.end_supervisor(Signal::KILL).await;
    let seen = status(&world.workspace(), &world.store).await.unwrap();
    assert!(!seen.alive && seen.pid.is_none() && !seen.status.ended, "contact was lost: {seen:?}");
    let contact = seen.last_contact_at.unwrap();
    // Nobody calls the run dead meanwhile, and it lives.
    assert_eq!(world.run(run).await.state, RunState::Running);
    assert!(world.process(run, 1, "worker").await.is_alive());
    world.supervise().await;
    let seen = status(&world.workspace(), &world.store).await.unwrap();
    assert!(seen.alive && seen.last_contact_at.unwrap() >= contact);
    let before = world.run(run).await.steps_done;
    world.steps(run, before + 10).await;
}

#[tokio::test]
async fn a_worker_that_is_stopped_and_then_killed_is_not_stalled_for_ever() {
    let mut world = World::new(1).await.with_flags(&["--stall-ms", "400"]);
    let run = world.queue("step_ms=5", 100_000, 0).await;
    world.supervise().await;
    world.steps(run, 20).await;
    let worker = world.pid_of(run, 1, "worker").await;
    send(worker, Signal::STOP);
    world.state(run, RunState::Stalled).await;
    send(worker, Signal::KILL);
    assert_eq!(world.state(run, RunState::Failed).await.evidence, "killed (signal 9)");
    world.nothing_is_lost(run).await;
}

/// Stopped for far longer than a silence that would be a stall: what was asked meanwhile is obeyed at once, and nothing is called
/// stalled, as nobody looked.
#[tokio::test]
async fn a_supervisor_that_was_stopped_obeys_what_was_asked_meanwhile() {
    let mut world = World::new(1).await.with_flags(&["--stall-ms", "500"]);
    let run = world.queue("step_ms=20", 100_000, 0).await;
    world.supervise().await;
    world.steps(run, 20).await;
    send(world.supervisor_pid(), Signal::STOP);
    let values = || vitals_journal::check(world.folder(run).path()).unwrap().values;
    let before = values();
    let id = world.store.add_request(Some(run), Command::Pause, &json!({}), now()).await.unwrap();
    // Seven values a step, and fifty steps a second.
    until("the run goes on by itself", async || (values() > before + 7 * 150).then_some(())).await;
    let asked = world.store.request(id).await.unwrap().unwrap();
    assert_eq!(asked.status, RequestStatus::New);
    send(world.supervisor_pid(), Signal::CONT);
    world.state(run, RunState::Paused).await;
    let history = world.history(run).await;
    assert!(!history.iter().any(|line| line.starts_with("stalled")), "{history:#?}");
    world.nothing_is_lost(run).await;
}
