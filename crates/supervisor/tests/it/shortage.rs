//! What the machine is short of fails no run: a start is put off until there is some again, and what every run would die of
//! alike stops the queue after three.

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use serde_json::json;
use vitals_run::{Command, RunState};
use vitals_supervisor::status;

use crate::harness::{World, until};

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
