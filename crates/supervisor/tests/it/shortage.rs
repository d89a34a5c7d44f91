//! What the machine is short of fails no run: a start is put off until there is some again, and what every run would die of
//! alike stops the queue after three.

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use serde_json::json;
use vitals_run::{Command, RunState};
use vitals_store::RequestStatus;
use vitals_supervisor::{settings, status};

use crate::ground;
use crate::harness::{World, fill, now, until};

/// What the queue stands still for, once it says so.
async fn problem(world: &World) -> String {
    until("it says why it starts nothing", async || {
        Some(status(&world.workspace(), &world.store).await.unwrap().status.problem?.text.clone())
    })
    .await
}

#[tokio::test]
async fn three_runs_that_die_alike_before_their_first_step_spare_the_rest() {
    let mut world = World::new(1).await;
    let mut runs = Vec::new();
    for seed in 0..5 {
        runs.push(world.queue_seed("panic_at=0", 60, 0, seed).await);
    }
    world.supervise().await;
    let said = problem(&world).await;
    let expected =
        "3 runs in a row failed before their first step, all for this: exit 101: out of numbers at step 0";
    assert!(said.starts_with(expected), "{said}");
    let queued = async || {
        let states = [world.run(runs[3]).await.state, world.run(runs[4]).await.state];
        states.iter().all(|state| *state == RunState::Queued).then_some(())
    };
    until("the others wait", queued).await;
    assert!(status(&world.workspace(), &world.store).await.unwrap().status.queue_paused);
    // Whoever resumes it has seen to it, as far as anybody can tell.
    world.ask_with(None, Command::ResumeQueue, json!({})).await.unwrap();
    for run in &runs[3..] {
        world.state(*run, RunState::Failed).await;
    }
    let goes_on = async || {
        let seen = status(&world.workspace(), &world.store).await.unwrap().status;
        (seen.problem.is_none() && !seen.queue_paused).then_some(())
    };
    until("nothing holds it up any more", goes_on).await;
}

#[tokio::test]
async fn runs_that_die_alike_after_they_have_trained_hold_up_nobody() {
    let mut world = World::new(1).await;
    let mut runs = Vec::new();
    for seed in 0..4 {
        runs.push(world.queue_seed("panic_at=2", 60, 0, seed).await);
    }
    world.supervise().await;
    for run in runs {
        world.state(run, RunState::Failed).await;
    }
}

#[tokio::test]
async fn without_descriptors_a_start_is_put_off() {
    let mut world = World::new(2).await;
    world.supervise().await;
    let pid = Pid::from_raw(i32::try_from(world.supervisor_pid()).unwrap());
    let open = std::fs::read_dir(format!("/proc/{}/fd", world.supervisor_pid())).unwrap().count() as u64;
    // Ours are those that it was started with.
    let few = Rlimit { current: Some(open), ..getrlimit(Resource::Nofile) };
    let before = prlimit(pid, Resource::Nofile, few).unwrap();
    let mut runs = Vec::new();
    for seed in 0..3 {
        runs.push(world.queue_seed("step_ms=1", 20, 0, seed).await);
    }
    let row = world.row_when(runs[0], "be put off", |row| row.evidence.contains("put off")).await;
    assert!(row.evidence.contains("Too many open files"), "{}", row.evidence);
    prlimit(pid, Resource::Nofile, before).unwrap();
    for run in runs {
        world.state(run, RunState::Finished).await;
        world.nothing_is_lost(run).await;
    }
}

#[tokio::test]
async fn on_a_full_disk_a_run_is_removed_and_makes_room_for_the_others() {
    let mut world = World::on_small_ground(2, 64).await;
    if !world.is_on_tmpfs() {
        return vitals_fixtures::not_run("a tmpfs cannot be mounted here");
    }
    world.store.set_setting(settings::LOW_DISK_BYTES, &0).await.unwrap();
    let old = world.queue_seed("step_ms=1", 20, 0, 1).await;
    let other = world.queue_seed("step_ms=5", 2_000, 0, 2).await;
    world.supervise().await;
    world.state(old, RunState::Finished).await;
    std::fs::write(world.folder(old).path().join("weights"), vec![7; 4 << 20]).unwrap();
    let database = world.workspace().database();
    let kept = ["vitals.db-room-to-ask", "vitals.db-room-to-obey"].map(|name| database.with_file_name(name));
    until("room is kept", async || kept.iter().all(|path| path.exists()).then_some(())).await;
    let filler = fill(world.root.path());
    // The other run waits for room, and eats whatever there is.
    let mut asked = Vec::new();
    while kept[0].exists() {
        asked.push(
            world.store.add_request(Some(other), Command::Checkpoint, &json!({}), now()).await.unwrap(),
        );
    }
    world.store.add_request(Some(old), Command::Remove, &json!({}), now()).await.unwrap();
    until("it is removed", async || world.store.run(old).await.err()).await;
    assert!(!world.folder(old).path().exists());
    let done = async || {
        let settled = world.store.request(asked[0]).await.unwrap()?.status;
        (settled == RequestStatus::Done).then_some(())
    };
    until("what was asked before is done", done).await;
    std::fs::remove_file(filler).unwrap();
    until("room is kept again", async || kept.iter().all(|path| path.exists()).then_some(())).await;
    world.ask(other, Command::Cancel).await.unwrap();
    world.state(other, RunState::Cancelled).await;
    world.nothing_is_lost(other).await;
}

#[tokio::test]
async fn a_worker_that_cannot_be_executed_costs_three_runs_and_no_more() {
    let mut world = World::new(1).await;
    let mut runs = Vec::new();
    for seed in 0..5 {
        runs.push(world.queue_seed("step_ms=1", 20, 0, seed).await);
    }
    let program = ground::worker_that_cannot_start(&world);
    world.supervise().await;
    let said = problem(&world).await;
    assert!(said.starts_with("3 runs in a row failed before their first step, all for this: "), "{said}");
    let waits = async || {
        let states = [world.run(runs[3]).await.state, world.run(runs[4]).await.state];
        states.iter().all(|state| *state == RunState::Queued).then_some(())
    };
    until("the others wait", waits).await;
    // The program is whole again.
    std::fs::remove_file(program).unwrap();
    world.end_supervisor(rustix::process::Signal::TERM).await;
    world.supervise().await;
    world.ask_with(None, Command::ResumeQueue, json!({})).await.unwrap();
    for run in &runs[3..] {
        world.state(*run, RunState::Finished).await;
    }
}
