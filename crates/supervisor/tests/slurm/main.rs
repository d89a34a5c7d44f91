//! Runs on a real Slurm that the test starts itself, with the real supervisor and guard and the worker that stands in.
//! States and evidence must be what Slurm says; no value may be lost on the way.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it did not expect")]

mod causes;
mod cluster;
#[path = "../it/harness.rs"]
#[expect(dead_code, reason = "the other tests use the rest of it")]
mod harness;
mod names;

use std::time::{Duration, Instant};

use rustix::process::Signal;
use vitals_run::{Command, RunState};
use vitals_store::{RunId, RunRow};
use vitals_supervisor::settings::{self, SlurmSettings};

use crate::cluster::{Cluster, Limits};
use crate::harness::World;

/// Slurm looks at time limits twice a minute, and they count in minutes.
const PATIENCE: Duration = Duration::from_secs(240);

async fn wait_for(world: &World, run: RunId, what: &str, is: impl Fn(&RunRow) -> bool) -> RunRow {
    let began = Instant::now();
    loop {
        let row = world.run(run).await;
        if is(&row) {
            return row;
        }
        let history = world.history(run).await;
        assert!(began.elapsed() < PATIENCE, "{run} should be {what}: {history:#?}; {}", world.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn settle_on(world: &World, cluster: &Cluster, change: impl FnOnce(&mut SlurmSettings)) {
    let conf = cluster.conf().display().to_string();
    let mut slurm = SlurmSettings { enabled: true, conf, ..SlurmSettings::default() };
    change(&mut slurm);
    world.store.set_setting(settings::SLURM, &slurm).await.unwrap();
}

#[tokio::test]
async fn a_sweep_of_eight_with_a_cancel_a_time_limit_and_a_drained_node() {
    let cluster = match Cluster::start(4, Limits::Cores) {
        Ok(cluster) => cluster,
        Err(why) => return vitals_fixtures::not_run(why),
    };
    let mut world = World::new(1).await;
    settle_on(&world, &cluster, |slurm| slurm.time = "1".into()).await;
    let limited = world.queue_seed("step_ms=5", 16_000, 0, 0).await;
    world.supervise().await;
    wait_for(&world, limited, "running", |row| row.state == RunState::Running).await;
    settle_on(&world, &cluster, |_| ()).await;
    let cancelled = world.queue_seed("step_ms=5", 1_000_000, 0, 1).await;
    wait_for(&world, cancelled, "running", |row| row.state == RunState::Running).await;

    // A drained node lets its jobs go on and takes no new ones.
    cluster.set_node("DRAIN");
    let mut others = Vec::new();
    for seed in 2..8 {
        others.push(world.queue_seed("step_ms=1", 200, 50, seed).await);
    }
    for run in &others {
        let row = wait_for(&world, *run, "waiting for the node", |row| {
            let drained = ["DRAIN", "UnavailableNodes"].iter().any(|word| row.evidence.contains(word));
            drained && row.evidence.starts_with("slurm: PENDING (")
        });
        assert_eq!(row.await.state, RunState::Starting);
    }
    // Its jobs are found again by the next supervisor, and none is submitted twice.
    world.end_supervisor(Signal::KILL).await;
    world.supervise().await;
    cluster.set_node("RESUME");
    for run in &others {
        let row = wait_for(&world, *run, "finished", |row| row.state.has_ended()).await;
        assert_eq!((row.state, row.evidence.as_str(), row.attempt), (RunState::Finished, "exit 0", 1));
        assert_eq!(row.device.as_deref(), Some("slurm"));
    }

    world.ask(cancelled, Command::Cancel).await.unwrap();
    let row = wait_for(&world, cancelled, "cancelled", |row| row.state.has_ended()).await;
    assert_eq!(row.state, RunState::Cancelled);
    let by_worker = format!("as you asked, checkpoint at step {}", row.steps_done);
    assert!(
        ["slurm: CANCELLED, cancel requested", &by_worker].contains(&row.evidence.as_str()),
        "{}",
        row.evidence
    );

    let row = wait_for(&world, limited, "finished", |row| row.state == RunState::Finished).await;
    assert_eq!((row.attempt, row.evidence.as_str()), (2, "exit 0"));
    let history = world.history(limited).await;
    let timeout = history.iter().position(|line| line == "failed: slurm: TIMEOUT").unwrap();
    assert_eq!(history[timeout + 1], "queued: requeued after its time limit: it goes on from its checkpoint");
    let attempts = world.store.attempts(limited).await.unwrap();
    assert!(attempts[1].first_step > 1000, "from its checkpoint: {}", attempts[1].first_step);
    world.no_hole_and_no_double_step(limited, 16_000).await;
    for run in others.into_iter().chain([limited, cancelled]) {
        world.nothing_is_lost(run).await;
    }
    let jobs = cluster.told("squeue", &["--me", "--states=all", "--noheader", "--format=%j"]);
    assert_eq!(jobs.lines().count(), 9, "eight runs, one of them twice: {jobs}");
}

#[tokio::test]
async fn a_partition_that_slurm_refuses_is_said_and_the_queue_goes_on() {
    let cluster = match Cluster::start(2, Limits::Cores) {
        Ok(cluster) => cluster,
        Err(why) => return vitals_fixtures::not_run(why),
    };
    let mut world = World::new(1).await;
    settle_on(&world, &cluster, |slurm| slurm.partition = "nowhere".into()).await;
    let refused = world.queue_seed("step_ms=1", 20, 0, 0).await;
    world.supervise().await;
    let row = wait_for(&world, refused, "failed", |row| row.state.has_ended()).await;
    assert_eq!(row.state, RunState::Failed);
    let words =
        ["not started: slurm refused it", "invalid partition", "change the settings of slurm, then retry"];
    assert!(words.iter().all(|words| row.evidence.contains(words)), "{}", row.evidence);
    settle_on(&world, &cluster, |slurm| slurm.partition = "work".into()).await;
    let taken = world.queue_seed("step_ms=1", 20, 0, 1).await;
    wait_for(&world, taken, "finished", |row| row.state == RunState::Finished).await;
    world.ask(refused, Command::Retry).await.unwrap();
    wait_for(&world, refused, "finished", |row| row.state == RunState::Finished).await;
    world.nothing_is_lost(refused).await;
}
