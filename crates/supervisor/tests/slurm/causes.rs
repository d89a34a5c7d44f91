//! What Slurm itself does to a job: pushes it out for a more urgent one, loses its node, kills it for its memory. Each for
//! real; what the run goes on from, and what it does not.

use vitals_run::RunState;
use vitals_store::RunId;

use crate::cluster::{Cluster, Limits};
use crate::harness::{World, until};
use crate::{settle_on, wait_for};

/// Waits for an attempt that has come some steps further than the one before.
async fn trains_in(world: &World, run: RunId, attempt: u32) {
    let row = wait_for(world, run, "training again", |row| {
        row.attempt == attempt && row.state == RunState::Running && row.steps_done > 0
    })
    .await;
    wait_for(world, run, "further on", |next| next.steps_done >= row.steps_done + 150).await;
}

/// The history after the given line.
async fn after(world: &World, run: RunId, line: &str) -> String {
    let history = world.history(run).await;
    let at = history.iter().rposition(|told| told == line);
    at.and_then(|at| history.get(at + 1).cloned()).unwrap_or_else(|| panic!("no {line:?} in {history:#?}"))
}

/// Of the guard: what Slurm holds a job with.
fn parent_of(pid: u32) -> u32 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat[stat.rfind(')').unwrap() + 2..].split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_run_that_is_pushed_out_or_loses_its_node_goes_on_from_its_checkpoint() {
    let mut cluster = match Cluster::start(2, Limits::Cores) {
        Ok(cluster) => cluster,
        Err(why) => return vitals_fixtures::not_run(why),
    };
    let mut world = World::new(1).await;
    settle_on(&world, &cluster, |slurm| slurm.partition = "work".into()).await;
    let run = world.queue_seed("step_ms=5", 8_000, 100, 0).await;
    world.supervise().await;
    trains_in(&world, run, 1).await;

    // A job of somebody else's that needs the whole node.
    let sent = cluster.told(
        "sbatch",
        &["--parsable", "-p", "urgent", "-c", "2", "--chdir=/", "--output=/dev/null", "--wrap", "sleep 3"],
    );
    assert!(sent.trim().parse::<u64>().is_ok(), "{sent}");
    trains_in(&world, run, 2).await;
    assert_eq!(
        after(&world, run, "failed: slurm: PREEMPTED").await,
        "queued: requeued after preemption: it goes on from its last checkpoint"
    );

    let (guard, worker) = (world.pid_of(run, 2, "guard").await, world.pid_of(run, 2, "worker").await);
    cluster.cut_node(&[parent_of(guard), guard, worker]);
    let failed =
        async || world.history(run).await.contains(&"failed: slurm: NODE_FAIL".to_owned()).then_some(());
    until("the controller gives the node up", failed).await;
    cluster.start_node();
    let row = wait_for(&world, run, "finished", |row| row.state == RunState::Finished).await;
    assert_eq!((row.attempt, row.evidence.as_str()), (3, "exit 0"));
    assert_eq!(
        after(&world, run, "failed: slurm: NODE_FAIL").await,
        "queued: requeued after its node failed: it goes on from its last checkpoint"
    );
    let firsts: Vec<u64> =
        world.store.attempts(run).await.unwrap().iter().map(|attempt| attempt.first_step).collect();
    assert!(firsts[1] > 0 && firsts[2] > firsts[1], "each from a checkpoint of the one before: {firsts:?}");
    world.no_hole_and_no_double_step(run, 8_000).await;
    world.nothing_is_lost(run).await;
}

#[tokio::test]
async fn a_run_that_takes_more_memory_than_its_job_may_is_failed_and_not_tried_again() {
    let cluster = match Cluster::start(2, Limits::CoresAndMemory) {
        Ok(cluster) => cluster,
        Err(why) => return vitals_fixtures::not_run(why),
    };
    let mut world = World::new(1).await;
    settle_on(&world, &cluster, |slurm| slurm.extra = vec!["--mem=200M".into()]).await;
    let greedy = world.queue_seed("step_ms=1&eat_at=60", 1_000, 20, 0).await;
    let modest = world.queue_seed("step_ms=1", 200, 50, 1).await;
    world.supervise().await;
    let row = wait_for(&world, greedy, "failed", |row| row.state.has_ended()).await;
    assert_eq!(
        (row.state, row.evidence.as_str(), row.attempt),
        (RunState::Failed, "slurm: OUT_OF_MEMORY", 1)
    );
    let last = world.store.transitions(greedy).await.unwrap().pop().unwrap();
    assert_eq!(
        last.data["run_folder"]["evidence"], "killed (signal 9) by the kernel's memory killer",
        "{}",
        last.data
    );
    wait_for(&world, modest, "finished", |row| row.state == RunState::Finished).await;
    for run in [greedy, modest] {
        world.nothing_is_lost(run).await;
    }
}
