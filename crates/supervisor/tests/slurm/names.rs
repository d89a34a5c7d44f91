//! Paths and options as people have them: spaces, quotes, signs that a shell or Slurm would read, another alphabet.

use vitals_run::RunState;

use crate::cluster::{Cluster, Limits};
use crate::harness::World;
use crate::{settle_on, wait_for};

#[tokio::test]
async fn a_workspace_of_any_name_runs_and_its_options_arrive_whole() {
    let cluster = match Cluster::start(2, Limits::Cores) {
        Ok(cluster) => cluster,
        Err(why) => return vitals_fixtures::not_run(why),
    };
    let mut world = World::named("모델 'a' \"b\" $HOME `c` 100% %j ;&", 1).await;
    settle_on(&world, &cluster, |slurm| slurm.extra = vec!["--comment=\"둘 'x' $HOME\"".into()]).await;
    let run = world.queue_seed("step_ms=1", 200, 50, 0).await;
    world.supervise().await;
    let row = wait_for(&world, run, "finished", |row| row.state.has_ended()).await;
    assert_eq!((row.state, row.evidence.as_str()), (RunState::Finished, "exit 0"));
    let log = std::fs::read_to_string(world.folder(run).worker_log(1)).unwrap();
    assert!(log.contains("attempt 1"), "what the worker printed is in its log: {log}");
    let comments = cluster.told("squeue", &["--me", "--states=all", "--noheader", "--format=%k"]);
    assert_eq!(comments.trim(), "둘 'x' $HOME");
    world.no_hole_and_no_double_step(run, 200).await;
    world.nothing_is_lost(run).await;
}
