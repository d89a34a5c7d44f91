//! What clients ask: pause, resume, cancel, retry, checkpoint, rewind, remove.

use serde_json::json;
use vitals_run::{Command, RunState};
use vitals_store::SeriesQuery;

use crate::harness::World;

#[tokio::test]
async fn pause_and_resume_lose_no_step() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=10", 100, 0).await;
    world.supervise().await;
    world.steps(run, 5).await;
    world.ask(run, Command::Pause).await.unwrap();
    let row = world.state(run, RunState::Paused).await;
    assert!(row.ended_at.is_none(), "a paused run has not ended");
    let checkpoint = world.store.checkpoints(run).await.unwrap().remove(0);
    assert_eq!(row.evidence, format!("paused by you, checkpoint at step {}", checkpoint.step));
    assert_eq!(world.ask(run, Command::Pause).await, Ok("it is paused already".to_owned()));
    assert!(world.ask(run, Command::Checkpoint).await.is_err());

    world.ask(run, Command::Resume).await.unwrap();
    let row = world.state(run, RunState::Finished).await;
    assert_eq!(row.attempt, 2);
    let second = world.store.attempts(run).await.unwrap().remove(1);
    assert_eq!((second.first_step, second.resume_from), (checkpoint.step, Some(checkpoint.path)));
    world.no_hole_and_no_double_step(run, 100).await;
    world.nothing_is_lost(run).await;
    let history = world.history(run).await;
    let expected = format!("starting: attempt 2 on cpu from step {}", checkpoint.step);
    assert!(history.contains(&expected), "{history:?}");
}

#[tokio::test]
async fn cancel_writes_a_checkpoint_and_retry_goes_on_from_it() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=10", 60, 0).await;
    world.supervise().await;
    world.steps(run, 3).await;
    world.ask(run, Command::Cancel).await.unwrap();
    let row = world.state(run, RunState::Cancelled).await;
    let checkpoint = world.store.checkpoints(run).await.unwrap().remove(0);
    assert_eq!(row.evidence, format!("as you asked, checkpoint at step {}", checkpoint.step));
    assert!(row.ended_at.is_some());
    assert!(world.history(run).await.contains(&"running: cancel requested".to_owned()));
    world.ask(run, Command::Retry).await.unwrap();
    world.state(run, RunState::Finished).await;
    world.no_hole_and_no_double_step(run, 60).await;
    assert_eq!(world.ask(run, Command::Retry).await, Err("it is finished".to_owned()));
}

#[tokio::test]
async fn a_worker_that_is_deaf_is_killed_when_the_grace_is_over() {
    let mut world = World::new(1).await.with_flags(&["--grace-ms", "300"]);
    let run = world.queue("step_ms=10&deaf=1", 100_000, 0).await;
    world.supervise().await;
    world.steps(run, 3).await;
    world.ask(run, Command::Cancel).await.unwrap();
    let row = world.state(run, RunState::Cancelled).await;
    assert_eq!(row.evidence, "killed (signal 9) when the grace after SIGTERM was over");
    world.nothing_is_lost(run).await;
}

#[tokio::test]
async fn a_queued_run_is_paused_and_cancelled_without_an_attempt() {
    let mut world = World::new(0).await;
    let run = world.queue("step_ms=1", 10, 0).await;
    world.supervise().await;
    world.ask(run, Command::Pause).await.unwrap();
    assert_eq!(world.run(run).await.state, RunState::Paused);
    world.ask(run, Command::Resume).await.unwrap();
    assert_eq!(world.run(run).await.state, RunState::Queued);
    world.ask(run, Command::Cancel).await.unwrap();
    let row = world.run(run).await;
    assert_eq!((row.state, row.attempt), (RunState::Cancelled, 0));
}

#[tokio::test]
async fn a_checkpoint_now_does_not_stop_the_run() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=10", 100, 0).await;
    world.supervise().await;
    world.steps(run, 3).await;
    world.ask(run, Command::Checkpoint).await.unwrap();
    let row = world.state(run, RunState::Finished).await;
    assert_eq!((row.attempt, row.events.get("checkpoint")), (1, Some(&1)));
    assert_eq!(world.store.attempts(run).await.unwrap()[0].control_seq, 1);
}

#[tokio::test]
async fn a_rewind_keeps_the_old_tail_as_a_superseded_branch() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=1", 50, 10).await;
    world.supervise().await;
    world.state(run, RunState::Finished).await;
    let refused = world.ask_with(Some(run), Command::Rewind, json!({ "to_step": 25 })).await.unwrap_err();
    assert_eq!(refused, "there is no checkpoint at step 25; kept: 10, 20, 30, 40, 50");
    world.ask_with(Some(run), Command::Rewind, json!({ "to_step": 20 })).await.unwrap();
    let row = loop {
        let row = world.state(run, RunState::Finished).await;
        if row.attempt == 2 {
            break row;
        }
    };
    assert_eq!(row.events.get("rewound"), Some(&1));
    world.no_hole_and_no_double_step(run, 50).await;
    world.nothing_is_lost(run).await;
    let query = SeriesQuery { names: vec!["loss".to_owned()], superseded: true, ..SeriesQuery::default() };
    let series = world.store.series(run, &query).await.unwrap().remove(0);
    assert_eq!(series.steps.len(), 80, "50 of the first attempt, 30 of the second");
}

#[tokio::test]
async fn a_removed_run_is_gone_with_its_folder() {
    let mut world = World::new(1).await;
    let run = world.queue("step_ms=10", 100_000, 0).await;
    world.supervise().await;
    world.steps(run, 1).await;
    assert_eq!(world.ask(run, Command::Remove).await, Err("it is running; cancel it first".to_owned()));
    world.ask(run, Command::Cancel).await.unwrap();
    world.state(run, RunState::Cancelled).await;
    let request = world.store.add_request(Some(run), Command::Remove, &json!({}), 0).await.unwrap();
    crate::harness::until("the run is gone", async || world.store.run(run).await.err()).await;
    assert!(!world.folder(run).path().exists());
    // The request goes with its run.
    assert!(world.store.request(request).await.unwrap().is_none());
}
